//! What goes wrong at the org, and when: the faults that a client of Salesforce has to live with (salesforce.md 5.3).
//!
//! Promises: deterministic; the same script on the same requests does the same. Leaves to others: doing it (`http`).

use std::{collections::VecDeque, time::Duration};

/// One thing that goes wrong with one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The request is carried out and the connection closed without an answer.
    LostAfterCommit,
    /// The connection is closed without an answer and nothing is carried out.
    LostBeforeCommit,
    /// The connection is closed at once without an answer; the request is carried out after this time.
    CommitLate(Duration),
    /// The token ends at this moment: 401 `INVALID_SESSION_ID`.
    Expired,
    /// 403 `REQUEST_LIMIT_EXCEEDED`, the requests of the day are used up.
    DailyLimit,
    /// 403 `REQUEST_LIMIT_EXCEEDED`, too many long requests at once.
    LongTransactions,
    /// `UNABLE_TO_LOCK_ROW` as 400.
    LockedRowAs400,
    /// `UNABLE_TO_LOCK_ROW` as 500.
    LockedRowAs500,
    /// 300 with two addresses; nothing is carried out.
    Ambiguous,
    /// 503 with a page of HTML; nothing is carried out.
    Unavailable,
    /// 503 `SERVER_UNAVAILABLE` in JSON; nothing is carried out.
    ServerUnavailable,
    /// The request is carried out and answered with 500 `UNKNOWN_EXCEPTION`.
    UnknownAfterCommit,
    /// 500 `UNKNOWN_EXCEPTION`; nothing is carried out.
    UnknownBeforeCommit,
    /// The request is carried out at once and answered after this time.
    Slow(Duration),
    /// The request is carried out; of the answer's JSON only the first half arrives, in a well-formed answer.
    TruncatedJson,
    /// The request is carried out; the connection is closed in the middle of the answer's body.
    CutBody,
    /// Any other refusal, such as a validation rule's or a trigger's; nothing is carried out.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The `errorCode`.
        code: String,
        /// The `message`.
        message: String,
        /// The `fields`; left out when there are none.
        fields: Vec<String>,
    },
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `POST /sobjects/X`.
    Create,
    /// `PATCH /sobjects/X/Key__c/value`.
    Upsert,
    /// `PATCH /sobjects/X/id`.
    Update,
    /// `DELETE`.
    Delete,
    /// `GET` of a record, of changes, of limits.
    Read,
    /// `GET …/describe` and the list of objects.
    Describe,
    /// A query, its further pages, a search.
    Query,
    /// `POST /services/oauth2/token`.
    Token,
    /// Everything else: versions, other OAuth endpoints, pages for people.
    Other,
}

/// When things go wrong.
#[derive(Clone, Debug)]
pub struct FaultScript {
    on: Vec<Operation>,
    plan: Plan,
}

#[derive(Clone, Debug)]
enum Plan {
    /// One entry a request, then nothing.
    Sequence(VecDeque<Option<Fault>>),
    /// Each with its chance in a thousand, the first that hits.
    Seeded { state: u64, chances: Vec<(u32, Fault)> },
}

impl FaultScript {
    /// Nothing goes wrong.
    #[must_use]
    pub fn none() -> Self {
        Self::sequence([])
    }

    /// This goes wrong with the next request, once.
    #[must_use]
    pub fn once(fault: Fault) -> Self {
        Self::sequence([Some(fault)])
    }

    /// One entry for each request from now on (`None`: it goes well), and nothing when they are used up.
    #[must_use]
    pub fn sequence(faults: impl IntoIterator<Item = Option<Fault>>) -> Self {
        Self::of(Plan::Sequence(faults.into_iter().collect()))
    }

    /// Each request meets each fault with a chance in a thousand, the first that hits; the seed decides the dice.
    #[must_use]
    pub fn seeded(seed: u64, chances: impl IntoIterator<Item = (u32, Fault)>) -> Self {
        Self::of(Plan::Seeded { state: seed, chances: chances.into_iter().collect() })
    }

    fn of(plan: Plan) -> Self {
        Self { on: vec![Operation::Create, Operation::Upsert], plan }
    }

    /// For these requests instead of creates and upserts.
    #[must_use]
    pub fn on(mut self, operations: impl IntoIterator<Item = Operation>) -> Self {
        self.on = operations.into_iter().collect();
        self
    }

    /// What goes wrong with this request.
    pub(super) fn next(&mut self, operation: Operation) -> Option<Fault> {
        if !self.on.contains(&operation) {
            return None;
        }
        match &mut self.plan {
            Plan::Sequence(faults) => faults.pop_front().flatten(),
            Plan::Seeded { state, chances } => {
                let hit = chances.iter().find(|(chance, _)| dice(state) % 1000 < u64::from(*chance));
                hit.map(|(_, fault)| fault.clone())
            }
        }
    }
}

/// SplitMix64: good enough to throw dice, and the same everywhere.
fn dice(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_is_used_up_by_the_requests_it_is_for() {
        let mut script = FaultScript::sequence([Some(Fault::LostAfterCommit), None, Some(Fault::Ambiguous)]);
        assert_eq!(script.next(Operation::Query), None);
        let met: Vec<_> = (0..4).map(|_| script.next(Operation::Upsert)).collect();
        assert_eq!(met, [Some(Fault::LostAfterCommit), None, Some(Fault::Ambiguous), None]);
    }

    #[test]
    fn the_same_seed_throws_the_same_dice_in_about_the_chance_given() {
        let script = || FaultScript::seeded(7, [(100, Fault::DailyLimit)]).on([Operation::Token]);
        let throw = |mut script: FaultScript| -> Vec<_> {
            (0..2000).map(|_| script.next(Operation::Token)).collect()
        };
        let met = throw(script());
        assert_eq!(met, throw(script()));
        let hits = met.iter().flatten().count();
        assert!((150..250).contains(&hits), "{hits} of 2000");
    }
}
