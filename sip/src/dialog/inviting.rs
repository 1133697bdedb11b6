//! From the first INVITE to its final answer: progress, forks, challenges, refusals.
//!
//! Promises: the first 2xx makes the call, each other one is acknowledged and ended; a challenge is answered once, and once
//! more if only the nonce was stale; redirections are failures with their code (3xx is never followed: toll fraud).
//! Leaves to others: CANCEL and BYE (`ending`), what is offered.

use super::audio::{Audio, Author};
use super::compose::{Far, Near, SDP_TYPE};
use super::state::{Cancel, Challenged, Confirmed, Early, FORKS_MAX, Inviting, Progress, State, Watch};
use super::{Dialog, Heard, Plan, Step, TakesInfo};
use crate::bridge::{ByeReason, FailureCause, LegFailure};
use crate::digest::{Answering, Login};
use crate::header::{HeaderName, NameAddr, media_type};
use crate::message::{Request, Response};
use crate::method::Method;
use crate::sdp::Sdp;
use crate::status::Status;
use crate::text::HeaderValue;
use crate::transaction::Failure;

impl Dialog {
    /// Calls: sends the first INVITE.
    pub(crate) fn invite(plan: Plan, step: &mut Step<'_>) -> Self {
        let Plan { call_id, request_uri, destination, here, from, headers, offer } = plan;
        let near = Near { call_id, address: from.with_tag(step.ids.tag()), here, flow: destination.flow };
        let far =
            Far { address: NameAddr::new(request_uri.clone()), routes: Vec::new(), target: request_uri };
        // 31 bits: some phones read the numbers of `o=` into a signed 32-bit word.
        let author = Author { session: step.ids.bits() >> 33, version: 1 };
        let (mut request, _) = near.request(&far, Method::Invite, 1, step.ids);
        // The way is the caller's to choose; the transport in Via must fit it.
        request.via.transport = destination.transport().into();
        for (name, value) in headers.iter() {
            // It is a header value already, so that this cannot fail.
            if let Ok(value) = HeaderValue::new(value) {
                request.headers.push(name.clone(), value);
            }
        }
        request.set_body(SDP_TYPE, offer.offer_body(&author, &near.here.host));
        step.request(request.clone(), destination.clone());
        Self {
            near,
            far,
            sequence: 1,
            far_sequence: None,
            author,
            sent: offer,
            received: None,
            takes_info: TakesInfo::No,
            credentials: None,
            ack: None,
            forks: Vec::new(),
            state: State::Inviting(Box::new(Inviting {
                request,
                to: destination,
                progress: Progress::None,
                cancel: Cancel::No,
                challenge: Challenged::No,
                watch: Watch::Transaction,
                early: Vec::new(),
            })),
        }
    }

    /// A response to an INVITE of ours, the first or a later one.
    pub(super) fn invite_response(
        &mut self,
        response: &Response,
        login: Option<&Login>,
        step: &mut Step<'_>,
    ) -> Option<Heard> {
        let State::Inviting(inviting) = &mut self.state else {
            return self.later_invite_response(response, step);
        };
        if response.status.is_success() {
            return self.first_answer(response, step);
        }
        // A late word on an INVITE that was sent again with credentials.
        if response.branch() != inviting.request.branch() {
            return None;
        }
        if response.status.is_provisional() {
            self.provisional(response, step)
        } else {
            self.refused(response, login, step)
        }
    }

    fn provisional(&mut self, response: &Response, step: &mut Step<'_>) -> Option<Heard> {
        let State::Inviting(inviting) = &mut self.state else { return None };
        inviting.progress = Progress::Some;
        match inviting.cancel {
            Cancel::No => {}
            Cancel::Wanted { reason, .. } => {
                self.send_cancel(reason, step);
                return None;
            }
            Cancel::Sent { .. } => return None,
        }
        if response.status == Status::TRYING {
            return None;
        }
        let audio = body_audio(response);
        let reliable = response.headers.number(&HeaderName::RSeq);
        let acknowledge = remember_early(&mut inviting.early, response, audio.as_ref(), reliable);
        if let Some(reliable) = acknowledge {
            self.send_prack(response, reliable, step);
        }
        match audio {
            Some(audio) => {
                self.received = Some(audio);
                Some(Heard::EarlyMedia)
            }
            // 181 and 182 and a bare 183 mean the same to a waiting agent as 180: it goes on, but nothing is heard yet.
            None => Some(Heard::Ringing),
        }
    }

    /// PRACK (RFC 3262). We do not say that we support it; a peer that uses it all the same would wait for it.
    fn send_prack(&mut self, response: &Response, reliable: u32, step: &mut Step<'_>) {
        let far = Far::of_response(response, &self.far);
        let sequence = self.next_sequence();
        let (mut prack, to) = self.near.request(&far, Method::Prack, sequence, step.ids);
        if let Ok(value) = HeaderValue::new(format!("{reliable} {} INVITE", response.cseq.number)) {
            prack.headers.push(HeaderName::RAck, value);
        }
        step.request(prack, to);
    }

    /// A 2xx while the first INVITE is open.
    fn first_answer(&mut self, response: &Response, step: &mut Step<'_>) -> Option<Heard> {
        let State::Inviting(inviting) = &self.state else { return None };
        match inviting.cancel {
            Cancel::No => {}
            // It crossed our CANCEL, or came before that could be sent: nobody wants this call any more.
            Cancel::Wanted { .. } | Cancel::Sent { .. } => {
                self.state = State::Over;
                self.end_fork(response, step);
                return None;
            }
        }
        let tag = response.to.tag().unwrap_or("");
        let announced = inviting.early.iter().find(|early| early.tag == tag);
        let announced = announced.and_then(|early| early.audio.clone());
        let audio = body_audio(response).or(announced);
        let credentials =
            [HeaderName::Authorization, HeaderName::ProxyAuthorization].into_iter().find_map(|name| {
                let value = HeaderValue::new(inviting.request.headers.get(&name)?).ok()?;
                Some((name, value))
            });
        self.credentials = credentials;
        self.far = Far::of_response(response, &self.far);
        self.takes_info =
            if response.headers.lists(&HeaderName::Allow, "INFO") { TakesInfo::Yes } else { TakesInfo::No };
        self.state = State::Confirmed(Box::new(Confirmed::new()));
        self.send_ack(response, step);
        match audio {
            Some(audio) => {
                self.received = Some(audio);
                Some(Heard::Answered)
            }
            None => {
                let reason = "it was answered without G.711 audio";
                Some(self.lose(Some(Status::NOT_ACCEPTABLE_HERE), FailureCause::Media, reason, step))
            }
        }
    }

    /// Acknowledges a 2xx of the dialog that is up.
    pub(super) fn send_ack(&mut self, response: &Response, step: &mut Step<'_>) {
        let (ack, to) = self.ack_of(response, &self.far.clone(), step);
        self.ack = Some(ack.clone());
        step.ack(ack, to);
    }

    /// The ACK of a 2xx. It is built anew from the response, since it never has a body.
    pub(super) fn ack_of(
        &self,
        response: &Response,
        far: &Far,
        step: &mut Step<'_>,
    ) -> (Request, crate::transport::Destination) {
        let (mut ack, to) = self.near.request(far, Method::Ack, response.cseq.number, step.ids);
        if let Some((name, value)) = &self.credentials {
            ack.headers.push(name.clone(), value.clone());
        }
        (ack, to)
    }

    /// A final response other than 2xx to the first INVITE.
    fn refused(&mut self, response: &Response, login: Option<&Login>, step: &mut Step<'_>) -> Option<Heard> {
        let State::Inviting(inviting) = &mut self.state else { return None };
        match inviting.watch {
            Watch::Transaction => {}
            Watch::Orphaned => {
                let ack = inviting.request.ack_of_failure(response);
                let to = inviting.to.clone();
                step.ack(ack, to);
            }
        }
        match inviting.cancel {
            Cancel::No => {}
            Cancel::Wanted { .. } | Cancel::Sent { .. } => {
                self.state = State::Over;
                return None;
            }
        }
        if let Some(request) = authorize(inviting, response, login, self.sequence + 1, step) {
            self.sequence = request.cseq;
            let to = inviting.to.clone();
            inviting.request = request.clone();
            inviting.progress = Progress::None;
            inviting.early.clear();
            step.request(request, to);
            return None;
        }
        self.state = State::Over;
        Some(Heard::Failed(LegFailure::of_status(response.status.code(), phrase(response))))
    }

    /// An INVITE of ours that nobody answered or that could not be sent.
    pub(super) fn invite_failed(&mut self, branch: &str, why: Failure, step: &mut Step<'_>) -> Option<Heard> {
        let State::Inviting(inviting) = &self.state else {
            return self.offer_failed(branch, step);
        };
        if inviting.request.branch() != branch {
            return None;
        }
        let wanted = inviting.cancel == Cancel::No;
        self.state = State::Over;
        let reason = match why {
            Failure::Timeout | Failure::NoAck => "no answer to our call came back",
            Failure::Transport => "the call could not be sent",
            Failure::Overload => "too many calls at once",
        };
        wanted.then(|| Heard::Failed(LegFailure::ours(FailureCause::Unreachable, reason)))
    }

    /// A response to an INVITE after the first one had its final answer.
    fn later_invite_response(&mut self, response: &Response, step: &mut Step<'_>) -> Option<Heard> {
        if response.status.is_provisional() {
            return None;
        }
        if !response.status.is_success() {
            return self.offer_refused(response, step);
        }
        if self.far.tag().is_none() || response.to.tag() != self.far.tag() {
            self.end_fork(response, step);
            return None;
        }
        if self.is_offering_in(response.branch()) {
            return self.offer_taken(response, step);
        }
        // A 2xx that came again: its ACK was lost.
        match self.ack.clone().filter(|ack| ack.cseq == response.cseq.number) {
            Some(ack) => {
                if let Some(to) = self.near.way_of(&ack) {
                    step.ack(ack, to);
                }
            }
            None => {
                let (ack, to) = self.ack_of(response, &self.far.clone(), step);
                step.ack(ack, to);
            }
        }
        None
    }
}

/// The INVITE with credentials, if the challenge is to be answered.
fn authorize(
    inviting: &mut Inviting,
    response: &Response,
    login: Option<&Login>,
    sequence: u32,
    step: &mut Step<'_>,
) -> Option<Request> {
    let (asked, given) = match response.status {
        Status::UNAUTHORIZED => (HeaderName::WwwAuthenticate, HeaderName::Authorization),
        Status::PROXY_AUTHENTICATION_REQUIRED => {
            (HeaderName::ProxyAuthenticate, HeaderName::ProxyAuthorization)
        }
        _ => return None,
    };
    let mut answering = Answering::strongest(&response.headers.challenges(&asked))?;
    inviting.challenge = match inviting.challenge {
        Challenged::No => Challenged::Once,
        Challenged::Once if answering.challenge().stale => Challenged::Twice,
        Challenged::Once | Challenged::Twice => return None,
    };
    let credentials = answering.answer(login?, &Method::Invite, &inviting.request.uri, step.ids);
    let mut request = inviting.request.clone();
    request.cseq = sequence;
    request.via = crate::header::Via::new(
        inviting.to.transport(),
        request.via.host.clone(),
        request.via.port.unwrap_or(5060),
        step.ids.branch(),
    );
    request.headers.set(given, HeaderValue::new(credentials.to_string()).ok()?);
    Some(request)
}

/// Keeps what an early dialog announced; gives the number of a reliable response that is to be acknowledged.
fn remember_early(
    early: &mut Vec<Early>,
    response: &Response,
    audio: Option<&Audio>,
    reliable: Option<u32>,
) -> Option<u32> {
    let tag = response.to.tag()?;
    let reliable = reliable.filter(|_| response.headers.lists(&HeaderName::Require, "100rel"));
    let at = match early.iter().position(|known| known.tag == tag) {
        Some(at) => at,
        None if early.len() < FORKS_MAX => {
            early.push(Early { tag: tag.to_owned(), audio: None, reliable: None });
            early.len() - 1
        }
        None => return None,
    };
    let known = early.get_mut(at)?;
    if let Some(audio) = audio {
        known.audio = Some(audio.clone());
    }
    let new = reliable.filter(|number| known.reliable.is_none_or(|last| last < *number));
    known.reliable = new.or(known.reliable);
    new
}

/// The far end's reason phrase, or the usual one.
pub(super) fn phrase(response: &Response) -> &str {
    let own = response.reason.as_str();
    if own.is_empty() { response.status.reason() } else { own }
}

/// The audio a response's body describes.
pub(super) fn body_audio(response: &Response) -> Option<Audio> {
    let sdp = body_session(response.headers.get(&HeaderName::ContentType), &response.body)?;
    Audio::of(&sdp)
}

/// The session description in a body; `None` where there is none or it cannot be read.
pub(super) fn body_session(content_type: Option<&str>, body: &[u8]) -> Option<Sdp> {
    let kind = media_type(content_type?).ok()?;
    if kind == "application/sdp" && !body.is_empty() { Sdp::parse(body).ok() } else { None }
}

impl ByeReason {
    /// The value of a Reason header (RFC 3326).
    pub(crate) fn header(self) -> HeaderValue {
        match self {
            Self::Normal => HeaderValue::constant(r#"Q.850;cause=16;text="Normal call clearing""#),
            Self::OtherLegFailed(code) => match code.and_then(Status::new) {
                Some(status) => HeaderValue::new(format!(r#"SIP;cause={status};text="{}""#, status.reason()))
                    .unwrap_or_else(|_| HeaderValue::constant("SIP;cause=500")),
                None => HeaderValue::constant(r#"Q.850;cause=27;text="Destination out of order""#),
            },
            Self::TimedOut => HeaderValue::constant(r#"Q.850;cause=102;text="Recovery on timer expiry""#),
            Self::Restarted => HeaderValue::constant(r#"Q.850;cause=41;text="Temporary failure""#),
        }
    }
}
