//! Log-in, sessions and log-out (contract; semantics 2.6; SEC-6, SEC-31).

use crate::client::{Browser, Request};
use crate::scene::Scene;
use ringbridge_core::time::Timestamp;
use ringbridge_server::{clock, store};
use serde_json::json;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn a_log_in_sets_the_cookie_in_full_and_makes_the_agent_available() {
    let scene = Scene::start().await;
    let mut alice = Browser::new(&scene);
    let answer = alice.log_in("alice", "correct horse").await;
    assert_eq!((answer.status, answer.json()), (200, json!({ "agent": "alice", "tenant": "acme" })));
    let cookie = answer.header("set-cookie").expect("a cookie");
    let (value, attributes) = cookie.split_once("; ").expect("attributes");
    assert_eq!(attributes, "Path=/; Secure; HttpOnly; SameSite=Lax");
    assert_eq!(value.len(), "__Host-agui=".len() + 64, "256 bits in hexadecimal");
    let me = alice.api("GET", "/api/v1/me", None).await.json();
    assert_eq!(
        (&me["status"], &me["agent"], &me["call"]),
        (&json!("available"), &json!("alice"), &json!(null))
    );
    let entry = &scene.journal("agent.login").await[0];
    assert_eq!((entry.agent, &entry.body), (Some(scene.agent("alice")), &json!({ "address": "127.0.0.1" })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_led_to_the_console_or_to_where_they_came_from() {
    let scene = Scene::start().await;
    let form = "tenant=acme&login=alice&password=correct+horse";
    let answer = Browser::new(&scene).send(Request::post("/AGUI/login").form(form)).await;
    assert_eq!(answer.leads_to(), (303, "/AGUI/"));
    let form = format!("{form}&next=/AGUI/click/0f");
    let answer = Browser::new(&scene).send(Request::post("/AGUI/login").form(&form)).await;
    assert_eq!(answer.leads_to(), (303, "/AGUI/click/0f"));
    let form = "tenant=acme&login=alice&password=correct+horse&next=https://evil.example/";
    let answer = Browser::new(&scene).send(Request::post("/AGUI/login").form(form)).await;
    assert_eq!(answer.leads_to(), (303, "/AGUI/"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_whose_session_is_over_leads_to_a_log_in_that_says_so_and_leads_back() {
    let scene = Scene::start().await;
    let says = |page: &str| page.contains("Your session is over");
    let page =
        Browser::new(&scene).send(Request::get("/AGUI/login?ended=1&next=%2FAGUI%2Fteam%2F").typed()).await;
    assert!(says(&page.body) && page.body.contains("value=\"/AGUI/team/\""), "{}", page.body);
    let page = Browser::new(&scene).send(Request::get("/AGUI/login").typed()).await;
    assert!(!says(&page.body), "{}", page.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_an_unknown_user_and_an_unknown_tenant_look_the_same() {
    let scene = Scene::start().await;
    let mut answers = Vec::new();
    for form in [
        "tenant=acme&login=alice&password=wrong",
        "tenant=acme&login=nobody&password=wrong",
        "tenant=nowhere&login=alice&password=correct+horse",
        "login=alice&password=correct+horse",
    ] {
        let answer = Browser::new(&scene).send(Request::post("/AGUI/login").json().form(form)).await;
        answers.push((answer.status, answer.json()));
    }
    let expected = json!({
        "type": "about:blank", "title": "Log in first", "status": 401, "code": "SESSION_REQUIRED",
        "detail": "The contact center, the log-in or the password is wrong.",
    });
    assert_eq!(answers, vec![(401, expected); 4]);
    let page = Browser::new(&scene)
        .send(Request::post("/AGUI/login").form("tenant=acme&login=%22%3E&password=x"))
        .await;
    assert_eq!(page.status, 401);
    assert!(page.body.contains("The contact center, the log-in or the password is wrong."));
    assert!(page.body.contains("value=\"&#34;&#62;\""), "what was typed comes back escaped: {}", page.body);
    assert_eq!(scene.journal("agent.login_refused").await.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_ten_failures_an_account_is_refused_unseen_and_others_are_not() {
    let scene = Scene::start().await;
    let mut browser = Browser::new(&scene);
    for _ in 0..10 {
        assert_eq!(browser.log_in("alice", "wrong").await.status, 401);
    }
    let answer = browser.log_in("alice", "correct horse").await;
    assert_eq!(answer.outcome(), (429, "RATE_LIMITED".to_owned()));
    assert_eq!(answer.header("retry-after"), Some("10"));
    assert_eq!(browser.log_in("bob", "correct horse").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tenant_may_be_left_out_where_the_host_names_it() {
    let scene = Scene::start().await;
    let form = "login=olga&password=correct+horse";
    let answer = Browser::new(&scene)
        .send(Request::post("/AGUI/login").json().header("Host", "other.example").form(form))
        .await;
    assert_eq!((answer.status, answer.json()), (200, json!({ "agent": "olga", "tenant": "other" })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_of_another_tenant_is_refused_at_log_in_and_after_it() {
    let scene = Scene::start().await;
    let form = "tenant=acme&login=alice&password=correct+horse";
    let request = Request::post("/AGUI/login").json().header("Host", "other.example").form(form);
    assert_eq!(Browser::new(&scene).send(request).await.outcome(), (403, "WRONG_HOST".to_owned()));
    let mut alice = Browser::logged_in(&scene, "alice").await;
    for target in ["/api/v1/me", "/AGUI/make_call.php?phone=6502928880"] {
        let answer = alice.send(Request::get(target).json().header("Host", "other.example:8443")).await;
        assert_eq!(answer.outcome(), (403, "WRONG_HOST".to_owned()), "{target}");
    }
    // A tenant with hosts of its own is at home there only.
    let form = "tenant=other&login=olga&password=correct+horse";
    let answer = Browser::new(&scene).send(Request::post("/AGUI/login").json().form(form)).await;
    assert_eq!(answer.outcome(), (403, "WRONG_HOST".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_log_in_has_a_new_id_and_ends_the_session_it_came_with() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let first = Browser { scene: &scene, cookie: alice.cookie.clone() };
    alice.log_in("alice", "correct horse").await;
    assert_ne!(alice.cookie, first.cookie);
    assert_eq!(alice.api("GET", "/api/v1/me", None).await.status, 200);
    assert_eq!(first.clone().api("GET", "/api/v1/me", None).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_hash_of_a_session_id_is_stored() {
    let scene = Scene::start().await;
    let alice = Browser::logged_in(&scene, "alice").await;
    let agent = scene.agent("alice");
    let sessions = scene
        .app
        .store
        .read(move |tx| store::session::of_agent(tx, agent, clock::now()))
        .await
        .expect("read");
    let id = alice.cookie.expect("a cookie");
    assert_eq!(sessions[0].id_hash, ringbridge_server::web::session::hash(&id));
    assert_ne!(sessions[0].id_hash, id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_after_half_an_hour_without_use() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let hash = ringbridge_server::web::session::hash(alice.cookie.as_deref().expect("a cookie"));
    let earlier = |seconds: i64| Timestamp::from_millis(clock::now().as_millis() - seconds * 1000);
    let seen = async |at: Timestamp| {
        let hash = hash.clone();
        scene.app.store.write(move |tx| store::session::touch(tx, &hash, at)).await.expect("written");
    };
    seen(earlier(29 * 60)).await;
    assert_eq!(alice.api("GET", "/api/v1/me", None).await.status, 200, "29 minutes");
    seen(earlier(30 * 60 + 1)).await;
    assert_eq!(alice.api("GET", "/api/v1/me", None).await.status, 401, "30 minutes and a second");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_lasts_twelve_hours_at_most() {
    let scene = Scene::start().await;
    let alice = Browser::logged_in(&scene, "alice").await;
    let hash = ringbridge_server::web::session::hash(alice.cookie.as_deref().expect("a cookie"));
    let now = clock::now();
    let at = async |moment| {
        let hash = hash.clone();
        scene.app.store.read(move |tx| store::session::find(tx, &hash, moment)).await.expect("read").is_some()
    };
    assert!(at(now.plus(Duration::from_secs(12 * 3600 - 60))).await);
    assert!(!at(now.plus(Duration::from_secs(12 * 3600 + 60))).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_out_ends_the_session_and_the_last_one_logs_the_agent_out() {
    let scene = Scene::start().await;
    let mut here = Browser::logged_in(&scene, "alice").await;
    let mut there = Browser::logged_in(&scene, "alice").await;
    let answer = here.send(Request::post("/AGUI/logout")).await;
    assert_eq!(answer.leads_to(), (303, "/AGUI/login"));
    assert_eq!(
        answer.header("set-cookie"),
        Some("__Host-agui=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax")
    );
    assert_eq!(there.api("GET", "/api/v1/me", None).await.json()["status"], "available");
    assert_eq!(there.send(Request::post("/AGUI/logout").json()).await.status, 204);
    let status = scene.app.switchboard.status(scene.agent("alice")).await.expect("a status");
    assert_eq!(status.status.as_str(), "logged_out");
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_of_other_sites_log_nobody_in_or_out() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let form = "tenant=acme&login=bob&password=correct+horse";
    for (name, value) in
        [("Origin", "https://evil.example"), ("Origin", "null"), ("Sec-Fetch-Site", "cross-site")]
    {
        let answer = alice.send(Request::post("/AGUI/login").json().header(name, value).form(form)).await;
        assert_eq!(answer.outcome(), (403, "FOREIGN_FORM".to_owned()));
        let answer = alice.send(Request::post("/AGUI/logout").json().header(name, value)).await;
        assert_eq!(answer.outcome(), (403, "FOREIGN_FORM".to_owned()));
    }
    let own = Request::post("/AGUI/logout").json().header("Origin", &scene.origin());
    assert_eq!(alice.send(own.header("Sec-Fetch-Site", "same-origin")).await.status, 204);
}
