//! One leg of a call: a dialog of which we are the caller, from its INVITE to its end (RFC 3261 12 to 15).
//!
//! Promises: plain data without I/O that can be written down at any moment and goes on after a restart; every input may
//! come late, twice, crossed or never: each wait has its end ([`Dialog::deadline`]); each 2xx to our INVITE is
//! acknowledged, and a dialog nobody wants any more is ended with BYE, a call nobody answered with CANCEL; credentials are
//! given only for our own first INVITE (SEC-36); an ACK never has a body, an offer never lacks its `m=` line. Leaves to
//! others: repeating what is lost ([`crate::transaction`]) and what the other leg has to do with it ([`crate::bridge`]).

mod audio;
mod compose;
mod ending;
mod inviting;
mod offering;
mod requests;
mod state;
mod stray;

pub(crate) use audio::Audio;
pub(crate) use offering::Purpose;
pub use stray::refuse_stray;

use crate::bridge::LegFailure;
use crate::digest::Login;
use crate::header::{CallId, HeaderName, Headers, NameAddr};
use crate::ids::IdSource;
use crate::message::{Request, Response};
use crate::method::Method;
use crate::status::Status;
use crate::text::HeaderValue;
use crate::time::Millis;
use crate::transaction::{Failure, Outgoing, ServerKey};
use crate::transport::Destination;
use audio::Author;
use compose::{Far, Near};
use serde::{Deserialize, Serialize};
use state::{Cancel, Confirmed, Ending, Fork, State};

/// A leg.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Dialog {
    near: Near,
    far: Far,
    /// The CSeq of our last request.
    sequence: u32,
    /// The CSeq of the far end's last request.
    far_sequence: Option<u32>,
    author: Author,
    /// What the far end was told last, and took: the other side's audio as it knows it.
    sent: Audio,
    /// What the far end said last: its own audio.
    received: Option<Audio>,
    /// What the far end takes besides INVITE, ACK and BYE.
    takes_info: TakesInfo,
    /// The credentials of the answered INVITE; its ACK repeats them (RFC 3261 13.2.2.4).
    credentials: Option<(HeaderName, HeaderValue)>,
    /// The ACK of the last 2xx, to be sent again when that comes again.
    ack: Option<Request>,
    /// Answers of the first INVITE that nobody wanted.
    forks: Vec<Fork>,
    state: State,
}

/// Whether the far end takes INFO, by the Allow of its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TakesInfo {
    /// It says so.
    Yes,
    /// It does not.
    No,
}

/// What a dialog noticed that concerns the bridge.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Heard {
    /// It rings.
    Ringing,
    /// It sends sound before the answer.
    EarlyMedia,
    /// It was answered.
    Answered,
    /// It came to nothing, or was lost.
    Failed(LegFailure),
    /// The far end hung up.
    Ended,
    /// Our re-INVITE was taken.
    Taken(Purpose),
    /// Our re-INVITE was refused; the dialog goes on as it was.
    Refused(Purpose, Status),
    /// What the far end told us about its audio changed without our asking.
    Changed,
    /// Our INFO was answered.
    InfoAnswered(Status),
}

/// What every move needs: the time, ids, and a place for what is to be sent.
pub(crate) struct Step<'a> {
    pub(crate) now: Millis,
    pub(crate) ids: &'a mut IdSource,
    pub(crate) out: &'a mut Vec<Outgoing>,
}

/// A leg to be called.
pub(crate) struct Plan {
    /// The call.
    pub(crate) call_id: CallId,
    /// Whom.
    pub(crate) request_uri: crate::uri::SipUri,
    /// Which way.
    pub(crate) destination: Destination,
    /// What we call ourselves.
    pub(crate) here: crate::transport::Local,
    /// Our From, without tag.
    pub(crate) from: NameAddr,
    /// What the INVITE carries besides.
    pub(crate) headers: Headers,
    /// What it offers.
    pub(crate) offer: Audio,
}

impl Dialog {
    /// Whether a message belongs to this leg.
    pub(crate) fn owns(&self, call_id: &CallId) -> bool {
        self.near.call_id == *call_id
    }

    /// Whether nothing of it is up or coming up.
    pub(crate) fn is_over(&self) -> bool {
        self.state == State::Over && self.forks.iter().all(|fork| fork.bye.is_none())
    }

    /// Whether it was answered and goes on.
    pub(crate) fn is_up(&self) -> bool {
        matches!(self.state, State::Confirmed(_))
    }

    /// Whether it rings or is about to, and nobody gave it up.
    pub(crate) fn is_coming_up(&self) -> bool {
        matches!(&self.state, State::Inviting(inviting) if inviting.cancel == Cancel::No)
    }

    /// What the far end was told last.
    pub(crate) fn sent(&self) -> &Audio {
        &self.sent
    }

    /// What the far end said of itself last.
    pub(crate) fn received(&self) -> Option<&Audio> {
        self.received.as_ref()
    }

    /// Whether DTMF may be sent to it by INFO.
    pub(crate) fn takes_info(&self) -> TakesInfo {
        self.takes_info
    }

    /// When [`Dialog::timer`] is due.
    pub(crate) fn deadline(&self) -> Option<Millis> {
        let own = match &self.state {
            State::Inviting(inviting) => match inviting.cancel {
                Cancel::No => None,
                Cancel::Wanted { until, .. } | Cancel::Sent { until } => Some(until),
            },
            State::Confirmed(confirmed) => confirmed.deadline(),
            State::Ending(Ending { until, .. }) => Some(*until),
            State::Over => None,
        };
        let forks = self.forks.iter().filter_map(|fork| fork.bye.as_ref()).map(|bye| bye.until);
        own.into_iter().chain(forks).min()
    }

    /// Takes a response to a request of ours.
    pub(crate) fn response(
        &mut self,
        response: &Response,
        login: Option<&Login>,
        step: &mut Step<'_>,
    ) -> Option<Heard> {
        if response.from.tag() != self.near.tag() {
            return None;
        }
        match &response.cseq.method {
            Method::Invite => self.invite_response(response, login, step),
            Method::Bye => {
                self.bye_answered(response.branch(), response.status);
                None
            }
            Method::Cancel => {
                self.cancel_answered(response.status);
                None
            }
            Method::Info => self.info_response(response, step),
            // PRACK needs no further thought, and nothing else is ever sent.
            Method::Prack
            | Method::Ack
            | Method::Message
            | Method::Notify
            | Method::Options
            | Method::Publish
            | Method::Refer
            | Method::Register
            | Method::Subscribe
            | Method::Update
            | Method::Other(_) => None,
        }
    }

    /// Takes the news that a request of ours got no answer, or a 2xx of ours no ACK.
    pub(crate) fn transaction_failed(
        &mut self,
        branch: &str,
        method: &Method,
        why: Failure,
        step: &mut Step<'_>,
    ) -> Option<Heard> {
        match (method, why) {
            (Method::Invite, Failure::NoAck) => self.ack_missing(step),
            (Method::Invite, Failure::Timeout | Failure::Transport | Failure::Overload) => {
                self.invite_failed(branch, why, step)
            }
            (Method::Bye, _) => {
                self.bye_answered(branch, Status::REQUEST_TIMEOUT);
                None
            }
            (Method::Info, _) => self.info_failed(branch),
            // A CANCEL nobody answered: the INVITE's own wait has an end. A PRACK: its 200 may still come.
            (
                Method::Cancel
                | Method::Prack
                | Method::Ack
                | Method::Message
                | Method::Notify
                | Method::Options
                | Method::Publish
                | Method::Refer
                | Method::Register
                | Method::Subscribe
                | Method::Update
                | Method::Other(_),
                _,
            ) => None,
        }
    }

    /// Does what a deadline asks for, one thing a call.
    pub(crate) fn timer(&mut self, step: &mut Step<'_>) -> Option<Heard> {
        for fork in &mut self.forks {
            if fork.bye.as_ref().is_some_and(|bye| bye.until <= step.now) {
                fork.bye = None;
            }
        }
        let due = |until: Millis| until <= step.now;
        match &mut self.state {
            State::Inviting(inviting) => match inviting.cancel {
                // The far end had its time to answer; if it answers yet, that is a stray 2xx.
                Cancel::Wanted { until, .. } | Cancel::Sent { until } if due(until) => {
                    self.state = State::Over
                }
                Cancel::No | Cancel::Wanted { .. } | Cancel::Sent { .. } => {}
            },
            State::Ending(Ending { until, .. }) if due(*until) => self.state = State::Over,
            State::Confirmed(_) => return self.session_timer(step),
            State::Ending(_) | State::Over => {}
        }
        None
    }

    /// The next CSeq of ours.
    fn next_sequence(&mut self) -> u32 {
        // CSeq stays below 2^31 (RFC 3261 8.1.1.5); a dialog that sends two thousand million requests is not ours.
        self.sequence = self.sequence.saturating_add(1);
        self.sequence
    }

    /// Answers a request of the far end.
    fn reply(&self, request: &Request, key: ServerKey, status: Status, step: &mut Step<'_>) {
        let response = self.answer(request, status);
        step.respond(response, key);
    }

    fn answer(&self, request: &Request, status: Status) -> Response {
        let mut response = match self.near.address.params.get("tag").and_then(|tag| tag.parse().ok()) {
            Some(tag) => request.answer(status, &tag),
            None => request.answer(status, &crate::text::SipToken::constant("none")),
        };
        if status == Status::METHOD_NOT_ALLOWED || status == Status::OK {
            response.headers.push(HeaderName::Allow, compose::ALLOW);
        }
        response
    }

    fn confirmed(&mut self) -> Option<&mut Confirmed> {
        match &mut self.state {
            State::Confirmed(confirmed) => Some(confirmed),
            State::Inviting(_) | State::Ending(_) | State::Over => None,
        }
    }
}

impl Step<'_> {
    pub(crate) fn request(&mut self, request: Request, to: Destination) {
        self.out.push(Outgoing::Request { request, to });
    }

    pub(crate) fn ack(&mut self, request: Request, to: Destination) {
        self.out.push(Outgoing::Ack { request, to });
    }

    pub(crate) fn respond(&mut self, response: Response, key: ServerKey) {
        self.out.push(Outgoing::Response { response, key });
    }
}
