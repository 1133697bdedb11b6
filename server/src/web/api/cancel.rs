//! `POST /api/v1/calls/{transaction_id}/cancel`: ends a call, wherever it is.

use super::calls;
use crate::web::App;
use crate::web::problem::Problem;
use crate::web::session::Principal;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use std::sync::Arc;

/// The handler.
pub async fn post(
    State(app): State<Arc<App>>,
    who: Principal,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let id = calls::owned(&app, &who, &id).await?.id;
    app.switchboard.cancel(who.tenant().id, who.actor(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
