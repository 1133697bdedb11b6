//! `/api/v1/config`: the tenant's settings, read and changed by its admins and by programs with an action token.
//!
//! Promises: what is read is the tenant file as JSON, secrets as `"***"`; what is sent goes through the file's readers.
//! Leaves to others: the readers and the transaction (`provision`), running them (`web::changes`).

pub mod agents;
pub mod audit;
pub mod change;

use crate::provision;
use crate::web::App;
use crate::web::problem::Problem;
use crate::web::session::Principal;
use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use std::sync::Arc;

/// `GET /api/v1/config`
pub async fn get(State(app): State<Arc<App>>, who: Principal) -> Result<Json<Value>, Problem> {
    who.must_administer()?;
    let directory = app.directory.refresh().await?;
    let tenant = directory.tenant(who.tenant().id).ok_or_else(Problem::not_found)?;
    Ok(Json(json!({
        "tenant": provision::json(tenant),
        "trunks": app.changes.trunks(),
        "version": directory.version(),
    })))
}
