//! A URL as a template: values stand in its path and query only.
//!
//! Promises: scheme, host and port are the template's own whatever the values are (SEC-12); a value is percent-encoded
//! down to RFC 3986's unreserved characters, so that it starts no new part; none can climb up the path. Leaves to others:
//! whether the host may be called (`outbound`).

use super::{Facts, Template, Unfillable, Wrong};
use crate::token;
use serde::{Deserialize, Serialize};
use url::Url;

/// A template of a URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UrlTemplate(Template);

impl UrlTemplate {
    /// Reads a template of a page's address.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(source: &str) -> Result<Self, Wrong> {
        let template = Template::parse(source)?;
        template.refuse_others_than_text("an address")?;
        let host = source.split_once("://").map_or("", |(_, rest)| rest);
        let host = host.split(['/', '?', '#']).next().unwrap_or_default();
        let front = source.len() - source.split_once("://").map_or(0, |(_, rest)| rest.len()) + host.len();
        let placed = |part: &str| part.contains("{{") || token::tokens(part).next().is_some();
        if source.get(..front).is_none_or(placed) || source.starts_with("{{") {
            return Err(Wrong::new(
                "a placeholder can stand in the path and the query of an address, not before",
            ));
        }
        let fixed = source.get(..front).unwrap_or_default();
        let fine = Url::parse(fixed).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
        let fine = fine.filter(|url| url.host_str().is_some_and(|host| !host.is_empty()));
        if fine.is_none() {
            return Err(Wrong::new(format!(
                "\"{source}\" must be a URL that begins with https:// or http:// and a host"
            )));
        }
        if source.chars().any(|c| c.is_whitespace() || c.is_control()) && !has_blanks_in_braces_only(source) {
            return Err(Wrong::new("an address has no blanks and no line breaks; write %20"));
        }
        Ok(Self(template))
    }

    /// Reads a template of a request's address: it knows no record yet, and nothing after a `#` is sent.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn for_request(source: &str) -> Result<Self, Wrong> {
        let template = Self::parse(source)?;
        if source.contains('#') {
            return Err(Wrong::new("an address of a request has no \"#\""));
        }
        template.0.refuse_the_record()?;
        Ok(template)
    }

    /// Whether it begins with `https:`.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.source.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:"))
    }

    /// The template as it was written.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// Fills it.
    ///
    /// # Errors
    /// If it grows too long, or a value would climb up the path.
    pub fn fill(&self, facts: &Facts<'_>) -> Result<String, Unfillable> {
        let mut out = String::new();
        self.0.fill(&mut out, facts, token::push_component)?;
        let path = out.split('?').next().unwrap_or_default();
        match path.split(['/', '\\']).any(|segment| matches!(segment, "." | "..")) {
            true => Err(Unfillable::DotSegment),
            false => Ok(out),
        }
    }
}

/// Placeholders may be written with blanks, `{{ call.number }}`, and names of fields may hold them.
fn has_blanks_in_braces_only(source: &str) -> bool {
    let mut rest = source;
    loop {
        let (before, inside) = rest.split_once("{{").unwrap_or((rest, ""));
        if before.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return false;
        }
        match inside.split_once("}}") {
            Some((_, after)) => rest = after,
            None => return true,
        }
    }
}

impl TryFrom<String> for UrlTemplate {
    type Error = Wrong;
    fn try_from(source: String) -> Result<Self, Wrong> {
        Self::parse(&source)
    }
}

impl From<UrlTemplate> for String {
    fn from(template: UrlTemplate) -> Self {
        template.0.source
    }
}
