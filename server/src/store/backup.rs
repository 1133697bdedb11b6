//! Backup and restore: one file that holds everything but the master key.
//!
//! Promises: a backup is one consistent view, also while the server writes; it is checked as a whole and on the disk
//! before it bears its name, so a file that is there is a backup that works. Restoring refuses a folder that has a
//! database, and a backup that is damaged or of a newer version; nothing half-done is left behind.
//!
//! Leaves to others: the master key (`keys`): it is kept apart, so that a backup alone opens no secret.

use super::OpenError;
use super::open::{
    CheckExtent, READ_ONLY, check_contents, check_header, connect, file_of, make_folder, sync_folder,
};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Why there is no backup, or nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file that was to be made is there already.
    #[error("{0} exists already; name a new file")]
    Exists(PathBuf),
    /// The data folder has a database.
    #[error("{0} exists already; restore into an empty data folder")]
    Occupied(PathBuf),
    /// There is no database, or no backup.
    #[error("there is no file {0}")]
    Absent(PathBuf),
    /// The database or the backup cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The system does not let it be read or written.
    #[error("{file} cannot be written: {reason}")]
    Io {
        /// The file.
        file: PathBuf,
        /// What the system says.
        reason: String,
    },
}

/// Writes a consistent copy of the database into a new file; gives a line to be printed.
///
/// # Errors
/// One sentence; no file was made.
pub fn backup(url: &str, data_dir: &Path, to: &Path) -> Result<String, BackupError> {
    let database = file_of(url, data_dir)?;
    if !database.exists() {
        return Err(BackupError::Absent(database));
    }
    if to.exists() {
        return Err(BackupError::Exists(to.to_owned()));
    }
    check_header(&database)?;
    let partial = partial_of(to);
    let made = copy_out(&database, &partial).and_then(|()| settle(&partial, to));
    if made.is_err() {
        // Only what this call made.
        let _ = fs::remove_file(&partial);
    }
    made?;
    Ok(format!(
        "wrote {}; keep it apart from {}, without which the secrets in it stay closed\n",
        to.display(),
        data_dir.join("master.key").display()
    ))
}

/// Brings a backup back into a data folder without a database; gives a line to be printed.
///
/// # Errors
/// One sentence; nothing was changed.
pub fn restore(url: &str, data_dir: &Path, from: &Path) -> Result<String, BackupError> {
    let database = file_of(url, data_dir)?;
    if !from.exists() {
        return Err(BackupError::Absent(from.to_owned()));
    }
    for occupied in [database.clone(), beside(&database, "-wal")] {
        if occupied.exists() {
            return Err(BackupError::Occupied(occupied));
        }
    }
    check(from)?;
    let partial = partial_of(&database);
    let folder = folder_of(&database);
    make_folder(&folder).map_err(|error| io_error(&folder, &error))?;
    let copied = create_private(&partial)
        .and_then(|mut copy| io::copy(&mut File::open(from)?, &mut copy))
        .map_err(|error| io_error(&partial, &error))
        .and_then(|_| settle(&partial, &database));
    if copied.is_err() {
        let _ = fs::remove_file(&partial);
    }
    copied?;
    Ok(format!(
        "restored {}; put the master.key of that installation into {} before you start the server\n",
        database.display(),
        data_dir.display()
    ))
}

/// One consistent view of the database in a new file.
fn copy_out(database: &Path, partial: &Path) -> Result<(), BackupError> {
    let connection = connect(database, READ_ONLY).map_err(|error| engine_error(database, &error))?;
    create_private(partial).map_err(|error| io_error(partial, &error))?;
    let target = partial.display().to_string();
    connection.execute("vacuum into ?1", [target]).map_err(|error| engine_error(partial, &error))?;
    Ok(())
}

/// Checks the finished copy, brings it to the disk and gives it its name.
fn settle(partial: &Path, name: &Path) -> Result<(), BackupError> {
    check(partial)?;
    let synced = File::open(partial).and_then(|file| file.sync_all());
    synced.map_err(|error| io_error(partial, &error))?;
    fs::rename(partial, name).map_err(|error| io_error(name, &error))?;
    sync_folder(&folder_of(name)).map_err(|error| io_error(name, &error))
}

fn check(file: &Path) -> Result<(), BackupError> {
    check_header(file)?;
    let connection = connect(file, READ_ONLY).map_err(|error| engine_error(file, &error))?;
    Ok(check_contents(&connection, file, CheckExtent::Whole)?)
}

/// Makes an empty file for the owner's eyes only: what comes into it are people's calls. What a copy that was cut short
/// left behind goes.
fn create_private(partial: &Path) -> io::Result<File> {
    let _ = fs::remove_file(partial);
    File::options().write(true).create_new(true).mode(0o600).open(partial)
}

fn partial_of(file: &Path) -> PathBuf {
    beside(file, ".partial")
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn folder_of(file: &Path) -> PathBuf {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}

fn io_error(file: &Path, error: &io::Error) -> BackupError {
    BackupError::Io { file: file.to_owned(), reason: error.to_string() }
}

fn engine_error(file: &Path, error: &rusqlite::Error) -> BackupError {
    BackupError::Io { file: file.to_owned(), reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Store, meta};
    use std::os::unix::fs::PermissionsExt as _;

    const URL: &str = "sqlite:ringbridge.db";

    fn noted(store: &Store) -> [Option<String>; 2] {
        let read = |name| store.read_blocking(move |tx| meta::get(tx, name)).expect("readable");
        [read("before"), read("after")]
    }

    fn note(store: &Store, name: &'static str) {
        store.write_blocking(move |tx| meta::insert(tx, name, "kept")).expect("written");
    }

    #[test]
    fn a_backup_of_a_running_server_restores_into_an_empty_folder() {
        let (old, new) = (tempfile::tempdir().expect("made"), tempfile::tempdir().expect("made"));
        let store = Store::open(URL, old.path()).expect("opens");
        note(&store, "before");
        let copy = old.path().join("copy.db");
        backup(URL, old.path(), &copy).expect("made while the store is open");
        note(&store, "after");
        restore(URL, new.path(), &copy).expect("restored");
        for file in [&copy, &new.path().join("ringbridge.db")] {
            let mode = fs::metadata(file).expect("made").permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "for the owner's eyes only");
        }
        let kept = Some("kept".to_owned());
        assert_eq!(noted(&Store::open(URL, new.path()).expect("opens")), [kept.clone(), None]);
        assert_eq!(noted(&store), [kept.clone(), kept]);
    }

    #[test]
    fn a_file_that_is_there_is_not_written_over() {
        let folder = tempfile::tempdir().expect("made");
        let store = Store::open(URL, folder.path()).expect("opens");
        let copy = folder.path().join("copy.db");
        fs::write(&copy, "mine").expect("written");
        let refused = backup(URL, folder.path(), &copy).expect_err("it exists");
        assert_eq!(refused.to_string(), format!("{} exists already; name a new file", copy.display()));
        assert_eq!(fs::read_to_string(&copy).expect("readable"), "mine");
        let refused = restore(URL, folder.path(), &copy).expect_err("there is a database");
        let database = folder.path().join("ringbridge.db");
        let sentence = format!("{} exists already; restore into an empty data folder", database.display());
        assert_eq!(refused.to_string(), sentence);
        drop(store);
    }

    #[test]
    fn a_damaged_backup_is_refused_and_leaves_nothing_behind() {
        let (old, new) = (tempfile::tempdir().expect("made"), tempfile::tempdir().expect("made"));
        drop(Store::open(URL, old.path()).expect("opens"));
        let copy = old.path().join("copy.db");
        backup(URL, old.path(), &copy).expect("made");
        let mut bytes = fs::read(&copy).expect("readable");
        let half = bytes.len() / 2;
        bytes.truncate(half);
        fs::write(&copy, bytes).expect("written");
        restore(URL, new.path(), &copy).expect_err("damaged");
        assert_eq!(fs::read_dir(new.path()).expect("readable").count(), 0);
    }
}
