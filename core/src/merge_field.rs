//! Merge fields: what a CRM fills before a person clicks, such as `{!Account.Phone}`, `{{contact.phone}}`, `${phone}`.
//!
//! Promises: only finds them. Leaves to others: whether one is a template's right or a click's slip (`link`, `check`).

/// Where the first merge field starts, in bytes. One that never closes is none.
#[must_use]
pub fn find(text: &str) -> Option<usize> {
    [("{!", "}"), ("{{", "}}"), ("${", "}")]
        .into_iter()
        .filter_map(|(open, close)| {
            let at = text.find(open)?;
            text[at + open.len()..].contains(close).then_some(at)
        })
        .min()
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn the_three_common_spellings_are_found_and_lone_braces_are_not() {
        assert_eq!(find("{!Account.Phone}"), Some(0));
        assert_eq!(find("Call {{ contact.phone }}"), Some(5));
        assert_eq!(find("+${phone}"), Some(1));
        assert_eq!(find("{Account} {! ${"), None);
    }
}
