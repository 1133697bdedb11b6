//! The operating system's randomness: the one file that asks.
//!
//! Promises: bytes fit for session ids, tokens and keys. Leaves to others: what is made of them.

/// Fills an array with random bytes.
///
/// # Panics
/// When the operating system has none to give: nothing can go on safely then.
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives randomness");
    bytes
}
