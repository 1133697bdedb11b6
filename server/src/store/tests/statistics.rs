//! Pages of statistics: nothing is missed and nothing comes twice, whatever is written meanwhile (semantics 6.2).

use super::super::job::{self, NewJob};
use super::super::{Store, statistics, transaction};
use super::{Fixture, acme, at, click};
use ringbridge_core::call::Call;
use ringbridge_core::id::{TenantId, TransactionId};
use ringbridge_core::time::Timestamp;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// What the readers ask for.
const STRETCH: Range<Timestamp> = Timestamp::from_millis(1_000_000)..Timestamp::from_millis(2_000_000);

/// Writes a call that is over, as its agent has one live call at most, and gives its id.
fn write(fixture: &Fixture, name: &str, created_at: Timestamp) -> TransactionId {
    let new = transaction::NewTransaction { created_at, ..click(fixture.tenant, fixture.alice, name) };
    let unit = move |tx: &mut super::super::Tx<'_>| {
        let id = transaction::insert(tx, &new)?;
        tx.execute("update txn set live = 0 where id = $1", &[id.0.into()])?;
        Ok(id)
    };
    fixture.store.write_blocking(unit).expect("written")
}

fn page(store: &Store, tenant: TenantId, offset: u32, limit: u32) -> Vec<TransactionId> {
    let views = store.read_blocking(move |tx| statistics::page(tx, tenant, STRETCH, offset, limit));
    views.expect("a page").iter().map(|view| view.id).collect()
}

#[test]
fn rows_stand_in_the_order_of_their_commits_and_the_stretch_has_its_first_moment_and_not_its_last() {
    let fixture = acme();
    let moments = [at(1500), at(999), at(1000), at(2000), at(1200)];
    let ids: Vec<_> = moments
        .iter()
        .enumerate()
        .map(|(place, moment)| write(&fixture, &place.to_string(), *moment))
        .collect();
    let of = |tenant, offset, limit| page(&fixture.store, tenant, offset, limit);
    assert_eq!(of(fixture.tenant, 0, 10), [ids[0], ids[2], ids[4]]);
    assert_eq!(of(fixture.tenant, 1, 1), [ids[2]]);
    assert_eq!(of(fixture.tenant, 3, 10), []);
    assert_eq!(of(TenantId(fixture.tenant.0 + 1), 0, 10), [], "another tenant's calls are not there");
}

#[test]
fn a_call_is_one_row_whatever_jobs_it_has() {
    let fixture = acme();
    let id = write(&fixture, "one", at(1000));
    let (tenant, agent) = (fixture.tenant, fixture.alice);
    let job = move |kind| NewJob {
        tenant,
        agent,
        transaction: id,
        kind,
        lane: "lane".to_owned(),
        body: "{}".to_owned(),
        due_at: at(0),
    };
    let states = fixture.store.write_blocking(move |tx| {
        for kind in ["callback", "create", "callback"] {
            job::enqueue(tx, &job(kind), at(0))?;
        }
        tx.execute("update job set state = 'parked' where id = 1", &[])?;
        let views = statistics::page(tx, tenant, STRETCH, 0, 10)?;
        Ok(views.iter().map(|view| view.callback.state).collect::<Vec<_>>())
    });
    assert_eq!(states.expect("one row"), ["pending"], "the newest callback counts");
}

/// Four writers insert rows whose clocks run against the order of the commits, some outside the stretch and some rolled
/// back, while three readers page. Nobody sleeps: a reader goes on until the writers are done and a page comes up short.
#[test]
fn semantics_6_2_readers_get_every_row_once_while_others_write() {
    const WRITERS: usize = 4;
    const EACH: usize = 150;
    let fixture = acme();
    let writing = AtomicUsize::new(WRITERS);
    let (written, read) = thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (fixture, writing) = (&fixture, &writing);
                scope.spawn(move || {
                    let mut inside = BTreeSet::new();
                    for nth in 0..EACH {
                        let name = format!("{writer}-{nth}");
                        match nth % 5 {
                            3 => drop(write(fixture, &name, at(3000))),
                            4 => roll_back(fixture, &name),
                            // The later it is written, the earlier it claims to be.
                            _ => drop(inside.insert(write(fixture, &name, at(1999 - nth as i64)))),
                        }
                    }
                    writing.fetch_sub(1, Ordering::SeqCst);
                    inside
                })
            })
            .collect();
        let readers: Vec<_> = [1, 7, 50]
            .map(|limit| {
                let (fixture, writing) = (&fixture, &writing);
                scope.spawn(move || {
                    let mut seen: Vec<TransactionId> = Vec::new();
                    loop {
                        let over = writing.load(Ordering::SeqCst) == 0;
                        let offset = u32::try_from(seen.len()).expect("few rows");
                        let page = page(&fixture.store, fixture.tenant, offset, limit);
                        let full = page.len() == limit as usize;
                        seen.extend(page);
                        // What was committed before this page was asked for is on it or before it.
                        if over && !full {
                            return seen;
                        }
                    }
                })
            })
            .into_iter()
            .collect();
        let written: BTreeSet<_> =
            writers.into_iter().flat_map(|writer| writer.join().expect("a writer")).collect();
        let read: Vec<_> = readers.into_iter().map(|reader| reader.join().expect("a reader")).collect();
        (written, read)
    });
    assert_eq!(written.len(), WRITERS * EACH * 3 / 5);
    let expected: Vec<_> = written.into_iter().collect();
    for seen in read {
        assert_eq!(seen, expected, "each once, in the order of the commits");
    }
}

/// A unit that inserts a row and then fails: its number must not leave a hole that fills later.
fn roll_back(fixture: &Fixture, name: &str) {
    let new =
        transaction::NewTransaction { created_at: at(1500), ..click(fixture.tenant, fixture.bob, name) };
    let unit = fixture.store.write_blocking(move |tx| {
        transaction::insert(tx, &new)?;
        Err::<Call, _>(super::super::StoreError::Stale { what: "this row, as the test wants it" })
    });
    assert!(unit.is_err());
}
