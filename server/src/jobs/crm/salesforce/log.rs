//! What a call writes about itself: the auto log, and the call fields of a tenant that asks for them (semantics 5.3).
//!
//! Promises: a field that the org does not have, or that takes no such value, is left out: nobody asked for it by name.
//! Leaves to others: the link's own fields (`record`).

use super::describe::{Describe, Kind};
use super::record::Draft;
use super::value;
use ringbridge_core::crm::{CallFacts, Order};
use ringbridge_core::time::Zone;

/// The object of auto logs.
pub(super) const OBJECT: &str = "Task";

/// Writes the log of a call whose link writes none.
pub(super) fn write(draft: &mut Draft, describe: &Describe, order: &Order) {
    let call = &order.call;
    let zone = Zone::named(&call.zone).unwrap_or_else(|_| Zone::named("UTC").expect("UTC is built in"));
    set(draft, describe, "Subject", &format!("Outbound call to {}", call.number.expose()));
    set(draft, describe, "Status", "Completed");
    set(draft, describe, "ActivityDate", &zone.format(call.completed_at, "%Y-%m-%d"));
    set(draft, describe, "Description", &story(call));
    enrich(draft, describe, order);
}

/// Fills the call fields that are still free.
pub(super) fn enrich(draft: &mut Draft, describe: &Describe, order: &Order) {
    let call = &order.call;
    set(draft, describe, "TaskSubtype", "Call");
    set(draft, describe, "CallType", "Outbound");
    set(draft, describe, "CallDurationInSeconds", &call.duration_seconds.to_string());
    set(draft, describe, "CallDisposition", call.token("lastTclCodeDesc"));
    set(draft, describe, "CallObject", &call.guid.0);
}

/// Sets a field that the org has and nobody has set.
fn set(draft: &mut Draft, describe: &Describe, name: &str, text: &str) {
    let Some(field) = describe.settable(name).filter(|field| !draft.has(&field.name)) else { return };
    // `TaskSubtype` and `CallType` mean something only by their own words.
    let by_word = field.kind == Kind::Picklist && !field.picklist_values.is_empty();
    if by_word && !field.picklist_values.iter().any(|choice| choice.active && choice.value == text) {
        return;
    }
    if let Ok(Some(fitted)) = value::fit(field, text) {
        draft.fields.insert(field.name.clone(), fitted.value);
        draft.notes.extend(fitted.note);
    }
}

/// The call in lines, for people.
fn story(call: &CallFacts) -> String {
    let answered = match call.token("callAnsweredTenantTT") {
        "" => "no",
        answered => answered,
    };
    let lines = [
        ("Agent", call.agent_name.as_str()),
        ("Answered", answered),
        ("Hung up", call.token("callHangupTenantTT")),
        ("Duration", call.token("callDuration")),
        ("Result", call.end_reason.as_str()),
        ("Codes", call.token("transaction_codes")),
        ("Notes", call.token("notes")),
    ];
    let told = lines.iter().filter(|(_, value)| !value.is_empty());
    let lines: Vec<_> = told.map(|(name, value)| format!("{name}: {value}")).collect();
    lines.join("\n")
}
