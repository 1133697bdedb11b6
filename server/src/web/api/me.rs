//! `GET /api/v1/me`: who is logged in, and what they are doing.

use crate::clock;
use crate::web::App;
use crate::web::external;
use crate::web::phones;
use crate::web::pop_view;
use crate::web::problem::Problem;
use crate::web::session::Caller;
use axum::Json;
use axum::extract::State;
use ringbridge_core::agent::Status;
use serde_json::{Value, json};
use std::sync::Arc;

/// The handler.
pub async fn get(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<Value>, Problem> {
    Ok(Json(document(&app, &caller).await?))
}

/// The whole document; the console's page carries it from the start.
///
/// # Errors
/// The session's refusal, when the agent was removed in the meantime.
pub async fn document(app: &App, caller: &Caller) -> Result<Value, Problem> {
    let agent = caller.settings()?;
    let status = app.switchboard.status(caller.agent).await?;
    let queues: Vec<_> = agent.queues.iter().filter_map(|id| caller.tenant.queue(*id)).collect();
    let queues: Vec<Value> =
        queues.iter().map(|queue| json!({ "id": queue.id, "name": queue.name })).collect();
    let external = external::of(app, caller).await?;
    let screen_pops = pop_view::of_agent(app, caller).await?;
    Ok(json!({
        "tenant": caller.tenant.name,
        "agent": agent.login,
        "name": agent.name,
        "role": agent.role,
        "status": status.status.as_str(),
        "presence": status.presence.as_str(),
        "since": status.since.rfc3339(),
        "status_since": status.status_since.rfc3339(),
        "server_time": clock::now().rfc3339(),
        "zone": caller.tenant.zone.name(),
        "on_call": status.call.is_some() && status.status != Status::WrapUp,
        "call": status.call,
        "queues": queues,
        "phones": phones::of(app, agent),
        "phone_test": phones::test_of(app, caller.agent),
        "external": { "kept": external.kept, "username": external.username },
        "screen_pops": screen_pops,
    }))
}
