//! Units of work: batched commits, savepoints, panics, waking, consistent reads.

use super::super::{StoreError, journal, meta};
use super::{acme, at};
use ringbridge_core::id::Seq;
use std::sync::mpsc;

fn names(store: &super::Store) -> Vec<String> {
    store
        .read_blocking(|tx| {
            let rows = tx.query("select name from meta where name like 'unit%' order by name", &[])?;
            rows.iter().map(|row| row.text("name")).collect()
        })
        .expect("names")
}

#[test]
fn many_writers_at_once_all_commit() {
    let acme = acme();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("a runtime");
    runtime.block_on(async {
        let mut writers = tokio::task::JoinSet::new();
        for number in 0..500 {
            let store = acme.store.clone();
            writers.spawn(async move {
                store.write(move |tx| meta::insert(tx, &format!("unit{number:03}"), "x")).await
            });
        }
        while let Some(done) = writers.join_next().await {
            assert_eq!(done.expect("the task ends"), Ok(()));
        }
    });
    assert_eq!(names(&acme.store), (0..500).map(|number| format!("unit{number:03}")).collect::<Vec<_>>());
}

#[test]
fn a_unit_that_fails_is_rolled_back_alone_in_its_batch() {
    let acme = acme();
    // The first unit holds the writer until the others wait, so that they become one batch.
    let (release, held) = mpsc::channel::<()>();
    let runtime = tokio::runtime::Builder::new_multi_thread().build().expect("a runtime");
    let answers = runtime.block_on(async {
        let hold = tokio::spawn({
            let store = acme.store.clone();
            async move {
                store
                    .write(move |_| {
                        let _ = held.recv();
                        Ok(())
                    })
                    .await
            }
        });
        let mut waiting = Vec::new();
        for number in 0..4 {
            waiting.push(
                acme.store
                    .inner
                    .writer
                    .submit(move |tx| {
                        meta::insert(tx, &format!("unit{number}"), "x")?;
                        match number {
                            1 => Err(StoreError::Stale { what: "the test" }),
                            2 => panic!("a unit that panics"),
                            _ => Ok(number),
                        }
                    })
                    .expect("there is room"),
            );
        }
        release.send(()).expect("the first unit waits");
        hold.await.expect("the task ends").expect("the first unit commits");
        let mut answers = Vec::new();
        for answer in waiting {
            answers.push(answer.await.expect("an answer"));
        }
        answers
    });
    assert_eq!(
        answers,
        [Ok(0), Err(StoreError::Stale { what: "the test" }), Err(StoreError::Panicked), Ok(3)]
    );
    assert_eq!(names(&acme.store), ["unit0", "unit3"]);
}

#[test]
fn a_unit_that_waits_behind_a_full_queue_is_refused_at_once() {
    let acme = acme();
    let (release, held) = mpsc::channel::<()>();
    let first = acme.store.inner.writer.submit(move |_| {
        let _ = held.recv();
        Ok(())
    });
    let mut kept = Vec::new();
    let refused = loop {
        match acme.store.inner.writer.submit(|_| Ok(())) {
            Ok(answer) => kept.push(answer),
            Err(error) => break error,
        }
    };
    assert_eq!(refused, StoreError::Overloaded);
    release.send(()).expect("the first unit waits");
    assert_eq!(first.expect("it was taken").blocking_recv(), Ok(Ok(())));
    for answer in kept {
        assert_eq!(answer.blocking_recv(), Ok(Ok(())));
    }
}

#[test]
fn followers_are_woken_after_the_commit_and_not_for_what_was_rolled_back() {
    let acme = acme();
    let mut wake = acme.store.wake();
    let tenant = acme.tenant;
    let entry = move |kind| journal::NewEntry {
        tenant: Some(tenant),
        agent: None,
        transaction: None,
        at: at(1),
        kind,
        body: serde_json::json!({}),
    };
    let failed = acme.store.write_blocking(move |tx| {
        journal::append(tx, &entry("never.was"))?;
        Err::<(), _>(StoreError::Stale { what: "the test" })
    });
    assert_eq!(failed, Err(StoreError::Stale { what: "the test" }));
    assert!(!wake.has_changed().expect("the store is open"));

    let seq =
        acme.store.write_blocking(move |tx| journal::append(tx, &entry("agent.login"))).expect("written");
    assert_eq!(seq, Seq(1));
    assert!(wake.has_changed().expect("the store is open"));
    assert_eq!(*wake.borrow_and_update(), Seq(1));
    let kinds =
        acme.store.read_blocking(move |tx| journal::after(tx, Seq(0), journal::Filter::Tenant(tenant), 10));
    assert_eq!(kinds.expect("read").into_iter().map(|entry| entry.kind).collect::<Vec<_>>(), ["agent.login"]);
}

#[test]
fn a_read_cannot_write() {
    let acme = acme();
    let written = acme.store.read_blocking(|tx| meta::insert(tx, "unit", "x"));
    assert_eq!(written, Err(StoreError::Database("attempt to write a readonly database".to_owned())));
}

#[test]
fn the_last_clone_may_go_inside_a_unit() {
    let acme = acme();
    let (clone, other) = (acme.store.clone(), acme.store.clone());
    drop(acme.store);
    let answer = other.inner.writer.submit(move |_| {
        drop(clone);
        Ok(())
    });
    drop(other);
    assert_eq!(answer.expect("it was taken").blocking_recv(), Ok(Ok(())));
}
