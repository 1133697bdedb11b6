//! Any query string: a link or a refusal whose place lies in its parameter, never a panic (semantics 1.2 to 1.6); and the link
//! checker says the same of it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringbridge_core::check::{Context, check};
use ringbridge_core::merge_field::Samples;
use ringbridge_core::link::{decode_body, decode_query, parse};
use ringbridge_core::token::Values;

/// The name that refusals give a parameter: the reference's misspelling is read as what it means.
fn right(name: &str) -> &str {
    if name == "exTransactionData" { "extTransactionData" } else { name }
}

fuzz_target!(|query: &[u8]| {
    for parameters in [decode_query(query), decode_body(query)] {
        let lengths: Vec<(String, usize)> =
            parameters.iter().map(|p| (right(&p.name).to_owned(), p.value.len())).collect();
        match parse(parameters) {
            Ok(link) => assert_eq!(link.record_key(), link.record_key()),
            Err(refusal) => {
                if let (Some(parameter), Some(offset)) = (&refusal.parameter, refusal.offset) {
                    let longest = lengths.iter().filter(|(name, _)| name == parameter).map(|(_, length)| *length).max();
                    assert!(longest.is_none_or(|length| offset <= length), "{refusal:?}");
                }
            }
        }
    }
    if let Ok(text) = std::str::from_utf8(query) {
        let checked = check(text, Context { values: &Values::new(), merge: &Samples::new(), tenant: None });
        let report = checked.for_people();
        assert!(!report.contains(|char: char| char.is_control() && char != '\n'), "{report:?}");
        let line = checked.in_one_line();
        assert!(!line.contains(char::is_control), "{line:?}");
    }
});
