//! Lanes: the receivers and CRMs that jobs wait for, as far as they are in trouble.
//!
//! Promises: a lane without a row is well; failures that come together count as one; what is held is tried again by one
//! job first (`job::claim`). Leaves to others: how long a lane is held (`core::crm::retry`, `core::retry`).

use super::{Row, StoreError, Tx};
use ringbridge_core::id::TenantId;
use ringbridge_core::time::Timestamp;

/// A lane in trouble.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    /// Its name, for example `crm:1:sfdc`.
    pub name: String,
    /// Failures in a row; 0: it is only spared.
    pub failures: u32,
    /// When it is tried next.
    pub open_at: Timestamp,
    /// Why it is held, in a sentence.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
    /// How many jobs wait for it.
    pub waiting: i64,
}

/// How a lane is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Something failed that was not a job's own fault.
    Failure,
    /// It works; it is only left alone for a while.
    Spared,
}

/// Failures in a row so far.
pub fn failures(tx: &mut Tx<'_>, lane: &str) -> Result<u32, StoreError> {
    let row = tx.first("select failures from lane where lane = $1", &[lane.into()])?;
    let failures = row.map_or(Ok(0), |row| row.int("failures"))?;
    Ok(u32::try_from(failures).unwrap_or(u32::MAX))
}

/// Leaves a lane alone until `until`. Where it is held already, this failure is one of those that came together: the later
/// moment counts, the number of failures stays.
pub fn hold(
    tx: &mut Tx<'_>,
    (tenant, lane): (TenantId, &str),
    (why, reason): (Why, &str),
    until: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    let more = i64::from(why == Why::Failure);
    tx.execute(
        "insert into lane (lane, tenant_id, failures, open_at, reason, since) values ($1, $2, $3, $4, $5, $6)
         on conflict (lane) do update set
             failures = lane.failures + case when lane.open_at > $6 then 0 else $3 end,
             open_at = case when lane.open_at > $4 then lane.open_at else $4 end,
             reason = $5",
        &[lane.into(), tenant.0.into(), more.into(), until.into(), reason.into(), now.into()],
    )?;
    Ok(())
}

/// The lane works again. Gives whether it was in trouble.
pub fn well(tx: &mut Tx<'_>, lane: &str) -> Result<bool, StoreError> {
    Ok(tx.execute("delete from lane where lane = $1", &[lane.into()])? > 0)
}

/// A lane that was only spared is well when its time is over: who is asked again is not in trouble any more.
pub fn rested(tx: &mut Tx<'_>, lane: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "delete from lane where lane = $1 and failures = 0 and open_at <= $2",
        &[lane.into(), now.into()],
    )?;
    Ok(())
}

/// Lets the next job of a lane try at once; its failures still count, so that it is one job.
pub fn open_now(tx: &mut Tx<'_>, tenant: TenantId, lane: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "update lane set open_at = $1 where lane = $2 and tenant_id = $3 and open_at > $1",
        &[now.into(), lane.into(), tenant.0.into()],
    )?;
    Ok(())
}

/// How many lanes are in trouble, over all tenants.
pub fn held(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    let row = tx.first("select count(*) as lanes from lane", &[])?;
    row.map_or(Ok(0), |row| row.int("lanes"))
}

/// The lanes of a tenant that are in trouble.
pub fn of_tenant(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Vec<Lane>, StoreError> {
    let rows = tx.query(
        "select lane.lane, lane.failures, lane.open_at, lane.reason, lane.since,
                (select count(*) from job where job.lane = lane.lane and job.state = 'pending') as waiting
         from lane where lane.tenant_id = $1 order by lane.lane",
        &[tenant.0.into()],
    )?;
    rows.iter().map(lane).collect()
}

fn lane(row: &Row) -> Result<Lane, StoreError> {
    Ok(Lane {
        name: row.text("lane")?,
        failures: u32::try_from(row.int("failures")?).unwrap_or(u32::MAX),
        open_at: row.moment("open_at")?,
        reason: row.text("reason")?,
        since: row.moment("since")?,
        waiting: row.int("waiting")?,
    })
}
