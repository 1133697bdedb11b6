//! Messages as peers should not send them, and odd ones that they may: shaped on what RFC 4475 tests, written anew.
//!
//! Each case changes one thing in a sound request or response, so that what is refused is refused for that thing.

#![allow(clippy::wildcard_enum_match_arm, reason = "any other refusal fails the test")]

use ringbridge_sip::header::{Contacts, HeaderName};
use ringbridge_sip::message::{Message, Request, Response};
use ringbridge_sip::method::Method;
use ringbridge_sip::parse::{MAX_HEADERS, MAX_LINE, MAX_MESSAGE, ParseError, parse};
use ringbridge_sip::status::Status;
use ringbridge_sip::text::Invalid;

/// A sound request, a line each.
const SOUND: [&str; 9] = [
    "INVITE sip:bob@198.51.100.2 SIP/2.0",
    "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKabc",
    "Max-Forwards: 70",
    "From: \"Alice\" <sip:alice@example.com>;tag=a1",
    "To: <sip:bob@example.com>",
    "Call-ID: 7-a-1@192.0.2.1",
    "CSeq: 1 INVITE",
    "Contact: <sip:alice@192.0.2.1>",
    "Content-Length: 0",
];

fn bytes(lines: &[String], body: &str) -> Vec<u8> {
    format!("{}\r\n\r\n{body}", lines.join("\r\n")).into_bytes()
}

fn sound() -> Vec<String> {
    SOUND.iter().map(|line| (*line).to_owned()).collect()
}

/// The sound request with the line that begins so replaced; with an empty text it is left out.
fn with(begin: &str, line: &str) -> Vec<u8> {
    let lines = sound().into_iter().map(|old| if old.starts_with(begin) { line.to_owned() } else { old });
    let lines: Vec<String> = lines.filter(|line| !line.is_empty()).collect();
    bytes(&lines, "")
}

/// The sound request with one more line.
fn plus(line: &str) -> Vec<u8> {
    let mut lines = sound();
    lines.push(line.to_owned());
    bytes(&lines, "")
}

fn request(bytes: &[u8]) -> Request {
    match parse(bytes) {
        Ok(Message::Request(request)) => request,
        other => panic!("no request: {other:?}"),
    }
}

fn response(bytes: &[u8]) -> Response {
    match parse(bytes) {
        Ok(Message::Response(response)) => response,
        other => panic!("no response: {other:?}"),
    }
}

fn refusal(bytes: &[u8]) -> ParseError {
    parse(bytes).expect_err("it must be refused")
}

fn bad_header(bytes: &[u8]) -> HeaderName {
    let refused = refusal(bytes);
    let ParseError::Header { name, .. } = refused else { panic!("refused for another reason: {refused:?}") };
    name
}

fn bad_start_line(line: &str) {
    let refused = refusal(&with("INVITE ", line));
    assert!(matches!(refused, ParseError::StartLine(_)), "{line}: {refused:?}");
}

#[test]
fn the_sound_request_is_taken() {
    let request = request(&bytes(&sound(), ""));
    assert_eq!(request.method, Method::Invite);
    assert_eq!(request.branch(), "z9hG4bKabc");
    assert_eq!(request.from.tag(), Some("a1"));
    assert_eq!(request.call_id.transaction(), Some(7));
}

#[test]
fn a_request_line_needs_one_blank_between_its_parts_and_none_at_its_ends() {
    bad_start_line("INVITE  sip:bob@198.51.100.2 SIP/2.0");
    bad_start_line("INVITE sip:bob@198.51.100.2  SIP/2.0");
    bad_start_line("INVITE sip:bob@198.51.100.2 SIP/2.0 ");
    bad_start_line("INVITE sip:bob@198.51.100.2; lr SIP/2.0");
    bad_start_line("INVITE\u{a0}sip:bob@198.51.100.2 SIP/2.0");
}

#[test]
fn a_request_uri_stands_without_brackets_headers_and_broken_escapes() {
    bad_start_line("INVITE <sip:bob@198.51.100.2> SIP/2.0");
    bad_start_line("INVITE sip:bob@example.com?Route=%3Csip:x.example%3E SIP/2.0");
    bad_start_line("INVITE sip:bo%z1b@example.com SIP/2.0");
    bad_start_line("INVITE sip:bob@ SIP/2.0");
    bad_start_line("INVITE sip:@example.com SIP/2.0");
    bad_start_line("INVITE sip:bob@example.com:0 SIP/2.0");
    bad_start_line("INVITE sip:bob@example.com:65536 SIP/2.0");
    bad_start_line("INVITE sip:bob@[2001:db8::1 SIP/2.0");
}

#[test]
fn another_version_is_refused_as_such_in_requests_and_responses() {
    assert_eq!(refusal(&with("INVITE ", "INVITE sip:bob@example.com SIP/7.0")), ParseError::Version);
    assert_eq!(refusal(&with("INVITE ", "SIP/3.0 200 OK")), ParseError::Version);
    assert!(matches!(
        refusal(&with("INVITE ", "INVITE sip:b@example.com HTTP/1.1")),
        ParseError::StartLine(_)
    ));
}

#[test]
fn the_version_is_read_in_any_case() {
    assert_eq!(request(&with("INVITE ", "INVITE sip:bob@example.com sip/2.0")).method, Method::Invite);
}

#[test]
fn an_unknown_method_is_a_method() {
    let mut lines = sound();
    lines[0] = "!interesting-Method0123456789_*+`.%'~ sip:bob@example.com SIP/2.0".to_owned();
    lines[6] = "CSeq: 1 !interesting-Method0123456789_*+`.%'~".to_owned();
    assert_eq!(request(&bytes(&lines, "")).method.as_str(), "!interesting-Method0123456789_*+`.%'~");
}

#[test]
fn methods_are_compared_with_regard_to_case() {
    let mut lines = sound();
    lines[0] = "invite sip:bob@example.com SIP/2.0".to_owned();
    assert_eq!(refusal(&bytes(&lines, "")), ParseError::CSeqMethod);
}

#[test]
fn a_cseq_of_another_method_is_refused() {
    assert_eq!(refusal(&with("CSeq", "CSeq: 1 OPTIONS")), ParseError::CSeqMethod);
}

#[test]
fn a_cseq_number_lies_below_two_to_the_thirty_first() {
    assert_eq!(request(&with("CSeq", "CSeq: 2147483647 INVITE")).cseq, 2_147_483_647);
    assert_eq!(bad_header(&with("CSeq", "CSeq: 2147483648 INVITE")), HeaderName::CSeq);
    assert_eq!(bad_header(&with("CSeq", "CSeq: 36893488147419103232 INVITE")), HeaderName::CSeq);
    assert_eq!(bad_header(&with("CSeq", "CSeq: -1 INVITE")), HeaderName::CSeq);
    assert_eq!(bad_header(&with("CSeq", "CSeq: one INVITE")), HeaderName::CSeq);
}

#[test]
fn leading_zeros_of_numbers_do_not_matter() {
    let request = request(&with("CSeq", "CSeq: 0009 INVITE"));
    assert_eq!(request.cseq, 9);
}

#[test]
fn each_mandatory_header_must_be_there() {
    for (begin, name) in [
        ("Via", HeaderName::Via),
        ("From", HeaderName::From),
        ("To", HeaderName::To),
        ("Call-ID", HeaderName::CallId),
        ("CSeq", HeaderName::CSeq),
    ] {
        assert_eq!(refusal(&with(begin, "")), ParseError::Missing(name));
    }
}

#[test]
fn a_header_that_may_come_once_may_not_come_twice() {
    for (line, name) in [
        ("From: <sip:mallory@example.com>;tag=2", HeaderName::From),
        ("To: <sip:mallory@example.com>", HeaderName::To),
        ("Call-ID: other", HeaderName::CallId),
        ("CSeq: 2 INVITE", HeaderName::CSeq),
        ("Max-Forwards: 5", HeaderName::MaxForwards),
        ("l: 0", HeaderName::ContentLength),
    ] {
        assert_eq!(refusal(&plus(line)), ParseError::Twice(name));
    }
}

#[test]
fn a_content_length_is_a_number_and_no_more_than_there_is() {
    assert_eq!(refusal(&with("Content-Length", "Content-Length: 1")), ParseError::BodyTooShort);
    assert_eq!(refusal(&with("Content-Length", "Content-Length: 9999")), ParseError::BodyTooShort);
    for bad in ["-999", "+0", "0x10", "", "1 2", "99999999999999999999999999"] {
        let line = format!("Content-Length: {bad}");
        assert_eq!(bad_header(&with("Content-Length", &line)), HeaderName::ContentLength, "{bad}");
    }
}

#[test]
fn what_follows_the_body_is_cut_off_and_without_a_length_the_body_is_all_there_is() {
    let mut lines = sound();
    lines[8] = "Content-Length: 5".to_owned();
    assert_eq!(request(&bytes(&lines, "v=0\r\nINVITE sip:x SIP/2.0")).body, b"v=0\r\n");
    lines.remove(8);
    assert_eq!(request(&bytes(&lines, "v=0\r\n")).body, b"v=0\r\n");
}

#[test]
fn max_forwards_is_a_number_up_to_255() {
    assert_eq!(request(&with("Max-Forwards", "Max-Forwards: 0068")).max_forwards, Some(68));
    assert_eq!(bad_header(&with("Max-Forwards", "Max-Forwards: 300")), HeaderName::MaxForwards);
    assert_eq!(bad_header(&with("Max-Forwards", "Max-Forwards: 70 hops")), HeaderName::MaxForwards);
}

#[test]
fn expires_is_a_number_of_seconds() {
    assert_eq!(bad_header(&plus("Expires: 1000000000000000")), HeaderName::Expires);
    assert_eq!(bad_header(&plus("Expires: soon")), HeaderName::Expires);
}

#[test]
fn quotes_and_brackets_must_close() {
    assert_eq!(bad_header(&with("To", "To: \"Mr. Bob <sip:bob@example.com>")), HeaderName::To);
    assert_eq!(bad_header(&with("To", "To: <sip:bob@example.com")), HeaderName::To);
    assert_eq!(bad_header(&with("From", "From: \"a\\\" <sip:alice@example.com>;tag=1")), HeaderName::From);
}

#[test]
fn a_display_name_with_a_comma_needs_quotes() {
    assert_eq!(
        bad_header(&with("From", "From: Bell, Alexander <sip:b@example.com>;tag=4")),
        HeaderName::From
    );
    let request = request(&with("From", "From: \"Bell, Alexander\" <sip:b@example.com>;tag=4"));
    assert_eq!(request.from.display.map(String::from), Some("Bell, Alexander".to_owned()));
}

#[test]
fn blanks_inside_the_brackets_of_an_address_are_refused() {
    assert_eq!(bad_header(&with("To", "To: \"Bob\" < sip:bob@example.com >")), HeaderName::To);
}

#[test]
fn no_blank_is_needed_between_a_display_name_and_its_address() {
    let request = request(&with("To", "To: caller<sip:bob@example.com>"));
    assert_eq!(request.to.display.map(String::from), Some("caller".to_owned()));
}

#[test]
fn a_contact_with_headers_outside_brackets_is_ambiguous() {
    let bad = with("Contact", "Contact: sip:user@example.com?Route=%3Csip:sip.example.com%3E");
    assert_eq!(bad_header(&bad), HeaderName::Contact);
}

#[test]
fn parameters_behind_an_address_without_brackets_belong_to_the_header() {
    let request = request(&with("Contact", "Contact: sip:bob@192.0.2.4;expires=60"));
    let contacts = request.headers.contacts().expect("parsed before");
    let Contacts::List(list) = contacts else { panic!("a list") };
    assert_eq!(list[0].params.get("expires"), Some("60"));
    assert_eq!(list[0].uri.to_string(), "sip:bob@192.0.2.4");
}

#[test]
fn a_star_is_the_only_contact() {
    assert_eq!(request(&with("Contact", "Contact: *")).headers.contacts(), Ok(Contacts::Star));
    assert_eq!(
        request(&plus("Contact: *")).headers.contacts(),
        Err(Invalid("a URI without a scheme")),
        "beside another it is no address"
    );
}

#[test]
fn a_date_is_in_gmt() {
    assert_eq!(bad_header(&plus("Date: Fri, 01 Jan 2010 16:00:00 EST")), HeaderName::Date);
    assert_eq!(request(&plus("Date: Fri, 01 Jan 2010 16:00:00 GMT")).headers.len(), 2);
}

#[test]
fn a_line_without_a_colon_or_with_an_odd_name_is_no_header() {
    assert_eq!(refusal(&plus("This is no header")), ParseError::NoHeader);
    assert_eq!(refusal(&plus("Bad Name: x")), ParseError::NoHeader);
    assert_eq!(refusal(&plus(": x")), ParseError::NoHeader);
}

#[test]
fn control_bytes_and_bare_line_ends_refuse_the_message() {
    for bad in ["Subject: a\0b", "Subject: a\nX: b", "Subject: a\rb", "Subject: \u{7f}", "Subject: \u{8}"] {
        assert_eq!(refusal(&plus(bad)), ParseError::BadBytes, "{bad:?}");
    }
    let quoted = with("From", "From: \"NUL:\\\u{0}\" <sip:a@example.com>;tag=1");
    assert_eq!(refusal(&quoted), ParseError::BadBytes, "escaped ones too");
}

#[test]
fn bytes_that_are_no_utf8_refuse_the_message() {
    let mut message = bytes(&sound(), "");
    let place = message.iter().position(|byte| *byte == b'l').expect("an l");
    message[place] = 0xff;
    assert_eq!(refusal(&message), ParseError::BadBytes);
}

#[test]
fn utf8_in_names_and_phrases_is_fine() {
    let mut lines = sound();
    lines[0] = "SIP/2.0 200 = 2**3 * 5**2 но сто девяносто девять".to_owned();
    assert_eq!(response(&bytes(&lines, "")).reason.as_str(), "= 2**3 * 5**2 но сто девяносто девять");
}

#[test]
fn an_empty_phrase_is_fine_and_a_status_beyond_699_is_not() {
    let mut lines = sound();
    lines[0] = "SIP/2.0 100 ".to_owned();
    assert_eq!(response(&bytes(&lines, "")).status, Status::TRYING);
    for bad in
        ["SIP/2.0 4294967301 better not", "SIP/2.0 099 x", "SIP/2.0 700 x", "SIP/2.0 20 x", "SIP/2.0 2xx x"]
    {
        lines[0] = bad.to_owned();
        assert!(matches!(refusal(&bytes(&lines, "")), ParseError::StartLine(_)), "{bad}");
    }
}

#[test]
fn folded_lines_compact_names_and_blanks_around_everything_are_read() {
    let text = "OPTIONS sip:vivekg@example.com;unknownparam SIP/2.0\r\n\
        TO :\r\n sip:vivekg@example.com ;   tag    = 1918181833n\r\n\
        from   : \"J Rosenberg \\\\\\\"\"       <sip:jdrosen@example.com>\r\n  ;\r\n  tag = 98asjd8\r\n\
        MaX-fOrWaRdS: 0068\r\n\
        Call-ID: wsinv.ndaksdj@192.0.2.1\r\n\
        cseq: 0009\r\n  OPTIONS\r\n\
        v:  SIP  / 2.0\r\n /UDP\r\n    192.0.2.2;branch=390skdjuw\r\n\
        s :\r\n\
        NewFangledHeader:   newfangled value\r\n continued newfangled value\r\n\
        v:SIP / 2.0 / TCP     spindle.example.com ;\r\n  branch  =   z9hG4bK9ikj8  ,\r\n\
        \tSIP  /    2.0   / UDP  192.168.255.111   ; branch=z9hG4bK30239\r\n\
        m:\"Quoted string \\\"\\\"\" <sip:jdrosen@example.com> ; newparam =\r\n      newvalue ;\r\n  secondparam ; q = 0.33\r\n\r\n";
    let request = request(text.as_bytes());
    assert_eq!(
        String::from_utf8(request.to_bytes()).expect("text"),
        "OPTIONS sip:vivekg@example.com;unknownparam SIP/2.0\r\n\
        Via: SIP/2.0/UDP 192.0.2.2;branch=390skdjuw\r\n\
        Via: SIP/2.0/TCP spindle.example.com;branch=z9hG4bK9ikj8\r\n\
        Via: SIP/2.0/UDP 192.168.255.111;branch=z9hG4bK30239\r\n\
        Max-Forwards: 68\r\n\
        From: \"J Rosenberg \\\\\\\"\" <sip:jdrosen@example.com>;tag=98asjd8\r\n\
        To: <sip:vivekg@example.com>;tag=1918181833n\r\n\
        Call-ID: wsinv.ndaksdj@192.0.2.1\r\n\
        CSeq: 9 OPTIONS\r\n\
        Subject: \r\n\
        NewFangledHeader: newfangled value continued newfangled value\r\n\
        Contact: \"Quoted string \\\"\\\"\" <sip:jdrosen@example.com> ; newparam = newvalue ; secondparam ; q = 0.33\r\n\
        Content-Length: 0\r\n\r\n"
    );
}

#[test]
fn escapes_and_signs_in_a_user_part_stay_as_they_are() {
    for uri in [
        "sip:sips%3Auser%40example.com@example.net",
        "sip:user;par=u%40example.net@example.com",
        "sip:null-%00-null@example.com",
        "sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31",
        "sips:alice:secret@[2001:db8::10]:5070;lr",
    ] {
        assert_eq!(request(&with("INVITE ", &format!("INVITE {uri} SIP/2.0"))).uri.to_string(), uri);
    }
}

#[test]
fn other_schemes_are_kept_whole() {
    let line = "INVITE soap.beep://192.0.2.103:3002 SIP/2.0";
    assert_eq!(request(&with("INVITE ", line)).uri.to_string(), "soap.beep://192.0.2.103:3002");
    let request = request(&with("To", "To: <isbn:2983792873>"));
    assert_eq!(request.to.uri.to_string(), "isbn:2983792873");
}

#[test]
fn unknown_transports_in_via_are_read() {
    let via =
        "Via: SIP/2.0/UNKNOWN t1.example.com;branch=z9hG4bK1, SIP/2.0/SCTP t2.example.com;branch=z9hG4bK2";
    let request = request(&with("Via", via));
    assert_eq!(request.via.to_string(), "SIP/2.0/UNKNOWN t1.example.com;branch=z9hG4bK1");
    assert_eq!(request.more_via.len(), 1);
}

#[test]
fn a_via_of_another_protocol_or_with_a_doubled_branch_is_refused() {
    assert_eq!(bad_header(&with("Via", "Via: SIP/7.0/UDP 192.0.2.1;branch=z9hG4bK1")), HeaderName::Via);
    assert_eq!(bad_header(&with("Via", "Via: SIP/2.0/UDP;branch=z9hG4bK1")), HeaderName::Via);
    let doubled = with("Via", "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1;branch=z9hG4bK2");
    assert_eq!(bad_header(&doubled), HeaderName::Via);
}

#[test]
fn a_binary_body_is_carried_as_it_is() {
    let mut lines = sound();
    lines[8] = "Content-Length: 4".to_owned();
    lines.push("Content-Type: application/octet-stream".to_owned());
    let mut message = bytes(&lines, "");
    message.extend_from_slice(&[0, 255, 13, 10]);
    assert_eq!(request(&message).body, [0, 255, 13, 10]);
}

#[test]
fn a_content_type_has_two_parts_and_comes_once() {
    assert_eq!(bad_header(&plus("Content-Type: sdp")), HeaderName::ContentType);
    let mut lines = sound();
    lines.extend(["c: application/sdp".to_owned(), "Content-Type: text/plain".to_owned()]);
    assert_eq!(refusal(&bytes(&lines, "")), ParseError::Twice(HeaderName::ContentType));
}

#[test]
fn line_ends_before_the_start_line_are_skipped_and_nothing_else() {
    let mut message = b"\r\n\r\n".to_vec();
    message.extend_from_slice(&bytes(&sound(), ""));
    assert_eq!(request(&message).cseq, 1);
    assert_eq!(parse(b"\r\n\r\n"), Err(ParseError::NoEnd));
    assert_eq!(parse(b""), Err(ParseError::NoEnd));
}

#[test]
fn what_is_too_long_or_too_many_is_refused() {
    assert_eq!(parse(&vec![b'a'; MAX_MESSAGE + 1]), Err(ParseError::TooLong));
    let long = format!("Subject: {}", "x".repeat(MAX_LINE));
    assert_eq!(refusal(&plus(&long)), ParseError::LineTooLong);
    let folded = format!("Subject: x{}", "\r\n yyyyyyyy".repeat(MAX_LINE / 8));
    assert_eq!(refusal(&plus(&folded)), ParseError::LineTooLong);
    let mut lines = sound();
    lines.extend((0..MAX_HEADERS).map(|n| format!("X-{n}: y")));
    assert_eq!(refusal(&bytes(&lines, "")), ParseError::TooManyHeaders);
}

#[test]
fn a_call_id_is_made_of_words_and_ours_tells_its_transaction() {
    assert_eq!(bad_header(&with("Call-ID", "Call-ID: a b")), HeaderName::CallId);
    assert_eq!(bad_header(&with("Call-ID", "Call-ID: a@b@c")), HeaderName::CallId);
    let foreign = request(&with("Call-ID", "Call-ID: %ZE/?{\"}(a)<b>[c]\\@example"));
    assert_eq!(foreign.call_id.transaction(), None);
}

#[test]
fn a_reply_to_a_request_copies_what_it_must_and_adds_a_tag() {
    let mut lines = sound();
    lines.push("Record-Route: <sip:p1.example.com;lr>, <sip:p2.example.com;lr>".to_owned());
    let request = request(&bytes(&lines, ""));
    let tag = "t9".parse().expect("a token");
    assert_eq!(
        String::from_utf8(request.answer(Status::RINGING, &tag).to_bytes()).expect("text"),
        "SIP/2.0 180 Ringing\r\n\
        Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKabc\r\n\
        From: \"Alice\" <sip:alice@example.com>;tag=a1\r\n\
        To: <sip:bob@example.com>;tag=t9\r\n\
        Call-ID: 7-a-1@192.0.2.1\r\n\
        CSeq: 1 INVITE\r\n\
        Record-Route: <sip:p1.example.com;lr>, <sip:p2.example.com;lr>\r\n\
        Content-Length: 0\r\n\r\n"
    );
    assert_eq!(request.answer(Status::TRYING, &tag).to.tag(), None);
}
