//! Screen pops: a ticket is taken once, by its owner, in its time; what is shown is of the last day (semantics 5.4, SEC-30).

use super::super::screen_pop::{self, Claim, Owner, State, Ticket, Turn};
use super::super::transaction::Version;
use super::super::{external_login, transaction};
use super::{Fixture, acme, at, click};
use ringbridge_core::call::{Call, Initiator, Input, Terms};
use ringbridge_core::id::TenantId;
use ringbridge_core::screen_pop::{Opens, Pop, Window, WindowKind};
use ringbridge_core::tenant::WrapUpAfterFailed;
use ringbridge_core::wrap_up::Rules;

fn pop() -> Pop {
    Pop {
        opens: Opens::Record { url: "https://crm.example/1".to_owned() },
        window: Window { name: "ctd_0123456789abcdef".to_owned(), kind: WindowKind::Generated },
        title: "Call 1".to_owned(),
    }
}

/// A pop that was offered to alice at 1000.
fn offered(acme: &Fixture) -> Owner {
    let (tenant, agent) = (acme.tenant, acme.alice);
    let unit = acme.store.write_blocking(move |tx| {
        let transaction = transaction::insert(tx, &click(tenant, agent, "a"))?;
        let owner = Owner { tenant, agent, transaction };
        assert_eq!(screen_pop::offer(tx, owner, &pop(), at(1000))?, Turn::Had);
        Ok(owner)
    });
    unit.expect("written")
}

#[test]
fn a_ticket_is_taken_once_by_its_owner_before_it_expires() {
    let acme = acme();
    let owner = offered(&acme);
    let take = |owner: Owner, hash: &'static str, now| {
        acme.store.write_blocking(move |tx| screen_pop::take_ticket(tx, owner, hash, at(now)))
    };
    let claim = |claim, now| {
        let unit = move |tx: &mut super::super::Tx<'_>| {
            let ticket = Ticket { hash: "right", expires_at: at(1300) };
            screen_pop::claim(tx, owner, claim, ticket, at(now))
        };
        acme.store.write_blocking(unit)
    };
    assert_eq!(take(owner, "right", 1001), Ok(Turn::Gone), "nobody was given one");
    assert_eq!(claim(Claim::First, 1001), Ok(Turn::Had));
    assert_eq!(claim(Claim::First, 1002), Ok(Turn::Gone));
    for (wrong, hash, now) in [
        (Owner { agent: acme.bob, ..owner }, "right", 1002),
        (Owner { tenant: TenantId(99), ..owner }, "right", 1002),
        (owner, "wrong", 1002),
        (owner, "right", 1300),
    ] {
        assert_eq!(take(wrong, hash, now), Ok(Turn::Gone), "{wrong:?} {hash} {now}");
    }
    assert_eq!(take(owner, "right", 1299), Ok(Turn::Had));
    assert_eq!(take(owner, "right", 1299), Ok(Turn::Gone), "used");
    assert_eq!(claim(Claim::Again, 1400), Ok(Turn::Had), "a person may always");
}

#[test]
fn consoles_are_told_of_what_waits_since_a_moment() {
    let acme = acme();
    let owner = offered(&acme);
    let open = |after| {
        let unit = move |tx: &mut super::super::Tx<'_>| {
            screen_pop::open_of_agent(tx, owner.tenant, owner.agent, at(after), 10)
        };
        acme.store.read_blocking(unit).expect("read")
    };
    let waiting = screen_pop::Stored {
        transaction: owner.transaction,
        agent: owner.agent,
        pop: pop(),
        state: State::Offered,
        complete_at: at(1000),
        offered_at: at(1000),
        changed_at: at(1000),
    };
    assert_eq!(open(999), [waiting]);
    assert_eq!(open(1000), []);
    let again = acme.store.write_blocking(move |tx| screen_pop::offer(tx, owner, &pop(), at(1010)));
    assert_eq!(again, Ok(Turn::Gone), "once for a transaction");
    let dismissed = acme.store.write_blocking(move |tx| screen_pop::dismiss(tx, owner, at(1020)));
    assert_eq!((dismissed, open(999)), (Ok(Turn::Had), vec![]));
    let of_others = acme.store.read_blocking(move |tx| screen_pop::find(tx, TenantId(99), owner.transaction));
    assert_eq!(of_others, Ok(None));
}

#[test]
fn rule_5_4_a_pop_knows_when_its_call_was_complete_however_late_it_is_offered() {
    let acme = acme();
    let (tenant, agent) = (acme.tenant, acme.alice);
    let unit = acme.store.write_blocking(move |tx| {
        let transaction = transaction::insert(tx, &click(tenant, agent, "a"))?;
        let mut call = Call::new();
        let wrap_up = Rules { seconds: 0, after_failed: WrapUpAfterFailed::Full, lists: vec![] };
        let terms =
            Terms { ring_agent_seconds: 30, ring_customer_seconds: 60, talk_seconds_max: 60, wrap_up };
        call.handle(&terms, Input::End(Initiator::Agent), at(400));
        transaction::update(tx, transaction, Version::FIRST, &call, "", at(400))?;
        screen_pop::offer(tx, Owner { tenant, agent, transaction }, &pop(), at(1000))?;
        let found = screen_pop::find(tx, tenant, transaction)?;
        let listed = screen_pop::open_of_agent(tx, tenant, agent, at(999), 10)?;
        Ok(found.into_iter().chain(listed).map(|pop| (pop.complete_at, pop.offered_at)).collect::<Vec<_>>())
    });
    assert_eq!(unit, Ok(vec![(at(400), at(1000)); 2]));
}

#[test]
fn an_agent_has_one_remembered_account_of_their_tenant() {
    let acme = acme();
    let (tenant, alice) = (acme.tenant, acme.alice);
    let unit = acme.store.write_blocking(move |tx| {
        external_login::keep(tx, tenant, alice, "first", at(1))?;
        external_login::keep(tx, tenant, alice, "second", at(2))?;
        let found =
            (external_login::find(tx, tenant, alice)?, external_login::find(tx, TenantId(99), alice)?);
        external_login::forget(tx, tenant, alice)?;
        Ok((found, external_login::find(tx, tenant, alice)?))
    });
    assert_eq!(unit, Ok(((Some("second".to_owned()), None), None)));
}
