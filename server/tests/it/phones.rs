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
