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
