//! The master key, and secrets sealed with it: what lies in the database is of no use without the key's file.
//!
//! Promises: a sealed secret opens only in the tenant, table, column and row it was sealed for; a database that was sealed
//! with another key is noticed before anything is changed. The cipher is XChaCha20-Poly1305 with a random nonce, so that
//! nothing has to be counted (security DP-1, DP-2).
//!
//! Leaves to others: login passwords (`passwords`: hashed, not sealed), backups of the key's file.

use crate::store::{self, Store, StoreError, meta};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use ringbridge_core::id::{AgentId, TenantId};
use ringbridge_core::redact::Secret;
use sha2::{Digest as _, Sha256};
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The name of the key's file in the data folder.
const FILE: &str = "master.key";

/// Where the database keeps the key check value.
const CHECK: &str = "master_key_check";

/// What a sealed secret begins with; a later form gets another number.
const FORM: &str = "v1";

/// Bytes of the key and of a nonce, as the cipher has them.
const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;

/// Why there is no key: one sentence for whoever starts the server.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The key's file cannot be read or made.
    #[error("the master key {file} cannot be used: {reason}")]
    Inaccessible {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The database was sealed, but the file is gone.
    #[error("the master key {file} is missing, but the database's secrets are sealed with it; put it back")]
    Missing {
        /// The file.
        file: PathBuf,
    },
    /// The database cannot be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database was sealed with another key.
    #[error(
        "the master key {file} is not the one that the database's secrets are sealed with; put the right one back"
    )]
    Wrong {
        /// The file.
        file: PathBuf,
    },
}

/// A sealed secret does not open: it was moved, changed, or sealed with another key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sealed secret cannot be opened with this master key")]
pub struct Unopenable;

/// The place a secret is sealed for. Anywhere else it does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot<'a> {
    /// A column of an agent's row.
    Agent(TenantId, AgentId, &'a str),
    /// What an agent entered for the screen pop's target, in the session with this hash.
    Session(TenantId, &'a str),
    /// A column of a tenant's row.
    Tenant(TenantId, &'a str),
}

impl Spot<'_> {
    /// The associated data: tenant, table, column and row (security DP-1); [`Keys`] adds the key's id.
    fn text(&self) -> String {
        match self {
            Self::Agent(tenant, agent, column) => format!("{tenant}|agent|{column}|{agent}"),
            Self::Session(tenant, id_hash) => format!("{tenant}|session|external|{id_hash}"),
            Self::Tenant(tenant, column) => format!("{tenant}|tenant|{column}|{tenant}"),
        }
    }
}

/// How a key's file stands to its database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFile {
    /// There is none yet, and nothing is sealed.
    Absent,
    /// It is the one.
    Fits,
}

/// The master key. It never leaves this value.
pub struct Keys {
    cipher: XChaCha20Poly1305,
    /// The first bytes of the key's hash: names the key without telling it.
    id: String,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys({})", self.id)
    }
}

impl Keys {
    /// Reads the key of a data folder and checks that it fits the database; makes one if there is none yet.
    ///
    /// # Errors
    /// One sentence. Nothing was changed.
    pub fn open(data_dir: &Path, store: &Store) -> Result<Self, KeyError> {
        let file = data_dir.join(FILE);
        let known = store.read_blocking(|tx| meta::get(tx, CHECK))?;
        let key = match (read(&file), &known) {
            (Ok(key), _) => key,
            (Err(error), None) if error.kind() == io::ErrorKind::NotFound => {
                make(&file).map_err(|error| inaccessible(&file, &error))?
            }
            (Err(error), Some(_)) if error.kind() == io::ErrorKind::NotFound => {
                return Err(KeyError::Missing { file });
            }
            (Err(error), _) => return Err(inaccessible(&file, &error)),
        };
        let keys = Self::of(&key);
        let check = check_value(&key);
        match known {
            Some(known) if known == check => {}
            Some(_) => return Err(KeyError::Wrong { file }),
            None => store.write_blocking(move |tx| match meta::get(tx, CHECK)? {
                // Another process was first, with the same file.
                Some(_) => Ok(()),
                None => meta::insert(tx, CHECK, &check),
            })?,
        }
        Ok(keys)
    }

    /// Looks whether the key of a data folder fits the check value that its database keeps. Changes nothing.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn examine(data_dir: &Path, known: Option<&str>) -> Result<KeyFile, KeyError> {
        let file = data_dir.join(FILE);
        let key = match (read(&file), known) {
            (Ok(key), _) => key,
            (Err(error), None) if error.kind() == io::ErrorKind::NotFound => return Ok(KeyFile::Absent),
            (Err(error), Some(_)) if error.kind() == io::ErrorKind::NotFound => {
                return Err(KeyError::Missing { file });
            }
            (Err(error), _) => return Err(inaccessible(&file, &error)),
        };
        match known {
            Some(known) if known != check_value(&key) => Err(KeyError::Wrong { file }),
            Some(_) | None => Ok(KeyFile::Fits),
        }
    }

    /// Reads the key of a data folder, and makes none.
    ///
    /// # Errors
    /// One sentence.
    pub fn existing(data_dir: &Path) -> Result<Self, KeyError> {
        let file = data_dir.join(FILE);
        read(&file).map(|key| Self::of(&key)).map_err(|error| inaccessible(&file, &error))
    }

    /// Looks whether the key's file fits the database of `url` before either is opened for work: a start that fails must
    /// not have made or upgraded anything.
    ///
    /// # Errors
    /// One sentence. Nothing was changed.
    pub fn check(data_dir: &Path, url: &str) -> Result<(), KeyError> {
        Self::examine(data_dir, store::key_check(url, data_dir).as_deref()).map(|_| ())
    }

    /// The keys made of 32 bytes.
    #[must_use]
    pub fn of(key: &[u8; KEY_BYTES]) -> Self {
        Self { cipher: XChaCha20Poly1305::new(key.into()), id: hex(&digest(b"id", key), 4) }
    }

    /// Seals a secret for one place: `v1|key id|nonce|ciphertext`. An empty secret stays empty, so that "none" shows.
    #[must_use]
    pub fn seal(&self, spot: Spot<'_>, secret: &Secret) -> String {
        if secret.is_empty() {
            return String::new();
        }
        let nonce = crate::chance::bytes::<NONCE_BYTES>();
        let aad = format!("{}|{}", spot.text(), self.id);
        let payload = Payload { msg: secret.expose().as_bytes(), aad: aad.as_bytes() };
        let sealed = self
            .cipher
            .encrypt(&XNonce::from(nonce), payload)
            .expect("the cipher takes messages up to 256 GiB");
        format!("{FORM}|{}|{}|{}", self.id, BASE64.encode(nonce), BASE64.encode(sealed))
    }

    /// Opens a secret that was sealed for this place.
    ///
    /// # Errors
    /// If it was sealed for another place, with another key, or was changed.
    pub fn open_sealed(&self, spot: Spot<'_>, sealed: &str) -> Result<Secret, Unopenable> {
        if sealed.is_empty() {
            return Ok(Secret::default());
        }
        let mut parts = sealed.split('|');
        let (Some(FORM), Some(id), Some(nonce), Some(sealed), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Unopenable);
        };
        let nonce: [u8; NONCE_BYTES] =
            BASE64.decode(nonce).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(Unopenable)?;
        let sealed = BASE64.decode(sealed).map_err(|_| Unopenable)?;
        let aad = format!("{}|{id}", spot.text());
        let payload = Payload { msg: &sealed, aad: aad.as_bytes() };
        let opened =
            Zeroizing::new(self.cipher.decrypt(&XNonce::from(nonce), payload).map_err(|_| Unopenable)?);
        std::str::from_utf8(&opened).map(Secret::new).map_err(|_| Unopenable)
    }
}

fn inaccessible(file: &Path, error: &io::Error) -> KeyError {
    KeyError::Inaccessible { file: file.to_owned(), reason: error.to_string() }
}

/// Reads the key's file: exactly its bytes and nothing else.
fn read(file: &Path) -> io::Result<Zeroizing<[u8; KEY_BYTES]>> {
    let bytes = Zeroizing::new(fs::read(file)?);
    let key = bytes.as_slice().try_into().map(Zeroizing::new);
    key.map_err(|_| io::Error::new(io::ErrorKind::InvalidData, format!("it must be {KEY_BYTES} bytes long")))
}

/// Makes a key that only the owner may read. The whole file appears under its name at once, or not at all.
fn make(file: &Path) -> io::Result<Zeroizing<[u8; KEY_BYTES]>> {
    let key = Zeroizing::new(crate::chance::bytes::<KEY_BYTES>());
    let draft = file.with_extension("key.new");
    let _ = fs::remove_file(&draft);
    let mut open = fs::OpenOptions::new().write(true).create_new(true).mode(0o400).open(&draft)?;
    open.write_all(key.as_slice())?;
    open.sync_all()?;
    fs::rename(&draft, file)?;
    store::sync_folder(file.parent().unwrap_or(Path::new(".")))?;
    Ok(key)
}

/// Tells whether a key is the right one without helping to find it: 128 bits of a hash of 256 random bits.
fn check_value(key: &[u8; KEY_BYTES]) -> String {
    hex(&digest(b"check", key), 16)
}

fn digest(purpose: &[u8], key: &[u8; KEY_BYTES]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"ringbridge master key ");
    hash.update(purpose);
    hash.update(b":");
    hash.update(key);
    hash.finalize().into()
}

fn hex(bytes: &[u8], length: usize) -> String {
    bytes.iter().take(length).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    const HERE: Spot<'static> = Spot::Agent(TenantId(1), AgentId(7), "external_password");

    fn open(folder: &tempfile::TempDir) -> Result<Keys, KeyError> {
        let store = Store::open("sqlite:ringbridge.db", folder.path()).expect("the database opens");
        Keys::open(folder.path(), &store)
    }

    #[test]
    fn a_key_is_made_once_for_the_owners_eyes_and_found_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let sealed = open(&folder).expect("made").seal(HERE, &Secret::new("s3cret"));
        let opened = open(&folder).expect("found").open_sealed(HERE, &sealed);
        assert_eq!(opened, Ok(Secret::new("s3cret")));
        let file = fs::metadata(folder.path().join(FILE)).expect("it is there");
        assert_eq!((file.permissions().mode() & 0o777, file.len()), (0o400, 32));
    }

    #[test]
    fn another_key_a_lost_key_and_a_key_of_the_wrong_size_are_refused_with_a_sentence_each() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join(FILE);
        open(&folder).expect("made");

        fs::remove_file(&file).expect("removed");
        let missing = open(&folder).expect_err("refused").to_string();
        fs::write(&file, [7; 32]).expect("written");
        let wrong = open(&folder).expect_err("refused").to_string();
        fs::write(&file, "short").expect("written");
        let short = open(&folder).expect_err("refused").to_string();

        let file = file.display();
        assert_eq!(
            [missing, wrong, short],
            [
                format!(
                    "the master key {file} is missing, but the database's secrets are sealed with it; put it back"
                ),
                format!(
                    "the master key {file} is not the one that the database's secrets are sealed with; put the right one back"
                ),
                format!("the master key {file} cannot be used: it must be 32 bytes long"),
            ]
        );
    }

    #[test]
    fn a_key_that_does_not_fit_is_noticed_before_the_database_is_opened() {
        let names = |folder: &tempfile::TempDir| {
            let entries = fs::read_dir(folder.path()).expect("there");
            let mut names: Vec<_> = entries.map(|entry| entry.expect("an entry").file_name()).collect();
            names.sort();
            names
        };
        let folder = tempfile::tempdir().expect("a folder");
        let check = || Keys::check(folder.path(), "sqlite:ringbridge.db");
        assert!(check().is_ok(), "nothing is there yet");
        assert!(names(&folder).is_empty());
        fs::write(folder.path().join(FILE), "short").expect("written");
        assert!(matches!(check(), Err(KeyError::Inaccessible { .. })));
        assert_eq!(names(&folder), [FILE]);

        fs::remove_file(folder.path().join(FILE)).expect("removed");
        open(&folder).expect("made");
        assert!(check().is_ok());
        let _ = fs::remove_file(folder.path().join(FILE));
        fs::write(folder.path().join(FILE), [7; 32]).expect("written");
        let before = names(&folder);
        assert!(matches!(check(), Err(KeyError::Wrong { .. })));
        assert_eq!(names(&folder), before);

        // Also while a server has the database open, and its newest rows stand in the log only.
        let store = Store::open("sqlite:ringbridge.db", folder.path()).expect("it opens");
        assert!(matches!(check(), Err(KeyError::Wrong { .. })));
        drop(store);
    }

    #[test]
    fn dp_1_a_sealed_secret_opens_only_where_it_was_sealed() {
        let keys = Keys::of(&[1; KEY_BYTES]);
        let secret = Secret::new("s3cret");
        let sealed = keys.seal(HERE, &secret);
        assert!(!sealed.contains("s3cret"));
        assert_ne!(sealed, keys.seal(HERE, &secret), "the nonce is new each time");
        assert_eq!(keys.open_sealed(HERE, &sealed), Ok(secret));

        let elsewhere = [
            Spot::Agent(TenantId(2), AgentId(7), "external_password"),
            Spot::Agent(TenantId(1), AgentId(8), "external_password"),
            Spot::Agent(TenantId(1), AgentId(7), "phone"),
            Spot::Tenant(TenantId(1), "external_password"),
            Spot::Session(TenantId(1), "external_password"),
        ];
        for spot in elsewhere {
            assert_eq!(keys.open_sealed(spot, &sealed), Err(Unopenable), "{spot:?}");
        }
        assert_eq!(Keys::of(&[2; KEY_BYTES]).open_sealed(HERE, &sealed), Err(Unopenable));
        for cut in 0..sealed.len() {
            let cut = sealed.get(..cut).expect("it is ASCII");
            assert_eq!(keys.open_sealed(HERE, cut).is_ok(), cut.is_empty(), "{cut}");
        }
    }

    #[test]
    fn nothing_stays_nothing() {
        let keys = Keys::of(&[1; KEY_BYTES]);
        assert_eq!(keys.seal(HERE, &Secret::default()), "");
        assert_eq!(keys.open_sealed(HERE, ""), Ok(Secret::default()));
    }
}
