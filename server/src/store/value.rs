//! What goes into and comes out of the database: three kinds of value, and rows read by column name.
//!
//! Promises: no driver type leaves `store`; a row that cannot be read names its column. Leaves to others: what the
//! columns mean (the noun files).

use super::StoreError;
use ringbridge_core::time::Timestamp;
use std::sync::Arc;

/// A value of a column: the three kinds that SQLite and PostgreSQL treat alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number: ids, counts, flags (0 or 1), milliseconds since 1970.
    Int(i64),
    /// Nothing.
    Null,
    /// Text, JSON included.
    Text(String),
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Timestamp> for Value {
    fn from(moment: Timestamp) -> Self {
        Self::Int(moment.as_millis())
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(maybe: Option<T>) -> Self {
        maybe.map_or(Self::Null, Into::into)
    }
}

/// One row of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub(super) columns: Arc<[String]>,
    pub(super) values: Vec<Value>,
}

impl Row {
    /// The value of a column.
    fn value(&self, column: &str) -> Result<&Value, StoreError> {
        let place = self.columns.iter().position(|name| name == column);
        place.and_then(|place| self.values.get(place)).ok_or_else(|| self.unreadable(column, "is missing"))
    }

    /// The error for a column that is not what it should be.
    pub(super) fn unreadable(&self, column: &str, what: &str) -> StoreError {
        let key = match (self.columns.first(), self.values.first()) {
            (Some(name), Some(Value::Int(number))) => format!("{name} {number}"),
            (Some(name), Some(Value::Text(text))) => format!("{name} {text}"),
            (_, _) => "a row".to_owned(),
        };
        StoreError::Unreadable { row: key, column: column.to_owned(), what: what.to_owned() }
    }

    /// A number.
    pub fn int(&self, column: &str) -> Result<i64, StoreError> {
        match self.value(column)? {
            Value::Int(number) => Ok(*number),
            Value::Null | Value::Text(_) => Err(self.unreadable(column, "is no number")),
        }
    }

    /// A number or nothing.
    pub fn optional_int(&self, column: &str) -> Result<Option<i64>, StoreError> {
        match self.value(column)? {
            Value::Null => Ok(None),
            Value::Int(number) => Ok(Some(*number)),
            Value::Text(_) => Err(self.unreadable(column, "is no number")),
        }
    }

    /// Text.
    pub fn text(&self, column: &str) -> Result<String, StoreError> {
        match self.value(column)? {
            Value::Text(text) => Ok(text.clone()),
            Value::Null | Value::Int(_) => Err(self.unreadable(column, "is no text")),
        }
    }

    /// Text or nothing.
    pub fn optional_text(&self, column: &str) -> Result<Option<String>, StoreError> {
        match self.value(column)? {
            Value::Null => Ok(None),
            Value::Text(text) => Ok(Some(text.clone())),
            Value::Int(_) => Err(self.unreadable(column, "is no text")),
        }
    }

    /// A moment.
    pub fn moment(&self, column: &str) -> Result<Timestamp, StoreError> {
        self.int(column).map(Timestamp::from_millis)
    }

    /// A moment or nothing.
    pub fn optional_moment(&self, column: &str) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.optional_int(column)?.map(Timestamp::from_millis))
    }

    /// JSON kept as text.
    pub fn json(&self, column: &str) -> Result<serde_json::Value, StoreError> {
        serde_json::from_str(&self.text(column)?).map_err(|_| self.unreadable(column, "is no JSON"))
    }

    /// Digits of a number or caller ID.
    pub fn digits(&self, column: &str) -> Result<ringbridge_core::redact::Digits, StoreError> {
        ringbridge_core::redact::Digits::new(&self.text(column)?)
            .ok_or_else(|| self.unreadable(column, "is not 1 to 32 digits"))
    }
}
