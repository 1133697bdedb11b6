//! An agent tests their own phone from the console: it rings, hears a tone, and the console says how it went.

use ringbridge_e2e::{
    patience::until,
    ports,
    scenario::{Scenario, agent_who_picks_up},
    scene::Scene,
    sipp::Sipp,
    wire::{flow, requests},
};
use serde_json::Value;
use std::{net::UdpSocket, time::Duration};

/// Longer than the phone may ring and the tone plays.
const PATIENCE: Duration = Duration::from_secs(40);

/// What the console shows of the test, once it is over.
fn outcome(scene: &Scene) -> (String, String) {
    let word = |test: &Value, name: &str| test[name].as_str().unwrap_or_default().to_owned();
    until("the end of the test", PATIENCE, || {
        let test = scene.alice.get("/api/v1/me").json["phone_test"].clone();
        let over = test["state"] == "ended" || test["state"] == "failed";
        over.then(|| (word(&test, "state"), word(&test, "text")))
    })
}

/// Begins a test against a phone that does this; what the wire saw and what the console says.
fn test_of(phone: &Scenario) -> (Vec<String>, (String, String)) {
    let scene = Scene::new();
    let phone = Sipp::start("agent", scene.phone, phone);
    assert_eq!(scene.alice.post("/api/v1/me/phone-test").status, 202);
    let outcome = outcome(&scene);
    (flow(&phone.finish()), outcome)
}

#[test]
fn the_phone_rings_hears_a_tone_for_five_seconds_and_is_hung_up_on() {
    let scene = Scene::with(|setup| setup.phone_line("auto_answer = \"call-info\""));
    let ears = UdpSocket::bind(("127.0.0.1", ports::free())).expect("a free port");
    let port = ears.local_addr().expect("an address").port();
    let phone = Scenario::new("agent").media_at(port);
    let phone = phone.invited().reply("180 Ringing").reply_sdp("200 OK").expect("ACK").ended();
    let phone = Sipp::start("agent", scene.phone, &phone);
    assert_eq!(scene.alice.post("/api/v1/me/phone-test").status, 202);
    let (state, text) = outcome(&scene);
    assert_eq!((state.as_str(), text.starts_with("Your phone works.")), ("ended", true), "{text}");
    let messages = phone.finish();
    assert_eq!(flow(&messages), ["INVITE", "< 180 INVITE", "< 200 INVITE", "ACK", "BYE", "< 200 BYE"]);
    let invite = requests(&messages, "INVITE")[0];
    assert!(invite.header("Call-Info").is_some_and(|value| value.contains("answer-after=0")), "2.1");
    assert!(invite.header("From").is_some_and(|from| from.contains("\"Ringbridge test\"")));

    ears.set_nonblocking(true).expect("a socket");
    let mut packet = [0; 400];
    let tone = std::iter::from_fn(|| ears.recv(&mut packet).ok()).filter(|length| *length == 172).count();
    // Five seconds are 250 packets; a busy machine skips some.
    assert!((100..=260).contains(&tone), "{tone} packets");
    assert_eq!(scene.alice.get("/api/v1/calls").json["calls"], serde_json::json!([]), "it is no transaction");
}

#[test]
fn a_phone_that_is_hung_up_before_the_tone_is_over_works() {
    let (flow, (state, text)) = test_of(&agent_who_picks_up().hangs_up());
    assert_eq!(flow, ["INVITE", "< 180 INVITE", "< 200 INVITE", "ACK", "< BYE", "200 BYE"]);
    assert_eq!(
        (state.as_str(), text.as_str()),
        ("ended", "Your phone works; you hung up before the tone was over.")
    );
}

#[test]
fn a_phone_that_is_busy_or_declines_is_told_apart() {
    for (status, words) in [
        ("486 Busy Here", "Your phone says that it is busy."),
        ("603 Decline", "Your phone declined the call."),
        ("480 Temporarily Unavailable", "Your phone is not available at the moment."),
    ] {
        let (_, (state, text)) = test_of(&Scenario::new("agent").invited().refused(status));
        assert_eq!((state.as_str(), text.starts_with(words)), ("failed", true), "{status}: {text}");
    }
}

#[test]
fn a_phone_that_nobody_answers_rings_for_twenty_seconds() {
    let phone = Scenario::new("agent").invited().reply("180 Ringing").cancelled();
    let (flow, (state, text)) = test_of(&phone);
    assert_eq!(flow, ["INVITE", "< 180 INVITE", "CANCEL", "< 200 CANCEL", "< 487 INVITE", "ACK"]);
    assert_eq!(
        (state.as_str(), text.starts_with("Your phone rang, but was not answered.")),
        ("failed", true)
    );
}
