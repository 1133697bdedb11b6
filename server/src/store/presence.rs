//! What each agent chose to be, and since when.
//!
//! Promises: nothing derived is stored here; "busy" is a live transaction. Leaves to others: the status that others see
//! (`core::agent`).

use super::{Row, StoreError, Tx};
use ringbridge_core::agent::Presence;
use ringbridge_core::id::{AgentId, TenantId};
use ringbridge_core::time::Timestamp;

/// Notes what an agent chose to be.
pub fn set(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    agent: AgentId,
    presence: Presence,
    since: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "insert into presence (agent_id, tenant_id, presence, since) values ($1, $2, $3, $4)
         on conflict (agent_id) do update set presence = excluded.presence, since = excluded.since",
        &[agent.0.into(), tenant.0.into(), presence.as_str().into(), since.into()],
    )?;
    Ok(())
}

/// What an agent chose to be; logged out since ever if they never chose.
pub fn get(tx: &mut Tx<'_>, agent: AgentId) -> Result<(Presence, Timestamp), StoreError> {
    let row =
        tx.first("select agent_id, presence, since from presence where agent_id = $1", &[agent.0.into()])?;
    row.as_ref().map_or(Ok((Presence::LoggedOut, Timestamp::default())), |row| {
        Ok((presence(row)?, row.moment("since")?))
    })
}

/// What all agents of a tenant chose to be, those who never chose left out.
pub fn of_tenant(
    tx: &mut Tx<'_>,
    tenant: TenantId,
) -> Result<Vec<(AgentId, Presence, Timestamp)>, StoreError> {
    let rows = tx.query(
        "select agent_id, presence, since from presence where tenant_id = $1 order by agent_id",
        &[tenant.0.into()],
    )?;
    rows.iter().map(|row| Ok((AgentId(row.int("agent_id")?), presence(row)?, row.moment("since")?))).collect()
}

fn presence(row: &Row) -> Result<Presence, StoreError> {
    Presence::parse(&row.text("presence")?).ok_or_else(|| row.unreadable("presence", "is no presence"))
}
