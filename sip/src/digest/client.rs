//! Answering a challenge.
//!
//! Promises: the strongest challenge of our realm is answered; a nonce's count goes up by one with each use. Leaves to
//! others: deciding that this challenger may be answered.

use super::expected;
use crate::header::{Algorithm, Challenge, Credentials, QopAuth};
use crate::ids::IdSource;
use crate::method::Method;
use crate::uri::Uri;
use serde::{Deserialize, Serialize};
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// User name and password. `Debug` shows neither.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop, Serialize, Deserialize)]
pub struct Login {
    username: String,
    password: String,
}

impl Login {
    /// Takes a user name and a password.
    #[must_use]
    pub fn new(username: impl Into<String>, password: impl Into<String>) -> Self {
        Self { username: username.into(), password: password.into() }
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(***)")
    }
}

/// A challenge that is being answered: counts how often its nonce was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answering {
    challenge: Challenge,
    count: u32,
}

impl Answering {
    /// Picks the challenge to answer: SHA-256 before MD5, and the first of those. `None`: there is none we can answer.
    #[must_use]
    pub fn strongest(challenges: &[Challenge]) -> Option<Self> {
        let strength = |algorithm: Algorithm| match algorithm {
            Algorithm::Sha256 | Algorithm::Sha256Sess => 0,
            Algorithm::Md5 | Algorithm::Md5Sess => 1,
        };
        let challenge = challenges.iter().min_by_key(|challenge| strength(challenge.algorithm))?.clone();
        Some(Self { challenge, count: 0 })
    }

    #[cfg(test)]
    pub(super) const fn set_count(&mut self, count: u32) {
        self.count = count;
    }

    /// The challenge.
    #[must_use]
    pub const fn challenge(&self) -> &Challenge {
        &self.challenge
    }

    /// The credentials for one more request.
    pub fn answer(&mut self, login: &Login, method: &Method, uri: &Uri, ids: &mut IdSource) -> Credentials {
        self.count = self.count.saturating_add(1);
        let Challenge { realm, nonce, opaque, algorithm, qop_auth, stale: _ } = &self.challenge;
        let auth = qop_auth.then(|| QopAuth { cnonce: format!("{:016x}", ids.bits()), count: self.count });
        let mut credentials = Credentials {
            username: login.username.clone(),
            realm: realm.clone(),
            nonce: nonce.clone(),
            uri: uri.to_string(),
            response: String::new(),
            algorithm: *algorithm,
            opaque: opaque.clone(),
            auth,
        };
        credentials.response = expected(&credentials, method.as_str(), &login.password);
        credentials
    }
}
