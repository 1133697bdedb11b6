//! Jobs: what is to be done outside after a commit, written down in that commit.
//!
//! Promises: a job is claimed by one worker at a time, under a lease; the lease and the attempt are its fencing token, so
//! that a worker which was thought dead cannot settle what another has taken over. Leaves to others: running them and
//! when to try again (`jobs`, `core::retry`).

use super::{Row, StoreError, Tx, Value};
use ringbridge_core::id::{AgentId, TenantId, TransactionId};
use ringbridge_core::time::Timestamp;

/// A job's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub i64);

/// A job about to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewJob {
    /// Its tenant.
    pub tenant: TenantId,
    /// The agent of its transaction.
    pub agent: AgentId,
    /// Its transaction.
    pub transaction: TransactionId,
    /// What is to be done, for example `callback`.
    pub kind: &'static str,
    /// Whom it asks for attention, for example tenant and host: jobs of one lane are limited together.
    pub lane: String,
    /// All that is needed to do it, as JSON.
    pub body: String,
    /// When it may be tried first.
    pub due_at: Timestamp,
}

/// A job that a worker has claimed. It settles it with this value or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The row.
    pub id: JobId,
    /// Its tenant.
    pub tenant: TenantId,
    /// The agent of its transaction.
    pub agent: AgentId,
    /// Its transaction.
    pub transaction: TransactionId,
    /// What is to be done.
    pub kind: String,
    /// Its lane.
    pub lane: String,
    /// All that is needed to do it, as JSON.
    pub body: String,
    /// Which attempt this is, from 1.
    pub attempt: i64,
    /// The worker's name, the other half of the fencing token.
    pub lease: String,
    /// When it was enqueued: waits are counted from here.
    pub created_at: Timestamp,
}

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
    /// `pending`, `done` or `parked`.
    pub state: String,
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

/// Writes a job down, in the transaction of what asks for it.
pub fn enqueue(tx: &mut Tx<'_>, job: &NewJob, now: Timestamp) -> Result<JobId, StoreError> {
    let row = tx.first(
        "insert into job (tenant_id, agent_id, transaction_id, kind, lane, body, state, attempt, due_at, leased_until,
                          lease, created_at)
         values ($1, $2, $3, $4, $5, $6, 'pending', 0, $7, 0, '', $8) returning id",
        &[
            job.tenant.0.into(),
            job.agent.0.into(),
            job.transaction.0.into(),
            job.kind.into(),
            job.lane.as_str().into(),
            job.body.as_str().into(),
            job.due_at.into(),
            now.into(),
        ],
    )?;
    Ok(JobId(row.ok_or(StoreError::Stale { what: "the job" })?.int("id")?))
}

/// How many jobs a worker takes at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// At most this many in all.
    pub jobs: u32,
    /// At most this many of one lane under lease, here or elsewhere, so that one slow receiver cannot take every slot.
    pub each_lane: u32,
}

/// Takes due jobs whose lease is free or has run out, for `worker`, until `leased_until`.
pub fn claim(
    tx: &mut Tx<'_>,
    worker: &str,
    now: Timestamp,
    leased_until: Timestamp,
    share: Share,
) -> Result<Vec<Claimed>, StoreError> {
    let rows = tx.query(
        "update job set leased_until = $1, lease = $2, attempt = attempt + 1
         where id in (select waiting.id
                      from (select id, lane, due_at, row_number() over (partition by lane order by due_at, id) as place
                            from job where state = 'pending' and due_at <= $3 and leased_until <= $3) as waiting
                      left join (select lane, count(*) as leased from job
                                 where state = 'pending' and leased_until > $3 group by lane) as busy
                             on busy.lane = waiting.lane
                      where waiting.place + coalesce(busy.leased, 0) <= $5
                      order by waiting.due_at, waiting.id limit $4)
           and state = 'pending' and leased_until <= $3
         returning id, tenant_id, agent_id, transaction_id, kind, lane, body, attempt, lease, created_at",
        &[
            leased_until.into(),
            worker.into(),
            now.into(),
            Value::Int(share.jobs.into()),
            Value::Int(share.each_lane.into()),
        ],
    )?;
    let mut claimed = rows.iter().map(claimed).collect::<Result<Vec<_>, _>>()?;
    // `returning` promises no order; the oldest comes first here, so that tests and logs read well.
    claimed.sort_by_key(|job| job.id);
    Ok(claimed)
}

/// Frees what `worker`'s predecessors of the same node had under lease when they died. `node` is how their names begin.
pub fn take_over(tx: &mut Tx<'_>, node: &str, worker: &str) -> Result<u64, StoreError> {
    tx.execute(
        "update job set leased_until = 0, lease = ''
         where state = 'pending' and leased_until > 0 and substr(lease, 1, length($1)) = $1 and lease <> $2",
        &[node.into(), worker.into()],
    )
}

/// Makes a lane wait until `until`; what is under lease there goes on.
pub fn hold_lane(tx: &mut Tx<'_>, lane: &str, now: Timestamp, until: Timestamp) -> Result<u64, StoreError> {
    tx.execute(
        "update job set due_at = $1
         where state = 'pending' and lane = $2 and leased_until <= $3 and due_at < $1",
        &[until.into(), lane.into(), now.into()],
    )
}

/// Settles a job: it is done.
///
/// # Errors
/// [`StoreError::Stale`] if another worker has taken it over.
pub fn done(tx: &mut Tx<'_>, job: &Claimed, now: Timestamp) -> Result<(), StoreError> {
    settle(tx, job, "done", None, now)
}

/// Settles a job: it is given up until an admin resends it.
///
/// # Errors
/// [`StoreError::Stale`] if another worker has taken it over.
pub fn park(tx: &mut Tx<'_>, job: &Claimed, error: &str, now: Timestamp) -> Result<(), StoreError> {
    settle(tx, job, "parked", Some(error), now)
}

/// Gives a job back, to be tried again at `due_at`.
///
/// # Errors
/// [`StoreError::Stale`] if another worker has taken it over.
pub fn retry(tx: &mut Tx<'_>, job: &Claimed, error: &str, due_at: Timestamp) -> Result<(), StoreError> {
    tx.guarded(
        "the job",
        "update job set due_at = $1, leased_until = 0, lease = '', last_error = $2
         where id = $3 and state = 'pending' and attempt = $4 and lease = $5",
        &[due_at.into(), error.into(), job.id.0.into(), job.attempt.into(), job.lease.as_str().into()],
    )
}

/// Puts a parked job back to work at once; `false` if there is no such parked job.
pub fn resend(tx: &mut Tx<'_>, tenant: TenantId, id: JobId, now: Timestamp) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "update job set state = 'pending', due_at = $1, leased_until = 0, lease = '', settled_at = null
         where id = $2 and tenant_id = $3 and state = 'parked'",
        &[now.into(), id.0.into(), tenant.0.into()],
    )?;
    Ok(changed > 0)
}

/// What there is to do, now and next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// Whether a job is due and free. It may still have to wait for a place in its lane, which the end of another frees.
    pub due: bool,
    /// The first moment after now at which a job becomes due or a lease runs out.
    pub next: Option<Timestamp>,
}

/// Looks ahead: until there is something due, a worker may sleep.
pub fn outlook(tx: &mut Tx<'_>, now: Timestamp) -> Result<Outlook, StoreError> {
    let due = tx.first(
        "select id from job where state = 'pending' and due_at <= $1 and leased_until <= $1 limit 1",
        &[now.into()],
    )?;
    // Two look-ups in two indices. A job under lease is due, so that neither hides the other.
    let later = tx.first(
        "select min(due_at) as moment from job where state = 'pending' and due_at > $1",
        &[now.into()],
    )?;
    let lease_ends = tx.first(
        "select min(leased_until) as moment from job where state = 'pending' and leased_until > $1",
        &[now.into()],
    )?;
    let mut next = None;
    for row in [later, lease_ends].into_iter().flatten() {
        if let Some(moment) = row.optional_moment("moment")? {
            next = Some(next.map_or(moment, |earlier: Timestamp| earlier.min(moment)));
        }
    }
    Ok(Outlook { due: due.is_some(), next })
}

/// The jobs of a transaction, oldest first; it has a handful.
pub fn of_transaction(tx: &mut Tx<'_>, tenant: TenantId, id: TransactionId) -> Result<Vec<View>, StoreError> {
    let rows = tx.query(
        "select id, transaction_id, kind, body, state, attempt, due_at, last_error, created_at, settled_at
         from job where transaction_id = $1 and tenant_id = $2 order by id",
        &[id.0.into(), tenant.0.into()],
    )?;
    rows.iter().map(viewed).collect()
}

/// A tenant's parked jobs, newest first.
pub fn parked(tx: &mut Tx<'_>, tenant: TenantId, limit: u32) -> Result<Vec<View>, StoreError> {
    let rows = tx.query(
        "select id, transaction_id, kind, body, state, attempt, due_at, last_error, created_at, settled_at
         from job where tenant_id = $1 and state = 'parked' order by id desc limit $2",
        &[tenant.0.into(), Value::Int(limit.into())],
    )?;
    rows.iter().map(viewed).collect()
}

fn settle(
    tx: &mut Tx<'_>,
    job: &Claimed,
    state: &'static str,
    error: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.guarded(
        "the job",
        "update job set state = $1, last_error = $2, settled_at = $3, leased_until = 0, lease = ''
         where id = $4 and state = 'pending' and attempt = $5 and lease = $6",
        &[
            state.into(),
            error.into(),
            now.into(),
            job.id.0.into(),
            job.attempt.into(),
            job.lease.as_str().into(),
        ],
    )
}

fn claimed(row: &Row) -> Result<Claimed, StoreError> {
    Ok(Claimed {
        id: JobId(row.int("id")?),
        tenant: TenantId(row.int("tenant_id")?),
        agent: AgentId(row.int("agent_id")?),
        transaction: TransactionId(row.int("transaction_id")?),
        kind: row.text("kind")?,
        lane: row.text("lane")?,
        body: row.text("body")?,
        attempt: row.int("attempt")?,
        lease: row.text("lease")?,
        created_at: row.moment("created_at")?,
    })
}

fn viewed(row: &Row) -> Result<View, StoreError> {
    Ok(View {
        id: JobId(row.int("id")?),
        transaction: TransactionId(row.int("transaction_id")?),
        kind: row.text("kind")?,
        body: row.text("body")?,
        state: row.text("state")?,
        attempts: row.int("attempt")?,
        due_at: row.moment("due_at")?,
        last_error: row.optional_text("last_error")?,
        created_at: row.moment("created_at")?,
        settled_at: row.optional_moment("settled_at")?,
    })
}
