//! An INVITE of a peer (RFC 3261 17.2.1, with the Accepted state of RFC 6026 and the 2xx repetition of 13.3.1.4).
//!
//! Promises: repetitions get the last response; a failure of ours is repeated on UDP until its ACK (G), no longer than 64
//! T1 (H); a 2xx is repeated on every transport until its ACK or 64 T1, then reported as [`Failure::NoAck`]. Leaves to
//! others: what the answer is.

use super::timing::{Config, TRYING_AFTER, UNANSWERED_INVITE, doubled};
use super::{Failure, Fate, Hop, Outbox};
use crate::header::CallId;
use crate::message::Response;
use crate::time::Millis;
use std::sync::Arc;
use std::time::Duration;

enum State {
    /// No final response yet. The 100 that is sent if the user takes long is made beforehand.
    Proceeding { last: Option<Arc<[u8]>>, trying: Option<(Millis, Arc<[u8]>)>, forget: Millis },
    /// A failure was sent; its ACK is awaited.
    Completed { bytes: Arc<[u8]>, resend: Option<(Millis, Duration)>, until: Millis },
    /// Its ACK came; repetitions of that are swallowed (timer I).
    Confirmed { until: Millis },
    /// A 2xx was sent; its ACK is awaited.
    Accepted { bytes: Arc<[u8]>, resend: (Millis, Duration), until: Millis },
    /// Its ACK came; repetitions of INVITE and ACK are swallowed.
    Acknowledged { until: Millis },
}

/// What an ACK was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AckOf {
    /// The failure of this transaction.
    Failure,
    /// Its 2xx, for the first time.
    Success,
    /// Nothing new.
    Nothing,
}

/// The server transaction of an INVITE.
pub(super) struct ServerInvite {
    pub(super) call_id: CallId,
    hop: Hop,
    state: State,
}

impl ServerInvite {
    pub(super) fn start(call_id: CallId, hop: Hop, trying: Arc<[u8]>, now: Millis) -> Self {
        let trying = Some((now.plus(TRYING_AFTER), trying));
        Self {
            call_id,
            hop,
            state: State::Proceeding { last: None, trying, forget: now.plus(UNANSWERED_INVITE) },
        }
    }

    /// Whether a CANCEL still has something to cancel.
    pub(super) const fn is_pending(&self) -> bool {
        match &self.state {
            State::Proceeding { .. } => true,
            State::Completed { .. }
            | State::Confirmed { .. }
            | State::Accepted { .. }
            | State::Acknowledged { .. } => false,
        }
    }

    pub(super) fn deadline(&self) -> Millis {
        match &self.state {
            State::Proceeding { trying, forget, .. } => trying.as_ref().map_or(*forget, |(at, _)| *at),
            State::Completed { resend, until, .. } => resend.map_or(*until, |(at, _)| at.min(*until)),
            State::Accepted { resend: (at, _), until, .. } => *at.min(until),
            State::Confirmed { until } | State::Acknowledged { until } => *until,
        }
    }

    pub(super) fn timer(&mut self, config: &Config, now: Millis, out: &mut Outbox<'_>) -> Fate {
        match &mut self.state {
            State::Proceeding { last, trying, forget } => {
                if let Some((_, bytes)) = trying.take_if(|(at, _)| now >= *at) {
                    out.transmit(self.hop.clone(), bytes.clone());
                    *last = Some(bytes);
                }
                if now >= *forget { Fate::Over } else { Fate::Live }
            }
            State::Completed { until, .. } if now >= *until => Fate::Over,
            State::Completed { bytes, resend: Some((at, interval)), .. } if now >= *at => {
                out.transmit(self.hop.clone(), bytes.clone());
                *interval = doubled(*interval, config.t2);
                *at = now.plus(*interval);
                Fate::Live
            }
            State::Accepted { until, .. } if now >= *until => Fate::Failed(Failure::NoAck),
            State::Accepted { bytes, resend: (at, interval), .. } if now >= *at => {
                out.transmit(self.hop.clone(), bytes.clone());
                *interval = doubled(*interval, config.t2);
                *at = now.plus(*interval);
                Fate::Live
            }
            State::Confirmed { until } | State::Acknowledged { until } if now >= *until => Fate::Over,
            State::Completed { .. }
            | State::Confirmed { .. }
            | State::Accepted { .. }
            | State::Acknowledged { .. } => Fate::Live,
        }
    }

    /// The INVITE came again.
    pub(super) fn repeated(&self, out: &mut Outbox<'_>) {
        match &self.state {
            State::Proceeding { last: Some(bytes), .. } | State::Completed { bytes, .. } => {
                out.transmit(self.hop.clone(), bytes.clone());
            }
            State::Proceeding { last: None, .. }
            | State::Confirmed { .. }
            | State::Accepted { .. }
            | State::Acknowledged { .. } => {}
        }
    }

    /// The user answers.
    pub(super) fn answer(&mut self, response: &Response, config: &Config, now: Millis, out: &mut Outbox<'_>) {
        let State::Proceeding { last, trying, .. } = &mut self.state else { return };
        let bytes: Arc<[u8]> = response.to_bytes().into();
        out.transmit(self.hop.clone(), bytes.clone());
        let until = now.plus(config.patience());
        let resend = (now.plus(config.t1), config.t1);
        if response.status.is_provisional() {
            *last = Some(bytes);
            *trying = None;
        } else if response.status.is_success() {
            self.state = State::Accepted { bytes, resend, until };
        } else {
            let resend = (!self.hop.is_reliable()).then_some(resend);
            self.state = State::Completed { bytes, resend, until };
        }
    }

    /// An ACK came for it.
    pub(super) fn ack(&mut self, config: &Config, now: Millis) -> (AckOf, Fate) {
        match &self.state {
            State::Completed { .. } => {
                self.state = State::Confirmed { until: now.plus(config.t4) };
                (AckOf::Failure, if self.hop.is_reliable() { Fate::Over } else { Fate::Live })
            }
            State::Accepted { until, .. } => {
                self.state = State::Acknowledged { until: *until };
                (AckOf::Success, Fate::Live)
            }
            State::Proceeding { .. } | State::Confirmed { .. } | State::Acknowledged { .. } => {
                (AckOf::Nothing, Fate::Live)
            }
        }
    }
}
