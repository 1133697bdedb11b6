//! What agents entered for the screen pop's target and asked to be remembered (semantics 5.4, SEC-30).
//!
//! Promises: one for each agent. Leaves to others: sealing it (`keys`); what is kept for a session only (`session`).

use super::{StoreError, Tx};
use ringbridge_core::id::{AgentId, TenantId};
use ringbridge_core::time::Timestamp;

/// Keeps an agent's log-in, sealed, in the place of the one before.
pub fn keep(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    agent: AgentId,
    sealed: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "insert into external_login (agent_id, tenant_id, sealed, changed_at) values ($1, $2, $3, $4)
         on conflict (agent_id) do update set sealed = $3, changed_at = $4",
        &[agent.0.into(), tenant.0.into(), sealed.into(), now.into()],
    )?;
    Ok(())
}

/// The sealed log-in of an agent.
pub fn find(tx: &mut Tx<'_>, tenant: TenantId, agent: AgentId) -> Result<Option<String>, StoreError> {
    let row = tx.first(
        "select sealed from external_login where agent_id = $1 and tenant_id = $2",
        &[agent.0.into(), tenant.0.into()],
    )?;
    row.map(|row| row.text("sealed")).transpose()
}

/// Forgets it.
pub fn forget(tx: &mut Tx<'_>, tenant: TenantId, agent: AgentId) -> Result<(), StoreError> {
    tx.execute(
        "delete from external_login where agent_id = $1 and tenant_id = $2",
        &[agent.0.into(), tenant.0.into()],
    )?;
    Ok(())
}
