//! Headers: their names, their ordered list, and the structured values.
//!
//! Promises: the order of what a peer sent is kept; compact names become full ones; a value never holds a control byte.
//! The five headers every message has, and Max-Forwards, are not here but fields of the message ([`crate::message`]).
//! Leaves to others: splitting a message into lines ([`crate::parse`]).

mod address;
mod auth;
mod name;
mod via;

pub use address::{Contacts, NameAddr};
pub use auth::{Algorithm, Challenge, Credentials, QopAuth};
pub use name::HeaderName;
pub use via::{MAGIC_COOKIE, Rport, Via, ViaTransport};

use crate::method::Method;
use crate::scan::{Scan, number};
use crate::text::{HeaderValue, Invalid, SipToken, is_word_byte, stored_as_text};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Headers in their order, without those that are fields of the message.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Headers(Vec<(HeaderName, HeaderValue)>);

impl Headers {
    /// No headers.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The first header of this name.
    #[must_use]
    pub fn get(&self, name: &HeaderName) -> Option<&str> {
        self.0.iter().find(|(known, _)| known.is(name)).map(|(_, value)| value.as_str())
    }

    /// All headers of this name in order.
    pub fn all<'h, 'n>(&'h self, name: &'n HeaderName) -> impl Iterator<Item = &'h str> + use<'h, 'n> {
        self.0.iter().filter(move |(known, _)| known.is(name)).map(|(_, value)| value.as_str())
    }

    /// Puts a header behind all others.
    pub fn push(&mut self, name: HeaderName, value: HeaderValue) {
        self.0.push((name, value));
    }

    /// Replaces all headers of this name by one.
    pub fn set(&mut self, name: HeaderName, value: HeaderValue) {
        self.remove(&name);
        self.push(name, value);
    }

    /// Removes all headers of this name.
    pub fn remove(&mut self, name: &HeaderName) {
        self.0.retain(|(known, _)| !known.is(name));
    }

    /// Name and value in order.
    pub fn iter(&self) -> impl Iterator<Item = (&HeaderName, &str)> {
        self.0.iter().map(|(name, value)| (name, value.as_str()))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds an address header: Contact, Route, Record-Route, P-Asserted-Identity …
    pub fn push_address(&mut self, name: HeaderName, address: &NameAddr) {
        self.push(name, HeaderValue::printed(address));
    }

    /// The addresses of all headers of this name, split at commas, in order.
    ///
    /// # Errors
    /// One of them is no address. (For Contact, Route and Record-Route the parser has made sure of it.)
    pub fn addresses(&self, name: &HeaderName) -> Result<Vec<NameAddr>, Invalid> {
        let mut addresses = Vec::new();
        for value in self.all(name) {
            NameAddr::parse_list(value, &mut addresses)?;
        }
        Ok(addresses)
    }

    /// The Contact headers: a list of addresses, or the `*` of a REGISTER.
    ///
    /// # Errors
    /// One of them is no address.
    pub fn contacts(&self) -> Result<Contacts, Invalid> {
        let mut values = self.all(&HeaderName::Contact).peekable();
        if values.peek() == Some(&"*") {
            let _ = values.next();
            return if values.next().is_none() {
                Ok(Contacts::Star)
            } else {
                Err(Invalid("a * beside other contacts"))
            };
        }
        Ok(Contacts::List(self.addresses(&HeaderName::Contact)?))
    }

    /// The URI of the first Contact, where it is a SIP URI.
    #[must_use]
    pub fn contact_uri(&self) -> Option<crate::uri::SipUri> {
        match self.contacts().ok()? {
            Contacts::List(list) => list.first().and_then(|first| first.uri.as_sip()).cloned(),
            Contacts::Star => None,
        }
    }

    /// A header that is a number and nothing else, such as Expires, Min-Expires or RSeq.
    #[must_use]
    pub fn number(&self, name: &HeaderName) -> Option<u32> {
        self.get(name).and_then(number)
    }

    /// Whether a comma-separated header such as Allow, Supported or Require names this token.
    #[must_use]
    pub fn lists(&self, name: &HeaderName, token: &str) -> bool {
        self.all(name)
            .flat_map(|value| value.split(','))
            .any(|item| item.trim_matches(' ').eq_ignore_ascii_case(token))
    }

    /// The challenges of a 401 (`WWW-Authenticate`) or 407 (`Proxy-Authenticate`); those that are not Digest or cannot be
    /// read are left out.
    #[must_use]
    pub fn challenges(&self, name: &HeaderName) -> Vec<Challenge> {
        self.all(name).filter_map(|value| value.parse().ok()).collect()
    }

    /// The credentials of `Authorization` or `Proxy-Authorization`; those that are not Digest or cannot be read are left
    /// out.
    #[must_use]
    pub fn credentials(&self, name: &HeaderName) -> Vec<Credentials> {
        self.all(name).filter_map(|value| value.parse().ok()).collect()
    }
}

/// A Call-ID: a word, or two with an `@` between them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CallId(String);

impl CallId {
    /// Takes a Call-ID.
    ///
    /// # Errors
    /// It is empty or holds something else than words.
    pub fn new(text: impl Into<String>) -> Result<Self, Invalid> {
        let text = text.into();
        let mut words = text.splitn(2, '@');
        if words.all(|word| !word.is_empty() && word.bytes().all(is_word_byte)) {
            Ok(Self(text))
        } else {
            Err(Invalid("a Call-ID that is none"))
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number of our transaction in front of the first `-`, if this Call-ID is one of ours.
    #[must_use]
    pub fn transaction(&self) -> Option<i64> {
        self.0.split_once('-').and_then(|(front, _)| number(front))
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for CallId {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::new(text)
    }
}

stored_as_text!(CallId);

/// The CSeq of a response: the number and method of its request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CSeq {
    /// Below 2^31 (RFC 3261 8.1.1.5).
    pub number: u32,
    /// The request's method.
    pub method: Method,
}

impl fmt::Display for CSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.method)
    }
}

impl std::str::FromStr for CSeq {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let (digits, method) = text.split_once(' ').ok_or(Invalid("a CSeq without number or method"))?;
        let number = number(digits).filter(|number| *number < 1 << 31);
        let number = number.ok_or(Invalid("a CSeq whose number is not below 2^31"))?;
        Ok(Self { number, method: method.trim_start_matches(' ').parse()? })
    }
}

stored_as_text!(CSeq);

/// Reads the `type/subtype` of a Content-Type and gives it in lower case, without parameters.
///
/// # Errors
/// It is none.
pub fn media_type(value: &str) -> Result<String, Invalid> {
    let bad = Invalid("a Content-Type that is none");
    let mut scan = Scan::new(value);
    let main = scan.token().ok_or(bad)?;
    if !scan.eat_spaced(b'/') {
        return Err(bad);
    }
    let sub = scan.token().ok_or(bad)?;
    let _ = crate::params::Params::scan(&mut scan, crate::params::Place::Header)?;
    scan.blanks();
    if scan.at_end() { Ok(format!("{main}/{sub}").to_ascii_lowercase()) } else { Err(bad) }
}

/// The name of a header we have no word for.
#[must_use]
pub fn other(name: &'static str) -> HeaderName {
    HeaderName::Other(SipToken::constant(name))
}
