//! Agents: log-in, password hash and profile.
//!
//! Promises: an agent with calls is never deleted, only made inactive. Leaves to others: what the profile means
//! (`provision`), checking passwords (`web`).

use super::{Row, StoreError, Tx, session};
use ringbridge_core::id::{AgentId, TenantId};

/// An agent's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentRow {
    /// The id, unique over all tenants.
    pub id: AgentId,
    /// The tenant.
    pub tenant: TenantId,
    /// The log-in, unique in the tenant.
    pub login: String,
    /// The Argon2id hash of the password, in PHC form.
    pub password_hash: String,
    /// The rest as JSON, secrets sealed.
    pub profile: String,
    /// Whether they may log in.
    pub standing: Standing,
}

/// Whether an agent may log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Yes.
    Active,
    /// No: taken out of the tenant file, kept for the calls they made.
    Inactive,
}

/// All agents, tenant by tenant, in the order they were first written.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<AgentRow>, StoreError> {
    let rows = tx.query(
        "select id, tenant_id, login, password_hash, profile, active from agent order by tenant_id, id",
        &[],
    )?;
    rows.iter().map(agent).collect()
}

/// The agents of a tenant, in the order they were first written.
pub fn of_tenant(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Vec<AgentRow>, StoreError> {
    let rows = tx.query(
        "select id, tenant_id, login, password_hash, profile, active from agent where tenant_id = $1 order by id",
        &[tenant.0.into()],
    )?;
    rows.iter().map(agent).collect()
}

/// Writes a new agent who cannot log in yet; [`update`] completes it once its profile can be sealed for its id.
pub fn insert(tx: &mut Tx<'_>, tenant: TenantId, login: &str) -> Result<AgentId, StoreError> {
    let row = tx.first(
        "insert into agent (tenant_id, login, password_hash, profile, active) values ($1, $2, '', '{}', 0)
         returning id",
        &[tenant.0.into(), login.into()],
    )?;
    Ok(AgentId(row.ok_or(StoreError::Stale { what: "the agent" })?.int("id")?))
}

/// Replaces an agent's password hash, profile and standing.
pub fn update(
    tx: &mut Tx<'_>,
    id: AgentId,
    password_hash: &str,
    profile: &str,
    standing: Standing,
) -> Result<(), StoreError> {
    let active = match standing {
        Standing::Active => 1,
        Standing::Inactive => 0,
    };
    tx.guarded(
        "the agent",
        "update agent set password_hash = $1, profile = $2, active = $3 where id = $4",
        &[password_hash.into(), profile.into(), active.into(), id.0.into()],
    )
}

/// Takes an agent out: those who made calls become inactive, the others go.
pub fn remove(tx: &mut Tx<'_>, id: AgentId) -> Result<(), StoreError> {
    session::remove_of_agent(tx, id)?;
    if tx.first("select id from txn where agent_id = $1 limit 1", &[id.0.into()])?.is_some() {
        return tx.guarded("the agent", "update agent set active = 0 where id = $1", &[id.0.into()]);
    }
    tx.execute("delete from presence where agent_id = $1", &[id.0.into()])?;
    tx.execute("delete from external_login where agent_id = $1", &[id.0.into()])?;
    tx.guarded("the agent", "delete from agent where id = $1", &[id.0.into()])
}

fn agent(row: &Row) -> Result<AgentRow, StoreError> {
    Ok(AgentRow {
        id: AgentId(row.int("id")?),
        tenant: TenantId(row.int("tenant_id")?),
        login: row.text("login")?,
        password_hash: row.text("password_hash")?,
        profile: row.text("profile")?,
        standing: if row.int("active")? == 1 { Standing::Active } else { Standing::Inactive },
    })
}
