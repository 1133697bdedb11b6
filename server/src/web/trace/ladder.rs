//! The SIP messages of both legs as arrows, out of the journal.
//!
//! Promises: the messages as they were written down (`sip.messages`); where a call has none, being older than they are, what
//! its legs told (`leg.*`), and then each arrow says so. Leaves to others: drawing (`trace.js`).

use super::Moment;
use crate::store::journal::Entry;
use crate::switchboard::SIP_MESSAGES;
use ringbridge_core::call::Leg;
use ringbridge_core::time::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// The most arrows of a ladder: a call has some twenty; more would be a phone that repeats itself.
const MESSAGES_MAX: usize = 200;

/// An arrow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// When.
    pub at: Moment,
    /// Between Ringbridge and whom.
    pub leg: Leg,
    /// `out`: from Ringbridge; `in`: to it.
    pub dir: &'static str,
    /// `INVITE`, `180 Ringing` …
    pub what: String,
    /// The CSeq, where it is known.
    pub cseq: Option<String>,
    /// What its session description says, where it has one.
    pub sdp: Option<String>,
    /// `sip`: a message; `event`: what a leg told, where no messages were written down.
    pub from: &'static str,
}

/// The ladder of a transaction.
pub(super) fn of(entries: &[Entry]) -> Vec<Message> {
    let written = entries.iter().filter(|entry| entry.kind == SIP_MESSAGES).flat_map(messages);
    let written: Vec<Message> = written.take(MESSAGES_MAX).collect();
    if written.is_empty() { entries.iter().filter_map(event).take(MESSAGES_MAX).collect() } else { written }
}

fn messages(entry: &Entry) -> Vec<Message> {
    let list = entry.body.get("messages").and_then(Value::as_array);
    list.map_or(&[][..], Vec::as_slice).iter().filter_map(|message| read(entry, message)).collect()
}

/// A message as it was written down; nothing for what a later version writes otherwise.
fn read(entry: &Entry, message: &Value) -> Option<Message> {
    let said = |name: &str| message.get(name).filter(|value| !value.is_null());
    let text = |name: &str| {
        let value = said(name)?;
        Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    };
    Some(Message {
        at: Moment(text("at").and_then(|at| Timestamp::parse(&at)).unwrap_or(entry.at)),
        leg: leg(message)?,
        dir: match said("dir")?.as_str()? {
            "in" | "received" => "in",
            _ => "out",
        },
        what: text("what")?,
        cseq: text("cseq"),
        sdp: match said("sdp") {
            None | Some(Value::Bool(false)) => None,
            Some(Value::Bool(true)) => Some("SDP".to_owned()),
            Some(_) => text("sdp"),
        },
        from: "sip",
    })
}

fn leg(body: &Value) -> Option<Leg> {
    serde_json::from_value(body.get("leg")?.clone()).ok()
}

/// What a leg told, as an arrow.
fn event(entry: &Entry) -> Option<Message> {
    let code = entry.body.get("sip_code").and_then(Value::as_u64);
    let reason = entry.body.get("reason").and_then(Value::as_str).unwrap_or_default();
    let what = match entry.kind.as_str() {
        "leg.ringing" => "rings".to_owned(),
        "leg.early_media" => "sends sound".to_owned(),
        "leg.answered" => "answers".to_owned(),
        "leg.ended" => "hangs up".to_owned(),
        "leg.failed" => {
            let code = code.map(|code| format!("{code} ")).unwrap_or_default();
            format!("{code}{reason}")
        }
        _ => return None,
    };
    Some(Message {
        at: Moment(entry.at),
        leg: leg(&entry.body)?,
        dir: "in",
        what,
        cseq: None,
        sdp: None,
        from: "event",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ringbridge_core::id::Seq;
    use serde_json::json;

    fn entry(kind: &str, body: Value) -> Entry {
        let at = Timestamp::from_millis(0);
        Entry { seq: Seq(1), tenant: None, agent: None, transaction: None, at, kind: kind.to_owned(), body }
    }

    #[test]
    fn messages_are_drawn_as_they_were_written_down() {
        let invite = json!({ "at": "1970-01-01T00:00:01.000Z", "leg": "agent", "dir": "out", "what": "INVITE",
            "cseq": 1, "sdp": true });
        let ringing =
            json!({ "leg": "customer", "dir": "in", "what": "180 Ringing", "cseq": "1 INVITE", "sdp": null });
        let broken = json!({ "leg": "nobody", "dir": "in", "what": "x" });
        let written = [
            entry("leg.ringing", json!({ "leg": "agent" })),
            entry("sip.messages", json!({ "messages": [invite, ringing, broken] })),
        ];
        assert_eq!(
            of(&written),
            [
                Message {
                    at: Moment(Timestamp::from_millis(1000)),
                    leg: Leg::Agent,
                    dir: "out",
                    what: "INVITE".to_owned(),
                    cseq: Some("1".to_owned()),
                    sdp: Some("SDP".to_owned()),
                    from: "sip",
                },
                Message {
                    at: Moment(Timestamp::from_millis(0)),
                    leg: Leg::Customer,
                    dir: "in",
                    what: "180 Ringing".to_owned(),
                    cseq: Some("1 INVITE".to_owned()),
                    sdp: None,
                    from: "sip",
                },
            ]
        );
    }

    #[test]
    fn without_messages_the_legs_tell_and_say_that_they_do() {
        let body = json!({ "leg": "customer", "sip_code": 486, "reason": "Busy Here", "cause": "busy" });
        let ladder = of(&[entry("leg.failed", body), entry("call.ended", json!({}))]);
        let told: Vec<_> = ladder.iter().map(|arrow| (arrow.what.as_str(), arrow.dir, arrow.from)).collect();
        assert_eq!(told, [("486 Busy Here", "in", "event")]);
    }
}
