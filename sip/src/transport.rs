//! Where messages come from and go to.
//!
//! Promises: plain data that can be stored with a call. Leaves to others: sockets, connections and resolving (the
//! server's `telephony::engine`).

use crate::params::Params;
use crate::uri::{Host, SipUri};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// A transport protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// Datagrams: requests and responses are repeated until they are answered.
    Udp,
    /// A byte stream: nothing is repeated, except the 2xx to an INVITE.
    Tcp,
}

impl Transport {
    /// Whether the transport itself sees to delivery.
    #[must_use]
    pub const fn is_reliable(self) -> bool {
        match self {
            Self::Udp => false,
            Self::Tcp => true,
        }
    }

    /// The transport a URI's `transport` parameter names; UDP without one. `None`: one we do not speak.
    #[must_use]
    pub fn of_params(params: &Params) -> Option<Self> {
        match params.get("transport") {
            None => Some(Self::Udp),
            Some(name) if name.eq_ignore_ascii_case("udp") => Some(Self::Udp),
            Some(name) if name.eq_ignore_ascii_case("tcp") => Some(Self::Tcp),
            Some(_) => None,
        }
    }
}

/// The way a message came, and the way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Flow {
    /// The protocol.
    pub transport: Transport,
    /// The far end.
    pub remote: SocketAddr,
    /// The connection, on TCP. Its number is never used again, not after a restart either.
    pub connection: Option<u64>,
}

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// The next hop: the first route, or the request's URI.
    pub uri: SipUri,
    /// Where the way is already known, for example to a phone that registered over it.
    pub flow: Option<Flow>,
}

impl Destination {
    /// A destination known by its URI alone.
    #[must_use]
    pub const fn new(uri: SipUri) -> Self {
        Self { uri, flow: None }
    }

    /// The transport it is reached by: the flow's, else what the URI says. One we do not speak counts as TCP here, so that
    /// nothing is repeated; the engine reports it as failed.
    #[must_use]
    pub fn transport(&self) -> Transport {
        match &self.flow {
            Some(flow) => flow.transport,
            None => Transport::of_params(&self.uri.params).unwrap_or(Transport::Tcp),
        }
    }
}

/// What we call ourselves toward a peer: for Via and Contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Local {
    /// Our host as the peer can reach it.
    pub host: Host,
    /// The port we listen on.
    pub port: u16,
    /// The transport.
    pub transport: Transport,
}
