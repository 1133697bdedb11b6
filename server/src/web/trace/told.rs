//! The journal in words: one sentence for each event of a transaction.
//!
//! Promises: an event that this version does not know is told by its kind; messages of SIP are left to the ladder; nothing
//! of the link's data is repeated. Leaves to others: the moments (`trace.js`).

use super::{Moment, Told};
use crate::store::journal::Entry;
use crate::switchboard::SIP_MESSAGES;
use crate::web::bystander;
use serde_json::Value;

/// The event in words; nothing for what the ladder shows.
pub(super) fn of(entry: &Entry) -> Option<Told> {
    if entry.kind == SIP_MESSAGES {
        return None;
    }
    Some(Told {
        seq: entry.seq.0,
        at: Moment(entry.at),
        kind: entry.kind.clone(),
        text: sentence(&entry.kind, &entry.body),
    })
}

fn sentence(kind: &str, body: &Value) -> String {
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let number = |name: &str| body.get(name).and_then(Value::as_i64).unwrap_or_default();
    let whose = match text("leg") {
        "agent" => "The agent's phone",
        _ => "The other phone",
    };
    let by = |deed: &str| match text("by") {
        "" => format!("{deed}."),
        by => format!("{deed} by {by}."),
    };
    match kind {
        "click.accepted" => "The click was accepted and the call committed.".to_owned(),
        "leg.ringing" => format!("{whose} rings."),
        "leg.early_media" => format!("{whose} sends sound before it answers."),
        "leg.answered" => format!("{whose} was answered."),
        "leg.ended" => format!("{whose} hung up."),
        "leg.failed" => {
            let code = match number("sip_code") {
                0 => String::new(),
                code => format!("{code} "),
            };
            format!("{whose} came to nothing: {code}{}", text("reason")).trim_end().to_owned()
        }
        "dial.extension" if body.get("sent") == Some(&Value::Bool(true)) => {
            "The extension was sent.".to_owned()
        }
        "dial.extension" => "The extension could not be sent; the agent has to press the keys.".to_owned(),
        "call.ended" => ended(body),
        "call.recovered" => "The server came back and went on with this call.".to_owned(),
        "wrap_up.started" => "Wrap-up began.".to_owned(),
        "wrap_up.held" => format!("Wrap-up is over its time and waits for a code of {}.", text("list")),
        "wrap_up.extended" => "The agent took more time for wrap-up.".to_owned(),
        "wrap_up.saved" => format!("Codes and notes were saved (codes: {}).", number("codes")),
        "transaction.completed" => "The transaction is complete; the tokens have their values.".to_owned(),
        "action.settled" => match text("error_string") {
            "" => format!("The action came to {}.", text("result_code")),
            why => format!("The action came to {}: {why}", text("result_code")),
        },
        "agent.status" => format!("The agent's status became {}.", text("status").replace('_', " ")),
        "record.created" => format!("The CRM has the record {}.", text("record_id")),
        "record.attempted" => format!("The record was not taken ({}); it is tried again.", failure(body)),
        "record.parked" => format!("The record was not taken ({}); it is parked.", failure(body)),
        "record.retried" => by("The record was tried again"),
        "record.edited" => by("The record was changed"),
        "record.given_up" => by("The record was given up"),
        "callback.delivered" => {
            format!("The callback was taken at attempt {}, status {}.", number("attempt"), number("status"))
        }
        "callback.attempted" => format!("The callback was not taken ({}); it is tried again.", failure(body)),
        "callback.parked" => format!("The callback was not taken ({}); it is parked.", failure(body)),
        "callback.retried" => by("The callback was tried again"),
        "callback.resent" => by("The callback was sent again"),
        "callback.edited" => by("The callback was changed"),
        "callback.given_up" => by("The callback was given up"),
        "screen_pop.offered" => "The screen pop was offered to the agent's consoles.".to_owned(),
        "screen_pop.nothing" => format!("There is nothing to pop: {}", text("reason")),
        "screen_pop.opened" => "The screen pop was opened.".to_owned(),
        "screen_pop.blocked" => "The agent's browser blocked the screen pop.".to_owned(),
        "screen_pop.dismissed" => "The agent dismissed the screen pop.".to_owned(),
        _ => kind.to_owned(),
    }
}

/// How the call ended, for somebody who was not in it.
fn ended(body: &Value) -> String {
    let read = |name: &str| body.get(name).cloned().unwrap_or(Value::Null);
    let reason = serde_json::from_value(read("end_reason")).ok();
    let by = serde_json::from_value(read("ended_by")).ok();
    reason.map_or("The call is over.".to_owned(), |reason| bystander::ended(reason, by).to_owned())
}

/// Why an attempt failed, by class, code and words, as far as they are known.
fn failure(body: &Value) -> String {
    let parts =
        ["class", "code", "reason"].map(|name| body.get(name).and_then(Value::as_str).unwrap_or_default());
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn events_are_told_in_sentences_and_unknown_ones_by_their_kind() {
        for (kind, body, expected) in [
            ("leg.ringing", json!({ "leg": "agent" }), "The agent's phone rings."),
            (
                "leg.failed",
                json!({ "leg": "customer", "sip_code": 486, "reason": "Busy Here" }),
                "The other phone came to nothing: 486 Busy Here",
            ),
            ("leg.failed", json!({ "leg": "agent", "reason": "" }), "The agent's phone came to nothing:"),
            (
                "action.settled",
                json!({ "result_code": "SUCCESS", "error_string": "" }),
                "The action came to SUCCESS.",
            ),
            (
                "action.settled",
                json!({ "result_code": "IGNORE", "error_string": "no ctl_action was given" }),
                "The action came to IGNORE: no ctl_action was given",
            ),
            ("agent.status", json!({ "status": "wrap_up" }), "The agent's status became wrap up."),
            (
                "callback.attempted",
                json!({ "attempt": 1, "class": "status", "reason": "the receiver answered with status 500" }),
                "The callback was not taken (status: the receiver answered with status 500); it is tried again.",
            ),
            ("record.retried", json!({ "by": "ada" }), "The record was tried again by ada."),
            (
                "call.ended",
                json!({ "end_reason": "hung_up", "ended_by": "agent", "sentence": "You hung up." }),
                "The agent hung up.",
            ),
            ("moon.landed", json!({}), "moon.landed"),
        ] {
            assert_eq!(sentence(kind, &body), expected);
        }
    }
}
