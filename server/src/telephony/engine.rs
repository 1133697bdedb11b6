//! The engine: one task that owns all transactions, sockets and connections.
//!
//! Promises: what comes from the network is screened before anything is kept of it (SEC-37); every transaction's outcome
//! reaches the call or the trunk it belongs to; deadlines are kept to the millisecond of the clock. Leaves to others:
//! parsing (the receiving tasks), registrations ([`super::registrar`]), and what a message means for a call.

use super::ToCall;
use super::guard::{self, Guard, Screen};
use super::inbox::{Inboxes, Undelivered, call_of};
use super::names::Names;
use super::registrar::Knock;
use super::resolve::Place;
use super::tcp::Writer;
use super::trunk::Trunks;
use super::wire::Wire;
use ringbridge_sip::dialog::refuse_stray;
use ringbridge_sip::header::HeaderName;
use ringbridge_sip::ids::IdSource;
use ringbridge_sip::message::{Message, Request, Response};
use ringbridge_sip::method::Method;
use ringbridge_sip::status::Status;
use ringbridge_sip::text::HeaderValue;
use ringbridge_sip::time::Millis;
use ringbridge_sip::transaction::{ClientKey, Hop, Outgoing, Output, ServerKey, Transactions};
use ringbridge_sip::transport::{Destination, Flow, Transport};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// How many events are taken before the outputs are looked at again: enough to be quick, few enough to stay even.
const BATCH: usize = 128;

/// What happens to the engine.
pub(super) enum Event {
    /// A message came.
    Message { message: Message, flow: Flow },
    /// A peer connected.
    Connected { connection: u64, remote: SocketAddr, writer: Writer },
    /// A connection ended, or could not be opened.
    Closed { connection: u64 },
    /// A name was resolved, or not.
    Resolved { place: Place, address: Option<SocketAddr> },
    /// The registrar answers.
    Answer { response: Response, to: Hop },
}

/// Bytes on their way.
pub(super) struct Parcel {
    pub(super) bytes: Arc<[u8]>,
    /// The client transaction to report a failure for.
    pub(super) client: Option<ClientKey>,
    pub(super) transport: Transport,
}

/// The engine's state.
pub(super) struct Engine {
    pub(super) transactions: Transactions,
    pub(super) wire: Wire,
    pub(super) inboxes: Arc<Inboxes>,
    pub(super) trunks: Arc<Trunks>,
    pub(super) guard: Guard,
    pub(super) registrar: mpsc::Sender<Knock>,
    pub(super) names: Names,
    /// For the messages that end a dialog no call knows.
    pub(super) ids: IdSource,
    /// When the engine began: its clock counts from there.
    pub(super) started: Instant,
}

impl Engine {
    /// Runs until all handles are gone.
    pub(super) async fn run(
        mut self,
        mut events: mpsc::Receiver<Event>,
        mut commands: mpsc::Receiver<Vec<Outgoing>>,
    ) {
        loop {
            let deadline = self.transactions.next_deadline().map(|Millis(at)| {
                // A deadline lies at most some minutes ahead.
                self.started + std::time::Duration::from_millis(at)
            });
            tokio::select! {
                Some(event) = events.recv() => self.event(event),
                outgoing = commands.recv() => match outgoing {
                    Some(outgoing) => self.send(outgoing),
                    None => return,
                },
                () = sleep_until(deadline) => {}
            }
            for _ in 0..BATCH {
                let Ok(outgoing) = commands.try_recv() else { break };
                self.send(outgoing);
            }
            for _ in 0..BATCH {
                let Ok(event) = events.try_recv() else { break };
                self.event(event);
            }
            self.transactions.timeout(self.now());
            self.settle();
        }
    }

    fn now(&self) -> Millis {
        Millis(u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    fn send(&mut self, outgoing: Vec<Outgoing>) {
        let now = self.now();
        for outgoing in outgoing {
            self.transactions.send(outgoing, now);
        }
        self.settle();
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Message { message, flow } => self.message(message, flow),
            Event::Connected { connection, remote, writer } => {
                self.wire.connected(connection, remote, writer)
            }
            Event::Closed { connection } => self.wire.closed(connection),
            Event::Resolved { place, address } => self.wire.resolved(place, address, Instant::now()),
            Event::Answer { response, to } => self.answer_without_state(&response, to),
        }
        self.settle();
    }

    fn message(&mut self, message: Message, flow: Flow) {
        let message = match message {
            Message::Response(response) => Message::Response(response),
            Message::Request(request) if self.transactions.knows(&request) => Message::Request(request),
            Message::Request(mut request) => {
                match self.guard.screen(&request, &flow, &self.inboxes) {
                    Screen::Pass => Message::Request(request),
                    Screen::Silence => return,
                    Screen::Register => {
                        request.via.stamp(flow.remote);
                        // When the registrar does not keep up, phones repeat themselves.
                        let _ = self.registrar.try_send(Knock { request, flow });
                        return;
                    }
                    Screen::Answer(status) => {
                        request.via.stamp(flow.remote);
                        let response = guard::answer(&request, status);
                        self.answer_without_state(&response, Hop::back(&request, flow));
                        return;
                    }
                }
            }
        };
        self.transactions.receive(message, flow, self.now());
    }

    fn answer_without_state(&mut self, response: &Response, to: Hop) {
        self.wire.transmit(to, response.to_bytes().into(), None, Instant::now());
    }

    /// Does what the transactions want done, until they want nothing more.
    fn settle(&mut self) {
        loop {
            while let Some(output) = self.transactions.poll() {
                self.output(output);
            }
            let failed = self.wire.take_failed();
            if failed.is_empty() {
                return;
            }
            for key in failed {
                self.transactions.transport_failed(&key);
            }
        }
    }

    fn output(&mut self, output: Output) {
        match output {
            Output::Transmit { to, bytes, client } => self.wire.transmit(to, bytes, client, Instant::now()),
            Output::Request { request, key, flow } => self.request(request, key, flow),
            Output::Ack { request, .. } => {
                let call_id = request.call_id.clone();
                self.notify(&call_id, ToCall::Ack(request));
            }
            Output::Cancelled { invite, call_id } => {
                let cancelled = ToCall::Cancelled { invite, call_id: call_id.clone() };
                self.notify(&call_id, cancelled);
            }
            Output::Response { response, .. } => self.response(response),
            Output::Stray { response, flow } => self.stray(response, flow),
            Output::Failed { branch, method, call_id, why } => {
                tracing::info!(%method, %call_id, ?why, "a SIP transaction failed");
                if call_of(&call_id).is_none() {
                    self.trunks.failed(&call_id);
                    return;
                }
                let failed = ToCall::Failed { branch, method, call_id: call_id.clone(), why };
                self.notify(&call_id, failed);
            }
        }
    }

    fn request(&mut self, request: Request, key: ServerKey, flow: Flow) {
        let call_id = request.call_id.clone();
        let undelivered = match self.inboxes.deliver(&call_id, ToCall::Request { request, key, flow }) {
            Ok(()) => return,
            Err(undelivered) => undelivered,
        };
        let (status, what) = match undelivered {
            Undelivered::Full(what) => (Status::SERVICE_UNAVAILABLE, what),
            Undelivered::NoInbox(what) => (Status::NO_SUCH_CALL, what),
        };
        let ToCall::Request { request, key, .. } = *what else { return };
        let mut response = request.answer_without_state(status);
        if status == Status::SERVICE_UNAVAILABLE {
            tracing::error!(method = %request.method, %call_id, "a call's inbox is full; its request is answered 503");
            response.headers.push(HeaderName::RetryAfter, HeaderValue::constant("2"));
        }
        self.transactions.send(Outgoing::Response { response, key }, self.now());
    }

    /// A response that came too late for its transaction, and perhaps for its call: a phone that answers a call which is
    /// over must not stay off the hook.
    fn stray(&mut self, response: Response, flow: Flow) {
        if self.inboxes.has(&response.call_id) || call_of(&response.call_id).is_none() {
            return self.response(response);
        }
        // Only toward those we call, and only back along the way it came: nobody else is made a target.
        if !self.guard.knows(flow.remote.ip()) {
            return;
        }
        let Some(contact) = response.headers.contact_uri() else { return };
        let here = self.names.local_for(&Destination { uri: contact, flow: Some(flow) });
        for outgoing in refuse_stray(&response, &here, Some(flow), &mut self.ids) {
            self.transactions.send(outgoing, self.now());
        }
    }

    fn response(&self, response: Response) {
        let call_id = response.call_id.clone();
        if call_of(&call_id).is_none() {
            if response.cseq.method == Method::Options && !response.status.is_provisional() {
                self.trunks.answered(&call_id, response.status);
            }
            return;
        }
        tracing::debug!(method = %response.cseq.method, %call_id, code = response.status.code(), "SIP response");
        self.notify(&call_id, ToCall::Response(response));
    }

    fn notify(&self, call_id: &ringbridge_sip::header::CallId, what: ToCall) {
        if let Err(Undelivered::Full(_)) = self.inboxes.deliver(call_id, what) {
            tracing::error!(%call_id, "a call's inbox is full; something for it is lost");
        }
    }
}

async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
