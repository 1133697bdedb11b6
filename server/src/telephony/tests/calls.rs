//! What reaches a call, and what a call sends.

use super::*;
use crate::telephony::ToCall;
use ringbridge_core::id::TransactionId;
use ringbridge_sip::header::{HeaderName, Headers, NameAddr, Via};
use ringbridge_sip::ids::IdSource;
use ringbridge_sip::method::Method;
use ringbridge_sip::status::Status;
use ringbridge_sip::text::SipToken;
use ringbridge_sip::transaction::{Failure, Outgoing};
use ringbridge_sip::transport::{Destination, Transport};
use ringbridge_sip::uri::SipUri;
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::mpsc;

const CALL: TransactionId = TransactionId(7);

/// A call with its inbox.
struct Call<'a> {
    server: &'a Server,
    inbox: mpsc::Receiver<ToCall>,
}

impl<'a> Call<'a> {
    fn new(server: &'a Server) -> Self {
        let (sender, inbox) = mpsc::channel(16);
        server.telephony.open_inbox(CALL, sender);
        Self { server, inbox }
    }

    async fn next(&mut self) -> ToCall {
        tokio::time::timeout(LONG, self.inbox.recv()).await.unwrap().unwrap()
    }

    /// Sends a request of this call.
    fn send(&self, method: Method, to: &str) {
        let uri: SipUri = to.parse().unwrap();
        let destination = Destination::new(uri.clone());
        let local = self.server.telephony.local_for(&destination);
        let mut ids = IdSource::new(u64::from_ne_bytes(chance::bytes()));
        let us = SipUri::new(Some("ringbridge"), local.host.clone(), Some(local.port));
        let request = Request {
            method,
            uri: uri.clone().into(),
            via: Via::new(local.transport, local.host.clone(), local.port, ids.branch()),
            more_via: vec![],
            max_forwards: Some(70),
            from: NameAddr::new(us.clone()).with_tag(ids.tag()),
            to: NameAddr::new(uri),
            call_id: ids.call_id("7-a", &local.host).unwrap(),
            cseq: 1,
            headers: Headers::new(),
            body: vec![],
        };
        self.server.telephony.send(vec![Outgoing::Request { request, to: destination }]);
    }
}

#[tokio::test]
async fn an_invite_goes_out_and_its_responses_come_in_and_a_failure_is_acknowledged() {
    let server = start(vec![]).await;
    let phone = Peer::new(&server).await;
    let mut call = Call::new(&server);
    call.send(Method::Invite, &format!("sip:bob@{}", phone.address()));
    let invite = phone.request().await;
    assert_eq!(invite.via.sent_by(), server.udp().to_string());
    for code in [180, 486] {
        let answer = invite.answer(Status::new(code).unwrap(), &SipToken::constant("t"));
        phone.send(&answer.to_bytes()).await;
        let ToCall::Response(response) = call.next().await else { panic!("a response") };
        assert_eq!(response.status.code(), code);
    }
    let ack = phone.request().await;
    assert_eq!((&ack.method, ack.branch()), (&Method::Ack, invite.branch()));
}

#[tokio::test]
async fn a_phone_that_answers_a_call_which_is_over_is_hung_up() {
    let phone = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let server = start(vec![trunk("main", format!("sip:{}", phone.local_addr().unwrap()), 0)]).await;
    let phone = Peer { socket: phone, server: server.udp() };
    let call = Call::new(&server);
    call.send(Method::Invite, &format!("sip:bob@{}", phone.address()));
    let invite = phone.request().await;
    let refused = invite.answer(Status::new(486).unwrap(), &SipToken::constant("t"));
    phone.send(&refused.to_bytes()).await;
    assert_eq!(phone.request().await.method, Method::Ack);
    drop(call);
    server.telephony.close_inbox(CALL);
    // Another fork of the INVITE answers after all that, under a branch nobody knows any more.
    let mut late = invite.answer(Status::OK, &SipToken::constant("fork"));
    let us = server.udp();
    late.via = Via::new(Transport::Udp, us.ip().into(), us.port(), SipToken::constant("z9hG4bKgone"));
    let contact = NameAddr::new(format!("sip:bob@{}", phone.address()).parse::<SipUri>().unwrap());
    late.headers.push_address(HeaderName::Contact, &contact);
    phone.send(&late.to_bytes()).await;
    let (ack, bye) = (phone.request().await, phone.request().await);
    let of_fork = |request: &Request| (request.to.tag().map(ToString::to_string), request.call_id.clone());
    assert_eq!((&ack.method, ack.cseq), (&Method::Ack, invite.cseq));
    assert_eq!((&bye.method, bye.cseq), (&Method::Bye, invite.cseq + 1));
    for request in [&ack, &bye] {
        assert_eq!(of_fork(request), (Some("fork".to_owned()), invite.call_id.clone()));
    }
}

#[tokio::test]
async fn a_request_of_a_dialog_reaches_its_call_and_the_answer_reaches_the_peer() {
    let server = start(vec![]).await;
    let phone = Peer::new(&server).await;
    let mut call = Call::new(&server);
    let bye = request("BYE", phone.address(), "7-a-1@h", IN_DIALOG);
    phone.send(bye.as_bytes()).await;
    phone.send(bye.as_bytes()).await;
    let ToCall::Request { request, key, .. } = call.next().await else { panic!("a request") };
    let response = request.answer(Status::OK, &SipToken::constant("t"));
    server.telephony.send(vec![Outgoing::Response { response, key }]);
    assert_eq!(phone.response().await.status, Status::OK);
    assert!(call.inbox.try_recv().is_err(), "the repetition does not come up");
}

#[tokio::test]
async fn a_call_that_does_not_read_its_inbox_makes_its_peers_wait() {
    let server = start(vec![]).await;
    let phone = Peer::new(&server).await;
    let (sender, _inbox) = mpsc::channel(1);
    server.telephony.open_inbox(CALL, sender);
    phone.send(request("BYE", phone.address(), "7-a-1@h", IN_DIALOG).as_bytes()).await;
    assert_eq!(phone.ask(&request("BYE", phone.address(), "7-a-2@h", IN_DIALOG)).await, 503);
}

#[tokio::test]
async fn what_cannot_be_delivered_fails_at_once() {
    let server = start(vec![]).await;
    let mut call = Call::new(&server);
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = taken.local_addr().unwrap();
    drop(taken);
    for to in [
        format!("sip:bob@{closed};transport=tcp"),
        "sip:bob@no-such-host.invalid".to_owned(),
        "sips:bob@127.0.0.1".to_owned(),
        "sip:bob@127.0.0.1;transport=ws".to_owned(),
    ] {
        call.send(Method::Invite, &to);
        let failed = call.next().await;
        assert!(matches!(failed, ToCall::Failed { why: Failure::Transport, .. }), "{to}: {failed:?}");
    }
}

#[tokio::test]
async fn a_call_over_tcp_uses_one_connection_both_ways() {
    let server = start(vec![]).await;
    let mut call = Call::new(&server);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    call.send(Method::Options, &format!("sip:bob@{};transport=tcp", listener.local_addr().unwrap()));
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut frames = Frames::new();
    let mut buffer = [0; 4096];
    let frame = loop {
        let length = stream.read(&mut buffer).await.unwrap();
        frames.push(&buffer[..length]);
        if let Some(frame) = frames.next_frame().unwrap() {
            break frame;
        }
    };
    let Ok(Message::Request(options)) = parse(&frame) else { panic!("a request") };
    assert!(options.via.to_string().starts_with("SIP/2.0/TCP 127.0.0.1:"), "{}", options.via);
    let answer = options.answer(Status::OK, &SipToken::constant("t")).to_bytes();
    // In two pieces, as networks do.
    let (first, second) = answer.split_at(answer.len() / 2);
    stream.write_all(first).await.unwrap();
    stream.flush().await.unwrap();
    stream.write_all(second).await.unwrap();
    let ToCall::Response(response) = call.next().await else { panic!("a response") };
    assert_eq!(response.status, Status::OK);
    let bye = request("BYE", stream.local_addr().unwrap(), "7-a-1@h", IN_DIALOG).replace("/UDP", "/TCP");
    stream.write_all(bye.as_bytes()).await.unwrap();
    let ToCall::Request { request, .. } = call.next().await else { panic!("a request") };
    assert_eq!(request.method, Method::Bye);
}

#[tokio::test]
async fn a_connection_that_breaks_fails_what_waits_on_it() {
    let server = start(vec![]).await;
    let mut call = Call::new(&server);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    call.send(Method::Invite, &format!("sip:bob@{};transport=tcp", listener.local_addr().unwrap()));
    let (stream, _) = listener.accept().await.unwrap();
    drop(stream);
    let failed = call.next().await;
    assert!(matches!(failed, ToCall::Failed { why: Failure::Transport, .. }), "{failed:?}");
}

#[tokio::test]
async fn a_stream_that_cannot_be_cut_is_closed() {
    let server = start(vec![]).await;
    let mut stream = TcpStream::connect(server.address(SipTransport::Tcp)).await.unwrap();
    stream.write_all(b"OPTIONS sip:a SIP/2.0\r\nContent-Length: -1\r\n\r\n").await.unwrap();
    let mut rest = Vec::new();
    tokio::time::timeout(LONG, stream.read_to_end(&mut rest)).await.unwrap().unwrap();
    assert_eq!(rest, b"");
}

#[tokio::test]
async fn the_address_of_the_tones_is_one_a_phone_can_be_given() {
    let server = start(vec![]).await;
    let address = server.telephony.tone_address();
    assert_eq!(address.ip().to_string(), "127.0.0.1");
    assert_ne!(address.port(), 0);
}
