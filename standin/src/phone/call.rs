//! One call of a phone: the dialog as the called side, and the session description it answers with.
//!
//! Promises: replies fit RFC 3261 12.1.1 and RFC 3264: one codec, the direction mirrored. Leaves to others: when to send them
//! (`line`).

use super::{CallView, Phase, RtpCount, media::Sink};
use ringbridge_sip::{
    header::{CallId, HeaderName, Headers, NameAddr, Via},
    ids::IdSource,
    media::Codec,
    message::{MAX_FORWARDS, Request, Response},
    method::Method,
    sdp::{Direction, Origin, Sdp},
    status::Status,
    text::{HeaderValue, SipToken},
    time::Millis,
    transaction::{Outgoing, ServerKey},
    transport::{Destination, Flow, Transport},
    uri::{SipUri, Uri},
};
use std::net::SocketAddr;

/// The media type of session descriptions.
const SDP: HeaderValue = HeaderValue::constant("application/sdp");

/// What a phone says it takes.
pub(crate) const ALLOW: HeaderValue = HeaderValue::constant("INVITE, ACK, CANCEL, BYE, OPTIONS, INFO");

/// A call that rings or talks.
#[derive(Debug)]
pub(crate) struct Call {
    /// How far it is.
    pub(crate) phase: Phase,
    /// When it answers by itself.
    pub(crate) answer_at: Option<Millis>,
    /// DTMF that came by INFO.
    pub(crate) digits: String,
    /// Where the newest description of the far end wants sound.
    pub(crate) sink: Option<Sink>,
    invite: Request,
    key: ServerKey,
    flow: Flow,
    tag: SipToken,
    contact: SipUri,
    media: SocketAddr,
    version: u64,
    cseq: u32,
}

impl Call {
    /// An INVITE that came in.
    pub(crate) fn new(
        invite: Request,
        key: ServerKey,
        flow: Flow,
        tag: SipToken,
        contact: SipUri,
        media: SocketAddr,
    ) -> Self {
        Self {
            phase: Phase::Ringing,
            answer_at: None,
            digits: String::new(),
            sink: None,
            invite,
            key,
            flow,
            tag,
            contact,
            media,
            version: 0,
            cseq: 0,
        }
    }

    /// Whether a request inside a dialog is of this one.
    pub(crate) fn owns(&self, request: &Request) -> bool {
        request.call_id == self.invite.call_id && request.to.tag() == Some(self.tag.as_str())
    }

    /// Whether it has this Call-ID.
    pub(crate) fn has_id(&self, call_id: &CallId) -> bool {
        self.invite.call_id == *call_id
    }

    /// Whether this is the INVITE that was cancelled.
    pub(crate) fn is_invited_by(&self, key: &ServerKey) -> bool {
        *key == self.key
    }

    /// Replies to the INVITE without a description.
    pub(crate) fn reply(&self, status: Status) -> Outgoing {
        let mut response = self.invite.answer(status, &self.tag);
        self.introduce(&mut response.headers);
        Outgoing::Response { response, key: self.key.clone() }
    }

    /// Answers: 200 with a description, or 488 where there is nothing in common.
    pub(crate) fn accept(&mut self) -> Outgoing {
        let invite = self.invite.clone();
        match self.described(&invite) {
            Some(response) => {
                self.phase = Phase::Talking;
                self.answer_at = None;
                Outgoing::Response { response, key: self.key.clone() }
            }
            None => self.reply(Status::NOT_ACCEPTABLE_HERE),
        }
    }

    /// Answers a re-INVITE; what is sent goes where the newest description says.
    pub(crate) fn renegotiate(&mut self, request: &Request, key: ServerKey) -> Outgoing {
        let response =
            self.described(request).unwrap_or_else(|| request.answer(Status::NOT_ACCEPTABLE_HERE, &self.tag));
        Outgoing::Response { response, key }
    }

    /// Takes the answer that an ACK carries when the INVITE had no offer.
    pub(crate) fn acknowledged(&mut self, ack: &Request) {
        if let Ok(sdp) = Sdp::parse(&ack.body) {
            self.hear(&sdp);
        }
    }

    /// Takes DTMF from an INFO (`Signal=5` in application/dtmf-relay, or the bare digit in application/dtmf).
    pub(crate) fn press(&mut self, info: &Request) {
        let body = String::from_utf8_lossy(&info.body);
        let signal = body.lines().find_map(|line| line.trim().strip_prefix("Signal=")).unwrap_or(body.trim());
        self.digits
            .extend(signal.trim().chars().filter(|key| key.is_ascii_digit() || matches!(key, '*' | '#')));
    }

    /// The BYE.
    pub(crate) fn bye(&mut self, ids: &mut IdSource) -> Outgoing {
        self.cseq += 1;
        let target = match self.invite.headers.contact_uri() {
            Some(uri) => uri,
            None => SipUri::at(None, self.flow.remote),
        };
        let port = self.contact.port.unwrap_or(5060);
        let request = Request {
            method: Method::Bye,
            uri: Uri::Sip(target.clone()),
            via: Via::new(Transport::Udp, self.contact.host.clone(), port, ids.branch()),
            more_via: Vec::new(),
            max_forwards: Some(MAX_FORWARDS),
            from: self.local_address(),
            to: self.invite.from.clone(),
            call_id: self.invite.call_id.clone(),
            cseq: self.cseq,
            headers: Headers::new(),
            body: Vec::new(),
        };
        Outgoing::Request { request, to: Destination { uri: target, flow: Some(self.flow) } }
    }

    /// What a display would show of it.
    pub(crate) fn view(&self, rtp: RtpCount) -> CallView {
        let user = |uri: &Uri| uri.as_sip().and_then(SipUri::user_text).unwrap_or_default();
        CallView {
            call_id: self.invite.call_id.as_str().to_owned(),
            from: user(&self.invite.from.uri),
            display: self.invite.from.display.as_ref().map(|d| d.as_str().to_owned()).unwrap_or_default(),
            called: user(&self.invite.uri),
            phase: self.phase,
            digits: self.digits.clone(),
            rtp,
        }
    }

    fn local_address(&self) -> NameAddr {
        self.invite.to.clone().with_tag(self.tag.clone())
    }

    fn introduce(&self, headers: &mut Headers) {
        headers.push_address(HeaderName::Contact, &NameAddr::new(self.contact.clone()));
        headers.push(HeaderName::Allow, ALLOW);
    }

    /// A 200 to this INVITE or re-INVITE with our description; `None` where its offer has no G.711 or is none.
    fn described(&mut self, request: &Request) -> Option<Response> {
        self.version += 1;
        let origin = Origin {
            username: "-".to_owned(),
            session_id: 1,
            version: self.version,
            address: self.media.ip(),
        };
        let sdp = if request.body.is_empty() {
            Sdp::offer(&origin, self.media, &[Codec::Pcma, Codec::Pcmu])
        } else {
            let offer = Sdp::parse(&request.body).ok()?;
            let codec = offer.g711()?;
            self.hear(&offer);
            Sdp::offer(&origin, self.media, &[codec]).with_direction(mirrored(offer.direction()))
        };
        let mut response = request.answer(Status::OK, &self.tag);
        self.introduce(&mut response.headers);
        response.set_body(SDP, sdp.to_bytes());
        Some(response)
    }

    /// Sends sound where this description wants it.
    fn hear(&mut self, sdp: &Sdp) {
        let wanted = matches!(sdp.direction(), Direction::SendRecv | Direction::RecvOnly) && !sdp.is_hold();
        let sink = sdp.audio_address().zip(sdp.g711()).map(|(to, codec)| Sink { to, codec });
        self.sink = sink.filter(|_| wanted);
    }
}

/// The direction that answers one (RFC 3264 6.1).
const fn mirrored(direction: Direction) -> Direction {
    match direction {
        Direction::SendRecv => Direction::SendRecv,
        Direction::SendOnly => Direction::RecvOnly,
        Direction::RecvOnly => Direction::SendOnly,
        Direction::Inactive => Direction::Inactive,
    }
}
