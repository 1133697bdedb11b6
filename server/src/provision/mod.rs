//! Tenants from files and into files.
//!
//! Promises: a tenant file is applied whole or not at all; applying it again changes nothing; a tenant is what its file
//! says, and tenants that are not in the file stay as they are. Leaves to others: what the settings do (`core`), printing
//! and exit codes (`main`).

mod apply;
mod connectors;
mod export;
mod facts;
mod file;
mod passwords;
mod plan;
mod resolve;
pub mod stored;
#[cfg(test)]
mod tests;

pub use export::{ExportError, export, find};

use crate::config::Config;
use crate::document::Problems;
use crate::keys::{KeyError, Keys};
use crate::store::{self, OpenError, Store, StoreError, tenant};
use ringbridge_core::redact::Secret;
use ringbridge_core::tenant::Tenant;
use ringbridge_core::time::Timestamp;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use stored::LoadError;

/// The most bytes of a tenant file: some ten thousand agents.
const BYTES_MAX: u64 = 16 * 1024 * 1024;

/// How often a plan is made anew when somebody else changed the tenants in the meantime.
const TRIES: usize = 3;

/// Whether a plan is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Yes.
    Apply,
    /// No, it is only told.
    DryRun,
}

/// What was done, or would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The plan, one line a change; empty: nothing changes.
    pub lines: Vec<String>,
    /// Secrets that were made: what they are, and their values, shown this once. Empty in a dry run.
    pub made: Vec<(String, Secret)>,
}

/// Why a tenant file was not applied. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ProvisionError {
    /// The master key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// What is stored cannot be read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The database does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Something in the file is wrong, one sentence a line.
    #[error(transparent)]
    Refused(#[from] Problems),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file cannot be read.
    #[error("the tenant file {file} cannot be read: {reason}")]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        reason: String,
    },
}

/// Applies a tenant file, beside a running server or without one.
///
/// # Errors
/// Why it was not applied; nothing was changed.
pub fn run(file: &Path, config: &Config, mode: Mode, now: Timestamp) -> Result<Outcome, ProvisionError> {
    let text = crate::document::read(file, BYTES_MAX)
        .map_err(|reason| ProvisionError::Unreadable { file: file.to_owned(), reason })?;
    let name = file.display().to_string();
    // A file that is wrong by itself is refused before the database is even opened.
    let drafts = file::read(&name, &text, &trunks(config))?;
    let absent = !store::file_of(&config.database_url, &config.data_dir)?.exists();
    if mode == Mode::DryRun && absent {
        // A dry run leaves no trace, not even an empty database.
        let steps = steps(resolve::resolve(drafts, &[])?.changes);
        return Ok(Outcome {
            lines: steps.into_iter().flat_map(|step| step.lines).collect(),
            made: Vec::new(),
        });
    }
    Keys::check(&config.data_dir, &config.database_url)?;
    let store = Store::open(&config.database_url, &config.data_dir)?;
    let keys = Arc::new(Keys::open(&config.data_dir, &store)?);
    apply_text(&name, &text, &trunks(config), &store, &keys, mode, now)
}

/// Applies the text of a tenant file to an open store. Blocks; not for the runtime's own threads.
///
/// # Errors
/// Why it was not applied; nothing was changed.
pub fn apply_text(
    name: &str,
    text: &str,
    trunks: &[String],
    store: &Store,
    keys: &Arc<Keys>,
    mode: Mode,
    now: Timestamp,
) -> Result<Outcome, ProvisionError> {
    let mut tries = 1;
    loop {
        let drafts = file::read(name, text, trunks)?;
        let (version, current) = load(store, keys)?;
        let resolved = resolve::resolve(drafts, &current)?;
        let steps = steps(resolved.changes);
        let lines: Vec<String> = steps.iter().flat_map(|step| step.lines.clone()).collect();
        if mode == Mode::DryRun || lines.is_empty() {
            return Ok(Outcome { lines, made: Vec::new() });
        }
        let keys = keys.clone();
        match store.write_blocking(move |tx| apply::apply(tx, &steps, version, &keys, now)) {
            Ok(()) => {
                let made = resolved.made.into_iter().map(|made| (made.what, made.value)).collect();
                return Ok(Outcome { lines, made });
            }
            Err(StoreError::Stale { .. }) if tries < TRIES => tries += 1,
            Err(error) => return Err(error.into()),
        }
    }
}

fn steps(changes: Vec<resolve::Change>) -> Vec<apply::Step> {
    let step = |change: resolve::Change| {
        let lines = plan::lines(change.current.as_ref(), &change.wanted);
        apply::Step { change, lines }
    };
    changes.into_iter().map(step).collect()
}

/// The names of the configuration's trunks, which dial plan rules may name.
#[must_use]
pub fn trunks(config: &Config) -> Vec<String> {
    config.sip.trunks.iter().map(|trunk| trunk.name.clone()).collect()
}

fn load(store: &Store, keys: &Arc<Keys>) -> Result<(i64, Vec<Tenant>), LoadError> {
    let keys = keys.clone();
    let (version, tenants) =
        store.read_blocking(move |tx| Ok((tenant::directory_version(tx)?, stored::load(tx, &keys)?)))?;
    Ok((version, tenants?))
}
