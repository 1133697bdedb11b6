//! Offers and answers within a dialog: our re-INVITEs, the far end's re-INVITEs and UPDATEs, glare, session timers.
//!
//! Promises: at most one offer at a time in a dialog; 491 both ways, with the back-off of RFC 3261 14.1; a refresh that
//! changes nothing is answered here (RFC 4028); any other offer waits for the bridge's word ([`Dialog::pending`]). Leaves
//! to others: whose audio is offered to whom.

use super::audio::Audio;
use super::compose::SDP_TYPE;
use super::inviting::{body_audio, body_session, phrase};
use super::state::{AckBrings, LONG_PATIENCE, Ours, State, Theirs, Waiting};
use super::{Dialog, Heard, Step};
use crate::bridge::FailureCause;
use crate::header::HeaderName;
use crate::message::{Request, Response};
use crate::method::Method;
use crate::sdp::{Direction, Sdp};
use crate::status::Status;
use crate::text::HeaderValue;
use crate::time::Millis;
use crate::transaction::ServerKey;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How often in a row a far end may say 491. Real glare is over after one; a phone that always says it cannot be joined.
const GLARES_MAX: u8 = 5;

/// Whose offer a re-INVITE of ours carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Purpose {
    /// The bridge's own: to join the two.
    Settle,
    /// The other far end's: its answer goes back to it.
    Relay,
}

impl Dialog {
    /// Whether an offer may be made now.
    pub(crate) fn may_offer(&self) -> bool {
        match &self.state {
            State::Confirmed(confirmed) => confirmed.ours == Ours::Idle && confirmed.theirs == Theirs::Idle,
            State::Inviting(_) | State::Ending(_) | State::Over => false,
        }
    }

    /// Whether an offer of ours is open, or waits for its turn after a glare.
    pub(crate) fn is_offering(&self) -> bool {
        match &self.state {
            State::Confirmed(confirmed) => confirmed.ours != Ours::Idle,
            State::Inviting(_) | State::Ending(_) | State::Over => false,
        }
    }

    pub(super) fn is_offering_in(&self, sought: &str) -> bool {
        matches!(&self.state, State::Confirmed(confirmed)
            if matches!(&confirmed.ours, Ours::Offering { wait, .. } if wait.branch == sought))
    }

    /// The far end's offer that waits for an answer.
    pub(crate) fn pending(&self) -> Option<&Audio> {
        match &self.state {
            State::Confirmed(confirmed) => match &confirmed.theirs {
                Theirs::Pending { offer, .. } => Some(offer),
                Theirs::Idle | Theirs::AwaitingAck { .. } => None,
            },
            State::Inviting(_) | State::Ending(_) | State::Over => None,
        }
    }

    /// Sends a re-INVITE with this offer.
    pub(crate) fn offer(&mut self, offer: Audio, purpose: Purpose, step: &mut Step<'_>) {
        if !self.may_offer() {
            return;
        }
        let sequence = self.next_sequence();
        let (mut request, to) = self.near.request(&self.far, Method::Invite, sequence, step.ids);
        self.author.version += 1;
        request.set_body(SDP_TYPE, offer.offer_body(&self.author, &self.near.here.host));
        let wait = Waiting { branch: request.branch().to_owned(), until: step.now.plus(LONG_PATIENCE) };
        if let Some(confirmed) = self.confirmed() {
            confirmed.ours = Ours::Offering { wait, sequence, offer, purpose };
        }
        step.request(request, to);
    }

    /// The 2xx of our re-INVITE.
    pub(super) fn offer_taken(&mut self, response: &Response, step: &mut Step<'_>) -> Option<Heard> {
        if let Some(target) = response.headers.contact_uri() {
            self.far.target = target;
        }
        self.send_ack(response, step);
        let confirmed = self.confirmed()?;
        let Ours::Offering { offer, purpose, .. } = std::mem::replace(&mut confirmed.ours, Ours::Idle) else {
            return None;
        };
        confirmed.glares = 0;
        match body_audio(response) {
            Some(audio) => {
                self.sent = offer;
                self.received = Some(audio);
                Some(Heard::Taken(purpose))
            }
            None => {
                let words = "the re-INVITE was answered without G.711 audio";
                Some(self.lose(Some(Status::NOT_ACCEPTABLE_HERE), FailureCause::Media, words, step))
            }
        }
    }

    /// A final response other than 2xx to our re-INVITE.
    pub(super) fn offer_refused(&mut self, response: &Response, step: &mut Step<'_>) -> Option<Heard> {
        if !self.is_offering_in(response.branch()) {
            return None;
        }
        // We made the Call-ID, so ours is the longer wait: 2.1 to 4 s in steps of 10 ms (RFC 3261 14.1).
        let back_off = Duration::from_millis(2100 + 10 * (step.ids.bits() % 191));
        let confirmed = self.confirmed()?;
        let Ours::Offering { purpose, .. } = std::mem::replace(&mut confirmed.ours, Ours::Idle) else {
            return None;
        };
        match response.status {
            Status::REQUEST_PENDING if confirmed.glares < GLARES_MAX => {
                confirmed.glares += 1;
                confirmed.ours = Ours::BackOff { until: step.now.plus(back_off) };
                None
            }
            status @ (Status::NO_SUCH_CALL | Status::REQUEST_TIMEOUT) => {
                Some(self.lose(Some(status), FailureCause::Lost, phrase(response), step))
            }
            status => Some(Heard::Refused(purpose, status)),
        }
    }

    /// Our re-INVITE got no answer at all: as 408.
    pub(super) fn offer_failed(&mut self, branch: &str, step: &mut Step<'_>) -> Option<Heard> {
        self.is_offering_in(branch).then(|| {
            let words = "the phone did not answer a re-INVITE";
            self.lose(Some(Status::REQUEST_TIMEOUT), FailureCause::Lost, words, step)
        })
    }

    /// Gives a dialog up whose far end refused what it had to take.
    pub(crate) fn fail_media(&mut self, status: Status, step: &mut Step<'_>) -> Heard {
        self.lose(Some(status), FailureCause::Media, "the phone refused a re-INVITE", step)
    }

    /// A re-INVITE or UPDATE of the far end in a dialog that is up.
    pub(super) fn their_session(
        &mut self,
        request: &Request,
        key: ServerKey,
        step: &mut Step<'_>,
    ) -> Option<Heard> {
        let State::Confirmed(confirmed) = &mut self.state else { return None };
        let is_invite = request.method == Method::Invite;
        let has_offer = !request.body.is_empty();
        if (has_offer || is_invite) && matches!(confirmed.ours, Ours::Offering { .. }) {
            self.reply(request, key, Status::REQUEST_PENDING, step);
            return None;
        }
        if (has_offer || is_invite) && matches!(confirmed.theirs, Theirs::Pending { .. }) {
            let mut response = self.answer(request, Status::SERVER_ERROR);
            // A second offer before the first has its answer (RFC 3261 14.2).
            let seconds = u32::try_from(step.ids.bits() % 10).unwrap_or(1);
            response.headers.push(HeaderName::RetryAfter, seconds.into());
            step.respond(response, key);
            return None;
        }
        if let Some(target) = request.headers.contact_uri() {
            self.far.target = target;
        }
        if !has_offer {
            if is_invite {
                self.offer_in_answer(request, key, step);
            } else {
                self.refresh(request, key, step);
            }
            return None;
        }
        let offer = match self.read_offer(request) {
            Ok(offer) => offer,
            Err(status) => {
                let mut response = self.answer(request, status);
                if status == Status::UNSUPPORTED_MEDIA_TYPE {
                    response.headers.push(HeaderName::Accept, SDP_TYPE);
                }
                step.respond(response, key);
                return None;
            }
        };
        let confirmed = self.confirmed()?;
        confirmed.theirs = Theirs::Pending { request: Box::new(request.clone()), key, offer: offer.clone() };
        if self.received.as_ref() == Some(&offer) {
            let same = self.sent.clone();
            self.accept(&same, step);
        }
        None
    }

    /// An offer in an early dialog: taken as it is, with the last word repeated.
    pub(super) fn early_update(
        &mut self,
        request: &Request,
        key: ServerKey,
        step: &mut Step<'_>,
    ) -> Option<Heard> {
        if request.body.is_empty() {
            self.refresh(request, key, step);
            return None;
        }
        let both_ways = Audio { direction: Direction::SendRecv, ..self.sent.clone() };
        let answer = self.read_offer(request).and_then(|offer| {
            both_ways.answering(&offer).map(|answer| (offer, answer)).ok_or(Status::NOT_ACCEPTABLE_HERE)
        });
        match answer {
            Ok((offer, answer)) => {
                self.answer_offer(request, key, &answer, step);
                self.received = Some(offer);
                Some(Heard::EarlyMedia)
            }
            Err(status) => {
                self.reply(request, key, status, step);
                None
            }
        }
    }

    fn read_offer(&self, request: &Request) -> Result<Audio, Status> {
        let content_type = request.headers.get(&HeaderName::ContentType).unwrap_or("");
        if crate::header::media_type(content_type).as_deref() != Ok("application/sdp") {
            return Err(Status::UNSUPPORTED_MEDIA_TYPE);
        }
        let sdp = Sdp::parse(&request.body).map_err(|_| Status::BAD_REQUEST)?;
        Audio::of(&sdp).ok_or(Status::NOT_ACCEPTABLE_HERE)
    }

    /// Answers the far end's offer that waits, with this audio.
    pub(crate) fn accept(&mut self, audio: &Audio, step: &mut Step<'_>) {
        let Some(confirmed) = self.confirmed() else { return };
        let Theirs::Pending { request, key, offer } = std::mem::replace(&mut confirmed.theirs, Theirs::Idle)
        else {
            return;
        };
        if request.method == Method::Invite {
            confirmed.theirs = Theirs::AwaitingAck {
                sequence: request.cseq,
                until: step.now.plus(LONG_PATIENCE),
                ack: AckBrings::Nothing,
            };
        }
        self.answer_offer(&request, key, audio, step);
        self.received = Some(offer);
    }

    /// Refuses the far end's offer that waits.
    pub(crate) fn refuse(&mut self, status: Status, step: &mut Step<'_>) {
        let Some(confirmed) = self.confirmed() else { return };
        match std::mem::replace(&mut confirmed.theirs, Theirs::Idle) {
            Theirs::Pending { request, key, .. } => self.reply(&request, key, status, step),
            other @ (Theirs::Idle | Theirs::AwaitingAck { .. }) => confirmed.theirs = other,
        }
    }

    /// The far end cancelled its re-INVITE before it was answered.
    pub(crate) fn cancelled(&mut self, invite: &ServerKey, step: &mut Step<'_>) {
        let State::Confirmed(confirmed) = &self.state else { return };
        if matches!(&confirmed.theirs, Theirs::Pending { key, .. } if key == invite) {
            self.refuse(Status::REQUEST_TERMINATED, step);
        }
    }

    fn answer_offer(&mut self, request: &Request, key: ServerKey, audio: &Audio, step: &mut Step<'_>) {
        if *audio != self.sent {
            self.author.version += 1;
            self.sent = audio.clone();
        }
        let mut response = self.session_answer(request, step.now);
        let offered = body_session(request.headers.get(&HeaderName::ContentType), &request.body);
        let body = match offered {
            Some(sdp) => audio.answer_body(&sdp, &self.author, &self.near.here.host),
            None => audio.offer_body(&self.author, &self.near.here.host),
        };
        response.set_body(SDP_TYPE, body);
        step.respond(response, key);
    }

    /// A re-INVITE without offer: our 200 makes one, both ways, so that a phone can come back from hold with it; the ACK
    /// brings the answer.
    fn offer_in_answer(&mut self, request: &Request, key: ServerKey, step: &mut Step<'_>) {
        let offer = Audio { direction: Direction::SendRecv, ..self.sent.clone() };
        if let Some(confirmed) = self.confirmed() {
            confirmed.theirs = Theirs::AwaitingAck {
                sequence: request.cseq,
                until: step.now.plus(LONG_PATIENCE),
                ack: AckBrings::Answer,
            };
        }
        self.answer_offer(request, key, &offer, step);
    }

    /// An UPDATE without offer: only the session timer.
    fn refresh(&mut self, request: &Request, key: ServerKey, step: &mut Step<'_>) {
        let response = self.session_answer(request, step.now);
        step.respond(response, key);
    }

    /// A 200 with our Contact, and with the session timer where the far end keeps it up itself. Where it would have us do
    /// that (`refresher=uas`) we answer as one who does not know session timers, which RFC 4028 lets it live with.
    fn session_answer(&mut self, request: &Request, now: Millis) -> Response {
        let mut response = self.answer(request, Status::OK);
        response.headers.push_address(HeaderName::Contact, &self.near.contact());
        let expires = request.headers.get(&HeaderName::SessionExpires).unwrap_or("");
        let (seconds, rest) = expires.split_once(';').unwrap_or((expires, ""));
        let theirs = !rest.to_ascii_lowercase().replace(' ', "").contains("refresher=uas");
        let seconds = seconds.trim().parse::<u32>().ok().filter(|seconds| *seconds > 0 && theirs);
        if let Some(confirmed) = self.confirmed() {
            // The side that does not refresh gives up a little before the time is over (RFC 4028 10).
            let patience = |seconds: u32| u64::from(seconds - (seconds / 3).min(32));
            confirmed.expires = seconds.map(|seconds| now.plus(Duration::from_secs(patience(seconds))));
        }
        if let Some(seconds) = seconds {
            if let Ok(value) = HeaderValue::new(format!("{seconds};refresher=uac")) {
                response.headers.push(HeaderName::SessionExpires, value);
            }
            response.headers.push(HeaderName::Require, HeaderValue::constant("timer"));
        }
        response
    }

    /// The far end's ACK of a 2xx of ours.
    pub(crate) fn ack_received(&mut self, ack: &Request) -> Option<Heard> {
        let confirmed = self.confirmed()?;
        let brings = match &confirmed.theirs {
            Theirs::AwaitingAck { sequence, ack: brings, .. } if *sequence == ack.cseq => *brings,
            Theirs::Idle | Theirs::Pending { .. } | Theirs::AwaitingAck { .. } => return None,
        };
        confirmed.theirs = Theirs::Idle;
        match brings {
            AckBrings::Nothing => None,
            AckBrings::Answer => {
                let sdp = body_session(ack.headers.get(&HeaderName::ContentType), &ack.body)?;
                self.received = Some(Audio::of(&sdp)?);
                Some(Heard::Changed)
            }
        }
    }

    /// A 2xx of ours was never acknowledged: the far end is gone (RFC 3261 13.3.1.4).
    pub(super) fn ack_missing(&mut self, step: &mut Step<'_>) -> Option<Heard> {
        let confirmed = self.confirmed()?;
        matches!(confirmed.theirs, Theirs::AwaitingAck { .. })
            .then(|| self.lose(None, FailureCause::Lost, "the phone never acknowledged our answer", step))
    }

    /// What is due in a dialog that is up, one thing a call.
    pub(super) fn session_timer(&mut self, step: &mut Step<'_>) -> Option<Heard> {
        let now = step.now;
        let confirmed = self.confirmed()?;
        match &confirmed.ours {
            Ours::BackOff { until } if *until <= now => {
                confirmed.ours = Ours::Idle;
                return None;
            }
            Ours::Offering { wait, .. } if wait.until <= now => {
                let branch = wait.branch.clone();
                return self.offer_failed(&branch, step);
            }
            Ours::Idle | Ours::BackOff { .. } | Ours::Offering { .. } => {}
        }
        if matches!(confirmed.theirs, Theirs::AwaitingAck { until, .. } if until <= now) {
            return self.ack_missing(step);
        }
        if let Some(info) = confirmed.info.clone().filter(|info| info.until <= now) {
            return self.info_failed(&info.branch);
        }
        if confirmed.expires.is_some_and(|until| until <= now) {
            return Some(self.lose(
                None,
                FailureCause::Lost,
                "the phone stopped refreshing the session",
                step,
            ));
        }
        None
    }
}
