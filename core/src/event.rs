//! What happens in a transaction, in the words of the journal.
//!
//! Promises: every fact about a call is one [`Event`]; its kind is a stable name and its body holds all that a reader
//! needs. Leaves to others: writing it down (`store`), showing it (`web`).

use crate::call::{EndReason, Initiator, Leg, LegFailure, Outcome};
use crate::time::Timestamp;
use serde_json::{Value, json};

/// One fact about a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A phone rings.
    LegRinging(Leg),
    /// The far end sends sound before it answers.
    LegEarlyMedia(Leg),
    /// A leg was answered.
    LegAnswered(Leg),
    /// A leg came to nothing.
    LegFailed(Leg, LegFailure),
    /// The far end of a leg hung up.
    LegEnded(Leg),
    /// The digits of an extension were sent, or could not be.
    ExtensionDialled(ExtensionResult),
    /// The call is over.
    CallEnded(Outcome),
    /// Wrap-up began; it ends at the given moment unless it is finished before.
    WrapUpStarted {
        /// When its time is over.
        ends_at: Timestamp,
    },
    /// Wrap-up was given more time.
    WrapUpExtended {
        /// When its time is over now.
        ends_at: Timestamp,
    },
    /// Wrap-up's time is over, but a required list has no code yet.
    WrapUpHeld {
        /// The list that has none.
        list: String,
    },
    /// Codes or notes were saved.
    WrapUpSaved {
        /// How many codes are picked now.
        codes: usize,
    },
    /// The server came back and went on with this transaction.
    Recovered,
}

/// What became of an extension's digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtensionResult {
    /// They were sent as DTMF by INFO.
    Sent,
    /// The far end takes no DTMF by INFO, or refused a digit; the agent must press the keys.
    NotSent,
}

impl Event {
    /// The stable name of its kind.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::LegRinging(_) => "leg.ringing",
            Self::LegEarlyMedia(_) => "leg.early_media",
            Self::LegAnswered(_) => "leg.answered",
            Self::LegFailed(..) => "leg.failed",
            Self::LegEnded(_) => "leg.ended",
            Self::ExtensionDialled(_) => "dial.extension",
            Self::CallEnded(_) => "call.ended",
            Self::WrapUpStarted { .. } => "wrap_up.started",
            Self::WrapUpExtended { .. } => "wrap_up.extended",
            Self::WrapUpHeld { .. } => "wrap_up.held",
            Self::WrapUpSaved { .. } => "wrap_up.saved",
            Self::Recovered => "call.recovered",
        }
    }

    /// What there is to say beyond the kind.
    #[must_use]
    pub fn body(&self) -> Value {
        match self {
            Self::LegRinging(leg)
            | Self::LegEarlyMedia(leg)
            | Self::LegAnswered(leg)
            | Self::LegEnded(leg) => {
                json!({ "leg": leg })
            }
            Self::LegFailed(leg, failure) => {
                json!({ "leg": leg, "sip_code": failure.sip_code, "reason": failure.reason, "cause": failure.cause })
            }
            Self::ExtensionDialled(result) => json!({ "sent": *result == ExtensionResult::Sent }),
            Self::CallEnded(outcome) => json!({
                "end_reason": outcome.reason,
                "ended_by": outcome.by,
                "sentence": sentence(outcome.reason, outcome.by),
            }),
            Self::WrapUpStarted { ends_at } | Self::WrapUpExtended { ends_at } => {
                json!({ "ends_at": ends_at.rfc3339() })
            }
            Self::WrapUpHeld { list } => json!({ "list": list }),
            Self::WrapUpSaved { codes } => json!({ "codes": codes }),
            Self::Recovered => json!({}),
        }
    }
}

/// Why a call ended, in one plain sentence for the agent (semantics 1.13).
#[must_use]
pub const fn sentence(reason: EndReason, by: Initiator) -> &'static str {
    match reason {
        EndReason::HungUp => match by {
            Initiator::Agent => "You hung up.",
            Initiator::Customer => "The customer hung up.",
            Initiator::System => "Ringbridge ended the call.",
        },
        EndReason::Cancelled => match by {
            Initiator::Agent => "You cancelled the call before it was answered.",
            Initiator::Customer | Initiator::System => "The call was cancelled before it was answered.",
        },
        EndReason::AgentNoAnswer => "Your phone rang, but was not answered.",
        EndReason::AgentBusy => "Your phone is busy.",
        EndReason::AgentRejected => "Your phone declined the call.",
        EndReason::AgentUnreachable => "Your phone could not be reached; check that it is registered.",
        EndReason::CustomerBusy => "The number is busy.",
        EndReason::CustomerNoAnswer => "Nobody answered.",
        EndReason::CustomerRejected => "The call was declined.",
        EndReason::CustomerNotFound => "The number does not exist.",
        EndReason::CustomerUnreachable => "The number could not be reached; try again later.",
        EndReason::CustomerFailed => "The call could not be put through.",
        EndReason::MediaFailed => "The two phones could not agree on sound.",
        EndReason::LegLost => "The connection to a phone was lost.",
        EndReason::TooLong => "The call reached the longest time allowed.",
        EndReason::Interrupted => "Ringbridge was restarted while the call was being set up.",
    }
}
