//! The database: one writer that batches commits, readers beside it, and one file for each noun.
//!
//! Promises: when [`Store::write`] answers `Ok`, the unit is on the disk, fsynced; when it answers an error, nothing of
//! the unit is there. This folder is the only place with SQL, and the texts are PostgreSQL's as well. Queues are
//! bounded: beyond the bound the answer is [`StoreError::Overloaded`] at once.
//!
//! Leaves to others: deciding (`core`), acting (`switchboard`, `jobs`), and secrets (`keys`; what is stored here is
//! sealed or hashed already).

pub mod action;
pub mod agent;
mod backup;
mod examine;
pub mod external_login;
pub mod job;
pub mod journal;
pub mod lane;
pub mod login_attempt;
pub mod meta;
mod open;
pub mod parked;
pub mod presence;
mod reader;
pub mod recent_click;
pub mod registration;
pub mod revision;
pub mod screen_pop;
pub mod session;
pub mod statistics;
pub mod team;
pub mod tenant;
#[cfg(test)]
pub(crate) mod tests;
pub mod transaction;
mod tx;
pub mod unlisted;
mod value;
mod writer;

pub use backup::{BackupError, backup, restore};
pub use examine::{Examined, examine, key_check, look};
pub use open::OpenError;
pub(crate) use open::{file_of, make_folder, sync_folder};
pub use tx::Tx;
pub use value::{Row, Value};

use ringbridge_core::id::Seq;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::watch;

/// Why the store did not do something.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The store has been closed; the server is ending.
    #[error("the database is closed because the server is ending")]
    Closed,
    /// A unique rule of the schema stands against it; `rule` is the index or the columns.
    #[error("the database holds such a row already ({rule})")]
    Conflict {
        /// The index's name or `table.column, …` as the engine reports it.
        rule: String,
    },
    /// The engine reports trouble: a full disk, a broken file, a statement that is wrong.
    #[error("the database reports: {0}")]
    Database(String),
    /// More is waiting than the queue holds.
    #[error("the database has more to do than it can")]
    Overloaded,
    /// The unit panicked; nothing of it was kept.
    #[error("a unit of work failed inside and was rolled back")]
    Panicked,
    /// A guarded update touched no row: someone else changed it first.
    #[error("{what} was changed by someone else in the meantime")]
    Stale {
        /// The noun.
        what: &'static str,
    },
    /// A stored value cannot be read.
    #[error("stored data cannot be read: column {column} of {row} {what}")]
    Unreadable {
        /// The row, by its first column.
        row: String,
        /// The column.
        column: String,
        /// What is wrong with it.
        what: String,
    },
}

impl StoreError {
    /// Whether it is the rule that an agent has one live call (semantics 1.11, 1.12).
    #[must_use]
    pub fn is_second_live_call(&self) -> bool {
        matches!(self, Self::Conflict { rule } if rule.contains("txn.agent_id") || rule.contains("one_live_call_per_agent"))
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let rusqlite::Error::SqliteFailure(failure, text) = &error else {
            return Self::Database(error.to_string());
        };
        let text = text.clone().unwrap_or_else(|| failure.to_string());
        let unique = [rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE, rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY];
        if unique.contains(&failure.extended_code) {
            let rule = text.strip_prefix("UNIQUE constraint failed: ").unwrap_or(&text).to_owned();
            return Self::Conflict { rule };
        }
        Self::Database(text)
    }
}

/// The database. Cheap to clone; the last clone to go closes it.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

/// What the clones share. Dropping it ends the threads: the writer commits what is waiting first.
struct Inner {
    readers: reader::Readers,
    writer: writer::Writer,
}

impl Store {
    /// Opens the database of `url` (`sqlite:FILE`; a relative file lies in `data_dir`), creates or upgrades it.
    ///
    /// # Errors
    /// One sentence for whoever starts the server. Whatever the reason, a file that was there is unchanged.
    pub fn open(url: &str, data_dir: &Path) -> Result<Self, OpenError> {
        let opened = open::open(url, data_dir)?;
        let newest = opened.newest;
        let readers = reader::Readers::start(opened.readers).map_err(OpenError::Threads)?;
        let writer = writer::Writer::start(opened.writer, newest).map_err(OpenError::Threads)?;
        Ok(Self { inner: Arc::new(Inner { readers, writer }) })
    }

    /// Runs a unit of work in a transaction. It is durable when this answers `Ok`; it is batched with others that wait,
    /// each in a savepoint of its own, so that a unit that fails is rolled back alone.
    ///
    /// # Errors
    /// What the unit answers, or why it could not be run or committed.
    pub async fn write<T, F>(&self, unit: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.inner.writer.submit(unit)?.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Reads in one consistent view of the database, beside the writer.
    ///
    /// # Errors
    /// What the function answers, or why it could not be run.
    pub async fn read<T, F>(&self, look: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.inner.readers.submit(look)?.await.unwrap_or(Err(StoreError::Closed))
    }

    /// [`Store::write`] for callers outside the runtime: commands such as `provision`, and tests.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub fn write_blocking<T, F>(&self, unit: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.inner.writer.submit(unit)?.blocking_recv().unwrap_or(Err(StoreError::Closed))
    }

    /// [`Store::read`] for callers outside the runtime.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub fn read_blocking<T, F>(&self, look: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.inner.readers.submit(look)?.blocking_recv().unwrap_or(Err(StoreError::Closed))
    }

    /// The newest committed journal entry. Whoever follows the journal waits for this to change and then reads.
    #[must_use]
    pub fn wake(&self) -> watch::Receiver<Seq> {
        self.inner.writer.wake()
    }
}

/// Whether a thread is not this one: a unit that owns the last clone of the store drops it on a thread of the store, which
/// cannot wait for itself.
fn is_another(thread: &std::thread::JoinHandle<()>) -> bool {
    thread.thread().id() != std::thread::current().id()
}
