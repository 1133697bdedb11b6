//! `POST /api/v1/config/salesforce/test`: the connection to Salesforce, tried out with the settings as they are saved.
//!
//! Promises: admins and action tokens only; writes nothing. Leaves to others: the trial (`jobs::crm`, through the
//! switchboard).

use crate::switchboard::{Found, Step};
use crate::web::App;
use crate::web::problem::Problem;
use crate::web::session::Principal;
use crate::web::words;
use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use std::sync::Arc;

/// The handler.
pub async fn post(State(app): State<Arc<App>>, who: Principal) -> Result<Json<Value>, Problem> {
    who.must_administer()?;
    let steps = app.switchboard.try_salesforce(who.tenant()).await?;
    let steps = steps.unwrap_or_else(|| {
        vec![Step { name: "settings", found: Found::Wrong, text: words::SALESFORCE_UNSET.to_owned() }]
    });
    Ok(Json(json!({ "steps": steps.iter().map(shown).collect::<Vec<_>>() })))
}

/// A step: `advice` marks what works and could be better.
fn shown(step: &Step) -> Value {
    let (ok, advice) = match step.found {
        Found::Well => (true, false),
        Found::Improvable => (true, true),
        Found::Wrong => (false, false),
    };
    json!({ "step": step.name, "ok": ok, "advice": advice, "text": step.text })
}
