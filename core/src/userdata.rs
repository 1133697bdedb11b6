//! `ctl_userdata` and `extTransactionData`: a text of `[name|value]` pairs, read once and kept byte for byte (semantics 3).
//!
//! Promises: order, duplicates and every byte between and inside the pairs are kept; reading is linear in the text, whatever
//! stands in it; what is stored reads back as the same pairs. Leaves to others: what the names mean (`system_data`), tokens
//! in the values (`token`), decoding of the request (`link`).

use serde::{Deserialize, Serialize};
use std::ops::Range;

/// How system data begins; the reference's `ctl_` (semantics 3.3).
const SYSTEM: &str = "ctl_";

/// One pair as it stands in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair<'a> {
    /// The name, without the blanks around it.
    pub name: &'a str,
    /// The value, exactly.
    pub value: &'a str,
    /// Where the pair's `[` stands in the text, in bytes.
    pub offset: usize,
    /// Where the value begins in the text, in bytes.
    pub value_offset: usize,
}

impl Pair<'_> {
    /// Whether the name starts with `ctl_`, in any case (3.3).
    #[must_use]
    pub fn is_system(&self) -> bool {
        is_system(self.name)
    }
}

/// Whether a name belongs to system data (3.3).
#[must_use]
pub fn is_system(name: &str) -> bool {
    name.get(..SYSTEM.len()).is_some_and(|start| start.eq_ignore_ascii_case(SYSTEM))
}

/// The text of the pairs and where they stand in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Userdata {
    text: String,
    spans: Vec<Span>,
}

/// The places of one pair: the whole, its trimmed name, its value.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Span {
    whole: Range<usize>,
    name: Range<usize>,
    value: Range<usize>,
}

/// Where and why a text is no row of pairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.slip.sentence())]
pub struct Malformed {
    /// The first byte that belongs to no complete pair (3.2).
    pub offset: usize,
    /// What is wrong there.
    pub slip: Slip,
}

/// What can be wrong with the grammar of 3.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slip {
    /// Something that is neither a blank nor a `[`.
    TextOutside,
    /// A `[` without a `|` before the next bracket.
    NoBar,
    /// Nothing but blanks before the `|`.
    EmptyName,
    /// No `]` that is followed by the end or by another `[name|`.
    Unclosed,
}

impl Slip {
    /// Says in one sentence what to do.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::TextOutside => "text stands outside the pairs; write it as [name|value]",
            Self::NoBar => "this pair has no name; write it as [name|value]",
            Self::EmptyName => "this pair has an empty name; write it as [name|value]",
            Self::Unclosed => {
                "this pair is not closed; end it with ], followed by the end or by another [name|value]"
            }
        }
    }
}

impl Userdata {
    /// Reads the text by the grammar of 3.1: `blanks* ( '[' name '|' value ']' blanks* )*`.
    ///
    /// # Errors
    /// The place of the first byte that belongs to no complete pair (3.2).
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        // A pair is rarely shorter than 16 bytes.
        let mut spans = Vec::with_capacity(text.len() / 16);
        let mut at = skip_blanks(text, 0);
        while at < text.len() {
            let span = pair_at(text, at).map_err(|slip| Malformed { offset: at, slip })?;
            at = skip_blanks(text, span.whole.end);
            spans.push(span);
        }
        Ok(Self { text: text.to_owned(), spans })
    }

    /// The text, byte for byte.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it has no pairs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The pairs in their order, duplicates included.
    pub fn pairs(&self) -> impl DoubleEndedIterator<Item = Pair<'_>> + ExactSizeIterator {
        self.spans.iter().map(|span| Pair {
            name: &self.text[span.name.clone()],
            value: &self.text[span.value.clone()],
            offset: span.whole.start,
            value_offset: span.value.start,
        })
    }

    /// The value of a piece of system data; names are compared without regard to case, the last wins (3.3).
    #[must_use]
    pub fn system(&self, name: &str) -> Option<&str> {
        self.system_pair(name).map(|pair| pair.value)
    }

    /// The pair that [`Self::system`] takes its value from.
    #[must_use]
    pub fn system_pair(&self, name: &str) -> Option<Pair<'_>> {
        self.pairs().rev().find(|pair| pair.name.eq_ignore_ascii_case(name))
    }

    /// The pairs that are user data (3.4).
    pub fn user(&self) -> impl DoubleEndedIterator<Item = Pair<'_>> {
        self.pairs().filter(|pair| !pair.is_system())
    }

    /// Appends a pair that the system adds, such as `ctl_newRecordId`. Brackets and bars in the value are written as in 4.4.
    pub fn push(&mut self, name: &'static str, value: &str) {
        let start = self.text.len();
        self.text.push('[');
        self.text.push_str(name);
        self.text.push('|');
        let from = self.text.len();
        crate::token::push_harmless(&mut self.text, value);
        let to = self.text.len();
        self.text.push(']');
        let name = start + 1..start + 1 + name.len();
        self.spans.push(Span { whole: start..to + 1, name, value: from..to });
    }

    /// Takes every pair of this name out and says where the first stood (`ctl_newRecordId` from a link, 3.3).
    pub fn remove_system(&mut self, name: &str) -> Option<usize> {
        let first = self.pairs().find(|pair| pair.name.eq_ignore_ascii_case(name))?.offset;
        let gone: Vec<bool> = self.pairs().map(|pair| pair.name.eq_ignore_ascii_case(name)).collect();
        let mut text = String::with_capacity(self.text.len());
        let mut kept = 0;
        for (span, _) in self.spans.iter().zip(gone).filter(|(_, gone)| *gone) {
            text.push_str(&self.text[kept..span.whole.start]);
            kept = span.whole.end;
        }
        text.push_str(&self.text[kept..]);
        // What stays is a row of whole pairs, so it reads as one; should it ever not, nothing is kept rather than half.
        *self = Self::parse(&text).unwrap_or_default();
        Some(first)
    }

    /// The text before, between and after the values, for writing it back with other values (4.4).
    pub(crate) fn frame(&self) -> impl Iterator<Item = (&str, Pair<'_>)> {
        let mut from = 0;
        self.pairs().map(move |pair| {
            let before = &self.text[from..pair.value_offset];
            from = pair.value_offset + pair.value.len();
            (before, pair)
        })
    }

    /// What follows the last value.
    pub(crate) fn tail(&self) -> &str {
        &self.text[self.spans.last().map_or(0, |span| span.value.end)..]
    }
}

impl TryFrom<String> for Userdata {
    type Error = Malformed;
    fn try_from(text: String) -> Result<Self, Malformed> {
        Self::parse(&text)
    }
}

impl From<Userdata> for String {
    fn from(userdata: Userdata) -> Self {
        userdata.text
    }
}

/// Whether a value, put between `[name|` and `]`, would end early because a pair seems to begin in it.
pub(crate) fn seems_to_end_in(value: &str) -> bool {
    value.match_indices(']').any(|(at, _)| {
        let next = skip_blanks(value, at + 1);
        next < value.len() && name_at(value, next).is_ok()
    })
}

/// Reads the pair whose `[` should stand at `start`.
fn pair_at(text: &str, start: usize) -> Result<Span, Slip> {
    let name = name_at(text, start)?;
    let from = text[name.end..].find('|').map_or(text.len(), |bar| name.end + bar + 1);
    let bytes = text.as_bytes();
    let mut at = from;
    loop {
        let close = at + text[at..].find(']').ok_or(Slip::Unclosed)?;
        let next = skip_blanks(text, close + 1);
        // The look ahead stops at the next bracket, where the search goes on: every byte is seen a constant number of times.
        if next == bytes.len() || name_at(text, next).is_ok() {
            return Ok(Span { whole: start..close + 1, name, value: from..close });
        }
        at = close + 1;
    }
}

/// Finds the trimmed name of a `[name|` that should stand at `start`.
fn name_at(text: &str, start: usize) -> Result<Range<usize>, Slip> {
    let bytes = text.as_bytes();
    if bytes.get(start) != Some(&b'[') {
        return Err(Slip::TextOutside);
    }
    let from = start + 1;
    let stop = bytes[from..].iter().position(|byte| matches!(byte, b'|' | b'[' | b']'));
    let Some(bar) = stop.map(|stop| from + stop).filter(|&stop| bytes[stop] == b'|') else {
        return Err(Slip::NoBar);
    };
    let raw = &text[from..bar];
    let name = raw.trim();
    if name.is_empty() {
        return Err(Slip::EmptyName);
    }
    let begin = from + (raw.len() - raw.trim_start().len());
    Ok(begin..begin + name.len())
}

/// The place of the first character at or after `from` that is no blank.
fn skip_blanks(text: &str, from: usize) -> usize {
    match text.as_bytes().get(from) {
        // Nearly always the next pair or the end: no need to decode characters.
        None | Some(b'[' | b']') => from,
        Some(_) => text.len() - text[from..].trim_start().len(),
    }
}
