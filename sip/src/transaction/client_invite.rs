//! An INVITE of ours (RFC 3261 17.1.1, with the Accepted state of RFC 6026).
//!
//! Promises: repeated on UDP until something comes (timer A), given up after 64 T1 without anything (B); a failure is
//! acknowledged here, again for each repetition (D); every 2xx goes up until M. Leaves to others: the ACK of a 2xx.

use super::timing::{Config, doubled};
use super::{Failure, Fate, Hop, Outbox};
use crate::message::{Request, Response};
use crate::time::Millis;
use crate::transport::{Destination, Flow};
use std::sync::Arc;
use std::time::Duration;

/// Where an INVITE of ours stands.
enum State {
    /// Nothing has come yet.
    Calling { bytes: Arc<[u8]>, resend: Option<Resend>, give_up: Millis, held: Held },
    /// A provisional response has come. After a CANCEL, the final response is awaited no longer than 64 T1.
    Proceeding { give_up: Option<Millis> },
    /// A failure has come and is acknowledged again for each repetition.
    Completed { ack: Arc<[u8]>, until: Millis },
    /// A 2xx has come; further ones go up.
    Accepted { until: Millis },
}

/// The next repetition on an unreliable transport.
#[derive(Clone, Copy)]
struct Resend {
    at: Millis,
    interval: Duration,
}

/// Whether a CANCEL waits for the first provisional response.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Held {
    Nothing,
    Cancel,
}

/// What is to be done about a CANCEL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CancelNow {
    /// Send it.
    Send,
    /// It waits here until a provisional response comes.
    Wait,
    /// There is nothing left to cancel.
    Drop,
}

/// The client transaction of an INVITE.
pub(super) struct ClientInvite {
    /// Kept for the ACK of a failure and for the CANCEL; it has no body any more.
    pub(super) request: Request,
    pub(super) to: Destination,
    state: State,
}

impl ClientInvite {
    pub(super) fn start(
        mut request: Request,
        to: Destination,
        config: &Config,
        now: Millis,
        out: &mut Outbox<'_>,
    ) -> Self {
        let bytes: Arc<[u8]> = request.to_bytes().into();
        out.transmit(Hop::Destination(to.clone()), bytes.clone());
        let resend = Resend { at: now.plus(config.t1), interval: config.t1 };
        let resend = (!to.transport().is_reliable()).then_some(resend);
        request.body = Vec::new();
        let state =
            State::Calling { bytes, resend, give_up: now.plus(config.patience()), held: Held::Nothing };
        Self { request, to, state }
    }

    pub(super) fn deadline(&self) -> Option<Millis> {
        match &self.state {
            State::Calling { resend, give_up, .. } => {
                Some(resend.map_or(*give_up, |resend| resend.at.min(*give_up)))
            }
            State::Proceeding { give_up } => *give_up,
            State::Completed { until, .. } | State::Accepted { until } => Some(*until),
        }
    }

    pub(super) fn timer(&mut self, config: &Config, now: Millis, out: &mut Outbox<'_>) -> Fate {
        match &mut self.state {
            State::Calling { give_up, .. } if now >= *give_up => Fate::Failed(Failure::Timeout),
            State::Calling { bytes, resend: Some(resend), .. } if now >= resend.at => {
                out.transmit(Hop::Destination(self.to.clone()), bytes.clone());
                // Timer A doubles without a longest (RFC 3261 17.1.1.2).
                resend.interval = doubled(resend.interval, config.patience());
                resend.at = now.plus(resend.interval);
                Fate::Live
            }
            State::Proceeding { give_up: Some(give_up) } if now >= *give_up => Fate::Failed(Failure::Timeout),
            State::Completed { until, .. } | State::Accepted { until } if now >= *until => Fate::Over,
            State::Calling { .. }
            | State::Proceeding { .. }
            | State::Completed { .. }
            | State::Accepted { .. } => Fate::Live,
        }
    }

    /// Takes a response. Says whether a CANCEL that was held is to be sent now.
    pub(super) fn response(
        &mut self,
        response: Response,
        flow: Flow,
        config: &Config,
        now: Millis,
        out: &mut Outbox<'_>,
    ) -> (Fate, CancelNow) {
        match &mut self.state {
            State::Calling { held, .. } if response.status.is_provisional() => {
                let held = *held;
                self.state = State::Proceeding { give_up: None };
                out.response(response, flow);
                match held {
                    Held::Nothing => (Fate::Live, CancelNow::Drop),
                    Held::Cancel => (Fate::Live, self.cancel(config, now)),
                }
            }
            State::Proceeding { .. } if response.status.is_provisional() => {
                out.response(response, flow);
                (Fate::Live, CancelNow::Drop)
            }
            State::Calling { .. } | State::Proceeding { .. } if response.status.is_success() => {
                self.state = State::Accepted { until: now.plus(config.patience()) };
                out.response(response, flow);
                (Fate::Live, CancelNow::Drop)
            }
            State::Calling { .. } | State::Proceeding { .. } => {
                let ack: Arc<[u8]> = self.request.ack_of_failure(&response).to_bytes().into();
                out.transmit(Hop::Destination(self.to.clone()), ack.clone());
                self.state = State::Completed { ack, until: now.plus(config.patience()) };
                out.response(response, flow);
                // Timer D is nothing on a reliable transport: no repetition can come.
                (if self.to.transport().is_reliable() { Fate::Over } else { Fate::Live }, CancelNow::Drop)
            }
            State::Completed { ack, .. } => {
                if !response.status.is_provisional() && !response.status.is_success() {
                    out.transmit(Hop::Destination(self.to.clone()), ack.clone());
                }
                (Fate::Live, CancelNow::Drop)
            }
            State::Accepted { .. } => {
                if response.status.is_success() {
                    out.response(response, flow);
                }
                (Fate::Live, CancelNow::Drop)
            }
        }
    }

    /// A CANCEL is wanted.
    pub(super) fn cancel(&mut self, config: &Config, now: Millis) -> CancelNow {
        match &mut self.state {
            State::Calling { held, .. } => {
                *held = Held::Cancel;
                CancelNow::Wait
            }
            State::Proceeding { give_up: give_up @ None } => {
                *give_up = Some(now.plus(config.patience()));
                CancelNow::Send
            }
            // A second CANCEL would be one too many.
            State::Proceeding { give_up: Some(_) } | State::Completed { .. } | State::Accepted { .. } => {
                CancelNow::Drop
            }
        }
    }

    /// The transport failed. Only one that still waits has lost something.
    pub(super) fn transport_failed(&self) -> Fate {
        match &self.state {
            State::Calling { .. } => Fate::Failed(Failure::Transport),
            State::Proceeding { .. } | State::Completed { .. } | State::Accepted { .. } => Fate::Live,
        }
    }
}
