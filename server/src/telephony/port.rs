//! The words between the engine and the calls.
//!
//! Promises: [`EngineHandle`] never blocks its caller; a call's inbox is open from the moment `open_inbox` returns. Leaves
//! to others: doing it ([`super`]'s engine and tone source).

use ringbridge_core::id::TransactionId;
use ringbridge_sip::header::CallId;
use ringbridge_sip::media::ToneCommand;
use ringbridge_sip::message::{Request, Response};
use ringbridge_sip::method::Method;
use ringbridge_sip::transaction::{Failure, Outgoing, ServerKey};
use ringbridge_sip::transport::{Destination, Flow, Local};
use std::net::SocketAddr;
use tokio::sync::mpsc;

/// What reaches a call from the network.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "moved once, from the engine to the call")]
pub enum ToCall {
    /// A response to a request of this call, those that no transaction knows any more included.
    Response(Response),
    /// A request in one of the call's dialogs; to be answered with its key.
    Request {
        /// The request.
        request: Request,
        /// To answer it.
        key: ServerKey,
        /// How it came.
        flow: Flow,
    },
    /// The ACK of a 2xx of ours.
    Ack(Request),
    /// The peer cancelled its (re-)INVITE: answer that 487 unless it is answered already.
    Cancelled {
        /// The INVITE's key.
        invite: ServerKey,
        /// Its Call-ID.
        call_id: CallId,
    },
    /// A transaction of this call ended without what it waited for.
    Failed {
        /// Its branch.
        branch: String,
        /// Its method.
        method: Method,
        /// Its Call-ID.
        call_id: CallId,
        /// Why.
        why: Failure,
    },
}

/// The switchboard's hand on the engine.
#[derive(Clone)]
pub struct EngineHandle {}

impl EngineHandle {
    /// Hands messages to the transactions, in order. Never blocks; if the engine is too far behind, each request comes
    /// back to its call's inbox as [`Failure::Overload`].
    pub fn send(&self, outgoing: Vec<Outgoing>) {
        let _ = outgoing;
    }

    /// Starts, changes or stops what this call's agent hears.
    pub fn tone(&self, call: TransactionId, command: ToneCommand) {
        let _ = (call, command);
    }

    /// Where the tone source sends from: the media address of the first offer to a phone.
    #[must_use]
    pub fn tone_address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], 9))
    }

    /// What we call ourselves toward this destination, in Via and Contact.
    #[must_use]
    pub fn local_for(&self, destination: &Destination) -> Local {
        let host = destination.uri.host.clone();
        Local { host, port: 5060, transport: destination.transport() }
    }

    /// From now on, what belongs to this call goes into this inbox. An inbox that is full loses what comes: peers repeat
    /// it.
    pub fn open_inbox(&self, call: TransactionId, inbox: mpsc::Sender<ToCall>) {
        let _ = (call, inbox);
    }

    /// The call is over: what still comes for it is answered 481 or dropped.
    pub fn close_inbox(&self, call: TransactionId) {
        let _ = call;
    }
}
