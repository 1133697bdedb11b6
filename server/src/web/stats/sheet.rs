//! A sheet: rows of named cells, before it is known how they are written.
//!
//! Promises: every row has a cell for every name; what a form cannot say is settled by that form alone. Leaves to others:
//! what the rows are (`columns`, `codes`), writing them (`json`, `xml`, `csv`).

use std::borrow::Cow;

/// One value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    /// There is nothing (yet).
    Empty,
    /// A number.
    Number(i64),
    /// Any text: names, notes, moments.
    Text(String),
    /// `true` or `false`.
    Flag(bool),
}

impl Cell {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A text that may not be there.
    pub(super) fn maybe(text: Option<impl Into<String>>) -> Self {
        text.map_or(Self::Empty, |text| Self::Text(text.into()))
    }

    pub(super) fn count(count: usize) -> Self {
        Self::Number(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// The value as text, for the forms that know nothing else; empty where there is nothing.
    pub(super) fn plain(&self) -> Cow<'_, str> {
        match self {
            Self::Empty => Cow::Borrowed(""),
            Self::Number(number) => Cow::Owned(number.to_string()),
            Self::Text(text) => printable(text),
            Self::Flag(true) => Cow::Borrowed("true"),
            Self::Flag(false) => Cow::Borrowed("false"),
        }
    }
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sheet {
    /// What the rows are called together, for example `interactions`.
    pub(super) rows_name: &'static str,
    /// What one row is called.
    pub(super) row_name: &'static str,
    /// What there is to say about all of them.
    pub(super) about: Vec<(&'static str, Cell)>,
    /// The names of the cells.
    pub(super) names: Vec<&'static str>,
    /// The rows; each has a cell for each name.
    pub(super) rows: Vec<Vec<Cell>>,
}

/// The text with U+FFFD for the characters that XML 1.0 (section 2.2) has no way to write; spreadsheets and CSV readers stop
/// at some of them too.
fn printable(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_writable) {
        return Cow::Borrowed(text);
    }
    text.chars().map(|c| if is_writable(c) { c } else { '\u{FFFD}' }).collect()
}

const fn is_writable(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..)
}
