//! Record ids: 15 characters that tell cases apart, or 18 that carry their case in three more.
//!
//! Promises: the 18 form is checked, not trusted (salesforce.md 1.5); ids that are made are well formed. Leaves to others:
//! which object a prefix belongs to.

/// What a check character can be: bit j of its index says that character j of its block is a capital.
const CHECKS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
/// What the number in an id is counted with.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The three check characters of a 15-character id.
fn checks(id: &str) -> String {
    id.as_bytes()
        .chunks(5)
        .map(|block| {
            let capitals = block.iter().enumerate().filter(|(_, byte)| byte.is_ascii_uppercase());
            char::from(CHECKS[capitals.fold(0, |bits, (place, _)| bits | (1 << place))])
        })
        .collect()
}

/// The 18-character form of an id of either form; `None` when it is none or its check is wrong.
#[must_use]
pub fn normalise(id: &str) -> Option<String> {
    if !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let head = id.get(..15)?;
    let full = format!("{head}{}", checks(head));
    match id.len() {
        15 => Some(full),
        18 => full.eq_ignore_ascii_case(id).then_some(full),
        _ => None,
    }
}

/// The id with this prefix (three characters) and number.
pub(super) fn make(prefix: &str, number: u64) -> String {
    let mut digits = [b'0'; 7];
    let mut rest = number;
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[usize::try_from(rest % 62).expect("below 62")];
        rest /= 62;
    }
    let head = format!("{prefix}5e000{}", String::from_utf8_lossy(&digits));
    format!("{head}{}", checks(&head))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_real_records_pass_and_their_misspellings_do_not() {
        for id in ["001D000000IqhSLIAZ", "001Vr00000m4eGCIAY", "0015w000029KTYHAA4", "00T4C00000B5BugUAF"] {
            assert_eq!(normalise(id).as_deref(), Some(id));
            assert_eq!(normalise(&id[..15]).as_deref(), Some(id));
        }
        for id in
            ["001D000000IqhSLIAA", "001D000000IqhS", "001D000000IqhSLI", "001D000000Iqh-LIAZ", "zzz", ""]
        {
            assert_eq!(normalise(id), None, "{id}");
        }
    }

    #[test]
    fn ids_that_are_made_are_well_formed_and_differ() {
        let made: Vec<_> = (0..200).map(|number| make("00T", number)).collect();
        for id in &made {
            assert_eq!(normalise(id).as_ref(), Some(id));
        }
        let different: std::collections::BTreeSet<_> = made.iter().collect();
        assert_eq!(different.len(), 200);
    }
}
