//! The SIP messages of a call, as its trace shows them: which, when, on which leg, and nothing of what they carry.
//!
//! Promises: one journal entry for a committed step, in its commit, so that the ladder costs no commit of its own; a step
//! that changes nothing (a 100, a doubled 180) waits for the next that does. No number, address or secret is written:
//! methods, codes, usual phrases, CSeq and whether there is a session description. A call writes [`WRITTEN_MAX`] at most.
//!
//! What the transactions do by themselves is not here: messages that are repeated, the ACK of a refusal, the answer to a
//! CANCEL, a CANCEL of a far end's own re-INVITE. A message of ours stands at the moment it was handed to them; a CANCEL of
//! ours leaves with the first provisional response. What had not been committed when the process died is lost.
//!
//! Leaves to others: the commit (`record`), the picture (`web::trace`).

use ringbridge_core::time::Timestamp;
use ringbridge_sip::bridge::{Bridge, Input, Leg};
use ringbridge_sip::header::{CallId, HeaderName, Headers};
use ringbridge_sip::message::{Request, Response};
use ringbridge_sip::transaction::{Failure, Outgoing};
use serde::Serialize;
use serde_json::{Value, json};

/// The kind of the journal's entry.
pub const SIP_MESSAGES: &str = "sip.messages";

/// The most messages that a call writes down: it has some twenty; more is a far end that talks without end.
const WRITTEN_MAX: usize = 200;

/// The longest phrase and method that are kept.
const WORDS_MAX: usize = 40;

/// The messages of a call that are not written down yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Ladder {
    waiting: Vec<Rung>,
    /// How many there were in all.
    seen: usize,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Rung {
    at: String,
    leg: Leg,
    dir: Direction,
    what: String,
    cseq: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sdp: Option<bool>,
}

/// Which way it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Direction {
    /// To Ringbridge.
    In,
    /// From it.
    Out,
}

impl Ladder {
    /// Takes note of what came from a leg.
    pub(super) fn heard(&mut self, input: &Input, bridge: &Bridge, now: Timestamp) {
        match input {
            Input::Response(response) => self.response(response, Direction::In, bridge, now),
            Input::Request { request, key: _ } | Input::Ack(request) => {
                self.request(request, Direction::In, bridge, now);
            }
            Input::TransactionFailed { branch: _, method, call_id, why } => {
                let what = format!("{} {}", short(method.as_str()), failed(*why));
                self.push(call_id, bridge, |leg| Rung {
                    at: now.rfc3339(),
                    leg,
                    dir: Direction::Out,
                    what,
                    cseq: short(method.as_str()),
                    sdp: None,
                });
            }
            // A CANCEL says neither whose nor of which number it is any more; the 487 after it does.
            Input::Command(_) | Input::Cancelled { .. } | Input::Timer | Input::Restored => {}
        }
    }

    /// Takes note of what a step sends.
    pub(super) fn sent(&mut self, sends: &[Outgoing], bridge: &Bridge, now: Timestamp) {
        for outgoing in sends {
            match outgoing {
                Outgoing::Request { request, to: _ } | Outgoing::Ack { request, to: _ } => {
                    self.request(request, Direction::Out, bridge, now);
                }
                Outgoing::Response { response, key: _ } => {
                    self.response(response, Direction::Out, bridge, now);
                }
            }
        }
    }

    /// The journal's body; nothing where there is nothing to write.
    pub(super) fn body(&self) -> Option<Value> {
        (!self.waiting.is_empty()).then(|| json!({ "messages": self.waiting }))
    }

    /// What waited is written down.
    pub(super) fn written(&mut self) {
        self.waiting.clear();
    }

    fn request(&mut self, request: &Request, dir: Direction, bridge: &Bridge, now: Timestamp) {
        let method = short(request.method.as_str());
        self.push(&request.call_id, bridge, |leg| Rung {
            at: now.rfc3339(),
            leg,
            dir,
            cseq: format!("{} {method}", request.cseq),
            what: method,
            sdp: sdp(&request.headers, &request.body),
        });
    }

    fn response(&mut self, response: &Response, dir: Direction, bridge: &Bridge, now: Timestamp) {
        let cseq = &response.cseq;
        self.push(&response.call_id, bridge, |leg| Rung {
            at: now.rfc3339(),
            leg,
            dir,
            what: format!("{} {}", response.status, phrase(response)),
            cseq: format!("{} {}", cseq.number, short(cseq.method.as_str())),
            sdp: sdp(&response.headers, &response.body),
        });
    }

    fn push(&mut self, call_id: &CallId, bridge: &Bridge, rung: impl FnOnce(Leg) -> Rung) {
        let Some(leg) = bridge.leg_of(call_id) else { return };
        self.seen += 1;
        if self.seen <= WRITTEN_MAX {
            self.waiting.push(rung(leg));
        }
    }
}

/// The far end's phrase, unless it is long or may hold a number or an address: then the usual one.
fn phrase(response: &Response) -> &str {
    let own = response.reason.as_str();
    let digits = own.chars().filter(char::is_ascii_digit).count();
    if own.is_empty() || own.len() > WORDS_MAX || digits > 3 || own.contains('@') {
        response.status.reason()
    } else {
        own
    }
}

fn short(method: &str) -> String {
    method.chars().take(WORDS_MAX).collect()
}

fn sdp(headers: &Headers, body: &[u8]) -> Option<bool> {
    let is_sdp = headers.get(&HeaderName::ContentType).is_some_and(|kind| kind.contains("sdp"));
    (is_sdp && !body.is_empty()).then_some(true)
}

const fn failed(why: Failure) -> &'static str {
    match why {
        Failure::Timeout => "was not answered",
        Failure::Transport => "could not be sent",
        Failure::NoAck => "was answered, but no ACK came",
        Failure::Overload => "was not sent: too much is going on",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::switchboard::legs;
    use ringbridge_core::id::TransactionId;
    use ringbridge_sip::bridge::{AutoAnswer, Command, Output, Target};
    use ringbridge_sip::status::Status;
    use ringbridge_sip::text::{HeaderValue, SipToken};
    use ringbridge_sip::time::Millis;
    use ringbridge_sip::transport::{Destination, Local, Transport};
    use ringbridge_sip::uri::SipUri;

    /// A bridge that has called the agent's phone, what it sent, and the INVITE.
    fn called() -> (Bridge, Vec<Outgoing>, Request) {
        let mut bridge = legs::bridge(7, TransactionId(4711));
        let uri: SipUri = "sip:alice@192.0.2.2:5060".parse().expect("a URI");
        let local = Local { host: uri.host.clone(), port: 5060, transport: Transport::Udp };
        let target = Target { destination: Destination::new(uri.clone()), request_uri: uri, local };
        let ring = Command::RingAgent {
            target,
            display_name: "16502928880".to_owned(),
            auto_answer: AutoAnswer::None,
            tone_address: ([192, 0, 2, 1], 30_000).into(),
        };
        let outputs = bridge.handle(Input::Command(ring), Millis(0));
        let sends: Vec<Outgoing> = outputs
            .into_iter()
            .filter_map(|output| match output {
                Output::Send(outgoing) => Some(outgoing),
                Output::Leg(..) | Output::Tone(_) | Output::Extension(_) => None,
            })
            .collect();
        let Outgoing::Request { request, .. } = &sends[0] else { panic!("an INVITE") };
        let request = request.clone();
        (bridge, sends, request)
    }

    fn answer(invite: &Request, status: Status, reason: &str) -> Input {
        let mut response = invite.answer(status, &SipToken::constant("phone"));
        response.reason = HeaderValue::new(reason).expect("a phrase");
        Input::Response(response)
    }

    #[test]
    fn a_message_says_when_which_way_and_what_it_was() {
        let (bridge, sends, invite) = called();
        let mut ladder = Ladder::default();
        assert_eq!(ladder.body(), None, "a step without messages writes nothing");
        let at = Timestamp::from_millis(1000);
        ladder.sent(&sends, &bridge, at);
        ladder.heard(&answer(&invite, Status::RINGING, "Rings here"), &bridge, at);
        let at = "1970-01-01T00:00:01.000Z";
        assert_eq!(
            ladder.body(),
            Some(json!({ "messages": [
                { "at": at, "leg": "agent", "dir": "out", "what": "INVITE", "cseq": "1 INVITE", "sdp": true },
                { "at": at, "leg": "agent", "dir": "in", "what": "180 Rings here", "cseq": "1 INVITE" },
            ] }))
        );
        ladder.written();
        assert_eq!(ladder.body(), None);
    }

    #[test]
    fn no_number_and_no_address_is_written_down_and_no_novel() {
        let (bridge, _, invite) = called();
        for reason in ["6502928880 is busy", "ask bob@acme.example", &"sorry ".repeat(50), ""] {
            let mut ladder = Ladder::default();
            ladder.heard(&answer(&invite, Status::BUSY_HERE, reason), &bridge, Timestamp::from_millis(0));
            let body = ladder.body().expect("a message");
            assert_eq!(body["messages"][0]["what"], "486 Busy Here", "{reason}");
            assert!(!body.to_string().contains("650") && !body.to_string().contains("acme"), "{body}");
        }
    }

    #[test]
    fn a_far_end_that_talks_without_end_fills_no_journal() {
        let (bridge, _, invite) = called();
        let mut ladder = Ladder::default();
        let ringing = answer(&invite, Status::RINGING, "Ringing");
        for _ in 0..10_000 {
            ladder.heard(&ringing, &bridge, Timestamp::from_millis(0));
        }
        assert_eq!(ladder.body().expect("messages")["messages"].as_array().map(Vec::len), Some(WRITTEN_MAX));
        ladder.written();
        ladder.heard(&ringing, &bridge, Timestamp::from_millis(0));
        assert_eq!(ladder.body(), None);
    }

    #[test]
    fn what_came_to_nothing_stands_where_its_answer_would_be() {
        let (bridge, _, invite) = called();
        let mut ladder = Ladder::default();
        let failed = Input::TransactionFailed {
            branch: invite.branch().to_owned(),
            method: invite.method.clone(),
            call_id: invite.call_id.clone(),
            why: Failure::Timeout,
        };
        ladder.heard(&failed, &bridge, Timestamp::from_millis(0));
        assert_eq!(ladder.body().expect("one")["messages"][0]["what"], "INVITE was not answered");
    }
}
