//! Templates of requests to a CRM: text in which tokens and `{{placeholders}}` stand for what is known of a call.
//!
//! Promises: one pass, left to right; what was put in is never looked at again, as with tokens (semantics 4.1); every value
//! is escaped for the place it stands in, so that no value can break out of it; a filled template has at most
//! [`LONGEST`] bytes (SEC-24). A template that names what does not exist is refused when it is read. Leaves to others: what
//! is done with the text (the server's `jobs/crm`), where templates come from (`tenant::connectors`).

mod body;
mod header;
mod json;
mod url;
mod values;
mod xml;

pub use body::{Body, ContentType};
pub use header::HeaderTemplate;
pub use url::UrlTemplate;
pub use values::{Fact, Facts};

use crate::token::{self, Token};

/// The most bytes of a filled template: as many as a click may bring.
pub const LONGEST: usize = 1 << 20;

/// What is wrong with a template, in a sentence for whoever wrote it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Wrong(String);

impl Wrong {
    fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

/// Why a template cannot be filled with the values of this call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfillable {
    /// It would be longer than [`LONGEST`].
    #[error("filled with this call's values the request is longer than 1 MiB")]
    TooLong,
    /// A value would make a step upwards of a URL's path.
    #[error("filled with this call's values the address has \".\" or \"..\" as a part of its path")]
    DotSegment,
}

/// Text with tokens and placeholders, not yet in any place.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Template {
    source: String,
    parts: Vec<Part>,
}

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// Stands as it is.
    Text(String),
    /// Is filled.
    Value(Placeholder),
}

/// What is put in, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Placeholder {
    /// One value, as text.
    Text(Source),
    /// One value, as a JSON number: `{{number:…}}`.
    Number(Source),
    /// All fields of the link: `{{fields}}`.
    Fields,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    /// `$name$`
    Token(Token),
    /// A fact of the call: `{{call.number}}`.
    Fact(Fact),
    /// A field of the link, in any case: `{{Subject}}` or `{{field:call.number}}`.
    Field(String),
}

impl Template {
    /// Reads a template.
    fn parse(source: &str) -> Result<Self, Wrong> {
        let mut parts = Vec::new();
        let mut from = 0;
        let push_text = |parts: &mut Vec<Part>, text: &str| {
            if !text.is_empty() {
                parts.push(Part::Text(text.to_owned()));
            }
        };
        loop {
            let rest = &source[from..];
            let token = token::tokens(rest).next();
            let brace = rest.find("{{");
            match (token, brace) {
                (Some((place, token)), brace) if brace.is_none_or(|brace| place.start < brace) => {
                    push_text(&mut parts, &rest[..place.start]);
                    parts.push(Part::Value(Placeholder::Text(Source::Token(token))));
                    from += place.end;
                }
                (_, Some(open)) => {
                    push_text(&mut parts, &rest[..open]);
                    let inside = &rest[open + 2..];
                    let close = inside
                        .find("}}")
                        .ok_or_else(|| Wrong::new(format!("a placeholder is not closed: {}", cut(inside))))?;
                    parts.push(Part::Value(Placeholder::named(inside[..close].trim())?));
                    from += open + 2 + close + 2;
                }
                (Some(_) | None, None) => {
                    push_text(&mut parts, rest);
                    return Ok(Self { source: source.to_owned(), parts });
                }
            }
        }
    }

    /// Fills it; `write` escapes a value for the place. What `write` does with `{{fields}}` is decided by the place, which
    /// has refused it where it does nothing.
    fn fill(
        &self,
        out: &mut String,
        facts: &Facts<'_>,
        mut write: impl FnMut(&mut String, &str),
    ) -> Result<(), Unfillable> {
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Value(Placeholder::Text(source) | Placeholder::Number(source)) => {
                    write(out, &facts.value(source));
                }
                Part::Value(Placeholder::Fields) => {}
            }
            within(out)?;
        }
        Ok(())
    }

    /// The placeholders in their order.
    fn placeholders(&self) -> impl Iterator<Item = &Placeholder> {
        self.parts.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Value(placeholder) => Some(placeholder),
        })
    }

    /// Refuses what only a JSON body can hold, and all fields at once unless the place knows what to do with them.
    fn refuse_others_than_text(&self, place: &str) -> Result<(), Wrong> {
        for placeholder in self.placeholders() {
            match placeholder {
                Placeholder::Text(_) => {}
                Placeholder::Number(_) => {
                    return Err(Wrong::new(format!(
                        "{{{{number:…}}}} can stand in a JSON body, not in {place}"
                    )));
                }
                Placeholder::Fields => {
                    return Err(Wrong::new(format!("{{{{fields}}}} cannot stand in {place}")));
                }
            }
        }
        Ok(())
    }

    /// Refuses to name the record, which exists only after the request.
    fn refuse_the_record(&self) -> Result<(), Wrong> {
        let named = self.placeholders().any(|placeholder| match placeholder {
            Placeholder::Text(source) | Placeholder::Number(source) => {
                *source == Source::Fact(Fact::RecordId)
            }
            Placeholder::Fields => false,
        });
        match named {
            true => Err(Wrong::new(
                "{{record.id}} is known after the request; it can stand in the addresses of pages",
            )),
            false => Ok(()),
        }
    }
}

impl Placeholder {
    /// Reads what stands between the braces.
    fn named(name: &str) -> Result<Self, Wrong> {
        if name.eq_ignore_ascii_case("fields") {
            return Ok(Self::Fields);
        }
        match name.split_once(':') {
            Some((kind, name)) if kind.trim().eq_ignore_ascii_case("number") => {
                Ok(Self::Number(Source::named(name.trim())?))
            }
            Some((kind, name)) if kind.trim().eq_ignore_ascii_case("field") => {
                Ok(Self::Text(Source::field(name.trim())?))
            }
            Some(_) | None => Ok(Self::Text(Source::named(name)?)),
        }
    }
}

impl Source {
    fn named(name: &str) -> Result<Self, Wrong> {
        if let Some(fact) = Fact::named(name) {
            return Ok(Self::Fact(fact));
        }
        if name.contains(['.', ':', '{', '$']) {
            let known: Vec<_> = Fact::ALL.iter().map(|(name, _)| *name).collect();
            let known = known.join(", ");
            return Err(Wrong::new(format!(
                "the placeholder {{{{{}}}}} is not known; known are {known}, fields, and the names of a link's fields \
                 ({{{{field:NAME}}}} where such a name has a dot)",
                cut(name)
            )));
        }
        Self::field(name)
    }

    fn field(name: &str) -> Result<Self, Wrong> {
        match name {
            "" => Err(Wrong::new("a placeholder is empty: {{}}")),
            name => Ok(Self::Field(name.to_owned())),
        }
    }
}

/// Checks the limit after each step, so that what is too long is never built whole: a value has at most 1 MiB itself.
fn within(out: &str) -> Result<(), Unfillable> {
    if out.len() > LONGEST { Err(Unfillable::TooLong) } else { Ok(()) }
}

/// The beginning of something for a sentence.
fn cut(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests;
