//! Branches, tags, Call-IDs and other names that must not repeat, from a seeded generator.
//!
//! Promises: the same seed gives the same names, so that a stored call goes on where it was and a simulation can be played
//! again; the state can be stored. Not for secrets: a peer who sees names may guess others; nonces come from keyed hashes
//! ([`crate::digest`]). Leaves to others: the seed, from the operating system's randomness.

use crate::header::{CallId, MAGIC_COOKIE};
use crate::text::{Invalid, SipToken};
use crate::uri::Host;
use serde::{Deserialize, Serialize};

/// A SplitMix64 generator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IdSource {
    // Stored as text: JSON's numbers lose digits beyond 2^53 in some readers.
    #[serde(with = "as_text")]
    state: u64,
}

impl IdSource {
    /// A generator from a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 bits.
    pub const fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
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
