//! Addresses: From, To, Contact, Route, Record-Route and their like.
//!
//! Promises: a display name comes out without its quotes and goes in with them; parameters of the header and of the URI
//! are never mixed up (RFC 4475 3.1.2.13 is refused). Leaves to others: what the address is for.

use crate::params::{Params, Place};
use crate::scan::{Scan, unquote};
use crate::text::{Invalid, QuotedDisplay, SipToken, stored_as_text};
use crate::uri::Uri;
use serde::{Deserialize, Serialize};
use std::fmt;

/// `"display" <uri>;params`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NameAddr {
    /// The display name, where there is one.
    pub display: Option<QuotedDisplay>,
    /// The address.
    pub uri: Uri,
    /// The header's own parameters, such as `tag` and `expires`.
    pub params: Params,
}

/// The Contact headers of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contacts {
    /// `*`: all bindings, in a REGISTER that removes them.
    Star,
    /// Addresses; may be empty.
    List(Vec<NameAddr>),
}

impl NameAddr {
    /// An address without display name and parameters.
    #[must_use]
    pub fn new(uri: impl Into<Uri>) -> Self {
        Self { display: None, uri: uri.into(), params: Params::new() }
    }

    /// The same with a display name.
    #[must_use]
    pub fn with_display(mut self, display: QuotedDisplay) -> Self {
        self.display = Some(display);
        self
    }

    /// The same with a tag.
    #[must_use]
    pub fn with_tag(mut self, tag: SipToken) -> Self {
        self.params.set(SipToken::constant("tag"), Some(tag.into()));
        self
    }

    /// The tag.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.params.get("tag")
    }

    /// Reads a comma-separated list to the end.
    pub(crate) fn parse_list(text: &str, addresses: &mut Vec<Self>) -> Result<(), Invalid> {
        let mut scan = Scan::new(text);
        loop {
            addresses.push(Self::scan(&mut scan)?);
            if !scan.eat_spaced(b',') {
                break;
            }
        }
        scan.blanks();
        if scan.at_end() { Ok(()) } else { Err(Invalid("something behind the address")) }
    }

    fn scan(scan: &mut Scan<'_>) -> Result<Self, Invalid> {
        scan.blanks();
        let display = if scan.peek() == Some(b'"') {
            let quoted = scan.quoted()?;
            scan.blanks();
            if scan.peek() != Some(b'<') {
                return Err(Invalid("a display name without an address in <>"));
            }
            Some(QuotedDisplay::new(unquote(quoted))?)
        } else {
            scan_plain_display(scan)
        };
        let uri = if scan.eat(b'<') {
            let inner = scan.run(|byte| byte != b'>');
            if !scan.eat(b'>') {
                return Err(Invalid("a < that does not close"));
            }
            inner.parse()?
        } else {
            // Without <>, everything from the first `;` belongs to the header, and `,` and `?` cannot be (RFC 3261 20).
            let bare = scan.run(|byte| !matches!(byte, b';' | b',' | b'?' | b' ' | b'<' | b'>' | b'"'));
            bare.parse()?
        };
        let params = Params::scan(scan, Place::Header)?;
        Ok(Self { display, uri, params })
    }
}

/// Takes tokens that stand before a `<`; takes nothing if none follows them.
fn scan_plain_display(scan: &mut Scan<'_>) -> Option<QuotedDisplay> {
    let mut ahead = Scan::new(scan.rest());
    let mut words = Vec::new();
    while let Some(word) = ahead.token() {
        words.push(word);
        ahead.blanks();
    }
    if words.is_empty() || ahead.peek() != Some(b'<') {
        return None;
    }
    *scan = ahead;
    // Tokens hold no control bytes.
    QuotedDisplay::new(words.join(" ")).ok()
}

impl fmt::Display for NameAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(display) = &self.display {
            write!(f, "{display} ")?;
        }
        write!(f, "<{}>{}", self.uri, self.params)
    }
}

impl std::str::FromStr for NameAddr {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let mut scan = Scan::new(text);
        let address = Self::scan(&mut scan)?;
        scan.blanks();
        if scan.at_end() { Ok(address) } else { Err(Invalid("something behind the address")) }
    }
}

stored_as_text!(NameAddr);

#[cfg(test)]
mod tests {
    use super::*;

    fn reprint(text: &str) -> Result<String, Invalid> {
        text.parse::<NameAddr>().map(|address| address.to_string())
    }

    #[test]
    fn a_display_name_may_be_quoted_plain_or_absent() {
        assert_eq!(reprint(r#""A \"B\"" <sip:a@h>;tag=1"#), Ok(r#""A \"B\"" <sip:a@h>;tag=1"#.to_owned()));
        assert_eq!(reprint("caller one<sip:a@h>"), Ok(r#""caller one" <sip:a@h>"#.to_owned()));
        assert_eq!(reprint("sip:a@h;tag=1"), Ok("<sip:a@h>;tag=1".to_owned()));
        assert_eq!(reprint("tel:+15551234;tag=1"), Ok("<tel:+15551234>;tag=1".to_owned()));
    }

    #[test]
    fn what_is_ambiguous_or_unbalanced_is_refused() {
        for bad in [
            "Bell, Alexander <sip:a@h>",
            r#""open <sip:a@h>"#,
            "<sip:a@h",
            "< sip:a@h >",
            "sip:a@h?Route=%3Csip:x%3E",
            r#""name" sip:a@h"#,
            "",
            "<>",
            "<sip:a@h> trailing",
        ] {
            assert!(reprint(bad).is_err(), "{bad}");
        }
    }
}
