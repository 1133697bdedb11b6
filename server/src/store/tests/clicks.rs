//! One click is one call, and an agent has one call: held by the database (semantics 1.11, 1.12).

use super::super::recent_click::{self, Key};
use super::super::{StoreError, Tx, transaction};
use super::{Fixture, acme, at, click};
use ringbridge_core::call::Input;
use ringbridge_core::call::{Call, Initiator, Terms};
use ringbridge_core::id::{AgentId, TenantId, TransactionId};
use ringbridge_core::tenant::WrapUpAfterFailed;
use ringbridge_core::wrap_up::Rules;

fn keys() -> Vec<Key> {
    vec![
        Key { text: "k:5f1d".to_owned(), expires_at: at(1010) },
        Key { text: "r:7".to_owned(), expires_at: at(90_000) },
    ]
}

/// A click as the switchboard writes it: find the same one, else insert and remember.
fn place(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    agent: AgentId,
    name: &str,
    now: i64,
) -> Result<TransactionId, StoreError> {
    if let Some(same) = recent_click::find(tx, tenant, agent, &keys(), at(now))? {
        return Ok(same);
    }
    let id = transaction::insert(tx, &click(tenant, agent, name))?;
    recent_click::remember(tx, tenant, agent, &keys(), id, at(now))?;
    Ok(id)
}

#[test]
fn rule_1_12_two_hundred_same_clicks_at_once_are_one_transaction() {
    let acme = acme();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("a runtime");
    let placed = runtime.block_on(async {
        let mut clicks = tokio::task::JoinSet::new();
        for number in 0..200 {
            let (store, tenant, alice) = (acme.store.clone(), acme.tenant, acme.alice);
            clicks.spawn(async move {
                store.write(move |tx| place(tx, tenant, alice, &format!("{number}"), 1000)).await
            });
        }
        clicks.join_all().await
    });
    assert_eq!(placed, vec![Ok(TransactionId(1)); 200]);
    let count = acme.store.read_blocking(|tx| tx.query("select id from txn", &[]));
    assert_eq!(count.expect("rows").len(), 1);
}

#[test]
fn rule_1_12_the_same_click_counts_again_when_its_window_is_over_but_its_request_id_still_stands() {
    let Fixture { store, folder: _folder, tenant, alice, .. } = acme();
    let first = store.write_blocking(move |tx| place(tx, tenant, alice, "a", 1000));
    let later = store.read_blocking(move |tx| {
        let [record, request] = keys().try_into().expect("two keys");
        Ok((
            recent_click::find(tx, tenant, alice, std::slice::from_ref(&record), at(1009))?,
            recent_click::find(tx, tenant, alice, &[record], at(1010))?,
            recent_click::find(tx, tenant, alice, &[request], at(1010))?,
        ))
    });
    assert_eq!(first, Ok(TransactionId(1)));
    assert_eq!(later, Ok((Some(TransactionId(1)), None, Some(TransactionId(1)))));
}

#[test]
fn remembering_under_a_key_that_was_taken_fails_and_under_one_that_expired_succeeds() {
    let Fixture { store, folder: _folder, tenant, alice, bob } = acme();
    let first = store.write_blocking(move |tx| place(tx, tenant, alice, "a", 1000)).expect("placed");
    let taken =
        store.write_blocking(move |tx| recent_click::remember(tx, tenant, alice, &keys(), first, at(1005)));
    assert_eq!(taken, Err(StoreError::Stale { what: "the recent click" }));
    let expired =
        store.write_blocking(move |tx| recent_click::remember(tx, tenant, alice, &keys(), first, at(90_000)));
    assert_eq!(expired, Ok(()));
    let left = store.write_blocking(move |tx| recent_click::remove_expired(tx, at(90_001)));
    assert_eq!(left, Ok(2), "they expired as they were remembered");
    let others = store.write_blocking(move |tx| place(tx, tenant, bob, "b", 1000));
    assert_eq!(others, Ok(TransactionId(2)));
}

#[test]
fn rule_1_11_a_second_live_call_of_an_agent_is_refused_by_the_index() {
    let Fixture { store, folder: _folder, tenant, alice, bob } = acme();
    let first = store.write_blocking(move |tx| transaction::insert(tx, &click(tenant, alice, "a")));
    assert_eq!(first, Ok(TransactionId(1)));
    let second = store.write_blocking(move |tx| transaction::insert(tx, &click(tenant, alice, "b")));
    assert!(second.expect_err("refused").is_second_live_call());
    let same_guid = store.write_blocking(move |tx| transaction::insert(tx, &click(tenant, bob, "a")));
    assert_eq!(same_guid, Err(StoreError::Conflict { rule: "txn.guid".to_owned() }));

    let mut over = Call::new();
    let rules = Rules { seconds: 0, after_failed: WrapUpAfterFailed::Full, lists: vec![] };
    let terms =
        Terms { ring_agent_seconds: 30, ring_customer_seconds: 60, talk_seconds_max: 60, wrap_up: rules };
    over.handle(&terms, Input::End(Initiator::Agent), at(1003));
    let next = store.write_blocking(move |tx| {
        transaction::update(tx, TransactionId(1), transaction::Version::FIRST, &over, "{}", at(1003))?;
        transaction::insert(tx, &click(tenant, alice, "c"))
    });
    assert!(next.is_ok(), "{next:?}");
}
