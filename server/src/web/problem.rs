//! Refusals on the wire: RFC 9457 problem documents for programs, the same code and sentence as a page for people.
//!
//! Promises: this is the one place where a code gets its HTTP status; a handler returns a [`Problem`] without knowing who
//! asks, and [`render`] gives it the form the request accepts; no cause of an internal error leaves the server. Leaves to
//! others: the sentences of refusals (`core`), the sentences of this layer (`words`).

use super::words;
use askama::Template as _;
use axum::body::Body;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use ringbridge_core::refusal::{Code, Refusal};

/// Whom an answer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wants {
    /// A person's browser.
    Page,
    /// A program.
    Json,
}

impl Wants {
    /// Reads the wish from `Accept`; everything under `/api/` is for programs.
    #[must_use]
    pub fn of(path: &str, headers: &HeaderMap) -> Self {
        let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("");
        let json = accept.contains("application/json") || accept.contains("application/problem+json");
        if path.starts_with("/api/") || (json && !accept.contains("text/html")) {
            Self::Json
        } else {
            Self::Page
        }
    }
}

/// The HTTP status of a core code. One table, so that no handler has an opinion of its own.
#[must_use]
pub const fn status_of(code: Code) -> StatusCode {
    match code {
        Code::BadNumber
        | Code::BadParameter
        | Code::CallerIdUnknown
        | Code::DialplanRefused
        | Code::DialplanUnknown
        | Code::QueueUnknown
        | Code::UserdataMalformed => StatusCode::BAD_REQUEST,
        Code::SessionRequired => StatusCode::UNAUTHORIZED,
        Code::ConfirmationRequired
        | Code::HttpsRequired
        | Code::NumberNotAllowed
        | Code::QueueNotMember
        | Code::WrongHost => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::ActionBusy
        | Code::AgentBusy
        | Code::AgentNotAvailable
        | Code::AgentPhoneUnreachable
        | Code::CodesRequired
        | Code::NoCallerId
        | Code::NoMoreTime => StatusCode::CONFLICT,
        Code::ActionSettled | Code::CallOver => StatusCode::GONE,
        Code::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        Code::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// A refusal with its status, before it is known who asks.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The status.
    pub status: StatusCode,
    /// The stable code.
    pub code: &'static str,
    /// One plain sentence.
    pub text: String,
    /// The link's parameter it is about.
    pub parameter: Option<Box<str>>,
    /// The place in the decoded parameter, in UTF-8 bytes.
    pub offset: Option<usize>,
    /// The line around that place, with a caret under it. Boxed, as what follows: most problems have none, and all
    /// handlers carry them.
    pub place: Option<Box<Place>>,
    /// Where to go on, for people.
    pub next: Option<Box<Next>>,
    /// Each wrong value with its place, where there may be several: objects with `text` and where it stands.
    pub errors: Option<Box<serde_json::Value>>,
    headers: Box<[(HeaderName, HeaderValue)]>,
}

/// A way on, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next {
    /// An address of ours.
    pub address: String,
    /// The words on the link.
    pub words: &'static str,
}

/// What stands around a place in a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The text, on one line.
    pub line: String,
    /// Blanks and a caret.
    pub caret: String,
}

impl Place {
    /// Cuts about 60 characters around a byte offset out of a text.
    #[must_use]
    pub fn in_text(text: &str, offset: usize) -> Self {
        let at = (0..=offset.min(text.len())).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
        let before: Vec<char> = text[..at].chars().rev().take(30).collect();
        let after = text[at..].chars().take(30);
        let caret = format!("{}^", " ".repeat(before.len()));
        let line =
            before.into_iter().rev().chain(after).map(|c| if c.is_control() { ' ' } else { c }).collect();
        Self { line, caret }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let Refusal { code, text, parameter, offset } = refusal;
        let text = words::sentence(&text, parameter.as_deref());
        let mut problem = Self::new(status_of(code), code.as_str(), text);
        problem.parameter = parameter.map(String::into_boxed_str);
        problem.offset = offset;
        match code {
            Code::RateLimited | Code::Overloaded => problem.with(axum::http::header::RETRY_AFTER, "10"),
            Code::ActionBusy
            | Code::ActionSettled
            | Code::AgentBusy
            | Code::AgentNotAvailable
            | Code::AgentPhoneUnreachable
            | Code::BadNumber
            | Code::BadParameter
            | Code::CallOver
            | Code::CallerIdUnknown
            | Code::CodesRequired
            | Code::ConfirmationRequired
            | Code::DialplanRefused
            | Code::DialplanUnknown
            | Code::HttpsRequired
            | Code::NoCallerId
            | Code::NotFound
            | Code::NoMoreTime
            | Code::NumberNotAllowed
            | Code::QueueNotMember
            | Code::QueueUnknown
            | Code::SessionRequired
            | Code::TooLarge
            | Code::UserdataMalformed
            | Code::WrongHost => problem,
        }
    }
}

impl Problem {
    /// A problem of this layer.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, text: impl Into<String>) -> Self {
        Self {
            status,
            code,
            text: text.into(),
            parameter: None,
            offset: None,
            place: None,
            next: None,
            errors: None,
            headers: Box::default(),
        }
    }

    /// Something of ours failed; the cause goes to the log and nowhere else.
    #[must_use]
    pub fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(%cause, "a request failed inside");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", words::INTERNAL)
    }

    /// There is no such thing here, or it is somebody else's.
    #[must_use]
    pub fn not_found() -> Self {
        Refusal::new(Code::NotFound, words::NOT_FOUND).into()
    }

    /// The method is none of those that work here.
    #[must_use]
    pub fn method(allowed: &'static str) -> Self {
        let text = format!("This address takes {allowed} only.");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", text)
            .with(axum::http::header::ALLOW, allowed)
    }

    /// Adds a header.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: &'static str) -> Self {
        let mut headers = std::mem::take(&mut self.headers).into_vec();
        headers.push((name, HeaderValue::from_static(value)));
        self.headers = headers.into_boxed_slice();
        self
    }

    /// Adds a way on, for people.
    #[must_use]
    pub fn leading_to(mut self, address: String, words: &'static str) -> Self {
        self.next = Some(Box::new(Next { address, words }));
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.headers_mut().extend(self.headers.iter().cloned());
        response.extensions_mut().insert(self);
        response
    }
}

#[derive(askama::Template)]
#[template(path = "problem.html")]
struct Page<'a> {
    title: &'a str,
    problem: &'a Problem,
}

/// Gives a response that carries a [`Problem`] the form the request accepts.
#[must_use]
pub fn render(mut response: Response, wants: Wants) -> Response {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    let title = words::title(problem.status, problem.code, problem.parameter.as_deref());
    let body = match wants {
        Wants::Json => {
            let mut document = serde_json::json!({
                "type": "about:blank", "title": title, "status": problem.status.as_u16(),
                "detail": problem.text, "code": problem.code,
            });
            if let Some(parameter) = &problem.parameter {
                document["parameter"] = (**parameter).into();
            }
            if let Some(offset) = problem.offset {
                document["offset"] = offset.into();
            }
            if let Some(place) = &problem.place {
                document["place"] = format!("{}\n{}", place.line, place.caret).into();
            }
            if let Some(errors) = &problem.errors {
                document["errors"] = (**errors).clone();
            }
            ([(CONTENT_TYPE, "application/problem+json")], document.to_string()).into_response()
        }
        Wants::Page => match (Page { title, problem: &problem }).render() {
            Ok(page) => Html(page).into_response(),
            Err(_) => problem.text.clone().into_response(),
        },
    };
    let (head, body) = body.into_parts();
    if let Some(kind) = head.headers.get(CONTENT_TYPE) {
        response.headers_mut().insert(CONTENT_TYPE, kind.clone());
    }
    *response.body_mut() = body;
    response
}

/// A page from a template, or the internal problem where it cannot be rendered.
pub fn page(template: &impl askama::Template) -> Response {
    match template.render() {
        Ok(page) => {
            (StatusCode::OK, [(CONTENT_TYPE, "text/html; charset=utf-8")], Body::from(page)).into_response()
        }
        Err(error) => Problem::internal(&error).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statuses_are_those_of_the_contract() {
        let table: Vec<_> = Code::ALL.iter().map(|code| (code.as_str(), status_of(*code).as_u16())).collect();
        assert_eq!(
            table,
            [
                ("ACTION_BUSY", 409),
                ("ACTION_SETTLED", 410),
                ("AGENT_BUSY", 409),
                ("AGENT_NOT_AVAILABLE", 409),
                ("AGENT_PHONE_UNREACHABLE", 409),
                ("BAD_NUMBER", 400),
                ("BAD_PARAMETER", 400),
                ("CALL_OVER", 410),
                ("CALLER_ID_UNKNOWN", 400),
                ("CODES_REQUIRED", 409),
                ("CONFIRMATION_REQUIRED", 403),
                ("DIALPLAN_REFUSED", 400),
                ("DIALPLAN_UNKNOWN", 400),
                ("HTTPS_REQUIRED", 403),
                ("NO_CALLER_ID", 409),
                ("NO_MORE_TIME", 409),
                ("NOT_FOUND", 404),
                ("NUMBER_NOT_ALLOWED", 403),
                ("OVERLOADED", 503),
                ("QUEUE_NOT_MEMBER", 403),
                ("QUEUE_UNKNOWN", 400),
                ("RATE_LIMITED", 429),
                ("SESSION_REQUIRED", 401),
                ("TOO_LARGE", 413),
                ("USERDATA_MALFORMED", 400),
                ("WRONG_HOST", 403),
            ]
        );
    }

    #[test]
    fn a_place_is_shown_with_a_caret_under_it() {
        let place = Place::in_text("[a|b]é\nx[c", 9);
        assert_eq!(place, Place { line: "[a|b]é x[c".to_owned(), caret: "        ^".to_owned() });
        assert_eq!(Place::in_text("é", 1).caret, "^");
        assert_eq!(Place::in_text("", 7).caret, "^");
    }

    #[test]
    fn programs_and_people_are_told_apart_by_what_they_accept() {
        let wants = |path: &str, accept: &'static str| {
            Wants::of(path, &HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]))
        };
        assert_eq!(wants("/AGUI/make_call.php", "application/json"), Wants::Json);
        assert_eq!(wants("/AGUI/make_call.php", "application/json, text/plain, */*"), Wants::Json);
        assert_eq!(wants("/AGUI/make_call.php", "text/html,application/xml;q=0.9,*/*;q=0.8"), Wants::Page);
        assert_eq!(wants("/AGUI/make_call.php", "*/*"), Wants::Page);
        assert_eq!(wants("/api/v1/me", "*/*"), Wants::Json);
    }
}
