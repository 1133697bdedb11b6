//! A simulated telephone: the far end of one leg, with habits thrown at the start of the schedule.
//!
//! Promises: it behaves as RFC 3261 wants a user agent to (repeats its 200 until the ACK, answers repeated requests alike,
//! answers CANCEL and BYE), and does the odd things real ones do: it says nothing, answers twice, moves its media, refuses
//! re-INVITEs, holds, hangs up at the worst moment. Leaves to others: when its messages arrive (`network`).

pub(super) use super::deed::{Deed, Wake};
use super::dice::Dice;
use super::habits::{Habits, Reinvite, Taking};
use ringbridge_sip::bridge::Leg;
use ringbridge_sip::header::{HeaderName, Headers};
use ringbridge_sip::message::{Request, Response};
use ringbridge_sip::method::Method;
use ringbridge_sip::status::Status;
use ringbridge_sip::text::{HeaderValue, SipToken};

/// Where a phone is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    /// Never called.
    Idle,
    /// Called, not ringing yet.
    Called,
    /// Rings.
    Ringing,
    /// Off the hook.
    Up,
    /// On the hook again.
    Down,
}

/// The far end of one leg.
#[derive(Debug)]
pub(super) struct Phone {
    habits: Habits,
    tag: SipToken,
    port: u16,
    at: At,
    /// The INVITE it handles.
    invite: Option<Request>,
    /// What it said last to each request: repeated requests get it again.
    said: Vec<Response>,
    /// Its 200s that wait for their ACK: of the last INVITE, and of the other branch of a fork.
    unacknowledged: Vec<Response>,
    /// The 200 of the other branch of a fork, until that branch is told to end.
    fork: Fork,
    /// A request of its own without final answer.
    asking: Option<Request>,
    cseq: u32,
    glared: bool,
    held: bool,
    /// Whether it ever was off the hook.
    pub(super) answered: bool,
    /// Whether something it or we sent never arrived however often it was repeated: such a phone may be left up.
    pub(super) cut_off: bool,
    /// Whether it had to save itself: rang on until it tired, or gave up waiting for an ACK.
    pub(super) left_alone: bool,
}

/// The other branch of a fork.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fork {
    None,
    Up,
    Down,
}

/// How long a phone rings before it stops by itself. The call core gives up far earlier.
const TIRES_AFTER: i64 = 600_000;

/// 64 · T1: how long a phone waits for the answer to a request.
const PATIENCE: i64 = 32_000;

/// How often a 200 is repeated within 64 · T1, at 0.5, 1, 2 and then every 4 s.
const REPEATS_MAX: u32 = 10;

impl Phone {
    pub(super) fn new(leg: Leg, dice: &mut Dice) -> Self {
        let (tag, port) = match leg {
            Leg::Agent => (const { SipToken::constant("agents-phone") }, 4000),
            Leg::Customer => (const { SipToken::constant("customers-phone") }, 8000),
        };
        Self {
            habits: Habits::thrown(leg, dice),
            tag,
            port,
            at: At::Idle,
            invite: None,
            said: Vec::new(),
            unacknowledged: Vec::new(),
            fork: Fork::None,
            asking: None,
            cseq: 0,
            glared: false,
            held: false,
            answered: false,
            cut_off: false,
            left_alone: false,
        }
    }

    /// Whether it, or a fork of it, rings or is off the hook.
    pub(super) fn is_up(&self) -> bool {
        matches!(self.at, At::Called | At::Ringing | At::Up) || self.fork == Fork::Up
    }

    /// Takes a request of ours.
    pub(super) fn request(&mut self, request: Request, deeds: &mut Vec<Deed>) {
        let again =
            |said: &&Response| said.branch() == request.branch() && said.cseq.method == request.method;
        if let Some(said) = self.said.iter().find(again) {
            return deeds.push(Deed::Respond(said.clone()));
        }
        let fork = self.is_for_fork(&request);
        match request.method {
            Method::Invite if request.to.tag().is_none() => self.called(request, deeds),
            Method::Invite => self.reinvited(&request, deeds),
            Method::Cancel => self.cancelled(&request, deeds),
            Method::Bye if fork => {
                self.fork = Fork::Down;
                self.say(&request, 200, None, deeds);
            }
            // The other branch was taken: from now on this phone is that one.
            Method::Bye if self.fork == Fork::Up => {
                self.say(&request, if self.at == At::Up { 200 } else { 481 }, None, deeds);
                self.fork = Fork::Down;
                self.at = At::Up;
                self.tag = FORK_TAG;
            }
            Method::Bye => {
                let code = if self.at == At::Up { 200 } else { 481 };
                if self.at == At::Up {
                    self.hung_up();
                }
                self.say(&request, code, None, deeds);
            }
            Method::Ack
            | Method::Info
            | Method::Message
            | Method::Notify
            | Method::Options
            | Method::Prack
            | Method::Publish
            | Method::Refer
            | Method::Register
            | Method::Subscribe
            | Method::Update
            | Method::Other(_) => self.say(&request, 200, None, deeds),
        }
    }

    /// Whether a request is for the other branch of the fork.
    fn is_for_fork(&self, request: &Request) -> bool {
        self.tag != FORK_TAG && request.to.tag() == Some(FORK_TAG.as_str())
    }

    fn called(&mut self, invite: Request, deeds: &mut Vec<Deed>) {
        if self.at == At::Down {
            return self.say(&invite, 480, None, deeds);
        }
        if self.habits.trying {
            deeds.push(Deed::Respond(invite.answer(Status::TRYING, &self.tag)));
        }
        if self.habits.challenge && invite.headers.get(&HeaderName::ProxyAuthorization).is_none() {
            let mut response = invite.answer(Status::PROXY_AUTHENTICATION_REQUIRED, &self.tag);
            response.headers.push(HeaderName::ProxyAuthenticate, CHALLENGE);
            self.said.push(response.clone());
            return deeds.push(Deed::Respond(response));
        }
        self.at = At::Called;
        self.invite = Some(invite);
        deeds.push(Deed::WakeIn(self.habits.ring_after, Wake::Ring));
    }

    fn reinvited(&mut self, invite: &Request, deeds: &mut Vec<Deed>) {
        // The branches of a fork are up or down each for itself.
        let is_up = if self.is_for_fork(invite) { self.fork == Fork::Up } else { self.at == At::Up };
        if !is_up {
            return self.say(invite, 481, None, deeds);
        }
        if self.asking.as_ref().is_some_and(|asking| asking.method == Method::Invite) {
            return self.say(invite, 491, None, deeds);
        }
        match self.habits.reinvite {
            Reinvite::Refuses(code) => {
                self.say(invite, code, None, deeds);
                match (code, self.is_for_fork(invite)) {
                    // The branch that was taken is gone; its sibling waits for the BYE that is under way.
                    (481, true) => self.fork = Fork::Down,
                    (481, false) => self.hung_up(),
                    (_, true | false) => {}
                }
            }
            Reinvite::GlaresOnce if !self.glared => {
                self.glared = true;
                self.say(invite, 491, None, deeds);
            }
            Reinvite::Moves => {
                self.port += 2;
                self.take_offer(invite, deeds);
            }
            Reinvite::Takes | Reinvite::GlaresOnce => self.take_offer(invite, deeds),
        }
    }

    fn take_offer(&mut self, invite: &Request, deeds: &mut Vec<Deed>) {
        let response = self.with_session(invite, Status::OK, &self.tag.clone());
        self.unacknowledged.push(response.clone());
        self.said.push(response.clone());
        let cseq = response.cseq.number;
        deeds.push(Deed::Respond(response));
        deeds.push(Deed::WakeIn(500, Wake::Repeat { after: 500, cseq, left: REPEATS_MAX }));
    }

    fn cancelled(&mut self, cancel: &Request, deeds: &mut Vec<Deed>) {
        let ours = self.invite.as_ref().is_some_and(|invite| invite.branch() == cancel.branch());
        if !ours {
            return self.say(cancel, 481, None, deeds);
        }
        self.say(cancel, 200, None, deeds);
        if matches!(self.at, At::Called | At::Ringing) {
            self.at = At::Down;
            self.last_word(487, deeds);
        }
    }

    /// Takes an ACK of ours.
    pub(super) fn ack(&mut self, ack: &Request) {
        let fits =
            |response: &Response| response.cseq.number == ack.cseq && response.to.tag() == ack.to.tag();
        self.unacknowledged.retain(|response| !fits(response));
    }

    /// Takes a response of ours to a request of its own.
    pub(super) fn response(&mut self, response: &Response, deeds: &mut Vec<Deed>) {
        let branch_fits = |asking: &Request| asking.branch() == response.branch();
        if response.status.is_provisional() {
            return;
        }
        if response.cseq.method == Method::Invite && response.status.is_success() {
            deeds.push(Deed::Ack(self.own(Method::Ack, response.cseq.number)));
        }
        if !self.asking.as_ref().is_some_and(branch_fits) {
            return;
        }
        self.asking = None;
        if response.status == Status::NO_SUCH_CALL && self.at == At::Up {
            self.hung_up();
        }
    }

    /// Does what it meant to do at this moment.
    pub(super) fn wake(&mut self, wake: Wake, deeds: &mut Vec<Deed>) {
        match wake {
            Wake::Ring => self.ring(deeds),
            Wake::LastWord => self.decide(deeds),
            Wake::Tires => {
                if self.at == At::Ringing {
                    self.left_alone = true;
                    self.at = At::Down;
                    self.last_word(480, deeds);
                }
            }
            Wake::Repeat { after, cseq, left } => self.repeat(after, cseq, left, deeds),
            Wake::Resend { after } => self.resend(after, deeds),
            Wake::HangUp => {
                if self.at == At::Up {
                    self.hung_up();
                    self.ask(Method::Bye, None, deeds);
                }
            }
            Wake::Hold | Wake::Resume => {
                if self.at == At::Up && self.asking.is_none() {
                    self.held = wake == Wake::Hold;
                    let session = self.session();
                    self.ask(Method::Invite, Some(session), deeds);
                    if self.held {
                        deeds.push(Deed::WakeIn(5_000, Wake::Resume));
                    }
                }
            }
        }
    }

    fn ring(&mut self, deeds: &mut Vec<Deed>) {
        if self.at != At::Called {
            return;
        }
        self.at = At::Ringing;
        let Some(invite) = self.invite.take() else { return };
        let response = if self.habits.early_media {
            self.with_session(&invite, Status::SESSION_PROGRESS, &self.tag)
        } else {
            invite.answer(Status::RINGING, &self.tag)
        };
        self.invite = Some(invite);
        deeds.push(Deed::Respond(response));
        deeds.push(match self.habits.taking {
            Taking::RingsOn => Deed::WakeIn(TIRES_AFTER, Wake::Tires),
            Taking::Answers | Taking::Refuses(_) | Taking::WithoutSound => {
                Deed::WakeIn(self.habits.answer_after, Wake::LastWord)
            }
        });
    }

    fn decide(&mut self, deeds: &mut Vec<Deed>) {
        if self.at != At::Ringing {
            return;
        }
        match self.habits.taking {
            Taking::Refuses(code) => {
                self.at = At::Down;
                self.last_word(code, deeds);
            }
            Taking::Answers | Taking::WithoutSound => self.answer(deeds),
            Taking::RingsOn => {}
        }
    }

    fn answer(&mut self, deeds: &mut Vec<Deed>) {
        let Some(invite) = self.invite.take() else { return };
        self.at = At::Up;
        self.answered = true;
        let mut response = self.with_session(&invite, Status::OK, &self.tag);
        if self.habits.taking == Taking::WithoutSound {
            let text = String::from_utf8_lossy(&response.body).replace("m=audio", "m=video");
            response.body = text.into_bytes();
        }
        self.unacknowledged.push(response.clone());
        self.said.push(response.clone());
        let cseq = response.cseq.number;
        deeds.push(Deed::Respond(response));
        deeds.push(Deed::WakeIn(500, Wake::Repeat { after: 500, cseq, left: REPEATS_MAX }));
        if self.habits.forked {
            self.fork = Fork::Up;
            let other = self.with_session(&invite, Status::OK, &FORK_TAG);
            self.unacknowledged.push(other.clone());
            deeds.push(Deed::Respond(other));
        }
        if let Some(talk) = self.habits.talk {
            deeds.push(Deed::WakeIn(talk, Wake::HangUp));
        }
        if let Some(hold) = self.habits.hold_after {
            deeds.push(Deed::WakeIn(hold, Wake::Hold));
        }
        self.invite = Some(invite);
    }

    /// Repeats a 200 that was not acknowledged, each of them in a rhythm of its own.
    fn repeat(&mut self, after: i64, cseq: u32, left: u32, deeds: &mut Vec<Deed>) {
        let mut waiting = self.unacknowledged.iter().filter(|said| said.cseq.number == cseq).peekable();
        if waiting.peek().is_none() {
            return;
        }
        let Some(left) = left.checked_sub(1) else {
            // RFC 3261 13.3.1.4: it ends what it believes to be a call.
            self.left_alone = true;
            self.unacknowledged.clear();
            if self.at == At::Up {
                self.hung_up();
                self.ask(Method::Bye, None, deeds);
            }
            return;
        };
        deeds.extend(waiting.cloned().map(Deed::Respond));
        let after = (after * 2).min(4_000);
        deeds.push(Deed::WakeIn(after, Wake::Repeat { after, cseq, left }));
    }

    fn resend(&mut self, after: i64, deeds: &mut Vec<Deed>) {
        let Some(asking) = &self.asking else { return };
        if after >= PATIENCE / 2 {
            // 408 by silence: a BYE has done its work, a re-INVITE ends the call.
            let was_invite = asking.method == Method::Invite;
            self.asking = None;
            if was_invite && self.at == At::Up {
                self.hung_up();
                self.ask(Method::Bye, None, deeds);
            }
            return;
        }
        deeds.push(Deed::Request(asking.clone()));
        deeds.push(Deed::WakeIn(after * 2, Wake::Resend { after: after * 2 }));
    }

    fn hung_up(&mut self) {
        self.at = At::Down;
        let own = self.tag.clone();
        self.unacknowledged.retain(|response| response.to.tag() != Some(own.as_str()));
    }

    /// Sends a request of its own, repeated until it is answered.
    fn ask(&mut self, method: Method, body: Option<Vec<u8>>, deeds: &mut Vec<Deed>) {
        self.cseq += 1;
        let mut request = self.own(method, self.cseq);
        if let Some(body) = body {
            request.set_body(SDP_TYPE, body);
        }
        self.asking = Some(request.clone());
        deeds.push(Deed::Request(request));
        deeds.push(Deed::WakeIn(500, Wake::Resend { after: 500 }));
    }

    fn own(&self, method: Method, cseq: u32) -> Request {
        let invite = self.invite.as_ref().expect("a phone that speaks was called");
        let mut via = invite.via.clone();
        let branch = SipToken::new(format!("z9hG4bK{}{cseq}{method}", self.tag)).expect("letters and digits");
        via.params.set(const { SipToken::constant("branch") }, Some(branch.into()));
        let uri = invite.headers.contact_uri().expect("our INVITE has a Contact").into();
        Request {
            method,
            uri,
            via,
            more_via: Vec::new(),
            max_forwards: Some(70),
            from: invite.to.clone().with_tag(self.tag.clone()),
            to: invite.from.clone(),
            call_id: invite.call_id.clone(),
            cseq,
            headers: Headers::new(),
            body: Vec::new(),
        }
    }

    /// The final word on the first INVITE.
    fn last_word(&mut self, code: u16, deeds: &mut Vec<Deed>) {
        if let Some(invite) = self.invite.take() {
            self.say(&invite, code, None, deeds);
            self.invite = Some(invite);
        }
    }

    fn say(&mut self, request: &Request, code: u16, body: Option<Vec<u8>>, deeds: &mut Vec<Deed>) {
        let status = Status::new(code).expect("a code written in this file");
        let mut response = request.answer(status, &self.tag);
        if let Some(body) = body {
            response.set_body(SDP_TYPE, body);
        }
        self.said.push(response.clone());
        deeds.push(Deed::Respond(response));
    }

    fn with_session(&self, request: &Request, status: Status, tag: &SipToken) -> Response {
        let mut response = request.answer(status, tag);
        response.headers.push(HeaderName::Contact, CONTACT);
        response.headers.push(HeaderName::Allow, ALLOW);
        response.set_body(SDP_TYPE, self.session());
        response
    }

    fn session(&self) -> Vec<u8> {
        let direction = if self.held { "sendonly" } else { "sendrecv" };
        format!(
            "v=0\r\no=- 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\n\
             m=audio {} RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\na={direction}\r\n",
            self.port
        )
        .into_bytes()
    }
}

const FORK_TAG: SipToken = SipToken::constant("the-other-branch");
const SDP_TYPE: HeaderValue = HeaderValue::constant("application/sdp");
const CONTACT: HeaderValue = HeaderValue::constant("<sip:phone@192.0.2.2:5060>");
const ALLOW: HeaderValue = HeaderValue::constant("INVITE, ACK, BYE, CANCEL, INFO");
const CHALLENGE: HeaderValue =
    HeaderValue::constant(r#"Digest realm="trunk", nonce="n", algorithm=MD5, qop="auth""#);
