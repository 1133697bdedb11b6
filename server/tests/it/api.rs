//! `/api/v1`: who may see and do what (contract, SEC-32), wrap-up, cancelling, tokens, the forgery guard.

use crate::client::{Answer, Browser, Request, raw};
use crate::scene::{ACTION_TOKEN, DATA_TOKEN, Scene};
use serde_json::{Value, json};

async fn placed(browser: &mut Browser<'_>) -> Value {
    let answer = browser.click("phone=6502928880&queue_id=101&ctl_userdata=[a|b]").await;
    assert_eq!(answer.status, 202, "{answer:?}");
    answer.json()["transaction_id"].clone()
}

/// Asks until the call is where it is expected; the server says when by its own events, a test by asking again.
async fn until(browser: &mut Browser<'_>, id: &Value, state: &str) -> Value {
    for _ in 0..500 {
        let call = browser.api("GET", &format!("/api/v1/calls/{id}"), None).await.json();
        if call["state"] == state {
            return call;
        }
        tokio::task::yield_now().await;
    }
    panic!("the call never came to {state}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_has_the_fields_of_the_contract() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let id = placed(&mut alice).await;
    let call = alice.api("GET", &format!("/api/v1/calls/{id}"), None).await.json();
    for field in [
        "transaction_id",
        "interaction_guid",
        "state",
        "agent_leg",
        "customer_leg",
        "number",
        "caller_id",
        "queue_id",
        "answered_at",
        "hung_up_at",
        "duration_seconds",
        "end_reason",
        "ended_by",
        "codes",
        "notes",
        "result_code",
        "error_string",
        "record_id",
        "callback",
        "screen_pop",
        "userdata",
        "warnings",
        "events",
    ] {
        assert!(call.get(field).is_some(), "{field} in {call}");
    }
    assert_eq!(
        (&call["state"], &call["queue_id"], &call["userdata"]),
        (&json!("ringing_agent"), &json!(101), &json!([["a", "b"]]))
    );
    assert_eq!(
        (&call["callback"], &call["duration_seconds"]),
        (&json!({ "state": "none", "attempts": 0 }), &json!(0))
    );
    assert_eq!(call["customer_leg"], json!({ "state": "idle", "sip_code": null, "reason": null }));
    assert_eq!(call["events"][0]["kind"], "click.accepted");
    assert!(call["events"][0]["seq"].is_i64() && call["events"][0]["at"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_there_for_its_agent_supervisors_and_programs_and_for_nobody_else() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let id = placed(&mut alice).await;
    let path = format!("/api/v1/calls/{id}");
    let mut sue = Browser::logged_in(&scene, "sue").await;
    let mut bob = Browser::logged_in(&scene, "bob").await;
    assert_eq!(alice.api("GET", &path, None).await.status, 200);
    assert_eq!(sue.api("GET", &path, None).await.status, 200);
    for (method, tail) in [("GET", ""), ("POST", "/cancel"), ("POST", "/hangup"), ("PUT", "/wrap-up")] {
        let body = (method == "PUT").then(|| json!({ "notes": "x" }));
        let answer = bob.api(method, &format!("{path}{tail}"), body).await;
        assert_eq!(answer.outcome(), (404, "NOT_FOUND".to_owned()), "{method} {tail}");
    }
    for absent in ["/api/v1/calls/999999", "/api/v1/calls/x", "/api/v1/calls/-1"] {
        assert_eq!(alice.api("GET", absent, None).await.outcome(), (404, "NOT_FOUND".to_owned()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_come_with_an_action_token_as_bearer_or_basic() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let id = placed(&mut alice).await;
    let basic = |text: &str| {
        use base64::Engine as _;
        format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(text))
    };
    let get = async |authorization: &str| -> Answer {
        let request = Request::get(&format!("/api/v1/calls/{id}")).header("Authorization", authorization);
        raw(&scene, &request.bytes(&scene.host())).await
    };
    assert_eq!(get(&format!("Bearer {ACTION_TOKEN}")).await.status, 200);
    assert_eq!(get(&basic(&format!("acme:{ACTION_TOKEN}"))).await.status, 200);
    for wrong in [
        format!("Bearer {DATA_TOKEN}"),
        "Bearer nothing".to_owned(),
        basic(&format!("other:{ACTION_TOKEN}")),
        "Basic %%%".to_owned(),
    ] {
        assert_eq!(get(&wrong).await.outcome(), (401, "SESSION_REQUIRED".to_owned()), "{wrong}");
    }
    let cancel = Request::post(&format!("/api/v1/calls/{id}/cancel"))
        .header("Authorization", &format!("Bearer {ACTION_TOKEN}"));
    assert_eq!(raw(&scene, &cancel.bytes(&scene.host())).await.status, 204, "no X-Requested-With is needed");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_change_something_by_cookie_need_the_header_that_forms_cannot_send() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let id = placed(&mut alice).await;
    for (method, path) in [
        ("POST", format!("/api/v1/calls/{id}/cancel")),
        ("PUT", format!("/api/v1/calls/{id}/wrap-up")),
        ("PUT", "/api/v1/me/status".to_owned()),
        ("POST", "/api/v1/links/check".to_owned()),
    ] {
        let answer = alice.send(Request::new(method, &path).body("application/json", b"{}")).await;
        assert_eq!(answer.outcome(), (403, "CSRF".to_owned()), "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_is_204_and_410_once_it_is_over() {
    let scene = Scene::with(|acme| acme.queues[0].wrap_up_seconds = 0).await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let id = placed(&mut alice).await;
    assert_eq!(alice.api("POST", &format!("/api/v1/calls/{id}/cancel"), None).await.status, 204);
    let call = until(&mut alice, &id, "completed").await;
    assert_eq!((&call["end_reason"], &call["ended_by"]), (&json!("cancelled"), &json!("agent")));
    assert_eq!((&call["result_code"], &call["answered_at"]), (&json!("IGNORE"), &json!(null)));
    for tail in ["cancel", "hangup"] {
        let answer = alice.api("POST", &format!("/api/v1/calls/{id}/{tail}"), None).await;
        assert_eq!(answer.outcome(), (410, "CALL_OVER".to_owned()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrap_up_takes_codes_and_notes_and_ends_only_with_the_required_code() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let id = placed(&mut alice).await;
    let path = format!("/api/v1/calls/{id}/wrap-up");
    alice.api("POST", &format!("/api/v1/calls/{id}/cancel"), None).await;
    let call = until(&mut alice, &id, "wrap_up").await;
    assert_eq!(
        call["wrap_up"]["lists"],
        json!([{ "name": "Outcome", "multiple": true, "required": true, "codes": [
            { "short": "SOLD", "menu": "SOLD", "key": null }, { "short": "CB", "menu": "CB", "key": null },
        ] }])
    );
    assert_eq!(alice.api("GET", "/api/v1/me", None).await.json()["status"], "wrap_up");
    let early = alice.api("PUT", &path, Some(json!({ "notes": "n", "finish": true }))).await;
    assert_eq!(early.outcome(), (409, "CODES_REQUIRED".to_owned()));
    let wrong =
        alice.api("PUT", &path, Some(json!({ "codes": [{ "list": "Outcome", "code": "NOPE" }] }))).await;
    assert_eq!(wrong.outcome(), (400, "BAD_PARAMETER".to_owned()));
    let broken = alice
        .send(
            Request::new("PUT", &path)
                .header("X-Requested-With", "ringbridge")
                .body("application/json", b"{"),
        )
        .await;
    assert_eq!(broken.outcome(), (400, "BAD_PARAMETER".to_owned()));
    let codes = json!([{ "list": "Outcome", "code": "CB" }, { "list": "Outcome", "code": "SOLD" }]);
    assert_eq!(
        alice.api("PUT", &path, Some(json!({ "codes": codes, "notes": "said yes" }))).await.status,
        204
    );
    assert_eq!(alice.api("PUT", &path, Some(json!({ "finish": true }))).await.status, 204);
    let call = until(&mut alice, &id, "completed").await;
    assert_eq!((&call["codes"], &call["notes"]), (&codes, &json!("said yes")));
    assert_eq!(
        alice.api("PUT", &path, Some(json!({ "notes": "late" }))).await.outcome(),
        (410, "CALL_OVER".to_owned())
    );
    assert_eq!(alice.api("GET", "/api/v1/me", None).await.json()["status"], "available");
    let list = alice.api("GET", "/api/v1/calls", None).await.json();
    assert_eq!((&list["calls"][0]["transaction_id"], list["calls"].as_array().map(Vec::len)), (&id, Some(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_says_what_they_do_and_nothing_they_cannot_be() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    for status in ["on_break", "working_offline", "available"] {
        let answer = alice.api("PUT", "/api/v1/me/status", Some(json!({ "status": status }))).await;
        assert_eq!((answer.status, &answer.json()["status"]), (200, &json!(status)));
        assert_eq!(alice.api("GET", "/api/v1/me", None).await.json()["status"], status);
    }
    for status in ["busy", "wrap_up", "logged_out", "asleep"] {
        let answer = alice.api("PUT", "/api/v1/me/status", Some(json!({ "status": status }))).await;
        assert_eq!(
            (answer.outcome(), &answer.json()["parameter"]),
            ((400, "BAD_PARAMETER".to_owned()), &json!("status"))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_the_api_is_there_without_a_session() {
    let scene = Scene::start().await;
    for (method, path) in ringbridge_server::web::api::ROUTES {
        let path = path.replace("{transaction_id}", "1");
        let request = Request::new(&method.to_uppercase(), &path).header("X-Requested-With", "ringbridge");
        let answer = raw(&scene, &request.bytes(&scene.host())).await;
        assert_eq!(answer.outcome(), (401, "SESSION_REQUIRED".to_owned()), "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_checked_without_calling_and_its_error_has_a_place() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let check = async |alice: &mut Browser<'_>, link: &str| {
        alice.api("POST", "/api/v1/links/check", Some(json!({ "link": link }))).await.json()
    };
    let good =
        check(&mut alice, "https://x/AGUI/make_call.php?prefix=1&phone=6502928880&ctl_userdata=[a|$notes$]")
            .await;
    assert_eq!(
        (&good["number"], &good["tokens"], &good["error"]),
        (&json!("16502928880"), &json!(["notes"]), &json!(null))
    );
    let bad = check(&mut alice, "https://x/AGUI/make_call.php?phone=6502928880&ctl_userdata=[a|b][c").await;
    assert_eq!(
        (&bad["error"]["code"], &bad["error"]["place"]),
        (&json!("USERDATA_MALFORMED"), &json!("[a|b][c\n^"))
    );
    assert_eq!(scene.journal("click.accepted").await, []);
}
