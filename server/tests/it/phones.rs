//! What an agent is told of their own state and phones, and what others may do about it (semantics 2.6).

use crate::client::Browser;
use crate::scene::Scene;
use serde_json::{Value, json};

async fn me(browser: &mut Browser<'_>) -> Value {
    browser.api("GET", "/api/v1/me", None).await.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_console_is_told_the_phones_and_since_when_the_status_is_what_it_is() {
    let scene = Scene::with(|acme| acme.queues[0].wrap_up_seconds = 60).await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let first = me(&mut alice).await;
    let phone = &first["phones"][0];
    assert_eq!(
        (&phone["kind"], &phone["state"], &phone["auto_answer"], &phone["contacts"]),
        (&json!("fixed"), &json!("fixed"), &json!("none"), &json!([]))
    );
    assert!(phone["address"].as_str().is_some_and(|address| address.starts_with("sip:alice@127.0.0.1:")));
    assert_eq!(
        (&first["zone"], &first["phone_test"], &first["status_since"]),
        (&json!("America/Los_Angeles"), &Value::Null, &first["since"])
    );
    assert!(first["server_time"].as_str() >= first["since"].as_str());

    let id = alice.click("phone=6502928880&queue_id=101").await.json()["transaction_id"].clone();
    let ringing = me(&mut alice).await;
    assert_eq!(ringing["status_since"], first["since"], "rule 1.10: ringing changes no status");
    alice.api("POST", &format!("/api/v1/calls/{id}/cancel"), None).await;
    let call = alice.api("GET", &format!("/api/v1/calls/{id}"), None).await.json();
    let wrapping_up = me(&mut alice).await;
    assert_eq!(
        (&wrapping_up["status"], &wrapping_up["status_since"]),
        (&json!("wrap_up"), &call["hung_up_at"])
    );
    let finish = json!({ "codes": [{ "list": "Outcome", "code": "CB" }], "finish": true });
    alice.api("PUT", &format!("/api/v1/calls/{id}/wrap-up"), Some(finish)).await;
    let call = alice.api("GET", &format!("/api/v1/calls/{id}"), None).await.json();
    let free = me(&mut alice).await;
    assert_eq!((&free["status"], &free["status_since"]), (&json!("available"), &call["completed_at"]));
    assert_eq!(free["since"], first["since"], "what was chosen stays chosen");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_gives_their_own_wrap_up_more_time() {
    let scene = Scene::with(|acme| acme.queues[0].wrap_up_seconds = 1800).await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let id = alice.click("phone=6502928880&queue_id=101").await.json()["transaction_id"].clone();
    let path = format!("/api/v1/calls/{id}/more-time");
    assert_eq!(alice.api("PUT", &path, None).await.outcome(), (409, "AGENT_BUSY".to_owned()));
    alice.api("POST", &format!("/api/v1/calls/{id}/cancel"), None).await;
    let call =
        async |alice: &mut Browser<'_>| alice.api("GET", &format!("/api/v1/calls/{id}"), None).await.json();
    let before = call(&mut alice).await;
    assert_eq!(before["wrap_up"]["more_time"], true);
    let first = alice.api("PUT", &path, None).await.json()["ends_at"].clone();
    assert!(first.as_str() > before["wrap_up"]["ends_at"].as_str());
    let second = alice.api("PUT", &path, None).await.json()["ends_at"].clone();
    let after = call(&mut alice).await;
    assert_eq!((&after["wrap_up"]["ends_at"], &after["wrap_up"]["more_time"]), (&second, &json!(false)));
    assert_eq!(alice.api("PUT", &path, None).await.outcome(), (409, "NO_MORE_TIME".to_owned()));
    let noted = scene.journal("wrap_up.extended").await;
    let ends: Vec<&Value> = noted.iter().map(|entry| &entry.body["ends_at"]).collect();
    assert_eq!(ends, [&first, &second]);

    let mut sue = Browser::logged_in(&scene, "sue").await;
    assert_eq!(sue.api("PUT", &path, None).await.outcome(), (404, "NOT_FOUND".to_owned()), "it is alice's");
    let finish = json!({ "codes": [{ "list": "Outcome", "code": "CB" }], "finish": true });
    alice.api("PUT", &format!("/api/v1/calls/{id}/wrap-up"), Some(finish)).await;
    assert_eq!(alice.api("PUT", &path, None).await.outcome(), (410, "CALL_OVER".to_owned()));
}

/// Where the test of the agent's phone is, once it is there.
async fn test_comes_to(browser: &mut Browser<'_>, state: &str) -> Value {
    for _ in 0..5000 {
        let test = me(browser).await["phone_test"].clone();
        if test["state"] == state {
            return test;
        }
        tokio::task::yield_now().await;
    }
    panic!("the test never came to {state}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_ends_a_test_of_the_phone_and_is_not_harmed_by_it() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let begun = alice.api("POST", "/api/v1/me/phone-test", None).await;
    assert_eq!((begun.status, &begun.json()["state"]), (202, &json!("ringing")));
    let again = alice.api("POST", "/api/v1/me/phone-test", None).await;
    assert_eq!(again.outcome(), (409, "AGENT_BUSY".to_owned()), "one at a time");
    let mut bob = Browser::logged_in(&scene, "bob").await;
    assert_eq!(me(&mut bob).await["phone_test"], Value::Null, "it is alice's");
    let state = me(&mut alice).await;
    assert_eq!((&state["call"], &state["on_call"]), (&Value::Null, &json!(false)), "it is no transaction");

    let click = alice.click("phone=6502928880&queue_id=101").await;
    assert_eq!(click.status, 202, "{click:?}");
    let test = test_comes_to(&mut alice, "ended").await;
    assert_eq!(test["text"], "The test made way for something else; you can repeat it later.");
    let call = alice.api("GET", &format!("/api/v1/calls/{}", click.json()["transaction_id"]), None).await;
    assert_eq!(call.json()["state"], "ringing_agent");
    let during = alice.api("POST", "/api/v1/me/phone-test", None).await;
    assert_eq!(during.outcome(), (409, "AGENT_BUSY".to_owned()), "a call lives");

    let told = scene.journal("agent.phone_test").await;
    let states: Vec<&Value> = told.iter().map(|entry| &entry.body["state"]).collect();
    assert_eq!(states, ["ringing", "ended"]);
    assert!(
        told.iter().all(|entry| entry.agent == Some(scene.agent("alice")) && entry.transaction.is_none())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_test_begins_while_the_server_ends() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    scene.app.switchboard.drain().await;
    let ending = alice.api("POST", "/api/v1/me/phone-test", None).await;
    assert_eq!(ending.outcome(), (503, "OVERLOADED".to_owned()), "the server is ending");
}

async fn force(browser: &mut Browser<'_>, login: &str, status: &str) -> (u16, String) {
    let path = format!("/api/v1/team/{login}/status");
    browser.api("PUT", &path, Some(json!({ "status": status }))).await.outcome()
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_2_6_a_supervisor_frees_an_agent_who_is_stuck_in_a_wrap_up() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let mut sue = Browser::logged_in(&scene, "sue").await;
    let id = alice.click("phone=6502928880&queue_id=101").await.json()["transaction_id"].clone();
    assert_eq!(force(&mut sue, "alice", "on_break").await, (204, String::new()));
    let call = alice.api("GET", &format!("/api/v1/calls/{id}"), None).await.json();
    assert_eq!(call["state"], "ringing_agent", "a call that is up is not touched");
    alice.api("POST", &format!("/api/v1/calls/{id}/cancel"), None).await;
    assert_eq!(me(&mut alice).await["status"], "wrap_up");

    assert_eq!(force(&mut sue, "alice", "available").await, (204, String::new()));
    let freed = me(&mut alice).await;
    assert_eq!((&freed["status"], &freed["presence"]), (&json!("available"), &json!("available")));
    let call = alice.api("GET", &format!("/api/v1/calls/{id}"), None).await.json();
    assert_eq!((&call["state"], &call["codes"]), (&json!("completed"), &json!([])), "its code is missing");
    let forced: Vec<Value> = scene
        .journal("agent.status")
        .await
        .into_iter()
        .filter(|entry| entry.body.get("by").is_some())
        .map(|entry| {
            json!([entry.agent == Some(scene.agent("alice")), entry.body["presence"], entry.body["by"]])
        })
        .collect();
    assert_eq!(forced, [json!([true, "on_break", "sue"]), json!([true, "available", "sue"])]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_2_6_a_supervisor_logs_an_agent_out() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let mut sue = Browser::logged_in(&scene, "sue").await;
    let id = alice.click("phone=6502928880&queue_id=101").await.json()["transaction_id"].clone();
    alice.api("POST", &format!("/api/v1/calls/{id}/cancel"), None).await;
    assert_eq!(force(&mut sue, "alice", "logged_out").await, (204, String::new()));
    let me = alice.api("GET", "/api/v1/me", None).await;
    assert_eq!(me.outcome(), (401, "SESSION_REQUIRED".to_owned()), "her sessions have ended");
    let call = sue.api("GET", &format!("/api/v1/calls/{id}"), None).await.json();
    assert_eq!(call["state"], "completed");
    let back = force(&mut sue, "alice", "available").await;
    assert_eq!(back, (409, "AGENT_NOT_AVAILABLE".to_owned()), "she is not there");
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_force_nobody_and_nobody_is_forced_from_elsewhere() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let mut ada = Browser::logged_in(&scene, "ada").await;
    for login in ["alice", "bob"] {
        assert_eq!(force(&mut alice, login, "on_break").await, (403, "SUPERVISORS_ONLY".to_owned()));
    }
    assert_eq!(
        force(&mut ada, "olga", "logged_out").await,
        (404, "NOT_FOUND".to_owned()),
        "another tenant's"
    );
    assert_eq!(force(&mut ada, "alice", "busy").await, (400, "BAD_PARAMETER".to_owned()));
    assert_eq!(force(&mut ada, "alice", "working_offline").await, (204, String::new()));
    assert_eq!(me(&mut alice).await["status"], "working_offline");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_messages_of_a_call_stand_in_the_journal_for_its_trace_and_nowhere_else() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let id = alice.click("phone=6502928880&queue_id=101").await.json()["transaction_id"].clone();
    alice.api("POST", &format!("/api/v1/calls/{id}/cancel"), None).await;
    let written = scene.journal("sip.messages").await;
    let messages: Vec<Value> = written
        .iter()
        .flat_map(|entry| entry.body["messages"].as_array().expect("a list").clone())
        .map(|message| {
            json!([message["leg"], message["dir"], message["what"], message["cseq"], message["sdp"]])
        })
        .collect();
    assert_eq!(messages[0], json!(["agent", "out", "INVITE", "1 INVITE", true]));
    assert!(written.iter().all(|entry| entry.agent.is_none()), "no console follows them");
    let said = written.iter().map(|entry| entry.body.to_string()).collect::<String>();
    assert!(!said.contains("6502928880") && !said.contains("sip:"), "{said}");
    let call = alice.api("GET", &format!("/api/v1/calls/{id}"), None).await.json();
    let kinds: Vec<&str> = call["events"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|event| event["kind"].as_str())
        .collect();
    assert!(kinds.contains(&"call.ended") && !kinds.contains(&"sip.messages"), "{kinds:?}");
}
