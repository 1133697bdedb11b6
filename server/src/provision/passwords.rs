//! Login passwords: hashed with Argon2id, and hashed again only where they changed.
//!
//! Promises: a password that the stored hash fits keeps that hash, so that applying a file again changes nothing. Leaves
//! to others: checking log-ins (`web`).

use super::Mode;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use ringbridge_core::redact::Secret;
use std::num::NonZero;

/// A password that is to become a hash.
pub(super) struct Wish {
    /// The password.
    pub(super) password: Secret,
    /// The hash there is, if there is one.
    pub(super) stored: Option<Secret>,
}

/// The hash of each password, in order. A hash takes tens of milliseconds on purpose, so all cores but one work on them:
/// that one is for the calls of a server that runs. In a dry run nobody needs the hash of a password that is new.
pub(super) fn hashes(wishes: &[Wish], mode: Mode) -> Vec<Secret> {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get).saturating_sub(1).max(1);
    let share = wishes.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let parts: Vec<_> = wishes
            .chunks(share)
            .map(|part| scope.spawn(move || part.iter().map(|wish| hash(wish, mode)).collect::<Vec<_>>()))
            .collect();
        parts.into_iter().flat_map(|part| part.join().expect("hashing does not panic")).collect()
    })
}

fn hash(wish: &Wish, mode: Mode) -> Secret {
    let password = wish.password.expose().as_bytes();
    if let Some(stored) = wish.stored.as_ref().filter(|stored| fits(password, stored)) {
        return stored.clone();
    }
    if mode == Mode::DryRun {
        return Secret::new("a new one");
    }
    let hash = Argon2::default().hash_password(password).expect("Argon2 takes passwords up to 4 GiB");
    Secret::new(hash.to_string())
}

fn fits(password: &[u8], stored: &Secret) -> bool {
    PasswordHash::new(stored.expose())
        .is_ok_and(|stored| Argon2::default().verify_password(password, &stored).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unchanged_password_keeps_its_hash_and_a_new_one_gets_a_new_one() {
        let wish = |password: &str, stored: Option<&Secret>| Wish {
            password: Secret::new(password),
            stored: stored.cloned(),
        };
        let first = hashes(&[wish("correct horse", None)], Mode::Apply).pop().expect("one");
        assert!(first.expose().starts_with("$argon2id$"));
        let again =
            hashes(&[wish("correct horse", Some(&first)), wish("battery staple", Some(&first))], Mode::Apply);
        assert_eq!(again.first(), Some(&first));
        assert_ne!(again.get(1), Some(&first));
    }
}
