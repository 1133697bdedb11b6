//! `PUT /api/v1/calls/{transaction_id}/wrap-up`: codes, notes, and the end of wrap-up.

use super::calls;
use crate::switchboard::WrapUpForm;
use crate::web::App;
use crate::web::body;
use crate::web::problem::Problem;
use crate::web::session::{Caller, Principal};
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use ringbridge_core::call::Finish;
use serde::Deserialize;
use std::sync::Arc;

/// What is sent; what is left out stays as it was.
#[derive(Debug, Deserialize)]
struct Asked {
    codes: Option<Vec<Picked>>,
    notes: Option<String>,
    #[serde(default)]
    finish: bool,
}

#[derive(Debug, Deserialize)]
struct Picked {
    list: String,
    code: String,
}

/// The handler.
pub async fn put(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let id = calls::owned(&app, &Principal::Agent(caller.clone()), &id).await?.id;
    let asked: Asked = body::json(request).await?;
    let form = WrapUpForm {
        codes: asked.codes.map(|codes| codes.into_iter().map(|picked| (picked.list, picked.code)).collect()),
        notes: asked.notes,
        finish: if asked.finish { Finish::Now } else { Finish::Later },
    };
    app.switchboard.save_wrap_up(caller.tenant.id, caller.agent, id, form).await?;
    Ok(StatusCode::NO_CONTENT)
}
