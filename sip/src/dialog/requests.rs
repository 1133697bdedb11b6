//! Requests of the far end within a dialog, and our INFO.
//!
//! Promises: every request is answered, unknown methods with 501, methods we do not take with 405, a CSeq lower than seen
//! with 500, requests of dialogs that are over with 481. Leaves to others: what a session change means (`offering`).

use super::compose;
use super::state::{Cancel, LONG_PATIENCE, State, Waiting};
use super::{Dialog, Heard, Step};
use crate::bridge::FailureCause;
use crate::header::HeaderName;
use crate::message::{Request, Response};
use crate::method::Method;
use crate::status::Status;
use crate::text::HeaderValue;
use crate::transaction::ServerKey;

impl Dialog {
    /// Takes a request of the far end.
    pub(crate) fn request(
        &mut self,
        request: &Request,
        key: ServerKey,
        step: &mut Step<'_>,
    ) -> Option<Heard> {
        let from = request.from.tag();
        if request.to.tag() != self.near.tag() || from.is_none() {
            self.reply(request, key, Status::NO_SUCH_CALL, step);
            return None;
        }
        if self.is_fork(from) {
            let status = if request.method == Method::Bye { Status::OK } else { Status::NO_SUCH_CALL };
            self.reply(request, key, status, step);
            return None;
        }
        if self.far.tag().is_some() && from != self.far.tag() {
            self.reply(request, key, Status::NO_SUCH_CALL, step);
            return None;
        }
        if self.far_sequence.is_some_and(|seen| request.cseq < seen) {
            self.reply(request, key, Status::SERVER_ERROR, step);
            return None;
        }
        self.far_sequence = Some(request.cseq);
        if let Some(unknown) = unsupported(request) {
            let mut response = self.answer(request, Status::BAD_EXTENSION);
            response.headers.push(HeaderName::Unsupported, unknown);
            step.respond(response, key);
            return None;
        }
        self.dispatch(request, key, step)
    }

    fn dispatch(&mut self, request: &Request, key: ServerKey, step: &mut Step<'_>) -> Option<Heard> {
        match (&request.method, &self.state) {
            (Method::Bye, _) => {
                self.reply(request, key, Status::OK, step);
                self.bye_received(step)
            }
            (Method::Invite | Method::Update, State::Confirmed(_)) => self.their_session(request, key, step),
            (Method::Update, State::Inviting(inviting)) if inviting.cancel == Cancel::No => {
                self.early_update(request, key, step)
            }
            // Before our own INVITE has its answer, its offer is open: glare.
            (Method::Invite, State::Inviting(_)) => {
                self.reply(request, key, Status::REQUEST_PENDING, step);
                None
            }
            (Method::Info | Method::Options, State::Confirmed(_) | State::Inviting(_)) => {
                let mut response = self.answer(request, Status::OK);
                if request.method == Method::Options {
                    response.headers.push(HeaderName::Accept, compose::SDP_TYPE);
                }
                step.respond(response, key);
                None
            }
            (
                Method::Invite | Method::Update | Method::Info | Method::Options,
                State::Inviting(_) | State::Ending(_) | State::Over,
            )
            | (Method::Prack | Method::Cancel, _) => {
                self.reply(request, key, Status::NO_SUCH_CALL, step);
                None
            }
            // No subscription of ours lives in a dialog.
            (Method::Notify, _) => {
                self.reply(request, key, const { BAD_EVENT }, step);
                None
            }
            (Method::Message | Method::Publish | Method::Refer | Method::Register | Method::Subscribe, _) => {
                self.reply(request, key, Status::METHOD_NOT_ALLOWED, step);
                None
            }
            (Method::Other(_), _) => {
                self.reply(request, key, Status::NOT_IMPLEMENTED, step);
                None
            }
            // An ACK is never answered; it comes by `ack_received`.
            (Method::Ack, _) => None,
        }
    }

    /// Sends one key as DTMF (application/dtmf-relay), if nothing else is under way that way.
    pub(crate) fn info(&mut self, digit: char, step: &mut Step<'_>) {
        let sequence = self.next_sequence();
        let (mut info, to) = self.near.request(&self.far, Method::Info, sequence, step.ids);
        let body = format!("Signal={digit}\r\nDuration=160\r\n").into_bytes();
        info.set_body(HeaderValue::constant("application/dtmf-relay"), body);
        let until = step.now.plus(LONG_PATIENCE);
        let Some(confirmed) = self.confirmed() else { return };
        confirmed.info = Some(Waiting { branch: info.branch().to_owned(), until });
        step.request(info, to);
    }

    /// Whether an INFO of ours waits for its answer.
    pub(crate) fn awaits_info(&self) -> bool {
        matches!(&self.state, State::Confirmed(confirmed) if confirmed.info.is_some())
    }

    pub(super) fn info_response(&mut self, response: &Response, step: &mut Step<'_>) -> Option<Heard> {
        if response.status.is_provisional() || !self.take_info(response.branch()) {
            return None;
        }
        match response.status {
            status @ Status::NO_SUCH_CALL => {
                Some(self.lose(Some(status), FailureCause::Lost, super::inviting::phrase(response), step))
            }
            status => Some(Heard::InfoAnswered(status)),
        }
    }

    /// Our INFO got no answer at all: as 408. The call goes on, though RFC 3261 12.2.1.2 would end it: trunks that list
    /// INFO and ignore it exist, and two people who talk must not be parted by a key that was not heard.
    pub(super) fn info_failed(&mut self, branch: &str) -> Option<Heard> {
        self.take_info(branch).then_some(Heard::InfoAnswered(Status::REQUEST_TIMEOUT))
    }

    fn take_info(&mut self, branch: &str) -> bool {
        let Some(confirmed) = self.confirmed() else { return false };
        let ours = confirmed.info.as_ref().is_some_and(|info| info.branch == branch);
        if ours {
            confirmed.info = None;
        }
        ours
    }
}

/// RFC 6665: no such event package, or none at all.
const BAD_EVENT: Status = match Status::new(489) {
    Some(status) => status,
    None => Status::BAD_REQUEST,
};

/// The extensions a request requires that we do not have. Session timers and reliable responses need nothing of us there.
fn unsupported(request: &Request) -> Option<HeaderValue> {
    let required = request.headers.all(&HeaderName::Require).flat_map(|value| value.split(','));
    let unknown: Vec<&str> = required
        .map(|option| option.trim_matches(' '))
        .filter(|option| !option.is_empty() && !["timer", "100rel"].contains(option))
        .collect();
    if unknown.is_empty() { None } else { HeaderValue::new(unknown.join(", ")).ok() }
}
