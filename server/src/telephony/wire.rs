//! Sending: from a hop and bytes to a socket or a connection.
//!
//! Promises: what cannot be sent is reported with its client transaction, so that a call fails at once instead of after 32
//! seconds; connections are used again for the same peer. Leaves to others: repeating what a network loses.

use super::engine::{Event, Parcel};
use super::resolve::{Place, Resolved, Resolver};
use super::tcp::{Connector, Writer};
use ringbridge_sip::transaction::{ClientKey, Hop};
use ringbridge_sip::transport::{Flow, Transport};
use ringbridge_sip::uri::{Scheme, SipUri};
use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// How many requests of a connection are remembered, to be reported when it breaks: as many as may wait in it.
const MAX_REMEMBERED: usize = 256;

/// An open connection.
struct Connection {
    remote: SocketAddr,
    writer: Writer,
    /// The requests sent last.
    requests: VecDeque<ClientKey>,
}

/// All sockets and connections.
pub(super) struct Wire {
    sockets: Vec<Arc<UdpSocket>>,
    connections: HashMap<u64, Connection>,
    by_remote: HashMap<SocketAddr, u64>,
    connector: Connector,
    resolver: Resolver,
    events: mpsc::Sender<Event>,
    /// Client transactions whose message could not be sent.
    failed: Vec<ClientKey>,
}

impl Wire {
    pub(super) fn new(
        sockets: Vec<Arc<UdpSocket>>,
        connector: Connector,
        events: mpsc::Sender<Event>,
    ) -> Self {
        Self {
            sockets,
            connections: HashMap::new(),
            by_remote: HashMap::new(),
            connector,
            resolver: Resolver::default(),
            events,
            failed: Vec::new(),
        }
    }

    /// The client transactions that failed since the last time this was asked.
    pub(super) fn take_failed(&mut self) -> Vec<ClientKey> {
        std::mem::take(&mut self.failed)
    }

    pub(super) fn transmit(&mut self, to: Hop, bytes: Arc<[u8]>, client: Option<ClientKey>, now: Instant) {
        match to {
            Hop::Reply { flow, or_else } => {
                self.reply(flow, or_else, Parcel { bytes, client, transport: flow.transport })
            }
            Hop::Destination(to) => match to.flow {
                Some(flow) => self.along(flow, Parcel { bytes, client, transport: flow.transport }),
                None => self.toward(&to.uri, bytes, client, now),
            },
        }
    }

    fn toward(&mut self, uri: &SipUri, bytes: Arc<[u8]>, client: Option<ClientKey>, now: Instant) {
        let secure = match uri.scheme() {
            Scheme::Sip => false,
            Scheme::Sips => true,
        };
        let Some(transport) = Transport::of_params(&uri.params).filter(|_| !secure) else {
            tracing::warn!("a SIP URI asks for a transport that is not spoken here");
            self.failed.extend(client);
            return;
        };
        match self.resolver.resolve(uri, Parcel { bytes, client, transport }, now, &self.events) {
            Resolved::At(remote, parcel) => self.send_to(remote, parcel),
            Resolved::Waits => {}
            Resolved::TooMany(parcel) => self.failed.extend(parcel.client),
        }
    }

    /// A name has been resolved, or not.
    pub(super) fn resolved(&mut self, place: Place, address: Option<SocketAddr>, now: Instant) {
        for parcel in self.resolver.answered(place, address, now) {
            match address {
                Some(remote) => self.send_to(remote, parcel),
                None => self.failed.extend(parcel.client),
            }
        }
    }

    fn reply(&mut self, flow: Flow, or_else: SocketAddr, parcel: Parcel) {
        match flow.transport {
            Transport::Udp => self.datagram(flow.remote, flow.connection, parcel),
            Transport::Tcp => match flow.connection.filter(|id| self.connections.contains_key(id)) {
                Some(connection) => self.write(connection, parcel),
                None => self.send_to(or_else, parcel),
            },
        }
    }

    /// Along a flow that is known: a phone that registered over TCP is reached by its connection or not at all, since
    /// nobody can connect to it.
    fn along(&mut self, flow: Flow, parcel: Parcel) {
        match (flow.transport, flow.connection) {
            (Transport::Udp, place) => self.datagram(flow.remote, place, parcel),
            (Transport::Tcp, Some(connection)) => self.write(connection, parcel),
            (Transport::Tcp, None) => self.send_to(flow.remote, parcel),
        }
    }

    fn send_to(&mut self, remote: SocketAddr, parcel: Parcel) {
        match parcel.transport {
            Transport::Udp => self.datagram(remote, None, parcel),
            Transport::Tcp => {
                let open = self.by_remote.get(&remote).copied().or_else(|| {
                    let (connection, writer) = self.connector.connect(remote)?;
                    self.connected(connection, remote, writer);
                    Some(connection)
                });
                match open {
                    Some(connection) => self.write(connection, parcel),
                    None => self.failed.extend(parcel.client),
                }
            }
        }
    }

    fn datagram(&mut self, remote: SocketAddr, place: Option<u64>, parcel: Parcel) {
        let chosen =
            place.and_then(|place| usize::try_from(place).ok()).and_then(|place| self.sockets.get(place));
        let same_family = |socket: &&Arc<UdpSocket>| {
            socket.local_addr().is_ok_and(|local| local.is_ipv4() == remote.is_ipv4())
        };
        let Some(socket) = chosen.or_else(|| self.sockets.iter().find(same_family)) else {
            self.failed.extend(parcel.client);
            return;
        };
        match socket.try_send_to(&parcel.bytes, remote) {
            Ok(_) => {}
            // The send buffer is full: as good as lost in the network, and repeated like that.
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => {
                tracing::debug!(%error, "a datagram could not be sent");
                self.failed.extend(parcel.client);
            }
        }
    }

    fn write(&mut self, connection: u64, parcel: Parcel) {
        let Some(open) = self.connections.get_mut(&connection) else {
            self.failed.extend(parcel.client);
            return;
        };
        if open.writer.try_send(parcel.bytes).is_err() {
            // It does not read, or is closing: dropping the writer ends it.
            self.failed.extend(parcel.client);
            self.closed(connection);
            return;
        }
        if let Some(client) = parcel.client {
            if open.requests.len() >= MAX_REMEMBERED {
                open.requests.pop_front();
            }
            open.requests.push_back(client);
        }
    }

    pub(super) fn connected(&mut self, connection: u64, remote: SocketAddr, writer: Writer) {
        self.connections.insert(connection, Connection { remote, writer, requests: VecDeque::new() });
        self.by_remote.insert(remote, connection);
    }

    pub(super) fn closed(&mut self, connection: u64) {
        let Some(gone) = self.connections.remove(&connection) else { return };
        if self.by_remote.get(&gone.remote) == Some(&connection) {
            self.by_remote.remove(&gone.remote);
        }
        self.failed.extend(gone.requests);
    }
}
