//! When a record that was not written is tried again, when its whole CRM is left alone, and when it is given up
//! (semantics 5.6, `salesforce.md` 1.2).
//!
//! Promises: pure policy: failure, attempt, moments and dice are arguments. What is wrong with a record costs that record
//! its attempts; what is wrong with the CRM costs no record anything for three days, and holds the lane, so that a CRM
//! which is away for a day is asked a few times an hour and finds everything in order when it is back. Leaves to others:
//! trying, storing, waiting (the server's `jobs`).

use super::{Class, Usage};
use crate::retry::Jitter;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The waits of a record whose neighbours are locked: five tries in all, as Salesforce advises for row locks.
const LOCKED: [Duration; 4] =
    [Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(8), Duration::from_secs(20)];

/// The waits of a record that makes the CRM fail: 12 tries in 30 hours, so that a mistake in the CRM's own code can be
/// mended by those who get up in the morning.
const FAULTED: [Duration; 11] = crate::retry::WAITS;

/// The least wait before a record that may have been written is looked for: twice what we wait for an answer, so that what
/// was still on its way has arrived.
const LEAST_UNSURE: Duration = Duration::from_secs(30);

/// The waits of a record that may have been written. The first are short, since the agent waits for its page; each stays
/// above [`LEAST_UNSURE`] whatever chance takes off.
const UNSURE: [Duration; 10] = [
    Duration::from_secs(38),
    Duration::from_secs(38),
    Duration::from_secs(38),
    Duration::from_secs(2 * 60),
    Duration::from_secs(10 * 60),
    Duration::from_secs(60 * 60),
    Duration::from_secs(4 * 60 * 60),
    Duration::from_secs(8 * 60 * 60),
    Duration::from_secs(8 * 60 * 60),
    Duration::from_secs(8 * 60 * 60),
];

// A fifth is what chance takes off at most.
const _: () = assert!(UNSURE[0].as_secs() * 8 >= LEAST_UNSURE.as_secs() * 10);

/// How long the CRM is left alone after the 1st, 2nd, … failure in a row that was not a record's. The first may be a hiccup
/// of the network, so that it costs a second only. The last is repeated: four requests an hour cost nothing, and the
/// backlog starts at most so long after the CRM is back.
const HOLDS: [Duration; 7] = [
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(15),
    Duration::from_secs(60),
    Duration::from_secs(3 * 60),
    Duration::from_secs(8 * 60),
    Duration::from_secs(15 * 60),
];

/// How long a CRM is left alone whose allowance for the day is used up, or nearly so.
const EXHAUSTED: Duration = Duration::from_secs(15 * 60);

/// How long a record waits for its CRM at most: over a long week-end.
pub const LONGEST: Duration = Duration::from_secs(3 * 24 * 60 * 60);

/// What is known of an attempt that failed.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    /// Its failure.
    pub class: Class,
    /// How many attempts of this record ended like this or were lost, this one among them.
    pub number: u32,
    /// Failures of the CRM as a whole in a row, before this one.
    pub lane_failures: u32,
    /// When the record was asked for.
    pub asked_at: Timestamp,
    /// When the attempt ended.
    pub now: Timestamp,
}

/// What follows for the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is tried again at this moment.
    Again(Timestamp),
    /// It is parked, and its transaction goes on without it.
    Park(Parked),
}

/// Why a record is parked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parked {
    /// The CRM will not have it.
    Refused,
    /// It may exist; a person must look.
    Unsure,
    /// It was tried often and long enough.
    GivenUp,
}

/// What follows for all that waits for the same CRM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Nothing: it goes on.
    Open,
    /// The CRM answered: whatever was wrong with it is over.
    Well,
    /// It is left alone until this moment; then one attempt finds out.
    Held(Timestamp),
}

/// Decides what follows a failed attempt.
#[must_use]
pub fn after(attempt: Attempt, jitter: Jitter) -> (Decision, Lane) {
    let Attempt { class, number, lane_failures, asked_at, now } = attempt;
    let again = |wait: Duration| Decision::Again(now.plus(jitter.apply(wait)));
    let index = usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
    let patient = |at: Timestamp| match now.since(asked_at) >= LONGEST {
        true => Decision::Park(Parked::GivenUp),
        false => Decision::Again(at),
    };
    let held = |wait: Duration| {
        let until = now.plus(jitter.apply(wait));
        (patient(until), Lane::Held(until))
    };
    match class {
        // It may have been our own rules, without a word from the CRM: that tells nothing of how the CRM is.
        Class::Refused => (Decision::Park(Parked::Refused), Lane::Open),
        Class::Unprovable => (Decision::Park(Parked::Unsure), Lane::Open),
        Class::Locked => {
            (LOCKED.get(index).map_or(Decision::Park(Parked::GivenUp), |wait| again(*wait)), Lane::Well)
        }
        Class::Faulted => {
            (FAULTED.get(index).map_or(Decision::Park(Parked::GivenUp), |wait| again(*wait)), Lane::Open)
        }
        Class::Unsure => {
            (UNSURE.get(index).map_or(Decision::Park(Parked::Unsure), |wait| again(*wait)), Lane::Open)
        }
        Class::Away | Class::Unauthorized | Class::Throttled => {
            let index = usize::try_from(lane_failures).unwrap_or(usize::MAX).min(HOLDS.len() - 1);
            held(HOLDS[index])
        }
        Class::Exhausted => {
            let until = now.plus(EXHAUSTED.max(jitter.apply(EXHAUSTED)));
            (patient(until), Lane::Held(until))
        }
    }
}

/// Until when a CRM is left alone that took the record but is near the end of its allowance.
#[must_use]
pub fn spare(usage: Option<Usage>, now: Timestamp) -> Lane {
    match usage {
        Some(usage) if usage.is_near_the_end() => Lane::Held(now.plus(EXHAUSTED)),
        Some(_) | None => Lane::Well,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: Timestamp = Timestamp::from_millis(1_790_000_000_000);

    /// What follows the attempt number `number` of a record, as seconds to wait and the verdict on the lane.
    fn follows(class: Class, number: u32, lane_failures: u32) -> (Decision, Lane) {
        after(Attempt { class, number, lane_failures, asked_at: ASKED, now: ASKED }, Jitter::NONE)
    }

    fn later(seconds: u64) -> Timestamp {
        ASKED.plus(Duration::from_secs(seconds))
    }

    fn again(seconds: u64) -> Decision {
        Decision::Again(later(seconds))
    }

    #[test]
    fn what_is_refused_is_parked_at_once_and_tells_nothing_of_the_crm() {
        assert_eq!(follows(Class::Refused, 1, 3), (Decision::Park(Parked::Refused), Lane::Open));
        assert_eq!(follows(Class::Unprovable, 1, 0), (Decision::Park(Parked::Unsure), Lane::Open));
    }

    #[test]
    fn a_locked_record_is_tried_five_times_within_seconds() {
        let waits: Vec<_> = (1..=5).map(|number| follows(Class::Locked, number, 0).0).collect();
        assert_eq!(waits, [again(1), again(3), again(8), again(20), Decision::Park(Parked::GivenUp)]);
    }

    #[test]
    fn a_record_that_makes_the_crm_fail_is_tried_twelve_times_in_thirty_hours() {
        let waits: Vec<_> = (1..=12).map(|number| follows(Class::Faulted, number, 0).0).collect();
        assert_eq!(waits[..3], [again(5), again(30), again(120)]);
        assert_eq!(waits[11], Decision::Park(Parked::GivenUp));
    }

    #[test]
    fn a_record_in_doubt_is_not_looked_for_before_its_request_must_have_arrived() {
        // Even the shortest wait, with all of the jitter against it, is longer than a request may take.
        for number in 1..=10 {
            let attempt =
                Attempt { class: Class::Unsure, number, lane_failures: 0, asked_at: ASKED, now: ASKED };
            let (Decision::Again(at), Lane::Open) = after(attempt, Jitter::from_random(0)) else {
                panic!("again")
            };
            assert!(at >= ASKED.plus(LEAST_UNSURE), "{at:?}");
        }
        assert_eq!(follows(Class::Unsure, 11, 0), (Decision::Park(Parked::Unsure), Lane::Open));
    }

    #[test]
    fn a_crm_that_is_away_is_left_alone_for_longer_each_time_and_costs_no_attempt() {
        let holds: Vec<_> = (0..9).map(|failures| follows(Class::Away, 1, failures)).collect();
        let expected =
            [1, 5, 15, 60, 180, 480, 900, 900, 900].map(|wait| (again(wait), Lane::Held(later(wait))));
        assert_eq!(holds, expected);
        assert_eq!(follows(Class::Away, 5000, 0), follows(Class::Away, 1, 0));
        assert_eq!(follows(Class::Unauthorized, 1, 2), follows(Class::Away, 1, 2));
        assert_eq!(follows(Class::Throttled, 1, 0), follows(Class::Away, 1, 0));
    }

    #[test]
    fn a_used_up_allowance_holds_the_crm_a_quarter_of_an_hour_and_never_less() {
        assert_eq!(follows(Class::Exhausted, 1, 0), (again(900), Lane::Held(later(900))));
        let attempt =
            Attempt { class: Class::Exhausted, number: 1, lane_failures: 0, asked_at: ASKED, now: ASKED };
        assert_eq!(after(attempt, Jitter::from_random(0)), (again(900), Lane::Held(later(900))));
        let near = Some(Usage { used: 950, allowed: 1000 });
        assert_eq!(spare(near, ASKED), Lane::Held(later(900)));
        assert_eq!(spare(Some(Usage { used: 949, allowed: 1000 }), ASKED), Lane::Well);
        assert_eq!(spare(None, ASKED), Lane::Well);
    }

    #[test]
    fn after_three_days_a_record_is_given_up_and_its_crm_is_still_left_alone() {
        let attempt = |now| Attempt { class: Class::Away, number: 9, lane_failures: 9, asked_at: ASKED, now };
        let (decision, _) = after(attempt(ASKED.plus(LONGEST - Duration::from_secs(1))), Jitter::NONE);
        assert!(matches!(decision, Decision::Again(_)));
        let (decision, lane) = after(attempt(ASKED.plus(LONGEST)), Jitter::NONE);
        assert_eq!(decision, Decision::Park(Parked::GivenUp));
        assert!(matches!(lane, Lane::Held(_)));
    }
}
