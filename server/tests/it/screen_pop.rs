//! The screen pop over HTTP (semantics 5.4, SEC-29, SEC-30): offered once, opened by one tab, by a page that acts once.

use crate::client::{Answer, Browser, Request, connect, exchange};
use crate::scene::Scene;
use ringbridge_core::id::TransactionId;
use ringbridge_core::screen_pop::{Opens, Pop, Window, WindowKind};
use ringbridge_core::tenant::{PopTarget, ScreenPop, Tenant};
use ringbridge_server::store::screen_pop::{self, Owner, Turn};
use serde_json::{Value, json};

const TARGET: &str = "https://crm.example:8444/pop?a=b&c=\"d";

/// The admin's password for every agent at the target, in the scene.
const ADMIN_SET: &str = "set-by-the-admin";

fn pops(tenant: &mut Tenant) {
    // A call that is cancelled completes at once, and the next click is another call.
    tenant.duplicate_window_seconds = 0;
    tenant.wrap_up_seconds = 0;
    tenant.code_lists.clear();
    tenant.screen_pop = Some(ScreenPop {
        enabled: true,
        target: PopTarget::Url,
        url: TARGET.to_owned(),
        account: "ACCT1".to_owned(),
        role: "custom".to_owned(),
        send_password: true,
    });
}

fn change(edit: impl FnOnce(&mut ScreenPop)) -> impl FnOnce(&mut Tenant) {
    move |tenant| {
        pops(tenant);
        edit(tenant.screen_pop.as_mut().expect("a screen pop"));
    }
}

/// Places a call with this user data and cancels it; its number.
async fn called(browser: &mut Browser<'_>, userdata: &str) -> i64 {
    let answer = browser.click(&format!("phone=6502928880&ctl_userdata={userdata}")).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    let id = answer.json()["transaction_id"].as_i64().expect("a number");
    browser.api("POST", &format!("/api/v1/calls/{id}/cancel"), None).await;
    for _ in 0..500 {
        if call(browser, id).await["state"] == "completed" {
            return id;
        }
        tokio::task::yield_now().await;
    }
    panic!("the call never completed");
}

async fn call(browser: &mut Browser<'_>, id: i64) -> Value {
    browser.api("GET", &format!("/api/v1/calls/{id}"), None).await.json()
}

async fn ask(browser: &mut Browser<'_>, id: i64, what: &str, body: Option<Value>) -> Answer {
    browser.api("POST", &format!("/api/v1/screen-pops/{id}/{what}"), body).await
}

/// A ticket's page, asked for by the button.
async fn ticket(browser: &mut Browser<'_>, id: i64) -> String {
    let answer = ask(browser, id, "open", Some(json!({ "again": true }))).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["page"].as_str().expect("a page").to_owned()
}

async fn page(browser: &mut Browser<'_>, address: &str) -> Answer {
    browser.send(Request::get(address).header("Sec-Fetch-Site", "same-origin")).await
}

/// Names and values of the hidden fields of a page, in order, as a browser would send them.
fn fields(page: &Answer) -> Vec<(String, String)> {
    let inputs = page.body.split("<input ").skip(1).filter_map(|rest| rest.split('>').next());
    let attribute = |input: &str, name: &str| {
        let value = input.split(&format!("{name}=\"")).nth(1).and_then(|rest| rest.split('"').next());
        unescaped(value.expect("an attribute"))
    };
    inputs.map(|input| (attribute(input, "name"), attribute(input, "value"))).collect()
}

fn unescaped(text: &str) -> String {
    text.replace("&#38;", "&")
        .replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
}

fn ten(userdata: &str, username: &str, password: &str) -> Vec<(String, String)> {
    [
        ("CtlUserData", userdata),
        ("AgentID", "alice"),
        ("Username", username),
        ("extLogin", username),
        ("Password", password),
        ("extPwd", password),
        ("Account", "ACCT1"),
        ("Role", "custom"),
        ("Command", "launch"),
        ("cmd", "launch"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_5_4_a_pop_is_offered_once_in_the_commit_that_completes_the_call() {
    let scene = Scene::with(pops).await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let asked =
        "[a|%3Cb%3E][id|$transaction_id$][ctl_launchopt|true][ctl_recordname|Record%20$transaction_id$]";
    let id = called(&mut alice, asked).await;
    let mut shown = call(&mut alice, id).await["screen_pop"].clone();
    let told = scene.journal("screen_pop.offered").await.remove(0).body;
    let mut expected_event = shown.clone();
    for name in ["Username", "extLogin"] {
        expected_event["fields"][name] = json!("");
    }
    assert_eq!(told, expected_event, "the event says the same, without the account at the target");
    let (window, offered_at) = (shown["window"].take(), shown["offered_at"].take());
    let filled = format!("[a|<b>][id|{id}][ctl_launchopt|true][ctl_recordname|Record {id}]");
    assert_eq!(
        shown,
        json!({
            "state": "offered", "opens": "form", "method": "POST", "url": TARGET, "window": null, "offered_at": null,
            "title": format!("Record {id}"), "page": format!("/AGUI/pop/{id}"),
            "fields": {
                "CtlUserData": filled, "AgentID": "alice", "Username": "alice@crm", "extLogin": "alice@crm",
                "Password": "", "extPwd": "", "Account": "ACCT1", "Role": "custom", "Command": "launch", "cmd": "launch",
            },
        })
    );
    assert!(window.as_str().is_some_and(|name| name.starts_with("ctd_") && name.len() == 20), "{window}");

    let offered = scene.journal("screen_pop.offered").await;
    assert_eq!(offered.len(), 1);
    let completed = scene.journal("transaction.completed").await;
    assert_eq!(offered[0].at, completed[0].at, "one commit");
    assert_eq!(offered[0].at.rfc3339(), offered_at.as_str().expect("a time"));
    assert_eq!(
        (offered[0].agent, &offered[0].body["window"], &offered[0].body["fields"]["Username"]),
        (Some(scene.agent("alice")), &window, &json!("")),
        "the event goes to her consoles, and the account at the target is not in it"
    );
    let me = alice.api("GET", "/api/v1/me", None).await.json();
    let waiting = &me["screen_pops"][0];
    assert_eq!((&waiting["transaction_id"], &waiting["state"]), (&json!(id), &json!("offered")));
    assert!(waiting.get("fields").is_none() && waiting["age_seconds"].is_u64(), "{waiting}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_5_4_there_is_no_pop_without_the_links_wish_or_the_tenants_switch() {
    let scene = Scene::with(pops).await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    for userdata in ["[a|b]", "[ctl_launchopt|false]", "[ctl_launchopt|maybe]"] {
        let id = called(&mut alice, userdata).await;
        assert_eq!(call(&mut alice, id).await["screen_pop"], Value::Null, "{userdata}");
        assert_eq!(ask(&mut alice, id, "open", None).await.outcome(), (404, "NOT_FOUND".to_owned()));
        assert_eq!(page(&mut alice, &format!("/AGUI/pop/{id}")).await.status, 404);
    }
    let off = Scene::with(change(|pop| pop.enabled = false)).await;
    let mut alice = Browser::logged_in(&off, "alice").await;
    let id = called(&mut alice, "[ctl_launchopt|true]").await;
    assert_eq!(call(&mut alice, id).await["screen_pop"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_5_4_a_salesforce_target_without_a_record_tells_the_agent_why() {
    let scene = Scene::with(change(|pop| {
        pop.target = PopTarget::Salesforce;
        pop.url = String::new();
    }))
    .await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let id = called(&mut alice, "[ctl_launchopt|true]").await;
    let shown = call(&mut alice, id).await["screen_pop"].clone();
    let reason = "No record was created, so there is none to open: no ctl_action was given.";
    assert_eq!(
        (&shown["state"], &shown["opens"], &shown["reason"]),
        (&json!("nothing"), &json!("nothing"), &json!(reason))
    );
    for body in [None, Some(json!({ "again": true }))] {
        let refused = ask(&mut alice, id, "open", body).await;
        assert_eq!(refused.outcome(), (409, "SCREEN_POP_TAKEN".to_owned()));
    }
    assert!(page(&mut alice, &format!("/AGUI/pop/{id}")).await.body.contains(reason));
    assert_eq!(ask(&mut alice, id, "dismiss", None).await.status, 204);
    assert_eq!(alice.api("GET", "/api/v1/me", None).await.json()["screen_pops"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_5_4_of_many_tabs_that_ask_at_once_one_opens_it() {
    let scene = Scene::with(pops).await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let id = called(&mut alice, "[ctl_launchopt|true]").await;
    let request = Request::post(&format!("/api/v1/screen-pops/{id}/open"))
        .header("X-Requested-With", "ringbridge")
        .header("Cookie", &format!("__Host-agui={}", alice.cookie.clone().expect("a cookie")));
    // All connections are there before the first asks.
    let mut tabs = Vec::new();
    for _ in 0..12 {
        tabs.push(connect(&scene, b"http/1.1").await);
    }
    let mut asked = tokio::task::JoinSet::new();
    for tab in tabs {
        asked.spawn(exchange(tab, request.bytes(&scene.host())));
    }
    let mut outcomes: Vec<_> = asked.join_all().await.iter().map(Answer::outcome).collect();
    outcomes.sort();
    let mut expected = vec![(200, String::new())];
    expected.extend(vec![(409, "SCREEN_POP_TAKEN".to_owned()); 11]);
    assert_eq!(outcomes, expected);
    assert_eq!(call(&mut alice, id).await["screen_pop"]["state"], "opening");
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_5_4_a_ticket_opens_the_page_once_and_the_form_has_the_ten_fields_in_order() {
    let scene = Scene::with(pops).await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let id = called(&mut alice, "[a|%22%3E%3Cscript%3E'%26][ctl_launchopt|true][ctl_recordname|%3Ci%3EAcme]")
        .await;
    let address = ask(&mut alice, id, "open", None).await.json()["page"].as_str().expect("a page").to_owned();
    let leaving = page(&mut alice, &address).await;
    assert_eq!(leaving.status, 200);
    let userdata = "[a|\"><script>'&][ctl_launchopt|true][ctl_recordname|<i>Acme]";
    assert_eq!(fields(&leaving), ten(userdata, "alice@crm", ADMIN_SET));
    assert_eq!(unescaped(leaving.after("action=\"")), TARGET.replace('"', "%22"));
    assert!(!leaving.body.contains("<script>") && !leaving.body.contains("<i>"), "{}", leaving.body);
    assert!(leaving.body.contains("<button type=\"submit\">"), "it works without scripts");
    assert_eq!(call(&mut alice, id).await["screen_pop"]["state"], "opened");

    for used in [address.as_str(), &format!("/AGUI/pop/{id}?ticket=0f"), &format!("/AGUI/pop/{id}")] {
        let asks = page(&mut alice, used).await;
        assert_eq!((asks.status, asks.after("action=\"")), (200, format!("/AGUI/pop/{id}").as_str()));
        assert_eq!(fields(&asks), [], "no second time by itself: {used}");
        assert!(!asks.body.contains(ADMIN_SET));
    }
    let kinds = ["screen_pop.offered", "screen_pop.opened"];
    for kind in kinds {
        assert_eq!(scene.journal(kind).await.len(), 1, "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_30_the_page_may_post_to_the_target_and_no_other_page_may() {
    let scene = Scene::with(pops).await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let id = called(&mut alice, "[ctl_launchopt|true]").await;
    let address = ticket(&mut alice, id).await;
    let leaving = page(&mut alice, &address).await;
    let form_action = |answer: &Answer| {
        let policy = answer.header("content-security-policy").expect("a policy").to_owned();
        let part = policy.split("; ").find(|part| part.starts_with("form-action")).map(str::to_owned);
        part.expect("form-action is restricted")
    };
    assert_eq!(form_action(&leaving), "form-action https://crm.example:8444");
    let headers = ["cache-control", "referrer-policy", "cross-origin-opener-policy", "x-frame-options"];
    assert_eq!(
        headers.map(|name| leaving.header(name).unwrap_or("")),
        ["no-store", "no-referrer", "unsafe-none", "DENY"]
    );
    for other in ["/AGUI/", &address, &format!("/AGUI/call/{id}")] {
        let other = page(&mut alice, other).await;
        assert_eq!(form_action(&other), "form-action 'self'");
        assert_eq!(other.header("cross-origin-opener-policy"), Some("same-origin-allow-popups"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_30_the_password_goes_along_only_over_https_where_the_admin_switched_it_on() {
    for (url, send_password, password) in [
        (TARGET, true, ADMIN_SET),
        (TARGET, false, ""),
        ("http://crm.example/pop", true, ""),
        ("http://crm.example/pop", false, ""),
    ] {
        let scene = Scene::with(change(|pop| {
            url.clone_into(&mut pop.url);
            pop.send_password = send_password;
        }))
        .await;
        let mut alice = Browser::logged_in(&scene, "alice").await;
        let id = called(&mut alice, "[ctl_launchopt|true]").await;
        let address = ticket(&mut alice, id).await;
        let leaving = page(&mut alice, &address).await;
        assert_eq!(
            fields(&leaving),
            ten("[ctl_launchopt|true]", "alice@crm", password),
            "{url} {send_password}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_30_what_the_agent_entered_comes_before_what_the_admin_set_and_ends_with_the_session() {
    let scene = Scene::with(pops).await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let id = called(&mut alice, "[ctl_launchopt|true]").await;
    let account = async |alice: &mut Browser<'_>| {
        let told = alice.api("GET", "/api/v1/me", None).await.json()["external"].clone();
        let address = ticket(alice, id).await;
        let sent = fields(&page(alice, &address).await);
        (told, sent[2].1.clone(), sent[4].1.clone())
    };
    let told = |kept: &str, username: &str| json!({ "kept": kept, "username": username });
    let put = async |alice: &mut Browser<'_>, name: &str, remember: bool| {
        let body = json!({ "username": name, "password": format!("{name}'s own"), "remember": remember });
        let answer = alice.api("PUT", "/api/v1/me/external", Some(body)).await;
        assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    };
    let admins = (told("admin", "alice@crm"), "alice@crm".to_owned(), ADMIN_SET.to_owned());
    assert_eq!(account(&mut alice).await, admins);

    put(&mut alice, "al", false).await;
    assert_eq!(account(&mut alice).await, (told("session", "al"), "al".to_owned(), "al's own".to_owned()));
    alice.send(Request::post("/AGUI/logout").json()).await;
    alice = Browser::logged_in(&scene, "alice").await;
    assert_eq!(account(&mut alice).await, admins, "gone with the session");

    put(&mut alice, "ally", true).await;
    alice.send(Request::post("/AGUI/logout").json()).await;
    alice = Browser::logged_in(&scene, "alice").await;
    let remembered = (told("remembered", "ally"), "ally".to_owned(), "ally's own".to_owned());
    assert_eq!(account(&mut alice).await, remembered);

    put(&mut alice, "al", false).await;
    assert_eq!(account(&mut alice).await.0, told("session", "al"));
    assert_eq!(alice.api("DELETE", "/api/v1/me/external", None).await.status, 204);
    assert_eq!(account(&mut alice).await, admins, "what was remembered before is gone too");

    for bad in [json!({}), json!({ "username": "x".repeat(1025) }), json!({ "password": "x".repeat(1025) })] {
        let refused = alice.api("PUT", "/api/v1/me/external", Some(bad)).await;
        assert_eq!(refused.outcome(), (400, "BAD_PARAMETER".to_owned()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_30_no_password_stands_in_the_api_the_journal_or_the_database() {
    let scene = Scene::with(pops).await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    for remember in [false, true] {
        let body = json!({ "username": "al", "password": "hunter2-of-alice", "remember": remember });
        alice.api("PUT", "/api/v1/me/external", Some(body)).await;
        let id = called(&mut alice, "[ctl_launchopt|true]").await;
        let address = ticket(&mut alice, id).await;
        assert!(
            page(&mut alice, &address).await.body.contains("hunter2-of-alice"),
            "it is the one that is sent"
        );
        for path in [format!("/api/v1/calls/{id}"), "/api/v1/me".to_owned(), "/api/v1/calls".to_owned()] {
            let answer = alice.api("GET", &path, None).await;
            assert!(
                !answer.body.contains("hunter2-of-alice") && !answer.body.contains(ADMIN_SET),
                "{answer:?}"
            );
        }
    }
    for file in std::fs::read_dir(scene.folder.path()).expect("a folder") {
        let bytes = std::fs::read(file.expect("a file").path()).expect("readable");
        for secret in ["hunter2-of-alice", ADMIN_SET] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "sealed at rest");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pop_is_its_agents_alone() {
    let scene = Scene::with(pops).await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let id = called(&mut alice, "[ctl_launchopt|true]").await;
    let address = ticket(&mut alice, id).await;
    let absent = (404, "NOT_FOUND".to_owned());
    for login in ["bob", "sue"] {
        let mut other = Browser::logged_in(&scene, login).await;
        for what in ["open", "blocked", "dismiss"] {
            assert_eq!(ask(&mut other, id, what, None).await.outcome(), absent, "{login} {what}");
        }
        for address in [address.as_str(), &format!("/AGUI/pop/{id}")] {
            assert_eq!(page(&mut other, address).await.status, 404, "{login} {address}");
        }
        let pressed = Request::post(&format!("/AGUI/pop/{id}")).header("Sec-Fetch-Site", "same-origin");
        assert_eq!(other.send(pressed).await.status, 404);
    }
    let mut sue = Browser::logged_in(&scene, "sue").await;
    let fields = call(&mut sue, id).await["screen_pop"]["fields"].clone();
    assert_eq!((&fields["Username"], &fields["AgentID"]), (&json!(""), &json!("alice")));
    let mut nobody = Browser::new(&scene);
    assert_eq!(nobody.send(Request::get(&address)).await.status, 401);
    assert!(page(&mut alice, &address).await.body.contains("CtlUserData"), "none of them used the ticket up");
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_5_4_what_the_browser_blocked_waits_for_a_person_until_it_is_opened_or_dismissed() {
    let scene = Scene::with(pops).await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let id = called(&mut alice, "[ctl_launchopt|true]").await;
    let state = async |alice: &mut Browser<'_>| call(alice, id).await["screen_pop"]["state"].clone();
    assert_eq!(ask(&mut alice, id, "blocked", None).await.status, 204);
    assert_eq!(state(&mut alice).await, "offered", "nobody has tried it yet");

    let address = ask(&mut alice, id, "open", None).await.json()["page"].as_str().expect("a page").to_owned();
    assert_eq!(ask(&mut alice, id, "blocked", None).await.status, 204);
    assert_eq!(state(&mut alice).await, "blocked");
    assert_eq!(fields(&page(&mut alice, &address).await), [], "the ticket of the blocked window is void");
    let refused = ask(&mut alice, id, "open", None).await;
    assert_eq!(refused.outcome(), (409, "SCREEN_POP_TAKEN".to_owned()), "no tab opens it by itself any more");
    let again = ticket(&mut alice, id).await;
    assert_eq!(fields(&page(&mut alice, &again).await).len(), 10);
    assert_eq!(state(&mut alice).await, "opened");

    let id = called(&mut alice, "[ctl_launchopt|true]").await;
    assert_eq!(ask(&mut alice, id, "dismiss", None).await.status, 204);
    assert_eq!(call(&mut alice, id).await["screen_pop"]["state"], "dismissed");
    assert_eq!(alice.api("GET", "/api/v1/me", None).await.json()["screen_pops"], json!([]));
    for (kind, times) in [("blocked", 1), ("opened", 1), ("dismissed", 1)] {
        assert_eq!(scene.journal(&format!("screen_pop.{kind}")).await.len(), times, "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_5_4_a_record_is_gone_to_and_a_second_result_of_its_call_offers_nothing_again() {
    let scene = Scene::with(pops).await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let id = called(&mut alice, "[a|b]").await;
    let owner = Owner { tenant: scene.acme, agent: scene.agent("alice"), transaction: TransactionId(id) };
    let record = |url: &str| Pop {
        opens: Opens::Record { url: url.to_owned() },
        window: Window { name: "ctd_0123456789abcdef".to_owned(), kind: WindowKind::Named },
        title: "Acme".to_owned(),
    };
    let address = "https://acme.lightning.example/lightning/r/Task/00T1/edit?backgroundContext=%2Fx";
    for (url, expected) in [(address, Turn::Had), ("https://evil.example/", Turn::Gone)] {
        let pop = record(url);
        let now = ringbridge_server::clock::now();
        let offered = scene.app.store.write(move |tx| screen_pop::offer(tx, owner, &pop, now)).await;
        assert_eq!(offered, Ok(expected), "{url}");
    }
    let ticket = ticket(&mut alice, id).await;
    let leaving = page(&mut alice, &ticket).await;
    assert_eq!(unescaped(leaving.after("rel=\"noreferrer\" href=\"")), address);
    assert_eq!(fields(&leaving), []);
    let policy = leaving.header("content-security-policy").unwrap_or("");
    assert!(policy.contains("; form-action 'none';"), "{policy}");
    assert!(
        leaving.body.contains("<title>Acme · Ringbridge</title>")
            && leaving.body.contains("data-window=\"shared\"")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_button_of_the_page_works_without_scripts_and_for_no_other_site() {
    let scene = Scene::with(pops).await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let id = called(&mut alice, "[ctl_launchopt|true]").await;
    let press = Request::post(&format!("/AGUI/pop/{id}"));
    let foreign =
        press.clone().header("Sec-Fetch-Site", "cross-site").header("Origin", "https://evil.example");
    assert_eq!(alice.send(foreign).await.status, 403);
    let leaving = alice.send(press.header("Sec-Fetch-Site", "same-origin")).await;
    assert_eq!(fields(&leaving), ten("[ctl_launchopt|true]", "alice@crm", ADMIN_SET));
    assert_eq!(call(&mut alice, id).await["screen_pop"]["state"], "opened");
    // The API's own guard against forged requests.
    let bare = alice.send(Request::post(&format!("/api/v1/screen-pops/{id}/open"))).await;
    assert_eq!(bare.outcome(), (403, "CSRF".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_27_what_a_crm_and_a_link_say_of_a_pop_is_text_and_leads_to_web_pages_only() {
    let scene = Scene::with(pops).await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let evil = "</title><script>alert(1)</script>\"'";
    let addresses = [
        ("javascript:alert(1)", None),
        ("data:text/html,<script>alert(1)</script>", None),
        ("//evil.example/", None),
        ("https:evil", Some("https://evil/")),
        ("https://crm.example/\"><script>", Some("https://crm.example/%22%3E%3Cscript%3E")),
    ];
    for (url, leads_to) in addresses {
        let id = called(&mut alice, "[a|b]").await;
        let owner = Owner { tenant: scene.acme, agent: scene.agent("alice"), transaction: TransactionId(id) };
        let pop = Pop {
            opens: Opens::Record { url: url.to_owned() },
            window: Window { name: "ctd_0123456789abcdef".to_owned(), kind: WindowKind::Generated },
            title: evil.to_owned(),
        };
        let now = ringbridge_server::clock::now();
        let offered = scene.app.store.write(move |tx| screen_pop::offer(tx, owner, &pop, now)).await;
        assert_eq!(offered, Ok(Turn::Had));
        let asks = page(&mut alice, &format!("/AGUI/pop/{id}")).await;
        let ticket = ticket(&mut alice, id).await;
        let leaving = page(&mut alice, &ticket).await;
        for answer in [&asks, &leaving] {
            assert!(!answer.body.contains("<script>"), "{url}: {}", answer.body);
            assert!(!answer.body.contains("javascript:") && !answer.body.contains("href=\"data:"), "{url}");
            assert_eq!(answer.header("cache-control"), Some("no-store"));
        }
        match leads_to {
            Some(address) => assert_eq!(leaving.after("rel=\"noreferrer\" href=\""), address),
            None => assert_eq!(leaving.status, 500, "{url}: {}", leaving.body),
        }
    }
}
