//! `GET /AGUI/call/{transaction_id}`: the page of one call, which lives while the call does (semantics 1.13).

use super::App;
use super::api::calls;
use super::call_view;
use super::embedded::embedded;
use super::header::Who;
use super::problem::{Problem, page};
use super::session::{Caller, Principal};
use axum::extract::{Path, State};
use axum::response::Response;
use ringbridge_core::id::TransactionId;
use ringbridge_core::refusal::Warning;
use std::sync::Arc;

#[derive(askama::Template)]
#[template(path = "call.html")]
struct CallPage<'a> {
    who: Who<'a>,
    id: TransactionId,
    guid: &'a str,
    number: &'a str,
    extension: Option<&'a str>,
    caller_id: &'a str,
    sentence: &'a str,
    warnings: &'a [Warning],
    /// What the API says of the call, at this moment.
    first: String,
}

/// The handler.
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let principal = Principal::Agent(caller.clone());
    let view = calls::owned(&app, &principal, &id).await?;
    let document = calls::document(&app, &principal, &id).await?;
    let placement = call_view::placement(&view).map_err(|error| Problem::internal(&error))?;
    Ok(page(&CallPage {
        who: Who::of(&caller)?,
        id: view.id,
        guid: &view.guid.0,
        number: view.number.expose(),
        extension: placement.admitted.extension.as_deref(),
        caller_id: view.caller_id.expose(),
        sentence: call_view::sentence_of(&view),
        warnings: &placement.admitted.warnings,
        first: embedded(&document),
    }))
}
