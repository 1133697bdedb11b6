//! A phone for tests that block: it rings until the test answers it.
//!
//! Promises: real SIP and a tone as RTP; it runs until it is dropped. Leaves to others: being a phone (`ringbridge-standin`).

use crate::patience::PATIENCE;
use ringbridge_standin::phone::{Phase, Phone as Standin, PhoneConfig, PhoneView};
use std::{net::SocketAddr, ops::Deref};
use tokio::runtime::Runtime;

/// A running phone.
pub struct Phone {
    // Dropped before the runtime it lives in.
    standin: Standin,
    runtime: Runtime,
}

impl Phone {
    /// Listens on any free port of the loopback interface.
    #[must_use]
    pub fn start(name: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let standin =
            runtime.block_on(Standin::start(PhoneConfig::new(name, anywhere))).expect("a free port");
        Self { standin, runtime }
    }

    /// Waits until it rings.
    #[track_caller]
    pub fn rings(&self) {
        self.shows("ringing", |view| view.call.as_ref().is_some_and(|call| call.phase == Phase::Ringing));
    }

    /// Waits until it rings, picks up, and waits until the call is up.
    #[track_caller]
    pub fn picks_up(&self) {
        self.rings();
        self.answer();
        self.shows("talking", |view| view.call.as_ref().is_some_and(|call| call.phase == Phase::Talking));
    }

    /// Waits until it has no call.
    #[track_caller]
    pub fn rests(&self) {
        self.shows("resting", |view| view.call.is_none());
    }

    #[track_caller]
    fn shows(&self, what: &str, shows: impl FnMut(&PhoneView) -> bool) {
        let seen = self.runtime.block_on(self.standin.until(PATIENCE, shows));
        assert!(seen.is_some(), "waited {PATIENCE:?} for the phone to be {what}: {:?}", self.standin.view());
    }
}

impl Deref for Phone {
    type Target = Standin;

    fn deref(&self) -> &Standin {
        &self.standin
    }
}
