//! `GET /api/v1/team`, `…/charts` and `…/refused`: a contact center at a glance, for those who look after it.
//!
//! Promises: supervisors, admins and action tokens only; what is shown is what was committed; every list says its bound.
//! Leaves to others: the figures (`web::chart`), forcing a state (`api::team_status`), ending calls (`api::hangup`).

use crate::clock;
use crate::store::StoreError;
use crate::store::journal::Entry;
use crate::store::team;
use crate::store::transaction::View;
use crate::switchboard::{AgentStatus, status_of};
use crate::web::App;
use crate::web::call_view;
use crate::web::chart::{self, Stretch};
use crate::web::phones;
use crate::web::problem::Problem;
use crate::web::query::Query;
use crate::web::session::Principal;
use axum::Json;
use axum::extract::State;
use ringbridge_core::call::Leg;
use ringbridge_core::id::AgentId;
use ringbridge_core::refusal::{Code, Refusal};
use ringbridge_core::tenant::{Agent, Tenant};
use ringbridge_core::time::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// How many live calls are shown: nobody looks through more.
const CALLS_MAX: u32 = 500;

/// How far open steps are counted.
const STEPS_MAX: u32 = 1000;

/// How many refused clicks are shown, and from how long ago.
const REFUSED_MAX: u32 = 100;
const REFUSED_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// `GET /api/v1/team`
pub async fn get(State(app): State<Arc<App>>, who: Principal) -> Result<Json<Value>, Problem> {
    who.must_supervise()?;
    let tenant = Arc::clone(who.tenant());
    let id = tenant.id;
    let agents: Vec<AgentId> = tenant.agents.iter().map(|agent| agent.id).collect();
    // One view of the database, so that an agent's status and their call agree.
    let read = app.store.read(move |tx| {
        let states: Result<Vec<AgentStatus>, StoreError> =
            agents.iter().map(|agent| status_of(tx, *agent)).collect();
        Ok((states?, team::live(tx, id, CALLS_MAX)?, team::open_steps(tx, id, STEPS_MAX)?))
    });
    let (states, calls, steps) = read.await?;
    let now = clock::now();
    let calls: Result<Vec<Value>, Problem> = calls.iter().map(|view| call(view, &tenant, now)).collect();
    let agents = tenant.agents.iter().zip(&states);
    Ok(Json(json!({
        "server_time": now.rfc3339(),
        "agents": agents.map(|(who, state)| agent(&app, who, state)).collect::<Vec<_>>(),
        "calls": calls?,
        "actions": { "parked": steps.parked, "pending": steps.pending },
    })))
}

/// An agent: where they are since when, and their phones.
fn agent(app: &App, agent: &Agent, state: &AgentStatus) -> Value {
    json!({
        "login": agent.login,
        "name": agent.name,
        "role": agent.role,
        "status": state.status.as_str(),
        "presence": state.presence.as_str(),
        "status_since": state.status_since.rfc3339(),
        "phones": phones::of(app, agent),
        "call": state.call,
    })
}

/// A live call: the row of a list, and what a supervisor asks beyond it.
fn call(view: &View, tenant: &Tenant, now: Timestamp) -> Result<Value, Problem> {
    let placement = call_view::placement(view).map_err(|error| Problem::internal(&error))?;
    let queue = view.queue.and_then(|id| tenant.queue(id));
    let mut row = call_view::short(view, now);
    if let Value::Object(row) = &mut row {
        // What a redial takes is the link's own data; nobody redials from here.
        row.remove("redial");
    }
    row["agent"] = json!({ "login": placement.agent_login, "name": placement.agent_name });
    row["agent_leg"] = json!(view.call.leg(Leg::Agent));
    row["customer_leg"] = json!(view.call.leg(Leg::Customer));
    row["queue_id"] = json!(view.queue);
    row["queue_name"] = json!(queue.map(|queue| &queue.name));
    row["caller_id"] = json!(view.caller_id);
    row["dial_plan"] = json!(placement.admitted.plan_name);
    Ok(row)
}

/// What is asked of the charts.
#[derive(Debug, Deserialize)]
pub struct Asked {
    hours: Option<String>,
}

/// `GET /api/v1/team/charts?hours=24`
pub async fn charts(
    State(app): State<Arc<App>>,
    who: Principal,
    Query(asked): Query<Asked>,
) -> Result<Json<Value>, Problem> {
    who.must_supervise()?;
    let stretch = asked
        .hours
        .as_deref()
        .map_or(Some(Stretch::Day), Stretch::named)
        .ok_or_else(|| Refusal::new(Code::BadParameter, "hours may be 24 or 168.").about("hours"))?;
    let tenant = Arc::clone(who.tenant());
    let now = clock::now();
    let (id, range) = (tenant.id, stretch.until(now, &tenant.zone));
    let tallies = app.store.read(move |tx| team::tallies(tx, id, range)).await?;
    let range = stretch.until(now, &tenant.zone);
    Ok(Json(chart::document(stretch, range, &tallies, &tenant.zone)))
}

/// `GET /api/v1/team/refused`: the clicks of the last day that became no call (semantics 1.14).
pub async fn refused(State(app): State<Arc<App>>, who: Principal) -> Result<Json<Value>, Problem> {
    who.must_supervise()?;
    let tenant = Arc::clone(who.tenant());
    let (id, now) = (tenant.id, clock::now());
    let day = i64::try_from(REFUSED_FOR.as_millis()).unwrap_or(i64::MAX);
    let after = Timestamp::from_millis(now.as_millis() - day);
    let entries = app.store.read(move |tx| team::refused_clicks(tx, id, after, REFUSED_MAX)).await?;
    let clicks: Vec<Value> = entries.iter().map(|entry| refusal(entry, &tenant)).collect();
    Ok(Json(json!({ "clicks": clicks })))
}

fn refusal(entry: &Entry, tenant: &Tenant) -> Value {
    let agent = entry.agent.and_then(|id| tenant.agent(id));
    let said = |name: &str| entry.body.get(name).cloned().unwrap_or(Value::Null);
    json!({
        "at": entry.at.rfc3339(),
        "agent": agent.map(|agent| json!({ "login": agent.login, "name": agent.name })),
        "code": said("code"),
        "text": said("text"),
        "parameter": said("parameter"),
        "offset": said("offset"),
        "phone": said("phone"),
        "origin": said("origin"),
    })
}
