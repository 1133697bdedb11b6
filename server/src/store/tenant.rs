//! Tenants: name and settings, and the version of them all.
//!
//! Promises: whoever changes a tenant raises the directory's version in the same transaction ([`touch_directory`]), so
//! that a running server sees the change at its next request. Leaves to others: what the settings mean (`provision`).

use super::{Row, StoreError, Tx};
use ringbridge_core::id::TenantId;

/// A tenant's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantRow {
    /// Its id.
    pub id: TenantId,
    /// Its unique name.
    pub name: String,
    /// Its settings as JSON, secrets sealed.
    pub settings: String,
    /// How often it was written; the guard of its next update.
    pub version: i64,
}

/// All tenants by name.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<TenantRow>, StoreError> {
    tx.query("select id, name, settings, version from tenant order by name", &[])?
        .iter()
        .map(tenant)
        .collect()
}

/// The tenant with this name.
pub fn find(tx: &mut Tx<'_>, name: &str) -> Result<Option<TenantRow>, StoreError> {
    let row = tx.first("select id, name, settings, version from tenant where name = $1", &[name.into()])?;
    row.as_ref().map(tenant).transpose()
}

/// Writes a new tenant with settings that [`update`] replaces once they can be sealed for its id.
pub fn insert(tx: &mut Tx<'_>, name: &str) -> Result<TenantRow, StoreError> {
    let row = tx.first(
        "insert into tenant (name, settings, version) values ($1, '{}', 1) returning id, name, settings, version",
        &[name.into()],
    )?;
    tenant(&row.ok_or(StoreError::Stale { what: "the tenant" })?)
}

/// Replaces a tenant's settings.
///
/// # Errors
/// [`StoreError::Stale`] if it is not at `version` any more.
pub fn update(tx: &mut Tx<'_>, id: TenantId, version: i64, settings: &str) -> Result<(), StoreError> {
    tx.guarded(
        "the tenant",
        "update tenant set settings = $1, version = version + 1 where id = $2 and version = $3",
        &[settings.into(), id.0.into(), version.into()],
    )
}

/// The version of all tenants and agents together.
pub fn directory_version(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    let row = tx.first("select version from directory_version where only_row = 1", &[])?;
    row.map_or(Ok(0), |row| row.int("version"))
}

/// Raises the directory's version, so that servers read the tenants again.
pub fn touch_directory(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.guarded("the directory", "update directory_version set version = version + 1 where only_row = 1", &[])
}

fn tenant(row: &Row) -> Result<TenantRow, StoreError> {
    Ok(TenantRow {
        id: TenantId(row.int("id")?),
        name: row.text("name")?,
        settings: row.text("settings")?,
        version: row.int("version")?,
    })
}
