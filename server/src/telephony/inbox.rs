//! Which call gets what: inboxes by the transaction number in front of a Call-ID.
//!
//! Promises: delivery never waits. Leaves to others: what is done when it fails.

use super::ToCall;
use ringbridge_core::id::TransactionId;
use ringbridge_sip::header::CallId;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc;

/// The inboxes of all calls.
#[derive(Default)]
pub(super) struct Inboxes {
    calls: Mutex<HashMap<TransactionId, mpsc::Sender<ToCall>>>,
}

/// Why something was not delivered; it comes back.
#[derive(Debug)]
pub(super) enum Undelivered {
    /// The call does not keep up.
    Full(Box<ToCall>),
    /// There is no such call.
    NoInbox(Box<ToCall>),
}

/// The transaction of a Call-ID of ours.
pub(super) fn call_of(call_id: &CallId) -> Option<TransactionId> {
    call_id.transaction().map(TransactionId)
}

impl Inboxes {
    pub(super) fn open(&self, call: TransactionId, inbox: mpsc::Sender<ToCall>) {
        self.lock().insert(call, inbox);
    }

    pub(super) fn close(&self, call: TransactionId) {
        self.lock().remove(&call);
    }

    /// Whether this Call-ID belongs to a call that has an inbox.
    pub(super) fn has(&self, call_id: &CallId) -> bool {
        call_of(call_id).is_some_and(|call| self.lock().contains_key(&call))
    }

    pub(super) fn deliver(&self, call_id: &CallId, what: ToCall) -> Result<(), Undelivered> {
        let calls = self.lock();
        let Some(inbox) = call_of(call_id).and_then(|call| calls.get(&call)) else {
            return Err(Undelivered::NoInbox(Box::new(what)));
        };
        inbox.try_send(what).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(what) => Undelivered::Full(Box::new(what)),
            mpsc::error::TrySendError::Closed(what) => Undelivered::NoInbox(Box::new(what)),
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TransactionId, mpsc::Sender<ToCall>>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
