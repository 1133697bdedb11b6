//! How calls end: every way in which an agent, a customer or time can end one, at every stage.

use ringbridge_e2e::{
    scenario::{Scenario, agent_who_answers, agent_who_picks_up, customer_who_answers},
    scene::{CALLER_ID, Established, NUMBER, Scene},
    sipp::Sipp,
    wire::{flow, requests},
};
use std::time::Duration;

/// What an agent's phone sees of a call that is never joined: rung, picked up, then ended by Ringbridge.
const PICKED_UP_THEN_ENDED: [&str; 6] = ["INVITE", "< 180 INVITE", "< 200 INVITE", "ACK", "BYE", "< 200 BYE"];

#[test]
fn agent_and_customer_answer_and_the_customer_hangs_up() {
    let scene = Scene::new();
    let agent = Sipp::start("agent", scene.phone, &agent_who_answers().ended());
    let customer = customer_who_answers().pause(Duration::from_millis(1100)).hangs_up();
    let customer = Sipp::start("customer", scene.trunk, &customer);
    let id = scene.click();
    let connected = scene.alice.until_state(id, "connected");
    assert_eq!(
        (&connected["agent_leg"]["state"], &connected["customer_leg"]["state"]),
        (&"answered".into(), &"answered".into())
    );
    let call = scene.ends(id, "hung_up", "customer", Established::Yes);
    assert_eq!(call["duration_seconds"].as_i64(), Some(1));

    let agent = agent.finish();
    assert_eq!(
        flow(&agent),
        [
            "INVITE",
            "< 180 INVITE",
            "< 200 INVITE",
            "ACK", // 2.1: the agent's phone first
            "INVITE",
            "< 200 INVITE",
            "ACK", // joined
            "BYE",
            "< 200 BYE",
        ]
    );
    let customer = customer.finish();
    assert_eq!(flow(&customer), ["INVITE", "< 180 INVITE", "< 200 INVITE", "ACK", "< BYE", "200 BYE"]);
    // 2.1: the number that will be dialled is in the display name of the agent's leg.
    let ring = requests(&agent, "INVITE")[0];
    assert!(ring.header("From").is_some_and(|from| from.contains(NUMBER)), "{ring:?} {:?}", ring.headers);
    // 2.2: the customer sees the caller ID, and is called at the number.
    let call = requests(&customer, "INVITE")[0];
    assert_eq!(call.user_of("From"), Some(CALLER_ID));
    assert!(call.start.starts_with(&format!("INVITE sip:{NUMBER}@")), "{}", call.start);
    // Media goes directly: the agent's answer is the customer's offer, the customer's answer is the agent's new offer.
    assert!(
        call.body.contains("m=audio 40000 ") && call.body.contains("c=IN IP4 127.0.0.1"),
        "{}",
        call.body
    );
    let joined = requests(&agent, "INVITE")[1];
    assert!(joined.body.contains("m=audio 40000 "), "{}", joined.body);
    for message in agent.iter().chain(&customer).filter(|message| message.method() == Some("ACK")) {
        assert_eq!(message.body.trim(), "", "an ACK carries no description");
    }
}

#[test]
fn the_agent_hangs_up_while_they_talk() {
    let scene = Scene::new();
    let agent =
        Sipp::start("agent", scene.phone, &agent_who_answers().pause(Duration::from_millis(300)).hangs_up());
    let customer = Sipp::start("customer", scene.trunk, &customer_who_answers().ended());
    let id = scene.click();
    scene.ends(id, "hung_up", "agent", Established::Yes);
    assert_eq!(flow(&agent.finish())[7..], ["< BYE", "200 BYE"]);
    assert_eq!(flow(&customer.finish())[4..], ["BYE", "< 200 BYE"]);
}

#[test]
fn the_agent_hangs_up_over_the_api() {
    let scene = Scene::new();
    let agent = Sipp::start("agent", scene.phone, &agent_who_answers().ended());
    let customer = Sipp::start("customer", scene.trunk, &customer_who_answers().ended());
    let id = scene.click();
    scene.alice.until_state(id, "connected");
    assert_eq!(scene.alice.hang_up(id), 204);
    scene.ends(id, "hung_up", "agent", Established::Yes);
    assert_eq!(flow(&agent.finish())[7..], ["BYE", "< 200 BYE"]);
    assert_eq!(flow(&customer.finish())[4..], ["BYE", "< 200 BYE"]);
    assert_eq!(scene.alice.hang_up(id), 410, "it is over");
}

#[test]
fn the_agent_never_answers() {
    let scene = Scene::with(|setup| setup.ring_seconds(1, 20));
    let agent =
        Sipp::start("agent", scene.phone, &Scenario::new("agent").invited().reply("180 Ringing").cancelled());
    let customer = Sipp::start("customer", scene.trunk, &Scenario::new("customer").invited());
    let id = scene.click();
    scene.ends(id, "agent_no_answer", "system", Established::No);
    assert_eq!(
        flow(&agent.finish()),
        ["INVITE", "< 180 INVITE", "CANCEL", "< 200 CANCEL", "< 487 INVITE", "ACK"]
    );
    assert_eq!(
        customer.flow(),
        Vec::<String>::new(),
        "2.2: the customer never rings before the agent has answered"
    );
}

#[test]
fn the_agents_phone_declines() {
    let scene = Scene::new();
    let agent = Sipp::start(
        "agent",
        scene.phone,
        &Scenario::new("agent").invited().reply("180 Ringing").refused("603 Decline"),
    );
    let id = scene.click();
    let call = scene.ends(id, "agent_rejected", "agent", Established::No);
    assert_eq!(call["agent_leg"]["sip_code"].as_i64(), Some(603));
    assert_eq!(flow(&agent.finish()), ["INVITE", "< 180 INVITE", "< 603 INVITE", "ACK"]);
}

#[test]
fn the_agents_phone_is_not_there() {
    let scene = Scene::with(|setup| setup.ring_seconds(2, 20));
    let id = scene.click();
    let call = scene.alice.completed(id);
    let reason = call["end_reason"].as_str();
    assert!(matches!(reason, Some("agent_unreachable" | "agent_no_answer")), "{call:#}");
    assert_eq!(scene.receiver.wait_for(1).len(), 1);
}

/// The customer's side refuses with this status; the agent, who had picked up, is let go.
#[track_caller]
fn refused_by_the_trunk(status: &str, reason: &str, by: &str) {
    let code = status.split(' ').next().expect("a status");
    let scene = Scene::new();
    let agent = Sipp::start("agent", scene.phone, &agent_who_picks_up().ended());
    let refusal = Scenario::new("customer").invited().refused(status);
    let customer = Sipp::start("customer", scene.trunk, &refusal);
    let id = scene.click();
    let call = scene.ends(id, reason, by, Established::No);
    assert_eq!(call["customer_leg"]["sip_code"].as_i64(), code.parse().ok());
    assert_eq!(flow(&customer.finish()), ["INVITE", &format!("< {code} INVITE"), "ACK"]);
    assert_eq!(flow(&agent.finish()), PICKED_UP_THEN_ENDED);
}

#[test]
fn the_customer_is_busy() {
    refused_by_the_trunk("486 Busy Here", "customer_busy", "customer");
}

#[test]
fn the_customer_declines() {
    refused_by_the_trunk("603 Decline", "customer_rejected", "customer");
}

#[test]
fn the_number_does_not_exist() {
    refused_by_the_trunk("404 Not Found", "customer_not_found", "system");
}

#[test]
fn the_trunk_is_out_of_service() {
    refused_by_the_trunk("503 Service Unavailable", "customer_unreachable", "system");
}

#[test]
fn the_customers_phone_gives_up_by_itself() {
    refused_by_the_trunk("480 Temporarily Unavailable", "customer_no_answer", "system");
}

#[test]
fn the_customer_does_not_answer() {
    let scene = Scene::with(|setup| setup.ring_seconds(20, 1));
    let agent = Sipp::start("agent", scene.phone, &agent_who_picks_up().ended());
    let customer = Scenario::new("customer").invited().reply("180 Ringing").cancelled();
    let customer = Sipp::start("customer", scene.trunk, &customer);
    let id = scene.click();
    scene.ends(id, "customer_no_answer", "system", Established::No);
    assert_eq!(
        flow(&customer.finish()),
        ["INVITE", "< 180 INVITE", "CANCEL", "< 200 CANCEL", "< 487 INVITE", "ACK"]
    );
    assert_eq!(flow(&agent.finish()), PICKED_UP_THEN_ENDED);
}

#[test]
fn the_agent_hangs_up_while_the_customer_rings() {
    let scene = Scene::new();
    let agent =
        Sipp::start("agent", scene.phone, &agent_who_picks_up().pause(Duration::from_millis(500)).hangs_up());
    let customer = Scenario::new("customer").invited().reply("180 Ringing").cancelled();
    let customer = Sipp::start("customer", scene.trunk, &customer);
    let id = scene.click();
    scene.ends(id, "cancelled", "agent", Established::No);
    assert_eq!(flow(&agent.finish()), ["INVITE", "< 180 INVITE", "< 200 INVITE", "ACK", "< BYE", "200 BYE"]);
    assert_eq!(
        flow(&customer.finish()),
        ["INVITE", "< 180 INVITE", "CANCEL", "< 200 CANCEL", "< 487 INVITE", "ACK"]
    );
}

#[test]
fn the_agent_cancels_while_the_own_phone_rings() {
    let scene = Scene::new();
    let agent =
        Sipp::start("agent", scene.phone, &Scenario::new("agent").invited().reply("180 Ringing").cancelled());
    let customer = Sipp::start("customer", scene.trunk, &Scenario::new("customer").invited());
    let id = scene.click();
    scene.alice.until(id, "the agent's phone rings", |call| call["agent_leg"]["state"] == "ringing");
    assert_eq!(scene.alice.cancel(id), 204);
    scene.ends(id, "cancelled", "agent", Established::No);
    assert_eq!(
        flow(&agent.finish()),
        ["INVITE", "< 180 INVITE", "CANCEL", "< 200 CANCEL", "< 487 INVITE", "ACK"]
    );
    assert_eq!(customer.flow(), Vec::<String>::new());
    assert_eq!(scene.alice.cancel(id), 410, "it is over");
}

#[test]
fn the_agent_cancels_before_the_own_phone_says_anything() {
    let scene = Scene::new();
    // No CANCEL may go out before a provisional response (RFC 3261 9.1): the phone stays silent, then rings.
    let agent =
        Scenario::new("agent").invited().pause(Duration::from_millis(300)).reply("180 Ringing").cancelled();
    let agent = Sipp::start("agent", scene.phone, &agent);
    let id = scene.click();
    assert_eq!(scene.alice.cancel(id), 204);
    scene.ends(id, "cancelled", "agent", Established::No);
    assert_eq!(
        flow(&agent.finish()),
        ["INVITE", "< 180 INVITE", "CANCEL", "< 200 CANCEL", "< 487 INVITE", "ACK"]
    );
}

#[test]
fn the_agent_cancels_while_the_customer_rings() {
    let scene = Scene::new();
    let agent = Sipp::start("agent", scene.phone, &agent_who_picks_up().ended());
    let customer = Scenario::new("customer").invited().reply("180 Ringing").cancelled();
    let customer = Sipp::start("customer", scene.trunk, &customer);
    let id = scene.click();
    scene.alice.until(id, "the customer's phone rings", |call| call["customer_leg"]["state"] == "ringing");
    assert_eq!(scene.alice.cancel(id), 204);
    scene.ends(id, "cancelled", "agent", Established::No);
    assert_eq!(
        flow(&customer.finish()),
        ["INVITE", "< 180 INVITE", "CANCEL", "< 200 CANCEL", "< 487 INVITE", "ACK"]
    );
    assert_eq!(flow(&agent.finish()), PICKED_UP_THEN_ENDED);
}

#[test]
fn the_agent_cancels_while_they_talk_and_that_hangs_up() {
    let scene = Scene::new();
    let agent = Sipp::start("agent", scene.phone, &agent_who_answers().ended());
    let customer = Sipp::start("customer", scene.trunk, &customer_who_answers().ended());
    let id = scene.click();
    scene.alice.until_state(id, "connected");
    assert_eq!(scene.alice.cancel(id), 204);
    scene.ends(id, "hung_up", "agent", Established::Yes);
    assert_eq!(flow(&agent.finish())[7..], ["BYE", "< 200 BYE"]);
    assert_eq!(flow(&customer.finish())[4..], ["BYE", "< 200 BYE"]);
}

#[test]
fn wrap_up_comes_before_the_tokens_and_the_callback() {
    let scene = Scene::with(|setup| {
        setup.tenant_lines("code_lists = [\"Outcome\"]\n").wrap_up_seconds(60).tenant_tables(
            "[[tenant.code_list]]\nname = \"Outcome\"\nmultiple = true\nrequired = true\n\
             [[tenant.code_list.code]]\nshort = \"SOLD\"\nmenu = \"Sold\"\nreport = \"Sale made\"\n\
             [[tenant.code_list.code]]\nshort = \"CB\"\nmenu = \"Call back\"\nreport = \"Call again\"\n",
        )
    });
    let agent = Sipp::start("agent", scene.phone, &agent_who_answers().ended());
    let customer = Sipp::start("customer", scene.trunk, &customer_who_answers().hangs_up());
    let url = scene.receiver.url("/cb");
    let userdata = format!(
        "[codes|$transaction_codes$][last|$lastTclListName$ $lastTclCodeDesc$ $lastTclCodeShort$][notes|$notes$][ctl_callbackUrl|{url}]"
    );
    let id = scene.alice.click(&[("prefix", "1"), ("phone", "6502928880"), ("ctl_userdata", &userdata)]);
    scene.alice.until_state(id, "wrap_up");
    assert_eq!(scene.receiver.received().len(), 0, "nothing is posted before wrap-up ends");
    let refused = scene.alice.finish_wrap_up(id, &[], "none yet");
    assert_eq!((refused.status, refused.code()), (409, "CODES_REQUIRED"));
    let saved = scene.alice.finish_wrap_up(
        id,
        &[("Outcome", "SOLD"), ("Outcome", "CB")],
        "said [maybe] | call\nback $notes$",
    );
    assert!((200..300).contains(&saved.status), "{saved:?}");
    scene.alice.completed(id);
    let callback = &scene.receiver.wait_for(1)[0];
    assert_eq!(
        ringbridge_e2e::receiver::field(callback, "ctl_userdata"),
        Some(format!(
            "[codes|Outcome:SOLD,Outcome:CB][last|Outcome Call again CB]\
             [notes|said (maybe) / call\nback $notes$][ctl_callbackUrl|{url}]"
        ))
    );
    let _ = (agent.finish(), customer.finish());
}
