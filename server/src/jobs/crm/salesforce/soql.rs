//! The one question that is asked in SOQL: which record has this value.
//!
//! Promises: a value cannot end its quotes (`salesforce.md` 1.5). Leaves to others: asking.

use super::ids::RecordId;
use serde::Deserialize;

/// At most two: more than one is told as such.
pub(super) fn by_value(object: &str, field: &str, value: &str) -> String {
    format!("SELECT Id FROM {object} WHERE {field} = {} ORDER BY CreatedDate LIMIT 2", quoted(value))
}

fn quoted(value: &str) -> String {
    let mut text = String::with_capacity(value.len() + 2);
    text.push('\'');
    for c in value.chars() {
        match c {
            '\\' | '\'' | '"' => text.extend(['\\', c]),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            c => text.push(c),
        }
    }
    text.push('\'');
    text
}

#[derive(Deserialize)]
struct Found {
    records: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    #[serde(rename = "Id")]
    id: String,
}

/// The ids of an answer; nothing where it is none.
pub(super) fn ids(body: &[u8]) -> Option<Vec<RecordId>> {
    let found: Found = serde_json::from_slice(body).ok()?;
    found.records.iter().map(|row| RecordId::parse(&row.id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_leave_its_quotes() {
        assert_eq!(
            by_value("Task", "CallObject", "int-0190"),
            "SELECT Id FROM Task WHERE CallObject = 'int-0190' ORDER BY CreatedDate LIMIT 2"
        );
        assert_eq!(quoted("a' OR Name != '\\\"\n\r\t\u{8}\u{c}"), r#"'a\' OR Name != \'\\\"\n\r\t\b\f'"#);
    }

    #[test]
    fn an_answer_is_its_ids_or_none() {
        let one = br#"{"totalSize":1,"done":true,"records":[{"attributes":{"type":"Task"},"Id":"00T4C00000B5Bug"}]}"#;
        assert_eq!(ids(one), RecordId::parse("00T4C00000B5BugUAF").map(|id| vec![id]));
        assert_eq!(ids(br#"{"totalSize":0,"done":true,"records":[]}"#), Some(vec![]));
        assert_eq!(ids(br#"{"totalSize":1,"done":true,"rec"#), None);
    }
}
