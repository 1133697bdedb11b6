//! Any query string: a link or a refusal whose place lies in its parameter, never a panic (semantics 1.2 to 1.6).
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringbridge_core::link::{decode_body, decode_query, parse};

fuzz_target!(|query: &[u8]| {
    for parameters in [decode_query(query), decode_body(query)] {
        let lengths: Vec<(String, usize)> = parameters.iter().map(|p| (p.name.clone(), p.value.len())).collect();
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
});
