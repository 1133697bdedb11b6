//! What a CRM's answer means, or that there is none.
//!
//! Promises: only where the request can be repeated safely, or surely did nothing, is a failure said to be one that is
//! simply tried again; else it is `Unsure`, or `Unprovable` where nobody can be asked (semantics 5.6). A person is told
//! the CRM's own words, at most [`MOST_WORDS`] characters of them, and never a page of HTML. Leaves to others: when
//! (`core::crm::retry`).

use super::recipe::{IdAt, SafeBy};
use crate::outbound::{Arrival, Error, Refused, Reply, Unanswered};
use ringbridge_core::crm::{Class, Failure};
use serde_json::Value;

/// The most characters of a CRM's own words that are kept.
const MOST_WORDS: usize = 500;

/// The most characters of an id: ids have some dozens; what is longer is something else.
const MOST_ID: usize = 255;

/// The id of the record that an answer tells of.
pub(super) fn id_of(
    reply: &Reply,
    at: &IdAt,
    safe_by: &SafeBy,
    exists: Option<u16>,
) -> Result<String, Failure> {
    let there = exists == Some(reply.status);
    if !there && !(200..300).contains(&reply.status) {
        return Err(failure(reply, safe_by));
    }
    let (found, place) = match at {
        IdAt::Chosen(id) => (Some(id.clone()), "the request".to_owned()),
        IdAt::Pointer(pointer) => (pointed_at(&reply.body, pointer), format!("{pointer} of the answer")),
        IdAt::Header(name) => (reply.header(name).and_then(in_header), format!("the header {name}")),
    };
    found.filter(|id| is_id(id)).ok_or_else(|| without_id(reply, &place, safe_by))
}

/// The CRM said yes, but not to what: it may tell of an error after all, else the record exists and nobody knows its id.
fn without_id(reply: &Reply, place: &str, safe_by: &SafeBy) -> Failure {
    let json: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    if json["errors"].as_array().is_some_and(|errors| !errors.is_empty()) {
        let (code, message) = words(reply);
        return Failure { class: Class::Refused, code, message };
    }
    let class = match safe_by {
        SafeBy::Itself => Class::Refused,
        SafeBy::LookUp { .. } | SafeBy::Nothing => Class::Unprovable,
    };
    let message = format!("the CRM took the record ({}), but {place} holds no id of it", reply.status);
    Failure { class, code: "ID_NOT_FOUND".to_owned(), message }
}

/// A value of the answer's JSON as an id.
pub(super) fn pointed_at(body: &[u8], pointer: &str) -> Option<String> {
    let json: Value = serde_json::from_slice(body).ok()?;
    match json.pointer(pointer)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The id in a header: the last part of an address's path, or what stands in brackets there, as OData writes it.
fn in_header(value: &str) -> Option<String> {
    let path = value.split(['?', '#']).next()?.trim_end_matches('/');
    let last = path.rsplit('/').next()?;
    let inside = last.strip_suffix(')').and_then(|last| last.split_once('(')).map(|(_, inside)| inside);
    Some(inside.unwrap_or(last).trim_matches('\'').to_owned())
}

/// Whether a text can be a record's id.
pub(super) fn is_id(id: &str) -> bool {
    !id.trim().is_empty() && id.chars().count() <= MOST_ID && !id.chars().any(char::is_control)
}

/// What an answer that is no success means.
pub(super) fn failure(reply: &Reply, safe_by: &SafeBy) -> Failure {
    let (code, message) = words(reply);
    let class = match reply.status {
        300..=399 => {
            let message = "the CRM answered with a redirect; redirects are not followed, so write the address that it \
                           redirects to into the settings";
            return Failure { class: Class::Refused, code, message: message.to_owned() };
        }
        401 | 403 => Class::Unauthorized,
        408 | 425 | 429 => Class::Throttled,
        // By its meaning nothing was done (RFC 9110, 15.6.4).
        503 => Class::Away,
        500.. => match (safe_by, reply.status) {
            (SafeBy::Itself, 502 | 504) => Class::Away,
            (SafeBy::Itself, _) => Class::Faulted,
            (SafeBy::LookUp { .. }, _) => Class::Unsure,
            (SafeBy::Nothing, _) => Class::Unprovable,
        },
        _ => Class::Refused,
    };
    Failure { class, code, message }
}

/// What it means that there is no answer.
pub(super) fn unanswered(unanswered: Unanswered, safe_by: &SafeBy) -> Failure {
    let Unanswered { error, arrival } = unanswered;
    let class = match (arrival, error, safe_by) {
        // This record's own values made the address what it is.
        (_, Error::Refused(Refused::TooLong | Refused::NotUrl), _) => Class::Refused,
        // An answer that is too long, or cut short, is more likely this record's than the whole CRM's.
        (Arrival::Perhaps, Error::Garbled, SafeBy::Itself) => Class::Faulted,
        (Arrival::Never, _, _) | (Arrival::Perhaps, _, SafeBy::Itself) => Class::Away,
        (Arrival::Perhaps, _, SafeBy::LookUp { .. }) => Class::Unsure,
        (Arrival::Perhaps, _, SafeBy::Nothing) => Class::Unprovable,
    };
    let code = match arrival {
        Arrival::Never => "UNREACHABLE",
        Arrival::Perhaps => "NO_ANSWER",
    };
    Failure { class, code: code.to_owned(), message: why(error) }
}

/// An error in words that name no address (SEC-14).
pub(super) fn why(error: Error) -> String {
    match error {
        Error::Refused(refused) => refused.to_string(),
        Error::Connect => "the CRM could not be reached".to_owned(),
        Error::Timeout => "the CRM did not answer in time".to_owned(),
        Error::Tls => "there is no trusted TLS connection to the CRM".to_owned(),
        Error::Garbled => "the CRM's answer could not be read".to_owned(),
    }
}

/// The CRM's own code and words, in the forms that CRMs commonly use.
pub(super) fn words(reply: &Reply) -> (String, String) {
    let json: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let first = |value: &Value| value.as_array().and_then(|all| all.first()).cloned();
    // A list of errors at the top or below "errors": the first is the one that people are told.
    let listed = first(&json).or_else(|| first(&json["errors"]));
    let top = json.clone();
    let nested = Some(json["error"].clone()).filter(Value::is_object);
    let places = [listed, nested, Some(top)];
    let mut places = places.iter().flatten();
    let (mut code, mut message) = (None, None);
    for place in &mut places {
        message = message.or_else(|| said(place));
        code = code.or_else(|| named(place));
    }
    let is_html = |text: &str| text.trim_start().starts_with('<');
    let plain = || {
        let text = reply.header("content-type").is_some_and(|kind| kind.starts_with("text/plain"));
        let body = String::from_utf8_lossy(&reply.body).trim().to_owned();
        Some(body).filter(|body| text && !body.is_empty() && !is_html(body))
    };
    let message = message.or_else(plain).unwrap_or_else(|| format!("the CRM answered {}", reply.status));
    (code.unwrap_or_else(|| format!("HTTP_{}", reply.status)), cut(&message))
}

/// The words of one error.
fn said(error: &Value) -> Option<String> {
    let text = |key: &str| error[key].as_str().map(str::trim).filter(|text| !text.is_empty());
    if let (Some(title), Some(detail)) = (text("title"), text("detail")) {
        return Some(format!("{title}: {detail}"));
    }
    let keys = ["message", "detail", "error_description", "description", "title"];
    let found = keys.iter().find_map(|key| text(key)).or_else(|| error.as_str()).or_else(|| text("error"));
    found.map(str::to_owned)
}

/// The code of one error: a word, not a sentence.
fn named(error: &Value) -> Option<String> {
    let keys = ["errorCode", "code", "category", "error"];
    let apart = |c: char| c.is_whitespace() || c.is_control();
    let word = |text: &&str| !text.is_empty() && text.len() <= 64 && !text.contains(apart);
    keys.iter().find_map(|key| error[*key].as_str().filter(word)).map(str::to_owned)
}

/// At most so many characters, on one line.
fn cut(text: &str) -> String {
    let line: String = text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
    match line.char_indices().nth(MOST_WORDS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
