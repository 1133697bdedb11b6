//! A request whose answer somebody reads: its parts, its answer, and what is known where there is none.
//!
//! Promises: a failure says whether the request may have arrived, so that what must not be done twice is not; an answer
//! is whole or no answer at all. Leaves to others: sending it (`exchange`), what the answer means (`jobs`).

use super::{Error, Refused, Schemes};
use hyper::body::Bytes;
use hyper::{HeaderMap, Method};
use ringbridge_core::redact::Secret;

/// The shortest secret that is looked for in an answer: what is shorter stands there by chance.
const SHORTEST_SECRET: usize = 8;

/// A request.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The method.
    pub method: Method,
    /// The whole URL.
    pub url: &'a str,
    /// Which schemes are allowed.
    pub schemes: Schemes,
    /// Headers beside `Host`, `User-Agent` and `Connection`. Values that are secrets are marked sensitive.
    pub headers: HeaderMap,
    /// The body, empty for none; its `Content-Type` stands in the headers.
    pub body: String,
    /// The most bytes of a body that are read; a longer answer is [`Error::Garbled`].
    pub most_read: usize,
}

/// An answer of any status, with its whole body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Reply {
    /// The same without a secret that went out with the request, where a refusal repeats it: its words are stored and shown.
    #[must_use]
    pub fn without(mut self, secret: &Secret) -> Self {
        let secret = secret.expose();
        if !(200..300).contains(&self.status) && secret.len() >= SHORTEST_SECRET {
            let body = String::from_utf8_lossy(&self.body);
            if body.contains(secret) {
                self.body = body.replace(secret, "***").into();
            }
        }
        self
    }

    /// A header's text; nothing where it is absent or no text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// Whether the other side may have read the request, and done what it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// It was not sent.
    Never,
    /// It was sent, in part at least.
    Perhaps,
}

/// No answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct Unanswered {
    /// Why.
    pub error: Error,
    /// Whether the request may have arrived all the same.
    pub arrival: Arrival,
}

impl Unanswered {
    pub(super) const fn before(error: Error) -> Self {
        Self { error, arrival: Arrival::Never }
    }

    pub(super) const fn after(error: Error) -> Self {
        Self { error, arrival: Arrival::Perhaps }
    }
}

impl From<Refused> for Unanswered {
    fn from(refused: Refused) -> Self {
        Self::before(refused.into())
    }
}
