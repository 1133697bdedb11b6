//! All transactions of an endpoint, and how messages find theirs.
//!
//! Promises: bounded; beyond the bound new requests are answered 503 without keeping anything, while requests inside
//! dialogs still have room. Leaves to others: what each transaction does (its own file).

use super::client::Client;
use super::client_invite::{CancelNow, ClientInvite};
use super::server::Server;
use super::server_invite::{AckOf, ServerInvite};
use super::{ClientKey, Config, Failure, Fate, Hop, Outbox, Outgoing, Output, ServerKey};
use crate::header::{CallId, HeaderName};
use crate::message::{Message, Request, Response};
use crate::method::Method;
use crate::status::Status;
use crate::text::HeaderValue;
use crate::time::Millis;
use crate::transport::{Destination, Flow};
use std::collections::{BTreeSet, HashMap, VecDeque};

/// A client transaction.
#[allow(
    clippy::large_enum_variant,
    reason = "an INVITE keeps its request; there are fewer of them than of the others"
)]
enum AnyClient {
    Invite(ClientInvite),
    Other(Client),
}

/// A server transaction.
enum AnyServer {
    Invite(ServerInvite),
    Other(Server),
}

/// A transaction and when it wants to be woken.
struct Entry<M> {
    machine: M,
    due: Option<Millis>,
}

/// Whose timer it is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum TimerKey {
    Client(ClientKey),
    Server(ServerKey),
}

/// What an ACK of a 2xx is found by: it has a branch of its own (RFC 3261 13.2.2.4).
#[derive(Clone, PartialEq, Eq, Hash)]
struct AckKey {
    call_id: CallId,
    cseq: u32,
    from_tag: String,
}

impl AckKey {
    fn of(request: &Request) -> Self {
        Self {
            call_id: request.call_id.clone(),
            cseq: request.cseq,
            from_tag: request.from.tag().unwrap_or("").to_owned(),
        }
    }
}

/// The transactions of an endpoint. See the module for how to drive it.
pub struct Transactions {
    config: Config,
    clients: HashMap<ClientKey, Entry<AnyClient>>,
    servers: HashMap<ServerKey, Entry<AnyServer>>,
    /// INVITEs of peers by what the ACK of a 2xx says, from their arrival to their end.
    acks: HashMap<AckKey, ServerKey>,
    ack_keys: HashMap<ServerKey, AckKey>,
    timers: BTreeSet<(Millis, TimerKey)>,
    queue: VecDeque<Output>,
}

impl Transactions {
    /// An endpoint without transactions.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            config,
            clients: HashMap::new(),
            servers: HashMap::new(),
            acks: HashMap::new(),
            ack_keys: HashMap::new(),
            timers: BTreeSet::new(),
            queue: VecDeque::new(),
        }
    }

    /// How many transactions there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.clients.len() + self.servers.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[cfg(test)]
    pub(super) fn timers_are_empty(&self) -> bool {
        self.timers.is_empty() && self.acks.is_empty() && self.ack_keys.is_empty()
    }

    /// Whether this request belongs to a transaction that is there: a repetition, an ACK, or a CANCEL of an INVITE.
    #[must_use]
    pub fn knows(&self, request: &Request) -> bool {
        self.servers.contains_key(&ServerKey::of(request))
            || (request.method == Method::Ack && self.acks.contains_key(&AckKey::of(request)))
            || (request.method == Method::Cancel
                && self.servers.contains_key(&ServerKey::of_cancelled(request)))
    }

    /// The next thing to do, if there is one.
    pub fn poll(&mut self) -> Option<Output> {
        self.queue.pop_front()
    }

    /// When [`Transactions::timeout`] is to be called next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Millis> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// Sends what a user wants sent.
    pub fn send(&mut self, outgoing: Outgoing, now: Millis) {
        match outgoing {
            Outgoing::Request { request, to } if request.method == Method::Cancel => {
                self.send_cancel(request, to, now)
            }
            Outgoing::Request { request, to } => self.start_client(request, to, now),
            Outgoing::Ack { request, to } => {
                let bytes = request.to_bytes().into();
                self.queue.push_back(Output::Transmit { to: Hop::Destination(to), bytes, client: None });
            }
            Outgoing::Response { response, key } => self.answer(&response, key, now),
        }
    }

    /// Takes a message from the network.
    pub fn receive(&mut self, message: Message, flow: Flow, now: Millis) {
        match message {
            Message::Response(response) => self.receive_response(response, flow, now),
            Message::Request(mut request) => {
                request.via.stamp(flow.remote);
                match &request.method {
                    Method::Ack => self.receive_ack(request, flow, now),
                    Method::Cancel => self.receive_cancel(&request, flow, now),
                    Method::Bye
                    | Method::Info
                    | Method::Invite
                    | Method::Message
                    | Method::Notify
                    | Method::Options
                    | Method::Prack
                    | Method::Publish
                    | Method::Refer
                    | Method::Register
                    | Method::Subscribe
                    | Method::Update
                    | Method::Other(_) => self.receive_request(request, flow, now),
                }
            }
        }
    }

    /// Does what has become due.
    pub fn timeout(&mut self, now: Millis) {
        while let Some((at, _)) = self.timers.first()
            && *at <= now
            && let Some((_, key)) = self.timers.pop_first()
        {
            match key {
                TimerKey::Client(key) => self.with_client(key, |client, config, out| match client {
                    AnyClient::Invite(invite) => invite.timer(config, now, out),
                    AnyClient::Other(other) => other.timer(config, now, out),
                }),
                TimerKey::Server(key) => self.with_server(key, |server, config, out| match server {
                    AnyServer::Invite(invite) => invite.timer(config, now, out),
                    AnyServer::Other(other) if now >= other.deadline() => Fate::Over,
                    AnyServer::Other(_) => Fate::Live,
                }),
            }
        }
    }

    /// The engine could not deliver what this transaction transmitted (RFC 3261 17.1.4).
    pub fn transport_failed(&mut self, key: &ClientKey) {
        self.with_client(key.clone(), |client, _, _| match client {
            AnyClient::Invite(invite) => invite.transport_failed(),
            AnyClient::Other(other) => other.transport_failed(),
        });
    }

    /// Whether there is room for one more transaction. Those that belong to calls may use the reserve.
    fn has_room(&self, inside_dialog: Reserve) -> bool {
        let limit = match inside_dialog {
            Reserve::Kept => self.config.limit,
            Reserve::Open => self.config.limit.saturating_add(self.config.limit / 4),
        };
        self.len() < limit
    }

    fn start_client(&mut self, request: Request, to: Destination, now: Millis) {
        let key = ClientKey { branch: request.branch().into(), method: request.method.clone() };
        if !self.has_room(Reserve::of(&request)) {
            self.fail(key, request.call_id, Failure::Overload);
            return;
        }
        let mut out = Outbox { queue: &mut self.queue, client: Some(key.clone()) };
        let machine = if request.method == Method::Invite {
            AnyClient::Invite(ClientInvite::start(request, to, &self.config, now, &mut out))
        } else {
            AnyClient::Other(Client::start(&request, to, &self.config, now, &mut out))
        };
        let due = machine.deadline();
        set_timer(&mut self.timers, None, due, || TimerKey::Client(key.clone()));
        self.clients.insert(key, Entry { machine, due });
    }

    fn send_cancel(&mut self, request: Request, to: Destination, now: Millis) {
        let invite_key = ClientKey { branch: request.branch().into(), method: Method::Invite };
        let Some(entry) = self.clients.get_mut(&invite_key) else {
            // After a restart the INVITE's transaction is gone, but the phone may still ring.
            self.start_client(request, to, now);
            return;
        };
        let AnyClient::Invite(invite) = &mut entry.machine else { return };
        let (what, to) = (invite.cancel(&self.config, now), invite.to.clone());
        let due = invite.deadline();
        set_timer(&mut self.timers, entry.due, due, || TimerKey::Client(invite_key));
        entry.due = due;
        match what {
            CancelNow::Send => self.start_client(request, to, now),
            CancelNow::Wait | CancelNow::Drop => {}
        }
    }

    fn receive_response(&mut self, response: Response, flow: Flow, now: Millis) {
        let key = ClientKey { branch: response.branch().into(), method: response.cseq.method.clone() };
        if !self.clients.contains_key(&key) {
            self.queue.push_back(Output::Stray { response, flow });
            return;
        }
        let mut cancel = None;
        self.with_client(key, |client, config, out| match client {
            AnyClient::Invite(invite) => {
                let (fate, what) = invite.response(response, flow, config, now, out);
                if what == CancelNow::Send {
                    cancel = Some((invite.request.cancel(), invite.to.clone()));
                }
                fate
            }
            AnyClient::Other(other) => other.response(response, flow, config, now, out),
        });
        if let Some((request, to)) = cancel {
            self.start_client(request, to, now);
        }
    }

    fn receive_request(&mut self, request: Request, flow: Flow, now: Millis) {
        let key = ServerKey::of(&request);
        if let Some(entry) = self.servers.get(&key) {
            let mut out = Outbox { queue: &mut self.queue, client: None };
            match &entry.machine {
                AnyServer::Invite(invite) => invite.repeated(&mut out),
                AnyServer::Other(other) => other.repeated(&mut out),
            }
            return;
        }
        let hop = Hop::back(&request, flow);
        if !self.has_room(Reserve::of(&request)) {
            let mut response = request.answer_without_state(Status::SERVICE_UNAVAILABLE);
            response.headers.push(HeaderName::RetryAfter, HeaderValue::constant("10"));
            self.queue.push_back(Output::Transmit {
                to: hop,
                bytes: response.to_bytes().into(),
                client: None,
            });
            return;
        }
        let machine = if request.method == Method::Invite {
            let trying = request.answer_without_state(Status::TRYING).to_bytes().into();
            let ack = AckKey::of(&request);
            self.acks.insert(ack.clone(), key.clone());
            self.ack_keys.insert(key.clone(), ack);
            AnyServer::Invite(ServerInvite::start(request.call_id.clone(), hop, trying, now))
        } else {
            AnyServer::Other(Server::start(hop, &self.config, now))
        };
        let due = Some(machine.deadline());
        set_timer(&mut self.timers, None, due, || TimerKey::Server(key.clone()));
        self.servers.insert(key.clone(), Entry { machine, due });
        self.queue.push_back(Output::Request { request, key, flow });
    }

    fn receive_ack(&mut self, request: Request, flow: Flow, now: Millis) {
        let key = ServerKey::of(&request);
        let key = if self.servers.contains_key(&key) {
            key
        } else {
            let Some(key) = self.acks.get(&AckKey::of(&request)) else { return };
            key.clone()
        };
        let mut of = AckOf::Nothing;
        self.with_server(key, |server, config, _| match server {
            AnyServer::Invite(invite) => {
                let (what, fate) = invite.ack(config, now);
                of = what;
                fate
            }
            AnyServer::Other(_) => Fate::Live,
        });
        if of == AckOf::Success {
            self.queue.push_back(Output::Ack { request, flow });
        }
    }

    fn receive_cancel(&mut self, request: &Request, flow: Flow, now: Millis) {
        let own = ServerKey::of(request);
        let invite_key = ServerKey::of_cancelled(request);
        let to = Hop::back(request, flow);
        let again = self.servers.contains_key(&own);
        let invite = self.servers.get(&invite_key).and_then(|entry| match &entry.machine {
            AnyServer::Invite(invite) => Some((invite.is_pending(), invite.call_id.clone())),
            AnyServer::Other(_) => None,
        });
        // Without state of its own: repeating it answers and changes the same.
        let status = if invite.is_some() { Status::OK } else { Status::NO_SUCH_CALL };
        let bytes = request.answer_without_state(status).to_bytes().into();
        self.queue.push_back(Output::Transmit { to: to.clone(), bytes, client: None });
        let Some((true, call_id)) = invite.filter(|_| !again) else { return };
        let machine = AnyServer::Other(Server::start(to, &self.config, now));
        // Remembered only so that a repetition does not come up again.
        let due = Some(machine.deadline());
        set_timer(&mut self.timers, None, due, || TimerKey::Server(own.clone()));
        self.servers.insert(own, Entry { machine, due });
        self.queue.push_back(Output::Cancelled { invite: invite_key, call_id });
    }

    fn answer(&mut self, response: &Response, key: ServerKey, now: Millis) {
        self.with_server(key, |server, config, out| match server {
            AnyServer::Invite(invite) => {
                invite.answer(response, config, now, out);
                Fate::Live
            }
            AnyServer::Other(other) => other.answer(response, config, now, out),
        });
    }

    /// Runs something on a client transaction, then sets its timer or ends it.
    fn with_client(
        &mut self,
        key: ClientKey,
        act: impl FnOnce(&mut AnyClient, &Config, &mut Outbox<'_>) -> Fate,
    ) {
        let Some(entry) = self.clients.get_mut(&key) else { return };
        let mut out = Outbox { queue: &mut self.queue, client: Some(key.clone()) };
        let fate = act(&mut entry.machine, &self.config, &mut out);
        let old = entry.due;
        if fate == Fate::Live {
            entry.due = entry.machine.deadline();
            set_timer(&mut self.timers, old, entry.due, || TimerKey::Client(key));
            return;
        }
        set_timer(&mut self.timers, old, None, || TimerKey::Client(key.clone()));
        let call_id = match self.clients.remove(&key).map(|entry| entry.machine) {
            Some(AnyClient::Invite(invite)) => invite.request.call_id,
            Some(AnyClient::Other(other)) => other.call_id,
            None => return,
        };
        if let Fate::Failed(why) = fate {
            self.fail(key, call_id, why);
        }
    }

    /// Runs something on a server transaction, then sets its timer or ends it.
    fn with_server(
        &mut self,
        key: ServerKey,
        act: impl FnOnce(&mut AnyServer, &Config, &mut Outbox<'_>) -> Fate,
    ) {
        let Some(entry) = self.servers.get_mut(&key) else { return };
        let mut out = Outbox { queue: &mut self.queue, client: None };
        let fate = act(&mut entry.machine, &self.config, &mut out);
        let old = entry.due;
        if fate == Fate::Live {
            entry.due = Some(entry.machine.deadline());
            set_timer(&mut self.timers, old, entry.due, || TimerKey::Server(key));
            return;
        }
        set_timer(&mut self.timers, old, None, || TimerKey::Server(key.clone()));
        if let Some(ack) = self.ack_keys.remove(&key) {
            // A re-INVITE with the same number would be a slip of the peer; its entry is not ours to remove.
            if self.acks.get(&ack) == Some(&key) {
                self.acks.remove(&ack);
            }
        }
        let Some(AnyServer::Invite(invite)) = self.servers.remove(&key).map(|entry| entry.machine) else {
            return;
        };
        if let Fate::Failed(why) = fate {
            let branch = key.branch().to_owned();
            self.queue.push_back(Output::Failed {
                branch,
                method: Method::Invite,
                call_id: invite.call_id,
                why,
            });
        }
    }

    fn fail(&mut self, key: ClientKey, call_id: CallId, why: Failure) {
        let branch = key.branch.as_ref().to_owned();
        self.queue.push_back(Output::Failed { branch, method: key.method, call_id, why });
    }
}

/// Whether a request may use the reserve of the table.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reserve {
    /// No: it would begin something new.
    Kept,
    /// Yes: it belongs to a call that is up, or ends one.
    Open,
}

impl Reserve {
    fn of(request: &Request) -> Self {
        if request.to.tag().is_some() || request.method == Method::Cancel { Self::Open } else { Self::Kept }
    }
}

impl AnyClient {
    fn deadline(&self) -> Option<Millis> {
        match self {
            Self::Invite(invite) => invite.deadline(),
            Self::Other(other) => Some(other.deadline()),
        }
    }
}

impl AnyServer {
    fn deadline(&self) -> Millis {
        match self {
            Self::Invite(invite) => invite.deadline(),
            Self::Other(other) => other.deadline(),
        }
    }
}

/// Moves a timer; the one that has just fired is no longer there, which is fine.
fn set_timer(
    timers: &mut BTreeSet<(Millis, TimerKey)>,
    old: Option<Millis>,
    new: Option<Millis>,
    key: impl FnOnce() -> TimerKey,
) {
    let key = key();
    match (old, new) {
        (None, None) => {}
        (Some(old), None) => {
            timers.remove(&(old, key));
        }
        (None, Some(new)) => {
            timers.insert((new, key));
        }
        (Some(old), Some(new)) => {
            let mut timer = (old, key);
            timers.remove(&timer);
            timer.0 = new;
            timers.insert(timer);
        }
    }
}
