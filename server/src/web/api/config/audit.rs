//! `GET /api/v1/config/audit` and `POST /api/v1/config/audit/{id}/undo`: who changed what, and putting it back.
//!
//! Promises: newest first, a page at a time; secrets are not in it. Leaves to others: what a revision is
//! (`store::revision`), undoing (`provision`).

use super::change::Options;
use crate::provision::{self, How, RevisionId};
use crate::store::revision::{self, Revision};
use crate::web::App;
use crate::web::changes;
use crate::web::problem::Problem;
use crate::web::query::Query;
use crate::web::session::Principal;
use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Revisions on a page.
const PAGE: u32 = 50;

/// Lines of a revision that are shown: an import may have thousands, which nobody reads here.
const LINES_MAX: usize = 200;

/// Where a page begins.
#[derive(Debug, Deserialize)]
pub struct From {
    /// The oldest revision that was seen.
    before: Option<i64>,
}

/// `GET /api/v1/config/audit`
pub async fn list(
    State(app): State<Arc<App>>,
    who: Principal,
    Query(from): Query<From>,
) -> Result<Json<Value>, Problem> {
    who.must_administer()?;
    let (tenant, before) = (who.tenant().id, from.before.map(RevisionId));
    let mut found = app.store.read(move |tx| revision::page(tx, tenant, before, PAGE + 1)).await?;
    let more = found.len() > PAGE as usize;
    found.truncate(PAGE as usize);
    Ok(Json(json!({ "entries": found.iter().map(shown).collect::<Vec<_>>(), "more": more })))
}

/// `POST /api/v1/config/audit/{id}/undo`
pub async fn undo(
    State(app): State<Arc<App>>,
    who: Principal,
    Path(id): Path<String>,
    Query(options): Query<Options>,
) -> Result<Json<Value>, Problem> {
    who.must_administer()?;
    let revision = id.parse().map(RevisionId).map_err(|_| Problem::not_found())?;
    let (tenant, stamp, mode) = (who.tenant(), changes::stamp(&who, How::Undo), options.mode());
    let id = tenant.id;
    let undone = changes::run(&app, tenant, move |site| provision::undo(site, id, revision, &stamp, mode));
    Ok(Json(changes::shown(&undone.await?)))
}

fn shown(revision: &Revision) -> Value {
    json!({
        "id": revision.id.0,
        "at": revision.at.rfc3339(),
        "who": revision.who,
        "how": revision.how.as_str(),
        "lines": revision.lines.iter().take(LINES_MAX).collect::<Vec<_>>(),
        "more_lines": revision.lines.len().saturating_sub(LINES_MAX),
        "can_undo": revision.kept && revision.undone_by.is_none(),
        "undone_by": revision.undone_by.map(|id| id.0),
        "undoes": revision.undoes.map(|id| id.0),
    })
}
