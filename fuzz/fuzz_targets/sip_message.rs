//! Any datagram: what is accepted prints to something that reads as the same message.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringbridge_sip::parse::parse;

fuzz_target!(|datagram: &[u8]| {
    if let Ok(message) = parse(datagram) {
        let printed = message.to_bytes();
        assert_eq!(parse(&printed).as_ref(), Ok(&message), "{}", String::from_utf8_lossy(&printed));
    }
});
