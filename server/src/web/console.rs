//! `GET /AGUI/`: the agent console, as a frame that its scripts fill.
//!
//! Promises: the console's page carries the state that its script shows first, so that its first picture is true. Leaves to
//! others: what the state is (`api::me`, `api::calls`).

use super::App;
use super::api::{calls, me};
use super::dial_page::DialBox;
use super::embedded::embedded;
use super::header::Who;
use super::problem::{Problem, page};
use super::session::{Caller, Principal};
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::sync::Arc;

#[derive(askama::Template)]
#[template(path = "console.html")]
struct ConsolePage<'a> {
    who: Who<'a>,
    /// Whether screen pops carry a log-in, so that the agent may enter one.
    external_login: bool,
    dial: DialBox<'a>,
    /// What the API says of the agent, their call and their last calls, at this moment.
    first: String,
}

pub(super) fn to_login() -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, "/AGUI/login")]).into_response()
}

/// `GET /AGUI/`
pub async fn console(State(app): State<Arc<App>>, caller: Option<Caller>) -> Result<Response, Problem> {
    let Some(caller) = caller else { return Ok(to_login()) };
    let pop = caller.tenant.screen_pop.as_ref();
    let external_login = pop.is_some_and(|pop| pop.enabled && !pop.url.is_empty());
    let me = me::document(&app, &caller).await?;
    let call = match me["call"].as_i64() {
        // It may belong to the agent and be gone in the same moment: then the events say so.
        Some(id) => calls::document(&app, &Principal::Agent(caller.clone()), &id.to_string()).await.ok(),
        None => None,
    };
    let history = calls::last(&app, &caller, None).await?;
    let first = embedded(&json!({ "me": me, "call": call, "history": history }));
    let dial = DialBox::of(&caller, "")?;
    Ok(page(&ConsolePage { who: Who::of(&caller)?, external_login, dial, first }))
}
