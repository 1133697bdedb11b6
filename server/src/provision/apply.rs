//! Writing the changes: one transaction for the whole file.
//!
//! Promises: all of it or nothing; the directory's version is raised, the journal and the tenant's revisions tell what was
//! done; an agent whose password or role changed is logged out (security SEC-31). Leaves to others: what is to be changed
//! (`resolve`, `change`, `undo`).

use super::resolve::Change;
use super::snapshot::{self, Rows};
use super::{Stamp, stored};
use crate::keys::Keys;
use crate::store::agent::{AgentRow, Standing};
use crate::store::journal::{self, NewEntry};
use crate::store::revision::{self, Bodies, NewRevision, RevisionId};
use crate::store::{StoreError, Tx, agent, session, tenant};
use ringbridge_core::id::TenantId;
use ringbridge_core::tenant::{Agent, Tenant};

/// A change with the lines that tell of it.
pub(super) struct Step {
    pub(super) change: Change,
    pub(super) lines: Vec<String>,
    /// The revision that it undoes.
    pub(super) undoes: Option<RevisionId>,
}

/// Applies the steps that change something; gives a revision for each of them.
///
/// # Errors
/// [`StoreError::Stale`] if the tenants are not at `version` any more: the plan was made for what is gone.
pub(super) fn apply(
    tx: &mut Tx<'_>,
    steps: &[Step],
    version: i64,
    keys: &Keys,
    stamp: &Stamp,
) -> Result<Vec<RevisionId>, StoreError> {
    if tenant::directory_version(tx)? != version {
        return Err(StoreError::Stale { what: "the directory" });
    }
    let mut revisions = Vec::new();
    for step in steps.iter().filter(|step| !step.lines.is_empty()) {
        let (id, bodies) = write(tx, &step.change, keys)?;
        let revision = NewRevision {
            tenant: id,
            at: stamp.at,
            who: &stamp.who,
            how: stamp.how,
            lines: &step.lines,
            bodies,
            undoes: step.undoes,
        };
        revisions.push(revision::append(tx, &revision)?);
        let entry = NewEntry {
            tenant: Some(id),
            agent: None,
            transaction: None,
            at: stamp.at,
            kind: "tenant.provisioned",
            body: serde_json::json!({
                "plan": step.lines, "who": stamp.who, "how": stamp.how.as_str(),
            }),
        };
        journal::append(tx, &entry)?;
    }
    tenant::touch_directory(tx)?;
    Ok(revisions)
}

fn write(tx: &mut Tx<'_>, change: &Change, keys: &Keys) -> Result<(TenantId, Option<Bodies>), StoreError> {
    let wanted = &change.wanted;
    let row = match tenant::find(tx, &wanted.name)? {
        Some(row) => row,
        None => tenant::insert(tx, &wanted.name)?,
    };
    let sealed_for = Tenant { id: row.id, ..wanted.clone() };
    let settings = stored::settings(&sealed_for, keys);
    tenant::update(tx, row.id, row.version, &settings)?;

    // Inactive agents are here too: one who comes back gets their row again, and with it their history.
    let rows = agent::of_tenant(tx, row.id)?;
    for wish in &wanted.agents {
        agent_as_wished(tx, change, wish, row.id, &rows, keys)?;
    }
    for gone in rows.iter().filter(|row| row.standing == Standing::Active) {
        if wanted.agent_by_login(&gone.login).is_none() {
            agent::remove(tx, gone.id)?;
        }
    }
    let Some(current) = &change.current else { return Ok((row.id, None)) };
    let now = agent::of_tenant(tx, row.id)?;
    let before = Rows { settings: &row.settings, agents: &rows, tenant: current };
    let after = Rows { settings: &settings, agents: &now, tenant: wanted };
    Ok((row.id, Some(snapshot::bodies(&before, &after))))
}

fn agent_as_wished(
    tx: &mut Tx<'_>,
    change: &Change,
    wish: &Agent,
    tenant: TenantId,
    rows: &[AgentRow],
    keys: &Keys,
) -> Result<(), StoreError> {
    let known = rows.iter().find(|known| known.login == wish.login);
    let id = match known {
        Some(known) => known.id,
        None => agent::insert(tx, tenant, &wish.login)?,
    };
    let wish = Agent { id, ..wish.clone() };
    let before = change.current.as_ref().and_then(|current| current.agent(id));
    if before == Some(&wish) {
        return Ok(());
    }
    let profile = stored::profile(tenant, &wish, keys);
    agent::update(tx, id, wish.password_hash.expose(), &profile, Standing::Active)?;
    if before.is_some_and(|before| before.password_hash != wish.password_hash || before.role != wish.role) {
        session::remove_of_agent(tx, id)?;
    }
    Ok(())
}
