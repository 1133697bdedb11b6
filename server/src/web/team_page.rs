//! `GET /AGUI/team/`: the supervisor's view, and `GET /AGUI/trace/{transaction_id}`: all that is known of one call; frames
//! that their scripts fill.
//!
//! Promises: the team is shown to supervisors and admins; a trace to whoever may see its call. Leaves to others: what they
//! show (`api::team`, `api::trace`).

use super::App;
use super::api::calls;
use super::console::to_login;
use super::header::Who;
use super::problem::{Problem, page};
use super::session::{Caller, Principal};
use super::words;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use ringbridge_core::id::TransactionId;
use std::sync::Arc;

#[derive(askama::Template)]
#[template(path = "team.html")]
struct TeamPage<'a> {
    who: Who<'a>,
}

#[derive(askama::Template)]
#[template(path = "trace.html")]
struct TracePage<'a> {
    who: Who<'a>,
    id: TransactionId,
}

/// `GET /AGUI/team/`
pub async fn team(State(_): State<Arc<App>>, caller: Option<Caller>) -> Result<Response, Problem> {
    let Some(caller) = caller else { return Ok(to_login()) };
    let who = Who::of(&caller)?;
    if !who.supervises() {
        return Err(Problem::new(StatusCode::FORBIDDEN, "SUPERVISORS_ONLY", words::SUPERVISORS_ONLY));
    }
    Ok(page(&TeamPage { who }))
}

/// `GET /AGUI/trace/{transaction_id}`
pub async fn trace(
    State(app): State<Arc<App>>,
    caller: Option<Caller>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let Some(caller) = caller else { return Ok(to_login()) };
    let view = calls::owned(&app, &Principal::Agent(caller.clone()), &id).await?;
    Ok(page(&TracePage { who: Who::of(&caller)?, id: view.id }))
}
