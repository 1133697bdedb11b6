//! Writing the changes: one transaction for the whole file.
//!
//! Promises: all of it or nothing; the directory's version is raised, the journal tells what was done; an agent whose
//! password or role changed is logged out (security SEC-31). Leaves to others: what is to be changed (`resolve`).

use super::resolve::Change;
use super::stored;
use crate::keys::Keys;
use crate::store::agent::Standing;
use crate::store::journal::{self, NewEntry};
use crate::store::{StoreError, Tx, agent, session, tenant};
use ringbridge_core::tenant::Tenant;
use ringbridge_core::time::Timestamp;

/// A change with the lines that tell of it.
pub(super) struct Step {
    pub(super) change: Change,
    pub(super) lines: Vec<String>,
}

/// Applies the steps that change something.
///
/// # Errors
/// [`StoreError::Stale`] if the tenants are not at `version` any more: the plan was made for what is gone.
pub(super) fn apply(
    tx: &mut Tx<'_>,
    steps: &[Step],
    version: i64,
    keys: &Keys,
    now: Timestamp,
) -> Result<(), StoreError> {
    if tenant::directory_version(tx)? != version {
        return Err(StoreError::Stale { what: "the directory" });
    }
    for step in steps.iter().filter(|step| !step.lines.is_empty()) {
        let id = write(tx, &step.change, keys)?;
        let entry = NewEntry {
            tenant: Some(id),
            agent: None,
            transaction: None,
            at: now,
            kind: "tenant.provisioned",
            body: serde_json::json!({ "plan": step.lines }),
        };
        journal::append(tx, &entry)?;
    }
    tenant::touch_directory(tx)
}

fn write(tx: &mut Tx<'_>, change: &Change, keys: &Keys) -> Result<ringbridge_core::id::TenantId, StoreError> {
    let wanted = &change.wanted;
    let row = match tenant::find(tx, &wanted.name)? {
        Some(row) => row,
        None => tenant::insert(tx, &wanted.name)?,
    };
    let sealed_for = Tenant { id: row.id, ..wanted.clone() };
    tenant::update(tx, row.id, row.version, &stored::settings(&sealed_for, keys))?;

    // Inactive agents are here too: one who comes back gets their row again, and with it their history.
    let rows = agent::of_tenant(tx, row.id)?;
    for wish in &wanted.agents {
        let known = rows.iter().find(|known| known.login == wish.login);
        let id = match known {
            Some(known) => known.id,
            None => agent::insert(tx, row.id, &wish.login)?,
        };
        let wish = ringbridge_core::tenant::Agent { id, ..wish.clone() };
        let profile = stored::profile(row.id, &wish, keys);
        agent::update(tx, id, wish.password_hash.expose(), &profile, Standing::Active)?;
        let before = change.current.as_ref().and_then(|current| current.agent(id));
        if before.is_some_and(|before| before.password_hash != wish.password_hash || before.role != wish.role)
        {
            session::remove_of_agent(tx, id)?;
        }
    }
    for gone in rows.iter().filter(|row| row.standing == Standing::Active) {
        if wanted.agent_by_login(&gone.login).is_none() {
            agent::remove(tx, gone.id)?;
        }
    }
    Ok(row.id)
}
