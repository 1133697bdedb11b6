//! Documents read with places: every value of a TOML file knows its line, every value of a JSON document the way to it, so
//! that whoever wrote it is told where it is wrong.
//!
//! Promises: unknown keys and wrong types are reported with their place, all of them in one run; the order of a file is
//! kept. Leaves to others: what the keys mean (`config`, `provision`).

mod json;
mod section;

pub use json::{Step, Way};

pub use section::{Report, Section};

use std::fmt;
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Where a value was written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In the environment: the variable's name.
    Environment(String),
    /// In a file: its name and the line, from 1.
    Line(Arc<str>, usize),
    /// In a JSON document, for example what a form sent.
    Field(Way),
}

impl Place {
    /// The place of a key in the table that is here: in a file nobody has written it yet, so it is the table's.
    #[must_use]
    pub fn below(&self, key: &str) -> Self {
        match self {
            Self::Environment(_) | Self::Line(..) => self.clone(),
            Self::Field(way) => Self::Field(way.key(key)),
        }
    }

    /// The way in a JSON document.
    #[must_use]
    pub const fn way(&self) -> Option<&Way> {
        match self {
            Self::Environment(_) | Self::Line(..) => None,
            Self::Field(way) => Some(way),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(way) => way.fmt(f),
            Self::Environment(variable) => f.write_str(variable),
            Self::Line(file, line) => write!(f, "{file}:{line}"),
        }
    }
}

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// One sentence for whoever wrote it. Never repeats a secret.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.text)
    }
}

/// Everything that is wrong with a file, in the order of its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// A value with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub place: Place,
}

impl<T> At<T> {
    /// The same place with another value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> At<U> {
        At { value: f(self.value), place: self.place }
    }

    /// A problem at this place.
    pub fn problem(&self, text: impl Into<String>) -> Problem {
        Problem { place: self.place.clone(), text: text.into() }
    }
}

/// A value of the file, or of the environment in its stead.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) item: Item,
}

/// The kinds of values.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    Flag(bool),
    List(Vec<Node>),
    /// A kind that none of our keys take: fractions, dates.
    Other,
    /// From the environment: read as whatever its key takes.
    Raw(String),
    Table(Vec<Field>),
    Text(String),
    Whole(i64),
}

/// A key with its value.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) node: Node,
}

/// A whole file, or a JSON document that says the same.
#[derive(Clone, Debug)]
pub struct Document {
    pub(crate) root: Node,
}

impl Document {
    /// Reads a file's text; `file` is its name in sentences.
    ///
    /// # Errors
    /// Where the text is no TOML.
    pub fn parse(file: &str, text: &str) -> Result<Self, Problem> {
        let lines = Lines { file: file.into(), text };
        let table = DeTable::parse(text).map_err(|error| Problem {
            place: lines.place(error.span().map_or(0, |span| span.start)),
            text: format!("this is no TOML: {}", error.message().replace('\n', ", ")),
        })?;
        Ok(Self { root: Node { place: lines.place(0), item: lines.table(table.get_ref()) } })
    }

    /// Puts a value of the environment in the place of the file's; `path` is the keys to it, in any case.
    ///
    /// # Errors
    /// If the path leads through a value that is no table.
    pub fn overlay(&mut self, path: &[&str], variable: &str, value: &str) -> Result<(), Problem> {
        let place = Place::Environment(variable.to_owned());
        let mut node = &mut self.root;
        for key in path {
            let Item::Table(fields) = &mut node.item else {
                let text = format!("\"{key}\" is below a key that holds a single value");
                return Err(Problem { place, text });
            };
            let found = fields.iter().position(|field| is_same_key(&field.name, key));
            let index = found.unwrap_or(fields.len());
            if found.is_none() {
                let node = Node { place: place.clone(), item: Item::Table(Vec::new()) };
                fields.push(Field { name: key.to_lowercase(), place: place.clone(), node });
            }
            let Some(field) = fields.get_mut(index) else { return Ok(()) };
            node = &mut field.node;
        }
        *node = Node { place, item: Item::Raw(value.to_owned()) };
        Ok(())
    }
}

/// Environment variables know neither case nor hyphens.
fn is_same_key(name: &str, key: &str) -> bool {
    name.replace('-', "_").eq_ignore_ascii_case(key)
}

/// Reads a text file of at most `bytes_max` bytes; the error is what is wrong with it.
pub(crate) fn read(file: &std::path::Path, bytes_max: u64) -> Result<String, String> {
    use std::io::Read as _;
    let mut text = String::new();
    let open = std::fs::File::open(file).map_err(|error| error.to_string())?;
    open.take(bytes_max + 1).read_to_string(&mut text).map_err(|error| error.to_string())?;
    if text.len() as u64 > bytes_max {
        return Err(format!("it is longer than {bytes_max} bytes"));
    }
    Ok(text)
}

/// Turns offsets into lines while a file is read.
struct Lines<'a> {
    file: Arc<str>,
    text: &'a str,
}

impl Lines<'_> {
    fn place(&self, offset: usize) -> Place {
        let before = self.text.as_bytes().get(..offset).unwrap_or(self.text.as_bytes());
        Place::Line(self.file.clone(), before.iter().filter(|byte| **byte == b'\n').count() + 1)
    }

    fn table(&self, table: &DeTable<'_>) -> Item {
        // The parser sorts keys by name; the file's own order matters (the first trunk is the default).
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        let field = |(key, value): &(&Spanned<_>, &Spanned<DeValue<'_>>)| {
            let name: &std::borrow::Cow<'_, str> = key.get_ref();
            let place = self.place(key.span().start);
            Field { name: name.to_string(), node: self.node(value, &place), place }
        };
        Item::Table(entries.iter().map(field).collect())
    }

    fn node(&self, value: &Spanned<DeValue<'_>>, key: &Place) -> Node {
        let own = || self.place(value.span().start);
        let (place, item) = match value.get_ref() {
            DeValue::Array(array) => {
                let nodes = array.iter().map(|value| self.node(value, &self.place(value.span().start)));
                (key.clone(), Item::List(nodes.collect()))
            }
            DeValue::Boolean(flag) => (own(), Item::Flag(*flag)),
            DeValue::Datetime(_) => (own(), Item::Other),
            DeValue::Float(_) => (own(), Item::Other),
            DeValue::Integer(number) => {
                let parsed = i64::from_str_radix(number.as_str(), number.radix());
                (own(), parsed.map_or(Item::Other, Item::Whole))
            }
            DeValue::String(text) => (own(), Item::Text(text.to_string())),
            DeValue::Table(table) => (key.clone(), self.table(table)),
        };
        Node { place, item }
    }
}
