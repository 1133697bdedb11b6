//! Opening: what is refused leaves the file as it was, to the byte; what is new is made for the owner's eyes.

use super::super::revision;
use super::super::team::{self, Tally};
use super::super::{OpenError, Store};
use super::{at, open};
use ringbridge_core::call::{Call, EndReason, Initiator, Input, Terms};
use ringbridge_core::id::TenantId;
use ringbridge_core::tenant::WrapUpAfterFailed;
use ringbridge_core::wrap_up::Rules;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The file names and contents of a folder.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    entries
        .map(|entry| {
            let path = entry.expect("an entry").path();
            (path.clone(), fs::read(&path).expect("it can be read"))
        })
        .collect()
}

/// Tries to open and gives the sentence, after seeing that nothing in the folder changed.
fn refusal(folder: &TempDir) -> String {
    let before = contents(folder.path());
    let refused = Store::open("sqlite:ringbridge.db", folder.path()).expect_err("it is refused").to_string();
    assert_eq!(contents(folder.path()), before, "nothing was changed");
    refused.replace(&folder.path().display().to_string(), "DIR")
}

fn raw(folder: &TempDir) -> Connection {
    Connection::open(folder.path().join("ringbridge.db")).expect("it opens")
}

#[test]
fn a_new_database_is_made_for_the_owner_alone_and_opens_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("a").join("data");
    drop(Store::open("sqlite:ringbridge.db", &data).expect("it is made"));
    drop(Store::open("sqlite:ringbridge.db", &data).expect("it opens again"));
    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!((mode(&data), mode(&data.join("ringbridge.db"))), (0o700, 0o600));
}

#[test]
fn a_database_of_a_newer_version_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(open(&folder));
    raw(&folder).pragma_update(None, "user_version", 99).expect("set");
    let known = super::super::open::VERSION;
    assert_eq!(
        refusal(&folder),
        format!(
            "the database DIR/ringbridge.db is of version 99, this Ringbridge knows up to {known}; start the newer Ringbridge that wrote it, or restore a backup"
        )
    );
}

#[test]
fn files_of_others_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("ringbridge.db");
    let sentence = "DIR/ringbridge.db is no Ringbridge database; name another file in database.url";
    fs::write(&file, "Dear diary, this is longer than the header of a database, which is one hundred bytes long, or so they say.").expect("written");
    assert_eq!(refusal(&folder), sentence);
    fs::write(&file, "short").expect("written");
    assert_eq!(refusal(&folder), sentence);
    fs::remove_file(&file).expect("removed");
    raw(&folder).execute_batch("create table other (x)").expect("made");
    assert_eq!(refusal(&folder), sentence);
}

#[test]
fn damage_is_noticed_before_anything_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(open(&folder));
    let file = folder.path().join("ringbridge.db");
    let mut bytes = fs::read(&file).expect("read");
    // The second page is a table's or an index's root; the first one, with the header, stays as it is.
    bytes.get_mut(4096..8192).expect("there are pages").fill(0xA5);
    fs::write(&file, &bytes).expect("written");
    let refused = refusal(&folder);
    assert!(refused.starts_with("the database DIR/ringbridge.db is damaged ("), "{refused}");
    assert!(refused.ends_with("); restore it from a backup"), "{refused}");

    bytes.truncate(5000);
    fs::write(&file, &bytes).expect("written");
    let refused = refusal(&folder);
    assert!(refused.contains("is damaged"), "{refused}");
}

#[test]
fn a_folder_that_cannot_be_one_and_a_file_that_cannot_be_one_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("data"), "a file").expect("written");
    let refused = Store::open("sqlite:x.db", &folder.path().join("data")).expect_err("refused");
    assert!(matches!(refused, OpenError::Inaccessible { .. }), "{refused}");
    fs::create_dir(folder.path().join("ringbridge.db")).expect("made");
    let refused = Store::open("sqlite:ringbridge.db", folder.path()).expect_err("refused");
    assert!(matches!(refused, OpenError::Inaccessible { .. }), "{refused}");
}

#[test]
fn other_engines_are_refused_without_repeating_their_password() {
    let folder = tempfile::tempdir().expect("a folder");
    let refused = |url| Store::open(url, folder.path()).expect_err("refused").to_string();
    assert_eq!(
        refused("postgres://u:hunter2@db/x"),
        "database.url \"postgres:…\" is not supported by this build; use \"sqlite:FILE\""
    );
    assert_eq!(
        refused("sqlite:"),
        "database.url \"sqlite:\" is not supported by this build; use \"sqlite:FILE\""
    );
    assert!(refused("sqlite::memory:").contains("not supported"));
    assert_eq!(contents(folder.path()), BTreeMap::new());
}

#[test]
fn an_empty_file_left_by_a_start_that_was_cut_short_is_taken() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("ringbridge.db"), "").expect("written");
    drop(open(&folder));
    raw(&folder).execute_batch("select count(*) from txn").expect("the schema is there");
}

#[test]
fn a_database_of_the_first_version_is_brought_forward_with_all_it_holds() {
    let folder = tempfile::tempdir().expect("a folder");
    let before = raw(&folder);
    before.execute_batch(include_str!("../../../migrations/0001_start.sql")).expect("the first schema");
    before
        .execute_batch(
            "insert into tenant (id, name, settings, version) values (1, 'acme', '{}', 1);
             insert into agent (id, tenant_id, login, password_hash, profile, active) values (1, 1, 'a', '', '{}', 1);
             insert into txn (id, guid, tenant_id, agent_id, number, caller_id, state, live, link, call, bridge,
                              created_at, version) values (1, 'g', 1, 1, '1', '1', 'completed', 0, '{}', '{}', '', 1, 1);
             insert into job (tenant_id, agent_id, transaction_id, kind, lane, body, state, attempt, due_at,
                              leased_until, lease, created_at)
             values (1, 1, 1, 'callback', 'callback:1:x', '{}', 'pending', 3, 5, 0, '', 1);
             pragma application_id = 1380082791; pragma user_version = 1;",
        )
        .expect("rows of the first version");
    drop(before);
    let store = open(&folder);
    let jobs = store.read_blocking(|tx| {
        super::super::action::of_transaction(
            tx,
            ringbridge_core::id::TenantId(1),
            ringbridge_core::id::TransactionId(1),
        )
    });
    let jobs = jobs.expect("read");
    assert_eq!(
        jobs.iter().map(|job| (job.kind.as_str(), job.attempts)).collect::<Vec<_>>(),
        [("callback", 3)]
    );
}

#[test]
fn a_database_from_before_the_screens_is_brought_forward_and_its_calls_stand_in_the_charts() {
    let folder = tempfile::tempdir().expect("a folder");
    let before = raw(&folder);
    for step in [
        include_str!("../../../migrations/0001_start.sql"),
        include_str!("../../../migrations/0002_actions.sql"),
        include_str!("../../../migrations/0003_screen_pop.sql"),
    ] {
        before.execute_batch(step).expect("the schema of the last release");
    }
    let mut over = Call::new();
    let rules = Rules { seconds: 0, after_failed: WrapUpAfterFailed::Full, lists: vec![] };
    let terms =
        Terms { ring_agent_seconds: 30, ring_customer_seconds: 60, talk_seconds_max: 60, wrap_up: rules };
    over.handle(&terms, Input::End(Initiator::Agent), at(1));
    let [begun, over] = [Call::new(), over].map(|call| serde_json::to_string(&call).expect("a call is JSON"));
    before
        .execute_batch(&format!(
            "insert into tenant (id, name, settings, version) values (1, 'acme', '{{}}', 1);
             insert into agent (id, tenant_id, login, password_hash, profile, active) values (1, 1, 'a', '', '{{}}', 1);
             insert into txn (id, guid, tenant_id, agent_id, number, caller_id, state, live, link, call, bridge,
                              created_at, version)
             values (1, 'over', 1, 1, '1', '1', 'completed', 0, '{{}}', '{over}', '', 1, 1),
                    (2, 'begun', 1, 1, '1', '1', 'admitted', 1, '{{}}', '{begun}', '', 2, 1);
             insert into journal (tenant_id, agent_id, at, kind, body) values (1, 1, 5, 'click.refused', '{{}}');
             pragma application_id = 1380082791; pragma user_version = 3;",
        ))
        .expect("rows of the last release");
    drop(before);
    let store = open(&folder);
    let (tallies, refused, revisions) = store
        .read_blocking(|tx| {
            let acme = TenantId(1);
            Ok((
                team::tallies(tx, acme, at(0)..at(3600))?,
                team::refused_clicks(tx, acme, at(0), 10)?.len(),
                revision::page(tx, acme, None, 10)?.len(),
            ))
        })
        .expect("read");
    let tally = |reason: Option<EndReason>| Tally {
        hour: at(0),
        end_reason: reason.map(|reason| reason.as_str().to_owned()),
        answered: 0,
        calls: 1,
    };
    assert_eq!(tallies, [tally(None), tally(Some(EndReason::Cancelled))]);
    assert_eq!((refused, revisions), (1, 0));
}
