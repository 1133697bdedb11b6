//! What was answered stays: commits are synced before their answer, and a process that dies loses nothing.
//!
//! `kill -9` is stood in for by a copy of the files taken while the store is open: what a dead process leaves behind.

use super::super::{Store, meta};
use super::{acme, open};
use std::fs;

#[test]
fn what_was_answered_is_there_after_a_death_without_a_close() {
    let acme = acme();
    for number in 0..20 {
        acme.store
            .write_blocking(move |tx| meta::insert(tx, &format!("unit{number}"), "x"))
            .expect("written");
    }
    let copy = tempfile::tempdir().expect("a folder");
    for name in ["ringbridge.db", "ringbridge.db-wal"] {
        fs::copy(acme.folder.path().join(name), copy.path().join(name)).expect("copied");
    }
    let revived = open(&copy);
    let count = revived.read_blocking(|tx| tx.query("select name from meta where name like 'unit%'", &[]));
    assert_eq!(count.expect("rows").len(), 20);
}

#[test]
fn synchronous_is_full_on_the_writer_and_stays_so() {
    let acme = acme();
    let level = |store: &Store| {
        let rows = store.write_blocking(|tx| tx.query("select synchronous from pragma_synchronous", &[]));
        rows.expect("rows").first().map(|row| row.int("synchronous"))
    };
    assert_eq!(level(&acme.store), Some(Ok(2)));
    let again = open(&acme.folder);
    assert_eq!(level(&again), Some(Ok(2)));
}

#[test]
fn closing_finishes_what_waits() {
    let acme = acme();
    let answers: Vec<_> = (0..100)
        .map(|number| {
            acme.store.inner.writer.submit(move |tx| meta::insert(tx, &format!("unit{number}"), "x"))
        })
        .collect();
    drop(acme.store);
    for answer in answers {
        assert_eq!(answer.expect("it was taken").blocking_recv(), Ok(Ok(())));
    }
}

#[test]
fn another_process_may_write_beside_the_server() {
    let acme = acme();
    let provision = open(&acme.folder);
    for number in 0..50 {
        let writer = if number % 2 == 0 { &acme.store } else { &provision };
        writer.write_blocking(move |tx| meta::insert(tx, &format!("unit{number}"), "x")).expect("written");
    }
    let seen = acme.store.read_blocking(|tx| tx.query("select name from meta where name like 'unit%'", &[]));
    assert_eq!(seen.expect("rows").len(), 50);
}
