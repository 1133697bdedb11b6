//! The switchboard: one task a call. It decides by the core, commits to the store, and only then acts.
//!
//! Promises: a click is accepted in one commit that holds the claim on its key, the transaction and the first state of
//! both legs (semantics 1.12); a call's events, its projection and its jobs are one commit; a SIP message leaves only
//! after the commit that makes it true. Every bound says its number.
//!
//! Leaves to others: HTTP (`web`), SQL (`store`), SIP messages (`sip`), the wire (`telephony`), jobs (`jobs`).

mod actions;
mod click;
mod ladder;
mod legs;
mod person;
mod phone_test;
mod phones;
mod presence;
mod record;
mod recovery;
pub mod session;
mod task;
mod trial;
mod words;

pub use actions::{Act, Deed, Doubt, Edit};
pub use click::{Click, ClickSource, Placed, Repeated};
pub use ladder::SIP_MESSAGES;
pub use person::{Actor, AgentStatus, WrapUpForm, status_of};
pub use phone_test::PhoneTest;
pub use phones::{PhoneContact, PhonePlace, PhoneState};
pub use trial::{Found, Step};

use crate::config::Config;
use crate::outbound::Outbound;
use crate::store::Store;
use crate::telephony::Telephony;
use phone_test::Tests;
use ringbridge_core::id::TransactionId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use task::Asks;
use tokio::sync::watch;

/// The switchboard. Cheap to clone.
#[derive(Clone)]
pub struct Switchboard {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    telephony: Telephony,
    config: Arc<Config>,
    /// The way to CRMs, for trials of their connections.
    outbound: Outbound,
    trials: trial::Trials,
    /// The tasks of calls that are not over, by transaction: how a person's wish reaches its call.
    tasks: Mutex<HashMap<TransactionId, Asks>>,
    /// Test calls to agents' own phones.
    tests: Mutex<Tests>,
    /// Whether new calls are taken.
    taking: watch::Sender<Taking>,
}

/// Whether new calls are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taking {
    NewCalls,
    /// The server is ending.
    NoCalls,
}

impl Switchboard {
    /// A switchboard without calls; [`Switchboard::recover`] brings back those of the last run.
    #[must_use]
    pub fn new(store: Store, telephony: Telephony, config: Arc<Config>, outbound: Outbound) -> Self {
        let (taking, _) = watch::channel(Taking::NewCalls);
        let tasks = Mutex::new(HashMap::new());
        let tests = Mutex::new(Tests::default());
        let trials = trial::Trials::default();
        let inner = Inner { store, telephony, config, outbound, trials, tasks, tests, taking };
        Self { inner: Arc::new(inner) }
    }

    /// How many calls have a task: up, being set up, or in wrap-up.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.tasks().len()
    }

    fn tasks(&self) -> std::sync::MutexGuard<'_, HashMap<TransactionId, Asks>> {
        // A panic elsewhere cannot leave a map of senders half-changed.
        self.inner.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
