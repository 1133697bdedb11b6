//! Every statement in this folder is prepared on the real engine, and none walks through a table that grows.

use super::super::open;
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The texts of all statements: the string literals of this folder that begin like one.
fn statements() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("source is text");
        for literal in text.split('"').skip(1).step_by(2) {
            let verbs = ["select ", "insert ", "update ", "delete "];
            if verbs.iter().any(|verb| literal.starts_with(verb)) {
                found.insert(literal.to_owned());
            }
        }
    }
    found
}

/// A database with this build's schema.
fn schema() -> (tempfile::TempDir, Connection) {
    let folder = tempfile::tempdir().expect("a folder");
    drop(super::open(&folder));
    let file = open::file_of("sqlite:ringbridge.db", folder.path()).expect("a file");
    let connection = Connection::open(file).expect("it opens");
    (folder, connection)
}

#[test]
fn every_statement_prepares_on_the_real_engine_and_numbers_its_parameters() {
    let (_folder, connection) = schema();
    let statements = statements();
    assert!(statements.len() > 60, "the scan finds the statements: {}", statements.len());
    for sql in &statements {
        let prepared = connection.prepare(sql).unwrap_or_else(|error| panic!("{error} in: {sql}"));
        for place in 1..=prepared.parameter_count() {
            let name = prepared.parameter_name(place).unwrap_or_default();
            assert!(name.starts_with('$'), "PostgreSQL numbers its parameters: {name} in: {sql}");
        }
    }
}

#[test]
fn no_statement_walks_through_a_table_that_grows_for_ever() {
    let (_folder, connection) = schema();
    let mut walks = BTreeSet::new();
    // Of inserts the plan shows looks for children of a new parent, which the engine leaves out while none is missing one.
    for sql in statements().iter().filter(|sql| !sql.starts_with("insert")) {
        let mut plan = connection.prepare(&format!("explain query plan {sql}")).expect("it prepares");
        for place in 1..=plan.parameter_count() {
            plan.raw_bind_parameter(place, 1).expect("it binds");
        }
        let mut rows = plan.raw_query();
        while let Some(row) = rows.next().expect("a plan") {
            let step: String = row.get(3).expect("a sentence");
            let walked = step.strip_prefix("SCAN ").unwrap_or_default();
            if ["journal", "txn", "job"].iter().any(|table| walked.split(' ').next() == Some(table)) {
                let verb: Vec<_> = sql.split_whitespace().take(3).collect();
                walks.insert(format!("{}: {walked}", verb.join(" ")));
            }
        }
    }
    let walks: Vec<_> = walks.iter().map(String::as_str).collect();
    assert_eq!(
        walks,
        [
            // Taking an agent out looks whether a job is theirs; that is rare.
            "delete from agent: job",
            // What doctor counts.
            "select coalesce(sum(case state: job",
            // The open transactions: the index holds nothing else.
            "select id, guid,: txn USING INDEX txn_unfinished",
            // What the metrics count: the indices hold nothing but what is open.
            "select kind, state,: job USING INDEX job_leased",
            "select kind, state,: job USING INDEX job_parked",
            // The jobs that wait: the index holds nothing else.
            "update job set: job USING INDEX job_lane",
        ]
    );
}

#[test]
fn what_is_asked_often_is_read_through_an_index_that_holds_nothing_else() {
    let (_folder, connection) = schema();
    for (words, index) in [
        ("kind in ('click.asked', 'click.refused')", "journal_click"),
        ("kind = 'callback' and id <", "job_callback"),
        ("agent_id = $1 and completed_at is null", "txn_agent_open"),
        ("completed_at > ended_at", "txn_agent_freed"),
    ] {
        let found: Vec<_> = statements().into_iter().filter(|sql| sql.contains(words)).collect();
        let [sql] = found.as_slice() else { panic!("{words}: {found:?}") };
        let mut plan = connection.prepare(&format!("explain query plan {sql}")).expect("it prepares");
        for place in 1..=plan.parameter_count() {
            plan.raw_bind_parameter(place, 1).expect("it binds");
        }
        let mut steps: Vec<String> = Vec::new();
        let mut rows = plan.raw_query();
        while let Some(row) = rows.next().expect("a plan") {
            steps.push(row.get(3).expect("a sentence"));
        }
        assert!(steps.iter().any(|step| step.contains(index)), "{steps:?}");
    }
}
