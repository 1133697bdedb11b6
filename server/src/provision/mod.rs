//! Tenants from files and into files, and changed part by part.
//!
//! Promises: a tenant file is applied whole or not at all; applying it again changes nothing; a tenant is what its file
//! says, and tenants that are not in the file stay as they are; a tenant that was changed on a screen exports to a file
//! that applies back to nothing; every change leaves a revision. Leaves to others: what the settings do (`core`), printing
//! and exit codes (`main`).

mod apply;
mod change;
mod connectors;
mod export;
mod facts;
mod file;
mod part;
mod passwords;
mod plan;
mod print;
mod receiver;
mod resolve;
mod rotate;
pub mod sheet;
mod snapshot;
pub mod stored;
#[cfg(test)]
mod tests;
mod tree;
mod undo;

pub use crate::store::revision::{How, RevisionId};
pub use change::{ChangeError, Edit, FieldError, change, create, dial_plan};
pub use export::{ExportError, export, find, json};
pub use part::{Kind, Part};
pub use rotate::rotate_callback_secret;
pub use undo::undo;

use crate::config::Config;
use crate::document::Problems;
use crate::keys::{KeyError, Keys};
use crate::store::{self, OpenError, Store, StoreError, tenant};
use apply::Step;
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
    /// The revisions that tell of it, one for each tenant that changed. Empty in a dry run.
    pub revisions: Vec<RevisionId>,
}

/// The server whose tenants are changed.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    /// Its database.
    pub store: &'a Store,
    /// Its master key.
    pub keys: &'a Arc<Keys>,
    /// The names of its trunks, which dial plan rules may name ([`trunks`]).
    pub trunks: &'a [String],
    /// The folder in which each tenant has one of its own, by its name, for the files that its admins may name on screens
    /// ([`key_files`]).
    pub key_files: &'a Path,
}

/// Who changes something, how and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// A log-in, or the command.
    pub who: String,
    /// The way.
    pub how: How,
    /// The moment.
    pub at: Timestamp,
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
    let trunks = trunks(config);
    // A file that is wrong by itself is refused before the database is even opened.
    let drafts = file::read(&name, &text, &trunks)?;
    let absent = !store::file_of(&config.database_url, &config.data_dir)?.exists();
    if mode == Mode::DryRun && absent {
        // A dry run leaves no trace, not even an empty database.
        let steps = with_lines(resolve::resolve(drafts, &[], mode)?.changes, None);
        return Ok(Outcome {
            lines: steps.into_iter().flat_map(|step| step.lines).collect(),
            made: Vec::new(),
            revisions: Vec::new(),
        });
    }
    Keys::check(&config.data_dir, &config.database_url)?;
    let store = Store::open(&config.database_url, &config.data_dir)?;
    let keys = Arc::new(Keys::open(&config.data_dir, &store)?);
    let site = Site { store: &store, keys: &keys, trunks: &trunks, key_files: &key_files(config) };
    let stamp = Stamp { who: "ringbridge provision".to_owned(), how: How::File, at: now };
    apply_text(&name, &text, &site, &stamp, mode)
}

/// Applies the text of a tenant file to an open store. Blocks; not for the runtime's own threads.
///
/// # Errors
/// Why it was not applied; nothing was changed.
pub fn apply_text(
    name: &str,
    text: &str,
    site: &Site<'_>,
    stamp: &Stamp,
    mode: Mode,
) -> Result<Outcome, ProvisionError> {
    let mut tries = 1;
    loop {
        let drafts = file::read(name, text, site.trunks)?;
        let (version, current) = load(site.store, site.keys)?;
        let resolved = resolve::resolve(drafts, &current, mode)?;
        let steps = with_lines(resolved.changes, None);
        match carry_out(site, steps, resolved.made, version, stamp, mode) {
            Err(StoreError::Stale { .. }) if tries < TRIES => tries += 1,
            outcome => return Ok(outcome?),
        }
    }
}

/// The changes with the lines that tell of them.
fn with_lines(changes: Vec<resolve::Change>, undoes: Option<RevisionId>) -> Vec<Step> {
    let step = |change: resolve::Change| {
        let lines = plan::lines(change.current.as_ref(), &change.wanted);
        Step { change, lines, undoes }
    };
    changes.into_iter().map(step).collect()
}

/// Writes what changes something, unless it is only to be told.
fn carry_out(
    site: &Site<'_>,
    steps: Vec<Step>,
    made: Vec<resolve::Made>,
    version: i64,
    stamp: &Stamp,
    mode: Mode,
) -> Result<Outcome, StoreError> {
    let lines: Vec<String> = steps.iter().flat_map(|step| step.lines.clone()).collect();
    if mode == Mode::DryRun || lines.is_empty() {
        return Ok(Outcome { lines, made: Vec::new(), revisions: Vec::new() });
    }
    let (keys, stamp) = (site.keys.clone(), stamp.clone());
    let revisions = site.store.write_blocking(move |tx| apply::apply(tx, &steps, version, &keys, &stamp))?;
    let made = made.into_iter().map(|made| (made.what, made.value)).collect();
    Ok(Outcome { lines, made, revisions })
}

/// The folder below which tenants have their folders of files ([`Site::key_files`]).
#[must_use]
pub fn key_files(config: &Config) -> PathBuf {
    config.data_dir.join("keys")
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
