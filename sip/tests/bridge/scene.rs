//! The words in which the bridge's stories are told: a bridge between two phones whose every message is written down.
//!
//! Whatever the bridge sends is checked on the way: it parses to itself again, an ACK and a CANCEL have no body, an INVITE
//! has an offer with an audio line.

use ringbridge_sip::bridge::{
    AutoAnswer, Bridge, ByeReason, Caller, CallerHeader, Command, Extension, Input, Leg, LegEvent, Output,
    Target,
};
use ringbridge_sip::digest::Login;
use ringbridge_sip::header::{HeaderName, NameAddr};
use ringbridge_sip::ids::IdSource;
use ringbridge_sip::media::ToneCommand;
use ringbridge_sip::message::{Message, Request, Response};
use ringbridge_sip::method::Method;
use ringbridge_sip::sdp::Sdp;
use ringbridge_sip::status::Status;
use ringbridge_sip::text::{HeaderValue, SipToken};
use ringbridge_sip::time::Millis;
use ringbridge_sip::transaction::{Failure, Outgoing, ServerKey};
use ringbridge_sip::transport::{Destination, Local, Transport};
use ringbridge_sip::uri::SipUri;

pub(crate) const AGENT: Leg = Leg::Agent;
pub(crate) const CUSTOMER: Leg = Leg::Customer;

/// One far end: what it is called, what was sent to it, and how far its own dialog is.
pub(crate) struct Phone {
    pub(crate) tag: String,
    port: u16,
    pub(crate) session: String,
    cseq: u32,
    /// Everything the bridge sent to it and no story has looked at yet.
    inbox: Vec<Outgoing>,
    /// The INVITEs it got, the newest last.
    pub(crate) invites: Vec<Request>,
    pub(crate) record_route: Vec<String>,
    /// What its 200 to INVITE carries besides.
    pub(crate) extra: Vec<(HeaderName, &'static str)>,
}

pub(crate) struct Scene {
    pub(crate) bridge: Bridge,
    pub(crate) now: Millis,
    pub(crate) agent: Phone,
    pub(crate) customer: Phone,
    events: Vec<(Leg, LegEvent)>,
    tones: Vec<ToneCommand>,
    extensions: Vec<Extension>,
}

pub(crate) fn sdp_at(port: u16) -> String {
    format!(
        "v=0\r\no=phone 1 1 IN IP4 192.0.2.{host}\r\ns=-\r\nc=IN IP4 192.0.2.{host}\r\nt=0 0\r\n\
         m=audio {port} RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n\
         a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=sendrecv\r\n",
        host = port / 1000
    )
}

impl Phone {
    fn new(leg: Leg, port: u16) -> Self {
        let tag = match leg {
            Leg::Agent => "agent-tag",
            Leg::Customer => "customer-tag",
        };
        Self {
            tag: tag.to_owned(),
            port,
            session: sdp_at(port),
            cseq: 100,
            inbox: Vec::new(),
            invites: Vec::new(),
            record_route: Vec::new(),
            extra: Vec::new(),
        }
    }

    fn contact(&self) -> String {
        format!("<sip:phone@192.0.2.{}:5060>", self.port / 1000)
    }

    /// A response to a request, as this phone makes it.
    pub(crate) fn response(&self, request: &Request, code: u16, body: Option<&str>) -> Response {
        self.response_tagged(&self.tag, request, code, body)
    }

    /// The same from a fork of the call, with a tag of its own.
    pub(crate) fn response_tagged(
        &self,
        tag: &str,
        request: &Request,
        code: u16,
        body: Option<&str>,
    ) -> Response {
        let status = Status::new(code).expect("a code");
        let mut response = request.answer(status, &SipToken::new(tag).expect("a token"));
        if request.method == Method::Invite && code < 300 && code > 100 {
            for route in &self.record_route {
                response
                    .headers
                    .push(HeaderName::RecordRoute, HeaderValue::new(route.as_str()).expect("a line"));
            }
            response.headers.push(HeaderName::Contact, HeaderValue::new(self.contact()).expect("a line"));
            for (name, value) in &self.extra {
                response.headers.push(name.clone(), HeaderValue::new(*value).expect("a line"));
            }
        }
        if let Some(body) = body {
            response.set_body(HeaderValue::constant("application/sdp"), body.as_bytes().to_vec());
        }
        response
    }

    /// A request of this phone within its dialog.
    pub(crate) fn request(&mut self, method: Method, body: Option<&str>) -> Request {
        self.cseq += 1;
        let invite = self.invites.last().expect("it was called");
        let tag = SipToken::new(self.tag.as_str()).expect("a token");
        let mut request = invite.clone();
        request.uri = invite.headers.contact_uri().expect("we gave a Contact").into();
        request.method = method;
        request.cseq = self.cseq;
        request.from = invite.to.clone();
        if request.from.tag().is_none() {
            request.from = request.from.with_tag(tag);
        }
        request.to = invite.from.clone();
        let branch = SipToken::new(format!("z9hG4bK{}{}", self.tag, self.cseq)).expect("a token");
        request.via.params.set(SipToken::constant("branch"), Some(branch.into()));
        request.headers = Default::default();
        request.headers.push(HeaderName::Contact, HeaderValue::new(self.contact()).expect("a line"));
        request.body = Vec::new();
        if let Some(body) = body {
            request.set_body(HeaderValue::constant("application/sdp"), body.as_bytes().to_vec());
        }
        request
    }
}

/// A message in short: `INVITE`, `200 INVITE`.
fn short(outgoing: &Outgoing) -> String {
    match outgoing {
        Outgoing::Request { request, .. } | Outgoing::Ack { request, .. } => request.method.to_string(),
        Outgoing::Response { response, .. } => format!("{} {}", response.status, response.cseq.method),
    }
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self {
            bridge: Bridge::new(IdSource::new(7), "42".to_owned()),
            now: Millis(1_790_000_000_000),
            agent: Phone::new(AGENT, 4000),
            customer: Phone::new(CUSTOMER, 8000),
            events: Vec::new(),
            tones: Vec::new(),
            extensions: Vec::new(),
        }
    }

    pub(crate) fn phone(&mut self, leg: Leg) -> &mut Phone {
        match leg {
            Leg::Agent => &mut self.agent,
            Leg::Customer => &mut self.customer,
        }
    }

    /// Feeds an input and sorts what comes out.
    pub(crate) fn feed(&mut self, input: Input) {
        for output in self.bridge.handle(input, self.now) {
            match output {
                Output::Send(outgoing) => self.sort(outgoing),
                Output::Leg(leg, event) => self.events.push((leg, event)),
                Output::Tone(tone) => self.tones.push(tone),
                Output::Extension(result) => self.extensions.push(result),
            }
        }
    }

    fn sort(&mut self, outgoing: Outgoing) {
        let message = match &outgoing {
            Outgoing::Request { request, .. } | Outgoing::Ack { request, .. } => {
                Message::Request(request.clone())
            }
            Outgoing::Response { response, .. } => Message::Response(response.clone()),
        };
        let parsed = ringbridge_sip::parse::parse(&message.to_bytes()).expect("the bridge speaks SIP");
        assert_eq!(parsed, message, "what is sent is what was meant");
        if let Message::Request(request) = &message {
            match request.method {
                Method::Ack | Method::Cancel => {
                    assert!(request.body.is_empty(), "an ACK or CANCEL with a body")
                }
                Method::Invite => {
                    let sdp = Sdp::parse(&request.body).expect("an INVITE has an offer");
                    assert!(sdp.audio().is_some(), "an offer has an audio line");
                }
                _ => {}
            }
        }
        let leg = match message.call_id().as_str() {
            id if id.starts_with("42-a-") => AGENT,
            id if id.starts_with("42-c-") => CUSTOMER,
            other => panic!("a Call-ID of nobody: {other}"),
        };
        let phone = self.phone(leg);
        if let Message::Request(request) = message
            && request.method == Method::Invite
        {
            phone.invites.push(request);
        }
        phone.inbox.push(outgoing);
    }

    // The call core's part.

    pub(crate) fn target(leg: Leg) -> Target {
        let (user, host) = match leg {
            Leg::Agent => ("alice", "192.0.2.4"),
            Leg::Customer => ("16502928880", "192.0.2.8"),
        };
        let uri: SipUri = format!("sip:{user}@{host}:5060").parse().expect("a URI");
        Target {
            destination: Destination::new(uri.clone()),
            request_uri: uri,
            local: Local {
                host: "192.0.2.1".parse().expect("a host"),
                port: 5060,
                transport: Transport::Udp,
            },
        }
    }

    pub(crate) fn ring_agent(&mut self) {
        self.ring_agent_with(AutoAnswer::None);
    }

    pub(crate) fn ring_agent_with(&mut self, auto_answer: AutoAnswer) {
        self.feed(Input::Command(Command::RingAgent {
            target: Self::target(AGENT),
            display_name: "16502928880".to_owned(),
            auto_answer,
            tone_address: "192.0.2.1:30000".parse().expect("an address"),
        }));
    }

    pub(crate) fn ring_customer(&mut self) {
        self.ring_customer_with(CallerHeader::From, None, None);
    }

    pub(crate) fn ring_customer_with(
        &mut self,
        header: CallerHeader,
        login: Option<Login>,
        extension: Option<&str>,
    ) {
        self.feed(Input::Command(Command::RingCustomer {
            target: Self::target(CUSTOMER),
            caller: Caller { user: "5251990".to_owned(), display: None, header },
            login,
            extension: extension.map(str::to_owned),
        }));
    }

    pub(crate) fn end(&mut self, leg: Leg) {
        self.end_because(leg, ByeReason::Normal);
    }

    pub(crate) fn end_because(&mut self, leg: Leg, reason: ByeReason) {
        self.feed(Input::Command(Command::End { leg, reason }));
    }

    // The phones' part.

    /// The phone answers the bridge's last INVITE with this code, without a body.
    pub(crate) fn says(&mut self, leg: Leg, code: u16) {
        let phone = self.phone(leg);
        let invite = phone.invites.last().expect("it was called").clone();
        let response = phone.response(&invite, code, None);
        self.feed(Input::Response(response));
    }

    /// The same with the phone's session.
    pub(crate) fn says_with_sound(&mut self, leg: Leg, code: u16) {
        let phone = self.phone(leg);
        let invite = phone.invites.last().expect("it was called").clone();
        let session = phone.session.clone();
        let response = phone.response(&invite, code, Some(&session));
        self.feed(Input::Response(response));
    }

    pub(crate) fn rings(&mut self, leg: Leg) {
        self.says(leg, 180);
    }

    pub(crate) fn answers(&mut self, leg: Leg) {
        self.says_with_sound(leg, 200);
    }

    /// The phone sends a request in its dialog.
    pub(crate) fn asks(&mut self, leg: Leg, method: Method, body: Option<&str>) -> Request {
        let request = self.phone(leg).request(method, body);
        self.feed(Input::Request { key: ServerKey::of(&request), request: request.clone() });
        request
    }

    pub(crate) fn hangs_up(&mut self, leg: Leg) {
        self.asks(leg, Method::Bye, None);
    }

    /// The phone acknowledges the bridge's 2xx to this re-INVITE.
    pub(crate) fn acks(&mut self, invite: &Request, body: Option<&str>) {
        let mut ack = invite.clone();
        ack.method = Method::Ack;
        ack.body = Vec::new();
        if let Some(body) = body {
            ack.set_body(HeaderValue::constant("application/sdp"), body.as_bytes().to_vec());
        }
        self.feed(Input::Ack(ack));
    }

    /// The phone answers a request it got (not an INVITE) with this code.
    pub(crate) fn replies(&mut self, request: &Request, code: u16) {
        let leg = if request.call_id.as_str().starts_with("42-a-") { AGENT } else { CUSTOMER };
        let response = self.phone(leg).response(request, code, None);
        self.feed(Input::Response(response));
    }

    // Time and chance.

    pub(crate) fn seconds_pass(&mut self, seconds: u64) {
        let end = Millis(self.now.0 + seconds * 1000);
        while let Some(due) = self.bridge.deadline().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            let before = self.bridge.clone();
            self.feed(Input::Timer);
            assert_ne!(self.bridge, before, "a deadline that changes nothing would come for ever");
        }
        self.now = end;
    }

    pub(crate) fn nobody_answers(&mut self, request: &Request) {
        self.fails(request, Failure::Timeout);
    }

    pub(crate) fn fails(&mut self, request: &Request, why: Failure) {
        self.feed(Input::TransactionFailed {
            branch: request.branch().to_owned(),
            method: request.method.clone(),
            call_id: request.call_id.clone(),
            why,
        });
    }

    /// `kill -9` and start: what was written down is all that is left.
    pub(crate) fn restarts(&mut self) {
        let stored = serde_json::to_string(&self.bridge).expect("plain data");
        self.bridge = serde_json::from_str(&stored).expect("what was written");
        self.feed(Input::Restored);
    }

    // What a story looks at. Looking takes it away.

    /// What was sent to a phone, in short.
    #[track_caller]
    pub(crate) fn sent(&mut self, leg: Leg, expected: &[&str]) -> Vec<Outgoing> {
        let inbox = std::mem::take(&mut self.phone(leg).inbox);
        let shorts: Vec<String> = inbox.iter().map(short).collect();
        assert_eq!(shorts, expected, "to {leg:?}");
        inbox
    }

    /// The one request that was sent to a phone.
    #[track_caller]
    pub(crate) fn sent_one(&mut self, leg: Leg, method: &str) -> Request {
        match self.sent(leg, &[method]).remove(0) {
            Outgoing::Request { request, .. } | Outgoing::Ack { request, .. } => request,
            Outgoing::Response { .. } => panic!("a request was expected"),
        }
    }

    /// The one response that was sent to a phone.
    #[track_caller]
    pub(crate) fn answered_one(&mut self, leg: Leg, expected: &str) -> Response {
        match self.sent(leg, &[expected]).remove(0) {
            Outgoing::Response { response, .. } => response,
            Outgoing::Request { .. } | Outgoing::Ack { .. } => panic!("a response was expected"),
        }
    }

    /// What was told of the legs.
    pub(crate) fn told(&mut self) -> Vec<(Leg, LegEvent)> {
        std::mem::take(&mut self.events)
    }

    pub(crate) fn tones(&mut self) -> Vec<ToneCommand> {
        std::mem::take(&mut self.tones)
    }

    pub(crate) fn extensions(&mut self) -> Vec<Extension> {
        std::mem::take(&mut self.extensions)
    }

    pub(crate) fn forget(&mut self) {
        self.agent.inbox.clear();
        self.customer.inbox.clear();
        self.told();
        self.tones();
    }

    // Where stories begin.

    /// The agent's phone rings.
    pub(crate) fn agent_ringing() -> Self {
        let mut scene = Self::new();
        scene.ring_agent();
        scene.rings(AGENT);
        scene.forget();
        scene
    }

    /// The agent has answered and the customer is called.
    pub(crate) fn customer_called() -> Self {
        let mut scene = Self::agent_ringing();
        scene.answers(AGENT);
        scene.ring_customer();
        scene.forget();
        scene
    }

    /// The customer's phone rings.
    pub(crate) fn customer_ringing() -> Self {
        let mut scene = Self::customer_called();
        scene.rings(CUSTOMER);
        scene.forget();
        scene
    }

    /// Both talk, and the phones know of each other.
    pub(crate) fn connected() -> Self {
        let mut scene = Self::customer_ringing();
        scene.answers(CUSTOMER);
        scene.answers(AGENT);
        scene.forget();
        assert_eq!(scene.bridge.deadline(), None, "nothing is left to wait for");
        scene
    }
}

/// The audio port and address a body names.
pub(crate) fn audio_of(body: &[u8]) -> String {
    let sdp = Sdp::parse(body).expect("a session description");
    sdp.audio_address().expect("an address").to_string()
}

pub(crate) fn contact_of(request: &Request) -> NameAddr {
    request.headers.addresses(&HeaderName::Contact).expect("addresses").remove(0)
}
