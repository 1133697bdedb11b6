//! Judging credentials.
//!
//! Promises: a nonce is ours, young enough and each of its counts is taken once; what is kept about nonces is bounded.
//! Without `qop=auth` nothing is taken: such an answer could be played again. Leaves to others: the key, the time, and
//! finding the password (with one for unknown users too, so that both take the same time).

use super::{expected, hex};
use crate::header::{Algorithm, Challenge, Credentials};
use crate::method::Method;
use crate::time::Millis;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use subtle::ConstantTimeEq as _;

/// How long a nonce lives: long enough for a phone to use it for all its refreshes of five minutes.
const LIFETIME: Duration = Duration::from_secs(300);
/// How many nonces with counts are kept; the oldest goes first, whose owner is asked again (`stale`).
const MAX_KEPT: usize = 10_000;
/// How far a count may lie behind the highest one: phones that send two requests at once may cross on the way.
const WINDOW: u32 = 64;

/// What credentials are worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// User and password are right, and the count is new.
    Right,
    /// User and password are right, but the nonce is old or its count was used: ask again with `stale=true`.
    Stale,
    /// Wrong in some way. Nobody is told which.
    Wrong,
}

/// The counts a nonce was used with: the highest, and which of the 64 below it.
#[derive(Clone, Copy, Default)]
struct Used {
    highest: u32,
    below: u64,
}

impl Used {
    /// Takes a count if it is new.
    fn take(&mut self, count: u32) -> bool {
        if count > self.highest {
            let step = count - self.highest;
            let moved = if step >= WINDOW { 0 } else { self.below << step };
            // The old highest becomes one of those below, unless it was none.
            let old =
                if self.highest > 0 && step <= WINDOW { 1_u64.checked_shl(step - 1).unwrap_or(0) } else { 0 };
            (self.highest, self.below) = (count, moved | old);
            return true;
        }
        let behind = self.highest - count;
        if count == 0 || behind == 0 || behind > WINDOW {
            return false;
        }
        let bit = 1_u64 << (behind - 1);
        let new = self.below & bit == 0;
        self.below |= bit;
        new
    }
}

/// Makes nonces and remembers the counts of those that were used.
pub struct NonceKeeper {
    key: [u8; 32],
    made: u64,
    used: BTreeMap<String, Used>,
    by_age: BTreeSet<(Millis, String)>,
}

impl NonceKeeper {
    /// A keeper with a secret key: random, from the operating system.
    #[must_use]
    pub const fn new(key: [u8; 32]) -> Self {
        Self { key, made: 0, used: BTreeMap::new(), by_age: BTreeSet::new() }
    }

    /// A challenge for this realm with a fresh nonce. It keeps nothing.
    pub fn challenge(&mut self, realm: &str, algorithm: Algorithm, stale: Stale, now: Millis) -> Challenge {
        self.made = self.made.wrapping_add(1);
        let nonce = self.nonce(realm, now, self.made);
        let stale = match stale {
            Stale::No => false,
            Stale::Yes => true,
        };
        Challenge { realm: realm.to_owned(), nonce, opaque: None, algorithm, qop_auth: true, stale }
    }

    /// Judges the credentials of a request.
    pub fn judge(
        &mut self,
        credentials: &Credentials,
        realm: &str,
        method: &Method,
        password: &str,
        now: Millis,
    ) -> Judgement {
        let right = expected(credentials, method.as_str(), password);
        let given = credentials.response.to_ascii_lowercase();
        let same = bool::from(right.as_bytes().ct_eq(given.as_bytes()));
        let Some(auth) = credentials.auth.as_ref().filter(|_| same && credentials.realm == realm) else {
            return Judgement::Wrong;
        };
        let Some(made_at) = self.age_of(realm, &credentials.nonce) else { return Judgement::Stale };
        if now.since(made_at) > LIFETIME || made_at > now {
            return Judgement::Stale;
        }
        self.forget(now);
        let known = self.used.entry(credentials.nonce.clone()).or_default();
        if known.highest == 0 {
            self.by_age.insert((made_at, credentials.nonce.clone()));
        }
        if known.take(auth.count) { Judgement::Right } else { Judgement::Stale }
    }

    fn nonce(&self, realm: &str, now: Millis, made: u64) -> String {
        let front = format!("{:012x}{made:08x}", now.0);
        let proof = self.proof(realm, &front);
        format!("{front}{proof}")
    }

    /// When a nonce was made, if it is one of ours.
    fn age_of(&self, realm: &str, nonce: &str) -> Option<Millis> {
        let proof = nonce.len().checked_sub(32)?;
        let (front, proof) = (nonce.get(..proof)?, nonce.get(proof..)?);
        let same = bool::from(self.proof(realm, front).as_bytes().ct_eq(proof.as_bytes()));
        let made_at = u64::from_str_radix(front.get(..12)?, 16).ok()?;
        same.then_some(Millis(made_at))
    }

    /// 128 bits of a hash that only the owner of the key can make. The key stands at both ends: a hash with it in front
    /// alone could be prolonged.
    fn proof(&self, realm: &str, front: &str) -> String {
        let mut hasher = Sha256::new();
        hasher.update(self.key);
        hasher.update(front);
        hasher.update(realm);
        hasher.update(self.key);
        hex(hasher.finalize().get(..16).unwrap_or(&[]))
    }

    fn forget(&mut self, now: Millis) {
        while let Some((made_at, _)) = self.by_age.first()
            && (now.since(*made_at) > LIFETIME || self.used.len() >= MAX_KEPT)
            && let Some((_, nonce)) = self.by_age.pop_first()
        {
            self.used.remove(&nonce);
        }
    }
}

/// Whether a challenge says that only the nonce was at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stale {
    /// The first one, or after wrong credentials.
    No,
    /// The password was right.
    Yes,
}
