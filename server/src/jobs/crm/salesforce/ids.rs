//! Record ids.
//!
//! Promises: a [`RecordId`] is well-formed and in its 18-character form, its checksum right (SEC-28, `salesforce.md` 1.5).
//! Leaves to others: whether the record exists.

use std::fmt;

/// The alphabet of the three check characters.
const CHECKS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/// Objects by the first three characters of their ids.
const PREFIXES: [(&str, &str); 14] = [
    ("001", "Account"),
    ("003", "Contact"),
    ("005", "User"),
    ("006", "Opportunity"),
    ("00D", "Organization"),
    ("00G", "Group"),
    ("00Q", "Lead"),
    ("00T", "Task"),
    ("00U", "Event"),
    ("00v", "CampaignMember"),
    ("012", "RecordType"),
    ("500", "Case"),
    ("701", "Campaign"),
    ("800", "Contract"),
];

/// The id of a record, 18 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RecordId(String);

impl RecordId {
    /// Takes an id of 15 characters, or of 18 with the right checksum.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let fits = matches!(text.len(), 15 | 18) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let short = text.get(..15).filter(|_| fits)?;
        let whole = format!("{short}{}", checksum(short));
        let checks = text.get(15..)?;
        // Check characters carry no case of their own; Salesforce takes them in either.
        (checks.is_empty() || whole.get(15..)?.eq_ignore_ascii_case(checks)).then_some(Self(whole))
    }

    /// The 18 characters.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The first three characters: which object it is.
    pub(super) fn prefix(&self) -> &str {
        self.0.get(..3).unwrap_or_default()
    }

    /// The object, where its prefix is one of Salesforce's own.
    pub(super) fn object(&self) -> Option<&'static str> {
        PREFIXES.iter().find(|(prefix, _)| *prefix == self.prefix()).map(|(_, object)| *object)
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The prefix of an object of Salesforce's own.
pub(super) fn prefix_of(object: &str) -> Option<&'static str> {
    PREFIXES.iter().find(|(_, known)| *known == object).map(|(prefix, _)| *prefix)
}

/// Three characters, one for each five: bit j is set where character j is a capital.
fn checksum(short: &str) -> String {
    let check = |block: &[u8]| {
        let bits = block.iter().enumerate().map(|(j, byte)| usize::from(byte.is_ascii_uppercase()) << j);
        char::from(CHECKS[bits.sum::<usize>() & 31])
    };
    short.as_bytes().chunks(5).map(check).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<String> {
        RecordId::parse(text).map(|id| id.to_string())
    }

    #[test]
    fn fifteen_characters_become_eighteen_and_a_wrong_checksum_is_refused() {
        // Pairs that were seen in real orgs.
        let table = [
            ("001D000000IqhSL", "001D000000IqhSLIAZ"),
            ("00T4C00000B5Bug", "00T4C00000B5BugUAF"),
            ("001Vr00000m4eGC", "001Vr00000m4eGCIAY"),
            ("0015w000029KTYH", "0015w000029KTYHAA4"),
        ];
        for (short, long) in table {
            assert_eq!(parsed(short), Some(long.to_owned()));
            assert_eq!(parsed(long), Some(long.to_owned()));
            assert_eq!(parsed(&long.replace(short, &short.to_lowercase())), None, "another record");
        }
        for wrong in
            ["", "001", "001D000000IqhSLIAA", "001D000000IqhS!", "001D000000IqhSLI", "００１D000000Iqh"]
        {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_prefix_tells_the_object() {
        let object = |text: &str| RecordId::parse(text).and_then(|id| id.object());
        assert_eq!(object("001D000000IqhSL"), Some("Account"));
        assert_eq!(object("00Q000000000001"), Some("Lead"));
        assert_eq!(object("00q000000000001"), None, "case tells them apart");
        assert_eq!(object("a0B000000000001"), None);
    }
}
