//! The nouns read back what was written, within their tenant and their time.

use super::super::journal::{self, Filter, NewEntry};
use super::super::parked::{self, Caps, Parked, Parking};
use super::super::registration::{self, Registration};
use super::super::transaction::{self, Version};
use super::super::{StoreError, login_attempt, presence, session};
use super::{acme, at, click};
use ringbridge_core::agent::Presence;
use ringbridge_core::call::{Call, Initiator, Input, Terms};
use ringbridge_core::completion::ActionResult;
use ringbridge_core::id::{Seq, TenantId, TransactionId};
use ringbridge_core::tenant::WrapUpAfterFailed;
use ringbridge_core::wrap_up::Rules;

fn terms() -> Terms {
    let wrap_up = Rules { seconds: 30, after_failed: WrapUpAfterFailed::Full, lists: vec![] };
    Terms { ring_agent_seconds: 30, ring_customer_seconds: 60, talk_seconds_max: 60, wrap_up }
}

#[test]
fn a_transaction_goes_from_its_click_to_its_result() {
    let acme = acme();
    let (tenant, alice) = (acme.tenant, acme.alice);
    let id = acme
        .store
        .write_blocking(move |tx| transaction::insert(tx, &click(tenant, alice, "a")))
        .expect("written");
    assert_eq!(acme.store.read_blocking(move |tx| transaction::live_of_agent(tx, alice)), Ok(Some(id)));

    let mut call = Call::new();
    call.handle(&terms(), Input::Begin, at(1000));
    call.handle(&terms(), Input::End(Initiator::Agent), at(1003));
    let in_wrap_up = call.clone();
    let version = acme
        .store
        .write_blocking(move |tx| {
            transaction::update(tx, id, Version::FIRST, &in_wrap_up, "{\"b\":1}", at(1003))
        })
        .expect("written");
    let open = acme.store.read_blocking(move |tx| transaction::unfinished_of_agent(tx, alice)).expect("read");
    assert_eq!(open.iter().map(|stored| (stored.id, stored.version)).collect::<Vec<_>>(), [(id, version)]);
    assert_eq!(open.first().map(|stored| (stored.bridge.as_str(), &stored.call)), Some(("{\"b\":1}", &call)));
    assert_eq!(acme.store.read_blocking(move |tx| transaction::live_of_agent(tx, alice)), Ok(None));

    let stale = call.clone();
    let refused = acme
        .store
        .write_blocking(move |tx| transaction::update(tx, id, Version::FIRST, &stale, "{}", at(1004)));
    assert_eq!(refused, Err(StoreError::Stale { what: "the transaction" }));

    call.handle(&terms(), Input::Finish, at(1010));
    let complete = call.clone();
    acme.store
        .write_blocking(move |tx| {
            transaction::update(tx, id, version, &complete, "{}", at(1010))?;
            let result = ActionResult::ignored("no CRM".to_owned());
            transaction::set_result(tx, id, &result)
        })
        .expect("written");
    // Complete, but a leg still waits for the answer to its BYE: a restart takes it up.
    assert_eq!(acme.store.read_blocking(transaction::unfinished).map(|open| open.len()), Ok(1));
    let over = call.clone();
    acme.store
        .write_blocking(move |tx| transaction::update(tx, id, Version(version.0 + 1), &over, "", at(1011)))
        .expect("written");
    assert_eq!(acme.store.read_blocking(transaction::unfinished).map(|open| open.len()), Ok(0));
    let view =
        acme.store.read_blocking(move |tx| transaction::view(tx, tenant, id)).expect("read").expect("there");
    assert_eq!(view.state, "completed");
    assert_eq!(view.call, call);
    assert_eq!((view.answered_at, view.ended_at, view.completed_at), (None, Some(at(1003)), Some(at(1010))));
    assert_eq!((view.result_code.as_deref(), view.error_string.as_deref()), (Some("IGNORE"), Some("no CRM")));
    assert_eq!((view.callback.state, view.callback.attempts), ("none", 0));
    let others = acme.store.read_blocking(move |tx| transaction::view(tx, TenantId(99), id));
    assert!(others.expect("read").is_none(), "nothing crosses tenants");
}

#[test]
fn lists_of_calls_come_newest_first_for_an_agent() {
    let acme = acme();
    let (tenant, alice, bob) = (acme.tenant, acme.alice, acme.bob);
    acme.store
        .write_blocking(move |tx| {
            for (agent, name, when) in [(alice, "a", 5), (bob, "b", 6), (alice, "c", 7)] {
                let mut over = Call::new();
                over.handle(&terms(), Input::End(Initiator::Agent), at(when));
                let new = transaction::NewTransaction {
                    created_at: at(when),
                    call: over,
                    ..click(tenant, agent, name)
                };
                transaction::insert(tx, &new)?;
            }
            Ok(())
        })
        .expect("written");
    let ids = |views: Vec<transaction::View>| views.iter().map(|view| view.id.0).collect::<Vec<_>>();
    let last = acme
        .store
        .read_blocking(move |tx| transaction::last_of_agent(tx, tenant, alice, None, 5))
        .expect("read");
    assert_eq!(ids(last), [3, 1]);
}

#[test]
fn the_journal_is_followed_from_a_place_by_whom_it_concerns() {
    let acme = acme();
    let (tenant, alice, bob) = (acme.tenant, acme.alice, acme.bob);
    acme.store
        .write_blocking(move |tx| {
            for (agent, transaction, kind) in [(alice, 7, "a"), (bob, 8, "b"), (alice, 7, "c")] {
                let entry = NewEntry {
                    tenant: Some(tenant),
                    agent: Some(agent),
                    transaction: Some(TransactionId(transaction)),
                    at: at(1),
                    kind,
                    body: serde_json::json!({ "n": transaction }),
                };
                journal::append(tx, &entry)?;
            }
            Ok(())
        })
        .expect("written");
    let kinds = |filter, seq, limit| {
        let entries =
            acme.store.read_blocking(move |tx| journal::after(tx, Seq(seq), filter, limit)).expect("read");
        entries.into_iter().map(|entry| (entry.seq.0, entry.kind)).collect::<Vec<_>>()
    };
    let named = |entries: &[(i64, &str)]| {
        entries.iter().map(|(seq, kind)| (*seq, (*kind).to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(kinds(Filter::Agent(tenant, alice), 0, 9), named(&[(1, "a"), (3, "c")]));
    assert_eq!(kinds(Filter::Agent(tenant, alice), 1, 9), named(&[(3, "c")]));
    assert_eq!(kinds(Filter::Agent(TenantId(99), alice), 0, 9), named(&[]));
    assert_eq!(kinds(Filter::Tenant(tenant), 0, 2), named(&[(1, "a"), (2, "b")]));
    assert_eq!(kinds(Filter::All, 2, 9), named(&[(3, "c")]));
    let of = acme
        .store
        .read_blocking(move |tx| journal::of_transaction(tx, tenant, TransactionId(7)))
        .expect("read");
    assert_eq!(
        of.iter().map(|entry| entry.body.clone()).collect::<Vec<_>>(),
        vec![serde_json::json!({ "n": 7 }); 2]
    );
}

#[test]
fn a_parked_click_is_taken_once_before_it_expires_and_caps_hold() {
    let acme = acme();
    let caps = Caps { per_owner: 2, total: 3 };
    let park = |id: &str, owner: &str, when: i64| {
        let click = Parked {
            id_hash: id.to_owned(),
            owner: owner.to_owned(),
            body: "{}".to_owned(),
            created_at: at(when),
            expires_at: at(when + 60),
        };
        acme.store.write_blocking(move |tx| parked::park(tx, &click, caps)).expect("asked")
    };
    assert_eq!(park("a", "one", 0), Parking::Kept);
    assert_eq!(park("b", "one", 0), Parking::Kept);
    assert_eq!(park("c", "one", 0), Parking::Full);
    assert_eq!(park("c", "two", 10), Parking::Kept);
    assert_eq!(park("d", "three", 59), Parking::Full);
    assert_eq!(park("d", "three", 60), Parking::Kept, "expired ones make room");

    let take = |id: &'static str, now| {
        let taken = acme.store.write_blocking(move |tx| parked::take(tx, id, at(now))).expect("asked");
        taken.map(|click| click.owner)
    };
    let seen = acme.store.read_blocking(|tx| parked::peek(tx, "c", at(61))).expect("asked");
    assert_eq!(seen.map(|click| click.owner).as_deref(), Some("two"));
    assert_eq!(take("c", 61).as_deref(), Some("two"));
    assert_eq!(take("c", 61), None);
    assert_eq!(take("d", 120), None);
}

#[test]
fn presences_registrations_and_failed_log_ins_read_back() {
    let acme = acme();
    let (tenant, alice, bob) = (acme.tenant, acme.alice, acme.bob);
    let phone = Registration {
        aor: "alice".to_owned(),
        contact: "sip:alice@10.0.0.1".to_owned(),
        flow: "{}".to_owned(),
        call_id: "c".to_owned(),
        cseq: 1,
        user_agent: "phone".to_owned(),
        registered_at: at(1),
        expires_at: at(61),
    };
    let newer = Registration { cseq: 2, expires_at: at(90), ..phone.clone() };
    let kept = newer.clone();
    acme.store
        .write_blocking(move |tx| {
            presence::set(tx, tenant, alice, Presence::Available, at(1))?;
            presence::set(tx, tenant, alice, Presence::OnBreak, at(2))?;
            registration::put(tx, &phone)?;
            registration::put(tx, &newer)
        })
        .expect("written");
    let presences = acme
        .store
        .read_blocking(move |tx| Ok((presence::get(tx, alice)?, presence::get(tx, bob)?)))
        .expect("read");
    assert_eq!(presences, ((Presence::OnBreak, at(2)), (Presence::LoggedOut, at(0))));
    let all = acme.store.read_blocking(move |tx| presence::of_tenant(tx, tenant));
    assert_eq!(all, Ok(vec![(alice, Presence::OnBreak, at(2))]));
    assert_eq!(acme.store.read_blocking(|tx| registration::of_aor(tx, "alice", at(89))), Ok(vec![kept]));
    assert_eq!(acme.store.read_blocking(|tx| registration::of_aor(tx, "alice", at(90))), Ok(vec![]));

    let failed =
        |now| acme.store.write_blocking(move |tx| login_attempt::failed(tx, "alice", at(now), at(now + 100)));
    assert_eq!((failed(0), failed(99), failed(100)), (Ok(1), Ok(2), Ok(1)));
    assert_eq!(
        acme.store.read_blocking(|tx| login_attempt::count(tx, "alice", at(101))),
        Ok(Some((1, at(200))))
    );
    acme.store.write_blocking(|tx| login_attempt::clear(tx, "alice")).expect("cleared");
    assert_eq!(acme.store.read_blocking(|tx| login_attempt::count(tx, "alice", at(101))), Ok(None));
}

#[test]
fn a_session_ends_at_its_end_when_idle_or_with_its_agent() {
    let acme = acme();
    let (tenant, alice) = (acme.tenant, acme.alice);
    let log_in = |id: &str, seen, expires| session::Session {
        id_hash: id.to_owned(),
        tenant,
        agent: alice,
        created_at: at(0),
        seen_at: at(seen),
        expires_at: at(expires),
        external: None,
    };
    for session in [log_in("a", 0, 100), log_in("b", 50, 100), log_in("c", 50, 60)] {
        acme.store.write_blocking(move |tx| session::insert(tx, &session)).expect("written");
    }
    let live = |now| {
        let sessions =
            acme.store.read_blocking(move |tx| session::of_agent(tx, alice, at(now))).expect("read");
        sessions.into_iter().map(|session| session.id_hash).collect::<Vec<_>>()
    };
    assert_eq!(live(60), ["a", "b"]);
    assert_eq!(acme.store.write_blocking(|tx| session::remove_expired(tx, at(60), at(40))), Ok(2));
    assert_eq!(live(60), ["b"]);
    acme.store.write_blocking(|tx| session::set_external(tx, "b", Some("sealed"))).expect("written");
    acme.store.write_blocking(|tx| session::touch(tx, "b", at(70))).expect("written");
    let found = acme.store.read_blocking(|tx| session::find(tx, "b", at(70))).expect("read").expect("there");
    assert_eq!((found.seen_at, found.external.as_deref()), (at(70), Some("sealed")));
    acme.store.write_blocking(move |tx| session::remove_of_agent(tx, alice)).expect("removed");
    assert_eq!(live(70), [""; 0]);
}
