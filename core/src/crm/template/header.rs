//! A header's value as a template.
//!
//! Promises: whatever the values are, it is one header of one line: control characters become blanks. Leaves to others: the
//! header's name (`tenant::connectors`).

use super::{Facts, Template, Unfillable, Wrong};
use serde::{Deserialize, Serialize};

/// A template of a header's value, or of any other single line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HeaderTemplate(Template);

impl HeaderTemplate {
    /// Reads a template.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(source: &str) -> Result<Self, Wrong> {
        let template = Template::parse(source)?;
        template.refuse_others_than_text("a header or an id")?;
        if source.chars().any(char::is_control) {
            return Err(Wrong::new("a header or an id has one line, without control characters"));
        }
        template.refuse_the_record()?;
        Ok(Self(template))
    }

    /// The template as it was written.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// Fills it.
    ///
    /// # Errors
    /// If it grows too long.
    pub fn fill(&self, facts: &Facts<'_>) -> Result<String, Unfillable> {
        let mut out = String::new();
        self.0.fill(&mut out, facts, |out, value| {
            out.extend(value.chars().map(|c| if c.is_control() { ' ' } else { c }));
        })?;
        Ok(out.trim().to_owned())
    }
}

impl TryFrom<String> for HeaderTemplate {
    type Error = Wrong;
    fn try_from(source: String) -> Result<Self, Wrong> {
        Self::parse(&source)
    }
}

impl From<HeaderTemplate> for String {
    fn from(template: HeaderTemplate) -> Self {
        template.0.source
    }
}
