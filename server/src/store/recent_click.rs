//! Recent clicks: what makes one click one call (semantics 1.12, security SEC-4).
//!
//! Promises: of any number of same clicks at once, one remembers its transaction and the others find it; the primary key
//! decides, not a memory map. Leaves to others: what makes two clicks the same (the keys: `k:` and the record's hash,
//! `r:` and the request's id).

use super::{StoreError, Tx};
use ringbridge_core::id::{AgentId, TenantId, TransactionId};
use ringbridge_core::time::Timestamp;

/// One sign by which a click is known again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The sign, unique within the agent.
    pub text: String,
    /// Until when it counts; a moment that is past counts never.
    pub expires_at: Timestamp,
}

/// The transaction of the same click, if one of the keys is known and still counts.
pub fn find(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    agent: AgentId,
    keys: &[Key],
    now: Timestamp,
) -> Result<Option<TransactionId>, StoreError> {
    for key in keys {
        let row = tx.first(
            "select transaction_id from recent_click
             where tenant_id = $1 and agent_id = $2 and key = $3 and expires_at > $4",
            &[tenant.0.into(), agent.0.into(), key.text.as_str().into(), now.into()],
        )?;
        if let Some(row) = row {
            return Ok(Some(TransactionId(row.int("transaction_id")?)));
        }
    }
    Ok(None)
}

/// Remembers a click's transaction under all its keys, in the transaction that inserts it.
///
/// # Errors
/// [`StoreError::Stale`] if one of the keys was taken in the meantime: the unit rolls back, and asking again finds the
/// other click. (With one writer this cannot be; with several servers on one database it can.)
pub fn remember(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    agent: AgentId,
    keys: &[Key],
    transaction: TransactionId,
    now: Timestamp,
) -> Result<(), StoreError> {
    // Each click takes along what the clicks before it left behind, so that nobody else has to sweep.
    remove_expired(tx, now)?;
    for key in keys {
        tx.guarded(
            "the recent click",
            "insert into recent_click (tenant_id, agent_id, key, transaction_id, expires_at)
             values ($1, $2, $3, $4, $5)
             on conflict (tenant_id, agent_id, key) do update
                 set transaction_id = excluded.transaction_id, expires_at = excluded.expires_at
                 where recent_click.expires_at <= $6",
            &[
                tenant.0.into(),
                agent.0.into(),
                key.text.as_str().into(),
                transaction.0.into(),
                key.expires_at.into(),
                now.into(),
            ],
        )?;
    }
    Ok(())
}

/// Sweeps out keys that count no more.
pub fn remove_expired(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64, StoreError> {
    tx.execute("delete from recent_click where expires_at <= $1", &[now.into()])
}
