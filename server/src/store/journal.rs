//! The journal: every event, in one order, append-only.
//!
//! Promises: an entry is committed with the change it tells of; nothing here updates or deletes one. Leaves to others:
//! the words of events (`core::event`) and who may see them.

use super::{Row, StoreError, Tx, Value};
use ringbridge_core::id::{AgentId, Seq, TenantId, TransactionId};
use ringbridge_core::time::Timestamp;

/// An event about to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEntry {
    /// The tenant; none where a stranger was refused before it was known.
    pub tenant: Option<TenantId>,
    /// The agent whose console shows it.
    pub agent: Option<AgentId>,
    /// The transaction it belongs to.
    pub transaction: Option<TransactionId>,
    /// When it happened.
    pub at: Timestamp,
    /// Its stable kind, for example `call.ended`.
    pub kind: &'static str,
    /// What there is to say beyond the kind.
    pub body: serde_json::Value,
}

/// An event as it stands in the journal.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its place in the one order of all events.
    pub seq: Seq,
    /// The tenant, if it was known.
    pub tenant: Option<TenantId>,
    /// The agent whose console shows it.
    pub agent: Option<AgentId>,
    /// The transaction it belongs to.
    pub transaction: Option<TransactionId>,
    /// When it happened.
    pub at: Timestamp,
    /// Its stable kind.
    pub kind: String,
    /// What there is to say beyond the kind.
    pub body: serde_json::Value,
}

/// Whose events a reader follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Filter {
    /// One agent's: a console.
    Agent(TenantId, AgentId),
    /// Everyone's: the server's own followers.
    All,
    /// A tenant's: an admin.
    Tenant(TenantId),
}

/// Appends an event; its readers are woken after the commit.
pub fn append(tx: &mut Tx<'_>, entry: &NewEntry) -> Result<Seq, StoreError> {
    let row = tx.first(
        "insert into journal (tenant_id, agent_id, transaction_id, at, kind, body)
         values ($1, $2, $3, $4, $5, $6) returning seq",
        &[
            entry.tenant.map(|id| id.0).into(),
            entry.agent.map(|id| id.0).into(),
            entry.transaction.map(|id| id.0).into(),
            entry.at.into(),
            entry.kind.into(),
            entry.body.to_string().into(),
        ],
    )?;
    let seq = Seq(row.ok_or(StoreError::Stale { what: "the journal" })?.int("seq")?);
    tx.note_appended(seq);
    Ok(seq)
}

/// The events after a place, oldest first, at most `limit`.
pub fn after(tx: &mut Tx<'_>, seq: Seq, filter: Filter, limit: u32) -> Result<Vec<Entry>, StoreError> {
    let limit = Value::Int(limit.into());
    let rows = match filter {
        Filter::Agent(tenant, agent) => tx.query(
            "select seq, tenant_id, agent_id, transaction_id, at, kind, body from journal
             where agent_id = $1 and tenant_id = $2 and seq > $3 order by seq limit $4",
            &[agent.0.into(), tenant.0.into(), seq.0.into(), limit],
        )?,
        Filter::All => tx.query(
            "select seq, tenant_id, agent_id, transaction_id, at, kind, body from journal
             where seq > $1 order by seq limit $2",
            &[seq.0.into(), limit],
        )?,
        Filter::Tenant(tenant) => tx.query(
            "select seq, tenant_id, agent_id, transaction_id, at, kind, body from journal
             where tenant_id = $1 and seq > $2 order by seq limit $3",
            &[tenant.0.into(), seq.0.into(), limit],
        )?,
    };
    rows.iter().map(entry).collect()
}

/// Everything that happened in a transaction, oldest first. A transaction has some dozens of events.
pub fn of_transaction(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    id: TransactionId,
) -> Result<Vec<Entry>, StoreError> {
    let rows = tx.query(
        "select seq, tenant_id, agent_id, transaction_id, at, kind, body from journal
         where transaction_id = $1 and tenant_id = $2 order by seq",
        &[id.0.into(), tenant.0.into()],
    )?;
    rows.iter().map(entry).collect()
}

/// The newest place in the journal; 0 where nothing has happened yet.
pub fn newest(tx: &mut Tx<'_>) -> Result<Seq, StoreError> {
    let row = tx.first("select coalesce(max(seq), 0) as newest from journal", &[])?;
    row.map_or(Ok(Seq(0)), |row| row.int("newest").map(Seq))
}

pub(super) fn entry(row: &Row) -> Result<Entry, StoreError> {
    Ok(Entry {
        seq: Seq(row.int("seq")?),
        tenant: row.optional_int("tenant_id")?.map(TenantId),
        agent: row.optional_int("agent_id")?.map(AgentId),
        transaction: row.optional_int("transaction_id")?.map(TransactionId),
        at: row.moment("at")?,
        kind: row.text("kind")?,
        body: row.json("body")?,
    })
}
