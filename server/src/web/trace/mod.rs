//! All that is known of one transaction, gathered from its row, its journal and its jobs.
//!
//! Promises: nothing is guessed: what was not written down is not there; secrets are masked wherever they stand (`core::mask`).
//! Numbers are shown, since who sees a trace may see the call. Leaves to others: who may (`api::trace`), the picture
//! (`trace.js`), what leaves the house (`bundle`).

pub mod bundle;
mod ladder;
mod told;

use super::bystander;
use super::call_view;
use super::problem::Problem;
use super::words;
use crate::store::action;
use crate::store::journal::Entry;
use crate::store::screen_pop::Stored;
use crate::store::transaction::View;
use ladder::Message;
use ringbridge_core::call::{Leg, LegRecord};
use ringbridge_core::callback::Callback;
use ringbridge_core::crm::{Order, Purpose};
use ringbridge_core::dial_plan::Step;
use ringbridge_core::mask;
use ringbridge_core::placement::{Ended, Filled, Placement};
use ringbridge_core::redact::Digits;
use ringbridge_core::refusal::Warning;
use ringbridge_core::screen_pop::Opens;
use ringbridge_core::tenant::Tenant;
use ringbridge_core::time::Timestamp;
use ringbridge_core::token::{self, Token};
use ringbridge_core::userdata::Userdata;
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::collections::BTreeSet;

/// The name of the pair whose value is an address of its own.
const CALLBACK_URL: &str = "ctl_callbackUrl";

/// What a trace is made of, read in one view of the database.
pub struct Sources {
    /// The transaction.
    pub view: View,
    /// Its journal, oldest first.
    pub entries: Vec<Entry>,
    /// Its jobs, oldest first.
    pub jobs: Vec<action::View>,
    /// Its screen pop.
    pub pop: Option<Stored>,
}

/// A moment, as the API writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(pub Timestamp);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.rfc3339())
    }
}

/// The trace, as the API writes it.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "each field says itself; openapi.json describes them")]
pub struct Trace {
    pub version: &'static str,
    pub server_time: Moment,
    pub transaction_id: i64,
    pub interaction_guid: String,
    pub agent: Person,
    pub queue: Option<Named>,
    pub state: String,
    pub sentence: &'static str,
    pub end_reason: Option<&'static str>,
    pub ended_by: Option<&'static str>,
    pub created_at: Moment,
    pub answered_at: Option<Moment>,
    pub hung_up_at: Option<Moment>,
    pub completed_at: Option<Moment>,
    pub request: Request,
    pub admission: Admission,
    pub agent_leg: LegRecord,
    pub customer_leg: LegRecord,
    pub stages: Vec<Stretch>,
    pub ladder: Vec<Message>,
    pub tokens: Vec<TokenValue>,
    pub userdata: Vec<Datum>,
    pub ext: Vec<Datum>,
    pub attempts: Vec<Attempt>,
    pub result: Outcome,
    pub screen_pop: Option<Pop>,
    pub events: Vec<Told>,
}

/// An agent.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "each field says itself")]
pub struct Person {
    pub id: i64,
    pub login: String,
    pub name: String,
}

/// Something with a number and a name, if it is still there.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "each field says itself")]
pub struct Named {
    pub id: i64,
    pub name: Option<String>,
}

/// The click.
#[derive(Debug, Serialize)]
pub struct Request {
    /// The page it came from, where the browser told it.
    pub origin: Option<String>,
    /// The browser's address.
    pub address: Option<String>,
    /// `dial` or `confirmed`.
    pub decision: Option<String>,
    /// Why it could dial.
    pub why: &'static str,
    /// The link's parameters but for the two data.
    pub parameters: Vec<(&'static str, String)>,
}

/// What admission made of it.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "each field says itself")]
pub struct Admission {
    pub number: Digits,
    pub extension: Option<String>,
    pub caller_id: Digits,
    pub dialled: Digits,
    pub dial_plan: Option<Named>,
    pub trunk: Option<String>,
    pub steps: Vec<Step>,
    pub warnings: Vec<Warning>,
}

/// A stretch of the call's life.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Stretch {
    /// `ringing_agent`, `ringing_customer`, `connected`, `wrap_up` or `after`.
    pub stage: &'static str,
    /// When it began.
    pub from: Moment,
    /// When it was over; nothing while it goes on.
    pub to: Option<Moment>,
}

/// What a token stood for.
#[derive(Debug, Serialize)]
pub struct TokenValue {
    /// The name between the dollars.
    pub name: &'static str,
    /// Its value, once the call is complete.
    pub value: Option<String>,
    /// Whether the link has it.
    pub used: bool,
}

/// A pair of the link's data.
#[derive(Debug, Serialize)]
pub struct Datum {
    /// Its name.
    pub name: String,
    /// Its value as the link has it; `***` for a secret.
    pub value: String,
    /// Its value with the tokens filled, once the call is complete.
    pub filled: Option<String>,
}

/// A step after the call.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "each field says itself")]
pub struct Attempt {
    pub id: i64,
    /// `record`, `auto_log` or `callback`.
    pub kind: &'static str,
    /// The CRM and what is written there, or the masked address.
    pub to: String,
    /// `pending`, `done`, `parked` or `given_up`.
    pub state: String,
    pub attempts: i64,
    pub last_error: Option<String>,
    pub created_at: Moment,
    /// When it is tried next, while it is pending.
    pub due_at: Option<Moment>,
    pub settled_at: Option<Moment>,
}

/// What the link's action came to.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "each field says itself")]
pub struct Outcome {
    pub code: Option<String>,
    pub error_string: Option<String>,
    pub record_id: Option<String>,
}

/// The screen pop, without what it posts.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "each field says itself")]
pub struct Pop {
    pub state: &'static str,
    pub opens: &'static str,
    pub url: Option<String>,
    pub reason: Option<String>,
    pub offered_at: Moment,
    pub changed_at: Moment,
}

/// An event in words.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "each field says itself")]
pub struct Told {
    pub seq: i64,
    pub at: Moment,
    pub kind: String,
    pub text: String,
}

/// Gathers the trace.
///
/// # Errors
/// When the stored placement cannot be read.
pub fn gather(
    sources: &Sources,
    tenant: &Tenant,
    own_origin: &str,
    now: Timestamp,
) -> Result<Trace, Problem> {
    let Sources { view, entries, jobs, pop } = sources;
    let placement = call_view::placement(view).map_err(|error| Problem::internal(&error))?;
    let filled = filled(view, &placement);
    let outcome = view.call.outcome();
    Ok(Trace {
        version: env!("CARGO_PKG_VERSION"),
        server_time: Moment(now),
        transaction_id: view.id.0,
        interaction_guid: view.guid.to_string(),
        agent: Person {
            id: view.agent.0,
            login: placement.agent_login.clone(),
            name: placement.agent_name.clone(),
        },
        queue: view
            .queue
            .map(|id| Named { id: id.0, name: tenant.queue(id).map(|queue| queue.name.clone()) }),
        state: view.state.clone(),
        sentence: bystander::sentence_of(view),
        end_reason: outcome.map(|outcome| outcome.reason.as_str()),
        ended_by: outcome.map(|outcome| outcome.by.as_str()),
        created_at: Moment(view.created_at),
        answered_at: view.answered_at.map(Moment),
        hung_up_at: view.ended_at.map(Moment),
        completed_at: view.completed_at.map(Moment),
        request: request(entries, &placement, own_origin),
        admission: admission(&placement),
        agent_leg: view.call.leg(Leg::Agent).clone(),
        customer_leg: view.call.leg(Leg::Customer).clone(),
        stages: stages(view, entries),
        ladder: ladder::of(entries),
        tokens: tokens(&placement, filled.as_ref()),
        userdata: data(&placement.link.userdata, filled.as_ref().map(|filled| filled.userdata.as_slice())),
        ext: data(&placement.link.ext, filled.as_ref().map(|filled| filled.ext.as_slice())),
        attempts: jobs.iter().map(attempt).collect(),
        result: Outcome {
            code: view.result_code.clone(),
            error_string: view.error_string.clone(),
            record_id: view.record_id.clone(),
        },
        screen_pop: pop.as_ref().map(shown),
        events: entries.iter().filter_map(told::of).collect(),
    })
}

/// The tokens' values, worked out again from what is stored; nothing before completion, when they get them.
fn filled(view: &View, placement: &Placement) -> Option<Filled> {
    Some(placement.filled(Ended {
        transaction: view.id,
        guid: &view.guid,
        agent: view.agent,
        outcome: view.call.outcome()?,
        selection: view.call.selection(),
        completed_at: view.completed_at?,
    }))
}

fn request(entries: &[Entry], placement: &Placement, own_origin: &str) -> Request {
    let accepted = entries.iter().find(|entry| entry.kind == "click.accepted");
    let said = |name: &str| {
        let value = accepted?.body.get(name)?.as_str()?;
        Some(value.to_owned())
    };
    let (origin, decision) = (said("origin"), said("decision"));
    let why = match (decision.as_deref(), origin.as_deref()) {
        (Some("confirmed"), _) => words::WHY_CONFIRMED,
        (_, None) => words::WHY_NO_PAGE,
        (_, Some(origin)) if origin == own_origin => words::WHY_OWN_PAGE,
        (_, Some(_)) => words::WHY_TRUSTED_PAGE,
    };
    let link = &placement.link;
    let number = |digits: &Digits| digits.expose().to_owned();
    let parameters = [
        ("prefix", link.prefix.clone()),
        ("phone", Some(number(&link.phone.digits))),
        ("extension", link.phone.extension.clone()),
        ("callerId", link.caller_id.as_ref().map(number)),
        ("dialplan_id", link.dial_plan.map(|id| id.0.to_string())),
        ("queue_id", link.queue.map(|id| id.0.to_string())),
        ("request_id", link.request_id.clone()),
    ];
    let parameters = parameters.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    Request { origin, address: said("address"), decision, why, parameters }
}

fn admission(placement: &Placement) -> Admission {
    let admitted = &placement.admitted;
    Admission {
        number: admitted.number.clone(),
        extension: admitted.extension.clone(),
        caller_id: admitted.caller_id.clone(),
        dialled: admitted.dialled.clone(),
        dial_plan: admitted.dial_plan.map(|id| Named { id: id.0, name: admitted.plan_name.clone() }),
        trunk: admitted.trunk.clone(),
        steps: admitted.steps.clone(),
        warnings: admitted.warnings.clone(),
    }
}

/// How long each part of the call took.
fn stages(view: &View, entries: &[Entry]) -> Vec<Stretch> {
    let agent_answered = entries.iter().find(|entry| {
        entry.kind == "leg.answered" && entry.body.get("leg").and_then(Value::as_str) == Some("agent")
    });
    let agent_answered = agent_answered.map(|entry| entry.at);
    let over = view.ended_at;
    // What comes next ends what goes on; what never came leaves it to the end of the call.
    let parts = [
        ("ringing_agent", Some(view.created_at), agent_answered.or(over)),
        ("ringing_customer", agent_answered, view.answered_at.or(over)),
        ("connected", view.answered_at, over),
        ("wrap_up", over, view.completed_at),
    ];
    let stretch = |(stage, from, to): (&'static str, Option<Timestamp>, Option<Timestamp>)| {
        let from = from?;
        // A call without wrap-up has none of no length.
        let counts = stage != "wrap_up" || to.is_none_or(|to| to > from);
        counts.then(|| Stretch { stage, from: Moment(from), to: to.map(Moment) })
    };
    parts.into_iter().filter_map(stretch).collect()
}

fn tokens(placement: &Placement, filled: Option<&Filled>) -> Vec<TokenValue> {
    let link = &placement.link;
    let pairs = link.userdata.pairs().chain(link.ext.pairs());
    let used: BTreeSet<Token> = pairs
        .flat_map(|pair| token::tokens(pair.value).map(|(_, token)| token).collect::<Vec<_>>())
        .collect();
    let value = |token| TokenValue {
        name: Token::name(token),
        value: filled.map(|filled| filled.values.get(token).to_owned()),
        used: used.contains(&token),
    };
    Token::ALL.into_iter().map(value).collect()
}

fn data(written: &Userdata, filled: Option<&[(String, String)]>) -> Vec<Datum> {
    let datum = |(place, pair): (usize, ringbridge_core::userdata::Pair<'_>)| Datum {
        name: pair.name.to_owned(),
        value: masked(pair.name, pair.value),
        filled: filled.and_then(|filled| filled.get(place)).map(|(name, value)| masked(name, value)),
    };
    written.pairs().enumerate().map(datum).collect()
}

/// A value of the link as it may be shown.
fn masked(name: &str, value: &str) -> String {
    if mask::is_secret(name) {
        mask::MASK.to_owned()
    } else if name.eq_ignore_ascii_case(CALLBACK_URL) {
        mask::url(value)
    } else {
        value.to_owned()
    }
}

fn attempt(job: &action::View) -> Attempt {
    let (kind, to) = if let Ok(order) = serde_json::from_str::<Order>(&job.body) {
        let kind = match order.purpose {
            Purpose::Create => "record",
            Purpose::AutoLog => "auto_log",
        };
        (kind, format!("{} {}", order.integration.as_str(), order.object).trim().to_owned())
    } else if let Ok(callback) = serde_json::from_str::<Callback>(&job.body) {
        ("callback", mask::url(&callback.url))
    } else {
        ("unknown", String::new())
    };
    let pending = job.state == "pending";
    Attempt {
        id: job.id.0,
        kind,
        to,
        state: job.state.clone(),
        attempts: job.attempts,
        last_error: job.last_error.clone(),
        created_at: Moment(job.created_at),
        due_at: pending.then_some(Moment(job.due_at)),
        settled_at: job.settled_at.map(Moment),
    }
}

fn shown(stored: &Stored) -> Pop {
    let (opens, url, reason) = match &stored.pop.opens {
        Opens::Form { url, .. } => ("form", Some(mask::url(url)), None),
        Opens::Record { url } => ("record", Some(mask::url(url)), None),
        Opens::Nothing { reason } => ("nothing", None, Some(reason.clone())),
    };
    Pop {
        state: stored.state.as_str(),
        opens,
        url,
        reason,
        offered_at: Moment(stored.offered_at),
        changed_at: Moment(stored.changed_at),
    }
}
