//! A tenant at a glance: its live calls, what waits after calls, its calls by the hour, its refused clicks.
//!
//! Promises: every answer is bounded by a limit or by the hours asked for; none reads the rows of calls that are over. Leaves
//! to others: who may look (`web`), what each agent does (`switchboard`).

use super::journal::{self, Entry};
use super::transaction::{self, View};
use super::{Row, StoreError, Tx, Value};
use ringbridge_core::id::TenantId;
use ringbridge_core::time::Timestamp;
use std::ops::Range;

/// The live calls of a tenant, oldest first.
pub fn live(tx: &mut Tx<'_>, tenant: TenantId, limit: u32) -> Result<Vec<View>, StoreError> {
    let rows = tx.query(
        "select txn.id, txn.guid, txn.tenant_id, txn.agent_id, txn.queue_id, txn.number, txn.caller_id, txn.state,
                txn.link, txn.call, txn.created_at, txn.answered_at, txn.ended_at, txn.completed_at, txn.result_code,
                txn.error_string, txn.record_id, null as job_state, null as job_attempt
         from txn where txn.completed_at is null and txn.live = 1 and txn.tenant_id = $1 order by txn.id limit $2",
        &[tenant.0.into(), Value::Int(limit.into())],
    )?;
    rows.iter().map(transaction::viewed).collect()
}

/// How many steps after calls are open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Open {
    /// Given up until somebody looks.
    pub parked: i64,
    /// Still to be done.
    pub pending: i64,
}

/// Counts a tenant's steps after calls, each kind up to `limit`.
pub fn open_steps(tx: &mut Tx<'_>, tenant: TenantId, limit: u32) -> Result<Open, StoreError> {
    let parked = tx.first(
        "select count(*) as jobs from (select id from job where tenant_id = $1 and state = 'parked' limit $2) as counted",
        &[tenant.0.into(), Value::Int(limit.into())],
    )?;
    let pending = tx.first(
        "select count(*) as jobs from (select id from job where tenant_id = $1 and state = 'pending' limit $2) as counted",
        &[tenant.0.into(), Value::Int(limit.into())],
    )?;
    let jobs = |row: Option<Row>| row.map_or(Ok(0), |row| row.int("jobs"));
    Ok(Open { parked: jobs(parked)?, pending: jobs(pending)? })
}

/// The milliseconds of an hour.
const HOUR: i64 = 3_600_000;

/// How many calls of an hour came to the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// The first moment of the hour.
    pub hour: Timestamp,
    /// Why they ended; nothing for those that go on.
    pub end_reason: Option<String>,
    /// How many of them the customer answered.
    pub answered: i64,
    /// How many they are.
    pub calls: i64,
}

/// The calls whose click came in `range`, by hours that are counted from its start. One index holds all that is read; a
/// stretch of a week gives at most an hour's reasons times its hours.
pub fn tallies(tx: &mut Tx<'_>, tenant: TenantId, range: Range<Timestamp>) -> Result<Vec<Tally>, StoreError> {
    let rows = tx.query(
        "select (created_at - $2) / 3600000 as hour, end_reason, count(answered_at) as answered, count(*) as calls
         from txn where tenant_id = $1 and created_at >= $2 and created_at < $3 group by 1, 2 order by 1, 2",
        &[tenant.0.into(), range.start.into(), range.end.into()],
    )?;
    let tally = |row: &Row| {
        Ok(Tally {
            hour: Timestamp::from_millis(range.start.as_millis() + row.int("hour")? * HOUR),
            end_reason: row.optional_text("end_reason")?,
            answered: row.int("answered")?,
            calls: row.int("calls")?,
        })
    };
    rows.iter().map(tally).collect()
}

/// The clicks of a tenant's agents that were refused since `after`, newest first.
pub fn refused_clicks(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    after: Timestamp,
    limit: u32,
) -> Result<Vec<Entry>, StoreError> {
    let rows = tx.query(
        "select seq, tenant_id, agent_id, transaction_id, at, kind, body from journal
         where kind = 'click.refused' and tenant_id = $1 and at > $2 order by at desc, seq desc limit $3",
        &[tenant.0.into(), after.into(), Value::Int(limit.into())],
    )?;
    rows.iter().map(journal::entry).collect()
}
