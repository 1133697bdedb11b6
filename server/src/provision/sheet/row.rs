//! One row of a sheet of agents.
//!
//! Promises: a cell says of an agent what its key says in the tenant file; an empty cell is an absent key, but an empty
//! password keeps the one there is. Leaves to others: whether the values are right (`file`).

use super::super::file::KEEP;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ringbridge_core::redact::Secret;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// Random bytes of a password that is made: nobody guesses it, and it can still be typed.
const PASSWORD_BYTES: usize = 12;

/// The columns of the first phone with its keys.
const PHONE: [(&str, &str); 4] = [
    ("phone_uri", "uri"),
    ("phone_register", "register"),
    ("phone_password", "password"),
    ("auto_answer", "auto_answer"),
];

/// A row.
pub(super) struct Row {
    line: u64,
    cells: HashMap<String, String>,
}

impl Row {
    pub(super) fn of(line: u64, head: &[String], cells: &[&str]) -> Self {
        let pairs = head.iter().zip(cells).map(|(name, cell)| (name.clone(), (*cell).to_owned()));
        Self { line, cells: pairs.collect() }
    }

    pub(super) fn line(&self) -> u64 {
        self.line
    }

    pub(super) fn login(&self) -> &str {
        self.cell("login").unwrap_or_default()
    }

    /// The cell of a column that is there.
    fn cell(&self, column: &str) -> Option<&str> {
        self.cells.get(column).map(String::as_str)
    }

    /// Whether a password is to be hashed, as far as the row tells.
    pub(super) fn sets_password(&self) -> bool {
        self.cell("password").is_some_and(|cell| cell != KEEP && !cell.is_empty())
    }

    /// Looks at the cells that are numbers.
    pub(super) fn check(&self, mut wrong: impl FnMut(&str, String)) {
        for id in ids(self.cell("queues").unwrap_or_default()) {
            if let Value::String(text) = id {
                wrong("queues", format!("\"{text}\" is no number of a queue"));
            }
        }
        if let Some(Value::String(text)) = self.cell("dial_plan").filter(|cell| !cell.is_empty()).map(id) {
            wrong("dial_plan", format!("\"{text}\" is no number of a dial plan"));
        }
    }

    /// An agent as the row wants them; what it has no columns for stays.
    pub(super) fn changed(&self, agent: &Value) -> Value {
        let mut changed = agent.as_object().cloned().unwrap_or_default();
        for column in ["login", "name", "role", "caller_id", "external_username", "external_password"] {
            if let Some(cell) = self.cell(column) {
                set(&mut changed, column, cell);
            }
        }
        if let Some(cell) = self.cell("password").filter(|cell| !cell.is_empty()) {
            changed.insert("password".to_owned(), cell.into());
        }
        if let Some(cell) = self.cell("queues") {
            changed.insert("queues".to_owned(), ids(cell).collect());
        }
        if let Some(cell) = self.cell("dial_plan") {
            let value = if cell.is_empty() { Value::Null } else { id(cell) };
            changed.insert("dial_plan".to_owned(), value);
        }
        if PHONE.iter().any(|(column, _)| self.cell(column).is_some()) {
            self.change_phone(&mut changed);
        }
        Value::Object(changed)
    }

    /// Changes the first phone; those after it stay.
    fn change_phone(&self, agent: &mut Map<String, Value>) {
        let phones = agent.entry("phone").or_insert_with(|| json!([]));
        let Some(phones) = phones.as_array_mut() else { return };
        let was = phones.first().and_then(Value::as_object).cloned().unwrap_or_default();
        let mut phone = was.clone();
        for (column, key) in PHONE {
            if let Some(cell) = self.cell(column) {
                set(&mut phone, key, cell);
            }
        }
        let text = |phone: &Map<String, Value>, key: &str| {
            phone.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        // Whoever changes the name of a row's phone need not know its password; a phone of another kind has none.
        let name = text(&phone, "register");
        if !name.is_empty() && text(&phone, "password").is_empty() && name == text(&was, "register") {
            phone.insert("password".to_owned(), KEEP.into());
        }
        if name.is_empty() && self.cell("phone_password").is_none() {
            phone.remove("password");
        }
        let gone = name.is_empty() && text(&phone, "uri").is_empty() && text(&phone, "password").is_empty();
        match (gone, phones.first_mut()) {
            (true, Some(_)) => drop(phones.remove(0)),
            (true, None) => {}
            (false, Some(first)) => *first = Value::Object(phone),
            (false, None) => phones.push(Value::Object(phone)),
        }
    }
}

fn set(object: &mut Map<String, Value>, key: &str, cell: &str) {
    match cell {
        "" => drop(object.remove(key)),
        cell => drop(object.insert(key.to_owned(), cell.into())),
    }
}

/// The ids of queues in a cell, with blanks or semicolons between them; what is no number stays text.
fn ids(cell: &str) -> impl Iterator<Item = Value> + '_ {
    let parts = cell.split(|c: char| c.is_whitespace() || c == ';' || c == ',');
    parts.filter(|part| !part.is_empty()).map(id)
}

fn id(text: &str) -> Value {
    text.parse::<i64>().map_or_else(|_| text.into(), Value::from)
}

/// The cell of an agent in a column.
pub(super) fn cell(agent: &Value, column: &str) -> String {
    let phone_key = PHONE.iter().find(|(name, _)| *name == column).map(|(_, key)| *key);
    let value = match phone_key {
        Some(key) => agent.get("phone").and_then(|phones| phones.get(0)).and_then(|phone| phone.get(key)),
        None => agent.get(column),
    };
    match value {
        Some(Value::Array(ids)) => ids.iter().map(plain).collect::<Vec<_>>().join(" "),
        Some(value) => plain(value),
        None => String::new(),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A password nobody knows yet.
pub(super) fn password() -> Secret {
    Secret::new(URL_SAFE_NO_PAD.encode(crate::chance::bytes::<PASSWORD_BYTES>()))
}
