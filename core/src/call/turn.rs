//! One turn of the machine: what comes in and what it brings about.
//!
//! Promises: every input a call can get and every effect it can ask for is a variant here. Leaves to others: what they mean
//! at which stage ([`super::Call::handle`]).

use super::{Initiator, Leg, LegEvent};
use crate::event::{Event, ExtensionResult};
use crate::wrap_up::Selection;
use serde::{Deserialize, Serialize};

/// What can happen to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The call was admitted and committed: begin.
    Begin,
    /// Something came from a leg.
    Leg(Leg, LegEvent),
    /// What became of an extension's digits.
    Extension(ExtensionResult),
    /// A person ends the call, wherever it is.
    End(Initiator),
    /// The agent saved codes and notes, already checked against the rules.
    Save(Selection),
    /// The agent is done with wrap-up, or leaves it (a new click, log-out).
    Finish,
    /// The agent needs more time for wrap-up.
    MoreTime,
    /// The moment of [`super::Call::deadline`] has come.
    Deadline,
    /// The process was restarted and this call was found unfinished (2.7).
    Restarted,
}

/// What a decision asks for, in order. Everything is committed before any of it is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Write this into the journal.
    Note(Event),
    /// Ring the agent's phone.
    RingAgent,
    /// Ring the customer.
    RingCustomer,
    /// End a leg, by CANCEL or BYE as it needs.
    EndLeg(Leg, EndCause),
    /// The transaction is complete: fill the tokens, enqueue the actions.
    Complete,
}

/// Why a leg is ended by us; telephony turns it into a Reason header (RFC 3326).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndCause {
    /// A person cancelled or hung up in the console.
    ByPerson,
    /// The other leg's far end hung up.
    OtherLegEnded,
    /// The other leg failed with this SIP code.
    OtherLegFailed(Option<u16>),
    /// It rang too long, or talked too long.
    TimedOut,
    /// The process was restarted.
    Restarted,
}

/// Whether saving codes and notes also ends wrap-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Finish {
    /// It ends.
    Now,
    /// It goes on.
    Later,
}
