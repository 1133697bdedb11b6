//! `GET /AGUI/config/actions`: what is left to do after calls, for admins, as a frame that its script fills.
//!
//! Leaves to others: what there is and what can be done about it (`api::actions`).

use super::App;
use super::config_page::{self, GROUPS, Group};
use super::console::to_login;
use super::header::Who;
use super::problem::{Problem, page};
use super::session::Caller;
use axum::extract::State;
use axum::response::Response;
use std::sync::Arc;

#[derive(askama::Template)]
#[template(path = "actions.html")]
struct ActionsPage<'a> {
    who: Who<'a>,
    groups: &'static [Group],
    section: &'static str,
}

/// The handler.
pub(super) async fn get(State(_): State<Arc<App>>, caller: Option<Caller>) -> Result<Response, Problem> {
    let Some(caller) = caller else { return Ok(to_login()) };
    Ok(page(&ActionsPage { who: config_page::admin(&caller)?, groups: GROUPS, section: "actions" }))
}
