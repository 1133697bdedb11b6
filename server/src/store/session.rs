//! Log-ins that live: only the hash of the cookie's value is kept.
//!
//! Promises: a session found here has not reached its absolute end. Leaves to others: making the value, hashing it, the
//! idle limit (`web`).

use super::{Row, StoreError, Tx};
use ringbridge_core::id::{AgentId, TenantId};
use ringbridge_core::time::Timestamp;

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The SHA-256 of the cookie's value, in hexadecimal.
    pub id_hash: String,
    /// The tenant: every look-up of its requests is within it.
    pub tenant: TenantId,
    /// The agent.
    pub agent: AgentId,
    /// When they logged in.
    pub created_at: Timestamp,
    /// When they were last seen; written now and then, not at every request.
    pub seen_at: Timestamp,
    /// Its absolute end.
    pub expires_at: Timestamp,
    /// What the agent entered for the screen pop's target, sealed (semantics 5.4).
    pub external: Option<String>,
}

/// Writes a new session.
pub fn insert(tx: &mut Tx<'_>, session: &Session) -> Result<(), StoreError> {
    tx.execute(
        "insert into session (id_hash, tenant_id, agent_id, created_at, seen_at, expires_at, external)
         values ($1, $2, $3, $4, $5, $6, $7)",
        &[
            session.id_hash.as_str().into(),
            session.tenant.0.into(),
            session.agent.0.into(),
            session.created_at.into(),
            session.seen_at.into(),
            session.expires_at.into(),
            session.external.as_deref().into(),
        ],
    )?;
    Ok(())
}

/// The session with this hash, unless it has reached its end.
pub fn find(tx: &mut Tx<'_>, id_hash: &str, now: Timestamp) -> Result<Option<Session>, StoreError> {
    let row = tx.first(
        "select id_hash, tenant_id, agent_id, created_at, seen_at, expires_at, external from session
         where id_hash = $1 and expires_at > $2",
        &[id_hash.into(), now.into()],
    )?;
    row.as_ref().map(session).transpose()
}

/// Notes that the agent was seen.
pub fn touch(tx: &mut Tx<'_>, id_hash: &str, seen_at: Timestamp) -> Result<(), StoreError> {
    tx.execute("update session set seen_at = $1 where id_hash = $2", &[seen_at.into(), id_hash.into()])?;
    Ok(())
}

/// Keeps what the agent entered for the screen pop's target, sealed.
pub fn set_external(tx: &mut Tx<'_>, id_hash: &str, external: Option<&str>) -> Result<(), StoreError> {
    tx.guarded(
        "the session",
        "update session set external = $1 where id_hash = $2",
        &[external.into(), id_hash.into()],
    )
}

/// Ends a session.
pub fn remove(tx: &mut Tx<'_>, id_hash: &str) -> Result<(), StoreError> {
    tx.execute("delete from session where id_hash = $1", &[id_hash.into()])?;
    Ok(())
}

/// Ends all sessions of an agent: after a new password, or when they were made inactive.
pub fn remove_of_agent(tx: &mut Tx<'_>, agent: AgentId) -> Result<u64, StoreError> {
    tx.execute("delete from session where agent_id = $1", &[agent.0.into()])
}

/// The sessions of an agent that live, oldest first.
pub fn of_agent(tx: &mut Tx<'_>, agent: AgentId, now: Timestamp) -> Result<Vec<Session>, StoreError> {
    let rows = tx.query(
        "select id_hash, tenant_id, agent_id, created_at, seen_at, expires_at, external from session
         where agent_id = $1 and expires_at > $2 order by created_at",
        &[agent.0.into(), now.into()],
    )?;
    rows.iter().map(session).collect()
}

/// Sweeps out sessions that have reached their end or were not seen since `idle_since`.
pub fn remove_expired(tx: &mut Tx<'_>, now: Timestamp, idle_since: Timestamp) -> Result<u64, StoreError> {
    tx.execute("delete from session where expires_at <= $1 or seen_at < $2", &[now.into(), idle_since.into()])
}

fn session(row: &Row) -> Result<Session, StoreError> {
    Ok(Session {
        id_hash: row.text("id_hash")?,
        tenant: TenantId(row.int("tenant_id")?),
        agent: AgentId(row.int("agent_id")?),
        created_at: row.moment("created_at")?,
        seen_at: row.moment("seen_at")?,
        expires_at: row.moment("expires_at")?,
        external: row.optional_text("external")?,
    })
}
