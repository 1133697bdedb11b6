//! A record as a job: an order tried once, and what follows written down in one commit.
//!
//! Promises: whatever settles a record also writes the steps that wait for it, in the same commit (semantics 5, 5.6); a
//! record that a restart interrupted, or whose answer was lost, is tried as one that may exist. A CRM in trouble is left
//! alone as a whole, and asked by one record first. Leaves to others: the CRM (`crm`), the policy (`core::crm::retry`).

use super::crm::{self, Crm};
use super::follow_up::{self, Over};
use crate::store::job::{self, Claimed, Trace};
use crate::store::lane::{self, Why};
use crate::store::{StoreError, Tx, transaction};
use ringbridge_core::completion::ActionResult;
use ringbridge_core::crm::retry::{self, Attempt, Decision, Lane};
use ringbridge_core::crm::{Class, Created, Failure, History, Order, Outcome, Purpose, Report};
use ringbridge_core::id::TransactionId;
use ringbridge_core::placement::Placement;
use ringbridge_core::retry::Jitter;
use ringbridge_core::tenant::Tenant;
use ringbridge_core::time::Timestamp;
use serde_json::json;
use std::time::Duration;

/// The longest attempt: a token, a version, a description, a look-up and the record are five requests of 15 s.
pub(super) const LONGEST_ATTEMPT: Duration = Duration::from_secs(80);

/// How long a claim of a record lasts: longer than its longest attempt.
pub(super) const LEASE: Duration = Duration::from_secs(120);

/// How long after a restart a record that was under way is looked for: twice the time that an answer may take, so that what
/// the dead server sent has arrived or will not.
pub(super) const REST: Duration = Duration::from_secs(30);

/// Records of one CRM under way at once. Few: an org's other users share its allowance of parallel requests, and a backlog
/// of a day is gone in an hour all the same.
pub(super) const MOST_AT_ONCE: u32 = 4;

/// Tries an order once.
pub(super) async fn attempt(crm: &Crm, tenant: Option<&Tenant>, job: &Claimed, now: Timestamp) -> Report {
    let refuse = |message: &str| Report::from(Outcome::failed(Class::Refused, "", message));
    let Some(tenant) = tenant else { return refuse("the tenant does not exist any more") };
    let Ok(order) = serde_json::from_str::<Order>(&job.body) else {
        return refuse("the stored order cannot be read");
    };
    // This attempt's own doubt is counted already.
    let history = if job.doubts > 1 { History::Again } else { History::First };
    let tried = crm.attempt(tenant, &order, history, now);
    match tokio::time::timeout(LONGEST_ATTEMPT, tried).await {
        Ok(report) => report,
        Err(_) => Outcome::failed(Class::Unsure, "", "the CRM did not answer in time").into(),
    }
}

/// Settles an attempt.
///
/// # Errors
/// [`StoreError::Stale`] if the lease was lost; nothing is written then.
pub(super) fn settle(
    tx: &mut Tx<'_>,
    job: &Claimed,
    report: &Report,
    now: Timestamp,
    jitter: Jitter,
) -> Result<(), StoreError> {
    match &report.outcome {
        Outcome::Created(created) => {
            job::done(tx, job, now)?;
            let reason = "the CRM's allowance of requests is nearly used up";
            keep_lane(tx, job, retry::spare(report.usage, now), (Why::Spared, reason), now)?;
            finish(tx, job, |tx, over, purpose| created_now(tx, job, (over, purpose), created, now))
        }
        Outcome::Failed(failure) => {
            let attempt = Attempt {
                class: failure.class,
                number: u32::try_from(job.failures + 1).unwrap_or(u32::MAX),
                lane_failures: lane::failures(tx, &job.lane)?,
                asked_at: job.asked_at,
                now,
            };
            let (decision, lane) = retry::after(attempt, jitter);
            keep_lane(tx, job, lane, (Why::Failure, &failure.sentence()), now)?;
            match decision {
                Decision::Again(at) => {
                    job::retry(tx, job, (&failure.sentence(), trace(failure.class)), at)?;
                    finish(tx, job, |tx, over, _| {
                        let mut told = told(job, failure);
                        told["next_at"] = json!(at.rfc3339());
                        follow_up::note(tx, over, now, "record.attempted", told)
                    })
                }
                Decision::Park(why) => {
                    job::park(tx, job, (&failure.sentence(), trace(failure.class)), now)?;
                    finish(tx, job, |tx, over, purpose| {
                        let mut told = told(job, failure);
                        told["why"] = json!(why);
                        follow_up::note(tx, over, now, "record.parked", told)?;
                        failed_for_good(tx, over, purpose, &report.outcome, now)
                    })
                }
            }
        }
    }
}

/// What a failed attempt leaves for the next one.
const fn trace(class: Class) -> Trace {
    match class {
        Class::Away | Class::Unauthorized | Class::Throttled | Class::Exhausted => Trace::None,
        Class::Refused | Class::Locked | Class::Faulted => Trace::Failure,
        Class::Unsure | Class::Unprovable => Trace::Doubt,
    }
}

/// Writes down what the attempt means for all that waits for the same CRM.
fn keep_lane(
    tx: &mut Tx<'_>,
    job: &Claimed,
    verdict: Lane,
    (why, reason): (Why, &str),
    now: Timestamp,
) -> Result<(), StoreError> {
    match verdict {
        Lane::Open => Ok(()),
        Lane::Well => lane::well(tx, &job.lane).map(drop),
        Lane::Held(until) => {
            if why == Why::Spared {
                // It took a record: what was wrong with it before is over.
                lane::well(tx, &job.lane)?;
            }
            lane::hold(tx, (job.tenant, &job.lane), (why, reason), until, now)
        }
    }
}

fn created_now(
    tx: &mut Tx<'_>,
    job: &Claimed,
    (over, purpose): (&Over<'_>, Purpose),
    created: &Created,
    now: Timestamp,
) -> Result<(), StoreError> {
    let body = json!({
        "attempt": job.attempt,
        "purpose": purpose,
        "record_id": created.id,
        "object": created.object,
        "page": created.pages.as_ref().map(|pages| &pages.view),
        "notes": created.notes,
    });
    follow_up::note(tx, over, now, "record.created", body)?;
    match purpose {
        Purpose::Create => {
            let result = ActionResult::of(&Outcome::Created(created.clone()));
            follow_up::go_on(tx, over, &result, now)
        }
        // The log is nobody's action: it has no result, but the call shows it.
        Purpose::AutoLog => transaction::set_record(tx, over.id, &created.id),
    }
}

/// The action has failed; what follows goes on without the record. One that had failed before, and that an admin tried
/// again, has told so: the first words stay.
pub(super) fn failed_for_good(
    tx: &mut Tx<'_>,
    over: &Over<'_>,
    purpose: Purpose,
    outcome: &Outcome,
    now: Timestamp,
) -> Result<(), StoreError> {
    match purpose {
        Purpose::Create if !transaction::has_result(tx, over.id)? => {
            follow_up::go_on(tx, over, &ActionResult::of(outcome), now)
        }
        Purpose::Create | Purpose::AutoLog => Ok(()),
    }
}

fn told(job: &Claimed, failure: &Failure) -> serde_json::Value {
    json!({
        "attempt": job.attempt,
        "class": failure.class,
        "code": failure.code,
        "reason": failure.message,
    })
}

/// Reads a job's transaction back and works on it. An order that cannot be read any more was meant as an action's.
fn finish(
    tx: &mut Tx<'_>,
    job: &Claimed,
    work: impl FnOnce(&mut Tx<'_>, &Over<'_>, Purpose) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let purpose = purpose(&job.body);
    with_transaction(tx, job.transaction, |tx, over| work(tx, over, purpose))
}

/// What a stored order is for.
pub(super) fn purpose(body: &str) -> Purpose {
    serde_json::from_str::<Order>(body).map_or(Purpose::Create, |order| order.purpose)
}

/// Reads a completed transaction back and works on it.
pub(super) fn with_transaction(
    tx: &mut Tx<'_>,
    id: TransactionId,
    work: impl FnOnce(&mut Tx<'_>, &Over<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let Some(stored) = transaction::get(tx, id)? else { return Ok(()) };
    let Some(completed_at) = stored.completed_at else { return Ok(()) };
    let placement: Placement =
        serde_json::from_str(&stored.link).map_err(|error| StoreError::Unreadable {
            row: format!("transaction {id}"),
            column: "link".to_owned(),
            what: error.to_string(),
        })?;
    let over = Over {
        tenant: stored.tenant,
        agent: stored.agent,
        id: stored.id,
        guid: &stored.guid,
        placement: &placement,
        call: &stored.call,
        completed_at,
    };
    work(tx, &over)
}

/// The kind of these jobs.
pub(super) const KIND: &str = crm::KIND;

#[cfg(test)]
mod outage;
#[cfg(test)]
mod tests;
