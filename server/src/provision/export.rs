//! A tenant as the file or the document that would recreate it.
//!
//! Promises: `provision` applies it back to no change; secrets stand as `"***"`. Leaves to others: its keys (`tree`).

use super::tree::{self, Secrets};
use super::{LoadError, load, print};
use crate::config::Config;
use crate::keys::{KeyError, Keys};
use crate::store::{OpenError, Store};
use ringbridge_core::tenant::Tenant;
use std::sync::Arc;

/// Why a tenant was not exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The master key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// What is stored cannot be read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The database does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// There is no such tenant.
    #[error("there is no tenant \"{0}\"")]
    Unknown(String),
}

/// Gives the tenant file of a tenant.
///
/// # Errors
/// If there is no such tenant, or the database cannot be read.
pub fn export(config: &Config, tenant: &str) -> Result<String, ExportError> {
    find(config, tenant).map(|tenant| text(&tenant))
}

/// Finds a tenant by its name, beside a running server or without one.
///
/// # Errors
/// As [`export`].
pub fn find(config: &Config, tenant: &str) -> Result<Tenant, ExportError> {
    let unknown = || ExportError::Unknown(tenant.to_owned());
    let file = crate::store::file_of(&config.database_url, &config.data_dir)?;
    if !file.exists() {
        // Looking for a tenant must not leave a new database behind.
        return Err(unknown());
    }
    Keys::check(&config.data_dir, &config.database_url)?;
    let store = Store::open(&config.database_url, &config.data_dir)?;
    let keys = Arc::new(Keys::open(&config.data_dir, &store)?);
    let (_, tenants) = load(&store, &keys)?;
    tenants.into_iter().find(|known| known.name == tenant).ok_or_else(unknown)
}

/// The text of a tenant's file.
pub(super) fn text(tenant: &Tenant) -> String {
    print::toml(&tree::of(tenant, Secrets::Masked))
}

/// A tenant as a JSON document: the keys and the nesting of its file, secrets as `"***"`. Lists that the file leaves out
/// because they are empty stand there.
#[must_use]
pub fn json(tenant: &Tenant) -> serde_json::Value {
    tree::of(tenant, Secrets::Masked).json()
}
