//! `PUT /api/v1/team/{login}/status`: a supervisor says what an agent is (semantics 2.6).

use crate::web::App;
use crate::web::body;
use crate::web::problem::Problem;
use crate::web::session::Principal;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use ringbridge_core::agent::Presence;
use ringbridge_core::refusal::{Code, Refusal};
use serde::Deserialize;
use std::sync::Arc;

/// What is sent.
#[derive(Debug, Deserialize)]
struct Asked {
    status: String,
}

/// The handler.
pub async fn put(
    State(app): State<Arc<App>>,
    who: Principal,
    Path(login): Path<String>,
    request: Request,
) -> Result<StatusCode, Problem> {
    who.must_supervise()?;
    let agent = who.tenant().agent_by_login(&login).map(|agent| agent.id).ok_or_else(Problem::not_found)?;
    let asked: Asked = body::json(request).await?;
    let Some(forced) = Presence::parse(&asked.status) else {
        let text = "status may be available, on_break, working_offline or logged_out.";
        return Err(Refusal::new(Code::BadParameter, text).about("status").into());
    };
    app.switchboard.force_presence(who.tenant().id, agent, forced, who.name()).await?;
    Ok(StatusCode::NO_CONTENT)
}
