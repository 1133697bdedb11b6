//! A request's body as a template, by its media type.
//!
//! Promises: a value cannot break out of the body's form: of a JSON string, of a form's value, of XML's text. Leaves to
//! others: the headers (`header`).

use super::json::{self, Piece};
use super::{Facts, Part, Placeholder, Template, Unfillable, Wrong, within, xml};
use serde::{Deserialize, Serialize};
use url::form_urlencoded::byte_serialize;

/// A media type that can be filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContentType {
    /// `application/json`
    #[serde(rename = "application/json")]
    Json,
    /// `application/x-www-form-urlencoded`
    #[serde(rename = "application/x-www-form-urlencoded")]
    Form,
    /// `application/xml`
    #[serde(rename = "application/xml")]
    ApplicationXml,
    /// `text/xml`
    #[serde(rename = "text/xml")]
    TextXml,
    /// `text/plain`
    #[serde(rename = "text/plain")]
    Plain,
}

impl ContentType {
    /// All of them by their names.
    pub const ALL: [(&'static str, Self); 5] = [
        ("application/json", Self::Json),
        ("application/x-www-form-urlencoded", Self::Form),
        ("application/xml", Self::ApplicationXml),
        ("text/xml", Self::TextXml),
        ("text/plain", Self::Plain),
    ];

    /// The name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Form => "application/x-www-form-urlencoded",
            Self::ApplicationXml => "application/xml",
            Self::TextXml => "text/xml",
            Self::Plain => "text/plain",
        }
    }

    /// As the header says it: text other than JSON and forms says that it is UTF-8.
    #[must_use]
    pub const fn header(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Form => "application/x-www-form-urlencoded",
            Self::ApplicationXml => "application/xml; charset=utf-8",
            Self::TextXml => "text/xml; charset=utf-8",
            Self::Plain => "text/plain; charset=utf-8",
        }
    }
}

/// A template of a body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Body {
    source: String,
    content_type: ContentType,
    form: Form,
}

/// A body's template as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Form {
    Json(Vec<Piece>),
    Text(Template),
}

/// A body as it is stored.
#[derive(Serialize, Deserialize)]
struct Written {
    content_type: ContentType,
    text: String,
}

impl Body {
    /// Reads a template.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(content_type: ContentType, source: &str) -> Result<Self, Wrong> {
        let form = match content_type {
            ContentType::Json => Form::Json(json::parse(source)?),
            ContentType::Form => Form::Text(form_template(source.trim())?),
            ContentType::ApplicationXml | ContentType::TextXml => {
                let template = Template::parse(source)?;
                xml::check(&template)?;
                Form::Text(template)
            }
            ContentType::Plain => {
                let template = Template::parse(source)?;
                template.refuse_others_than_text("a plain text")?;
                template.refuse_the_record()?;
                Form::Text(template)
            }
        };
        Ok(Self { source: source.to_owned(), content_type, form })
    }

    /// Its media type.
    #[must_use]
    pub const fn content_type(&self) -> ContentType {
        self.content_type
    }

    /// The template as it was written.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Fills it.
    ///
    /// # Errors
    /// If it grows too long.
    pub fn fill(&self, facts: &Facts<'_>) -> Result<String, Unfillable> {
        let mut out = String::new();
        match (&self.form, self.content_type) {
            (Form::Json(pieces), _) => return json::fill(pieces, facts),
            (Form::Text(template), ContentType::Form) => fill_form(template, &mut out, facts)?,
            (Form::Text(template), ContentType::ApplicationXml | ContentType::TextXml) => {
                template.fill(&mut out, facts, xml::push)?;
            }
            (Form::Text(template), ContentType::Plain | ContentType::Json) => {
                template.fill(&mut out, facts, |out, value| out.push_str(value))?;
            }
        }
        Ok(out)
    }
}

/// Reads a form's template: `{{fields}}` stands for pairs, everything else within one.
fn form_template(source: &str) -> Result<Template, Wrong> {
    let template = Template::parse(source)?;
    template.refuse_the_record()?;
    let mut at_start = true;
    for (index, part) in template.parts.iter().enumerate() {
        match part {
            Part::Text(text) if text.chars().any(|c| c.is_whitespace() || c.is_control()) => {
                return Err(Wrong::new("a form has no blanks and no line breaks; write + for a blank"));
            }
            Part::Text(text) => at_start = text.ends_with('&'),
            Part::Value(Placeholder::Text(_)) => at_start = false,
            Part::Value(Placeholder::Number(_)) => {
                return Err(Wrong::new("{{number:…}} can stand in a JSON body, not in a form"));
            }
            Part::Value(Placeholder::Fields) => {
                let at_end = match template.parts.get(index + 1) {
                    None => true,
                    Some(Part::Text(text)) => text.starts_with('&'),
                    Some(Part::Value(_)) => false,
                };
                if !at_start || !at_end {
                    return Err(Wrong::new("in a form {{fields}} stands alone between two \"&\""));
                }
                at_start = false;
            }
        }
    }
    Ok(template)
}

fn fill_form(template: &Template, out: &mut String, facts: &Facts<'_>) -> Result<(), Unfillable> {
    for part in &template.parts {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Value(Placeholder::Text(source) | Placeholder::Number(source)) => {
                out.extend(byte_serialize(facts.value(source).as_bytes()));
            }
            Part::Value(Placeholder::Fields) => {
                for (index, (name, value)) in facts.order.fields.iter().enumerate() {
                    if index > 0 {
                        out.push('&');
                    }
                    out.extend(byte_serialize(name.as_bytes()));
                    out.push('=');
                    out.extend(byte_serialize(value.as_bytes()));
                }
            }
        }
        within(out)?;
    }
    Ok(())
}

impl TryFrom<Written> for Body {
    type Error = Wrong;
    fn try_from(written: Written) -> Result<Self, Wrong> {
        Self::parse(written.content_type, &written.text)
    }
}

impl From<Body> for Written {
    fn from(body: Body) -> Self {
        Self { content_type: body.content_type, text: body.source }
    }
}
