//! `/api/v1/actions`: the steps after calls that are not done, and what an admin does about them.
//!
//! Promises: admins and action tokens only; what is shown of a step is enough to mend it, without secrets. Leaves to
//! others: what the acts do (`jobs::actions`, through the switchboard).

use crate::store::action::{self, View};
use crate::store::job::JobId;
use crate::store::lane::{self, Lane};
use crate::switchboard::{Act, Deed, Doubt, Edit};
use crate::web::App;
use crate::web::body;
use crate::web::problem::Problem;
use crate::web::session::Principal;
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use ringbridge_core::callback::Callback;
use ringbridge_core::crm::{Order, Purpose};
use ringbridge_core::time::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// How many steps of each state are shown: more than anybody mends by hand.
const LIST_MAX: u32 = 200;

/// The longest change: a link's user data is 1 MiB at most, and JSON escapes some of it.
const EDIT_MAX: usize = 4 << 20;

/// `GET /api/v1/actions`
pub async fn list(State(app): State<Arc<App>>, who: Principal) -> Result<Json<Value>, Problem> {
    who.must_administer()?;
    let tenant = who.tenant().id;
    let read = app.store.read(move |tx| {
        let mut views = action::parked(tx, tenant, LIST_MAX)?;
        views.extend(action::waiting(tx, tenant, LIST_MAX)?);
        Ok((views, lane::of_tenant(tx, tenant)?))
    });
    let (views, lanes) = read.await?;
    Ok(Json(json!({
        "actions": views.iter().map(shown).collect::<Vec<_>>(),
        "connections": lanes.iter().map(connection).collect::<Vec<_>>(),
    })))
}

/// What a retry may say.
#[derive(Debug, Default, Deserialize)]
struct RetryForm {
    /// `absent`: somebody looked, and the record is not there.
    record: Option<Looked>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Looked {
    Absent,
}

/// `POST /api/v1/actions/{id}/retry`
pub async fn retry(
    State(app): State<Arc<App>>,
    who: Principal,
    Path(id): Path<String>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let form: RetryForm = body::json_if_any(request).await?.unwrap_or_default();
    let doubt = form.record.map_or(Doubt::Kept, |Looked::Absent| Doubt::Dispelled);
    done(&app, &who, &id, Deed::Retry(doubt)).await
}

/// What a change says; what is left out stays.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EditForm {
    object: Option<String>,
    fields: Option<Vec<(String, String)>>,
    url: Option<String>,
}

/// `PUT /api/v1/actions/{id}`
pub async fn edit(
    State(app): State<Arc<App>>,
    who: Principal,
    Path(id): Path<String>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let EditForm { object, fields, url } = body::json_of(request, EDIT_MAX).await?;
    done(&app, &who, &id, Deed::Edit(Edit { object, fields, url })).await
}

/// `POST /api/v1/actions/{id}/give-up`
pub async fn give_up(
    State(app): State<Arc<App>>,
    who: Principal,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    done(&app, &who, &id, Deed::GiveUp).await
}

async fn done(app: &App, who: &Principal, id: &str, deed: Deed) -> Result<StatusCode, Problem> {
    who.must_administer()?;
    let id = id.parse().map(JobId).map_err(|_| Problem::not_found())?;
    let act = Act { tenant: who.tenant().id, id, by: who.name() };
    app.switchboard.act_on(act, deed).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A step as an admin sees it.
fn shown(view: &View) -> Value {
    let mut shown = json!({
        "id": view.id.0,
        "transaction_id": view.transaction,
        "state": view.state,
        "attempts": view.attempts,
        "due_at": view.due_at.rfc3339(),
        "reason": view.last_error,
        "created_at": view.created_at.rfc3339(),
        "settled_at": view.settled_at.map(Timestamp::rfc3339),
        "in_doubt": view.doubts > 0,
    });
    if let Ok(order) = serde_json::from_str::<Order>(&view.body) {
        shown["kind"] = json!(match order.purpose {
            Purpose::Create => "record",
            Purpose::AutoLog => "auto_log",
        });
        shown["integration"] = json!(order.integration);
        shown["object"] = json!(order.object);
        shown["fields"] = json!(order.fields);
        shown["related"] = json!(order.related.map(|related| (related.id, related.kind)));
    } else if let Ok(callback) = serde_json::from_str::<Callback>(&view.body) {
        shown["kind"] = json!("callback");
        shown["url"] = json!(callback.url);
    } else {
        shown["kind"] = json!(view.kind);
    }
    shown
}

/// A receiver or CRM in trouble as an admin sees it.
fn connection(lane: &Lane) -> Value {
    let mut parts = lane.name.splitn(3, ':');
    let kind = parts.next().unwrap_or_default();
    json!({
        "kind": if kind == "callback" { "callback" } else { "crm" },
        "name": parts.nth(1).unwrap_or_default(),
        "failures": lane.failures,
        "held_until": lane.open_at.rfc3339(),
        "since": lane.since.rfc3339(),
        "reason": lane.reason,
        "waiting": lane.waiting,
    })
}
