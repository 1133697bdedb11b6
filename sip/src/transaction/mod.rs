//! Transactions: RFC 3261 chapter 17 with RFC 6026, without I/O.
//!
//! [`Transactions`] is fed with what is to be sent ([`Outgoing`]), with what came in and with the time; it gives back
//! [`Output`]s. One contract: after every call of `send`, `receive` or `timeout`, take outputs with `poll` until there are
//! none; come back with `timeout` no later than `next_deadline`.
//!
//! Promises: requests of ours are repeated on UDP until answered; a response other than 2xx to an INVITE is acknowledged
//! here; every 2xx is passed up (whose ACK is the dialog's); repeated requests are answered by repeating the last
//! response and do not come up twice; a 2xx of ours to an INVITE is repeated until its ACK comes; a CANCEL is answered
//! here and comes up as [`Output::Cancelled`]; a CANCEL of ours waits for the first provisional response. Leaves to
//! others: sockets, resolving, and what a message means.

mod client;
mod client_invite;
mod key;
mod server;
mod server_invite;
mod table;
#[cfg(test)]
mod tests;
mod timing;

pub use key::ServerKey;
pub use table::Transactions;
pub use timing::Config;

use crate::header::CallId;
use crate::message::{Request, Response};
use crate::method::Method;
use crate::transport::{Destination, Flow};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;

/// What a user of the transactions wants sent. Messages are complete, their Via and its branch included.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "moved once, from its maker to the transactions")]
pub enum Outgoing {
    /// Starts a client transaction, known by branch and method. A CANCEL goes where its INVITE went, and not before the
    /// first provisional response; it is dropped if the final response comes first.
    Request {
        /// The request.
        request: Request,
        /// Where it goes.
        to: Destination,
    },
    /// The ACK of a 2xx: sent as it is, once for every time it is given.
    Ack {
        /// The ACK.
        request: Request,
        /// Where it goes.
        to: Destination,
    },
    /// Answers a server transaction. Dropped if that transaction is over.
    Response {
        /// The response.
        response: Response,
        /// What it answers.
        key: ServerKey,
    },
}

/// Where bytes go.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "short-lived")]
pub enum Hop {
    /// A request's next hop, still to be resolved unless it has a flow.
    Destination(Destination),
    /// The way back of a response.
    Reply {
        /// The way its request came; on UDP with the port the top Via asks for.
        flow: Flow,
        /// On TCP, if that connection is gone: where the top Via says its sender listens (RFC 3261 18.2.2).
        or_else: SocketAddr,
    },
}

impl Hop {
    fn is_reliable(&self) -> bool {
        match self {
            Self::Destination(to) => to.transport().is_reliable(),
            Self::Reply { flow, .. } => flow.transport.is_reliable(),
        }
    }

    /// The way back of the response to a request that came this way and has been stamped.
    #[must_use]
    pub fn back(request: &Request, flow: Flow) -> Self {
        let or_else = request.via.reply_address().unwrap_or(flow.remote);
        match flow.transport {
            crate::transport::Transport::Udp => {
                Self::Reply { flow: Flow { remote: or_else, ..flow }, or_else }
            }
            crate::transport::Transport::Tcp => {
                // The port the request came from is one the sender only connects from; where it listens is in its Via.
                let listens = SocketAddr::new(or_else.ip(), request.via.port.unwrap_or(5060));
                Self::Reply { flow, or_else: listens }
            }
        }
    }
}

/// What the transactions want done or known.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "short-lived")]
pub enum Output {
    /// Send these bytes.
    Transmit {
        /// Where to.
        to: Hop,
        /// A whole message.
        bytes: Arc<[u8]>,
        /// The client transaction to report a transport failure for; `None` for responses and ACKs.
        client: Option<ClientKey>,
    },
    /// A new request, other than ACK and CANCEL. It must be answered with its key.
    Request {
        /// The request; its top Via has been stamped with where it came from.
        request: Request,
        /// To answer it.
        key: ServerKey,
        /// How it came.
        flow: Flow,
    },
    /// The ACK of a 2xx of ours; comes up once.
    Ack {
        /// The ACK.
        request: Request,
        /// How it came.
        flow: Flow,
    },
    /// The peer cancelled an INVITE that has no final response yet: answer it 487. The CANCEL itself has been answered.
    Cancelled {
        /// The INVITE's key.
        invite: ServerKey,
        /// The INVITE's call.
        call_id: CallId,
    },
    /// A response to a request of ours.
    Response {
        /// The response.
        response: Response,
        /// How it came.
        flow: Flow,
    },
    /// A response no transaction knows, for example a 2xx after its transaction's end.
    Stray {
        /// The response.
        response: Response,
        /// How it came.
        flow: Flow,
    },
    /// A transaction ended without what it waited for.
    Failed {
        /// Its branch.
        branch: String,
        /// Its method.
        method: Method,
        /// Its call.
        call_id: CallId,
        /// Why.
        why: Failure,
    },
}

/// Why a transaction failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No final response came in time (timers B and F, or 64 T1 after a CANCEL).
    Timeout,
    /// The request could not be sent: no such host, no connection, an unreachable port.
    Transport,
    /// No ACK came for a 2xx of ours (64 T1): the dialog should be ended.
    NoAck,
    /// There are more transactions than the table may hold; nothing was sent.
    Overload,
}

/// What becomes of a transaction after something happened to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It goes on.
    Live,
    /// It is done.
    Over,
    /// It is done, and its user must know why.
    Failed(Failure),
}

/// Where a transaction puts what it wants done.
struct Outbox<'a> {
    queue: &'a mut VecDeque<Output>,
    /// The client transaction that is at work.
    client: Option<ClientKey>,
}

impl Outbox<'_> {
    fn transmit(&mut self, to: Hop, bytes: Arc<[u8]>) {
        self.queue.push_back(Output::Transmit { to, bytes, client: self.client.clone() });
    }

    fn response(&mut self, response: Response, flow: Flow) {
        self.queue.push_back(Output::Response { response, flow });
    }
}

/// What a client transaction is known by (RFC 3261 17.1.3).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientKey {
    /// The branch of our Via.
    pub branch: Arc<str>,
    /// The method of CSeq.
    pub method: Method,
}
