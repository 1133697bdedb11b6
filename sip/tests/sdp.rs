//! Session descriptions: what telephones send is read, edited in one line, and written again as it was.

use proptest::prelude::*;
use ringbridge_sip::media::Codec;
use ringbridge_sip::sdp::{Direction, Origin, Sdp};

/// What a desk phone answers: its own attributes included, which must pass through.
const ANSWER: &str = "v=0\r\no=phone 3900000001 3900000002 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n\
    m=audio 40000 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n\
    a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=x-vendor:1\r\na=ptime:20\r\n";

fn sdp(text: &str) -> Sdp {
    Sdp::parse(text.as_bytes()).expect("a description")
}

fn origin(version: u64) -> Origin {
    let address = "192.0.2.1".parse().expect("an address");
    Origin { username: "-".to_owned(), session_id: 7, version, address }
}

#[test]
fn what_is_read_is_written_again_line_by_line() {
    assert_eq!(sdp(ANSWER).to_string(), ANSWER);
    assert_eq!(
        sdp(&ANSWER.replace("\r\n", "\n")).to_string(),
        ANSWER,
        "bare line feeds become whole line ends"
    );
}

#[test]
fn the_first_offer_has_audio_both_ways_and_telephone_events() {
    let offer =
        Sdp::offer(&origin(1), "192.0.2.1:30000".parse().expect("an address"), &[Codec::Pcma, Codec::Pcmu]);
    assert_eq!(
        offer.to_string(),
        "v=0\r\no=- 7 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 30000 RTP/AVP 8 0 101\r\n\
         a=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n\
         a=sendrecv\r\n"
    );
}

#[test]
fn media_address_codec_and_encodings_are_found() {
    let answer = sdp(ANSWER);
    assert_eq!(answer.audio_address(), Some("192.0.2.9:40000".parse().expect("an address")));
    assert_eq!(answer.g711(), Some(Codec::Pcma));
    let audio = answer.audio().expect("audio");
    assert_eq!(audio.encoding("101"), Some("telephone-event/8000"));
    assert_eq!(
        sdp(&ANSWER.replace("a=rtpmap:0 PCMU/8000\r\n", "")).audio().and_then(|a| a.encoding("0")),
        Some("PCMU/8000")
    );
}

#[test]
fn the_address_of_a_medium_goes_before_that_of_the_session() {
    let own = ANSWER.replace("RTP/AVP 8 0 101\r\n", "RTP/AVP 8 0 101\r\nc=IN IP6 2001:db8::9\r\n");
    assert_eq!(sdp(&own).audio_address(), Some("[2001:db8::9]:40000".parse().expect("an address")));
    let named = ANSWER.replace("c=IN IP4 192.0.2.9", "c=IN IP4 phone.example.com");
    assert_eq!(sdp(&named).audio_address(), None);
}

#[test]
fn audio_that_is_off_is_no_audio() {
    let off = sdp(&ANSWER.replace("m=audio 40000", "m=audio 0"));
    assert_eq!((off.audio(), off.audio_address(), off.g711()), (None, None, None));
}

#[test]
fn directions_are_read_and_set_and_hold_is_seen_in_the_new_way_and_the_old() {
    let answer = sdp(ANSWER);
    assert_eq!((answer.direction(), answer.is_hold()), (Direction::SendRecv, false));
    let held = answer.clone().with_direction(Direction::SendOnly);
    assert_eq!(held.to_string(), format!("{ANSWER}a=sendonly\r\n"));
    assert!(held.is_hold());
    assert_eq!(held.with_direction(Direction::RecvOnly).to_string(), format!("{ANSWER}a=recvonly\r\n"));
    assert!(sdp(&ANSWER.replace("c=IN IP4 192.0.2.9", "c=IN IP4 0.0.0.0")).is_hold());
    let session = sdp(&ANSWER.replace("t=0 0\r\n", "t=0 0\r\na=inactive\r\n"));
    assert_eq!(session.direction(), Direction::Inactive, "the session's own, where the medium has none");
}

#[test]
fn another_origin_changes_one_line_and_not_the_media() {
    let answer = sdp(ANSWER);
    let passed_on = answer.clone().with_origin(&origin(2));
    let expected =
        ANSWER.replace("o=phone 3900000001 3900000002 IN IP4 192.0.2.9", "o=- 7 2 IN IP4 192.0.2.1");
    assert_eq!(passed_on.to_string(), expected);
    assert_eq!(passed_on.origin(), Some(origin(2)));
    assert!(passed_on.same_media(&answer));
    assert!(!sdp(&ANSWER.replace("40000", "40002")).same_media(&answer));
    assert!(!sdp(&ANSWER.replace("s=-", "s=x")).same_media(&answer));
}

#[test]
fn what_is_no_description_is_refused() {
    let refused = |text: String| Sdp::parse(text.as_bytes()).is_err();
    assert!(refused(String::new()));
    assert!(refused("m=audio 1 RTP/AVP 0\r\n".to_owned()));
    assert!(refused(ANSWER.replace("v=0", "v=1")));
    assert!(refused(ANSWER.replace("o=phone", "x=phone")));
    assert!(refused(ANSWER.replace("3900000002", "two")));
    assert!(refused(format!("{ANSWER}no equals sign\r\n")));
    assert!(refused(format!("{ANSWER}m=audio many RTP/AVP 0\r\n")));
    assert!(refused(format!("{ANSWER}m=audio 70000 RTP/AVP 0\r\n")));
    assert!(refused(format!("{ANSWER}m=audio 4000 RTP/AVP\r\n")));
    assert!(refused(format!("{ANSWER}a=nul\0\r\n")));
    assert!(refused(format!("{ANSWER}v=0\r\n")));
    assert!(refused(format!("{ANSWER}{}", "a=x\r\n".repeat(600))));
    assert!(Sdp::parse(&[0xff, 0xfe]).is_err());
}

#[test]
fn it_is_stored_as_the_text_it_is() {
    let stored = serde_json::to_string(&sdp(ANSWER)).expect("it can be stored");
    assert_eq!(serde_json::from_str::<Sdp>(&stored).expect("it can be read"), sdp(ANSWER));
}

proptest! {
    #[test]
    fn a_damaged_description_is_refused_or_prints_what_reads_the_same(
        place in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let mut bytes = ANSWER.as_bytes().to_vec();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        if let Ok(read) = Sdp::parse(&bytes) {
            prop_assert_eq!(Sdp::parse(&read.to_bytes()), Ok(read));
        }
    }
}
