//! Settling a callback: what an attempt came to, written down in one commit with its journal entry.
//!
//! Promises: exactly one of `callback.delivered`, `callback.attempted` (it will be tried again) and `callback.parked` for
//! an attempt that is settled, and none for one whose lease was lost. An overloaded receiver's lane is held in the same
//! commit. Leaves to others: deciding (`core::retry`).

use super::callback::Outcome;
use crate::store::job::{self, Claimed, Trace};
use crate::store::journal::{self, NewEntry};
use crate::store::lane::{self, Why};
use crate::store::{StoreError, Tx};
use ringbridge_core::retry::{self, Decision, Failure, Jitter, Parked};
use ringbridge_core::time::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;

/// How long one overloaded answer holds the other callbacks of its lane at most. The callback that was answered so waits
/// as long as it was told; the rest of the lane may be for another path that is well.
const MOST_LANE_HOLD: Duration = Duration::from_secs(5 * 60);

/// Settles an attempt.
///
/// # Errors
/// [`StoreError::Stale`] if the lease was lost; nothing is written then.
pub(super) fn settle(
    tx: &mut Tx<'_>,
    job: &Claimed,
    outcome: &Outcome,
    now: Timestamp,
    jitter: Jitter,
) -> Result<(), StoreError> {
    // Another attempt of the lane may have found the receiver overloaded meanwhile: that pause stays.
    lane::rested(tx, &job.lane, now)?;
    match outcome {
        Outcome::Delivered(status) => {
            job::done(tx, job, now)?;
            note(tx, job, now, "callback.delivered", json!({ "attempt": job.attempt, "status": status }))
        }
        Outcome::Failed { failure, reason } => {
            let attempt = u32::try_from(job.failures + 1).unwrap_or(u32::MAX);
            match retry::after(*failure, attempt, now, jitter) {
                Decision::Again(at) => {
                    job::retry(tx, job, (reason, Trace::Failure), at)?;
                    hold_lane(tx, job, *failure, now)?;
                    let body = json!({
                        "attempt": job.attempt,
                        "class": failure.class(),
                        "reason": reason,
                        "next_at": at.rfc3339(),
                    });
                    note(tx, job, now, "callback.attempted", body)
                }
                Decision::Park(why) => park(tx, job, why, failure.class(), reason, now),
            }
        }
    }
}

/// Parks a job with its reason, where an admin sees it.
fn park(
    tx: &mut Tx<'_>,
    job: &Claimed,
    why: Parked,
    class: &'static str,
    reason: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    job::park(tx, job, (reason, Trace::Failure), now)?;
    let body = json!({ "attempt": job.attempt, "class": class, "reason": reason, "why": why });
    note(tx, job, now, "callback.parked", body)
}

/// Leaves an overloaded receiver alone for a while.
fn hold_lane(tx: &mut Tx<'_>, job: &Claimed, failure: Failure, now: Timestamp) -> Result<(), StoreError> {
    match failure {
        Failure::Status { retry_after, .. } if failure.is_overload() => {
            let hold = retry_after.unwrap_or_default().clamp(retry::LEAST_THROTTLE, MOST_LANE_HOLD);
            let why = (Why::Spared, "the receiver says that it is overloaded");
            lane::hold(tx, (job.tenant, &job.lane), why, now.plus(hold), now)
        }
        Failure::Refused
        | Failure::Connect
        | Failure::Timeout
        | Failure::Tls
        | Failure::Garbled
        | Failure::Status { .. } => Ok(()),
    }
}

fn note(
    tx: &mut Tx<'_>,
    job: &Claimed,
    at: Timestamp,
    kind: &'static str,
    body: Value,
) -> Result<(), StoreError> {
    let entry = NewEntry {
        tenant: Some(job.tenant),
        agent: Some(job.agent),
        transaction: Some(job.transaction),
        at,
        kind,
        body,
    };
    journal::append(tx, &entry).map(drop)
}
