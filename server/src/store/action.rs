//! Jobs as people see and steer them: the steps after a call (semantics 5.6).
//!
//! Promises: a job that is being tried is not changed; looking changes nothing. Leaves to others: claiming and settling
//! (`job`), what an admin may do with which (`jobs::actions`).

use super::job::JobId;
use super::{Row, StoreError, Tx, Value};
use ringbridge_core::id::{TenantId, TransactionId};
use ringbridge_core::time::Timestamp;

/// A job as an admin sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// The row.
    pub id: JobId,
    /// Its transaction.
    pub transaction: TransactionId,
    /// What is to be done.
    pub kind: String,
    /// All that is needed to do it, as JSON.
    pub body: String,
    /// `pending`, `done`, `parked` or `given_up`.
    pub state: String,
    /// Its lane.
    pub lane: String,
    /// Until when somebody tries it.
    pub leased_until: Timestamp,
    /// How many attempts may have done what they were to do.
    pub doubts: i64,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is tried next, while it is pending.
    pub due_at: Timestamp,
    /// What the last attempt came to, if it failed.
    pub last_error: Option<String>,
    /// When it was enqueued.
    pub created_at: Timestamp,
    /// When it was done or parked.
    pub settled_at: Option<Timestamp>,
}

/// A job of this tenant.
pub fn find(tx: &mut Tx<'_>, tenant: TenantId, id: JobId) -> Result<Option<View>, StoreError> {
    let row = tx.first(
        "select id, transaction_id, kind, body, state, lane, leased_until, doubts, attempt, due_at, last_error,
                created_at, settled_at
         from job where id = $1 and tenant_id = $2",
        &[id.0.into(), tenant.0.into()],
    )?;
    row.as_ref().map(viewed).transpose()
}

/// A tenant's callbacks in all states, newest first, from the one before a row on.
pub fn callbacks(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    before: JobId,
    limit: u32,
) -> Result<Vec<View>, StoreError> {
    let rows = tx.query(
        "select id, transaction_id, kind, body, state, lane, leased_until, doubts, attempt, due_at, last_error,
                created_at, settled_at
         from job where tenant_id = $1 and kind = 'callback' and id < $2 order by id desc limit $3",
        &[tenant.0.into(), before.0.into(), Value::Int(limit.into())],
    )?;
    rows.iter().map(viewed).collect()
}

/// How a job is put back to work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Again<'a> {
    /// Its body from now on.
    pub body: &'a str,
    /// Its lane from now on.
    pub lane: &'a str,
    /// How many of its attempts may have done what they were to do.
    pub doubts: i64,
    /// When it may be tried.
    pub due_at: Timestamp,
    /// The state that it was seen in.
    pub was: &'a str,
}

/// Puts a job that nobody tries back to work; its failures are forgotten.
///
/// # Errors
/// [`StoreError::Stale`] if it is not there, not in the state it was seen in, or being tried.
pub fn again(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    id: JobId,
    again: Again<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.guarded(
        "the job",
        "update job set state = 'pending', due_at = $1, leased_until = 0, lease = '', settled_at = null, failures = 0,
                        body = $2, lane = $3, doubts = $4, asked_at = $7
         where id = $5 and tenant_id = $6 and state = $8 and leased_until <= $7",
        &[
            again.due_at.into(),
            again.body.into(),
            again.lane.into(),
            Value::Int(again.doubts),
            id.0.into(),
            tenant.0.into(),
            now.into(),
            again.was.into(),
        ],
    )
}

/// Gives up what is left of a kind of a transaction, unless it is being tried: something newer takes its place.
pub fn supersede(tx: &mut Tx<'_>, id: TransactionId, kind: &str, now: Timestamp) -> Result<u64, StoreError> {
    tx.execute(
        "update job set state = 'given_up', settled_at = $1, leased_until = 0, lease = ''
         where transaction_id = $2 and kind = $3 and state in ('pending', 'parked') and leased_until <= $1",
        &[now.into(), id.0.into(), kind.into()],
    )
}

/// Gives a job up that nobody tries.
///
/// # Errors
/// [`StoreError::Stale`] if it is not there, settled or being tried.
pub fn give_up(tx: &mut Tx<'_>, tenant: TenantId, id: JobId, now: Timestamp) -> Result<(), StoreError> {
    tx.guarded(
        "the job",
        "update job set state = 'given_up', settled_at = $1, leased_until = 0, lease = ''
         where id = $2 and tenant_id = $3 and state in ('pending', 'parked') and leased_until <= $1",
        &[now.into(), id.0.into(), tenant.0.into()],
    )
}

/// The jobs of a transaction, oldest first; it has a handful.
pub fn of_transaction(tx: &mut Tx<'_>, tenant: TenantId, id: TransactionId) -> Result<Vec<View>, StoreError> {
    let rows = tx.query(
        "select id, transaction_id, kind, body, state, lane, leased_until, doubts, attempt, due_at, last_error,
                created_at, settled_at
         from job where transaction_id = $1 and tenant_id = $2 order by id",
        &[id.0.into(), tenant.0.into()],
    )?;
    rows.iter().map(viewed).collect()
}

/// How many jobs of a kind a transaction has.
pub fn of_kind(tx: &mut Tx<'_>, id: TransactionId, kind: &str) -> Result<i64, StoreError> {
    let row = tx.first(
        "select count(*) as jobs from job where transaction_id = $1 and kind = $2",
        &[id.0.into(), kind.into()],
    )?;
    row.map_or(Ok(0), |row| row.int("jobs"))
}

/// A tenant's jobs that wait, oldest first.
pub fn waiting(tx: &mut Tx<'_>, tenant: TenantId, limit: u32) -> Result<Vec<View>, StoreError> {
    let rows = tx.query(
        "select id, transaction_id, kind, body, state, lane, leased_until, doubts, attempt, due_at, last_error,
                created_at, settled_at
         from job where tenant_id = $1 and state = 'pending' order by id limit $2",
        &[tenant.0.into(), Value::Int(limit.into())],
    )?;
    rows.iter().map(viewed).collect()
}

/// How many jobs of a kind are in a state, and how old the oldest is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// `crm` or `callback`.
    pub kind: String,
    /// `pending` or `parked`.
    pub state: String,
    /// How many.
    pub jobs: i64,
    /// When the oldest was enqueued.
    pub oldest: Timestamp,
}

/// Counts what is open, over all tenants.
pub fn counts(tx: &mut Tx<'_>) -> Result<Vec<Count>, StoreError> {
    let mut rows = tx.query(
        "select kind, state, count(*) as jobs, min(created_at) as oldest from job where state = 'pending'
         group by kind, state",
        &[],
    )?;
    rows.extend(tx.query(
        "select kind, state, count(*) as jobs, min(created_at) as oldest from job where state = 'parked'
         group by kind, state",
        &[],
    )?);
    let count = |row: &Row| {
        Ok(Count {
            kind: row.text("kind")?,
            state: row.text("state")?,
            jobs: row.int("jobs")?,
            oldest: row.moment("oldest")?,
        })
    };
    rows.iter().map(count).collect()
}

/// A tenant's parked jobs, newest first.
pub fn parked(tx: &mut Tx<'_>, tenant: TenantId, limit: u32) -> Result<Vec<View>, StoreError> {
    let rows = tx.query(
        "select id, transaction_id, kind, body, state, lane, leased_until, doubts, attempt, due_at, last_error,
                created_at, settled_at
         from job where tenant_id = $1 and state = 'parked' order by id desc limit $2",
        &[tenant.0.into(), Value::Int(limit.into())],
    )?;
    rows.iter().map(viewed).collect()
}

fn viewed(row: &Row) -> Result<View, StoreError> {
    Ok(View {
        id: JobId(row.int("id")?),
        transaction: TransactionId(row.int("transaction_id")?),
        kind: row.text("kind")?,
        body: row.text("body")?,
        state: row.text("state")?,
        lane: row.text("lane")?,
        leased_until: row.moment("leased_until")?,
        doubts: row.int("doubts")?,
        attempts: row.int("attempt")?,
        due_at: row.moment("due_at")?,
        last_error: row.optional_text("last_error")?,
        created_at: row.moment("created_at")?,
        settled_at: row.optional_moment("settled_at")?,
    })
}
