//! `GET /AGUI/` and `GET /AGUI/links/`: the agent console and the link checker, as frames that their scripts fill.

use super::App;
use super::header::Who;
use super::problem::{Problem, page};
use super::session::Caller;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

#[derive(askama::Template)]
#[template(path = "console.html")]
struct ConsolePage<'a> {
    who: Who<'a>,
    /// Whether screen pops carry a log-in, so that the agent may enter one.
    external_login: bool,
}

#[derive(askama::Template)]
#[template(path = "links.html")]
struct LinksPage<'a> {
    who: Who<'a>,
}

pub(super) fn to_login() -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, "/AGUI/login")]).into_response()
}

/// `GET /AGUI/`
pub async fn console(State(_): State<Arc<App>>, caller: Option<Caller>) -> Result<Response, Problem> {
    let Some(caller) = caller else { return Ok(to_login()) };
    let pop = caller.tenant.screen_pop.as_ref();
    let external_login = pop.is_some_and(|pop| pop.enabled && !pop.url.is_empty());
    Ok(page(&ConsolePage { who: Who::of(&caller)?, external_login }))
}

/// `GET /AGUI/links/`
pub async fn links(State(_): State<Arc<App>>, caller: Option<Caller>) -> Result<Response, Problem> {
    let Some(caller) = caller else { return Ok(to_login()) };
    Ok(page(&LinksPage { who: Who::of(&caller)? }))
}
