//! Values that logs cannot print.
//!
//! Promises: `Debug` of a [`Secret`] or [`Digits`] never shows what is inside; a secret is wiped when dropped. Leaves to
//! others: deciding who may see the value (they call `expose`, which is easy to search for).

use serde::{Deserialize, Serialize};
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A password, key or token. `Debug` prints `***`.
#[derive(Clone, PartialEq, Eq, Default, Zeroize, ZeroizeOnDrop, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    #[must_use]
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// Gives the secret itself. Every call is a place to look at in a review.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// ASCII digits, at least one and at most 32 (semantics 1.4): a telephone number or a caller ID. `Debug` prints how many
/// there are and the last two.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digits(String);

impl Digits {
    /// The most digits that are dialled. E.164 knows 15; prefixes of PBXs and carriers come before them.
    pub const MAX: usize = 32;

    /// Takes text that is nothing but 1 to 32 ASCII digits.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let fits = (1..=Self::MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| Self(text.to_owned()))
    }

    /// The digits, for dialling and for showing to those who may see them.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tail = self.0.get(self.0.len().saturating_sub(2)..).filter(|_| self.0.len() > 4).unwrap_or("");
        write!(f, "{} digits …{tail}", self.0.len())
    }
}

impl TryFrom<String> for Digits {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(&text).ok_or("1 to 32 digits expected")
    }
}

impl From<Digits> for String {
    fn from(digits: Digits) -> Self {
        digits.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_numbers_do_not_show_in_debug_output() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "***");
        assert_eq!(format!("{:?}", Digits::new("16502928880")), "Some(11 digits …80)");
        assert_eq!(format!("{:?}", Digits::new("911")), "Some(3 digits …)");
    }

    #[test]
    fn digits_are_digits_and_no_more_than_thirty_two() {
        assert_eq!(Digits::new(""), None);
        assert_eq!(Digits::new("12a"), None);
        assert_eq!(Digits::new(&"1".repeat(33)), None);
        assert!(Digits::new(&"1".repeat(32)).is_some());
    }
}
