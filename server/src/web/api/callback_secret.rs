//! `POST /api/v1/config/callbacks/rotate`: a new callback secret, shown this once.
//!
//! Promises: admins and action tokens only; the old secret signs beside the new one for as long as is asked. Leaves to others:
//! the change (`provision`).

use crate::provision::{How, rotate_callback_secret};
use crate::web::App;
use crate::web::body;
use crate::web::changes;
use crate::web::problem::Problem;
use crate::web::session::Principal;
use axum::Json;
use axum::extract::{Request, State};
use ringbridge_core::refusal::{Code, Refusal};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// How long both secrets sign if nobody says: a day, in which somebody is at work everywhere.
const OVERLAP_HOURS: u64 = 24;

/// The longest: a month. A secret that leaked must not sign for ever.
const OVERLAP_HOURS_MAX: u64 = 30 * 24;

/// What is sent, or nothing.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    overlap_hours: Option<u64>,
}

/// The handler.
pub async fn post(
    State(app): State<Arc<App>>,
    who: Principal,
    request: Request,
) -> Result<Json<Value>, Problem> {
    who.must_administer()?;
    let asked: Option<Asked> = body::json_if_any(request).await?;
    let hours = asked.and_then(|asked| asked.overlap_hours).unwrap_or(OVERLAP_HOURS);
    if hours > OVERLAP_HOURS_MAX {
        let text = format!("overlap_hours may be 0 to {OVERLAP_HOURS_MAX}.");
        return Err(Refusal::new(Code::BadParameter, text).about("overlap_hours").into());
    }
    let (tenant, stamp) = (who.tenant().id, changes::stamp(&who, How::Screen));
    let overlap = Duration::from_secs(hours * 60 * 60);
    let outcome =
        changes::run(&app, who.tenant(), move |site| rotate_callback_secret(site, tenant, overlap, &stamp));
    Ok(Json(changes::shown(&outcome.await?)))
}
