//! What one record comes to on the wire: the request, where its id will be, and what makes a repetition safe.
//!
//! Promises: a recipe depends on order and settings alone, so that a repeated request is the same to the byte (but for a
//! signature's moment). Leaves to others: making it (`generic` and the presets), carrying it out (`attempt`).

use super::grant::Login;
use crate::outbound::Schemes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, header};
use ringbridge_core::crm::{Class, Failure, Order, Pages};

/// One request, complete but for the log-in.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) method: Method,
    pub(super) url: String,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Ask {
    /// A question without a body.
    pub(super) fn get(url: String) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        Self { method: Method::GET, url, headers, body: String::new() }
    }

    /// A request with a JSON body, or without one for `null`.
    pub(super) fn json(method: Method, url: String, body: &serde_json::Value) -> Self {
        let mut ask = Self { method, ..Self::get(url) };
        if !body.is_null() {
            ask.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            ask.body = body.to_string();
        }
        ask
    }

    /// The same with one more header.
    pub(super) fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        self
    }
}

/// Where the new record's id is.
#[derive(Clone, Debug)]
pub(super) enum IdAt {
    /// In the answer's JSON.
    Pointer(String),
    /// In a header of the answer.
    Header(String),
    /// The request has named it.
    Chosen(String),
}

/// What makes a repetition safe (semantics 5.6).
#[derive(Clone, Debug)]
pub(super) enum SafeBy {
    /// The request itself: the CRM knows it again.
    Itself,
    /// Asking first.
    LookUp {
        /// The question.
        ask: Box<Ask>,
        /// Where its answer has the id.
        pointer: String,
    },
    /// Nothing.
    Nothing,
}

/// A request by whose `key` the CRM knows the GUID again. Where the order was written under another, an earlier attempt may
/// not have borne it.
pub(super) fn known_by(order: &Order, key: &str) -> SafeBy {
    match order.key.as_deref() == Some(key) {
        true => SafeBy::Itself,
        false => SafeBy::Nothing,
    }
}

/// Something worked out from the new record's id.
pub(super) type FromId<'a, T> = Box<dyn Fn(&str) -> Option<T> + Send + Sync + 'a>;

/// Everything about one record.
pub(super) struct Recipe<'a> {
    /// The request that makes it.
    pub(super) ask: Ask,
    /// Which schemes are allowed.
    pub(super) schemes: Schemes,
    /// How we log in.
    pub(super) login: Login,
    /// Where its id is.
    pub(super) id: IdAt,
    /// What makes a repetition safe.
    pub(super) safe_by: SafeBy,
    /// The status that says that the record was there already.
    pub(super) exists: Option<u16>,
    /// A request that follows once the record is there; it can be repeated as often as one likes.
    pub(super) after: FromId<'a, Ask>,
    /// The record's pages.
    pub(super) pages: FromId<'a, Pages>,
    /// Its type, as the CRM spells it.
    pub(super) object: String,
    /// What was tolerated.
    pub(super) notes: Vec<String>,
}

/// A value for a header; secrets are marked, so that nothing prints them.
pub(super) fn secret_value(text: &str) -> Result<HeaderValue, Failure> {
    let mut value = header_value(text)?;
    value.set_sensitive(true);
    Ok(value)
}

/// A value for a header. It may hold UTF-8 beyond ASCII, but no control characters.
pub(super) fn header_value(text: &str) -> Result<HeaderValue, Failure> {
    HeaderValue::from_bytes(text.as_bytes())
        .map_err(|_| refused("BAD_SETTING", "a header cannot hold this value"))
}

/// A header's name that came from the tenant file.
pub(super) fn header_name(text: &str) -> Result<HeaderName, Failure> {
    HeaderName::from_bytes(text.as_bytes())
        .map_err(|_| refused("BAD_SETTING", &format!("\"{text}\" is no name of a header")))
}

/// `Authorization` with a token.
pub(super) fn bearer(token: &str) -> Result<Login, Failure> {
    Ok(Login::Header(AUTHORIZATION, secret_value(&format!("Bearer {token}"))?))
}

/// `Authorization` with user and password (RFC 7617).
pub(super) fn basic(user: &str, password: &str) -> Result<Login, Failure> {
    use base64::Engine as _;
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    Ok(Login::Header(AUTHORIZATION, secret_value(&format!("Basic {pair}"))?))
}

/// A failure that trying again does not mend.
pub(super) fn refused(code: &str, message: &str) -> Failure {
    Failure { class: Class::Refused, code: code.to_owned(), message: message.to_owned() }
}
