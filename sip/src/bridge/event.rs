//! What a bridge tells about its legs, in words of its own.
//!
//! Promises: every SIP status that ends a leg has one [`FailureCause`]. Leaves to others: what a failure means for the call
//! (the switchboard maps these one to one to the core's).

use serde::{Deserialize, Serialize};

/// One of the two dialogs of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Leg {
    /// To the agent's phone.
    Agent,
    /// To the trunk.
    Customer,
}

impl Leg {
    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Agent => Self::Customer,
            Self::Customer => Self::Agent,
        }
    }
}

/// What comes from a leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LegEvent {
    /// The phone rings, or the call makes progress without sound of its own.
    Ringing,
    /// Sound before the answer.
    EarlyMedia,
    /// Answered.
    Answered,
    /// Came to nothing, or was lost.
    Failed(LegFailure),
    /// The far end hung up.
    Ended,
}

/// Why a leg came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureCause {
    /// Busy (486, 600).
    Busy,
    /// Nobody answered (408, 480, 487).
    NoAnswer,
    /// Declined (403, 603 and the like).
    Rejected,
    /// No such number (404, 410, 484, 604).
    NotFound,
    /// The far end or the way to it does not work (5xx, silence, no route).
    Unreachable,
    /// Redirected elsewhere, which is not followed (3xx).
    Redirected,
    /// The peer does not accept our credentials, or we have none (401, 407).
    NotAuthorized,
    /// No common codec (415, 488, 606), or a re-INVITE failed.
    Media,
    /// The dialog is gone (481, or no more answers within a dialog).
    Lost,
    /// Anything else.
    Other,
}

/// What became of an extension's digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extension {
    /// The far end took them all.
    Sent,
    /// It takes none by INFO, or refused one.
    NotSent,
}

/// How a leg came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegFailure {
    /// The final SIP status, where there was one.
    pub sip_code: Option<u16>,
    /// What it means.
    pub cause: FailureCause,
    /// The far end's reason phrase, or our own words.
    pub reason: String,
}

impl LegFailure {
    /// A failure that no status of the far end tells.
    #[must_use]
    pub fn ours(cause: FailureCause, reason: &str) -> Self {
        Self { sip_code: None, cause, reason: reason.to_owned() }
    }

    /// The failure that a final status of an initial INVITE is.
    #[must_use]
    pub fn of_status(code: u16, reason: &str) -> Self {
        Self { sip_code: Some(code), cause: cause_of(code), reason: reason.to_owned() }
    }
}

fn cause_of(code: u16) -> FailureCause {
    match code {
        300..=399 => FailureCause::Redirected,
        401 | 407 => FailureCause::NotAuthorized,
        403 | 405 | 433 | 603 | 607 | 608 => FailureCause::Rejected,
        404 | 410 | 416 | 484 | 485 | 604 => FailureCause::NotFound,
        408 | 480 | 487 => FailureCause::NoAnswer,
        415 | 488 | 606 => FailureCause::Media,
        481 => FailureCause::Lost,
        486 | 600 => FailureCause::Busy,
        500..=599 => FailureCause::Unreachable,
        _ => FailureCause::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_that_ends_a_leg_has_a_cause() {
        let causes = [302, 407, 603, 404, 480, 488, 481, 486, 503, 422].map(cause_of);
        assert_eq!(
            causes,
            [
                FailureCause::Redirected,
                FailureCause::NotAuthorized,
                FailureCause::Rejected,
                FailureCause::NotFound,
                FailureCause::NoAnswer,
                FailureCause::Media,
                FailureCause::Lost,
                FailureCause::Busy,
                FailureCause::Unreachable,
                FailureCause::Other,
            ]
        );
    }
}
