//! The demo's page and what its buttons call.
//!
//! Promises: it lives on the server's own HTTPS listener, under the same headers and the same content policy as every
//! other page; the buttons need the header that the API asks for, so that no foreign page presses them. Leaves to others:
//! what it looks like in the browser (`assets/demo.js`), the call (the API and the events of every agent).

use super::peers::{Act, Peers, Snapshot, Which};
use super::{CALLBACK_SECRET, EXAMPLES, LOGINS};
use crate::web::body;
use crate::web::header::Who;
use crate::web::problem::{Problem, page};
use crate::web::{App, Caller};
use axum::extract::{Path, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use std::net::SocketAddr;
use std::sync::Arc;

/// The demo's routes, to be merged into the server's.
pub(super) fn router(peers: Arc<Peers>) -> Router<Arc<App>> {
    Router::new()
        .route("/demo", get(|| async { Redirect::to("/demo/") }))
        .route("/demo/", get(show))
        .route("/demo/pop", post(popped))
        .route("/demo/state", get(state))
        .route("/demo/phone/{which}/{act}", post(press))
        .route("/demo/demo.js", get(|| async { script() }))
        .route("/demo/demo.css", get(|| async { style() }))
        .layer(Extension(peers))
}

/// An example of the reference as the page offers it.
pub(super) struct Example {
    /// Its number.
    pub(super) number: u8,
    /// What it shows.
    pub(super) about: &'static str,
    /// The link, verbatim.
    pub(super) text: &'static str,
}

#[derive(askama::Template)]
#[template(path = "demo.html")]
struct DemoPage<'a> {
    /// The agent who is logged in.
    who: Option<Who<'a>>,
    examples: &'static [Example],
    logins: &'static [(&'static str, &'static str)],
    receiver: SocketAddr,
    crm: String,
    secret: &'static str,
}

async fn show(
    caller: Result<Caller, Problem>,
    Extension(peers): Extension<Arc<Peers>>,
) -> Result<impl IntoResponse, Problem> {
    let who = caller.as_ref().ok().map(Who::of).transpose()?;
    let receiver = peers.receiver();
    let (crm, secret) = (peers.crm(), CALLBACK_SECRET);
    Ok(page(&DemoPage { who, examples: EXAMPLES, logins: LOGINS, receiver, crm, secret }))
}

/// The target of screen pops: a CRM's page that shows what it was sent.
#[derive(askama::Template)]
#[template(path = "demo_pop.html")]
struct PopPage {
    fields: Vec<(String, String)>,
}

async fn popped(request: Request) -> Result<impl IntoResponse, Problem> {
    let form = body::bytes(request, body::CLICK_MAX).await?;
    let fields = url::form_urlencoded::parse(&form).into_owned().collect();
    Ok(page(&PopPage { fields }))
}

async fn state(Extension(peers): Extension<Arc<Peers>>) -> Json<Snapshot> {
    Json(peers.snapshot())
}

async fn press(
    Extension(peers): Extension<Arc<Peers>>,
    Path((which, act)): Path<(Which, Act)>,
    headers: HeaderMap,
) -> StatusCode {
    if headers.get("x-requested-with").is_none_or(|value| value != "ringbridge") {
        return StatusCode::FORBIDDEN;
    }
    peers.act(which, act);
    StatusCode::NO_CONTENT
}

fn script() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("../../assets/demo.js"))
}

fn style() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("../../assets/demo.css"))
}
