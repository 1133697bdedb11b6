//! `GET /api/v1/calls/{transaction_id}/trace` and `…/bundle`: all that is known of one call, for the house and for support.
//!
//! Promises: a call of another agent or tenant is answered like one that does not exist; the bundle is a text to be saved.
//! Leaves to others: what they say (`web::trace`).

use super::calls;
use crate::clock;
use crate::store::{action, journal, screen_pop};
use crate::web::problem::Problem;
use crate::web::session::Principal;
use crate::web::trace::{self, Sources, Trace, bundle};
use crate::web::{App, call_view};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// Gathers the trace of a call that this person may see; beside it the values of its link as they came.
async fn of(app: &App, who: &Principal, id: &str) -> Result<(Trace, Vec<String>), Problem> {
    let view = calls::owned(app, who, id).await?;
    let (tenant, id) = (view.tenant, view.id);
    let read = app.store.read(move |tx| {
        Ok((
            journal::of_transaction(tx, tenant, id)?,
            action::of_transaction(tx, tenant, id)?,
            screen_pop::find(tx, tenant, id)?,
        ))
    });
    let (entries, jobs, pop) = read.await?;
    let placement = call_view::placement(&view).map_err(|error| Problem::internal(&error))?;
    let pairs = placement.link.userdata.pairs().chain(placement.link.ext.pairs());
    let words = pairs.map(|pair| pair.value.to_owned()).collect();
    let sources = Sources { view, entries, jobs, pop };
    Ok((trace::gather(&sources, who.tenant(), &app.origin, clock::now())?, words))
}

/// `GET /api/v1/calls/{transaction_id}/trace`
pub async fn get(
    State(app): State<Arc<App>>,
    who: Principal,
    Path(id): Path<String>,
) -> Result<Json<Trace>, Problem> {
    of(&app, &who, &id).await.map(|(trace, _)| Json(trace))
}

/// `GET /api/v1/calls/{transaction_id}/bundle`
pub async fn bundle(
    State(app): State<Arc<App>>,
    who: Principal,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (trace, words) = of(&app, &who, &id).await?;
    let scrub = bundle::scrub(&trace, words.iter().map(String::as_str));
    let name = format!("attachment; filename=\"ringbridge-{}.txt\"", trace.transaction_id);
    let headers = [
        (CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (CONTENT_DISPOSITION, name),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, bundle::text(&trace, &scrub)).into_response())
}
