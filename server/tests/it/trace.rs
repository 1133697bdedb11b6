//! The trace of a call and the bundle for support: whole, whose they are to see, and what must not be in them.

use crate::client::{Answer, Browser, Request, raw};
use crate::scene::{ACTION_TOKEN, Scene};
use serde_json::{Value, json};

/// A link with all that must not leave the house: a number, a secret, a customer's words, a callback with a key.
const LINK: &str = "phone=(650)%20292-8880&prefix=1&queue_id=101&callerId=5251990&request_id=crm-77\
    &ctl_userdata=[Subject|Call with Jane Doe at $call_hangup_time$][api_key|s3cr3t-of-link][Note|$notes$]\
    [ctl_callbackUrl|https://bob:hunter2@hooks.example.com/T0/k3y-in-path?transaction=$transaction_id$%26key=s3cret]\
    &extTransactionData=[extRecordId|0035e00000Doe]";

async fn get(browser: &mut Browser<'_>, id: &Value, what: &str) -> Answer {
    browser.api("GET", &format!("/api/v1/calls/{id}/{what}"), None).await
}

async fn placed(browser: &mut Browser<'_>, link: &str) -> Value {
    let answer = browser.click(&link.replace(' ', "%20")).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    answer.json()["transaction_id"].clone()
}

/// Places the call and brings it to its end, with a note and a code.
async fn complete(browser: &mut Browser<'_>) -> Value {
    let id = placed(browser, LINK).await;
    assert_eq!(browser.api("POST", &format!("/api/v1/calls/{id}/cancel"), None).await.status, 204);
    let form = json!({ "codes": [{ "list": "Outcome", "code": "SOLD" }], "notes": "wants the red one", "finish": true });
    assert_eq!(browser.api("PUT", &format!("/api/v1/calls/{id}/wrap-up"), Some(form)).await.status, 204);
    id
}

fn names(list: &Value, name: &str) -> Vec<String> {
    let list = list.as_array().expect("a list").iter();
    list.map(|one| one[name].as_str().expect("a text").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_shows_the_click_the_decision_and_the_dial_plan_while_the_call_is_set_up() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let link = "phone=6502928880&prefix=&queue_id=101";
    let id = placed(&mut alice, link).await;
    let trace = get(&mut alice, &id, "trace").await.json();
    assert_eq!(
        trace["request"],
        json!({
            "origin": null,
            "address": "127.0.0.1",
            "decision": "dial",
            "why": "It came from no page: it was typed, bookmarked, opened from another program, or sent by a program that is logged in.",
            "parameters": [["phone", "6502928880"], ["queue_id", "101"]],
        })
    );
    assert_eq!(
        trace["admission"],
        json!({
            "number": "6502928880",
            "extension": null,
            "caller_id": "5251990",
            "dialled": "16502928880",
            "dial_plan": { "id": 1, "name": "US" },
            "trunk": null,
            "steps": [
                { "rule": 1, "match": "^1900", "result": "no_match", "number": null, "comment": null },
                { "rule": 2, "match": "^([2-9]\\d{9})$", "result": "rewritten", "number": "16502928880", "comment": null },
            ],
            "warnings": trace["admission"]["warnings"],
        })
    );
    assert_eq!(trace["queue"], json!({ "id": 101, "name": "Sales" }));
    assert_eq!(
        (&trace["stages"][0]["stage"], &trace["stages"][0]["from"], &trace["stages"][0]["to"]),
        (&json!("ringing_agent"), &trace["created_at"], &Value::Null)
    );
    assert!(trace["tokens"].as_array().expect("tokens").iter().all(|token| token["value"].is_null()));
    assert_eq!((&trace["attempts"], &trace["screen_pop"]), (&json!([]), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_4_3_a_complete_calls_trace_has_the_tokens_as_they_were_filled_and_masks_secrets() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let id = complete(&mut alice).await;
    let trace = get(&mut alice, &id, "trace").await.json();
    let token = |name: &str| {
        let tokens = trace["tokens"].as_array().expect("tokens");
        tokens.iter().find(|token| token["name"] == name).cloned().expect("a token")
    };
    assert_eq!(token("notes"), json!({ "name": "notes", "value": "wants the red one", "used": true }));
    assert_eq!(
        token("transaction_codes"),
        json!({ "name": "transaction_codes", "value": "Outcome:SOLD", "used": false })
    );
    assert_eq!(token("call_hangup_time"), json!({ "name": "call_hangup_time", "value": "0", "used": true }));
    assert_eq!(
        trace["userdata"],
        json!([
            { "name": "Subject", "value": "Call with Jane Doe at $call_hangup_time$", "filled": "Call with Jane Doe at 0" },
            { "name": "api_key", "value": "***", "filled": "***" },
            { "name": "Note", "value": "$notes$", "filled": "wants the red one" },
            {
                "name": "ctl_callbackUrl",
                "value": "https://hooks.example.com/T0/k3y-in-path?transaction=***&key=***",
                "filled": "https://hooks.example.com/T0/k3y-in-path?transaction=***&key=***",
            },
        ])
    );
    assert_eq!(
        trace["ext"],
        json!([{ "name": "extRecordId", "value": "0035e00000Doe", "filled": "0035e00000Doe" }])
    );
    let attempt = &trace["attempts"][0];
    assert_eq!(
        (&attempt["kind"], &attempt["to"], &attempt["state"]),
        (
            &json!("callback"),
            &json!("https://hooks.example.com/T0/k3y-in-path?transaction=***&key=***"),
            &json!("pending")
        )
    );
    assert_eq!(trace["result"]["code"], "IGNORE");
    assert_eq!(names(&trace["stages"], "stage"), ["ringing_agent", "wrap_up"]);
    assert_eq!(trace["stages"][1]["to"], trace["completed_at"]);
    let events = names(&trace["events"], "kind");
    assert_eq!(events.first().map(String::as_str), Some("click.accepted"));
    assert!(events.iter().any(|kind| kind == "transaction.completed"), "{events:?}");
    for secret in ["s3cr3t-of-link", "hunter2", "s3cret"] {
        assert!(!trace.to_string().contains(secret), "{secret} in {trace}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_tells_support_all_but_numbers_secrets_and_customers_words() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let id = complete(&mut alice).await;
    let answer = get(&mut alice, &id, "bundle").await;
    assert_eq!(
        (answer.header("content-type"), answer.header("content-disposition")),
        (
            Some("text/plain; charset=utf-8"),
            Some(format!("attachment; filename=\"ringbridge-{id}.txt\"").as_str())
        )
    );
    let text = answer.body;
    let call = alice.api("GET", &format!("/api/v1/calls/{id}"), None).await.json();
    let guid = call["interaction_guid"].as_str().expect("a GUID");
    for said in [
        guid,
        env!("CARGO_PKG_VERSION"),
        "cancelled by agent",
        "Number             …80 (11 digits)",
        "Caller ID          …90 (7 digits)",
        "rule 2",
        "click.accepted",
        "$transaction_codes$",
        "Outcome:SOLD",
        "[api_key|***]",
        "(17 characters)",
        "callback",
        "https://hooks.example.com/***",
    ] {
        assert!(text.contains(said), "{said} in {text}");
    }
    for hidden in [
        "6502928880",
        "292888",
        "2928",
        "5251990",
        "5199",
        "Jane",
        "Doe",
        "s3cr3t",
        "hunter2",
        "s3cret",
        "red one",
        "k3y-in-path",
        "alice",
        "crm-77",
    ] {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_is_there_for_its_agent_supervisors_and_programs_and_for_nobody_else() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let mut bob = Browser::logged_in(&scene, "bob").await;
    let mut sue = Browser::logged_in(&scene, "sue").await;
    let mut otto = Browser::new(&scene);
    let log_in = Request::post("/AGUI/login")
        .json()
        .header("Host", "other.example")
        .form("tenant=other&login=otto&password=correct+horse");
    assert_eq!(otto.send(log_in).await.status, 200);
    let id = placed(&mut alice, "phone=6502928880").await;
    let not_found = (404, "NOT_FOUND".to_owned());
    for what in ["trace", "bundle"] {
        let path = format!("/api/v1/calls/{id}/{what}");
        assert_eq!(alice.api("GET", &path, None).await.status, 200, "{what}");
        assert_eq!(sue.api("GET", &path, None).await.status, 200, "{what}");
        let request = Request::get(&path).header("Authorization", &format!("Bearer {ACTION_TOKEN}"));
        assert_eq!(raw(&scene, &request.bytes(&scene.host())).await.status, 200, "{what}");
        assert_eq!(bob.api("GET", &path, None).await.outcome(), not_found, "{what}");
        let of_other = otto.send(Request::get(&path).header("Host", "other.example")).await;
        assert_eq!(of_other.outcome(), not_found, "{what}: an admin, but of another tenant");
        assert_eq!(Browser::new(&scene).api("GET", &path, None).await.status, 401, "{what}");
        let absent = format!("/api/v1/calls/999999/{what}");
        assert_eq!(sue.api("GET", &absent, None).await.outcome(), not_found, "{what}");
    }
}
