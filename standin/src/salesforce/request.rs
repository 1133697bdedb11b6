//! One request as the org reads it, and one answer as it is sent.
//!
//! Promises: paths and queries decoded once; a trailing slash and `_HttpMethod` mean what they mean at a real org
//! (salesforce.md 5.1). Leaves to others: sockets (`http`).

use super::{errors::Refusal, faults::Operation};
use hyper::{HeaderMap, body::Bytes, http::request::Parts};
use serde::{Serialize, Serializer, ser::SerializeMap as _};
use serde_json::Value;

/// A request whose body has arrived.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// The method, after `_HttpMethod`; HEAD is read as GET.
    pub(super) method: String,
    /// Path and query as sent.
    pub(super) target: String,
    /// The path's segments, decoded, without empty ones.
    pub(super) path: Vec<String>,
    /// The query's pairs, decoded.
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Request {
    pub(super) fn new(parts: Parts, body: Bytes) -> Self {
        let target = parts.uri.path_and_query().map_or("/", |whole| whole.as_str()).to_owned();
        let query = pairs(parts.uri.query().unwrap_or_default());
        let overridden =
            query.iter().find(|(name, _)| name == "_HttpMethod").map(|(_, method)| method.clone());
        let method = match overridden {
            Some(method) if parts.method == "POST" => method.to_ascii_uppercase(),
            // What a GET answers without its body, which hyper leaves out.
            Some(_) | None if parts.method == "HEAD" => "GET".to_owned(),
            Some(_) | None => parts.method.to_string(),
        };
        let segments = parts.uri.path().split('/').filter(|segment| !segment.is_empty());
        let path = segments.map(|segment| percent_decoded(segment.as_bytes())).collect();
        Self { method, target, path, query, headers: parts.headers, body }
    }

    /// A header as text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// A value of the query.
    pub(super) fn asked(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The media type of the body, without its parameters, in lower case.
    pub(super) fn media_type(&self) -> String {
        let given = self.header("content-type").unwrap_or_default();
        given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// The address of the org as this client reaches it.
    pub(super) fn base(&self) -> String {
        format!("http://{}", self.header("host").unwrap_or("localhost"))
    }

    /// The access token; a missing header is no session, another scheme is refused by name.
    pub(super) fn token(&self) -> Result<&str, Refusal> {
        let header = self.header("authorization").ok_or_else(Refusal::session)?;
        let (scheme, token) = header.split_once(' ').ok_or_else(Refusal::auth_header)?;
        if ["Bearer", "OAuth"].iter().any(|known| known.eq_ignore_ascii_case(scheme)) {
            Ok(token.trim())
        } else {
            Err(Refusal::auth_header())
        }
    }

    /// What it asks for.
    pub(super) fn operation(&self) -> Operation {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let method = self.method.as_str();
        match path.as_slice() {
            ["services", "oauth2", "token"] => Operation::Token,
            ["services", "data", _, "query" | "queryAll" | "search", ..] => Operation::Query,
            ["services", "data", _, "sobjects"] | ["services", "data", _, "sobjects", _, "describe"] => {
                Operation::Describe
            }
            ["services", "data", _, "sobjects", rest @ ..] => match (method, rest.len()) {
                ("POST", 1) => Operation::Create,
                ("PATCH", 2) => Operation::Update,
                ("PATCH", 3) => Operation::Upsert,
                ("DELETE", _) => Operation::Delete,
                _ => Operation::Read,
            },
            ["services", "data", _, "limits"] => Operation::Read,
            _ => Operation::Other,
        }
    }
}

/// The pairs of a form or a query, decoded.
pub(super) fn pairs(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let decoded = |text: &str| percent_decoded(text.replace('+', " ").as_bytes());
            (decoded(name), decoded(value))
        })
        .collect()
}

/// Undoes percent encoding; what is no encoding stays, bytes that are no UTF-8 become U+FFFD.
fn percent_decoded(text: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        let hex = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let pair = after.first().and_then(hex).zip(after.get(1).and_then(hex));
        match pair {
            Some((high, low)) if first == b'%' => {
                bytes.push(high * 16 + low);
                rest = &after[2..];
            }
            Some(_) | None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Percent encoding of everything but letters, digits and `-._~`.
pub(super) fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded += &format!("%{byte:02X}");
        }
    }
    encoded
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
}

impl Answer {
    /// JSON that is written already.
    pub(super) fn json(status: u16, body: impl Into<String>) -> Self {
        let kind = ("content-type", "application/json;charset=UTF-8".to_owned());
        let cache = ("cache-control", "no-cache,must-revalidate,max-age=0,no-store,private".to_owned());
        Self { status, headers: vec![kind, cache], body: body.into() }
    }

    /// An answer without a body.
    pub(super) const fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: String::new() }
    }

    /// A page.
    pub(super) fn html(status: u16, body: String) -> Self {
        let kind = ("content-type", "text/html;charset=UTF-8".to_owned());
        Self { status, headers: vec![kind], body }
    }

    /// Sends the reader elsewhere.
    pub(super) fn redirect(status: u16, to: String) -> Self {
        Self { status, headers: vec![("location", to)], body: String::new() }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        Self::json(refusal.status, refusal.body())
    }
}

/// An object whose members keep their order, as those of real answers do.
pub(super) struct Ordered<'a>(pub(super) Vec<(&'a str, Value)>);

impl Serialize for Ordered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl Ordered<'_> {
    /// The JSON text.
    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).expect("names are text and values are JSON")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, target: &str) -> Request {
        let (parts, ()) = hyper::Request::builder().method(method).uri(target).body(()).unwrap().into_parts();
        Request::new(parts, Bytes::new())
    }

    #[test]
    fn a_request_is_known_by_method_and_path() {
        let base = "/services/data/v67.0";
        for (method, path, operation) in [
            ("POST", "/sobjects/Task/", Operation::Create),
            ("PATCH", "/sobjects/Task/Transactionid__c/int%2D1", Operation::Upsert),
            ("POST", "/sobjects/Task/Transactionid__c/int-1?_HttpMethod=PATCH", Operation::Upsert),
            ("PATCH", "/sobjects/Task/00T5e0000000001EAA", Operation::Update),
            ("GET", "/sobjects/Task/describe", Operation::Describe),
            ("GET", "/query?q=SELECT+Id", Operation::Query),
        ] {
            assert_eq!(request(method, &format!("{base}{path}")).operation(), operation, "{method} {path}");
        }
        assert_eq!(request("POST", "/services/oauth2/token").operation(), Operation::Token);
    }

    #[test]
    fn paths_and_queries_are_decoded_once() {
        let read = request("GET", "/a//b%2Fc%2541+d/?q=x+%27y%27&r=%zz&s");
        assert_eq!(read.path, ["a", "b/c%41+d"]);
        let query: Vec<_> = read.query.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(query, [("q", "x 'y'"), ("r", "%zz"), ("s", "")]);
        assert_eq!(percent_encoded("a/b c=é"), "a%2Fb%20c%3D%C3%A9");
    }
}
