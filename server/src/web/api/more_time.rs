//! `PUT /api/v1/calls/{transaction_id}/more-time`: an agent needs longer for their wrap-up.

use super::calls;
use crate::web::App;
use crate::web::call_view;
use crate::web::problem::Problem;
use crate::web::session::{Caller, Principal};
use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};
use std::sync::Arc;

/// The handler.
pub async fn put(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let who = Principal::Agent(caller.clone());
    let call = calls::owned(&app, &who, &id).await?;
    app.switchboard.more_time(caller.tenant.id, caller.agent, call.id).await?;
    let call = calls::owned(&app, &who, &id).await?;
    Ok(Json(json!({ "ends_at": call_view::wrap_up_end(&call) })))
}
