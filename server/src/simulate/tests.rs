//! The simulation holds for the real machine, is the same each time, and finds machines that were broken.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a broken machine breaks one effect and passes the others on"
)]

use super::*;
use ringbridge_core::call::{Effect, EndCause, Input, Leg, Stage, Terms};
use ringbridge_core::event::Event;
use ringbridge_core::time::Timestamp;

/// Enough schedules to find each of the mistakes below; a few seconds without optimisation.
const FEW: u64 = 1_000;

fn real(call: &mut Call, terms: &Terms, input: Input, now: Timestamp) -> Vec<Effect> {
    call.handle(terms, input, now)
}

/// The real machine with one arm broken: each effect becomes what `mistake` makes of it.
fn broken(mistake: impl Fn(&Call, Effect) -> Vec<Effect> + Sync) -> impl Machine {
    move |call: &mut Call, terms: &Terms, input: Input, now: Timestamp| {
        let effects = call.handle(terms, input, now);
        effects.into_iter().flat_map(|effect| mistake(call, effect)).collect()
    }
}

/// The first broken schedule of seed 1, played twice to show that its number is enough to find it again.
fn found(machine: &impl Machine, order: Order) -> Option<(u64, Broken)> {
    let first = *survey(1, FEW, machine, order).broken.first()?;
    let setting = Setting::new();
    let again = world(1, first.0, machine, order, &setting).play();
    assert_eq!(again, Some(first.1), "the same schedule breaks the same rule");
    Some(first)
}

#[test]
fn the_real_machine_holds() {
    let report = run(&Options { seed: 1, calls: FEW, only: None });
    assert!(report.held, "{}", report.text);
}

#[test]
fn the_same_seed_gives_the_same_digest_and_another_one_another() {
    let digest = |seed| survey(seed, 300, &real, Order::CommitThenAct).digest;
    assert_eq!(digest(1), digest(1));
    assert_ne!(digest(1), digest(2));
}

#[test]
fn a_machine_that_forgets_to_end_the_other_leg_is_found() {
    let machine = broken(|_, effect| match effect {
        Effect::EndLeg(Leg::Customer, EndCause::OtherLegEnded) => vec![],
        other => vec![other],
    });
    let found = found(&machine, Order::CommitThenAct);
    assert!(matches!(found, Some((_, Broken::LegLeftUp(_)))), "{found:?}");
}

#[test]
fn a_machine_that_does_not_cancel_after_a_time_out_is_found() {
    let machine = broken(|_, effect| match effect {
        Effect::EndLeg(_, EndCause::TimedOut) => vec![],
        other => vec![other],
    });
    let found = found(&machine, Order::CommitThenAct);
    assert!(matches!(found, Some((_, Broken::LegLeftUp(_)))), "{found:?}");
}

#[test]
fn a_machine_that_ends_a_call_twice_or_never_is_found() {
    let twice = broken(|_, effect| match effect {
        Effect::Note(Event::CallEnded(outcome)) => {
            vec![Effect::Note(Event::CallEnded(outcome.clone())), Effect::Note(Event::CallEnded(outcome))]
        }
        other => vec![other],
    });
    assert_eq!(found(&twice, Order::CommitThenAct), Some((0, Broken::Endings(2))));
    let never = broken(|_, effect| match effect {
        Effect::Note(Event::CallEnded(_)) => vec![],
        other => vec![other],
    });
    assert_eq!(found(&never, Order::CommitThenAct), Some((0, Broken::BusyWithoutCall)));
}

#[test]
fn a_machine_that_loses_the_record_of_calls_that_failed_is_found() {
    let machine = broken(|call, effect| match effect {
        Effect::Complete if call.answered_at().is_none() => vec![],
        other => vec![other],
    });
    let found = found(&machine, Order::CommitThenAct);
    assert!(matches!(found, Some((_, Broken::Completions(0)))), "{found:?}");
}

#[test]
fn a_machine_that_leaves_legs_up_after_a_restart_is_found() {
    let machine = broken(|_, effect| match effect {
        Effect::EndLeg(_, EndCause::Restarted) => vec![],
        other => vec![other],
    });
    let found = found(&machine, Order::CommitThenAct);
    assert!(matches!(found, Some((_, Broken::LegLeftUp(_)))), "{found:?}");
}

#[test]
fn a_machine_that_forgets_both_legs_of_a_call_in_set_up_is_found() {
    let machine = |call: &mut Call, terms: &Terms, input: Input, now: Timestamp| {
        let before = call.stage().clone();
        let mut effects = call.handle(terms, input, now);
        if matches!((&before, call.stage()), (Stage::RingingCustomer { .. }, Stage::WrapUp { .. })) {
            effects.retain(|effect| !matches!(effect, Effect::EndLeg(..)));
        }
        effects
    };
    let found = found(&machine, Order::CommitThenAct);
    assert!(matches!(found, Some((_, Broken::LegLeftUp(_)))), "{found:?}");
}

#[test]
fn a_process_that_acts_before_it_commits_is_found() {
    let found = found(&real, Order::ActThenCommit);
    assert!(matches!(found, Some((_, Broken::NotCommitted(_) | Broken::LegLeftUp(_)))), "{found:?}");
}
