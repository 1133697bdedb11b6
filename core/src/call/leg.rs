//! A leg of a call: one of its two SIP dialogs, as far as the call needs to know it.
//!
//! Promises: plain words. Leaves to others: how a leg ends ([`super::LegFailure`]), SIP itself (`telephony`).

use super::LegFailure;
use serde::{Deserialize, Serialize};

/// One of the two SIP dialogs of a call.
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

/// Where a leg is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegState {
    /// Not called yet, or never.
    #[default]
    Idle,
    /// Called; nothing heard yet.
    Calling,
    /// Rings.
    Ringing,
    /// Up.
    Answered,
    /// Was up, or was given up while ringing.
    Ended,
    /// Came to nothing.
    Failed,
}

/// What is known of a leg.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegRecord {
    /// Where it is.
    pub state: LegState,
    /// The final SIP status code, where there was one.
    pub sip_code: Option<u16>,
    /// The far end's words or ours.
    pub reason: Option<String>,
}

/// What comes from a leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LegEvent {
    /// The phone rings.
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
