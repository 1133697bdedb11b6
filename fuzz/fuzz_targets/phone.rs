//! Any prefix and phone: at most 32 digits or a refusal (semantics 1.4, 1.5).
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringbridge_core::phone::dial;

fuzz_target!(|input: (Option<&str>, &str)| {
    let prefix = input.0.filter(|prefix| prefix.bytes().all(|byte| byte.is_ascii_digit()));
    if let Ok((dialled, _)) = dial(prefix, input.1) {
        let digits = dialled.digits.expose();
        assert!(!digits.is_empty() && digits.len() <= 32 && digits.bytes().all(|byte| byte.is_ascii_digit()));
    }
});
