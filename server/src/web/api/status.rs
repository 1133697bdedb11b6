//! `PUT /api/v1/me/status`: the agent says what they do.

use crate::web::App;
use crate::web::body;
use crate::web::problem::Problem;
use crate::web::session::Caller;
use axum::Json;
use axum::extract::{Request, State};
use ringbridge_core::agent::Presence;
use ringbridge_core::refusal::{Code, Refusal};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// What is sent.
#[derive(Debug, Deserialize)]
struct Asked {
    status: String,
}

/// The handler.
pub async fn put(
    State(app): State<Arc<App>>,
    caller: Caller,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let asked: Asked = body::json(request).await?;
    let presence = Presence::parse(&asked.status).filter(|presence| *presence != Presence::LoggedOut);
    let Some(presence) = presence else {
        let text = "status may be available, on_break or working_offline; to log out, use POST /AGUI/logout.";
        return Err(Refusal::new(Code::BadParameter, text).about("status").into());
    };
    app.switchboard.set_presence(caller.tenant.id, caller.agent, presence).await?;
    let status = app.switchboard.status(caller.agent).await?;
    Ok(Json(json!({ "status": status.status.as_str(), "presence": presence.as_str() })))
}
