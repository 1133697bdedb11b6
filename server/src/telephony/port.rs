//! The words between the engine and the calls.
//!
//! Promises: [`EngineHandle`] never blocks its caller; a call's inbox is open from the moment `open_inbox` returns. Leaves
//! to others: doing it ([`super`]'s engine and tone source).

use super::inbox::{Inboxes, Undelivered};
use super::names::Names;
use ringbridge_core::id::TransactionId;
use ringbridge_sip::header::CallId;
use ringbridge_sip::media::ToneCommand;
use ringbridge_sip::message::{Request, Response};
use ringbridge_sip::method::Method;
use ringbridge_sip::transaction::{Failure, Outgoing, ServerKey};
use ringbridge_sip::transport::{Destination, Flow, Local};
use std::net::SocketAddr;
use std::sync::Arc;
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
pub struct EngineHandle {
    pub(super) shared: Arc<Shared>,
}

/// What the handles share.
pub(super) struct Shared {
    pub(super) commands: mpsc::Sender<Vec<Outgoing>>,
    pub(super) inboxes: Arc<Inboxes>,
    pub(super) tones: mpsc::Sender<(TransactionId, ToneCommand)>,
    pub(super) tone_address: SocketAddr,
    pub(super) names: Names,
}

impl EngineHandle {
    /// Hands messages to the transactions, in order. Never blocks; if the engine is too far behind, each request comes
    /// back to its call's inbox as [`Failure::Overload`].
    pub fn send(&self, outgoing: Vec<Outgoing>) {
        let Err(mpsc::error::TrySendError::Full(outgoing) | mpsc::error::TrySendError::Closed(outgoing)) =
            self.shared.commands.try_send(outgoing)
        else {
            return;
        };
        tracing::error!(messages = outgoing.len(), "the SIP engine does not take messages any more");
        for outgoing in outgoing {
            match outgoing {
                Outgoing::Request { request, .. } => self.refuse(&request),
                // Their peers repeat what these answer.
                Outgoing::Ack { .. } | Outgoing::Response { .. } => {}
            }
        }
    }

    fn refuse(&self, request: &Request) {
        let failed = ToCall::Failed {
            branch: request.branch().to_owned(),
            method: request.method.clone(),
            call_id: request.call_id.clone(),
            why: Failure::Overload,
        };
        if let Err(Undelivered::Full(_)) = self.shared.inboxes.deliver(&request.call_id, failed) {
            tracing::error!(call_id = %request.call_id, "a call's inbox is full; something for it is lost");
        }
    }

    /// Starts, changes or stops what this call's agent hears.
    pub fn tone(&self, call: TransactionId, command: ToneCommand) {
        if self.shared.tones.try_send((call, command)).is_err() {
            tracing::warn!(%call, "the tone source does not keep up; a tone was not changed");
        }
    }

    /// Where the tone source sends from: the media address of the first offer to a phone.
    #[must_use]
    pub fn tone_address(&self) -> SocketAddr {
        self.shared.tone_address
    }

    /// What we call ourselves toward this destination, in Via and Contact.
    #[must_use]
    pub fn local_for(&self, destination: &Destination) -> Local {
        self.shared.names.local_for(destination)
    }

    /// From now on, what belongs to this call goes into this inbox. When it is full, requests are answered 503 and the rest
    /// is lost.
    pub fn open_inbox(&self, call: TransactionId, inbox: mpsc::Sender<ToCall>) {
        self.shared.inboxes.open(call, inbox);
    }

    /// The call is over: what still comes for it is answered 481 or dropped, and its tone ends.
    pub fn close_inbox(&self, call: TransactionId) {
        self.shared.inboxes.close(call);
        self.tone(call, ToneCommand::Stop);
    }
}
