//! What networks do: messages lost, doubled and crossed, made to happen every time by a relay in front of a phone.

use ringbridge_e2e::{
    ports,
    relay::{Fate, Relay},
    scenario::{Scenario, agent_who_answers, agent_who_picks_up},
    scene::{Established, Scene},
    sipp::Sipp,
    wire::{From, Message, flow, requests},
};
use std::time::Duration;

/// How often a message stood on the wire.
fn times(messages: &[Message], word: &str) -> usize {
    messages.iter().filter(|message| message.word() == word).count()
}

#[test]
fn a_200_that_crosses_the_cancel_is_acknowledged_and_hung_up() {
    let scene = Scene::new();
    let agent = Sipp::start("agent", scene.phone, &agent_who_picks_up().ended());
    let peer = ports::loopback();
    // The customer picks up; the 200 is on its way while the agent cancels.
    let customer = Scenario::new("customer")
        .reached_by(scene.trunk)
        .invited()
        .reply("180 Ringing")
        .pause(Duration::from_millis(200))
        .reply_sdp("200 OK")
        .expect("CANCEL")
        .answer("200 OK")
        .expect("ACK")
        .ended();
    let customer = Sipp::start("customer", peer, &customer);
    let relay = Relay::start(scene.trunk, peer, |message, _| match message.word().as_str() {
        "< 200 INVITE" => Fate::Hold,
        "CANCEL" => Fate::PassAndRelease,
        _ => Fate::Pass,
    });
    let id = scene.click();
    scene.alice.until(id, "the customer's phone rings", |call| call["customer_leg"]["state"] == "ringing");
    ringbridge_e2e::patience::until("the customer to pick up", Duration::from_secs(10), || {
        (times(&relay.seen(), "< 200 INVITE") > 0).then_some(())
    });
    assert_eq!(scene.alice.cancel(id), 204);
    scene.ends(id, "cancelled", "agent", Established::No);
    let customer = flow(&customer.finish());
    assert_eq!(
        customer,
        ["INVITE", "< 180 INVITE", "< 200 INVITE", "CANCEL", "< 200 CANCEL", "ACK", "BYE", "< 200 BYE"]
    );
    let _ = agent.finish();
}

#[test]
fn a_lost_ack_is_sent_again_when_the_200_comes_again() {
    let scene = Scene::new();
    let agent = Sipp::start("agent", scene.phone, &agent_who_answers().ended());
    let peer = ports::loopback();
    let customer = Scenario::new("customer")
        .reached_by(scene.trunk)
        .invited()
        .reply("180 Ringing")
        .reply_sdp("200 OK")
        .expect("ACK")
        .hangs_up();
    let customer = Sipp::start("customer", peer, &customer);
    let relay = Relay::start(scene.trunk, peer, |message, seen| {
        if message.method() == Some("ACK") && times(seen, "ACK") == 0 { Fate::Lose } else { Fate::Pass }
    });
    let id = scene.click();
    scene.ends(id, "hung_up", "customer", Established::Yes);
    let _ = (customer.finish(), agent.finish());
    let seen = relay.seen();
    assert!(times(&seen, "< 200 INVITE") >= 2, "SIPp sent its 200 again: {seen:?}");
    assert_eq!(times(&seen, "ACK"), times(&seen, "< 200 INVITE"), "one ACK for each 200: {seen:?}");
    assert_eq!(requests(&seen, "ACK").len(), 1, "the same ACK: {seen:?}");
}

#[test]
fn a_lost_ack_on_the_agents_side_is_sent_again_too() {
    let scene = Scene::new();
    let peer = ports::loopback();
    let agent = Scenario::new("agent")
        .reached_by(scene.phone)
        .invited()
        .reply("180 Ringing")
        .reply_sdp("200 OK")
        .expect("ACK")
        .joined()
        .ended();
    let agent = Sipp::start("agent", peer, &agent);
    let relay = Relay::start(scene.phone, peer, |message, seen| {
        if message.method() == Some("ACK") && times(seen, "ACK") == 0 { Fate::Lose } else { Fate::Pass }
    });
    // The customer answers late enough for the agent's 200 to come again first.
    let customer =
        Scenario::new("customer").invited().reply("180 Ringing").pause(Duration::from_millis(1500));
    let customer =
        Sipp::start("customer", scene.trunk, &customer.reply_sdp("200 OK").expect("ACK").hangs_up());
    let id = scene.click();
    scene.ends(id, "hung_up", "customer", Established::Yes);
    let _ = (customer.finish(), agent.finish());
    assert!(times(&relay.seen(), "ACK") >= 3, "{:?}", relay.seen());
}

#[test]
fn a_200_that_comes_twice_connects_once() {
    let scene = Scene::new();
    let agent = Sipp::start("agent", scene.phone, &agent_who_answers().ended());
    let peer = ports::loopback();
    let customer =
        Scenario::new("customer").reached_by(scene.trunk).invited().reply("180 Ringing").reply_sdp("200 OK");
    let customer =
        Sipp::start("customer", peer, &customer.expect("ACK").pause(Duration::from_millis(300)).hangs_up());
    let relay = Relay::start(scene.trunk, peer, |message, seen| match message.word().as_str() {
        "< 200 INVITE" if times(seen, "< 200 INVITE") == 0 => Fate::Double,
        // SIPp takes a second ACK for something that it did not expect.
        "ACK" if times(seen, "ACK") > 0 => Fate::Lose,
        _ => Fate::Pass,
    });
    let id = scene.click();
    scene.ends(id, "hung_up", "customer", Established::Yes);
    let _ = customer.finish();
    // One re-INVITE joins the two, not one for each 200.
    assert_eq!(requests(&agent.finish(), "INVITE").len(), 2);
    assert_eq!(times(&relay.seen(), "ACK"), 2, "each 200 is acknowledged: {:?}", relay.seen());
}

#[test]
fn byes_from_both_sides_at_once_end_the_call_once() {
    let scene = Scene::new();
    let agent =
        Sipp::start("agent", scene.phone, &agent_who_answers().pause(Duration::from_millis(500)).hangs_up());
    let peer = ports::loopback();
    let customer = Scenario::new("customer")
        .reached_by(scene.trunk)
        .invited()
        .reply("180 Ringing")
        .reply_sdp("200 OK")
        .expect("ACK")
        .pause(Duration::from_millis(100))
        .bye()
        .expect("BYE")
        .answer("200 OK")
        .expect_status(200);
    let customer = Sipp::start("customer", peer, &customer);
    // The customer's BYE is on its way until ours, which the agent's BYE causes, has passed it.
    let relay = Relay::start(scene.trunk, peer, |message, _| match message.word().as_str() {
        "< BYE" => Fate::Hold,
        "BYE" => Fate::PassAndRelease,
        _ => Fate::Pass,
    });
    let id = scene.click();
    scene.ends(id, "hung_up", "agent", Established::Yes);
    let _ = agent.finish();
    let _ = customer.finish();
    let crossed: Vec<String> = flow(&relay.seen()).into_iter().filter(|word| word.contains("BYE")).collect();
    assert!(crossed.contains(&"BYE".to_owned()) && crossed.contains(&"< BYE".to_owned()), "{crossed:?}");
}

#[test]
fn a_lost_invite_is_sent_again() {
    let scene = Scene::new();
    let agent = Sipp::start("agent", scene.phone, &agent_who_answers().ended());
    let peer = ports::loopback();
    let customer =
        Scenario::new("customer").reached_by(scene.trunk).invited().reply("180 Ringing").reply_sdp("200 OK");
    let customer = Sipp::start("customer", peer, &customer.expect("ACK").hangs_up());
    let relay = Relay::start(scene.trunk, peer, |message, seen| {
        if message.method() == Some("INVITE") && times(seen, "INVITE") == 0 { Fate::Lose } else { Fate::Pass }
    });
    let id = scene.click();
    scene.ends(id, "hung_up", "customer", Established::Yes);
    let _ = (customer.finish(), agent.finish());
    let seen = relay.seen();
    assert!(
        seen.iter()
            .filter(|message| message.from == From::Ringbridge && message.method() == Some("INVITE"))
            .count()
            >= 2
    );
    assert_eq!(requests(&seen, "INVITE").len(), 1, "the same INVITE: {seen:?}");
}
