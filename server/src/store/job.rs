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
    /// How many attempts before it failed by the job's own fault.
    pub failures: i64,
    /// How many attempts may have done what they were to do; this one is among them.
    pub doubts: i64,
    /// The worker's name, the other half of the fencing token.
    pub lease: String,
    /// When it was asked for, by its commit or by an admin since: waits are counted from here.
    pub asked_at: Timestamp,
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

/// How many jobs a worker takes at once, and for how long. Jobs of the kind `crm` have a share of their own: they wait for
/// more answers, and their receivers count requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// At most this many in all.
    pub jobs: u32,
    /// At most this many of one lane under lease, here or elsewhere, so that one slow receiver cannot take every slot.
    pub each_lane: u32,
    /// The same for a lane of CRM records.
    pub each_crm: u32,
}

/// Until when a claim holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// For most jobs.
    pub until: Timestamp,
    /// For CRM records.
    pub crm_until: Timestamp,
}

/// Takes due jobs whose lease is free or has run out and whose lane is open, for `worker`. A lane with failures gives one
/// job: it finds out whether the rest may follow.
pub fn claim(
    tx: &mut Tx<'_>,
    worker: &str,
    now: Timestamp,
    lease: Lease,
    share: Share,
) -> Result<Vec<Claimed>, StoreError> {
    let rows = tx.query(
        "update job set leased_until = case when kind = 'crm' then $2 else $1 end, lease = $3,
                        attempt = attempt + 1, doubts = doubts + 1
         where id in (select waiting.id
                      from (select id, lane, kind, due_at,
                                   row_number() over (partition by lane order by due_at, id) as place
                            from job where state = 'pending' and due_at <= $4 and leased_until <= $4
                              and not exists (select 1 from lane where lane.lane = job.lane and lane.open_at > $4))
                           as waiting
                      left join (select lane, count(*) as leased from job
                                 where state = 'pending' and leased_until > $4 group by lane) as busy
                             on busy.lane = waiting.lane
                      left join lane on lane.lane = waiting.lane
                      where waiting.place + coalesce(busy.leased, 0) <=
                            case when coalesce(lane.failures, 0) > 0 then 1
                                 when waiting.kind = 'crm' then $7 else $6 end
                      order by waiting.due_at, waiting.id limit $5)
           and state = 'pending' and leased_until <= $4
         returning id, tenant_id, agent_id, transaction_id, kind, lane, body, attempt, failures, doubts, lease,
                   coalesce(asked_at, created_at) as asked_at",
        &[
            lease.until.into(),
            lease.crm_until.into(),
            worker.into(),
            now.into(),
            Value::Int(share.jobs.into()),
            Value::Int(share.each_lane.into()),
            Value::Int(share.each_crm.into()),
        ],
    )?;
    let mut claimed = rows.iter().map(claimed).collect::<Result<Vec<_>, _>>()?;
    // `returning` promises no order; the oldest comes first here, so that tests and logs read well.
    claimed.sort_by_key(|job| job.id);
    Ok(claimed)
}

/// Frees what `worker`'s predecessors of the same node had under lease when they died. `node` is how their names begin.
/// A CRM record waits until `crm_due`: what the dead server sent may still be on its way, and is looked for then.
pub fn take_over(tx: &mut Tx<'_>, node: &str, worker: &str, crm_due: Timestamp) -> Result<u64, StoreError> {
    tx.execute(
        "update job set leased_until = 0, lease = '',
                        due_at = case when kind = 'crm' and due_at < $3 then $3 else due_at end
         where state = 'pending' and leased_until > 0 and substr(lease, 1, length($1)) = $1 and lease <> $2",
        &[node.into(), worker.into(), crm_due.into()],
    )
}

/// Settles a job: it is done.
///
/// # Errors
/// [`StoreError::Stale`] if another worker has taken it over.
pub fn done(tx: &mut Tx<'_>, job: &Claimed, now: Timestamp) -> Result<(), StoreError> {
    settle(tx, job, "done", (None, Trace::None), now)
}

/// Settles a job: it is given up until an admin resends it.
///
/// # Errors
/// [`StoreError::Stale`] if another worker has taken it over.
pub fn park(
    tx: &mut Tx<'_>,
    job: &Claimed,
    (error, trace): (&str, Trace),
    now: Timestamp,
) -> Result<(), StoreError> {
    settle(tx, job, "parked", (Some(error), trace), now)
}

/// What an attempt that is tried again leaves behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trace {
    /// Nothing: it was not the job's fault, and it surely did nothing.
    None,
    /// A failure of the job's own; it surely did nothing.
    Failure,
    /// A failure, and it may have done what it was to do.
    Doubt,
}

impl Trace {
    /// What is added to failures and doubts; the attempt's own doubt was counted when it was claimed.
    const fn adds(self) -> (i64, i64) {
        match self {
            Self::None => (0, -1),
            Self::Failure => (1, -1),
            Self::Doubt => (1, 0),
        }
    }
}

/// Gives a job back, to be tried again at `due_at`.
///
/// # Errors
/// [`StoreError::Stale`] if another worker has taken it over.
pub fn retry(
    tx: &mut Tx<'_>,
    job: &Claimed,
    (error, trace): (&str, Trace),
    due_at: Timestamp,
) -> Result<(), StoreError> {
    let (failures, doubts) = trace.adds();
    tx.guarded(
        "the job",
        "update job set due_at = $1, leased_until = 0, lease = '', last_error = $2, failures = failures + $3,
                        doubts = doubts + $4
         where id = $5 and state = 'pending' and attempt = $6 and lease = $7",
        &[
            due_at.into(),
            error.into(),
            Value::Int(failures),
            Value::Int(doubts),
            job.id.0.into(),
            job.attempt.into(),
            job.lease.as_str().into(),
        ],
    )
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
        "select id from job where state = 'pending' and due_at <= $1 and leased_until <= $1
             and not exists (select 1 from lane where lane.lane = job.lane and lane.open_at > $1) limit 1",
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
    let lane_opens = tx.first("select min(open_at) as moment from lane where open_at > $1", &[now.into()])?;
    let mut next = None;
    for row in [later, lease_ends, lane_opens].into_iter().flatten() {
        if let Some(moment) = row.optional_moment("moment")? {
            next = Some(next.map_or(moment, |earlier: Timestamp| earlier.min(moment)));
        }
    }
    Ok(Outlook { due: due.is_some(), next })
}

fn settle(
    tx: &mut Tx<'_>,
    job: &Claimed,
    state: &'static str,
    (error, trace): (Option<&str>, Trace),
    now: Timestamp,
) -> Result<(), StoreError> {
    let (failures, doubts) = trace.adds();
    tx.guarded(
        "the job",
        "update job set state = $1, last_error = $2, settled_at = $3, leased_until = 0, lease = '',
                        failures = failures + $4, doubts = doubts + $5
         where id = $6 and state = 'pending' and attempt = $7 and lease = $8",
        &[
            state.into(),
            error.into(),
            now.into(),
            Value::Int(failures),
            Value::Int(doubts),
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
        failures: row.int("failures")?,
        doubts: row.int("doubts")?,
        lease: row.text("lease")?,
        asked_at: row.moment("asked_at")?,
    })
}
