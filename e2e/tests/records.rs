//! A thousand records under a script of faults and fifty `kill -9`: none is missing, none is there twice (semantics 5.6).

use ringbridge_e2e::{
    client::{Session, id_of, query},
    ledger::Ledger,
    org::Org,
    patience::until,
    ports,
    scenario::Scenario,
    server::Server,
    setup::Setup,
    sipp::{Sipp, Transport},
};
use ringbridge_standin::salesforce::{Fault, FaultScript, KeyField, OrgConfig};
use std::{
    collections::BTreeMap,
    hash::{BuildHasher as _, RandomState},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

/// How many records are asked for.
const RECORDS: usize = 1000;

/// How often the server is killed while they are asked for and written.
const KILLS: usize = 50;

/// How many agents click at the same time.
const AGENTS: usize = 10;

/// How long the server lives at most before it is killed again. Kills begin with the first click and end about when the
/// last of the backlog is written, so that most of them meet requests under way.
const LIFE_MILLISECONDS: u64 = 1200;

/// How long the backlog may take after the last kill. A record in doubt rests for half a minute each time.
const BACKLOG: Duration = Duration::from_secs(400);

/// Calls that one SIPp may take in the test: more than there can be.
const MANY: u32 = 1_000_000;

/// What goes wrong with a create or an upsert, each with its chance in a thousand. What Salesforce refuses for good is left
/// out: it makes no record. A used-up allowance is too: it holds everything for a quarter of an hour (`jobs::record` shows it).
fn faults() -> FaultScript {
    FaultScript::seeded(
        7,
        [
            (40, Fault::LostAfterCommit),
            (20, Fault::LostBeforeCommit),
            (20, Fault::CommitLate(Duration::from_secs(2))),
            (20, Fault::Expired),
            (20, Fault::LockedRowAs400),
            (10, Fault::LockedRowAs500),
            (3, Fault::LongTransactions),
            (3, Fault::Unavailable),
            (3, Fault::ServerUnavailable),
            (15, Fault::UnknownAfterCommit),
            (10, Fault::UnknownBeforeCommit),
            (3, Fault::Slow(Duration::from_secs(20))),
            (15, Fault::TruncatedJson),
            (15, Fault::CutBody),
        ],
    )
}

#[test]
fn with_an_external_id_field_a_thousand_records_are_written_once_each() {
    let org = Org::start(OrgConfig::default());
    let key = "external_id_field = \"Transactionid__c\"";
    written_once_each(&org, key);
}

#[test]
fn without_an_external_id_field_a_thousand_records_are_written_once_each() {
    let org = Org::start(OrgConfig { key_field: KeyField::Absent, ..OrgConfig::default() });
    written_once_each(&org, "");
}

fn written_once_each(org: &Org, connection: &str) {
    org.faults(faults());
    let (phones, trunk) = (ports::loopback(), ports::loopback());
    let mut setup = Setup::default().trunk(&trunk.to_string()).ring_seconds(3, 3);
    for number in 0..AGENTS {
        setup = setup.agent(&format!("agent{number}"), phones);
    }
    let mut server = Server::start(&setup.tenant_tables(&org.connection(connection)));
    // A call that fails is logged like any other (2.5), and is over at once.
    let busy = Scenario::new("agent").invited().refused("486 Busy Here");
    let patience = ["-recv_timeout", "4000"];
    let _phones = Sipp::start_with("agents", phones, &busy, MANY, Transport::Udp, &patience);
    let sessions: Vec<Session> = (0..AGENTS).map(|number| server.login(&format!("agent{number}"))).collect();

    let (accepted, next) = (Mutex::new(Vec::new()), AtomicUsize::new(0));
    thread::scope(|scope| {
        for session in &sessions {
            scope.spawn(|| ask_for_records(session, &next, &accepted));
        }
        for kill in 0..KILLS {
            // Chance from the standard library's hasher keys: only the moment of the kill is random.
            let moment = RandomState::new().hash_one(kill) % LIFE_MILLISECONDS;
            thread::sleep(Duration::from_millis(moment));
            server.restart();
        }
    });
    let accepted = accepted.into_inner().expect("no panic");
    assert_eq!(accepted.len(), RECORDS);

    let ledger = Ledger::of(&server);
    until("every record to be settled", BACKLOG, || (ledger.jobs_waiting() == 0).then_some(()));
    let results = ledger.results();
    let mut records: BTreeMap<i64, usize> = BTreeMap::new();
    for task in org.records("Task") {
        let id = task.text("Subject").and_then(|subject| subject.strip_prefix("call ")?.parse().ok());
        *records.entry(id.expect("a task of this test")).or_default() += 1;
    }
    let wrong: Vec<_> = accepted
        .iter()
        .map(|id| (*id, records.get(id).copied().unwrap_or(0), results.get(id).cloned()))
        .filter(|(_, count, result)| {
            *count != 1 || !matches!(result, Some((code, error)) if code == "SUCCESS" && error.is_empty())
        })
        .collect();
    assert!(wrong.is_empty(), "transaction, its records, its result: {wrong:#?}");
    assert_eq!(records.len(), results.len(), "no record without a transaction");
    // The script was met, and so were the kills.
    let faulty = org.requests().iter().filter(|request| request.fault.is_some()).count();
    let repeated = ledger.repeated();
    assert!(faulty > 50 && repeated > 50, "{faulty} faults, {repeated} records tried more than once");
}

/// Clicks until all are asked for; a server that is gone or busy is asked again.
fn ask_for_records(session: &Session, next: &AtomicUsize, accepted: &Mutex<Vec<i64>>) {
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= RECORDS {
            return;
        }
        let phone = format!("650{:07}", 2_920_000 + number);
        // The name of the click: asked again after a kill, it is the same call (1.12).
        let request = format!("record-{number}");
        let query = query(&[
            ("prefix", "1"),
            ("phone", &phone),
            (
                "ctl_userdata",
                "[ctl_action|create][ctl_intType|sfdc][ObjectType|Task][Subject|call $transaction_id$]",
            ),
            ("request_id", &request),
        ]);
        loop {
            match session.try_click_raw(&query) {
                Ok(answer) if answer.status == 202 => {
                    accepted.lock().expect("no panic").push(id_of(&answer.json));
                    break;
                }
                Ok(answer) => {
                    assert!(answer.status == 503 || answer.code() == "AGENT_BUSY", "{answer:?}");
                }
                Err(_) => {}
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}
