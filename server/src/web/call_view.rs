//! A call as the API and the pages show it.
//!
//! Promises: exactly the fields of `contract.md`, and beside them what our own pages need: a sentence, and the lists of the
//! wrap-up form. Leaves to others: who may see it (`session`), the words for an ending (`core::event`).

use super::events;
use super::words;
use crate::store::journal::Entry;
use crate::store::transaction::View;
use ringbridge_core::call::{Leg, LegState, Pace, Stage};
use ringbridge_core::event::sentence;
use ringbridge_core::link::Link;
use ringbridge_core::phone::{Dialled, Form};
use ringbridge_core::placement::Placement;
use ringbridge_core::tenant::{Choice, CodeList, Need, Tenant};
use ringbridge_core::time::Timestamp;
use ringbridge_core::userdata::Userdata;
use serde_json::{Value, json};

/// What was settled when the call was admitted, out of its row.
///
/// # Errors
/// When the row cannot be read; the sentence is for the log.
pub fn placement(view: &View) -> Result<Placement, String> {
    serde_json::from_str(&view.link).map_err(|error| format!("transaction {}: {error}", view.id))
}

/// Where a call is, in one plain sentence (semantics 1.13).
#[must_use]
pub fn sentence_of(view: &View) -> &'static str {
    if let Some(outcome) = view.call.outcome() {
        return sentence(outcome.reason, outcome.by);
    }
    match view.call.stage() {
        Stage::Admitted => words::STARTING,
        Stage::RingingAgent { .. } => match view.call.leg(Leg::Agent).state {
            LegState::Ringing => words::AGENT_RINGS,
            LegState::Idle | LegState::Calling | LegState::Answered | LegState::Ended | LegState::Failed => {
                words::CALLING_AGENT
            }
        },
        Stage::RingingCustomer { .. } => match view.call.leg(Leg::Customer).state {
            LegState::Ringing => words::CUSTOMER_RINGS,
            LegState::Idle | LegState::Calling | LegState::Answered | LegState::Ended | LegState::Failed => {
                words::CALLING_CUSTOMER
            }
        },
        Stage::Connected { .. } => words::CONNECTED,
        Stage::WrapUp { .. } | Stage::Completed => words::OVER,
    }
}

/// The seconds of the conversation, up to now while it lasts.
fn duration_seconds(view: &View, now: Timestamp) -> u64 {
    view.answered_at.map_or(0, |answered| view.ended_at.unwrap_or(now).since(answered).as_secs())
}

fn codes(view: &View) -> Vec<Value> {
    let picked = view.call.selection().codes.iter();
    picked.map(|code| json!({ "list": code.list, "code": code.short })).collect()
}

/// What a click would need to call the same number again in the same way: the parameters of `make_call.php`. What was to
/// be logged is no part of it; that is the link's affair.
fn redial(link: &Link) -> Value {
    let Dialled { digits, extension, form } = &link.phone;
    let plus = match form {
        Form::International => "+",
        Form::AsDialled => "",
    };
    let extension = extension.as_ref().map_or(String::new(), |extension| format!(";ext={extension}"));
    let mut parameters = serde_json::Map::new();
    parameters.insert("phone".to_owned(), format!("{plus}{}{extension}", digits.expose()).into());
    let named = [
        ("callerId", link.caller_id.as_ref().map(|digits| digits.expose().to_owned())),
        ("dialplan_id", link.dial_plan.map(|id| id.to_string())),
        ("queue_id", link.queue.map(|id| id.to_string())),
    ];
    let given = named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into())));
    parameters.extend(given);
    Value::Object(parameters)
}

/// Adds what people call things: the caller ID's channel, the queue and the dial plan.
pub fn name(document: &mut Value, view: &View, tenant: &Tenant) {
    let channel = tenant.channels.iter().find(|channel| channel.number == view.caller_id);
    document["caller_name"] = channel.map(|channel| channel.name.as_str()).into();
    let queue = view.queue.and_then(|id| tenant.queue(id));
    document["queue_name"] = queue.map(|queue| queue.name.as_str()).into();
}

/// The row of a list of calls.
#[must_use]
pub fn short(view: &View, now: Timestamp) -> Value {
    json!({
        "transaction_id": view.id,
        "state": view.state,
        "number": view.number,
        "created_at": view.created_at.rfc3339(),
        "answered_at": view.answered_at.map(Timestamp::rfc3339),
        "duration_seconds": duration_seconds(view, now),
        "sentence": sentence_of(view),
        "codes": codes(view),
        "result_code": view.result_code,
        "error_string": view.error_string,
        "record_id": view.record_id,
        "redial": placement(view).ok().map(|placement| redial(&placement.link)),
    })
}

/// The whole document of `GET /api/v1/calls/{transaction_id}`.
#[must_use]
pub fn whole(view: &View, placement: &Placement, entries: &[Entry], now: Timestamp) -> Value {
    let outcome = view.call.outcome();
    json!({
        "transaction_id": view.id,
        "interaction_guid": view.guid,
        "state": view.state,
        "sentence": sentence_of(view),
        "agent_leg": view.call.leg(Leg::Agent),
        "customer_leg": view.call.leg(Leg::Customer),
        "number": view.number,
        "extension": placement.admitted.extension,
        "dial_plan": placement.admitted.dial_plan.map(|id| json!({ "id": id, "name": placement.admitted.plan_name })),
        "redial": redial(&placement.link),
        "caller_id": view.caller_id,
        "queue_id": view.queue,
        "created_at": view.created_at.rfc3339(),
        "answered_at": view.answered_at.map(Timestamp::rfc3339),
        "hung_up_at": view.ended_at.map(Timestamp::rfc3339),
        "completed_at": view.completed_at.map(Timestamp::rfc3339),
        "duration_seconds": duration_seconds(view, now),
        "end_reason": outcome.map(|outcome| outcome.reason),
        "ended_by": outcome.map(|outcome| outcome.by),
        "codes": codes(view),
        "notes": view.call.selection().notes,
        "result_code": view.result_code,
        "error_string": view.error_string,
        "record_id": view.record_id,
        "callback": { "state": callback_state(view, placement), "attempts": view.callback.attempts },
        "screen_pop": null,
        "userdata": pairs(&placement.link.userdata),
        "ext": pairs(&placement.link.ext),
        "warnings": placement.admitted.warnings,
        "wrap_up": {
            "ends_at": wrap_up_end(view),
            "held": matches!(view.call.stage(), Stage::WrapUp { pace: Pace::Held, .. }),
            "more_time": view.call.more_time(&placement.terms).is_some(),
            "lists": placement.terms.wrap_up.lists.iter().map(list).collect::<Vec<_>>(),
        },
        "events": entries.iter().map(events::json_of).collect::<Vec<_>>(),
    })
}

/// When an open wrap-up ends.
#[must_use]
pub fn wrap_up_end(view: &View) -> Option<String> {
    match view.call.stage() {
        Stage::WrapUp { until, .. } => Some(until.rfc3339()),
        Stage::Admitted
        | Stage::RingingAgent { .. }
        | Stage::RingingCustomer { .. }
        | Stage::Connected { .. }
        | Stage::Completed => None,
    }
}

/// A callback that waits for the record before it is pending, although nothing of it is written down yet.
fn callback_state(view: &View, placement: &Placement) -> &'static str {
    let asked = placement.link.userdata.system("ctl_callbackUrl").is_some_and(|url| !url.trim().is_empty());
    let waits = asked && view.completed_at.is_some() && view.result_code.is_none();
    if waits { "pending" } else { view.callback.state }
}

fn pairs(userdata: &Userdata) -> Vec<[&str; 2]> {
    userdata.pairs().map(|pair| [pair.name, pair.value]).collect()
}

fn list(list: &CodeList) -> Value {
    let codes = list.codes.iter();
    json!({
        "name": list.name,
        "multiple": list.choice == Choice::Multiple,
        "required": list.need == Need::Required,
        "codes": codes.map(|code| json!({ "short": code.short, "menu": code.menu, "key": code.key })).collect::<Vec<_>>(),
    })
}
