//! Where a call is, and what was settled for it before it began.
//!
//! Promises: a stage carries its own deadline, so that none can be forgotten or outlive its stage. Leaves to others: moving
//! from one to the next ([`super::Call::handle`]).

use crate::time::Timestamp;
use crate::wrap_up::Rules;
use serde::{Deserialize, Serialize};

/// What was settled when the call was admitted; it does not change any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// How long the agent's phone rings, in seconds (2.4: 30).
    pub ring_agent_seconds: u32,
    /// How long the customer's phone rings, in seconds (2.4: 60).
    pub ring_customer_seconds: u32,
    /// The longest conversation, in seconds (security SEC-9: 4 h).
    pub talk_seconds_max: u32,
    /// Wrap-up.
    pub wrap_up: Rules,
}

/// Where a call is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "stage")]
pub enum Stage {
    /// Committed, the agent's phone not yet called.
    Admitted,
    /// The agent's phone is called.
    RingingAgent {
        /// When it has rung long enough.
        until: Timestamp,
    },
    /// The agent has answered, the customer is called.
    RingingCustomer {
        /// When it has rung long enough.
        until: Timestamp,
    },
    /// Both talk.
    Connected {
        /// When the customer answered.
        since: Timestamp,
        /// When the longest conversation is over.
        until: Timestamp,
    },
    /// Over; the agent picks codes and writes notes.
    WrapUp {
        /// When it ends, or is held for a required code.
        until: Timestamp,
        /// Whether its time is over and it waits for a required code.
        pace: Pace,
    },
    /// Done.
    Completed,
}

/// Whether wrap-up is within its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// Within its time.
    Timed,
    /// Its time is over; it waits for a required code.
    Held,
}
