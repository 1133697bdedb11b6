//! `GET /api/v1/config/agents/export` and `POST /api/v1/config/agents/import`: agents as a spreadsheet.
//!
//! Promises: with `?dry_run=1` nothing is changed; a wrong cell is named by line and column. Leaves to others: what a sheet
//! says (`provision::sheet`).

use super::change::Options;
use crate::provision::sheet::{self, CellError, ImportError};
use crate::provision::{ChangeError, How};
use crate::web::App;
use crate::web::body;
use crate::web::changes::{self, Wrong};
use crate::web::problem::Problem;
use crate::web::query::Query;
use crate::web::session::Principal;
use crate::web::words;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use serde_json::{Value, json};
use std::sync::Arc;

/// `GET /api/v1/config/agents/export`
pub async fn export(State(app): State<Arc<App>>, who: Principal) -> Result<impl IntoResponse, Problem> {
    who.must_administer()?;
    let directory = app.directory.refresh().await?;
    let tenant = directory.tenant(who.tenant().id).ok_or_else(Problem::not_found)?;
    let sheet = sheet::write(tenant).map_err(|error| Problem::internal(&error))?;
    // A tenant's name is letters, digits and "-_." only.
    let name = format!("attachment; filename=\"agents-{}.csv\"", tenant.name);
    Ok((
        [(CONTENT_TYPE, "text/csv; charset=utf-8; header=present".to_owned()), (CONTENT_DISPOSITION, name)],
        sheet,
    ))
}

/// `POST /api/v1/config/agents/import`
pub async fn import(
    State(app): State<Arc<App>>,
    who: Principal,
    Query(options): Query<Options>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    who.must_administer()?;
    let sheet = body::bytes(request, sheet::BYTES_MAX).await?;
    let Ok(sheet) = String::from_utf8(sheet.to_vec()) else {
        return Err(refused(&[CellError {
            line: None,
            column: None,
            text: words::SHEET_ENCODING.to_owned(),
        }]));
    };
    let (tenant, stamp, mode) = (who.tenant(), changes::stamp(&who, How::Import), options.mode());
    let id = tenant.id;
    let outcome = changes::run(&app, tenant, move |site| {
        sheet::import(site, id, &sheet, &stamp, mode).map_err(|error| match error {
            ImportError::Change(error) => Wrong::Change(error),
            ImportError::Refused(errors) => Wrong::Told(Box::new(refused(&errors))),
        })
    });
    Ok(Json(changes::shown(&outcome.await?)))
}

fn refused(errors: &[CellError]) -> Problem {
    let said =
        errors.iter().map(|error| json!({ "line": error.line, "column": error.column, "text": error.text }));
    changes::refusal(errors.iter().map(|error| error.text.as_str()), said.collect())
}

impl From<ChangeError> for Wrong {
    fn from(error: ChangeError) -> Self {
        Self::Change(error)
    }
}
