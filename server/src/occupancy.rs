//! One server for each data folder: two would both end each other's calls as interrupted and ring the same phones.
//!
//! Promises: while an [`Occupancy`] lives, no other process gets one of the same folder; a process that dies gives it up,
//! also by `kill -9`. Commands beside a server (`provision`, `backup`, `doctor`) need none. Leaves to others: holding it as
//! long as the server runs (`serve`).

use std::fs::{File, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// The name of the file that is locked. It stays when the server ends: only the lock on it counts.
const FILE: &str = "server.lock";

/// The sole right to serve a data folder.
#[derive(Debug)]
pub struct Occupancy {
    /// Locked as long as it is open.
    _file: File,
}

/// Why a folder cannot be served: one sentence.
#[derive(Debug, thiserror::Error)]
pub enum OccupancyError {
    /// The lock's file cannot be made or locked.
    #[error("the data folder {folder} cannot be used: {reason}")]
    Inaccessible {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// Another server has it.
    #[error("another server runs on the data folder {0}; end it first, or name another data_dir")]
    Taken(PathBuf),
}

impl Occupancy {
    /// Takes the sole right to serve a data folder, which is made if it is absent.
    ///
    /// # Errors
    /// One sentence.
    pub fn take(data_dir: &Path) -> Result<Self, OccupancyError> {
        let inaccessible = |error: std::io::Error| OccupancyError::Inaccessible {
            folder: data_dir.to_owned(),
            reason: error.to_string(),
        };
        crate::store::make_folder(data_dir).map_err(inaccessible)?;
        let mut options = File::options();
        let file = options
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(data_dir.join(FILE))
            .map_err(inaccessible)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(OccupancyError::Taken(data_dir.to_owned())),
            Err(TryLockError::Error(error)) => Err(inaccessible(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_server_at_a_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = Occupancy::take(folder.path()).expect("it is free");
        let second = Occupancy::take(folder.path()).expect_err("it is taken").to_string();
        let place = folder.path().display();
        assert_eq!(
            second,
            format!("another server runs on the data folder {place}; end it first, or name another data_dir")
        );
        drop(first);
        assert!(Occupancy::take(folder.path()).is_ok(), "it is free again");
    }
}
