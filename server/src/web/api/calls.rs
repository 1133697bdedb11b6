//! `GET /api/v1/calls/{transaction_id}` and `GET /api/v1/calls`: one call with its events, and one's last calls.
//!
//! Promises: a call of another agent or tenant is answered like one that does not exist.

use crate::clock;
use crate::store::journal;
use crate::store::transaction::{self, View};
use crate::web::App;
use crate::web::call_view;
use crate::web::pop_view;
use crate::web::problem::Problem;
use crate::web::session::{Caller, Principal};
use axum::Json;
use axum::extract::{Path, State};
use ringbridge_core::id::TransactionId;
use serde_json::{Value, json};
use std::sync::Arc;

/// How many calls the list shows.
const LIST_MAX: u32 = 20;

/// A call that this person may see.
///
/// # Errors
/// `NOT_FOUND` where there is none for them.
pub async fn owned(app: &App, who: &Principal, id: &str) -> Result<View, Problem> {
    let id = id.parse().map(TransactionId).map_err(|_| Problem::not_found())?;
    let tenant = who.tenant().id;
    let view = app.store.read(move |tx| transaction::view(tx, tenant, id)).await?;
    view.filter(|view| who.sees(view.agent)).ok_or_else(Problem::not_found)
}

/// `GET /api/v1/calls/{transaction_id}`
pub async fn one(
    State(app): State<Arc<App>>,
    who: Principal,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let view = owned(&app, &who, &id).await?;
    let (tenant, id) = (view.tenant, view.id);
    let entries = app.store.read(move |tx| journal::of_transaction(tx, tenant, id)).await?;
    let placement = call_view::placement(&view).map_err(|error| Problem::internal(&error))?;
    let mut document = call_view::whole(&view, &placement, &entries, clock::now());
    document["screen_pop"] = pop_view::of_call(&app, &who, tenant, id).await?;
    Ok(Json(document))
}

/// `GET /api/v1/calls`
pub async fn list(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<Value>, Problem> {
    let (tenant, agent) = (caller.tenant.id, caller.agent);
    let views = app.store.read(move |tx| transaction::last_of_agent(tx, tenant, agent, LIST_MAX)).await?;
    let now = clock::now();
    let calls: Vec<Value> = views.iter().map(|view| call_view::short(view, now)).collect();
    Ok(Json(json!({ "calls": calls })))
}
