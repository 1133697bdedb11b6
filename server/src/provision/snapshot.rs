//! What a revision keeps of a tenant: the columns and agents that it changed, as they were and as they became.
//!
//! Promises: secrets stay sealed as they lie in their rows, for their tenant and agent; laid over the tenant of today, a
//! snapshot gives the tenant in which exactly those parts are as they were then. Leaves to others: when one is taken
//! (`apply`), what is put back (`undo`).

use super::stored::{self, LoadError};
use crate::keys::Keys;
use crate::store::agent::{AgentRow, Standing};
use crate::store::revision::Bodies;
use crate::store::tenant::TenantRow;
use ringbridge_core::id::AgentId;
use ringbridge_core::tenant::{Agent, Tenant};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Some columns and agents of a tenant at one moment.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Snapshot {
    /// Of `tenant.settings`; null: it was not there.
    settings: Map<String, Value>,
    /// The agents, and no others of those who were changed.
    agents: Vec<AgentThen>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct AgentThen {
    /// The id that their secrets are sealed for, even where the row is gone since.
    id: i64,
    login: String,
    password_hash: String,
    profile: String,
}

impl AgentThen {
    fn of(row: &AgentRow) -> Self {
        Self {
            id: row.id.0,
            login: row.login.clone(),
            password_hash: row.password_hash.clone(),
            profile: row.profile.clone(),
        }
    }
}

/// A tenant's rows at one moment.
pub(super) struct Rows<'a> {
    /// `tenant.settings`.
    pub(super) settings: &'a str,
    /// All its agents' rows.
    pub(super) agents: &'a [AgentRow],
    /// The same, opened.
    pub(super) tenant: &'a Tenant,
}

/// What two moments differ in.
pub(super) fn bodies(before: &Rows<'_>, after: &Rows<'_>) -> Bodies {
    let (old, new) = (columns(before.settings), columns(after.settings));
    let (mut was, mut is) = (Snapshot::default(), Snapshot::default());
    for key in old.keys().chain(new.keys()) {
        let (old, new) = (old.get(key).unwrap_or(&Value::Null), new.get(key).unwrap_or(&Value::Null));
        if old != new && !is_same_sealed(key, before.tenant, after.tenant) {
            was.settings.insert(key.clone(), old.clone());
            is.settings.insert(key.clone(), new.clone());
        }
    }
    was.agents = changed(before, after.tenant);
    is.agents = changed(after, before.tenant);
    let text = |snapshot| serde_json::to_string(&snapshot).unwrap_or_default();
    Bodies { before: text(was), after: text(is) }
}

/// What is sealed looks different each time it is written.
fn is_same_sealed(column: &str, before: &Tenant, after: &Tenant) -> bool {
    match column {
        "callbacks" => before.callbacks == after.callbacks,
        "connectors" => before.connectors == after.connectors,
        "salesforce" => before.salesforce == after.salesforce,
        _ => false,
    }
}

/// The active agents of one moment who are not the same at the other.
fn changed(rows: &Rows<'_>, other: &Tenant) -> Vec<AgentThen> {
    let active = rows.agents.iter().filter(|row| row.standing == Standing::Active);
    let differs = |row: &&AgentRow| {
        let agent = rows.tenant.agent_by_login(&row.login);
        !agent.zip(other.agent_by_login(&row.login)).is_some_and(|(agent, other)| is_same(agent, other))
    };
    active.filter(differs).map(AgentThen::of).collect()
}

/// Whether two agents differ in nothing but perhaps their row.
fn is_same(agent: &Agent, other: &Agent) -> bool {
    *agent == Agent { id: agent.id, ..other.clone() }
}

fn columns(settings: &str) -> Map<String, Value> {
    serde_json::from_str(settings).unwrap_or_default()
}

/// The tenant of today with the parts of a snapshot as they were; `body` is one of a revision's two, `touched` are the
/// agents of both.
///
/// # Errors
/// If the snapshot cannot be read, or a secret in it does not open.
pub(super) fn then(body: &str, today: &Today<'_>, keys: &Keys) -> Result<Tenant, LoadError> {
    let unreadable = |reason: String| LoadError::Unreadable { tenant: today.row.name.clone(), reason };
    let snapshot: Snapshot = serde_json::from_str(body).map_err(|error| unreadable(error.to_string()))?;
    let mut columns = columns(&today.row.settings);
    for (key, value) in snapshot.settings {
        if value.is_null() {
            columns.remove(&key);
        } else {
            columns.insert(key, value);
        }
    }
    let settings = Value::Object(columns).to_string();
    let mut agents: Vec<Agent> =
        today.tenant.agents.iter().filter(|agent| !today.touched.contains(&agent.login)).cloned().collect();
    for then in snapshot.agents {
        let row = AgentRow {
            id: AgentId(then.id),
            tenant: today.row.id,
            login: then.login,
            password_hash: then.password_hash,
            profile: then.profile,
            standing: Standing::Active,
        };
        agents.push(stored::opened_agent(&row, &today.row.name, keys)?);
    }
    agents.sort_by_key(|agent| agent.id);
    stored::opened_tenant(&TenantRow { settings, ..today.row.clone() }, agents, keys)
}

/// What a snapshot is laid over.
pub(super) struct Today<'a> {
    /// The tenant's row.
    pub(super) row: &'a TenantRow,
    /// The same, opened.
    pub(super) tenant: &'a Tenant,
    /// The log-ins of all agents that the revision changed.
    pub(super) touched: &'a [String],
}

/// The log-ins of a revision's agents, before and after.
pub(super) fn logins(bodies: &Bodies) -> Vec<String> {
    let of = |body: &str| serde_json::from_str::<Snapshot>(body).unwrap_or_default().agents;
    let both = [of(&bodies.before), of(&bodies.after)];
    both.into_iter().flatten().map(|agent| agent.login).collect()
}
