//! `/api/v1/config/callbacks/deliveries`: every callback that was asked for, and what became of it; sending one again
//! (semantics 5.5).
//!
//! Promises: admins and action tokens only; newest first, page by page, each of them once. Leaves to others: what sending
//! again does (`jobs::actions`, through the switchboard).

use crate::store::action::{self, View};
use crate::store::job::JobId;
use crate::switchboard::{Act, Deed};
use crate::web::App;
use crate::web::problem::Problem;
use crate::web::query::Query;
use crate::web::session::Principal;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use ringbridge_core::callback::Callback;
use ringbridge_core::time::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// How many stand on a page.
const PAGE: u32 = 50;

/// Where a page begins.
#[derive(Debug, Deserialize)]
pub struct Asked {
    before: Option<i64>,
}

/// `GET …/deliveries`
pub async fn list(
    State(app): State<Arc<App>>,
    who: Principal,
    Query(Asked { before }): Query<Asked>,
) -> Result<Json<Value>, Problem> {
    who.must_administer()?;
    let (tenant, before) = (who.tenant().id, JobId(before.unwrap_or(i64::MAX)));
    // One more than a page shows whether another follows.
    let read = app.store.read(move |tx| action::callbacks(tx, tenant, before, PAGE + 1));
    let mut views = read.await?;
    let more = views.len() > PAGE as usize;
    views.truncate(PAGE as usize);
    Ok(Json(json!({ "deliveries": views.iter().map(shown).collect::<Vec<_>>(), "more": more })))
}

/// `POST …/deliveries/{id}/resend`
pub async fn resend(
    State(app): State<Arc<App>>,
    who: Principal,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    who.must_administer()?;
    let id = id.parse().map(JobId).map_err(|_| Problem::not_found())?;
    let act = Act { tenant: who.tenant().id, id, by: who.name() };
    app.switchboard.act_on(act, Deed::Resend).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn shown(view: &View) -> Value {
    let url = serde_json::from_str::<Callback>(&view.body).map(|callback| callback.url).unwrap_or_default();
    let state = if view.state == "done" { "delivered" } else { &view.state };
    json!({
        "id": view.id.0,
        "transaction_id": view.transaction,
        "url": url,
        "state": state,
        "attempts": view.attempts,
        "due_at": view.due_at.rfc3339(),
        "last_error": view.last_error,
        "created_at": view.created_at.rfc3339(),
        "settled_at": view.settled_at.map(Timestamp::rfc3339),
    })
}
