//! HTTPS and nothing else, limits, and the headers of every answer (semantics 1.1, 1.3, 3.1; SEC-27, SEC-33).

use crate::client::{Browser, Request, clear, connect, raw};
use crate::scene::Scene;
use axum::body::Body;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper::service::Service as _;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use ringbridge_server::web::{self, listener};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn plain_http_on_the_https_port_is_refused_in_words_and_leads_nowhere() {
    let scene = Scene::start().await;
    let click = Request::get("/AGUI/make_call.php?phone=6502928880").json();
    let answer = clear(&scene, &click.bytes(&scene.host())).await;
    assert_eq!(answer.outcome(), (403, "HTTPS_REQUIRED".to_owned()));
    assert_eq!(answer.header("location"), None);
    assert_eq!(
        answer.json()["detail"],
        "Ringbridge answers over HTTPS only. Nothing was dialled; use the address with https:// instead."
    );
    let page = clear(&scene, &Request::get("/AGUI/").bytes(&scene.host())).await;
    assert_eq!(page.status, 403);
    assert!(page.body.contains("Ringbridge answers over HTTPS only."), "{}", page.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_whose_cookie_came_in_clear_ends() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    assert_eq!(alice.api("GET", "/api/v1/me", None).await.status, 200);
    let cookie = format!("__Host-agui={}", alice.cookie.clone().expect("a cookie"));
    clear(&scene, &Request::get("/AGUI/").header("Cookie", &cookie).bytes(&scene.host())).await;
    assert_eq!(alice.api("GET", "/api/v1/me", None).await.outcome(), (401, "SESSION_REQUIRED".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_of_strangers_do_not_make_a_plain_request_secure() {
    let scene = Scene::start().await;
    let request = Request::get("/AGUI/login").json().header("X-Forwarded-Proto", "https");
    let answer = clear(&scene, &request.bytes(&scene.host())).await;
    assert_eq!(answer.outcome(), (403, "HTTPS_REQUIRED".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_url_beyond_64_kib_and_a_body_beyond_1_mib_are_refused_with_their_limit() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let answer = alice.click(&format!("phone=1&ctl_userdata={}", "x".repeat(70_000))).await;
    assert_eq!(answer.outcome(), (414, "TOO_LARGE".to_owned()));
    assert_eq!(
        answer.json()["detail"],
        "The link is longer than 64 KiB. Send ctl_userdata and extTransactionData by POST instead."
    );
    let body = format!("ctl_userdata={}", "x".repeat(1 << 20));
    let answer = alice.send(Request::post("/AGUI/make_call.php?phone=1").json().form(&body)).await;
    assert_eq!(answer.outcome(), (413, "TOO_LARGE".to_owned()));
    assert_eq!(answer.json()["detail"], "The request is larger than 1 MiB, the most that is taken.");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_protects_the_browser_and_dynamic_ones_are_not_stored() {
    let scene = Scene::start().await;
    for target in ["/AGUI/login", "/AGUI/", "/nowhere", "/api/v1/me", "/AGUI/make_call.php?phone=1"] {
        let answer = raw(&scene, &Request::get(target).bytes(&scene.host())).await;
        assert_eq!(
            answer.header("content-security-policy"),
            Some(
                "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
                 base-uri 'none'; frame-ancestors 'none'; form-action 'self'; require-trusted-types-for 'script'"
            ),
            "{target}"
        );
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("x-frame-options"), Some("DENY"));
        assert_eq!(answer.header("referrer-policy"), Some("same-origin"));
        assert_eq!(answer.header("cross-origin-opener-policy"), Some("same-origin-allow-popups"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    let login = raw(&scene, &Request::get("/AGUI/login").bytes(&scene.host())).await;
    let named = login.body.split('"').find(|word| word.ends_with("/ringbridge.css")).expect("a stylesheet");
    for (address, kept) in [
        (named, "public, max-age=31536000, immutable"),
        ("/AGUI/assets/0123456789abcdef/ringbridge.css", "no-cache"),
        ("/AGUI/assets/ringbridge.css", "no-cache"),
    ] {
        let style = raw(&scene, &Request::get(address).bytes(&scene.host())).await;
        assert_eq!(style.header("cache-control"), Some(kept), "{address}");
        assert_eq!(style.header("content-type"), Some("text/css; charset=utf-8"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn http_2_is_spoken_too() {
    let scene = Scene::start().await;
    let stream = TokioIo::new(connect(&scene, b"h2").await);
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.expect("HTTP/2");
    tokio::spawn(connection);
    let request = hyper::Request::get(format!("{}/AGUI/login", scene.origin()))
        .body(Empty::<Bytes>::new())
        .expect("fine");
    let answer = sender.send_request(request).await.expect("an answer");
    assert_eq!(answer.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_is_one_sentence_that_names_the_setting() {
    let scene = Scene::start().await;
    let error = listener::bind(scene.address, "https.listen").await.expect_err("taken");
    assert_eq!(
        error.to_string(),
        format!(
            "cannot listen on {} (Address already in use (os error 98)); is another program using that port? change \
             https.listen or stop it",
            scene.address
        )
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_and_what_takes_another_method_says_so() {
    let scene = Scene::start().await;
    let mut nobody = Browser::new(&scene);
    let answer = nobody.send(Request::get("/nowhere").json()).await;
    assert_eq!(
        answer.json(),
        json!({
            "type": "about:blank", "title": "Not here", "status": 404, "code": "NOT_FOUND",
            "detail": "There is nothing at this address, or it is not yours to see.",
        })
    );
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    let answer = nobody.send(Request::post("/AGUI/").json()).await;
    assert_eq!(answer.outcome(), (405, "METHOD_NOT_ALLOWED".to_owned()));
    assert_eq!(answer.header("allow"), Some("GET,HEAD"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_in_a_handler_is_a_500_without_its_words() {
    let scene = Scene::start().await;
    let broken = axum::Router::new().route("/broken", axum::routing::get(broken));
    let service = TowerToHyperService::new(web::router(&scene.app, broken));
    let mut request = hyper::Request::get("/broken")
        .header("Accept", "application/json")
        .body(Body::empty())
        .expect("fine");
    let peer = scene.address;
    request.extensions_mut().insert(listener::Connection { peer, transport: listener::Transport::Tls });
    let answer = service.call(request).await.expect("an answer");
    assert_eq!(answer.status(), 500);
    let body = answer.into_body().collect().await.expect("a body").to_bytes();
    let document: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(
        document,
        json!({
            "type": "about:blank", "title": "Something went wrong", "status": 500, "code": "INTERNAL",
            "detail": "Something failed on our side; try again, and tell your administrator if it stays so.",
        })
    );
}

async fn broken() -> &'static str {
    panic!("the words of a panic")
}
