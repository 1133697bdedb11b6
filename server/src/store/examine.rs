//! Looking at the database without touching it: what `doctor` reports.
//!
//! Promises: reads only; nothing is created, upgraded or repaired. The whole file is checked, however large. Leaves to
//! others: opening it for work (`open`).

use super::open::{CheckExtent, READ_ONLY, check_contents, check_header, connect, file_of};
use super::{OpenError, meta, tx::Tx};
use ringbridge_core::time::Timestamp;
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Examined {
    /// There is no database yet.
    Absent(PathBuf),
    /// It is whole and ours.
    Whole {
        /// The file.
        file: PathBuf,
        /// The check value of the master key, if a key was made.
        key_check: Option<String>,
        /// When the newest journal entry was written.
        newest_at: Option<Timestamp>,
        /// How many jobs wait, and how many are parked.
        jobs: (i64, i64),
    },
}

/// Looks at the database of `url`.
///
/// # Errors
/// What stands against using it, as a sentence.
pub fn examine(url: &str, data_dir: &Path) -> Result<Examined, OpenError> {
    let file = file_of(url, data_dir)?;
    if !file.exists() {
        return Ok(Examined::Absent(file));
    }
    check_header(&file)?;
    let inaccessible = |reason: String| OpenError::Inaccessible { file: file.clone(), reason };
    let connection = connect(&file, READ_ONLY).map_err(|error| inaccessible(error.to_string()))?;
    check_contents(&connection, &file, CheckExtent::Whole)?;
    let mut tx = Tx::new(&connection);
    let mut look = || {
        let key_check = meta::get(&mut tx, "master_key_check")?;
        let newest = tx.first("select max(at) as at from journal", &[])?;
        let newest_at = newest.map_or(Ok(None), |row| row.optional_moment("at"))?;
        let jobs = tx.first(
            "select coalesce(sum(case state when 'pending' then 1 else 0 end), 0) as pending,
                    coalesce(sum(case state when 'parked' then 1 else 0 end), 0) as parked from job",
            &[],
        )?;
        let jobs = match jobs {
            Some(row) => (row.int("pending")?, row.int("parked")?),
            None => (0, 0),
        };
        Ok((key_check, newest_at, jobs))
    };
    let (key_check, newest_at, jobs) =
        look().map_err(|error: super::StoreError| inaccessible(error.to_string()))?;
    Ok(Examined::Whole { file: file.clone(), key_check, newest_at, jobs })
}

/// The check value of the master key, if the database of `url` is there and has one. Unlike [`examine`] it looks at nothing
/// else, so that it can come before every opening; what cannot be read is left to the opening to say.
#[must_use]
pub fn key_check(url: &str, data_dir: &Path) -> Option<String> {
    let file = file_of(url, data_dir).ok().filter(|file| file.exists())?;
    check_header(&file).ok()?;
    let connection = connect_untouched(&file).ok()?;
    meta::get(&mut Tx::new(&connection), "master_key_check").ok().flatten()
}

/// Asks the database of `url` something without opening it for work: it is neither created nor upgraded, and nothing in it
/// changes.
///
/// # Errors
/// If it is not there, or cannot answer, perhaps because it is older than this build.
pub fn look<T>(
    url: &str,
    data_dir: &Path,
    ask: impl FnOnce(&mut Tx<'_>) -> Result<T, super::StoreError>,
) -> Result<T, OpenError> {
    let file = file_of(url, data_dir)?;
    let inaccessible = |reason: String| OpenError::Inaccessible { file: file.clone(), reason };
    check_header(&file)?;
    let connection = connect_untouched(&file).map_err(|error| inaccessible(error.to_string()))?;
    ask(&mut Tx::new(&connection)).map_err(|error| inaccessible(error.to_string()))
}

/// Opens a database so that not even the files of its log appear. That can only be promised while nobody has a log open;
/// else those files are there already.
fn connect_untouched(file: &Path) -> rusqlite::Result<Connection> {
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    if Path::new(&log).exists() {
        return connect(file, READ_ONLY);
    }
    let mut uri =
        url::Url::from_file_path(file).map_err(|()| rusqlite::Error::InvalidPath(file.to_owned()))?;
    uri.set_query(Some("immutable=1"));
    connect(Path::new(uri.as_str()), READ_ONLY | OpenFlags::SQLITE_OPEN_URI)
}
