//! A call in words for somebody who is not in it: a supervisor, a chart, a trace.
//!
//! Promises: the same endings that the agent is told of (`core::event::sentence`), without a "you" that would be wrong.

use super::words;
use crate::store::transaction::View;
use ringbridge_core::call::{EndReason, Initiator, Stage};
use ringbridge_core::event::sentence;

/// Where a call is.
#[must_use]
pub fn sentence_of(view: &View) -> &'static str {
    if let Some(outcome) = view.call.outcome() {
        return ended(outcome.reason, Some(outcome.by));
    }
    match view.call.stage() {
        Stage::Admitted => words::STARTED,
        Stage::RingingAgent { .. } => words::RINGS_AN_AGENT,
        Stage::RingingCustomer { .. } => words::CALLING_CUSTOMER,
        Stage::Connected { .. } => words::CONNECTED,
        Stage::WrapUp { .. } | Stage::Completed => words::OVER,
    }
}

/// Why a call ended, and who ended it, where that is known.
#[must_use]
pub const fn ended(reason: EndReason, by: Option<Initiator>) -> &'static str {
    match (reason, by) {
        (EndReason::HungUp, None) => "Somebody hung up after the answer.",
        (EndReason::HungUp, Some(Initiator::Agent)) => "The agent hung up.",
        (EndReason::HungUp, Some(by @ (Initiator::Customer | Initiator::System))) => sentence(reason, by),
        (EndReason::Cancelled, None | Some(Initiator::Agent)) => "The agent cancelled before the answer.",
        (EndReason::Cancelled, Some(by @ (Initiator::Customer | Initiator::System))) => sentence(reason, by),
        (EndReason::AgentNoAnswer, _) => "The agent's phone rang, but was not answered.",
        (EndReason::AgentBusy, _) => "The agent's phone was busy.",
        (EndReason::AgentRejected, _) => "The agent's phone declined the call.",
        (EndReason::AgentUnreachable, _) => "The agent's phone could not be reached.",
        (
            EndReason::CustomerBusy
            | EndReason::CustomerNoAnswer
            | EndReason::CustomerRejected
            | EndReason::CustomerNotFound
            | EndReason::CustomerUnreachable
            | EndReason::CustomerFailed
            | EndReason::MediaFailed
            | EndReason::LegLost
            | EndReason::TooLong
            | EndReason::Interrupted,
            _,
        ) => sentence(reason, Initiator::System),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_told_that_they_did_what_an_agent_did() {
        for reason in [
            EndReason::HungUp,
            EndReason::Cancelled,
            EndReason::AgentNoAnswer,
            EndReason::AgentBusy,
            EndReason::AgentRejected,
            EndReason::AgentUnreachable,
            EndReason::CustomerBusy,
            EndReason::LegLost,
        ] {
            for by in [None, Some(Initiator::Agent), Some(Initiator::Customer), Some(Initiator::System)] {
                let told = ended(reason, by);
                assert!(!told.contains("You"), "{told}");
            }
        }
        assert_eq!(ended(EndReason::HungUp, Some(Initiator::Customer)), "The customer hung up.");
    }
}
