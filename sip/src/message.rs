//! SIP messages: requests and responses as values, and their printed form.
//!
//! Promises: the five headers every message has are fields of their types, so that a message without them cannot exist;
//! Content-Length is never stored but printed from the body; what is printed parses to the same value again. Leaves to
//! others: parsing ([`crate::parse`]), dialogs, and what goes into the other headers.

use crate::header::{CSeq, CallId, HeaderName, Headers, NameAddr, Via};
use crate::method::Method;
use crate::status::Status;
use crate::text::{HeaderValue, SipToken};
use crate::uri::Uri;
use serde::{Deserialize, Serialize};
use std::fmt::Display;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Write as _;

/// A request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// What is asked for.
    pub method: Method,
    /// Of whom.
    pub uri: Uri,
    /// The topmost Via: the sender's own.
    pub via: Via,
    /// The Vias below it.
    pub more_via: Vec<Via>,
    /// Hops that are left; a few old elements leave it out.
    pub max_forwards: Option<u8>,
    /// Who asks.
    pub from: NameAddr,
    /// Who is asked.
    pub to: NameAddr,
    /// The call.
    pub call_id: CallId,
    /// The number of CSeq; its method is the request's.
    pub cseq: u32,
    /// All other headers.
    pub headers: Headers,
    /// The body.
    #[serde(with = "body_as_text")]
    pub body: Vec<u8>,
}

/// A response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// The code.
    pub status: Status,
    /// The phrase; may be empty.
    pub reason: HeaderValue,
    /// The topmost Via: that of the element it goes to.
    pub via: Via,
    /// The Vias below it.
    pub more_via: Vec<Via>,
    /// As in the request.
    pub from: NameAddr,
    /// As in the request, with a tag.
    pub to: NameAddr,
    /// As in the request.
    pub call_id: CallId,
    /// As in the request.
    pub cseq: CSeq,
    /// All other headers.
    pub headers: Headers,
    /// The body.
    #[serde(with = "body_as_text")]
    pub body: Vec<u8>,
}

/// A message of either kind.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "short-lived, moved once from the parser to its user")]
pub enum Message {
    /// A request.
    Request(Request),
    /// A response.
    Response(Response),
}

/// The hops a request of ours may take (RFC 3261 8.1.1.6).
pub const MAX_FORWARDS: u8 = 70;

impl Request {
    /// The transaction's branch; empty where an old element gives none.
    #[must_use]
    pub fn branch(&self) -> &str {
        self.via.branch().unwrap_or("")
    }

    /// Puts in a body and its type.
    pub fn set_body(&mut self, content_type: HeaderValue, body: Vec<u8>) {
        self.headers.set(HeaderName::ContentType, content_type);
        self.body = body;
    }

    /// The CANCEL of this INVITE (RFC 3261 9.1): same branch, same route, number and addresses.
    #[must_use]
    pub fn cancel(&self) -> Self {
        Self { method: Method::Cancel, to: self.to.clone(), ..self.hop_by_hop() }
    }

    /// The ACK of a response other than 2xx to this INVITE (RFC 3261 17.1.1.3): same branch, the response's To.
    #[must_use]
    pub fn ack_of_failure(&self, response: &Response) -> Self {
        Self { method: Method::Ack, to: response.to.clone(), ..self.hop_by_hop() }
    }

    /// What CANCEL and the ACK of a failure have in common with their INVITE.
    fn hop_by_hop(&self) -> Self {
        let mut headers = Headers::new();
        for route in self.headers.all(&HeaderName::Route) {
            // It is a header value already, so that this cannot fail.
            if let Ok(route) = HeaderValue::new(route) {
                headers.push(HeaderName::Route, route);
            }
        }
        Self {
            method: self.method.clone(),
            uri: self.uri.clone(),
            via: self.via.clone(),
            more_via: Vec::new(),
            max_forwards: Some(MAX_FORWARDS),
            from: self.from.clone(),
            to: self.to.clone(),
            call_id: self.call_id.clone(),
            cseq: self.cseq,
            headers,
            body: Vec::new(),
        }
    }

    /// The response with this status (RFC 3261 8.2.6): Vias, From, To, Call-ID and CSeq copied, the tag put into To if it
    /// has none and the response is more than a 100, the Record-Route copied where it may make a dialog.
    #[must_use]
    pub fn answer(&self, status: Status, tag: &SipToken) -> Response {
        let mut to = self.to.clone();
        if to.tag().is_none() && status != Status::TRYING {
            to = to.with_tag(tag.clone());
        }
        let mut headers = Headers::new();
        let makes_dialog = self.method == Method::Invite && status > Status::TRYING && status.code() < 300;
        for route in self.headers.all(&HeaderName::RecordRoute).filter(|_| makes_dialog) {
            // It is a header value already, so that this cannot fail.
            if let Ok(route) = HeaderValue::new(route) {
                headers.push(HeaderName::RecordRoute, route);
            }
        }
        Response {
            status,
            reason: HeaderValue::constant(status.reason()),
            via: self.via.clone(),
            more_via: self.more_via.clone(),
            from: self.from.clone(),
            to,
            call_id: self.call_id.clone(),
            cseq: CSeq { number: self.cseq, method: self.method.clone() },
            headers,
            body: Vec::new(),
        }
    }

    /// The response of an element that keeps nothing of the request (RFC 3261 8.2.7): its tag follows from the request, so
    /// that a repetition gets the same.
    #[must_use]
    pub fn answer_without_state(&self, status: Status) -> Response {
        let mut hasher = DefaultHasher::new();
        (self.branch(), self.call_id.as_str(), self.cseq, self.from.tag()).hash(&mut hasher);
        let tag = SipToken::new(format!("s{:016x}", hasher.finish()));
        self.answer(status, &tag.unwrap_or(SipToken::constant("s")))
    }

    /// The message as it goes over the wire.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(700 + self.body.len());
        put(&mut out, format_args!("{} {} SIP/2.0", self.method, self.uri));
        put_vias(&mut out, &self.via, &self.more_via);
        if let Some(hops) = self.max_forwards {
            put(&mut out, format_args!("Max-Forwards: {hops}"));
        }
        put_addresses(&mut out, &self.from, &self.to, &self.call_id);
        put(&mut out, format_args!("CSeq: {} {}", self.cseq, self.method));
        put_rest(&mut out, &self.headers, &self.body);
        out
    }
}

impl Response {
    /// The transaction's branch; empty where an old element gives none.
    #[must_use]
    pub fn branch(&self) -> &str {
        self.via.branch().unwrap_or("")
    }

    /// Puts in a body and its type.
    pub fn set_body(&mut self, content_type: HeaderValue, body: Vec<u8>) {
        self.headers.set(HeaderName::ContentType, content_type);
        self.body = body;
    }

    /// The message as it goes over the wire.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(600 + self.body.len());
        put(&mut out, format_args!("SIP/2.0 {} {}", self.status, self.reason));
        put_vias(&mut out, &self.via, &self.more_via);
        put_addresses(&mut out, &self.from, &self.to, &self.call_id);
        put(&mut out, format_args!("CSeq: {}", self.cseq));
        put_rest(&mut out, &self.headers, &self.body);
        out
    }
}

impl Message {
    /// The message as it goes over the wire.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Request(request) => request.to_bytes(),
            Self::Response(response) => response.to_bytes(),
        }
    }

    /// The call it belongs to.
    #[must_use]
    pub const fn call_id(&self) -> &CallId {
        match self {
            Self::Request(request) => &request.call_id,
            Self::Response(response) => &response.call_id,
        }
    }
}

/// Writes one line and its end.
fn put(out: &mut Vec<u8>, line: impl Display) {
    // Writing into a Vec cannot fail.
    let _ = write!(out, "{line}\r\n");
}

fn put_vias(out: &mut Vec<u8>, top: &Via, more: &[Via]) {
    for via in std::iter::once(top).chain(more) {
        put(out, format_args!("Via: {via}"));
    }
}

fn put_addresses(out: &mut Vec<u8>, from: &NameAddr, to: &NameAddr, call_id: &CallId) {
    put(out, format_args!("From: {from}"));
    put(out, format_args!("To: {to}"));
    put(out, format_args!("Call-ID: {call_id}"));
}

fn put_rest(out: &mut Vec<u8>, headers: &Headers, body: &[u8]) {
    for (name, value) in headers.iter() {
        put(out, format_args!("{name}: {value}"));
    }
    put(out, format_args!("Content-Length: {}\r\n", body.len()));
    out.extend_from_slice(body);
}

/// Stores a body as text where it is text, else as numbers.
mod body_as_text {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Stored {
        Text(String),
        Bytes(Vec<u8>),
    }

    pub(super) fn serialize<S: Serializer>(body: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(body) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => body.serialize(serializer),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        Ok(match Stored::deserialize(deserializer)? {
            Stored::Text(text) => text.into_bytes(),
            Stored::Bytes(bytes) => bytes,
        })
    }
}
