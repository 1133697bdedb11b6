//! Facts about the whole database, by name: the key check value, for example.
//!
//! Promises: a fact is written once and never changed by accident. Leaves to others: what the facts mean.

use super::{StoreError, Tx, Value};

/// Reads a fact.
pub fn get(tx: &mut Tx<'_>, name: &str) -> Result<Option<String>, StoreError> {
    let row = tx.first("select value from meta where name = $1", &[name.into()])?;
    row.map(|row| row.text("value")).transpose()
}

/// Writes a fact that is not there yet.
///
/// # Errors
/// [`StoreError::Conflict`] if it is there.
pub fn insert(tx: &mut Tx<'_>, name: &str, value: &str) -> Result<(), StoreError> {
    let values: [Value; 2] = [name.into(), value.into()];
    tx.execute("insert into meta (name, value) values ($1, $2)", &values)?;
    Ok(())
}
