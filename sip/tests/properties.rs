//! What holds for every message: what is printed parses to the same value, and no bytes make the parsers panic.

use proptest::prelude::*;
use ringbridge_sip::header::{CSeq, CallId, Challenge, Credentials, HeaderName, Headers, NameAddr, Via};
use ringbridge_sip::message::{Message, Request, Response};
use ringbridge_sip::method::Method;
use ringbridge_sip::parse::parse;
use ringbridge_sip::sdp::Sdp;
use ringbridge_sip::status::Status;
use ringbridge_sip::text::{HeaderValue, QuotedDisplay, SipToken};
use ringbridge_sip::transport::Transport;
use ringbridge_sip::uri::{Host, SipUri, Uri};

fn token() -> impl Strategy<Value = SipToken> {
    "[A-Za-z0-9.!%*_+`'~-]{1,20}".prop_map(|text| SipToken::new(text).expect("a token"))
}

fn host() -> impl Strategy<Value = Host> {
    prop_oneof![
        "[a-z][a-z0-9-]{0,10}(\\.[a-z][a-z0-9]{0,8}){0,3}".prop_map(|name| name.parse().expect("a host")),
        any::<[u8; 4]>().prop_map(|address| Host::V4(address.into())),
        any::<[u8; 16]>().prop_map(|address| Host::V6(address.into())),
    ]
}

fn sip_uri() -> impl Strategy<Value = SipUri> {
    let port = proptest::option::of(1..=u16::MAX);
    (proptest::option::of(any::<String>()), host(), port, proptest::option::of(token())).prop_map(
        |(user, host, port, value)| {
            let uri = SipUri::new(user.as_deref(), host, port);
            // A % in a URI must be an escape; the builder of parameters takes tokens as they are.
            match value.filter(|value| !value.as_str().contains(['%', '`'])) {
                Some(value) => uri.with_param(SipToken::constant("x"), Some(value)),
                None => uri.with_param(SipToken::constant("lr"), None),
            }
        },
    )
}

fn uri() -> impl Strategy<Value = Uri> {
    prop_oneof![
        sip_uri().prop_map(Uri::from),
        "tel:\\+[0-9]{1,15}(;ext=[0-9]{1,4})?".prop_map(|text| text.parse().expect("a URI")),
    ]
}

fn address() -> impl Strategy<Value = NameAddr> {
    let display = proptest::option::of("[^\\x00-\\x1f\\x7f]{0,30}");
    (display, uri(), proptest::option::of(token())).prop_map(|(display, uri, tag)| {
        let mut address = NameAddr::new(uri);
        address.display = display.map(|text| QuotedDisplay::new(text).expect("no control bytes"));
        match tag {
            Some(tag) => address.with_tag(tag),
            None => address,
        }
    })
}

fn via() -> impl Strategy<Value = Via> {
    let transport = prop_oneof![Just(Transport::Udp), Just(Transport::Tcp)];
    (transport, host(), 1..=u16::MAX, token(), any::<[u8; 4]>(), any::<bool>()).prop_map(
        |(transport, host, port, branch, source, stamped)| {
            let mut via = Via::new(transport, host, port, branch);
            if stamped {
                via.stamp((source, port).into());
            }
            via
        },
    )
}

fn headers() -> impl Strategy<Value = Headers> {
    let name = prop_oneof![
        Just(HeaderName::Subject),
        Just(HeaderName::Reason),
        Just(HeaderName::Allow),
        "X-[a-z]{1,8}".prop_map(|text| text.parse().expect("a token")),
    ];
    let plain = (name, "[^\\x00-\\x1f\\x7f]{0,40}")
        .prop_map(|(name, value)| (name, HeaderValue::new(value).expect("no control bytes")));
    (proptest::collection::vec(plain, 0..5), proptest::collection::vec(address(), 0..3)).prop_map(
        |(plain, contacts)| {
            let mut headers = Headers::new();
            for (name, value) in plain {
                headers.push(name, value);
            }
            for contact in contacts {
                headers.push_address(HeaderName::Contact, &contact);
            }
            headers
        },
    )
}

fn call_id() -> impl Strategy<Value = CallId> {
    "[A-Za-z0-9.!%*_+`'~()<>:\\\\\"/\\[\\]?{}-]{1,30}(@[a-z0-9.]{1,10})?"
        .prop_map(|text| CallId::new(text).expect("words"))
}

fn method() -> impl Strategy<Value = Method> {
    prop_oneof![
        Just(Method::Invite),
        Just(Method::Ack),
        Just(Method::Bye),
        token().prop_map(|token| token.as_str().parse().expect("a method")),
    ]
}

type Common = (Via, Vec<Via>, NameAddr, NameAddr, CallId, (u32, Method), Headers, Vec<u8>);

fn common() -> impl Strategy<Value = Common> {
    let cseq = (0..1_u32 << 31, method());
    let body = proptest::collection::vec(any::<u8>(), 0..100);
    (via(), proptest::collection::vec(via(), 0..3), address(), address(), call_id(), cseq, headers(), body)
}

fn request() -> impl Strategy<Value = Message> {
    (common(), uri(), proptest::option::of(any::<u8>())).prop_map(|(common, uri, max_forwards)| {
        let (via, more_via, from, to, call_id, (cseq, method), headers, body) = common;
        Message::Request(Request {
            method,
            uri,
            via,
            more_via,
            max_forwards,
            from,
            to,
            call_id,
            cseq,
            headers,
            body,
        })
    })
}

fn response() -> impl Strategy<Value = Message> {
    (common(), 100..=699_u16, "[^\\x00-\\x1f\\x7f]{0,20}").prop_map(|(common, code, reason)| {
        let (via, more_via, from, to, call_id, (number, method), headers, body) = common;
        let status = Status::new(code).expect("in range");
        let reason = HeaderValue::new(reason).expect("no control bytes");
        let cseq = CSeq { number, method };
        Message::Response(Response { status, reason, via, more_via, from, to, call_id, cseq, headers, body })
    })
}

proptest! {
    #[test]
    fn what_is_printed_parses_to_the_same_message(message in prop_oneof![request(), response()]) {
        prop_assert_eq!(parse(&message.to_bytes()), Ok(message));
    }

    #[test]
    fn what_is_stored_comes_back_as_the_same_request(message in request()) {
        if let Message::Request(request) = message {
            let stored = serde_json::to_string(&request).expect("it can be stored");
            prop_assert_eq!(serde_json::from_str::<Request>(&stored).expect("it can be read"), request);
        }
    }

    #[test]
    fn any_bytes_are_parsed_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse(&bytes);
        let _ = Sdp::parse(&bytes);
    }

    #[test]
    fn any_text_is_a_header_value_or_refused(text in any::<String>()) {
        let _ = text.parse::<Uri>();
        let _ = text.parse::<NameAddr>();
        let _ = text.parse::<Via>();
        let _ = text.parse::<CSeq>();
        let _ = text.parse::<CallId>();
        let _ = format!("Digest {text}").parse::<Challenge>();
        let _ = format!("Digest {text}").parse::<Credentials>();
        let _ = text.parse::<Sdp>();
    }

    /// One byte changed in a sound message: the places where parsers break.
    #[test]
    fn a_damaged_message_is_parsed_or_refused_and_what_is_parsed_prints_soundly(
        message in request(), place in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let mut bytes = message.to_bytes();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        if let Ok(message) = parse(&bytes) {
            prop_assert_eq!(parse(&message.to_bytes()), Ok(message));
        }
    }
}
