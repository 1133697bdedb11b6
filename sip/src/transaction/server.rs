//! A request of a peer other than INVITE and ACK (RFC 3261 17.2.2).
//!
//! Promises: repetitions get the last response and do not come up again; forgotten after 64 T1 (J), answered or not: the
//! peer has given up by then. Leaves to others: the answer.

use super::timing::Config;
use super::{Fate, Hop, Outbox};
use crate::message::Response;
use crate::time::Millis;
use std::sync::Arc;

/// How far the answer has come.
enum State {
    Trying,
    Proceeding { bytes: Arc<[u8]> },
    Completed { bytes: Arc<[u8]> },
}

/// The server transaction of a request other than INVITE.
pub(super) struct Server {
    hop: Hop,
    state: State,
    until: Millis,
}

impl Server {
    pub(super) fn start(hop: Hop, config: &Config, now: Millis) -> Self {
        Self { hop, state: State::Trying, until: now.plus(config.patience()) }
    }

    pub(super) const fn deadline(&self) -> Millis {
        self.until
    }

    pub(super) fn repeated(&self, out: &mut Outbox<'_>) {
        match &self.state {
            State::Trying => {}
            State::Proceeding { bytes } | State::Completed { bytes } => {
                out.transmit(self.hop.clone(), bytes.clone())
            }
        }
    }

    pub(super) fn answer(
        &mut self,
        response: &Response,
        config: &Config,
        now: Millis,
        out: &mut Outbox<'_>,
    ) -> Fate {
        match &self.state {
            // The first final response stands.
            State::Completed { .. } => return Fate::Live,
            State::Trying | State::Proceeding { .. } => {}
        }
        let bytes: Arc<[u8]> = response.to_bytes().into();
        out.transmit(self.hop.clone(), bytes.clone());
        if response.status.is_provisional() {
            self.state = State::Proceeding { bytes };
            return Fate::Live;
        }
        self.state = State::Completed { bytes };
        self.until = now.plus(config.patience());
        if self.hop.is_reliable() { Fate::Over } else { Fate::Live }
    }
}
