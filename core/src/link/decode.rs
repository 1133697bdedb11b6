//! The bytes of a query or a form body, taken apart into parameters (semantics 1.2, 1.3).
//!
//! Promises: any bytes decode to something, in linear time; nothing is read into the values. Leaves to others: what the names
//! mean and whether the bytes are text (`reading`), limits of the request as a whole (the server's `web`).
//!
//! How a query is decoded: raw CR, LF and TAB are dropped first, as browsers do with a pasted URL (WHATWG URL, "remove all
//! ASCII tab or newline"); a line break that is meant is `%0A`. Then `&` separates, `+` is a blank, `%XX` a byte, anything
//! else itself, so raw `[ ] | { } $` and blanks work. Blanks around a name belong to no name (` prefix=` is `prefix`). A
//! `+` at the start of `phone` stays a `+`.

/// The most parameters: eight are known, so more than this is no link.
pub const MAX_PARAMETERS: usize = 1000;

/// Where a parameter stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// In the URL.
    Query,
    /// In the body of a POST.
    Body,
}

/// A parameter with its decoded bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name, without blanks around it.
    pub name: String,
    /// Its value.
    pub value: Vec<u8>,
    /// Where it stood.
    pub source: Source,
}

impl Parameter {
    /// A parameter as it stands in a part of `multipart/form-data`.
    #[must_use]
    pub fn of_part(name: &str, value: &[u8]) -> Self {
        Self { name: name.trim().to_owned(), value: value.to_vec(), source: Source::Body }
    }
}

/// Decodes a query string, without its `?`.
#[must_use]
pub fn decode_query(raw: &[u8]) -> Vec<Parameter> {
    decode(raw, Source::Query)
}

/// Decodes an `application/x-www-form-urlencoded` body.
#[must_use]
pub fn decode_body(raw: &[u8]) -> Vec<Parameter> {
    decode(raw, Source::Body)
}

fn decode(raw: &[u8], source: Source) -> Vec<Parameter> {
    let segments = raw.split(|byte| *byte == b'&').filter(|segment| !segment.is_empty());
    segments.take(MAX_PARAMETERS + 1).filter_map(|segment| parameter(segment, source)).collect()
}

fn parameter(segment: &[u8], source: Source) -> Option<Parameter> {
    let equal = segment.iter().position(|byte| *byte == b'=');
    let (name, value) = equal.map_or((segment, &[][..]), |equal| (&segment[..equal], &segment[equal + 1..]));
    let name = String::from_utf8_lossy(&decode_component(name)).trim().to_owned();
    let mut decoded = decode_component(value);
    if name == "phone" && value.iter().find(|byte| **byte != b' ') == Some(&b'+') {
        // The blanks in front are as many in both; the next byte is the + that became a blank.
        let blanks = value.iter().take_while(|byte| **byte == b' ').count();
        decoded[blanks] = b'+';
    }
    // A line break alone between two & is no parameter.
    (!name.is_empty() || !decoded.is_empty()).then_some(Parameter { name, value: decoded, source })
}

fn decode_component(raw: &[u8]) -> Vec<u8> {
    let hex = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let clean: Vec<u8> = raw.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n' | b'\t')).collect();
    let mut out = Vec::with_capacity(clean.len());
    let mut at = 0;
    while let Some(&byte) = clean.get(at) {
        let pair = clean.get(at + 1).copied().and_then(hex).zip(clean.get(at + 2).copied().and_then(hex));
        match (byte, pair) {
            (b'%', Some((high, low))) => {
                out.push(high << 4 | low);
                at += 2;
            }
            (b'+', _) => out.push(b' '),
            (other, _) => out.push(other),
        }
        at += 1;
    }
    out
}
