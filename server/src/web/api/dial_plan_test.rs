//! `POST /api/v1/config/dial_plan/test`: what a dial plan, saved or not, makes of a number.
//!
//! Promises: admins and action tokens only; changes nothing and calls nobody. Leaves to others: reading the plan
//! (`provision`), the number and the rules (`core::check`).

use crate::provision;
use crate::web::App;
use crate::web::body;
use crate::web::changes;
use crate::web::problem::Problem;
use crate::web::session::Principal;
use axum::Json;
use axum::extract::{Request, State};
use ringbridge_core::check::{self, Trial};
use ringbridge_core::dial_plan::{Outcome, Step, StepResult};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// The most bytes that are sent: a plan of thousands of rules.
const TEST_MAX: usize = 1 << 20;

/// What is sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    plan: Value,
    number: String,
    #[serde(default)]
    prefix: String,
}

/// The handler.
pub async fn post(
    State(app): State<Arc<App>>,
    who: Principal,
    request: Request,
) -> Result<Json<Value>, Problem> {
    who.must_administer()?;
    let Asked { plan, number, prefix } = body::json_of(request, TEST_MAX).await?;
    let (shared, tenant) = (Arc::clone(&app), Arc::clone(who.tenant()));
    // A long plan compiles thousands of patterns, which takes its time.
    let tried = tokio::task::spawn_blocking(move || {
        let trunks = shared.changes.trunks();
        let plan = provision::dial_plan(&plan, trunks).map_err(|errors| changes::refused(&errors))?;
        let trial = check::try_plan(&tenant, &plan, &prefix, &number)?;
        Ok(Json(shown(&trial, trunks)))
    });
    tried.await.map_err(|error| Problem::internal(&error))?
}

fn shown(trial: &Trial, trunks: &[String]) -> Value {
    let before = trial.phone.digits.expose();
    let step = |step: &Step| {
        json!({
            "rule": step.rule,
            "match": step.pattern,
            "comment": step.comment,
            "matched": step.result != StepResult::NoMatch,
            "result": step.result,
            "before": before,
            "after": step.number,
        })
    };
    let trunk = trial.explained.trunk.as_ref().or(trunks.first());
    let (result, refused) = match &trial.explained.outcome {
        Outcome::Dial(number) => (
            Some(json!({ "number": number, "trunk": trunk })),
            trial.forbidden.as_ref().map(|refusal| refusal.text.as_str()),
        ),
        Outcome::Refused(sentence) => (None, Some(sentence.as_str())),
    };
    json!({
        "number": before,
        "extension": trial.phone.extension,
        "steps": trial.explained.steps.iter().map(step).collect::<Vec<_>>(),
        "result": result,
        "refused": refused,
        "country": trial.country,
        "warnings": trial.warnings,
    })
}
