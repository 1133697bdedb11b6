//! An XML body as a template: values stand in text and in quoted attribute values.
//!
//! Promises: no value opens or closes an element, an attribute, a comment or a section (XML 1.0, 2.4); characters that
//! XML 1.0 cannot hold (2.2) become blanks. Leaves to others: whether the template itself is the XML that the CRM wants.

use super::{Part, Template, Wrong};

/// Where in a document we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// Between tags.
    Text,
    /// In a tag, outside of a value.
    Tag,
    /// In an attribute's value, in these quotes.
    Quoted(u8),
    /// In a comment, section, instruction or declaration, until this.
    Until(&'static str),
}

/// Refuses a template in which a placeholder stands where escaping cannot hold it.
pub(super) fn check(template: &Template) -> Result<(), Wrong> {
    template.refuse_others_than_text("an XML body")?;
    template.refuse_the_record()?;
    let mut at = At::Text;
    for part in &template.parts {
        match (part, at) {
            (Part::Text(text), _) => at = after(at, text),
            (Part::Value(_), At::Text | At::Quoted(_)) => {}
            (Part::Value(_), At::Tag | At::Until(_)) => {
                return Err(Wrong::new(
                    "in XML a placeholder can stand in text and in an attribute's quotes, not in a tag, comment or section",
                ));
            }
        }
    }
    if at == At::Text { Ok(()) } else { Err(Wrong::new("the body ends within a tag, comment or section")) }
}

fn after(mut at: At, text: &str) -> At {
    let mut rest = text;
    while let Some(first) = rest.bytes().next() {
        let step = match at {
            At::Text => match opened(rest) {
                Some((opening, within)) => {
                    at = within;
                    opening.len()
                }
                None => 1,
            },
            At::Tag => {
                at = match first {
                    b'>' => At::Text,
                    b'"' | b'\'' => At::Quoted(first),
                    _ => At::Tag,
                };
                1
            }
            At::Quoted(quote) => {
                if first == quote {
                    at = At::Tag;
                }
                1
            }
            At::Until(end) if rest.starts_with(end) => {
                at = At::Text;
                end.len()
            }
            At::Until(_) => 1,
        };
        // All that is looked for is ASCII, so a step into a character finds nothing until the next one begins.
        let next = (step..=rest.len()).find(|index| rest.is_char_boundary(*index)).unwrap_or(rest.len());
        rest = &rest[next..];
    }
    at
}

fn opened(rest: &str) -> Option<(&'static str, At)> {
    let openings = [
        ("<!--", At::Until("-->")),
        ("<![CDATA[", At::Until("]]>")),
        ("<?", At::Until("?>")),
        ("<!", At::Until(">")),
        ("<", At::Tag),
    ];
    openings.into_iter().find(|(opening, _)| rest.starts_with(opening))
}

/// Writes a value. Line breaks are written as references, so that an attribute keeps them.
pub(super) fn push(out: &mut String, value: &str) {
    for char in value.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '\u{fffe}' | '\u{ffff}' => out.push(' '),
            char if char.is_control() => out.push(' '),
            char => out.push(char),
        }
    }
}
