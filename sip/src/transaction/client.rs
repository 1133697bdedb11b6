//! A request of ours other than INVITE (RFC 3261 17.1.2).
//!
//! Promises: repeated on UDP until the final response (timer E), given up after 64 T1 (F); the final response goes up
//! once, its repetitions are swallowed (K). Leaves to others: INVITE and ACK.

use super::timing::{Config, doubled};
use super::{Failure, Fate, Hop, Outbox};
use crate::header::CallId;
use crate::message::{Request, Response};
use crate::time::Millis;
use crate::transport::{Destination, Flow};
use std::sync::Arc;
use std::time::Duration;

enum State {
    /// No final response yet. `heard`: the longest time between repetitions has begun with a provisional one.
    Trying { bytes: Arc<[u8]>, resend: Option<(Millis, Duration)>, give_up: Millis },
    /// Repetitions of the final response are swallowed.
    Completed { until: Millis },
}

/// The client transaction of a request other than INVITE.
pub(super) struct Client {
    pub(super) call_id: CallId,
    to: Destination,
    state: State,
}

impl Client {
    pub(super) fn start(
        request: &Request,
        to: Destination,
        config: &Config,
        now: Millis,
        out: &mut Outbox<'_>,
    ) -> Self {
        let bytes: Arc<[u8]> = request.to_bytes().into();
        out.transmit(Hop::Destination(to.clone()), bytes.clone());
        let resend = (!to.transport().is_reliable()).then(|| (now.plus(config.t1), config.t1));
        let state = State::Trying { bytes, resend, give_up: now.plus(config.patience()) };
        Self { call_id: request.call_id.clone(), to, state }
    }

    pub(super) fn deadline(&self) -> Millis {
        match &self.state {
            State::Trying { resend, give_up, .. } => resend.map_or(*give_up, |(at, _)| at.min(*give_up)),
            State::Completed { until } => *until,
        }
    }

    pub(super) fn timer(&mut self, config: &Config, now: Millis, out: &mut Outbox<'_>) -> Fate {
        match &mut self.state {
            State::Trying { give_up, .. } if now >= *give_up => Fate::Failed(Failure::Timeout),
            State::Trying { bytes, resend: Some((at, interval)), .. } if now >= *at => {
                out.transmit(Hop::Destination(self.to.clone()), bytes.clone());
                *interval = doubled(*interval, config.t2);
                *at = now.plus(*interval);
                Fate::Live
            }
            State::Completed { until } if now >= *until => Fate::Over,
            State::Trying { .. } | State::Completed { .. } => Fate::Live,
        }
    }

    pub(super) fn response(
        &mut self,
        response: Response,
        flow: Flow,
        config: &Config,
        now: Millis,
        out: &mut Outbox<'_>,
    ) -> Fate {
        match &mut self.state {
            State::Trying { resend, .. } if response.status.is_provisional() => {
                if let Some((at, interval)) = resend {
                    *interval = config.t2;
                    *at = now.plus(config.t2);
                }
                out.response(response, flow);
                Fate::Live
            }
            State::Trying { .. } => {
                self.state = State::Completed { until: now.plus(config.t4) };
                out.response(response, flow);
                if self.to.transport().is_reliable() { Fate::Over } else { Fate::Live }
            }
            State::Completed { .. } => Fate::Live,
        }
    }

    pub(super) fn transport_failed(&self) -> Fate {
        match &self.state {
            State::Trying { .. } => Fate::Failed(Failure::Transport),
            State::Completed { .. } => Fate::Live,
        }
    }
}
