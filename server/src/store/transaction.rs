//! Transactions: one row for each click that was accepted, the projection of its journal.
//!
//! Promises: an agent has one live call at most (a unique index, semantics 1.11 and 1.12); an update is guarded by the
//! version it was read at; the immutable part is written once. Leaves to others: what a call is (`core::call`) and what
//! its leg dialogs are (`sip::bridge`); their forms are JSON here.

use super::{Row, StoreError, Tx, Value};
use ringbridge_core::call::Call;
use ringbridge_core::completion::ActionResult;
use ringbridge_core::id::{AgentId, InteractionGuid, QueueId, TenantId, TransactionId};
use ringbridge_core::redact::Digits;
use ringbridge_core::time::Timestamp;

/// How often a row was written; the guard of its next update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub i64);

impl Version {
    /// The version of a row that was just inserted.
    pub const FIRST: Self = Self(1);
}

/// A transaction about to be written.
#[derive(Clone, Debug)]
pub struct NewTransaction {
    /// Its global name.
    pub guid: InteractionGuid,
    /// Its tenant.
    pub tenant: TenantId,
    /// Its agent.
    pub agent: AgentId,
    /// Its queue, if it has one.
    pub queue: Option<QueueId>,
    /// The number before the dial plan.
    pub number: Digits,
    /// The caller ID chosen at admission.
    pub caller_id: Digits,
    /// Everything that was settled at admission and never changes, as JSON: the link, what was admitted, the terms.
    pub link: String,
    /// The call.
    pub call: Call,
    /// The dialogs, as JSON.
    pub bridge: String,
    /// When the click came.
    pub created_at: Timestamp,
}

/// A transaction as its task needs it.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its number.
    pub id: TransactionId,
    /// Its global name.
    pub guid: InteractionGuid,
    /// Its tenant.
    pub tenant: TenantId,
    /// Its agent.
    pub agent: AgentId,
    /// Its queue, if it has one.
    pub queue: Option<QueueId>,
    /// The number before the dial plan.
    pub number: Digits,
    /// The caller ID.
    pub caller_id: Digits,
    /// What was settled at admission, as JSON.
    pub link: String,
    /// The call.
    pub call: Call,
    /// The dialogs, as JSON.
    pub bridge: String,
    /// When the click came.
    pub created_at: Timestamp,
    /// When wrap-up was over.
    pub completed_at: Option<Timestamp>,
    /// The guard of its next update.
    pub version: Version,
}

/// A transaction as pages and the API show it.
#[derive(Clone, Debug)]
pub struct View {
    /// Its number.
    pub id: TransactionId,
    /// Its global name.
    pub guid: InteractionGuid,
    /// Its tenant.
    pub tenant: TenantId,
    /// Its agent.
    pub agent: AgentId,
    /// Its queue, if it has one.
    pub queue: Option<QueueId>,
    /// The number before the dial plan.
    pub number: Digits,
    /// The caller ID.
    pub caller_id: Digits,
    /// `ringing_agent`, `ringing_customer`, `connected`, `wrap_up` or `completed` (`contract.md`).
    pub state: String,
    /// What was settled at admission, as JSON.
    pub link: String,
    /// The call: legs, outcome, codes and notes.
    pub call: Call,
    /// When the click came.
    pub created_at: Timestamp,
    /// When the customer answered.
    pub answered_at: Option<Timestamp>,
    /// When it was hung up or failed.
    pub ended_at: Option<Timestamp>,
    /// When wrap-up was over.
    pub completed_at: Option<Timestamp>,
    /// `SUCCESS`, `FAIL` or `IGNORE`, once it is complete (semantics 5.1).
    pub result_code: Option<String>,
    /// Why, in words.
    pub error_string: Option<String>,
    /// The CRM record that was created.
    pub record_id: Option<String>,
    /// The newest callback: a result that changed later is told again.
    pub callback: CallbackView,
}

/// What became of a transaction's callback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackView {
    /// `none`, `pending`, `delivered` or `parked` (`contract.md`).
    pub state: &'static str,
    /// How often it was tried.
    pub attempts: i64,
}

/// Writes a new transaction and gives it its number.
///
/// # Errors
/// A conflict for which [`StoreError::is_second_live_call`] holds when the agent has a live call.
pub fn insert(tx: &mut Tx<'_>, new: &NewTransaction) -> Result<TransactionId, StoreError> {
    let row = tx.first(
        "insert into txn (guid, tenant_id, agent_id, queue_id, number, caller_id, state, live, link, call, bridge,
                          created_at, version)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1) returning id",
        &[
            new.guid.0.as_str().into(),
            new.tenant.0.into(),
            new.agent.0.into(),
            new.queue.map(|id| id.0).into(),
            new.number.expose().into(),
            new.caller_id.expose().into(),
            new.call.state_name().into(),
            i64::from(new.call.is_live()).into(),
            new.link.as_str().into(),
            json_of(&new.call)?.into(),
            new.bridge.as_str().into(),
            new.created_at.into(),
        ],
    )?;
    Ok(TransactionId(row.ok_or(StoreError::Stale { what: "the transaction" })?.int("id")?))
}

/// Writes what became of a call; `now` becomes the moment of completion if it is complete. Gives the guard of the next
/// update.
///
/// # Errors
/// [`StoreError::Stale`] if the row is not at `version` any more.
pub fn update(
    tx: &mut Tx<'_>,
    id: TransactionId,
    version: Version,
    call: &Call,
    bridge: &str,
    now: Timestamp,
) -> Result<Version, StoreError> {
    let complete = matches!(call.stage(), ringbridge_core::call::Stage::Completed);
    let next = Version(version.0 + 1);
    tx.guarded(
        "the transaction",
        "update txn set state = $1, live = $2, call = $3, bridge = $4, answered_at = $5, ended_at = $6,
                        completed_at = coalesce(completed_at, $7), version = $8, end_reason = $9
         where id = $10 and version = $11",
        &[
            call.state_name().into(),
            i64::from(call.is_live()).into(),
            json_of(call)?.into(),
            bridge.into(),
            call.answered_at().into(),
            call.outcome().map(|outcome| outcome.hung_up_at).into(),
            complete.then_some(now).into(),
            next.0.into(),
            call.outcome().map(|outcome| outcome.reason.as_str()).into(),
            id.0.into(),
            version.0.into(),
        ],
    )?;
    Ok(next)
}

/// Writes what the actions came to. It touches no column that [`update`] writes, so it needs no version.
pub fn set_result(tx: &mut Tx<'_>, id: TransactionId, result: &ActionResult) -> Result<(), StoreError> {
    tx.guarded(
        "the transaction",
        "update txn set result_code = $1, error_string = $2, record_id = $3 where id = $4",
        &[
            result.code.as_str().into(),
            result.error_string.as_str().into(),
            result.record.as_ref().map(|record| record.id.as_str()).into(),
            id.0.into(),
        ],
    )
}

/// Whether what the actions came to is written down.
pub fn has_result(tx: &mut Tx<'_>, id: TransactionId) -> Result<bool, StoreError> {
    let row = tx.first("select id from txn where id = $1 and result_code is not null", &[id.0.into()])?;
    Ok(row.is_some())
}

/// Writes down the record of the auto log, which is no action's result (semantics 5.3).
pub fn set_record(tx: &mut Tx<'_>, id: TransactionId, record_id: &str) -> Result<(), StoreError> {
    tx.guarded(
        "the transaction",
        "update txn set record_id = $1 where id = $2",
        &[record_id.into(), id.0.into()],
    )
}

/// A transaction for its task.
pub fn get(tx: &mut Tx<'_>, id: TransactionId) -> Result<Option<Stored>, StoreError> {
    let row = tx.first(
        "select id, guid, tenant_id, agent_id, queue_id, number, caller_id, link, call, bridge, created_at, completed_at,
                version
         from txn where id = $1",
        &[id.0.into()],
    )?;
    row.as_ref().map(stored).transpose()
}

/// Every transaction that is not complete or has a leg that is not down, oldest first: what a restart goes on with
/// (semantics 2.7). A complete one may still wait for the answer to its BYE. Their number is bounded by the calls that may
/// be up and the agents in wrap-up.
pub fn unfinished(tx: &mut Tx<'_>) -> Result<Vec<Stored>, StoreError> {
    let rows = tx.query(
        "select id, guid, tenant_id, agent_id, queue_id, number, caller_id, link, call, bridge, created_at, completed_at,
                version
         from txn where completed_at is null or bridge <> '' order by id",
        &[],
    )?;
    rows.iter().map(stored).collect()
}

/// The agent's transactions that are not complete, newest first: the live call and those in wrap-up.
pub fn unfinished_of_agent(tx: &mut Tx<'_>, agent: AgentId) -> Result<Vec<Stored>, StoreError> {
    let rows = tx.query(
        "select id, guid, tenant_id, agent_id, queue_id, number, caller_id, link, call, bridge, created_at, completed_at,
                version
         from txn where agent_id = $1 and completed_at is null order by id desc",
        &[agent.0.into()],
    )?;
    rows.iter().map(stored).collect()
}

/// When the agent's last complete transaction that had changed their status was complete: it had a wrap-up, or was a call
/// of a queue that was answered (semantics 1.10). The words of the condition are those of its index.
pub fn freed_at(tx: &mut Tx<'_>, agent: AgentId) -> Result<Option<Timestamp>, StoreError> {
    let row = tx.first(
        "select completed_at from txn
         where agent_id = $1 and completed_at is not null
             and (completed_at > ended_at or (queue_id is not null and answered_at is not null))
         order by id desc limit 1",
        &[agent.0.into()],
    )?;
    row.map_or(Ok(None), |row| row.optional_moment("completed_at"))
}

/// The agent's call with a leg that is or may come up.
pub fn live_of_agent(tx: &mut Tx<'_>, agent: AgentId) -> Result<Option<TransactionId>, StoreError> {
    let row = tx.first("select id from txn where agent_id = $1 and live = 1", &[agent.0.into()])?;
    row.map(|row| row.int("id").map(TransactionId)).transpose()
}

/// A transaction for a page or the API; nothing if it is another tenant's.
pub fn view(tx: &mut Tx<'_>, tenant: TenantId, id: TransactionId) -> Result<Option<View>, StoreError> {
    let row = tx.first(
        "select txn.id, txn.guid, txn.tenant_id, txn.agent_id, txn.queue_id, txn.number, txn.caller_id, txn.state,
                txn.link, txn.call, txn.created_at, txn.answered_at, txn.ended_at, txn.completed_at, txn.result_code,
                txn.error_string, txn.record_id, job.state as job_state, job.attempt as job_attempt
         from txn
         left join job on job.id = (select max(id) from job where transaction_id = txn.id and kind = 'callback')
         where txn.id = $1 and txn.tenant_id = $2",
        &[id.0.into(), tenant.0.into()],
    )?;
    row.as_ref().map(viewed).transpose()
}

/// The agent's last calls before one of them, newest first.
pub fn last_of_agent(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    agent: AgentId,
    before: Option<TransactionId>,
    limit: u32,
) -> Result<Vec<View>, StoreError> {
    let rows = tx.query(
        "select txn.id, txn.guid, txn.tenant_id, txn.agent_id, txn.queue_id, txn.number, txn.caller_id, txn.state,
                txn.link, txn.call, txn.created_at, txn.answered_at, txn.ended_at, txn.completed_at, txn.result_code,
                txn.error_string, txn.record_id, job.state as job_state, job.attempt as job_attempt
         from txn
         left join job on job.id = (select max(id) from job where transaction_id = txn.id and kind = 'callback')
         where txn.agent_id = $1 and txn.tenant_id = $2 and txn.id < $3 order by txn.id desc limit $4",
        &[
            agent.0.into(),
            tenant.0.into(),
            before.map_or(i64::MAX, |id| id.0).into(),
            Value::Int(limit.into()),
        ],
    )?;
    rows.iter().map(viewed).collect()
}

fn json_of(call: &Call) -> Result<String, StoreError> {
    serde_json::to_string(call).map_err(|error| StoreError::Database(error.to_string()))
}

fn call_of(row: &Row) -> Result<Call, StoreError> {
    serde_json::from_str(&row.text("call")?)
        .map_err(|error| row.unreadable("txn.call", &format!("is no call ({error})")))
}

fn stored(row: &Row) -> Result<Stored, StoreError> {
    Ok(Stored {
        id: TransactionId(row.int("id")?),
        guid: InteractionGuid(row.text("guid")?),
        tenant: TenantId(row.int("tenant_id")?),
        agent: AgentId(row.int("agent_id")?),
        queue: row.optional_int("queue_id")?.map(QueueId),
        number: row.digits("number")?,
        caller_id: row.digits("caller_id")?,
        link: row.text("link")?,
        call: call_of(row)?,
        bridge: row.text("bridge")?,
        created_at: row.moment("created_at")?,
        completed_at: row.optional_moment("completed_at")?,
        version: Version(row.int("version")?),
    })
}

pub(super) fn viewed(row: &Row) -> Result<View, StoreError> {
    let state = match row.optional_text("job_state")?.as_deref() {
        None => "none",
        Some("done") => "delivered",
        Some("parked" | "given_up") => "parked",
        Some(_) => "pending",
    };
    Ok(View {
        id: TransactionId(row.int("id")?),
        guid: InteractionGuid(row.text("guid")?),
        tenant: TenantId(row.int("tenant_id")?),
        agent: AgentId(row.int("agent_id")?),
        queue: row.optional_int("queue_id")?.map(QueueId),
        number: row.digits("number")?,
        caller_id: row.digits("caller_id")?,
        state: row.text("state")?,
        link: row.text("link")?,
        call: call_of(row)?,
        created_at: row.moment("created_at")?,
        answered_at: row.optional_moment("answered_at")?,
        ended_at: row.optional_moment("ended_at")?,
        completed_at: row.optional_moment("completed_at")?,
        result_code: row.optional_text("result_code")?,
        error_string: row.optional_text("error_string")?,
        record_id: row.optional_text("record_id")?,
        callback: CallbackView { state, attempts: row.optional_int("job_attempt")?.unwrap_or(0) },
    })
}
