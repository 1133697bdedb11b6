//! What trunks do: early media, forks, challenges, redirects, other transports.

use ringbridge_e2e::{
    scenario::{Scenario, agent_who_answers, agent_who_picks_up, customer_who_answers},
    scene::{Established, NUMBER, Scene},
    sipp::{Sipp, Transport},
    wire::{flow, requests},
};
use std::time::Duration;

/// A customer who talks for a moment and hangs up.
fn talks(customer: Scenario) -> Scenario {
    customer.pause(Duration::from_millis(200)).hangs_up()
}

#[test]
fn early_media_reaches_the_agent_and_is_not_negotiated_twice() {
    let scene = Scene::new();
    let agent = Sipp::start("agent", scene.phone, &agent_who_answers().ended());
    let customer = Scenario::new("customer")
        .invited()
        .reply_sdp("183 Session Progress")
        .pause(Duration::from_millis(300));
    let customer = Sipp::start("customer", scene.trunk, &talks(customer.reply_sdp("200 OK").expect("ACK")));
    let id = scene.click();
    let call = scene.ends(id, "hung_up", "customer", Established::Yes);
    let kinds: Vec<&str> =
        call["events"].as_array().into_iter().flatten().filter_map(|event| event["kind"].as_str()).collect();
    assert!(kinds.contains(&"leg.early_media"), "{kinds:?}");
    // 2.3: one re-INVITE on the 183; the 200 describes the same media, so that there is none on it.
    let agent = agent.finish();
    assert_eq!(requests(&agent, "INVITE").len(), 2, "{agent:?}");
    let _ = customer.finish();
}

#[test]
fn another_answer_after_early_media_is_negotiated() {
    let scene = Scene::new();
    let agent = agent_who_picks_up().joined().joined().ended();
    let agent = Sipp::start("agent", scene.phone, &agent);
    let customer = Scenario::new("customer").invited().media_at(40_002).reply_sdp("183 Session Progress");
    let customer =
        customer.pause(Duration::from_millis(300)).media_at(40_004).reply_sdp("200 OK").expect("ACK");
    let customer = Sipp::start("customer", scene.trunk, &talks(customer));
    let id = scene.click();
    scene.ends(id, "hung_up", "customer", Established::Yes);
    let agent = agent.finish();
    let offers: Vec<bool> =
        requests(&agent, "INVITE").iter().map(|invite| invite.body.contains("m=audio 40004 ")).collect();
    assert_eq!(offers, [false, false, true]);
    let _ = customer.finish();
}

#[test]
fn a_fork_rings_on_one_branch_and_answers_on_another() {
    let scene = Scene::new();
    let agent = agent_who_picks_up().joined().joined().ended();
    let agent = Sipp::start("agent", scene.phone, &agent);
    let customer = Scenario::new("customer").invited().media_at(40_002).reply_sdp("183 Session Progress");
    let customer = customer.pause(Duration::from_millis(200)).as_branch("b").reply("180 Ringing");
    let customer =
        customer.pause(Duration::from_millis(200)).media_at(40_004).reply_sdp("200 OK").expect("ACK");
    let customer = Sipp::start("customer", scene.trunk, &talks(customer));
    let id = scene.click();
    scene.ends(id, "hung_up", "customer", Established::Yes);
    let customer = customer.finish();
    let ack = requests(&customer, "ACK")[0];
    assert!(
        ack.header("To").is_some_and(|to| to.ends_with("-b")),
        "the ACK is of the branch that answered: {:?}",
        ack.headers
    );
    let joined = agent.finish();
    assert!(requests(&joined, "INVITE").last().is_some_and(|invite| invite.body.contains("m=audio 40004 ")));
}

#[test]
fn a_second_200_of_a_fork_is_acknowledged_and_hung_up() {
    let scene = Scene::new();
    let agent = Sipp::start("agent", scene.phone, &agent_who_answers().ended());
    // Both branches answer; the second one is let go again, the first one talks on and hangs up.
    let customer = Scenario::new("customer")
        .invited()
        .reply("180 Ringing")
        .reply_sdp("200 OK")
        .expect("ACK")
        .pause(Duration::from_millis(200))
        .as_branch("b")
        .reply_sdp("200 OK")
        .expect("ACK")
        .ended()
        .as_branch("a")
        .hangs_up();
    let customer = Sipp::start("customer", scene.trunk, &customer);
    let id = scene.click();
    scene.ends(id, "hung_up", "customer", Established::Yes);
    let customer = customer.finish();
    let bye = requests(&customer, "BYE")[0];
    assert!(bye.header("To").is_some_and(|to| to.ends_with("-b")), "{:?}", bye.headers);
    let _ = agent.finish();
}

/// The trunk challenges; the second INVITE carries the answer, which SIPp verifies.
#[track_caller]
fn challenged(status: &str, challenge: &str, answer: &str) {
    let scene = Scene::with(|setup| setup.trunk_credentials("ring", "bridge"));
    let agent = Sipp::start("agent", scene.phone, &agent_who_answers().ended());
    let header = format!("{challenge}: Digest realm=\"trunk\", nonce=\"n0nce\", algorithm=MD5, qop=\"auth\"");
    let customer = Scenario::new("customer").invited().reply_with(status, &[&header]).expect("ACK");
    let customer = customer.invited().reply("180 Ringing").reply_sdp("200 OK").expect("ACK");
    let customer = Sipp::start("customer", scene.trunk, &talks(customer));
    let id = scene.click();
    scene.ends(id, "hung_up", "customer", Established::Yes);
    let customer = customer.finish();
    let invites = requests(&customer, "INVITE");
    assert_eq!(invites.len(), 2);
    assert_eq!(invites[0].header(answer), None);
    let credentials = invites[1].header(answer).expect("credentials");
    assert!(
        credentials.contains("username=\"ring\"")
            && credentials.contains("nonce=\"n0nce\"")
            && credentials.contains("nc=00000001"),
        "{credentials}"
    );
    assert!(!credentials.contains("bridge\""), "no password on the wire");
    assert_eq!(invites[1].cseq(), invites[0].cseq() + 1, "a new number in the same call (RFC 3261 22.2)");
    assert_eq!(invites[1].header("Call-ID"), invites[0].header("Call-ID"));
    let _ = agent.finish();
}

#[test]
fn a_trunk_that_asks_for_credentials_gets_them() {
    challenged("407 Proxy Authentication Required", "Proxy-Authenticate", "Proxy-Authorization");
}

#[test]
fn a_registrar_like_trunk_that_asks_for_credentials_gets_them() {
    challenged("401 Unauthorized", "WWW-Authenticate", "Authorization");
}

#[test]
fn a_trunk_that_refuses_the_credentials_ends_the_call() {
    let scene = Scene::with(|setup| setup.trunk_credentials("ring", "wrong"));
    let agent = Sipp::start("agent", scene.phone, &agent_who_picks_up().ended());
    let header = "Proxy-Authenticate: Digest realm=\"trunk\", nonce=\"n0nce\", algorithm=MD5, qop=\"auth\"";
    let customer = Scenario::new("customer")
        .invited()
        .reply_with("407 Proxy Authentication Required", &[header])
        .expect("ACK");
    let customer =
        customer.invited().reply_with("407 Proxy Authentication Required", &[header]).expect("ACK");
    let customer = Sipp::start("customer", scene.trunk, &customer);
    let id = scene.click();
    scene.ends(id, "customer_failed", "system", Established::No);
    assert_eq!(requests(&customer.finish(), "INVITE").len(), 2, "asked twice, answered once");
    let _ = agent.finish();
}

#[test]
fn a_redirect_is_not_followed() {
    let scene = Scene::new();
    let agent = Sipp::start("agent", scene.phone, &agent_who_picks_up().ended());
    let elsewhere = Sipp::start("elsewhere", ringbridge_e2e::ports::loopback(), &customer_who_answers());
    let redirect = Scenario::new("customer").invited().refused("302 Moved Temporarily");
    let customer = Sipp::start("customer", scene.trunk, &redirect);
    let id = scene.click();
    let call = scene.ends(id, "customer_failed", "system", Established::No);
    assert_eq!(call["customer_leg"]["sip_code"].as_i64(), Some(302));
    assert_eq!(flow(&customer.finish()), ["INVITE", "< 302 INVITE", "ACK"]);
    assert_eq!(elsewhere.flow(), Vec::<String>::new());
    let _ = agent.finish();
}

#[test]
fn a_trunk_over_tcp_works_the_same() {
    let scene = Scene::with(|setup| {
        let trunk = format!("{};transport=tcp", setup.trunk);
        setup.trunk(&trunk)
    });
    let agent = Sipp::start("agent", scene.phone, &agent_who_answers().ended());
    let customer = talks(customer_who_answers());
    let customer = Sipp::start_for("customer", scene.trunk, &customer, 1, Transport::Tcp);
    let id = scene.click();
    scene.ends(id, "hung_up", "customer", Established::Yes);
    let customer = customer.finish();
    let invite = requests(&customer, "INVITE")[0];
    assert!(invite.header("Via").is_some_and(|via| via.starts_with("SIP/2.0/TCP ")), "{:?}", invite.headers);
    assert!(invite.start.contains(NUMBER));
    let _ = agent.finish();
}

#[test]
fn the_trunk_is_asked_whether_it_is_there() {
    let scene = Scene::with(|mut setup| {
        setup.keep_alive_seconds = 1;
        setup
    });
    let asked = Scenario::new("trunk").expect("OPTIONS").answer("200 OK");
    let trunk = Sipp::start("trunk", scene.trunk, &asked);
    assert_eq!(trunk.finish()[0].method(), Some("OPTIONS"));
}
