//! `PUT` and `DELETE /api/v1/me/external`: the agent's account at the screen pop's target (semantics 5.4, SEC-30).

use crate::web::App;
use crate::web::body;
use crate::web::external::{self, Keep};
use crate::web::problem::Problem;
use crate::web::session::Caller;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use ringbridge_core::redact::Secret;
use ringbridge_core::refusal::{Code, Refusal};
use serde::Deserialize;
use std::sync::Arc;

/// What is sent.
#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: Secret,
    #[serde(default)]
    remember: bool,
}

/// Keeps it.
pub async fn put(
    State(app): State<Arc<App>>,
    caller: Caller,
    request: Request,
) -> Result<StatusCode, Problem> {
    let asked: Asked = body::json(request).await?;
    let Some(entered) = external::entered(&asked.username, asked.password.expose()) else {
        let field = if external::fits(&asked.username) { "password" } else { "username" };
        let text = "username and password may have 1,024 bytes each, and one of them must not be empty.";
        return Err(Refusal::new(Code::BadParameter, text).about(field).into());
    };
    let keep = if asked.remember { Keep::Remembered } else { Keep::ForTheSession };
    external::keep(&app, &caller, &entered, keep).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Forgets it.
pub async fn delete(State(app): State<Arc<App>>, caller: Caller) -> Result<StatusCode, Problem> {
    external::forget(&app, &caller).await?;
    Ok(StatusCode::NO_CONTENT)
}
