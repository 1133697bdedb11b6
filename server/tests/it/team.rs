//! The supervisor's view (semantics 2.6): who is where, live calls, charts, refused clicks, and whose they are to see.

use crate::client::{Browser, Request, raw};
use crate::events::Stream;
use crate::scene::{ACTION_TOKEN, DATA_TOKEN, Scene};
use serde_json::{Value, json};

/// An agent's entry.
fn of<'a>(team: &'a Value, login: &str) -> &'a Value {
    let agents = team["agents"].as_array().expect("agents");
    agents.iter().find(|agent| agent["login"] == login).unwrap_or_else(|| panic!("{login} in {team}"))
}

async fn team(browser: &mut Browser<'_>) -> Value {
    let answer = browser.api("GET", "/api/v1/team", None).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supervisor_sees_all_agents_of_the_tenant_and_their_live_calls() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let mut sue = Browser::logged_in(&scene, "sue").await;
    let id = alice.click("phone=6502928880&queue_id=101").await.json()["transaction_id"].clone();
    let seen = team(&mut sue).await;
    let logins: Vec<_> = seen["agents"].as_array().expect("agents").iter().map(|a| &a["login"]).collect();
    assert_eq!(logins, ["alice", "bob", "sue", "ada"], "and nobody of another tenant");
    let mut alices = of(&seen, "alice").clone();
    let (since, phones) = (alices["status_since"].take(), alices["phones"].take());
    assert_eq!((&phones[0]["kind"], &phones[0]["state"]), (&json!("fixed"), &json!("fixed")));
    let log_in = &scene.journal("agent.status").await[0];
    assert_eq!(since, json!(log_in.at.rfc3339()), "she has been available since she logged in");
    assert_eq!(
        alices,
        json!({ "login": "alice", "name": "alice", "role": "agent", "status": "available", "presence": "available",
            "status_since": null, "phones": null, "call": id })
    );
    assert_eq!(of(&seen, "bob")["status"], "logged_out");
    assert_eq!(of(&seen, "bob")["status_since"], "1970-01-01T00:00:00.000Z", "he never chose");
    let calls = seen["calls"].as_array().expect("calls");
    assert_eq!(calls.len(), 1);
    let call = &calls[0];
    for (name, expected) in [
        ("transaction_id", id.clone()),
        ("state", json!("ringing_agent")),
        ("number", json!("6502928880")),
        ("caller_id", json!("5251990")),
        ("agent", json!({ "login": "alice", "name": "alice" })),
        ("customer_leg", json!({ "state": "idle", "sip_code": null, "reason": null })),
        ("queue_id", json!(101)),
        ("queue_name", json!("Sales")),
        ("dial_plan", json!("US")),
    ] {
        assert_eq!(call[name], expected, "{name}");
    }
    assert_eq!(seen["actions"], json!({ "parked": 0, "pending": 0 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_2_6_a_wrap_up_has_been_one_since_the_call_was_over() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let mut sue = Browser::logged_in(&scene, "sue").await;
    let id = alice.click("phone=6502928880&queue_id=101").await.json()["transaction_id"].clone();
    // A supervisor may end any call of the tenant.
    assert_eq!(sue.api("POST", &format!("/api/v1/calls/{id}/hangup"), None).await.status, 204);
    let call = alice.api("GET", &format!("/api/v1/calls/{id}"), None).await.json();
    let seen = team(&mut sue).await;
    assert_eq!(
        (&of(&seen, "alice")["status"], &of(&seen, "alice")["status_since"], &seen["calls"]),
        (&json!("wrap_up"), &call["hung_up_at"], &json!([]))
    );
    let form = json!({ "codes": [{ "list": "Outcome", "code": "SOLD" }], "finish": true });
    assert_eq!(alice.api("PUT", &format!("/api/v1/calls/{id}/wrap-up"), Some(form)).await.status, 204);
    let call = alice.api("GET", &format!("/api/v1/calls/{id}"), None).await.json();
    let seen = team(&mut sue).await;
    assert_eq!(
        (&of(&seen, "alice")["status"], &of(&seen, "alice")["status_since"], &of(&seen, "alice")["call"]),
        (&json!("available"), &call["completed_at"], &Value::Null)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_team_is_for_supervisors_admins_and_action_tokens_alone() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let mut ada = Browser::logged_in(&scene, "ada").await;
    for path in ["/api/v1/team", "/api/v1/team/charts", "/api/v1/team/refused", "/api/v1/events?scope=tenant"]
    {
        let refused = alice.api("GET", path, None).await;
        assert_eq!(refused.outcome(), (403, "SUPERVISORS_ONLY".to_owned()), "{path}");
        assert_eq!(Browser::new(&scene).api("GET", path, None).await.status, 401, "{path}");
    }
    for path in ["/api/v1/team", "/api/v1/team/charts", "/api/v1/team/refused"] {
        assert_eq!(ada.api("GET", path, None).await.status, 200, "{path}");
        for (token, status) in [(ACTION_TOKEN, 200), (DATA_TOKEN, 401)] {
            let request = Request::get(path).header("Authorization", &format!("Bearer {token}"));
            assert_eq!(raw(&scene, &request.bytes(&scene.host())).await.status, status, "{path} {token}");
        }
    }
    let unknown = ada.api("GET", "/api/v1/events?scope=all", None).await;
    assert_eq!(unknown.outcome(), (400, "BAD_PARAMETER".to_owned()));
    assert_eq!(ada.api("GET", "/api/v1/team/charts?hours=5", None).await.json()["parameter"], "hours");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supervisors_stream_tells_of_everybody_in_the_tenant_and_of_nobody_else() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let sue = Browser::logged_in(&scene, "sue").await;
    let mut live = Stream::open_at(&sue, "/api/v1/events?scope=tenant", None).await;
    let mut olga = Browser::new(&scene);
    let log_in = Request::post("/AGUI/login")
        .json()
        .header("Host", "other.example")
        .form("tenant=other&login=olga&password=correct+horse");
    assert_eq!(olga.send(log_in).await.status, 200, "an event of another tenant");
    let id = alice.click("phone=6502928880&queue_id=101").await.json()["transaction_id"].clone();
    live.until(|text| text.contains("click.accepted")).await;
    assert!(live.text.contains(&format!("\"transaction_id\":{id}")), "{}", live.text);
    assert!(!live.text.contains("event: status"), "{}", live.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn charts_count_each_call_of_the_tenant_once_with_its_reason() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let mut sue = Browser::logged_in(&scene, "sue").await;
    let none = sue.api("GET", "/api/v1/team/charts", None).await.json();
    assert_eq!(
        (&none["calls"], &none["answer_rate"], &none["reasons"]),
        (&json!(0), &Value::Null, &json!([]))
    );
    let id = alice.click("phone=6502928880").await.json()["transaction_id"].clone();
    let live = sue.api("GET", "/api/v1/team/charts", None).await.json();
    assert_eq!((&live["calls"], &live["failed"], &live["answer_rate"]), (&json!(1), &json!(0), &Value::Null));
    alice.api("POST", &format!("/api/v1/calls/{id}/cancel"), None).await;
    for hours in ["24", "168"] {
        let charts = sue.api("GET", &format!("/api/v1/team/charts?hours={hours}"), None).await.json();
        assert_eq!(
            (&charts["calls"], &charts["answered"], &charts["failed"], &charts["answer_rate"]),
            (&json!(1), &json!(0), &json!(1), &json!(0.0)),
            "{hours}"
        );
        let last = charts["buckets"].as_array().and_then(|bars| bars.last()).expect("bars");
        assert_eq!((&last["calls"], &last["failed"]), (&json!(1), &json!(1)), "the newest bar has it");
        assert_eq!(
            charts["reasons"],
            json!([{ "end_reason": "cancelled", "sentence": "The agent cancelled before the answer.", "calls": 1 }])
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_1_14_a_supervisor_sees_which_clicks_were_refused_and_why() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let mut sue = Browser::logged_in(&scene, "sue").await;
    assert_eq!(alice.click("phone=6502928880&ctl_userdata=[a|b]x").await.status, 400);
    assert_eq!(Browser::new(&scene).click("phone=1").await.status, 401, "a stranger's is nobody's to see");
    let mut seen = sue.api("GET", "/api/v1/team/refused", None).await.json();
    let at = seen["clicks"][0]["at"].take();
    assert_eq!(at, json!(scene.journal("click.refused").await[0].at.rfc3339()));
    assert_eq!(
        seen,
        json!({ "clicks": [{
            "at": null,
            "agent": { "login": "alice", "name": "alice" },
            "code": "USERDATA_MALFORMED",
            "text": "This pair is not closed; end it with ], followed by the end or by another [name|value].",
            "parameter": "ctl_userdata",
            "offset": 0,
            "phone": "6502928880",
            "origin": null,
        }] })
    );
}
