//! JSON documents, read as files are: what a form or a program sends.
//!
//! Promises: each value knows the way to it and the words for it; `null` is as if the key were not there. Leaves to others:
//! what the keys mean.

use super::{Document, Field, Item, Node, Place};
use serde_json::Value;
use std::fmt;
use std::sync::Arc;

/// A step on the way to a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Into a list; the first item is 0.
    Index(usize),
    /// Into a table.
    Key(Arc<str>),
}

/// The way to a value from the document's root. Shown, it is what people call the place: `agent alice phone 1 uri`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Way {
    steps: Arc<[Step]>,
    said: Arc<str>,
}

/// What names an item of a list for people, in this order; else its number does.
const NAMES: [&str; 5] = ["id", "number", "login", "short", "name"];

impl Way {
    fn root() -> Self {
        Self { steps: Arc::from([]), said: Arc::from("") }
    }

    /// The steps.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Whether there is nothing to say: it is the document itself.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.steps.is_empty()
    }

    /// One step on, to a key.
    pub(super) fn key(&self, key: &str) -> Self {
        self.on(Step::Key(key.into()), key)
    }

    /// One step on, to an item that is a table: `agents` of the way so far, called by its name.
    fn item(&self, kind: &str, index: usize, name: Option<String>) -> Self {
        let name = name.unwrap_or_else(|| (index + 1).to_string());
        let key = self.key(kind);
        Self { said: self.with(&format!("{} {name}", kind.replace('_', " "))), ..key.index(index) }
    }

    /// One step on, to an item that is no table: people call it what they call the list.
    fn index(&self, index: usize) -> Self {
        let steps = self.steps.iter().cloned().chain([Step::Index(index)]).collect();
        Self { steps, said: Arc::clone(&self.said) }
    }

    fn on(&self, step: Step, word: &str) -> Self {
        Self { steps: self.steps.iter().cloned().chain([step]).collect(), said: self.with(word) }
    }

    fn with(&self, word: &str) -> Arc<str> {
        if self.said.is_empty() { word.into() } else { format!("{} {word}", self.said).into() }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_root() { "the document" } else { &self.said })
    }
}

impl Document {
    /// Takes a JSON document.
    #[must_use]
    pub fn of_json(value: &Value) -> Self {
        Self { root: node(value, Way::root()) }
    }
}

fn node(value: &Value, way: Way) -> Node {
    let item = match value {
        Value::Array(values) => {
            Item::List(values.iter().enumerate().map(|(at, value)| node(value, way.index(at))).collect())
        }
        Value::Bool(flag) => Item::Flag(*flag),
        Value::Null => Item::Other,
        Value::Number(number) => number.as_i64().map_or(Item::Other, Item::Whole),
        Value::Object(object) => {
            let given = object.iter().filter(|(_, value)| !value.is_null());
            Item::Table(given.map(|(key, value)| field(key, value, &way)).collect())
        }
        Value::String(text) => Item::Text(text.clone()),
    };
    Node { place: Place::Field(way), item }
}

fn field(key: &str, value: &Value, table: &Way) -> Field {
    let way = table.key(key);
    let node = match value {
        Value::Array(values) => {
            let items = values.iter().enumerate().map(|(at, value)| match value {
                Value::Object(_) => node(value, table.item(key, at, name(value))),
                Value::Array(_) | Value::Bool(_) | Value::Null | Value::Number(_) | Value::String(_) => {
                    node(value, way.index(at))
                }
            });
            Node { place: Place::Field(way.clone()), item: Item::List(items.collect()) }
        }
        Value::Bool(_) | Value::Null | Value::Number(_) | Value::Object(_) | Value::String(_) => {
            node(value, way.clone())
        }
    };
    Field { name: key.to_owned(), place: Place::Field(way), node }
}

fn name(item: &Value) -> Option<String> {
    NAMES.iter().find_map(|key| match item.get(key)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(_) | Value::Bool(_) | Value::Null | Value::Object(_) | Value::String(_) => None,
    })
}
