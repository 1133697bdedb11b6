//! The task of a phone: its socket, its transactions, its one call.
//!
//! Promises: answers every request. Leaves to others: the dialog (`call`), RTP (`media`), registration (`register`). Chance is
//! asked for here, once, as a seed.

use super::{
    AutoAnswer, Order, Phase, PhoneConfig, PhoneView,
    call::{ALLOW, Call},
    media::Media,
    register::Register,
};
use ringbridge_sip::{
    header::HeaderName,
    ids::IdSource,
    message::Request,
    method::Method,
    parse::parse,
    status::Status,
    time::Millis,
    transaction::{Config, Hop, Outgoing, Output, ServerKey, Transactions},
    transport::{Flow, Transport},
    uri::SipUri,
};
use std::{io, net::SocketAddr, time::Duration};
use tokio::{
    net::UdpSocket,
    sync::{mpsc, watch},
    time::{Instant, sleep_until},
};

/// The largest datagram.
const DATAGRAM: usize = 65_535;

/// How many transactions a phone may have open; one call has a handful.
const TRANSACTIONS: usize = 1000;

/// How often the count of RTP packets is shown.
const REFRESH: Duration = Duration::from_secs(1);

/// A phone at work.
pub(crate) struct Line {
    auto_answer: AutoAnswer,
    socket: UdpSocket,
    contact: SipUri,
    view: watch::Sender<PhoneView>,
    media: Media,
    transactions: Transactions,
    ids: IdSource,
    call: Option<Call>,
    register: Option<Register>,
    started: Instant,
}

impl Line {
    /// Sets the line up on its socket.
    pub(crate) async fn open(
        config: PhoneConfig,
        socket: UdpSocket,
        address: SocketAddr,
        view: watch::Sender<PhoneView>,
    ) -> io::Result<Self> {
        let mut ids = IdSource::new(getrandom::u64().map_err(io::Error::other)?);
        let contact = SipUri::at(Some(&config.name), address);
        let register = config
            .registration
            .map(|account| Register::new(account, contact.clone(), &mut ids))
            .transpose()?;
        Ok(Self {
            auto_answer: config.auto_answer,
            socket,
            contact,
            view,
            media: Media::open(address, config.tone).await?,
            transactions: Transactions::new(Config { limit: TRANSACTIONS, ..Config::default() }),
            ids,
            call: None,
            register,
            started: Instant::now(),
        })
    }

    /// Runs until the handle is gone.
    pub(crate) async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        let mut buffer = vec![0; DATAGRAM];
        loop {
            self.show();
            let wake = self.next_wake();
            tokio::select! {
                order = orders.recv() => match order {
                    Some(order) => self.obey(order),
                    None => return,
                },
                received = self.socket.recv_from(&mut buffer) => {
                    // An error here is a port that somebody closed: nothing that the phone can mend.
                    if let Ok((length, remote)) = received {
                        self.receive(&buffer[..length], remote);
                    }
                }
                () = sleep_until(wake) => self.wake(),
            }
            self.flush().await;
        }
    }

    fn now(&self) -> Millis {
        Millis(u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    /// When there is something to do without anybody asking.
    fn next_wake(&self) -> Instant {
        let answer = self.call.as_ref().and_then(|call| call.answer_at);
        let registration = self.register.as_ref().and_then(Register::deadline);
        let own = [answer, registration, self.transactions.next_deadline()].into_iter().flatten().min();
        let refresh = Instant::now() + REFRESH;
        own.map_or(refresh, |at| (self.started + Duration::from_millis(at.0)).min(refresh))
    }

    /// Does what is due.
    fn wake(&mut self) {
        let now = self.now();
        self.transactions.timeout(now);
        if self.call.as_ref().is_some_and(|call| call.answer_at.is_some_and(|at| at <= now)) {
            self.answer();
        }
        if let Some(request) = self.register.as_mut().and_then(|register| register.due(now, &mut self.ids)) {
            self.send(request);
        }
    }

    fn obey(&mut self, order: Order) {
        let phase = self.call.as_ref().map(|call| call.phase);
        match (order, phase) {
            (Order::Answer, Some(Phase::Ringing)) => self.answer(),
            (Order::Reject(code), Some(Phase::Ringing)) => {
                self.refuse(Status::new(code).unwrap_or(Status::BUSY_HERE));
            }
            (Order::HangUp, Some(Phase::Ringing)) => self.refuse(Status::BUSY_HERE),
            (Order::HangUp, Some(Phase::Talking)) => self.hang_up("hung up here"),
            (Order::AutoAnswer(auto_answer), phase) => {
                self.auto_answer = auto_answer;
                if phase == Some(Phase::Ringing) {
                    self.plan_answer();
                }
            }
            // A button without a call that fits it.
            (Order::Answer | Order::Reject(_), Some(Phase::Talking) | None) | (Order::HangUp, None) => {}
        }
    }

    fn receive(&mut self, bytes: &[u8], remote: SocketAddr) {
        let flow = Flow { transport: Transport::Udp, remote, connection: None };
        match parse(bytes) {
            Ok(message) => self.transactions.receive(message, flow, self.now()),
            Err(error) => tracing::debug!(%error, %remote, "a datagram that is no SIP message"),
        }
    }

    /// Takes what the transactions have to say and sends what they want sent.
    async fn flush(&mut self) {
        while let Some(output) = self.transactions.poll() {
            match output {
                Output::Transmit { to, bytes, .. } => {
                    if let Some(address) = address_of(&to) {
                        // A datagram that cannot be sent is a lost one: it is sent again.
                        let _ = self.socket.send_to(&bytes, address).await;
                    }
                }
                Output::Request { request, key, flow } => self.requested(request, key, flow),
                Output::Ack { request, .. } => {
                    if let Some(call) = self.call.as_mut().filter(|call| call.owns(&request)) {
                        call.acknowledged(&request);
                    }
                }
                Output::Cancelled { invite, .. } => {
                    if self.call.as_ref().is_some_and(|call| call.is_invited_by(&invite)) {
                        self.reply(Status::REQUEST_TERMINATED);
                        self.drop_call("cancelled");
                    }
                }
                Output::Response { response, .. } => {
                    let now = self.now();
                    let next = self.register.as_mut().and_then(|r| r.answered(&response, now, &mut self.ids));
                    if let Some(request) = next {
                        self.send(request);
                    }
                }
                Output::Failed { method, call_id, .. } => match method {
                    Method::Register => {
                        let now = self.now();
                        if let Some(register) = &mut self.register {
                            register.failed(now);
                        }
                    }
                    // Nobody acknowledged the answer.
                    Method::Invite if self.call.as_ref().is_some_and(|call| call.has_id(&call_id)) => {
                        self.hang_up("no ACK came");
                    }
                    Method::Invite
                    | Method::Ack
                    | Method::Bye
                    | Method::Cancel
                    | Method::Info
                    | Method::Message
                    | Method::Notify
                    | Method::Options
                    | Method::Prack
                    | Method::Publish
                    | Method::Refer
                    | Method::Subscribe
                    | Method::Update
                    | Method::Other(_) => {}
                },
                Output::Stray { .. } => {}
            }
        }
    }

    /// A new request.
    fn requested(&mut self, request: Request, key: ServerKey, flow: Flow) {
        let owned = self.call.as_ref().is_some_and(|call| call.owns(&request));
        let inside = request.to.tag().is_some();
        match request.method {
            Method::Invite if owned => self.reinvited(&request, key),
            Method::Invite if !inside && self.call.is_none() => self.ring(request, key, flow),
            Method::Invite if !inside => self.answer_with(&request, key, Status::BUSY_HERE),
            Method::Bye if owned => {
                self.answer_with(&request, key, Status::OK);
                self.drop_call("hung up by the far end");
            }
            Method::Info if owned => {
                if let Some(call) = &mut self.call {
                    call.press(&request);
                }
                self.answer_with(&request, key, Status::OK);
            }
            Method::Options => self.answer_with(&request, key, Status::OK),
            Method::Invite | Method::Bye | Method::Info => {
                self.answer_with(&request, key, Status::NO_SUCH_CALL);
            }
            Method::Ack
            | Method::Cancel
            | Method::Message
            | Method::Notify
            | Method::Prack
            | Method::Publish
            | Method::Refer
            | Method::Register
            | Method::Subscribe
            | Method::Update
            | Method::Other(_) => self.answer_with(&request, key, Status::METHOD_NOT_ALLOWED),
        }
    }

    fn ring(&mut self, request: Request, key: ServerKey, flow: Flow) {
        self.media.reset();
        let tag = self.ids.tag();
        self.call = Some(Call::new(request, key, flow, tag, self.contact.clone(), self.media.address()));
        self.view.send_modify(|view| view.calls += 1);
        self.plan_answer();
        self.reply(Status::RINGING);
    }

    fn reinvited(&mut self, request: &Request, key: ServerKey) {
        let Some(call) = &mut self.call else { return };
        let answer = match call.phase {
            Phase::Talking => call.renegotiate(request, key),
            Phase::Ringing => {
                let response = request.answer(Status::REQUEST_PENDING, &self.ids.tag());
                Outgoing::Response { response, key }
            }
        };
        self.media.send_to(call.sink);
        self.send(answer);
    }

    fn plan_answer(&mut self) {
        let now = self.now();
        if let Some(call) = &mut self.call {
            call.answer_at = match self.auto_answer {
                AutoAnswer::Off => None,
                AutoAnswer::After(wait) => Some(now.plus(wait)),
            };
        }
    }

    fn answer(&mut self) {
        let Some(call) = &mut self.call else { return };
        let answer = call.accept();
        let talks = call.phase == Phase::Talking;
        self.media.send_to(call.sink);
        self.send(answer);
        if !talks {
            self.drop_call("no codec in common");
        }
    }

    fn refuse(&mut self, status: Status) {
        self.reply(status);
        self.drop_call(&format!("refused with {}", status.code()));
    }

    fn hang_up(&mut self, why: &str) {
        if let Some(call) = &mut self.call {
            let bye = call.bye(&mut self.ids);
            self.send(bye);
        }
        self.drop_call(why);
    }

    fn drop_call(&mut self, why: &str) {
        self.call = None;
        self.media.send_to(None);
        self.view.send_modify(|view| why.clone_into(&mut view.last_end));
    }

    fn reply(&mut self, status: Status) {
        if let Some(reply) = self.call.as_ref().map(|call| call.reply(status)) {
            self.send(reply);
        }
    }

    fn answer_with(&mut self, request: &Request, key: ServerKey, status: Status) {
        let mut response = request.answer(status, &self.ids.tag());
        response.headers.push(HeaderName::Allow, ALLOW);
        self.send(Outgoing::Response { response, key });
    }

    fn send(&mut self, outgoing: Outgoing) {
        let now = self.now();
        self.transactions.send(outgoing, now);
    }

    /// Shows how things stand, if anything has changed.
    fn show(&self) {
        let count = self.media.count();
        let call = self.call.as_ref().map(|call| call.view(count));
        let registration = self.register.as_ref().map(Register::view);
        self.view.send_if_modified(|view| {
            let before = view.clone();
            view.call = call;
            view.auto_answer = self.auto_answer;
            if let Some(registration) = registration {
                view.registration = registration;
            }
            before != *view
        });
    }
}

/// Where a message goes. These phones speak only to addresses: names would need a resolver.
fn address_of(hop: &Hop) -> Option<SocketAddr> {
    match hop {
        Hop::Reply { flow, .. } => Some(flow.remote),
        Hop::Destination(destination) => destination.flow.map(|flow| flow.remote).or_else(|| {
            let uri = &destination.uri;
            Some(SocketAddr::new(uri.host.address()?, uri.port.unwrap_or(5060)))
        }),
    }
}
