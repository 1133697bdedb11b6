//! Many calls: 200 up at once, 2,000 clicks one after another.

use ringbridge_e2e::{
    client::Session,
    ledger::Ledger,
    patience::until,
    ports, process,
    receiver::{Receiver, field},
    scenario::{agent_who_answers, customer_who_answers},
    server::Server,
    setup::Setup,
    sipp::{Sipp, Transport},
};
use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{Mutex, PoisonError},
    thread,
    time::Duration,
};

/// One load at a time: each measures what the other would disturb.
static ALONE: Mutex<()> = Mutex::new(());

/// A server with that many agents, all at one SIPp, and their sessions.
fn crowd(agents: usize) -> (Server, Vec<Session>, SocketAddr, SocketAddr) {
    let (phones, trunk) = (ports::loopback(), ports::loopback());
    let mut setup = Setup::default().trunk(&trunk.to_string()).ring_seconds(60, 60);
    for number in 0..agents {
        setup = setup.agent(&format!("agent{number}"), phones);
    }
    let server = Server::start(&setup);
    let names: Vec<String> = (0..agents).map(|number| format!("agent{number}")).collect();
    // Log-ins cost a password hash each: side by side.
    let sessions = thread::scope(|scope| {
        let server = &server;
        let threads: Vec<_> = names
            .chunks(agents.div_ceil(4))
            .map(|part| scope.spawn(move || part.iter().map(|name| server.login(name)).collect::<Vec<_>>()))
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("the log-ins")).collect()
    });
    (server, sessions, phones, trunk)
}

/// The parameters of the n-th click: a number of its own.
fn click(session: &Session, number: usize, receiver: &Receiver) -> i64 {
    let phone = format!("650292{number:04}");
    let userdata = format!("[n|{number}][tx|$transaction_id$][ctl_callbackUrl|{}]", receiver.url("/cb"));
    session.click(&[("prefix", "1"), ("phone", &phone), ("ctl_userdata", &userdata)])
}

/// The transactions that callbacks tell of; panics when one tells twice.
#[track_caller]
fn told(receiver: &Receiver, count: usize) -> BTreeSet<i64> {
    let received = receiver.wait_for_within(count, Duration::from_secs(60));
    let mut told = BTreeSet::new();
    for callback in &received {
        let userdata = field(callback, "ctl_userdata").expect("user data");
        let id = userdata
            .split("[tx|")
            .nth(1)
            .and_then(|rest| rest.split(']').next())
            .and_then(|id| id.parse().ok());
        assert!(told.insert(id.expect("a transaction")), "told twice: {userdata}");
    }
    told
}

#[test]
fn two_hundred_calls_are_up_at_once() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    const CALLS: usize = 200;
    let (server, sessions, phones, trunk) = crowd(CALLS);
    let receiver = Receiver::start();
    let calls = u32::try_from(CALLS).expect("few");
    let agents = Sipp::start_for("agents", phones, &agent_who_answers().ended(), calls, Transport::Udp);
    let customers =
        Sipp::start_for("customers", trunk, &customer_who_answers().ended(), calls, Transport::Udp);
    let mut clicked = BTreeSet::new();
    for (number, session) in sessions.iter().enumerate() {
        clicked.insert(click(session, number, &receiver));
    }
    let ledger = Ledger::of(&server);
    until("200 calls to be up", Duration::from_secs(60), || {
        (ledger.count("connected") == i64::from(calls)).then_some(())
    });
    for (session, id) in sessions.iter().zip(&clicked) {
        assert_eq!(session.hang_up(*id), 204);
    }
    until("200 calls to be over", Duration::from_secs(60), || {
        (ledger.count("completed") == i64::from(calls)).then_some(())
    });
    assert_eq!(told(&receiver, CALLS), clicked, "each call one callback");
    let _ = (agents.finish(), customers.finish());
}

#[test]
fn two_thousand_clicks_leave_nothing_behind() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    const CLICKS: usize = 2_000;
    const AGENTS: usize = 4;
    /// What is kept on purpose fills up first: SIP's ended transactions for 32 s (RFC 3261 17), SQLite's pages, the
    /// allocator's arenas. Measured: no growth worth the name from here to twice as many.
    const WARM: usize = 3_000;
    let (server, sessions, phones, trunk) = crowd(AGENTS);
    let receiver = Receiver::start();
    let all = u32::try_from(CLICKS + WARM).expect("few");
    let agents = Sipp::start_for("agents", phones, &agent_who_answers().ended(), all, Transport::Udp);
    let customers =
        Sipp::start_for("customers", trunk, &customer_who_answers().hangs_up(), all, Transport::Udp);
    let clicked = Mutex::new(BTreeSet::new());
    let round = |numbers: std::ops::Range<usize>| {
        thread::scope(|scope| {
            for (agent, session) in sessions.iter().enumerate() {
                let (numbers, clicked, receiver) = (numbers.clone(), &clicked, &receiver);
                scope.spawn(move || {
                    for number in numbers.filter(|number| number % AGENTS == agent) {
                        let id = click(session, number, receiver);
                        assert!(clicked.lock().expect("no panic").insert(id), "a number was given twice");
                        until("the call to be over", Duration::from_secs(30), || {
                            (session.call(id)["state"] == "completed").then_some(())
                        });
                    }
                });
            }
        });
    };
    round(0..WARM);
    let _ = told(&receiver, WARM);
    let (handles, memory) = (process::handles(server.id()), process::memory(server.id()));
    round(WARM..WARM + CLICKS);
    let clicked = clicked.into_inner().expect("no panic");
    assert_eq!(told(&receiver, WARM + CLICKS), clicked, "none lost, none doubled");
    let _ = (agents.finish(), customers.finish());
    let ledger = Ledger::of(&server);
    assert_eq!(ledger.states(), [("completed".to_owned(), i64::from(all))].into());
    // Connections of the last callbacks may be open for a moment.
    until("file handles to be back", Duration::from_secs(20), || {
        (process::handles(server.id()) <= handles + 4).then_some(())
    });
    let now = process::memory(server.id());
    assert!(now <= memory + 8 * 1024, "memory grew from {memory} KiB to {now} KiB");
}
