//! How an incoming request finds its server transaction.
//!
//! Promises: the rule of RFC 3261 17.2.3: branch, sent-by and method, where ACK counts as INVITE; requests of old
//! elements, whose branch lacks the cookie, are told apart by their headers. Leaves to others: the transactions.

use crate::header::MAGIC_COOKIE;
use crate::message::Request;
use crate::method::Method;
use serde::{Deserialize, Serialize};

/// What a server transaction is known by. Can be stored with a call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ServerKey {
    /// Branch and sent-by.
    pub(crate) id: String,
    /// The method; INVITE for an ACK.
    pub(crate) method: Method,
}

impl ServerKey {
    /// The key of the transaction a request belongs to.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        let method = if request.method == Method::Ack { Method::Invite } else { request.method.clone() };
        Self { id: id(request), method }
    }

    /// The key of the INVITE a CANCEL is for.
    #[must_use]
    pub(super) fn of_cancelled(request: &Request) -> Self {
        Self { id: id(request), method: Method::Invite }
    }

    /// The branch.
    #[must_use]
    pub(crate) fn branch(&self) -> &str {
        self.id.split(' ').next().unwrap_or("")
    }

    /// The method of the transaction.
    #[must_use]
    pub const fn method(&self) -> &Method {
        &self.method
    }
}

fn id(request: &Request) -> String {
    let branch = request.branch();
    if branch.starts_with(MAGIC_COOKIE) {
        format!("{branch} {}", request.via.sent_by())
    } else {
        let tag = request.from.tag().unwrap_or("");
        format!("{branch} {} {} {} {tag}", request.via.sent_by(), request.call_id, request.cseq)
    }
}
