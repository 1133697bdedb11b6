//! Any body: a description that is accepted prints to something that reads as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringbridge_sip::sdp::{Direction, Sdp};

fuzz_target!(|body: &[u8]| {
    if let Ok(sdp) = Sdp::parse(body) {
        let again = Sdp::parse(&sdp.to_bytes()).expect("what is printed is a description");
        assert_eq!(again, sdp);
        assert!(again.same_media(&sdp));
        let _ = (sdp.audio_address(), sdp.g711(), sdp.origin(), sdp.is_hold());
        if sdp.audio().is_some() {
            assert_eq!(sdp.with_direction(Direction::SendOnly).direction(), Direction::SendOnly);
        }
    }
});
