//! The server's database, read from outside: the ledger that tests judge against what they were told over HTTP.
//!
//! Promises: reads only. Leaves to others: the schema, which is the server's.

use crate::server::Server;
use rusqlite::{Connection, OpenFlags};
use std::collections::BTreeMap;

/// The open database.
pub struct Ledger(Connection);

impl Ledger {
    /// Opens the server's database beside it.
    #[must_use]
    pub fn of(server: &Server) -> Self {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection =
            Connection::open_with_flags(server.data().join("ringbridge.db"), flags).expect("the database");
        connection.busy_timeout(std::time::Duration::from_secs(5)).expect("a time-out");
        Self(connection)
    }

    /// How many transactions are in each state.
    #[must_use]
    pub fn states(&self) -> BTreeMap<String, i64> {
        let mut statement =
            self.0.prepare("select state, count(*) from txn group by state").expect("the schema");
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("rows");
        rows.map(|row| row.expect("a row")).collect()
    }

    /// The transactions in one state.
    #[must_use]
    pub fn count(&self, state: &str) -> i64 {
        self.states().get(state).copied().unwrap_or(0)
    }

    /// For each transaction: its state and how often its completion stands in the journal.
    #[must_use]
    pub fn completions(&self) -> BTreeMap<i64, (String, i64)> {
        let sql = "select t.id, t.state, (select count(*) from journal j where j.transaction_id = t.id \
                   and j.kind = 'transaction.completed') from txn t";
        let mut statement = self.0.prepare(sql).expect("the schema");
        let rows =
            statement.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?)))).expect("rows");
        rows.map(|row| row.expect("a row")).collect()
    }

    /// How many journal entries there are of one kind whose body holds this text.
    #[must_use]
    pub fn entries(&self, kind: &str, text: &str) -> i64 {
        let sql = "select count(*) from journal where kind = ?1 and instr(body, ?2) > 0";
        self.0.query_row(sql, [kind, text], |row| row.get(0)).expect("the schema")
    }

    /// The result and the error string of every transaction that has them.
    #[must_use]
    pub fn results(&self) -> BTreeMap<i64, (String, String)> {
        let sql = "select id, result_code, error_string from txn where result_code is not null";
        let mut statement = self.0.prepare(sql).expect("the schema");
        let rows =
            statement.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?)))).expect("rows");
        rows.map(|row| row.expect("a row")).collect()
    }

    /// How many jobs were tried more than once.
    #[must_use]
    pub fn repeated(&self) -> i64 {
        self.0
            .query_row("select count(*) from job where attempt > 1", [], |row| row.get(0))
            .expect("the schema")
    }

    /// The jobs that were not done yet.
    #[must_use]
    pub fn jobs_waiting(&self) -> i64 {
        self.0
            .query_row("select count(*) from job where state = 'pending'", [], |row| row.get(0))
            .expect("the schema")
    }
}
