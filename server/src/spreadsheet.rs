//! Texts that go through spreadsheets: a cell must not be run as a formula (SEC-26), and must come back as it went.
//!
//! Promises: [`unguarded`] of [`guarded`] is the text; what is guarded begins with an apostrophe, which spreadsheets take
//! as the sign that text follows. Leaves to others: the form of the file.

use std::borrow::Cow;

/// What begins a formula, or is dropped in front of one; the last four are the full-width forms that some spreadsheets take.
const RUN: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// Whether a spreadsheet would run it.
#[must_use]
pub fn is_run(text: &str) -> bool {
    text.starts_with(RUN)
}

/// Whether it would be run, or looks as if it were guarded.
fn needs_guard(text: &str) -> bool {
    is_run(text.trim_start_matches('\''))
}

/// The text of a cell that a spreadsheet takes for text.
#[must_use]
pub fn guarded(text: Cow<'_, str>) -> Cow<'_, str> {
    if needs_guard(&text) { Cow::Owned(format!("'{text}")) } else { text }
}

/// The text that was guarded.
#[must_use]
pub fn unguarded(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|text| needs_guard(text)).unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_run_is_guarded_and_everything_comes_back() {
        for text in ["=1+1", "+1", "-x", "@a", "'=1", "''=1", "\t=", "＝1"] {
            let cell = guarded(text.into());
            assert_eq!(cell, format!("'{text}"));
            assert_eq!(unguarded(&cell), text);
        }
        for text in ["", "'", "a=b", "'a", "16502928880", "sip:a@b"] {
            assert_eq!(guarded(text.into()), text);
            assert_eq!(unguarded(text), text);
        }
    }
}
