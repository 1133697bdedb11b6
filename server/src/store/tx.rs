//! One transaction as the noun files see it: statements with `$n` parameters, nothing of the driver.
//!
//! Promises: statements are prepared once for each connection and kept; parameters are bound by their number, as
//! PostgreSQL does it. Leaves to others: beginning and committing (`writer`, `reader`), and the statements themselves.

use super::{Row, StoreError, Value};
use ringbridge_core::id::Seq;
use rusqlite::Connection;
use rusqlite::types::{ToSqlOutput, ValueRef};
use std::sync::Arc;

/// A running transaction. Whoever has one may run any number of statements; they are all kept or none of them.
pub struct Tx<'a> {
    connection: &'a Connection,
    /// The newest journal entry appended here, so that its readers can be woken after the commit.
    appended: Option<Seq>,
}

impl<'a> Tx<'a> {
    pub(super) fn new(connection: &'a Connection) -> Self {
        Self { connection, appended: None }
    }

    /// Runs a statement that answers no rows; gives the number of rows it changed.
    pub fn execute(&mut self, sql: &'static str, parameters: &[Value]) -> Result<u64, StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        bind(&mut statement, parameters)?;
        Ok(statement.raw_execute()? as u64)
    }

    /// Runs a statement and gives its rows. The caller limits them in its SQL.
    pub fn query(&mut self, sql: &'static str, parameters: &[Value]) -> Result<Vec<Row>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        bind(&mut statement, parameters)?;
        let columns: Arc<[String]> = statement.column_names().map(str::to_owned).collect();
        let mut answer = Vec::new();
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            let mut values = Vec::with_capacity(columns.len());
            for place in 0..columns.len() {
                values.push(match row.get_ref(place)? {
                    ValueRef::Null => Value::Null,
                    ValueRef::Integer(number) => Value::Int(number),
                    ValueRef::Text(bytes) => Value::Text(String::from_utf8_lossy(bytes).into_owned()),
                    ValueRef::Real(_) | ValueRef::Blob(_) => {
                        let column = columns.get(place).cloned().unwrap_or_default();
                        let what = "is neither number nor text".to_owned();
                        return Err(StoreError::Unreadable { row: "a row".to_owned(), column, what });
                    }
                });
            }
            answer.push(Row { columns: columns.clone(), values });
        }
        Ok(answer)
    }

    /// The first row of a statement's answer, if there is one.
    pub fn first(&mut self, sql: &'static str, parameters: &[Value]) -> Result<Option<Row>, StoreError> {
        Ok(self.query(sql, parameters)?.into_iter().next())
    }

    /// Runs a guarded update: no changed row means that someone else was faster.
    pub fn guarded(
        &mut self,
        what: &'static str,
        sql: &'static str,
        parameters: &[Value],
    ) -> Result<(), StoreError> {
        match self.execute(sql, parameters)? {
            0 => Err(StoreError::Stale { what }),
            _ => Ok(()),
        }
    }

    pub(super) fn note_appended(&mut self, seq: Seq) {
        self.appended = Some(seq);
    }

    pub(super) fn appended(&self) -> Option<Seq> {
        self.appended
    }
}

/// Binds `$1`, `$2`, … by their number: SQLite itself would count them by first appearance.
fn bind(statement: &mut rusqlite::Statement<'_>, parameters: &[Value]) -> Result<(), StoreError> {
    for place in 1..=statement.parameter_count() {
        let number = statement.parameter_name(place).and_then(|name| name.strip_prefix('$')?.parse().ok());
        let value = number.and_then(|number: usize| parameters.get(number.checked_sub(1)?));
        let Some(value) = value else {
            return Err(StoreError::Database(format!("parameter {place} of a statement has no value")));
        };
        statement.raw_bind_parameter(
            place,
            ToSqlOutput::Borrowed(match value {
                Value::Null => ValueRef::Null,
                Value::Int(number) => ValueRef::Integer(*number),
                Value::Text(text) => ValueRef::Text(text.as_bytes()),
            }),
        )?;
    }
    Ok(())
}
