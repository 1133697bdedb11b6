//! The bridge's words and the core's, one to one: neither crate knows the other.
//!
//! Promises: every word of one side has its counterpart; a new one on either side does not compile until it has. Leaves
//! to others: what the words mean.

use ringbridge_core::call::{EndCause, FailureCause, Leg, LegEvent, LegFailure};
use ringbridge_core::event::ExtensionResult;
use ringbridge_core::tenant;
use ringbridge_sip::bridge;

pub(super) const fn bridge_leg(leg: Leg) -> bridge::Leg {
    match leg {
        Leg::Agent => bridge::Leg::Agent,
        Leg::Customer => bridge::Leg::Customer,
    }
}

pub(super) const fn core_leg(leg: bridge::Leg) -> Leg {
    match leg {
        bridge::Leg::Agent => Leg::Agent,
        bridge::Leg::Customer => Leg::Customer,
    }
}

pub(super) fn core_event(event: bridge::LegEvent) -> LegEvent {
    match event {
        bridge::LegEvent::Ringing => LegEvent::Ringing,
        bridge::LegEvent::EarlyMedia => LegEvent::EarlyMedia,
        bridge::LegEvent::Answered => LegEvent::Answered,
        bridge::LegEvent::Failed(failure) => LegEvent::Failed(LegFailure {
            sip_code: failure.sip_code,
            cause: core_cause(failure.cause),
            reason: failure.reason,
        }),
        bridge::LegEvent::Ended => LegEvent::Ended,
    }
}

const fn core_cause(cause: bridge::FailureCause) -> FailureCause {
    match cause {
        bridge::FailureCause::Busy => FailureCause::Busy,
        bridge::FailureCause::NoAnswer => FailureCause::NoAnswer,
        bridge::FailureCause::Rejected => FailureCause::Rejected,
        bridge::FailureCause::NotFound => FailureCause::NotFound,
        bridge::FailureCause::Unreachable => FailureCause::Unreachable,
        bridge::FailureCause::Redirected => FailureCause::Redirected,
        bridge::FailureCause::NotAuthorized => FailureCause::NotAuthorized,
        bridge::FailureCause::Media => FailureCause::Media,
        bridge::FailureCause::Lost => FailureCause::Lost,
        bridge::FailureCause::Other => FailureCause::Other,
    }
}

pub(super) const fn core_extension(result: bridge::Extension) -> ExtensionResult {
    match result {
        bridge::Extension::Sent => ExtensionResult::Sent,
        bridge::Extension::NotSent => ExtensionResult::NotSent,
    }
}

pub(super) const fn bye_reason(cause: EndCause) -> bridge::ByeReason {
    match cause {
        EndCause::ByPerson | EndCause::OtherLegEnded => bridge::ByeReason::Normal,
        EndCause::OtherLegFailed(code) => bridge::ByeReason::OtherLegFailed(code),
        EndCause::TimedOut => bridge::ByeReason::TimedOut,
        EndCause::Restarted => bridge::ByeReason::Restarted,
    }
}

pub(super) const fn auto_answer(wanted: tenant::AutoAnswer) -> bridge::AutoAnswer {
    match wanted {
        tenant::AutoAnswer::None => bridge::AutoAnswer::None,
        tenant::AutoAnswer::CallInfo => bridge::AutoAnswer::CallInfo,
        tenant::AutoAnswer::AlertInfo => bridge::AutoAnswer::AlertInfo,
        tenant::AutoAnswer::AnswerMode => bridge::AutoAnswer::AnswerMode,
    }
}
