//! `GET /api/v1/config/origins/refused`: pages that were clicked on and are not listed, so that an admin can list them (SEC-2).
//!
//! Promises: admins and action tokens only; an origin that is listed by now is not shown, nor is our own.

use crate::clock;
use crate::store::unlisted;
use crate::web::App;
use crate::web::edge::Client;
use crate::web::problem::Problem;
use crate::web::session::Principal;
use axum::Json;
use axum::extract::State;
use ringbridge_core::origin;
use ringbridge_core::time::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// How far back is looked: a month, in which everybody has used each page of their CRM.
const BACK: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How many origins are shown: more than a contact center has pages with links.
const LIST_MAX: usize = 100;

/// How many clicks are looked at: some ten megabytes of journal, read in a blink.
const LOOKED_AT: u32 = 10_000;

/// The handler.
pub async fn get(
    State(app): State<Arc<App>>,
    client: Client,
    who: Principal,
) -> Result<Json<Value>, Problem> {
    who.must_administer()?;
    let (tenant, now) = (who.tenant(), clock::now());
    let since = Timestamp::from_millis(now.as_millis() - BACK.as_millis() as i64);
    let id = tenant.id;
    let mut origins = app.store.read(move |tx| unlisted::origins(tx, id, since, LOOKED_AT)).await?;
    origins.retain(|seen| {
        let is_ours = seen.origin == client.origin || seen.origin == app.origin;
        !is_ours && !origin::lists(tenant, &seen.origin)
    });
    origins.truncate(LIST_MAX);
    let shown = origins.iter().map(|seen| {
        json!({
            "origin": seen.origin,
            "times": seen.times,
            "last_at": seen.last_at.rfc3339(),
            "last_code": seen.last_code,
        })
    });
    Ok(Json(json!({ "origins": shown.collect::<Vec<_>>() })))
}
