//! Parameters: `;name` and `;name=value`, behind headers and inside URIs.
//!
//! Promises: order and spelling stay as they came; names are found in any case; no name comes twice. Leaves to others:
//! which of them mean something.

use crate::scan::{Scan, unquote};
use crate::text::{Invalid, SipToken, write_quoted};
use std::fmt;

/// The value of a parameter as it stands in the message: a token, a host, or a quoted-string with its quotes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ParamValue(String);

impl ParamValue {
    /// A value that is put in quotes.
    ///
    /// # Errors
    /// It holds a control byte.
    pub fn quoted(text: &str) -> Result<Self, Invalid> {
        if crate::text::has_control(text) {
            return Err(Invalid("a control character in a parameter"));
        }
        let mut quoted = String::with_capacity(text.len() + 2);
        // Writing into a String cannot fail.
        let _ = write_quoted(&mut quoted, text);
        Ok(Self(quoted))
    }
}

impl From<SipToken> for ParamValue {
    fn from(token: SipToken) -> Self {
        Self(token.into())
    }
}

impl From<u32> for ParamValue {
    fn from(number: u32) -> Self {
        Self(number.to_string())
    }
}

impl From<std::net::IpAddr> for ParamValue {
    fn from(address: std::net::IpAddr) -> Self {
        Self(address.to_string())
    }
}

/// Which bytes a value may hold without quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Behind a header: token, host or quoted-string, blanks around `;` and `=`.
    Header,
    /// Inside a URI: `paramchar`, no blanks and no quotes.
    Uri,
}

/// Parameters in their order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Params(Vec<(SipToken, Option<ParamValue>)>);

impl Params {
    /// No parameters.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Whether the parameter is there, with or without a value.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known.is(name))
    }

    /// The parameter's value as it stands, quotes included.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known.is(name))
            .and_then(|(_, value)| value.as_ref())
            .map(|v| v.0.as_str())
    }

    /// The parameter's value, quotes and escapes undone.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(unquote)
    }

    /// Sets a parameter, in its old place if it was there.
    pub fn set(&mut self, name: SipToken, value: Option<ParamValue>) {
        match self.0.iter_mut().find(|(known, _)| known.is(name.as_str())) {
            Some(place) => place.1 = value,
            None => self.0.push((name, value)),
        }
    }

    /// Removes a parameter.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(known, _)| !known.is(name));
    }

    /// Name and value in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_ref().map(|v| v.0.as_str())))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads `;a;b=c` as long as it goes.
    pub(crate) fn scan(scan: &mut Scan<'_>, place: Place) -> Result<Self, Invalid> {
        let mut params = Self::new();
        while eat(scan, b';', place) {
            let name = match place {
                Place::Header => scan.token().unwrap_or(""),
                Place::Uri => scan.run(is_param_byte),
            };
            // Names of URI parameters may hold a few signs more by the grammar; nobody uses them and we refuse them.
            let name = SipToken::new(name).map_err(|_| Invalid("a parameter without a name"))?;
            if params.has(name.as_str()) {
                return Err(Invalid("a parameter given twice"));
            }
            let value = if eat(scan, b'=', place) { Some(scan_value(scan, place)?) } else { None };
            params.0.push((name, value));
        }
        Ok(params)
    }
}

fn eat(scan: &mut Scan<'_>, byte: u8, place: Place) -> bool {
    match place {
        Place::Header => scan.eat_spaced(byte),
        Place::Uri => scan.eat(byte),
    }
}

fn scan_value(scan: &mut Scan<'_>, place: Place) -> Result<ParamValue, Invalid> {
    let value = match place {
        Place::Header if scan.peek() == Some(b'"') => scan.quoted()?,
        Place::Header => scan.run(is_value_byte),
        Place::Uri => checked_escapes(scan.run(is_param_byte))?,
    };
    if value.is_empty() {
        Err(Invalid("a parameter without the value it announces"))
    } else {
        Ok(ParamValue(value.to_owned()))
    }
}

/// What stands without quotes behind a header: tokens and hosts, the latter with brackets and colons, and the `/` of
/// values such as `Reason` texts some peers send bare.
const fn is_value_byte(byte: u8) -> bool {
    crate::text::is_token_byte(byte) || matches!(byte, b'[' | b']' | b':' | b'/')
}

/// `paramchar` of RFC 3261 25.1, `%` of escapes included.
const fn is_param_byte(byte: u8) -> bool {
    crate::uri::is_unreserved(byte) || matches!(byte, b'%' | b'[' | b']' | b'/' | b':' | b'&' | b'+' | b'$')
}

/// Gives the text back if each `%` is followed by two hexadecimal digits.
pub(crate) fn checked_escapes(text: &str) -> Result<&str, Invalid> {
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        let escape = bytes.get(at + 1..at + 3);
        if *byte == b'%' && !escape.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
            return Err(Invalid("a % without two hexadecimal digits"));
        }
    }
    Ok(text)
}

impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.0 {
            match value {
                Some(value) => write!(f, ";{name}={}", value.0)?,
                None => write!(f, ";{name}")?,
            }
        }
        Ok(())
    }
}
