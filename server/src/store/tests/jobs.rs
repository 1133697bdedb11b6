//! Jobs: claimed once, settled by who holds them, resent when parked (semantics 5.5, 5.6).

use super::super::job::{self, Lease, NewJob, Share, Trace};
use super::super::{Store, StoreError, action, transaction};
use super::{acme, at, click};
use ringbridge_core::id::{AgentId, TenantId, TransactionId};

const ALL: Share = Share { jobs: 10, each_lane: 10, each_crm: 10 };

fn enqueue(store: &Store, tenant: TenantId, agent: AgentId, due: i64) {
    store
        .write_blocking(move |tx| {
            let transaction = TransactionId(1);
            if transaction::get(tx, transaction)?.is_none() {
                transaction::insert(tx, &click(tenant, agent, "a"))?;
            }
            let new = NewJob {
                tenant,
                agent,
                transaction,
                kind: "callback",
                lane: "crm.example.com".to_owned(),
                body: "{}".to_owned(),
                due_at: at(due),
            };
            job::enqueue(tx, &new, at(10))
        })
        .expect("enqueued");
}

fn claim(store: &Store, worker: &'static str, now: i64) -> Vec<job::Claimed> {
    let lease = Lease { until: at(now + 30), crm_until: at(now + 120) };
    store.write_blocking(move |tx| job::claim(tx, worker, at(now), lease, ALL)).expect("claimed")
}

#[test]
fn a_due_job_is_claimed_by_one_worker_until_its_lease_runs_out() {
    let acme = acme();
    enqueue(&acme.store, acme.tenant, acme.alice, 20);
    assert_eq!(claim(&acme.store, "w1", 19), []);
    let first = claim(&acme.store, "w1", 20);
    assert_eq!(first.iter().map(|job| (job.id.0, job.attempt)).collect::<Vec<_>>(), [(1, 1)]);
    assert_eq!(claim(&acme.store, "w2", 49), []);
    let second = claim(&acme.store, "w2", 50);
    assert_eq!(second.iter().map(|job| (job.id.0, job.attempt)).collect::<Vec<_>>(), [(1, 2)]);

    // The first worker was slow, not dead: what it settles now must not count.
    let [stale, fresh] = [first, second].map(|jobs| jobs.into_iter().next().expect("one"));
    let late = acme.store.write_blocking(move |tx| job::done(tx, &stale, at(51)));
    assert_eq!(late, Err(StoreError::Stale { what: "the job" }));
    let settled = acme.store.write_blocking(move |tx| job::done(tx, &fresh, at(51)));
    assert_eq!(settled, Ok(()));
    assert_eq!(claim(&acme.store, "w1", 10_000), []);
}

#[test]
fn a_job_given_back_is_due_later_and_a_parked_one_when_it_is_resent() {
    let acme = acme();
    enqueue(&acme.store, acme.tenant, acme.alice, 20);
    let tried = claim(&acme.store, "w1", 20).pop().expect("one");
    acme.store
        .write_blocking(move |tx| job::retry(tx, &tried, ("503", Trace::Failure), at(60)))
        .expect("given back");
    let tried = claim(&acme.store, "w1", 60).pop().expect("one");
    acme.store
        .write_blocking(move |tx| job::park(tx, &tried, ("410", Trace::Failure), at(61)))
        .expect("parked");

    let tenant = acme.tenant;
    let parked = acme.store.read_blocking(move |tx| action::parked(tx, tenant, 10)).expect("read");
    let seen: Vec<_> =
        parked.iter().map(|job| (job.attempts, job.last_error.as_deref(), job.settled_at)).collect();
    assert_eq!(seen, [(2, Some("410"), Some(at(61)))]);
    let view = acme.store.read_blocking(move |tx| transaction::view(tx, tenant, TransactionId(1)));
    let callback = view.expect("read").expect("it is there").callback;
    assert_eq!(callback, transaction::CallbackView { state: "parked", attempts: 2 });

    let id = parked.first().expect("one").id;
    let again = move |tenant, was| {
        let again = action::Again { body: "{}", lane: "other.example.com", doubts: 0, due_at: at(75), was };
        acme.store.write_blocking(move |tx| action::again(tx, tenant, id, again, at(70)))
    };
    let not_there = Err(StoreError::Stale { what: "the job" });
    assert_eq!(again(TenantId(99), "parked"), not_there, "another tenant's job is not there");
    assert_eq!(again(tenant, "done"), not_there, "it is not what it was taken for");
    assert_eq!(again(tenant, "parked"), Ok(()));
}

#[test]
fn callbacks_of_all_states_come_newest_first_page_by_page() {
    let acme = acme();
    for due in [20, 21, 22] {
        enqueue(&acme.store, acme.tenant, acme.alice, due);
    }
    let done = claim(&acme.store, "w1", 20).pop().expect("one");
    acme.store.write_blocking(move |tx| job::done(tx, &done, at(23))).expect("settled");
    let page = |tenant, before| {
        let read = acme.store.read_blocking(move |tx| action::callbacks(tx, tenant, job::JobId(before), 2));
        read.expect("read").into_iter().map(|job| (job.id.0, job.state)).collect::<Vec<_>>()
    };
    let row = |id: i64, state: &str| (id, state.to_owned());
    assert_eq!(page(acme.tenant, i64::MAX), [row(3, "pending"), row(2, "pending")]);
    assert_eq!(page(acme.tenant, 2), [row(1, "done")]);
    assert_eq!(page(acme.tenant, 1), []);
    assert_eq!(page(TenantId(99), i64::MAX), [], "nothing crosses tenants");
}

#[test]
fn a_call_that_was_told_of_twice_is_one_row_and_shows_its_newest_callback() {
    let acme = acme();
    enqueue(&acme.store, acme.tenant, acme.alice, 20);
    let told = claim(&acme.store, "w1", 20).pop().expect("one");
    acme.store.write_blocking(move |tx| job::done(tx, &told, at(21))).expect("delivered");
    enqueue(&acme.store, acme.tenant, acme.alice, 30);

    let (tenant, alice) = (acme.tenant, acme.alice);
    let seen = acme.store.read_blocking(move |tx| {
        let one = transaction::view(tx, tenant, TransactionId(1))?.expect("it is there");
        Ok((one.callback, transaction::last_of_agent(tx, tenant, alice, None, 10)?))
    });
    let (one, list) = seen.expect("read");
    let newest = transaction::CallbackView { state: "pending", attempts: 0 };
    assert_eq!(one, newest);
    let list: Vec<_> = list.into_iter().map(|call| (call.id, call.callback)).collect();
    assert_eq!(list, [(TransactionId(1), newest)]);
}
