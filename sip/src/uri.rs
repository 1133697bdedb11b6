//! SIP URIs and hosts.
//!
//! Promises: what prints was valid; escapes stay as they were written; other schemes are kept whole, so that they can be
//! answered 416. Leaves to others: resolving hosts, and the comparison rules of RFC 3261 19.1.4 (nothing here needs them:
//! dialogs and bindings are found by Call-ID and user name).

use crate::params::{Params, Place, checked_escapes};
use crate::scan::{Scan, number};
use crate::text::{Invalid, SipToken, stored_as_text};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// `unreserved` of RFC 3261 25.1.
pub(crate) const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'_' | b'.' | b'!' | b'~' | b'*' | b'\'' | b'(' | b')')
}

/// What a user part holds without escapes, the `%` of escapes included.
const fn is_user_byte(byte: u8) -> bool {
    is_unreserved(byte) || matches!(byte, b'%' | b'&' | b'=' | b'+' | b'$' | b',' | b';' | b'?' | b'/')
}

/// A host: a name, or an address.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Host {
    /// A name of letters, digits, `-`, `_` and `.`, as it was written.
    Name(String),
    /// An IPv4 address.
    V4(Ipv4Addr),
    /// An IPv6 address; printed in brackets.
    V6(Ipv6Addr),
}

impl Host {
    /// The address, where it is one.
    #[must_use]
    pub const fn address(&self) -> Option<IpAddr> {
        match self {
            Self::Name(_) => None,
            Self::V4(address) => Some(IpAddr::V4(*address)),
            Self::V6(address) => Some(IpAddr::V6(*address)),
        }
    }

    /// Takes a host as far as it goes.
    pub(crate) fn scan(scan: &mut Scan<'_>) -> Result<Self, Invalid> {
        if scan.eat(b'[') {
            let inner = scan.run(|byte| byte.is_ascii_hexdigit() || byte == b':' || byte == b'.');
            let address = inner.parse().map_err(|_| Invalid("brackets without an IPv6 address"))?;
            return if scan.eat(b']') {
                Ok(Self::V6(address))
            } else {
                Err(Invalid("a bracket that does not close"))
            };
        }
        let name = scan.run(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
        // 255: the longest name DNS knows.
        if name.is_empty() || name.len() > 255 || name.starts_with('.') || name.contains("..") {
            return Err(Invalid("no host"));
        }
        if let Ok(address) = name.parse() {
            return Ok(Self::V4(address));
        }
        Ok(Self::Name(name.to_owned()))
    }

    /// Takes `host[:port]`; with blanks around the colon, as Via allows.
    pub(crate) fn scan_with_port(scan: &mut Scan<'_>, place: Place) -> Result<(Self, Option<u16>), Invalid> {
        let host = Self::scan(scan)?;
        let colon = match place {
            Place::Header => scan.eat_spaced(b':'),
            Place::Uri => scan.eat(b':'),
        };
        if !colon {
            return Ok((host, None));
        }
        let port = number(scan.run(|byte| byte.is_ascii_digit())).filter(|port| *port != 0);
        Ok((host, Some(port.ok_or(Invalid("a port that is no number from 1 to 65535"))?)))
    }
}

impl From<IpAddr> for Host {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => Self::V6(address),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::V4(address) => address.fmt(f),
            Self::V6(address) => write!(f, "[{address}]"),
        }
    }
}

impl std::str::FromStr for Host {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let mut scan = Scan::new(text);
        let host = Self::scan(&mut scan)?;
        if scan.at_end() { Ok(host) } else { Err(Invalid("something behind the host")) }
    }
}

stored_as_text!(Host);

/// `sip:` or `sips:`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `sip:`
    Sip,
    /// `sips:`
    Sips,
}

/// A SIP URI.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SipUri {
    scheme: Scheme,
    user: Option<String>,
    password: Option<String>,
    /// Where it leads.
    pub host: Host,
    /// The port, where it says one.
    pub port: Option<u16>,
    /// Its parameters, such as `transport`, `lr`, `ob`.
    pub params: Params,
    headers: Option<String>,
}

impl SipUri {
    /// Builds `sip:user@host:port`; what a user part may not hold is escaped.
    #[must_use]
    pub fn new(user: Option<&str>, host: Host, port: Option<u16>) -> Self {
        let user = user.filter(|user| !user.is_empty()).map(escape_user);
        Self { scheme: Scheme::Sip, user, password: None, host, port, params: Params::new(), headers: None }
    }

    /// Builds `sip:user@address:port`.
    #[must_use]
    pub fn at(user: Option<&str>, address: SocketAddr) -> Self {
        Self::new(user, address.ip().into(), Some(address.port()))
    }

    /// Adds or replaces a parameter.
    #[must_use]
    pub fn with_param(mut self, name: SipToken, value: Option<SipToken>) -> Self {
        self.params.set(name, value.map(Into::into));
        self
    }

    /// `sip:` or `sips:`.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The user part as it is written, escapes included.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The user part with its escapes undone; nothing if that is no UTF-8 text.
    #[must_use]
    pub fn user_text(&self) -> Option<String> {
        self.user.as_deref().and_then(unescape)
    }

    /// The same URI with this user part, escaped as needed.
    #[must_use]
    pub fn with_user(mut self, user: &str) -> Self {
        self.user = Some(escape_user(user));
        self
    }

    /// Whether it carries headers (`?name=value`), which a Request-URI and a route may not.
    #[must_use]
    pub const fn has_headers(&self) -> bool {
        self.headers.is_some()
    }

    /// Whether it asks for loose routing (`;lr`).
    #[must_use]
    pub fn is_loose_route(&self) -> bool {
        self.params.has("lr")
    }

    fn parse_rest(scheme: Scheme, rest: &str) -> Result<Self, Invalid> {
        // `@` cannot stand in any other place unescaped, so the last one ends the user part.
        let (userinfo, host_part) = match rest.rsplit_once('@') {
            Some((userinfo, host_part)) => (Some(userinfo), host_part),
            None => (None, rest),
        };
        let (user, password) = match userinfo {
            None => (None, None),
            Some(userinfo) => {
                let (user, password) = match userinfo.split_once(':') {
                    Some((user, password)) => (user, Some(password)),
                    None => (userinfo, None),
                };
                (Some(check_user(user)?), password.map(check_password).transpose()?)
            }
        };
        let mut scan = Scan::new(host_part);
        let (host, port) = Host::scan_with_port(&mut scan, Place::Uri)?;
        let params = Params::scan(&mut scan, Place::Uri)?;
        let headers = if scan.eat(b'?') { Some(scan_headers(&mut scan)?) } else { None };
        if !scan.at_end() {
            return Err(Invalid("something behind the URI"));
        }
        Ok(Self { scheme, user, password, host, port, params, headers })
    }
}

fn check_user(user: &str) -> Result<String, Invalid> {
    if user.is_empty() || !user.bytes().all(is_user_byte) {
        return Err(Invalid("a user part that is none"));
    }
    Ok(checked_escapes(user)?.to_owned())
}

fn check_password(password: &str) -> Result<String, Invalid> {
    let fits = |byte| is_unreserved(byte) || matches!(byte, b'%' | b'&' | b'=' | b'+' | b'$' | b',');
    if !password.bytes().all(fits) {
        return Err(Invalid("a password that is none"));
    }
    Ok(checked_escapes(password)?.to_owned())
}

fn scan_headers(scan: &mut Scan<'_>) -> Result<String, Invalid> {
    let fits = |byte| {
        is_unreserved(byte)
            || matches!(byte, b'%' | b'[' | b']' | b'/' | b'?' | b':' | b'+' | b'$' | b'&' | b'=')
    };
    let text = checked_escapes(scan.run(fits))?;
    if text.is_empty() { Err(Invalid("a ? without headers")) } else { Ok(text.to_owned()) }
}

fn escape_user(user: &str) -> String {
    let mut escaped = String::with_capacity(user.len());
    for byte in user.bytes() {
        if is_user_byte(byte) && byte != b'%' {
            escaped.push(char::from(byte));
        } else {
            use fmt::Write as _;
            // Writing into a String cannot fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        if byte == b'%' {
            let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = tail.get(2..)?;
        } else {
            bytes.push(byte);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

impl fmt::Display for SipUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.scheme {
            Scheme::Sip => "sip:",
            Scheme::Sips => "sips:",
        })?;
        if let Some(user) = &self.user {
            f.write_str(user)?;
            if let Some(password) = &self.password {
                write!(f, ":{password}")?;
            }
            f.write_str("@")?;
        }
        self.host.fmt(f)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        self.params.fmt(f)?;
        match &self.headers {
            Some(headers) => write!(f, "?{headers}"),
            None => Ok(()),
        }
    }
}

impl std::str::FromStr for SipUri {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text.parse()? {
            Uri::Sip(uri) => Ok(uri),
            Uri::Other(_) => Err(Invalid("not a SIP URI")),
        }
    }
}

stored_as_text!(SipUri);

/// A URI of another scheme, for example `tel:`, as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OtherUri(String);

impl OtherUri {
    /// The whole text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Any URI.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Uri {
    /// `sip:` or `sips:`.
    Sip(SipUri),
    /// Any other scheme.
    Other(OtherUri),
}

impl Uri {
    /// The SIP URI, where it is one.
    #[must_use]
    pub const fn as_sip(&self) -> Option<&SipUri> {
        match self {
            Self::Sip(uri) => Some(uri),
            Self::Other(_) => None,
        }
    }
}

impl From<SipUri> for Uri {
    fn from(uri: SipUri) -> Self {
        Self::Sip(uri)
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sip(uri) => uri.fmt(f),
            Self::Other(uri) => f.write_str(&uri.0),
        }
    }
}

impl std::str::FromStr for Uri {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let (scheme, rest) = text.split_once(':').ok_or(Invalid("a URI without a scheme"))?;
        if scheme.eq_ignore_ascii_case("sip") {
            return SipUri::parse_rest(Scheme::Sip, rest).map(Self::Sip);
        }
        if scheme.eq_ignore_ascii_case("sips") {
            return SipUri::parse_rest(Scheme::Sips, rest).map(Self::Sip);
        }
        let named = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
        // `reserved` and `unreserved` of RFC 3261 25.1, and brackets; no blanks, quotes or angle brackets.
        let fits = |byte| is_user_byte(byte) || matches!(byte, b'@' | b':' | b'[' | b']' | b'#');
        if !named || rest.is_empty() || !rest.bytes().all(fits) {
            return Err(Invalid("a URI that is none"));
        }
        checked_escapes(rest)?;
        Ok(Self::Other(OtherUri(text.to_owned())))
    }
}

stored_as_text!(Uri);
