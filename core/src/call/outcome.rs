//! How a call and its legs end, in words that stay the same for reports and receivers.
//!
//! Promises: every failure of a leg has one [`FailureCause`], every call one [`Outcome`]. Leaves to others: which SIP
//! answer means which cause (`telephony`).

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Who ended a call (semantics 2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Initiator {
    /// The agent, by phone or console.
    Agent,
    /// The customer.
    Customer,
    /// Ringbridge, an admin or a time-out.
    System,
}

impl Initiator {
    /// The name as the API writes it, the same as in its JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Customer => "customer",
            Self::System => "system",
        }
    }
}

/// Why a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "event::sentence says each in a sentence")]
pub enum EndReason {
    HungUp,
    Cancelled,
    AgentNoAnswer,
    AgentBusy,
    AgentRejected,
    AgentUnreachable,
    CustomerBusy,
    CustomerNoAnswer,
    CustomerRejected,
    CustomerNotFound,
    CustomerUnreachable,
    CustomerFailed,
    MediaFailed,
    LegLost,
    TooLong,
    Interrupted,
}

impl EndReason {
    /// The name as the API writes it, the same as in its JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HungUp => "hung_up",
            Self::Cancelled => "cancelled",
            Self::AgentNoAnswer => "agent_no_answer",
            Self::AgentBusy => "agent_busy",
            Self::AgentRejected => "agent_rejected",
            Self::AgentUnreachable => "agent_unreachable",
            Self::CustomerBusy => "customer_busy",
            Self::CustomerNoAnswer => "customer_no_answer",
            Self::CustomerRejected => "customer_rejected",
            Self::CustomerNotFound => "customer_not_found",
            Self::CustomerUnreachable => "customer_unreachable",
            Self::CustomerFailed => "customer_failed",
            Self::MediaFailed => "media_failed",
            Self::LegLost => "leg_lost",
            Self::TooLong => "too_long",
            Self::Interrupted => "interrupted",
        }
    }
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Why.
    pub reason: EndReason,
    /// Who ended it.
    pub by: Initiator,
    /// The customer leg's answer; `None`: the call was not established (2.4).
    pub answered_at: Option<Timestamp>,
    /// The first BYE, CANCEL or failure (2.4).
    pub hung_up_at: Timestamp,
}

/// Why a leg came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureCause {
    /// Busy (486, 600).
    Busy,
    /// It rang, or was not there to ring, and nobody answered (408, 480).
    NoAnswer,
    /// Declined (603, 403 and the like).
    Rejected,
    /// No such number (404, 410, 484, 604).
    NotFound,
    /// The far end or the way to it does not work (5xx, no answer at all, no route).
    Unreachable,
    /// Redirected elsewhere, which is not followed (3xx).
    Redirected,
    /// The peer does not accept our credentials (401, 407).
    NotAuthorized,
    /// No common codec (488, 606), or a re-INVITE failed.
    Media,
    /// The dialog is gone (481, 408 in a dialog, no more answers).
    Lost,
    /// Anything else.
    Other,
}

/// How a leg came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegFailure {
    /// The final SIP status, where there was one.
    pub sip_code: Option<u16>,
    /// What it means.
    pub cause: FailureCause,
    /// The far end's reason phrase, or our own words.
    pub reason: String,
}

impl LegFailure {
    /// What a failure of the agent leg before its answer makes of the call.
    pub(super) const fn agent_outcome(&self) -> (EndReason, Initiator) {
        match self.cause {
            FailureCause::Busy => (EndReason::AgentBusy, Initiator::Agent),
            FailureCause::Rejected => (EndReason::AgentRejected, Initiator::Agent),
            FailureCause::NoAnswer => (EndReason::AgentNoAnswer, Initiator::System),
            FailureCause::Media => (EndReason::MediaFailed, Initiator::System),
            FailureCause::NotFound
            | FailureCause::Unreachable
            | FailureCause::Redirected
            | FailureCause::NotAuthorized
            | FailureCause::Lost
            | FailureCause::Other => (EndReason::AgentUnreachable, Initiator::System),
        }
    }

    /// What a failure of the customer leg before its answer makes of the call.
    pub(super) const fn customer_outcome(&self) -> (EndReason, Initiator) {
        match self.cause {
            FailureCause::Busy => (EndReason::CustomerBusy, Initiator::Customer),
            FailureCause::Rejected => (EndReason::CustomerRejected, Initiator::Customer),
            FailureCause::NoAnswer => (EndReason::CustomerNoAnswer, Initiator::System),
            FailureCause::NotFound => (EndReason::CustomerNotFound, Initiator::System),
            FailureCause::Unreachable | FailureCause::Lost => {
                (EndReason::CustomerUnreachable, Initiator::System)
            }
            FailureCause::Media => (EndReason::MediaFailed, Initiator::System),
            FailureCause::Redirected | FailureCause::NotAuthorized | FailureCause::Other => {
                (EndReason::CustomerFailed, Initiator::System)
            }
        }
    }

    /// What the loss of a leg after its answer makes of the call.
    pub(super) const fn lost_reason(&self) -> EndReason {
        match self.cause {
            FailureCause::Media => EndReason::MediaFailed,
            FailureCause::Busy
            | FailureCause::NoAnswer
            | FailureCause::Rejected
            | FailureCause::NotFound
            | FailureCause::Unreachable
            | FailureCause::Redirected
            | FailureCause::NotAuthorized
            | FailureCause::Lost
            | FailureCause::Other => EndReason::LegLost,
        }
    }
}
