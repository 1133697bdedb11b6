//! What stands behind the question mark of our own addresses.
//!
//! Promises: what cannot be read is a problem as every other (RFC 9457), on a page or as JSON. Leaves to others: the query
//! of a click, which has rules of its own (`core::link`).

use super::problem::Problem;
use axum::extract::{FromRequestParts, Query as Read};
use axum::http::request::Parts;
use ringbridge_core::refusal::{Code, Refusal};
use serde::de::DeserializeOwned;

/// The query as a known shape.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = Read::from_request_parts(parts, state).await;
        let Read(query) = read.map_err(|error| {
            let why =
                std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
            Problem::from(Refusal::new(Code::BadParameter, format!("The query cannot be read: {why}.")))
        })?;
        Ok(Self(query))
    }
}
