//! What happens inside a dialog that is up: re-INVITE, session timers, DTMF by INFO, methods nobody knows.

use ringbridge_e2e::{
    scenario::{Scenario, agent_who_answers, agent_who_picks_up, customer_who_answers},
    scene::{Established, Scene},
    sipp::Sipp,
    wire::{flow, requests},
};
use std::time::Duration;

#[test]
fn a_phone_that_changes_its_media_is_carried_over_to_the_other_side() {
    let scene = Scene::new();
    // The customer holds and comes back on another port: the agent's phone is told.
    let agent = Sipp::start("agent", scene.phone, &agent_who_answers().joined().ended());
    let customer = customer_who_answers().pause(Duration::from_millis(300)).media_at(40_006).reinvite();
    let customer = customer.expect_status(200).ack().pause(Duration::from_millis(300)).hangs_up();
    let customer = Sipp::start("customer", scene.trunk, &customer);
    let id = scene.click();
    scene.ends(id, "hung_up", "customer", Established::Yes);
    let agent = agent.finish();
    let invites = requests(&agent, "INVITE");
    assert_eq!(invites.len(), 3);
    assert!(invites[2].body.contains("m=audio 40006 "), "{}", invites[2].body);
    let customer = customer.finish();
    let answer =
        customer.iter().rfind(|message| message.status() == Some(200) && message.cseq_method() == "INVITE");
    assert!(answer.is_some_and(|answer| answer.body.contains("m=audio 40000 ")), "{answer:?}");
}

#[test]
fn a_session_timer_refresh_is_answered() {
    let scene = Scene::new();
    let agent = Sipp::start("agent", scene.phone, &agent_who_answers().allow("INVITE").ended());
    // The same description again with a timer: nothing to carry over.
    let timer = ["Supported: timer", "Session-Expires: 90;refresher=uac"];
    let mut customer = customer_who_answers().pause(Duration::from_millis(300));
    customer = customer.same_description().reinvite_with(&timer).expect_status(200).ack();
    let customer =
        Sipp::start("customer", scene.trunk, &customer.pause(Duration::from_millis(200)).hangs_up());
    let id = scene.click();
    scene.ends(id, "hung_up", "customer", Established::Yes);
    let customer = customer.finish();
    let answer =
        customer.iter().rfind(|message| message.status() == Some(200) && message.cseq_method() == "INVITE");
    let expires = answer.and_then(|answer| answer.header("Session-Expires")).unwrap_or("");
    assert!(expires.starts_with("90"), "{answer:?} {expires}");
    assert_eq!(requests(&agent.finish(), "INVITE").len(), 2, "a refresh changes nothing for the other side");
}

#[test]
fn an_extension_is_sent_as_dtmf_where_the_far_end_takes_info() {
    let scene = Scene::new();
    let agent = Sipp::start("agent", scene.phone, &agent_who_answers().ended());
    let allow = ["Allow: INVITE, ACK, CANCEL, BYE, INFO, OPTIONS"];
    let mut customer = Scenario::new("customer")
        .invited()
        .reply("180 Ringing")
        .reply_sdp_with("200 OK", &allow)
        .expect("ACK");
    for _ in 0..3 {
        customer = customer.expect("INFO").answer("200 OK");
    }
    let customer = Sipp::start("customer", scene.trunk, &customer.hangs_up());
    let url = scene.receiver.url("/cb");
    let userdata = format!("[x|y][ctl_callbackUrl|{url}]");
    let id = scene.alice.click(&[
        ("prefix", "1"),
        ("phone", "650-292-8880 ext. 123"),
        ("ctl_userdata", &userdata),
    ]);
    let call = scene.alice.completed(id);
    assert_eq!(call["number"].as_str(), Some("16502928880"), "1.4: the extension is no part of the number");
    let customer = customer.finish();
    let digits: String = requests(&customer, "INFO")
        .iter()
        .filter_map(|info| {
            info.body
                .lines()
                .find_map(|line| line.trim().strip_prefix("Signal=").map(|d| d.trim().to_owned()))
        })
        .collect();
    assert_eq!(digits, "123");
    let _ = agent.finish();
}

#[test]
fn no_info_goes_to_a_far_end_that_does_not_take_it() {
    let scene = Scene::new();
    let agent = Sipp::start("agent", scene.phone, &agent_who_answers().ended());
    let customer = Scenario::new("customer")
        .invited()
        .reply_sdp_with("200 OK", &["Allow: INVITE, ACK, CANCEL, BYE"])
        .expect("ACK");
    let customer =
        Sipp::start("customer", scene.trunk, &customer.pause(Duration::from_millis(300)).hangs_up());
    let id = scene.click_with(&[("phone", "6502928880x9")]);
    scene.ends(id, "hung_up", "customer", Established::Yes);
    assert_eq!(requests(&customer.finish(), "INFO").len(), 0);
    let _ = agent.finish();
}

#[test]
fn a_method_that_nobody_knows_is_answered_and_harms_nothing() {
    let scene = Scene::new();
    let agent = Sipp::start("agent", scene.phone, &agent_who_answers().ended());
    let customer = customer_who_answers().request("DANCE", &[]).expect_any_of(&[405, 501]);
    let customer = Sipp::start("customer", scene.trunk, &customer.hangs_up());
    let id = scene.click();
    scene.ends(id, "hung_up", "customer", Established::Yes);
    let words = flow(&customer.finish());
    assert!(words.iter().any(|word| word == "405 DANCE" || word == "501 DANCE"), "{words:?}");
    let _ = agent.finish();
}

#[test]
fn a_phone_that_cannot_take_the_new_description_ends_the_call() {
    let scene = Scene::new();
    let agent = agent_who_picks_up().expect("INVITE").answer("488 Not Acceptable Here").expect("ACK").ended();
    let agent = Sipp::start("agent", scene.phone, &agent);
    let customer = Sipp::start("customer", scene.trunk, &customer_who_answers().ended());
    let id = scene.click();
    let call = scene.alice.completed(id);
    assert_eq!(call["end_reason"].as_str(), Some("media_failed"), "{call:#}");
    let _ = (agent.finish(), customer.finish());
}
