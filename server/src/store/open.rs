//! Opening the database: checks before anything is written, then creation or upgrade, then the pragmas.
//!
//! Promises: a file that cannot or must not be used (newer version, another program's, broken) is left to the byte as it
//! was; `synchronous` is FULL and was read back. Leaves to others: the schema itself (`migrations/`).

use super::StoreError;
use ringbridge_core::id::Seq;
use rusqlite::{Connection, OpenFlags};
use std::fs;
use std::io::{self, Read as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The schema, one step a version. Steps are only ever added; a step that shipped does not change.
const MIGRATIONS: [&str; 7] = [
    include_str!("../../migrations/0001_start.sql"),
    include_str!("../../migrations/0002_actions.sql"),
    include_str!("../../migrations/0003_screen_pop.sql"),
    include_str!("../../migrations/0004_revision.sql"),
    include_str!("../../migrations/0005_end_reason.sql"),
    include_str!("../../migrations/0006_logs.sql"),
    include_str!("../../migrations/0007_agents.sql"),
];

/// The version this build reads and writes.
pub(super) const VERSION: i64 = MIGRATIONS.len() as i64;

/// `RBdg`: marks the file as Ringbridge's, so that another program's database is never taken for ours.
const APPLICATION_ID: i64 = 0x5242_6467;

/// How many readers there are. A read takes well under a millisecond; four keep slow statistics from blocking a page.
const READERS: usize = 4;

/// How long a statement waits for another process that writes, for example `provision` beside a running server.
const BUSY: Duration = Duration::from_secs(5);

/// Distinct statements are about a hundred; each connection keeps them all prepared.
const STATEMENTS_KEPT: usize = 256;

/// Up to this size the whole file is checked at the start (a second at most); beyond it `doctor` does it.
const CHECKED_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Why the database cannot be used: one sentence for whoever starts the server.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file is damaged.
    #[error("the database {file} is damaged ({reason}); restore it from a backup")]
    Broken {
        /// The file.
        file: PathBuf,
        /// What was found.
        reason: String,
    },
    /// Another program's file.
    #[error("{file} is no Ringbridge database; name another file in database.url")]
    Foreign {
        /// The file.
        file: PathBuf,
    },
    /// The file or its folder cannot be read or written.
    #[error("the database {file} cannot be used: {reason}")]
    Inaccessible {
        /// The file.
        file: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// Written by a newer Ringbridge.
    #[error(
        "the database {file} is of version {found}, this Ringbridge knows up to {known}; start the newer Ringbridge that wrote it, or restore a backup"
    )]
    Newer {
        /// The file.
        file: PathBuf,
        /// Its version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// No thread could be started.
    #[error("the database's threads cannot be started: {0}")]
    Threads(#[source] io::Error),
    /// A URL of another engine.
    #[error("database.url \"{0}\" is not supported by this build; use \"sqlite:FILE\"")]
    Unsupported(String),
}

/// An open database.
pub(super) struct Opened {
    pub(super) writer: Connection,
    pub(super) readers: Vec<Connection>,
    pub(super) newest: Seq,
}

/// The file that `sqlite:FILE` means.
pub(crate) fn file_of(url: &str, data_dir: &Path) -> Result<PathBuf, OpenError> {
    // A PostgreSQL URL may hold a password: only its scheme is repeated.
    let unsupported = || OpenError::Unsupported(format!("{}:…", url.split(':').next().unwrap_or_default()));
    let file = url.strip_prefix("sqlite:").ok_or_else(unsupported)?;
    let file = file.strip_prefix("//").unwrap_or(file);
    if file.is_empty() || file.starts_with(':') || file.contains('?') {
        return Err(OpenError::Unsupported(url.to_owned()));
    }
    Ok(data_dir.join(file))
}

pub(super) fn open(url: &str, data_dir: &Path) -> Result<Opened, OpenError> {
    let file = file_of(url, data_dir)?;
    let inaccessible = |error: &dyn std::fmt::Display| OpenError::Inaccessible {
        file: file.clone(),
        reason: error.to_string(),
    };
    check_header(&file)?;
    create(&file).map_err(|error| inaccessible(&error))?;

    let writer = connect(&file, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(|error| inaccessible(&error))?;
    if writer.is_readonly("main").map_err(|error| inaccessible(&error))? {
        return Err(inaccessible(&"it can be read, but not written"));
    }
    check_contents(&writer, &file, CheckExtent::Quick)?;
    prepare(&writer).map_err(|error| inaccessible(&error))?;
    migrate(&writer).map_err(|error| inaccessible(&error))?;
    let newest = newest(&writer).map_err(|error| inaccessible(&error))?;

    let mut readers = Vec::with_capacity(READERS);
    for _ in 0..READERS {
        let reader =
            connect(&file, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(|error| inaccessible(&error))?;
        readers.push(reader);
    }
    Ok(Opened { writer, readers, newest })
}

/// Looks at the first bytes of the file as bytes, so that a file which is not ours is not even opened by the engine.
pub(super) fn check_header(file: &Path) -> Result<(), OpenError> {
    let inaccessible =
        |error: io::Error| OpenError::Inaccessible { file: file.to_owned(), reason: error.to_string() };
    let mut header = Vec::new();
    match fs::File::open(file) {
        Ok(open) => open.take(100).read_to_end(&mut header).map_err(inaccessible)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(inaccessible(error)),
    };
    if header.is_empty() {
        return Ok(());
    }
    let number = |at: usize| -> i64 {
        let bytes = header.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(0, u32::from_be_bytes).into()
    };
    if !header.starts_with(b"SQLite format 3\0") || header.len() < 100 {
        return Err(OpenError::Foreign { file: file.to_owned() });
    }
    // SQLite's file format: the user version stands at byte 60, the application id at byte 68. Both are 0 in a file whose
    // creation was cut short; `check_contents` then looks at its tables.
    let (version, application) = (number(60), number(68));
    if application != APPLICATION_ID && (application, version) != (0, 0) {
        return Err(OpenError::Foreign { file: file.to_owned() });
    }
    if version > VERSION {
        return Err(OpenError::Newer { file: file.to_owned(), found: version, known: VERSION });
    }
    Ok(())
}

/// Creates the folder and the file if they are absent, for the owner's eyes only, and makes their names durable.
fn create(file: &Path) -> io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    make_folder(folder)?;
    match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file) {
        Ok(created) => {
            created.sync_all()?;
            sync_folder(folder)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Creates a folder for the owner's eyes only, if it is absent.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    match folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => sync_folder(parent),
        None => Ok(()),
    }
}

/// Makes the names in a folder durable: without it a new file can vanish at a power failure although its bytes were
/// synced.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

pub(super) fn connect(file: &Path, access: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(file, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    Ok(connection)
}

/// How a connection is opened that must not change anything.
pub(super) const READ_ONLY: OpenFlags = OpenFlags::SQLITE_OPEN_READ_ONLY;

/// How much of the file is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CheckExtent {
    /// As much as a start has time for.
    Quick,
    /// Everything, indices included.
    Whole,
}

/// Asks the engine whether the file is whole and ours. Reads only.
pub(super) fn check_contents(
    connection: &Connection,
    file: &Path,
    extent: CheckExtent,
) -> Result<(), OpenError> {
    let broken = |reason: String| OpenError::Broken { file: file.to_owned(), reason };
    let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let pages = count("pragma page_count").map_err(|error| broken(error.to_string()))?;
    let page_bytes = count("pragma page_size").map_err(|error| broken(error.to_string()))?;
    let small = u64::try_from(pages.saturating_mul(page_bytes)).unwrap_or(u64::MAX) <= CHECKED_BYTES_MAX;
    let check = match extent {
        CheckExtent::Whole => "pragma integrity_check(1)",
        CheckExtent::Quick if small => "pragma quick_check(1)",
        CheckExtent::Quick => "select case count(*) when -1 then '' else 'ok' end from sqlite_master",
    };
    let verdict = connection.query_row(check, [], |row| row.get::<_, String>(0));
    match verdict {
        Ok(verdict) if verdict == "ok" => {}
        Ok(verdict) => return Err(broken(verdict)),
        Err(error) => return Err(broken(error.to_string())),
    }
    let number = |sql| count(sql).map_err(|error| broken(error.to_string()));
    let (application, version, tables) = (
        number("pragma application_id")?,
        number("pragma user_version")?,
        number("select count(*) from sqlite_master")?,
    );
    if application != APPLICATION_ID && tables > 0 {
        return Err(OpenError::Foreign { file: file.to_owned() });
    }
    if version > VERSION {
        return Err(OpenError::Newer { file: file.to_owned(), found: version, known: VERSION });
    }
    Ok(())
}

/// Sets what the promises rest on, and reads it back: a pragma that was not taken is silent.
fn prepare(connection: &Connection) -> Result<(), StoreError> {
    connection
        .execute_batch("pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on;")?;
    for (name, wanted) in [("journal_mode", "wal"), ("synchronous", "2"), ("foreign_keys", "1")] {
        let found = connection.query_row(&format!("pragma {name}"), [], |row| {
            let value = row.get_ref(0)?;
            Ok(value.as_str().map_or_else(|_| value.as_i64().unwrap_or(-1).to_string(), str::to_owned))
        })?;
        if found != wanted {
            return Err(StoreError::Database(format!("the setting {name} is {found} instead of {wanted}")));
        }
    }
    Ok(())
}

/// Brings the schema to this build's version, all steps in one transaction.
fn migrate(connection: &Connection) -> Result<(), StoreError> {
    let version =
        |connection: &Connection| connection.query_row("pragma user_version", [], |row| row.get::<_, i64>(0));
    if version(connection)? == VERSION {
        return Ok(());
    }
    connection.execute_batch("begin immediate")?;
    // Read again under the lock: another process may have been first.
    let done = usize::try_from(version(connection)?).unwrap_or(0);
    for step in MIGRATIONS.iter().skip(done) {
        connection.execute_batch(step)?;
    }
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.pragma_update(None, "user_version", VERSION)?;
    connection.execute_batch("commit")?;
    // The next start reads the version from the file's first bytes, so it must not stay in the log.
    connection.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()))?;
    Ok(())
}

fn newest(connection: &Connection) -> Result<Seq, StoreError> {
    let sql = "select coalesce(max(seq), 0) from journal";
    Ok(Seq(connection.query_row(sql, [], |row| row.get(0))?))
}
