//! `kill -9` at a hundred random moments under load: nothing that was accepted is lost, nothing is done under two names.

use ringbridge_e2e::{
    client::{Session, id_of, query},
    ledger::Ledger,
    patience::until,
    ports,
    receiver::field,
    rude::{Manner, Rude},
    scenario::{Scenario, agent_who_answers, customer_who_answers},
    server::Server,
    setup::Setup,
    sipp::{Sipp, Transport},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{BuildHasher as _, RandomState},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

/// How often the server is killed.
const KILLS: usize = 100;

/// How many agents click at the same time.
const AGENTS: usize = 6;

/// Of so many messages one is refused when it first comes, and one gets no answer.
const FAILING: usize = 8;

/// How long the server lives at most before it is killed again.
const LIFE_MILLISECONDS: u64 = 400;

/// Calls that one SIPp may take in the test: more than there can be.
const MANY: u32 = 1_000_000;

#[test]
fn a_hundred_kills_lose_no_click_and_double_no_callback() {
    let (phones, trunk) = (ports::loopback(), ports::loopback());
    let mut setup = Setup::default().trunk(&trunk.to_string()).ring_seconds(3, 3);
    for number in 0..AGENTS {
        setup = setup.agent(&format!("agent{number}"), phones);
    }
    let mut server = Server::start(&setup);
    let messages = AtomicUsize::new(0);
    let receiver = Rude::by_request(move |_, before| {
        // A message that comes for the first time may fail; nothing may depend on the receiver being well.
        if before > 0 {
            return Manner::status("200 OK");
        }
        match messages.fetch_add(1, Ordering::Relaxed) % FAILING {
            0 => Manner::status("500 Internal Server Error"),
            1 => Manner::Says(String::new()),
            _ => Manner::status("200 OK"),
        }
    });
    // Phones that lose patience: a call whose server is gone ends by itself.
    let agent = agent_who_answers().ended();
    let customer = customer_who_answers().pause(Duration::from_millis(30)).hangs_up();
    let impatient = |name, at, scenario: &Scenario| {
        Sipp::start_with(name, at, scenario, MANY, Transport::Udp, &["-recv_timeout", "4000"])
    };
    let (_agents, _customers) =
        (impatient("agents", phones, &agent), impatient("customers", trunk, &customer));
    let sessions: Vec<Session> = (0..AGENTS).map(|number| server.login(&format!("agent{number}"))).collect();

    let accepted = Mutex::new(BTreeSet::new());
    let (stop, number) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        for session in &sessions {
            let (accepted, stop, number, receiver) = (&accepted, &stop, &number, &receiver);
            scope.spawn(move || click_until(session, stop, number, accepted, receiver));
        }
        for kill in 0..KILLS {
            // Chance from the standard library's hasher keys: only the moment of the kill is random.
            let moment = RandomState::new().hash_one(kill) % LIFE_MILLISECONDS;
            thread::sleep(Duration::from_millis(moment));
            server.restart();
        }
        stop.store(true, Ordering::Relaxed);
    });
    let accepted = accepted.into_inner().expect("no panic");
    assert!(accepted.len() > KILLS, "there was load: {} clicks", accepted.len());

    // What still goes on is brought to its end; nothing may hang in setting up.
    let ledger = Ledger::of(&server);
    until("calls that were being set up to end", Duration::from_secs(30), || {
        let states = ledger.states();
        (!states.contains_key("ringing_agent") && !states.contains_key("ringing_customer")).then_some(())
    });
    for (id, (state, _)) in ledger.completions() {
        if state == "connected" {
            // 2.7: a call that is up stays up. Whose agent it is, is not known here: the others get 404.
            assert!(
                sessions.iter().any(|session| matches!(session.hang_up(id), 204 | 410)),
                "transaction {id}"
            );
        }
    }
    until("every transaction to complete", Duration::from_secs(30), || {
        let states = ledger.states();
        (states.keys().all(|state| state == "completed")).then_some(())
    });
    // The kills met calls that were being set up and calls that were up, both.
    let met = (ledger.entries("call.ended", "interrupted"), ledger.entries("call.recovered", ""));
    assert!(met.0 > 10 && met.1 > 10, "interrupted, recovered: {met:?}");
    let completions = ledger.completions();
    for id in &accepted {
        assert_eq!(completions.get(id), Some(&("completed".to_owned(), 1)), "transaction {id} was accepted");
    }
    for (id, (state, completed)) in &completions {
        assert_eq!((state.as_str(), *completed), ("completed", 1), "transaction {id}");
    }
    until("every callback to be delivered", Duration::from_secs(90), || {
        (ledger.jobs_waiting() == 0).then_some(())
    });
    // Refused and unanswered ones were there, and came again.
    let failed =
        ledger.entries("callback.attempted", "http-5xx") + ledger.entries("callback.attempted", "connect");
    assert!(failed > 10, "{failed} attempts failed");
    assert_eq!(
        ledger.entries("callback.delivered", ""),
        i64::try_from(completions.len()).expect("a few thousand")
    );
    let mut names: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
    let mut bodies: BTreeMap<i64, BTreeSet<Vec<u8>>> = BTreeMap::new();
    for callback in receiver.received() {
        let userdata = field(&callback, "ctl_userdata").expect("user data");
        let id = userdata
            .split("[tx|")
            .nth(1)
            .and_then(|rest| rest.split(']').next())
            .and_then(|id| id.parse().ok());
        let id: i64 = id.expect("a transaction");
        names.entry(id).or_default().insert(callback.header("webhook-id").expect("an id").to_owned());
        bodies.entry(id).or_default().insert(callback.body);
    }
    assert_eq!(
        names.keys().collect::<Vec<_>>(),
        completions.keys().collect::<Vec<_>>(),
        "no callback is lost"
    );
    for (id, names) in &names {
        assert_eq!((names.len(), bodies[id].len()), (1, 1), "transaction {id} has one callback: {names:?}");
    }
    let distinct: BTreeSet<&String> = names.values().flatten().collect();
    assert_eq!(distinct.len(), completions.len(), "as many messages as clicks");
}

/// Clicks, waits until the call is over, clicks again; a server that is gone or busy is asked again.
fn click_until(
    session: &Session,
    stop: &AtomicBool,
    number: &AtomicUsize,
    accepted: &Mutex<BTreeSet<i64>>,
    receiver: &Rude,
) {
    while !stop.load(Ordering::Relaxed) {
        let number = number.fetch_add(1, Ordering::Relaxed);
        let phone = format!("650{:07}", 2_920_000 + number % 80_000);
        let userdata = format!("[tx|$transaction_id$][ctl_callbackUrl|{}]", receiver.url("/cb"));
        let query = query(&[("prefix", "1"), ("phone", &phone), ("ctl_userdata", &userdata)]);
        match session.try_click_raw(&query) {
            Ok(answer) if answer.status == 202 => {
                let id = id_of(&answer.json);
                assert!(accepted.lock().expect("no panic").insert(id), "transaction {id} was given twice");
                // Some are cut short: every stage should meet a kill.
                if number.is_multiple_of(3) {
                    let _ = session.try_cancel(id);
                }
            }
            Ok(answer) if answer.code() == "AGENT_BUSY" => {}
            Ok(answer) => assert!(answer.status == 503, "{answer:?}"),
            Err(_) => {}
        }
        thread::sleep(Duration::from_millis(20));
    }
}
