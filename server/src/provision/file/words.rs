//! The kinds of words in a tenant file: names, numbers, hosts, countries.
//!
//! Promises: each function takes one word and gives it as a type, or one sentence. Leaves to others: whether what is named
//! exists.

use ringbridge_core::redact::Digits;
use ringbridge_core::time::Timestamp;
use url::{Host, Url};

/// The most bytes of a name that people give.
const NAME_BYTES_MAX: usize = 128;

/// A name that people give: a tenant's, an agent's, a list's. No line breaks and no control characters.
pub(super) fn name(text: &str) -> Result<String, String> {
    let fine = text.len() <= NAME_BYTES_MAX && !text.chars().any(char::is_control) && text.trim() == text;
    let refused = || {
        format!("\"{text}\" must be at most {NAME_BYTES_MAX} bytes, without line breaks and blanks around it")
    };
    fine.then(|| text.to_owned()).ok_or_else(refused)
}

/// A tenant's name: it stands in Basic authentication and on the command line.
pub(super) fn tenant_name(text: &str) -> Result<String, String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let fine = text.len() <= 64 && text.bytes().all(allowed);
    // It names a folder too; "." and ".." are other ones.
    let is_dots = !text.is_empty() && text.bytes().all(|byte| byte == b'.');
    match (fine, is_dots) {
        (true, false) => Ok(text.to_owned()),
        (true, true) => Err(format!("\"{text}\" must have more than dots")),
        (false, _) => Err(format!("\"{text}\" must be at most 64 letters, digits, \"-\", \"_\" and \".\"")),
    }
}

/// A log-in.
pub(super) fn login(text: &str) -> Result<String, String> {
    let fine = !text.contains(char::is_whitespace);
    let text = name(text)?;
    fine.then(|| text.clone()).ok_or_else(|| format!("\"{text}\" must have no blanks"))
}

/// The name that a phone registers under: the user part of a SIP URI without escapes.
pub(super) fn phone_name(text: &str) -> Result<String, String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let fine = text.len() <= 64 && text.bytes().all(allowed);
    fine.then(|| text.to_owned())
        .ok_or_else(|| format!("\"{text}\" must be at most 64 letters, digits, \"-\", \"_\" and \".\""))
}

/// A telephone number.
pub(super) fn digits(text: &str) -> Result<Digits, String> {
    Digits::new(text).ok_or_else(|| format!("\"{text}\" must be 1 to 32 digits and nothing else"))
}

/// A country.
pub(super) fn country(text: &str) -> Result<String, String> {
    let fine = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    let known = fine && ringbridge_core::country::exists(text);
    known
        .then(|| text.to_owned())
        .ok_or_else(|| format!("\"{text}\" must be a country's two capital letters, for example \"US\""))
}

/// A country that may be dialled; `001` stands for numbers of no country.
pub(super) fn dialled_country(text: &str) -> Result<String, String> {
    if text == ringbridge_core::country::NOWHERE { Ok(text.to_owned()) } else { country(text) }
}

/// A host name under which a tenant is reached, without a port.
pub(super) fn host(text: &str) -> Result<String, String> {
    let plain = !text.contains([':', '/', '*']);
    let parsed = Host::parse(text).ok().filter(|_| plain);
    parsed
        .map(|host| host.to_string())
        .ok_or_else(|| format!("\"{text}\" must be a host name without scheme, port and path"))
}

/// An origin in `allowed_origins`.
pub(super) fn origin(text: &str) -> Result<String, String> {
    ringbridge_core::origin::check_listed(text).map(|()| text.to_owned())
}

/// A SIP address of a phone.
pub(super) fn phone_uri(text: &str) -> Result<String, String> {
    let refused =
        |why: &str| format!("\"{text}\" must be a SIP address such as \"sip:alice@127.0.0.1:5070\": {why}");
    if text.starts_with("sips:") {
        return Err(refused("this build has no SIP over TLS yet"));
    }
    let parsed: Result<ringbridge_sip::uri::SipUri, _> = text.parse();
    parsed.map(|_| text.to_owned()).map_err(|invalid| refused(&invalid.to_string()))
}

/// A web address of a service.
pub(super) fn web_address(text: &str) -> Result<String, String> {
    let parsed = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
    parsed
        .filter(|url| url.host_str().is_some_and(|host| !host.is_empty()))
        .map(|_| text.to_owned())
        .ok_or_else(|| format!("\"{text}\" must be a URL that begins with https:// or http://"))
}

/// A key on the keyboard: one character that can be seen.
pub(super) fn hot_key(text: &str) -> Result<String, String> {
    let mut characters = text.chars();
    let fine = characters.next().is_some_and(|first| !first.is_whitespace() && !first.is_control());
    (fine && characters.next().is_none())
        .then(|| text.to_owned())
        .ok_or_else(|| format!("\"{text}\" must be one character"))
}

/// A moment.
pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text)
        .ok_or_else(|| format!("\"{text}\" must be a moment such as \"2026-11-22T10:00:00Z\""))
}
