//! Reads request bodies: forms and JSON, within a size and a time.
//!
//! Promises: nothing beyond the limit is kept in memory, and a body that trickles in is given up. Leaves to others: what
//! the fields mean.

use super::problem::Problem;
use super::words;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http_body_util::{BodyExt as _, Limited};
use ringbridge_core::refusal::{Code, Refusal};
use serde::de::DeserializeOwned;
use std::time::Duration;

/// The most bytes of a click's body (semantics 3.1).
pub const CLICK_MAX: usize = 1 << 20;

/// The most bytes of a small form or a JSON document of the API: a wrap-up with all its codes and notes fits.
pub const SMALL_MAX: usize = 64 * 1024;

/// The most bytes of a link to check, in JSON: the longest link, most of it escaped.
pub const LINK_MAX: usize = 256 * 1024;

/// How long a body may take to arrive.
const SECONDS_MAX: u64 = 30;

/// The most fields of a multipart body: userdata is one field, so nobody needs more.
const FIELDS_MAX: usize = 1_000;

/// The whole body, at most `max` bytes.
pub async fn bytes(request: Request, max: usize) -> Result<Bytes, Problem> {
    let announced =
        request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > max) {
        return Err(too_large(max));
    }
    let body = Limited::new(request.into_body(), max).collect();
    match tokio::time::timeout(Duration::from_secs(SECONDS_MAX), body).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(too_large(max)),
        Ok(Err(_)) | Err(_) => Err(broken()),
    }
}

fn too_large(max: usize) -> Problem {
    let text = match max {
        CLICK_MAX => words::BODY_TOO_LARGE.to_owned(),
        _ => format!("The request is larger than {} KiB, the most that is taken here.", max / 1024),
    };
    Refusal::new(Code::TooLarge, text).into()
}

fn broken() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "BAD_PARAMETER", words::BODY_BROKEN)
}

/// The body of a click as the core takes it.
#[derive(Debug)]
pub enum ClickBody {
    /// `application/x-www-form-urlencoded`, still encoded.
    Encoded(Bytes),
    /// `multipart/form-data`: name and value of each field.
    Fields(Vec<(String, Vec<u8>)>),
}

/// Reads the body of a click (semantics 1.2).
pub async fn click(request: Request) -> Result<ClickBody, Problem> {
    let kind =
        request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("").to_owned();
    let whole = bytes(request, CLICK_MAX).await?;
    let essence = kind.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    match essence.as_str() {
        "multipart/form-data" => Ok(ClickBody::Fields(multipart(&kind, whole).await?)),
        "application/x-www-form-urlencoded" => Ok(ClickBody::Encoded(whole)),
        _ if whole.is_empty() => Ok(ClickBody::Encoded(whole)),
        _ => {
            Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", words::BODY_KIND))
        }
    }
}

async fn multipart(kind: &str, whole: Bytes) -> Result<Vec<(String, Vec<u8>)>, Problem> {
    let boundary = multer::parse_boundary(kind).map_err(|_| broken())?;
    let mut parts = multer::Multipart::new(Body::from(whole).into_data_stream(), boundary);
    let mut fields = Vec::new();
    while let Some(field) = parts.next_field().await.map_err(|_| broken())? {
        let Some(name) = field.name().map(str::to_owned) else { continue };
        if fields.len() == FIELDS_MAX {
            return Err(Refusal::new(Code::TooLarge, words::TOO_MANY_FIELDS).into());
        }
        fields.push((name, field.bytes().await.map_err(|_| broken())?.to_vec()));
    }
    Ok(fields)
}

/// A small form's fields; of a name given twice the last wins.
#[derive(Debug, Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads `application/x-www-form-urlencoded`, or a JSON object of strings.
    pub async fn read(request: Request) -> Result<Self, Problem> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let is_json = kind.starts_with("application/json");
        let whole = bytes(request, SMALL_MAX).await?;
        if !is_json {
            return Ok(Self(url::form_urlencoded::parse(&whole).into_owned().collect()));
        }
        let object: serde_json::Map<String, serde_json::Value> = parse(&whole)?;
        let text = |value: serde_json::Value| value.as_str().map(str::to_owned);
        Ok(Self(object.into_iter().filter_map(|(name, value)| Some((name, text(value)?))).collect()))
    }

    /// A field's value; empty where it is absent.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().rev().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

/// The body as JSON of a known shape.
pub async fn json<T: DeserializeOwned>(request: Request) -> Result<T, Problem> {
    json_of(request, SMALL_MAX).await
}

/// The body as JSON of a known shape; `None` where it is empty.
pub async fn json_if_any<T: DeserializeOwned>(request: Request) -> Result<Option<T>, Problem> {
    json_of_if_any(request, SMALL_MAX).await
}

/// The same, at most `max` bytes.
pub async fn json_of_if_any<T: DeserializeOwned>(request: Request, max: usize) -> Result<Option<T>, Problem> {
    let whole = bytes(request, max).await?;
    if whole.is_empty() { Ok(None) } else { parse(&whole).map(Some) }
}

/// The body as JSON of a known shape, at most `max` bytes.
pub async fn json_of<T: DeserializeOwned>(request: Request, max: usize) -> Result<T, Problem> {
    parse(&bytes(request, max).await?)
}

fn parse<T: DeserializeOwned>(whole: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(whole).map_err(|error| {
        let text = format!("{}: {error}.", words::BAD_JSON);
        Refusal::new(Code::BadParameter, text).into()
    })
}
