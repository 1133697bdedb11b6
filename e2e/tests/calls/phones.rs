//! The agent's phone: registered by digest, asked to answer by itself, and baresip with real media on both ends.

use ringbridge_e2e::{
    baresip::{self, Account, Baresip, packets, tone},
    patience::until,
    ports,
    scenario::{agent_who_answers, customer_who_answers},
    scene::{Established, Scene},
    server::Server,
    setup::Setup,
    sipp::Sipp,
    wire::{flow, requests},
};
use std::{net::SocketAddr, time::Duration};

/// A SIPp client that registers with the digest's password.
fn registration(user: &str, password: &str, expires: u32, last: u16) -> String {
    let request = |cseq: u32, authorization: &str| {
        format!(
            "  <send retrans=\"500\">\n    <![CDATA[\n\n      REGISTER sip:[remote_ip]:[remote_port] SIP/2.0\n      \
             Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\n      \
             From: <sip:{user}@[remote_ip]:[remote_port]>;tag=[pid]\n      To: <sip:{user}@[remote_ip]:[remote_port]>\n      \
             Call-ID: [call_id]\n      CSeq: {cseq} REGISTER\n      \
             Contact: <sip:{user}@[local_ip]:[local_port]>;expires={expires}\n      Max-Forwards: 70\n      \
             {authorization}Content-Length: 0\n\n    ]]>\n  </send>\n"
        )
    };
    let credentials = format!("[authentication username={user} password={password}]\n      ");
    format!(
        "<?xml version=\"1.0\" encoding=\"ISO-8859-1\" ?>\n<scenario name=\"register\">\n{}  \
         <recv response=\"401\" auth=\"true\"/>\n{}  <recv response=\"{last}\"/>\n</scenario>\n",
        request(1, ""),
        request(2, &credentials)
    )
}

#[test]
fn a_phone_registers_by_digest_and_rings_where_it_registered() {
    let (phone, trunk) = (ports::loopback(), ports::loopback());
    let scene = Scene::with(|setup| {
        Setup { agents: Vec::new(), ..setup }
            .registering_agent("alice", "phone-secret")
            .trunk(&trunk.to_string())
    });
    // 1.11: without a phone there is no call.
    let refused = scene.alice.click_raw(&scene.click_query());
    assert_eq!((refused.status, refused.code()), (409, "AGENT_PHONE_UNREACHABLE"));
    let register = Sipp::client(
        "phone",
        phone,
        scene.server.sip(),
        &registration("alice", "phone-secret", 60, 200),
        &[],
    );
    let messages = register.finish();
    assert_eq!(flow(&messages), ["< REGISTER", "401 REGISTER", "< REGISTER", "200 REGISTER"]);

    let agent = Sipp::start("agent", phone, &agent_who_answers().ended());
    let customer = Sipp::start("customer", trunk, &customer_who_answers().hangs_up());
    let id = scene.click();
    scene.ends(id, "hung_up", "customer", Established::Yes);
    let _ = (agent.finish(), customer.finish());
}

#[test]
fn a_wrong_password_does_not_register() {
    let phone = ports::loopback();
    let scene =
        Scene::with(|setup| Setup { agents: Vec::new(), ..setup }.registering_agent("alice", "phone-secret"));
    let register =
        Sipp::client("phone", phone, scene.server.sip(), &registration("alice", "wrong", 60, 401), &[]);
    let _ = register.finish();
    let refused = scene.alice.click_raw(&scene.click_query());
    assert_eq!((refused.status, refused.code()), (409, "AGENT_PHONE_UNREACHABLE"));
}

#[test]
fn a_registration_survives_a_restart() {
    let (phone, trunk) = (ports::loopback(), ports::loopback());
    let mut scene = Scene::with(|setup| {
        Setup { agents: Vec::new(), ..setup }
            .registering_agent("alice", "phone-secret")
            .trunk(&trunk.to_string())
    });
    let register = Sipp::client(
        "phone",
        phone,
        scene.server.sip(),
        &registration("alice", "phone-secret", 60, 200),
        &[],
    );
    let _ = register.finish();
    scene.server.restart();
    let agent = Sipp::start("agent", phone, &agent_who_answers().ended());
    let customer = Sipp::start("customer", trunk, &customer_who_answers().hangs_up());
    let id = scene.click();
    scene.ends(id, "hung_up", "customer", Established::Yes);
    let _ = (agent.finish(), customer.finish());
}

#[test]
fn the_phone_is_asked_to_answer_by_itself_the_way_its_profile_says() {
    for (profile, header, value) in [
        ("call-info", "Call-Info", "answer-after=0"),
        ("alert-info", "Alert-Info", "info=alert-autoanswer"),
        ("answer-mode", "Answer-Mode", "Auto"),
    ] {
        let line = format!("auto_answer = \"{profile}\"");
        let scene = Scene::with(|setup| setup.phone_line(&line));
        let agent = Sipp::start("agent", scene.phone, &agent_who_answers().ended());
        let customer = Sipp::start("customer", scene.trunk, &customer_who_answers().hangs_up());
        let id = scene.click();
        scene.ends(id, "hung_up", "customer", Established::Yes);
        let agent = agent.finish();
        let found = requests(&agent, "INVITE")[0].header(header).unwrap_or("").to_owned();
        assert!(found.contains(value), "2.1 {profile}: {found:?}");
        let _ = customer.finish();
    }
}

#[test]
fn two_baresips_hear_each_other() {
    let host = baresip::address();
    // The tones tell who was heard: the agent hums at 400 Hz, the customer at 700 Hz.
    let customer = Baresip::start("16502928880", host, 700, None);
    let setup = Setup { sip_host: host.to_string(), ..Setup::default() }
        .registering_agent("alice", "phone-secret")
        .trunk(&customer.address().to_string());
    let server = Server::start(&setup);
    let agent = Baresip::start(
        "alice",
        host,
        400,
        Some(Account { registrar: server.sip(), password: "phone-secret" }),
    );
    agent.until_it_says("200 OK");
    let alice = server.login("alice");
    let id = alice.click(&[("prefix", "1"), ("phone", "6502928880")]);
    alice.until_state(id, "connected");
    // Two seconds of sound are a hundred packets each way.
    let heard = |phone: &Baresip| {
        until("two seconds of sound", Duration::from_secs(20), || {
            let heard = phone.heard();
            (packets(&heard) >= 150).then_some(heard)
        })
    };
    let (by_agent, by_customer) = (heard(&agent), heard(&customer));
    assert!((tone(&by_agent) - 700.0).abs() < 20.0, "the agent hears {} Hz", tone(&by_agent));
    assert!((tone(&by_customer) - 400.0).abs() < 20.0, "the customer hears {} Hz", tone(&by_customer));
    assert_eq!(alice.hang_up(id), 204);
    let call = alice.completed(id);
    assert_eq!((call["end_reason"].as_str(), call["ended_by"].as_str()), (Some("hung_up"), Some("agent")));
    let _: SocketAddr = agent.address();
}
