//! `POST /api/v1/links/check`: what a link will do for the one who asks, without calling.

use crate::web::App;
use crate::web::body;
use crate::web::problem::{Place, Problem};
use crate::web::session::Caller;
use axum::Json;
use axum::extract::{Request, State};
use ringbridge_core::check::{self, Checked, Context};
use ringbridge_core::token::Values;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// What is sent.
#[derive(Debug, Deserialize)]
struct Asked {
    link: String,
}

/// The handler: the document of `check-link --json`, with the text around the error's place.
pub async fn post(
    State(_): State<Arc<App>>,
    caller: Caller,
    request: Request,
) -> Result<Json<Value>, Problem> {
    // The whole body may be larger than the longest link by what JSON escapes.
    let asked: Asked = body::json_of(request, body::LINK_MAX).await?;
    let checked = check::check(&asked.link, Context { values: &Values::new(), tenant: Some(&caller.tenant) });
    let mut document = serde_json::to_value(&checked).map_err(|error| Problem::internal(&error))?;
    if let Some(place) = place(&checked) {
        document["error"]["place"] = format!("{}\n{}", place.line, place.caret).into();
    }
    Ok(Json(document))
}

/// The text around the place of the error.
fn place(checked: &Checked) -> Option<Place> {
    let error = checked.error.as_ref()?;
    let (name, offset) = (error.parameter.as_deref()?, error.offset?);
    let (_, value) = checked.params.iter().find(|(given, _)| given == name)?;
    Some(Place::in_text(value, offset))
}
