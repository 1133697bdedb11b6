//! A JSON body as a template: it is JSON before it is filled, and its strings are templates.
//!
//! Promises: filled it is JSON of the same form, whatever the values are; what stands between the strings stays as it was
//! written, to the byte. Leaves to others: what the CRM makes of it.

use super::{Facts, Part, Placeholder, Template, Unfillable, Wrong, within};
use serde::de::IgnoredAny;

/// A piece of a JSON text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Stands as it is: everything outside of strings, and names.
    Verbatim(String),
    /// A string, its quotes included.
    Text(Template),
    /// A string that is one placeholder: a number.
    Number(Template),
    /// A string that is one placeholder: all fields.
    Fields,
}

/// Reads a JSON text.
pub(super) fn parse(source: &str) -> Result<Vec<Piece>, Wrong> {
    serde_json::from_str::<IgnoredAny>(source).map_err(|error| {
        Wrong::new(format!("the body is no JSON: {error}; placeholders stand inside its strings"))
    })?;
    let mut pieces = Vec::new();
    let mut rest = source;
    while let Some(open) = rest.find('"') {
        let close = end_of_string(rest, open);
        let (before, literal, after) = (&rest[..open], &rest[open..close], &rest[close..]);
        pieces.push(Piece::Verbatim(before.to_owned()));
        pieces.push(piece(literal, after)?);
        rest = after;
    }
    pieces.push(Piece::Verbatim(rest.to_owned()));
    Ok(pieces)
}

/// The offset after a string's closing quote. In a text that was read as JSON there is one.
fn end_of_string(text: &str, open: usize) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(open + 1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn piece(literal: &str, after: &str) -> Result<Piece, Wrong> {
    let text: String =
        serde_json::from_str(literal).map_err(|error| Wrong::new(format!("the body is no JSON: {error}")))?;
    let template = Template::parse(&text)?;
    template.refuse_the_record()?;
    if template.placeholders().next().is_none() {
        return Ok(Piece::Verbatim(literal.to_owned()));
    }
    if after.trim_start().starts_with(':') {
        return Err(Wrong::new(format!("the name {literal} must hold no placeholder")));
    }
    if let [Part::Value(placeholder)] = template.parts.as_slice() {
        return Ok(match placeholder {
            Placeholder::Text(_) => Piece::Text(template),
            Placeholder::Number(_) => Piece::Number(template),
            Placeholder::Fields => Piece::Fields,
        });
    }
    let alone = |placeholder: &Placeholder| match placeholder {
        Placeholder::Text(_) => false,
        Placeholder::Number(_) | Placeholder::Fields => true,
    };
    if template.placeholders().any(alone) {
        return Err(Wrong::new(format!(
            "in {literal} {{{{fields}}}} or {{{{number:…}}}} must stand alone between the quotes"
        )));
    }
    Ok(Piece::Text(template))
}

/// Fills it.
pub(super) fn fill(pieces: &[Piece], facts: &Facts<'_>) -> Result<String, Unfillable> {
    let mut out = String::new();
    for piece in pieces {
        match piece {
            Piece::Verbatim(text) => out.push_str(text),
            Piece::Text(template) => {
                let mut text = String::new();
                template.fill(&mut text, facts, |out, value| out.push_str(value))?;
                push_string(&mut out, &text);
            }
            Piece::Number(template) => {
                let mut text = String::new();
                template.fill(&mut text, facts, |out, value| out.push_str(value.trim()))?;
                // What is no number is no value: half a number could mean anything.
                let number = serde_json::from_str::<serde_json::Number>(&text);
                out.push_str(if number.is_ok() { &text } else { "null" });
            }
            Piece::Fields => {
                out.push('{');
                for (index, (name, value)) in facts.order.fields.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    push_string(&mut out, name);
                    out.push(':');
                    push_string(&mut out, value);
                }
                out.push('}');
            }
        }
        within(&out)?;
    }
    Ok(out)
}

fn push_string(out: &mut String, text: &str) {
    out.push_str(&serde_json::Value::from(text).to_string());
}
