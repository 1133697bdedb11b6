//! `POST /api/v1/me/phone-test`: rings the agent's own phone.

use crate::web::App;
use crate::web::phones;
use crate::web::problem::Problem;
use crate::web::session::Caller;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::Value;
use std::sync::Arc;

/// The handler.
pub async fn post(State(app): State<Arc<App>>, caller: Caller) -> Result<(StatusCode, Json<Value>), Problem> {
    app.switchboard.test_phone(caller.tenant.id, caller.settings()?).await?;
    Ok((StatusCode::ACCEPTED, Json(phones::test_of(&app, caller.agent))))
}
