//! Checks passwords without letting anyone find out who exists, or keep the processor busy.
//!
//! Promises: an unknown user costs the same work as a known one; at most [`AT_ONCE`] checks run and [`WAITING_MAX`] wait.
//! Leaves to others: making the hashes (`provision`), counting failures (`login`).

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use ringbridge_core::redact::Secret;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Checks at once: each takes a core and 19 MiB for some 20 to 50 ms.
const AT_ONCE: usize = 2;

/// Checks that may wait: a whole contact center at the start of its shift.
const WAITING_MAX: usize = 500;

/// How long a check may wait for its turn.
const WAIT_SECONDS: u64 = 20;

/// Whether a password is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is.
    Right,
    /// It is not, or there is no such user.
    Wrong,
    /// There was no turn for it.
    Overloaded,
}

/// The checking of passwords.
#[derive(Debug)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    places: Arc<Semaphore>,
    /// A hash of nothing anybody knows, with the same cost as all others.
    nobody: Secret,
}

impl Passwords {
    /// Makes the hash that stands in for unknown users.
    #[must_use]
    pub fn new() -> Self {
        let unknown: [u8; 32] = crate::chance::bytes();
        let nobody =
            Argon2::default().hash_password(&unknown).map(|hash| hash.to_string()).unwrap_or_default();
        Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            places: Arc::new(Semaphore::new(AT_ONCE + WAITING_MAX)),
            nobody: Secret::new(nobody),
        }
    }

    /// Checks a password against a hash, or against nobody's.
    pub async fn check(&self, hash: Option<&Secret>, password: Secret) -> Verdict {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else { return Verdict::Overloaded };
        let turn = Arc::clone(&self.turns).acquire_owned();
        let Ok(Ok(turn)) = tokio::time::timeout(Duration::from_secs(WAIT_SECONDS), turn).await else {
            return Verdict::Overloaded;
        };
        let known = hash.is_some();
        let hash = hash.unwrap_or(&self.nobody).clone();
        let fits = tokio::task::spawn_blocking(move || {
            let fits = PasswordHash::new(hash.expose()).is_ok_and(|hash| {
                Argon2::default().verify_password(password.expose().as_bytes(), &hash).is_ok()
            });
            drop((turn, place));
            fits
        });
        if fits.await.unwrap_or(false) && known { Verdict::Right } else { Verdict::Wrong }
    }
}

impl Default for Passwords {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_of_a_known_user_is_right() {
        let passwords = Passwords::new();
        let hash = Argon2::default().hash_password(b"correct horse").expect("hashed").to_string();
        let hash = Secret::new(hash);
        assert_eq!(passwords.check(Some(&hash), Secret::new("correct horse")).await, Verdict::Right);
        assert_eq!(passwords.check(Some(&hash), Secret::new("correct hors")).await, Verdict::Wrong);
        assert_eq!(passwords.check(None, Secret::new("correct horse")).await, Verdict::Wrong);
        assert_eq!(passwords.check(Some(&Secret::new("no hash")), Secret::new("")).await, Verdict::Wrong);
    }
}
