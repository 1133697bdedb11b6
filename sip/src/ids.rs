//! Branches, tags, Call-IDs and other names that must not repeat, from a seeded generator.
//!
//! Promises: the same seed gives the same names, so that a stored call goes on where it was and a simulation can be played
//! again; the state can be stored; a peer who sees some names cannot compute the others, so that the trunk does not learn
//! the names of the agent's leg. Nonces come from keyed hashes ([`crate::digest`]). Leaves to others: the seed, from the operating system's randomness.

use crate::header::{CallId, MAGIC_COOKIE};
use crate::text::{Invalid, SipToken};
use crate::uri::Host;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Names from a seed and a count, by SHA-256.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdSource {
    // Stored as text: JSON's numbers lose digits beyond 2^53 in some readers.
    #[serde(with = "as_text")]
    seed: u64,
    used: u64,
}

impl IdSource {
    /// A generator from a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed, used: 0 }
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        let hash = Sha256::new().chain_update(self.seed.to_be_bytes()).chain_update(self.used.to_be_bytes());
        self.used += 1;
        hash.finalize().iter().take(8).fold(0, |bits, byte| bits << 8 | u64::from(*byte))
    }

    /// A branch with the cookie of RFC 3261.
    #[must_use]
    pub fn branch(&mut self) -> SipToken {
        token(format!("{MAGIC_COOKIE}{:016x}", self.bits()))
    }

    /// A tag for From or To.
    #[must_use]
    pub fn tag(&mut self) -> SipToken {
        token(format!("{:016x}", self.bits()))
    }

    /// A Call-ID `{prefix}-{random}@{host}`. The prefix must be made of letters, digits and `-`.
    ///
    /// # Errors
    /// The prefix holds something else.
    pub fn call_id(&mut self, prefix: &str, host: &Host) -> Result<CallId, Invalid> {
        CallId::new(format!("{prefix}-{:016x}@{host}", self.bits()))
    }
}

fn token(text: String) -> SipToken {
    // Hexadecimal digits and the cookie are token bytes; the constant can only be reached by a slip in this file.
    SipToken::new(text).unwrap_or(SipToken::constant("z9hG4bK-slip"))
}

mod as_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(state: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{state:016x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let text = String::deserialize(deserializer)?;
        u64::from_str_radix(&text, 16).map_err(|_| Error::custom("16 hexadecimal digits expected"))
    }
}
