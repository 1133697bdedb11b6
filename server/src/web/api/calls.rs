//! `GET /api/v1/calls/{transaction_id}` and `GET /api/v1/calls`: one call with its events, and one's last calls.
//!
//! Promises: a call of another agent or tenant is answered like one that does not exist.

use crate::clock;
use crate::store::Tx;
use crate::store::journal;
use crate::store::transaction::{self, View};
use crate::switchboard::SIP_MESSAGES;
use crate::web::App;
use crate::web::call_view;
use crate::web::pop_view;
use crate::web::problem::Problem;
use crate::web::query::Query;
use crate::web::session::{Caller, Principal};
use axum::Json;
use axum::extract::{Path, State};
use ringbridge_core::id::TransactionId;
use serde_json::{Value, json};
use std::sync::Arc;

/// How many calls the list shows at once.
const LIST_MAX: u32 = 20;

/// Where the list goes on.
#[derive(Debug, Default, serde::Deserialize)]
pub struct Asked {
    /// Only calls before this one.
    before: Option<i64>,
}

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
    Ok(Json(document(&app, &who, &id).await?))
}

/// The whole document of a call that this person may see.
///
/// # Errors
/// `NOT_FOUND` where there is none for them.
pub async fn document(app: &App, who: &Principal, id: &str) -> Result<Value, Problem> {
    let view = owned(app, who, id).await?;
    let (tenant, id) = (view.tenant, view.id);
    let mut entries = app.store.read(move |tx| journal::of_transaction(tx, tenant, id)).await?;
    // Those are for the trace.
    entries.retain(|entry| entry.kind != SIP_MESSAGES);
    let placement = call_view::placement(&view).map_err(|error| Problem::internal(&error))?;
    let mut document = call_view::whole(&view, &placement, &entries, clock::now());
    call_view::name(&mut document, &view, who.tenant());
    document["screen_pop"] = pop_view::of_call(app, who, tenant, id).await?;
    Ok(document)
}

/// `GET /api/v1/calls`
pub async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Result<Json<Value>, Problem> {
    Ok(Json(last(&app, &caller, asked.before.map(TransactionId)).await?))
}

/// A page of one's last calls, and whether there are more.
///
/// # Errors
/// Trouble with the database.
pub async fn last(app: &App, caller: &Caller, before: Option<TransactionId>) -> Result<Value, Problem> {
    let (tenant, agent) = (caller.tenant.id, caller.agent);
    // One more than is shown tells whether there are more.
    let read = move |tx: &mut Tx<'_>| transaction::last_of_agent(tx, tenant, agent, before, LIST_MAX + 1);
    let views = app.store.read(read).await?;
    let now = clock::now();
    let shown = views.iter().take(LIST_MAX as usize);
    let calls: Vec<Value> = shown.map(|view| call_view::short(view, now)).collect();
    Ok(json!({ "more": calls.len() < views.len(), "calls": calls }))
}
