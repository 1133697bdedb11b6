//! Stories of single transactions, told with a clock that the test moves.

#![allow(clippy::wildcard_enum_match_arm, reason = "what a test does not name it does not treat apart")]

use super::*;
use crate::message::Message;
use crate::parse::parse;
use crate::status::Status;
use crate::text::SipToken;
use crate::time::Millis;
use crate::transport::Transport;

/// The endpoint under test and the time on its clock.
struct Endpoint {
    transactions: Transactions,
    now: u64,
}

const PEER: &str = "192.0.2.9:5060";

fn flow(transport: Transport) -> Flow {
    let connection = (transport == Transport::Tcp).then_some(3);
    Flow { transport, remote: PEER.parse().expect("an address"), connection }
}

fn destination(transport: Transport) -> Destination {
    Destination { uri: "sip:192.0.2.9".parse().expect("a URI"), flow: Some(flow(transport)) }
}

fn request(method: &str, branch: &str, more: &str) -> Request {
    let text = format!(
        "{method} sip:bob@192.0.2.9 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:5060;branch={branch}\r\nMax-Forwards: 70\r\n\
         From: <sip:a@192.0.2.1>;tag=a\r\nTo: <sip:b@192.0.2.9>{more}\r\nCall-ID: 7-c-1@h\r\nCSeq: 1 {method}\r\n\r\n"
    );
    match parse(text.as_bytes()) {
        Ok(Message::Request(request)) => request,
        other => panic!("the test's own request: {other:?}"),
    }
}

fn answer(request: &Request, code: u16) -> Response {
    request.answer(Status::new(code).expect("a status"), &SipToken::constant("t"))
}

/// An output in a few words: what a reader of a story wants to see.
fn word(output: Output) -> String {
    let first_line = |bytes: &[u8]| match parse(bytes) {
        Ok(Message::Request(request)) => request.method.to_string(),
        Ok(Message::Response(response)) => response.status.to_string(),
        Err(error) => panic!("we sent something that is no message: {error}"),
    };
    match output {
        Output::Transmit { bytes, .. } => format!("send {}", first_line(&bytes)),
        Output::Request { request, .. } => format!("request {}", request.method),
        Output::Ack { .. } => "ack".to_owned(),
        Output::Cancelled { .. } => "cancelled".to_owned(),
        Output::Response { response, .. } => format!("response {}", response.status),
        Output::Stray { response, .. } => format!("stray {}", response.status),
        Output::Failed { method, why, .. } => format!("failed {method} {why:?}"),
    }
}

impl Endpoint {
    fn new() -> Self {
        Self::with_limit(100)
    }

    fn with_limit(limit: usize) -> Self {
        Self { transactions: Transactions::new(Config { limit, ..Config::default() }), now: 1_000_000 }
    }

    fn outputs(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.transactions.poll()).collect()
    }

    fn words(&mut self) -> Vec<String> {
        self.outputs().into_iter().map(word).collect()
    }

    fn send(&mut self, request: &Request, transport: Transport) -> Vec<String> {
        let outgoing = Outgoing::Request { request: request.clone(), to: destination(transport) };
        self.transactions.send(outgoing, Millis(self.now));
        self.words()
    }

    fn respond(&mut self, response: Response, key: &ServerKey) -> Vec<String> {
        self.transactions.send(Outgoing::Response { response, key: key.clone() }, Millis(self.now));
        self.words()
    }

    fn receive(&mut self, message: Message, transport: Transport) -> Vec<String> {
        self.transactions.receive(message, flow(transport), Millis(self.now));
        self.words()
    }

    fn hear(&mut self, response: Response) -> Vec<String> {
        self.receive(Message::Response(response), Transport::Udp)
    }

    /// A new request, its key, and what else came out.
    fn take(&mut self, request: &Request, transport: Transport) -> ServerKey {
        self.transactions.receive(Message::Request(request.clone()), flow(transport), Millis(self.now));
        match self.outputs().as_slice() {
            [Output::Request { key, .. }] => key.clone(),
            other => panic!("one new request expected: {other:?}"),
        }
    }

    fn repeat(&mut self, request: &Request) -> Vec<String> {
        self.receive(Message::Request(request.clone()), Transport::Udp)
    }

    /// Lets time pass, stopping at each deadline; gives what happened with the time since the start of the pass.
    fn pass(&mut self, millis: u64) -> Vec<(u64, String)> {
        let (start, end) = (self.now, self.now + millis);
        let mut happened = Vec::new();
        while let Some(Millis(at)) = self.transactions.next_deadline().filter(|Millis(at)| *at <= end) {
            self.now = at.max(self.now);
            self.transactions.timeout(Millis(self.now));
            happened.extend(self.words().into_iter().map(|word| (self.now - start, word)));
        }
        self.now = end;
        happened
    }

    fn is_empty(&self) -> bool {
        self.transactions.is_empty() && self.transactions.timers_are_empty()
    }
}

fn times(happened: &[(u64, String)], what: &str) -> Vec<u64> {
    happened.iter().filter(|(_, word)| word == what).map(|(at, _)| *at).collect()
}

#[test]
fn an_invite_nobody_answers_is_repeated_at_doubling_times_and_given_up_after_32_seconds() {
    let mut end = Endpoint::new();
    assert_eq!(end.send(&request("INVITE", "z9hG4bK1", ""), Transport::Udp), ["send INVITE"]);
    let happened = end.pass(60_000);
    assert_eq!(times(&happened, "send INVITE"), [500, 1500, 3500, 7500, 15500, 31500]);
    assert_eq!(times(&happened, "failed INVITE Timeout"), [32_000]);
    assert!(end.is_empty());
}

#[test]
fn an_invite_over_tcp_is_not_repeated() {
    let mut end = Endpoint::new();
    end.send(&request("INVITE", "z9hG4bK1", ""), Transport::Tcp);
    assert_eq!(end.pass(60_000), [(32_000, "failed INVITE Timeout".to_owned())]);
}

#[test]
fn a_provisional_response_stops_the_repetitions_of_an_invite_and_no_time_limit_follows() {
    let mut end = Endpoint::new();
    let invite = request("INVITE", "z9hG4bK1", "");
    end.send(&invite, Transport::Udp);
    assert_eq!(end.hear(answer(&invite, 180)), ["response 180"]);
    assert_eq!(end.pass(600_000), []);
    assert_eq!(end.hear(answer(&invite, 183)), ["response 183"]);
}

#[test]
fn a_failure_of_an_invite_is_acknowledged_each_time_it_comes_and_goes_up_once() {
    let mut end = Endpoint::new();
    let invite = request("INVITE", "z9hG4bK1", "");
    end.send(&invite, Transport::Udp);
    assert_eq!(end.hear(answer(&invite, 486)), ["send ACK", "response 486"]);
    assert_eq!(end.hear(answer(&invite, 486)), ["send ACK"]);
    assert_eq!(end.pass(32_000), []);
    assert!(end.is_empty());
    assert_eq!(end.hear(answer(&invite, 486)), ["stray 486"]);
}

#[test]
fn the_ack_of_a_failure_has_the_branch_of_its_invite_and_the_tag_of_the_response() {
    let mut end = Endpoint::new();
    let mut invite = request("INVITE", "z9hG4bK1", "");
    invite
        .headers
        .push(crate::header::HeaderName::Route, crate::text::HeaderValue::constant("<sip:p.example;lr>"));
    end.send(&invite, Transport::Udp);
    let response = Message::Response(answer(&invite, 404));
    end.transactions.receive(response, flow(Transport::Udp), Millis(end.now));
    let outputs = end.outputs();
    let Some(Output::Transmit { bytes, .. }) = outputs.first() else { panic!("an ACK first: {outputs:?}") };
    assert_eq!(
        std::str::from_utf8(bytes).expect("text"),
        "ACK sip:bob@192.0.2.9 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n\
         From: <sip:a@192.0.2.1>;tag=a\r\nTo: <sip:b@192.0.2.9>;tag=t\r\nCall-ID: 7-c-1@h\r\nCSeq: 1 ACK\r\n\
         Route: <sip:p.example;lr>\r\nContent-Length: 0\r\n\r\n"
    );
}

#[test]
fn every_2xx_goes_up_and_after_32_seconds_it_is_a_stray() {
    let mut end = Endpoint::new();
    let invite = request("INVITE", "z9hG4bK1", "");
    end.send(&invite, Transport::Udp);
    assert_eq!(end.hear(answer(&invite, 200)), ["response 200"]);
    assert_eq!(end.hear(answer(&invite, 200)), ["response 200"], "repeated");
    let forked = invite.answer(Status::OK, &SipToken::constant("fork"));
    assert_eq!(end.hear(forked), ["response 200"]);
    assert_eq!(end.hear(answer(&invite, 180)), [] as [&str; 0], "late");
    end.pass(32_000);
    assert_eq!(end.hear(answer(&invite, 200)), ["stray 200"]);
    assert!(end.is_empty());
}

#[test]
fn a_cancel_waits_for_the_first_provisional_response() {
    let mut end = Endpoint::new();
    let invite = request("INVITE", "z9hG4bK1", "");
    end.send(&invite, Transport::Udp);
    assert_eq!(end.send(&invite.cancel(), Transport::Udp), [] as [&str; 0]);
    assert_eq!(end.hear(answer(&invite, 180)), ["response 180", "send CANCEL"]);
    assert_eq!(end.hear(answer(&invite.cancel(), 200)), ["response 200"]);
    assert_eq!(end.hear(answer(&invite, 487)), ["send ACK", "response 487"]);
    end.pass(32_000);
    assert!(end.is_empty());
}

#[test]
fn a_cancel_that_the_final_response_overtakes_is_not_sent() {
    let mut end = Endpoint::new();
    let invite = request("INVITE", "z9hG4bK1", "");
    end.send(&invite, Transport::Udp);
    end.send(&invite.cancel(), Transport::Udp);
    assert_eq!(end.hear(answer(&invite, 200)), ["response 200"]);
    assert_eq!(end.send(&invite.cancel(), Transport::Udp), [] as [&str; 0]);
}

#[test]
fn a_second_cancel_is_not_sent() {
    let mut end = Endpoint::new();
    let invite = request("INVITE", "z9hG4bK1", "");
    end.send(&invite, Transport::Udp);
    end.hear(answer(&invite, 180));
    assert_eq!(end.send(&invite.cancel(), Transport::Udp), ["send CANCEL"]);
    assert_eq!(end.send(&invite.cancel(), Transport::Udp), [] as [&str; 0]);
}

#[test]
fn a_cancelled_invite_without_a_final_response_is_given_up_after_32_seconds() {
    let mut end = Endpoint::new();
    let invite = request("INVITE", "z9hG4bK1", "");
    end.send(&invite, Transport::Udp);
    end.hear(answer(&invite, 180));
    end.send(&invite.cancel(), Transport::Udp);
    end.hear(answer(&invite.cancel(), 200));
    assert_eq!(end.pass(60_000), [(32_000, "failed INVITE Timeout".to_owned())]);
    assert!(end.is_empty());
}

#[test]
fn a_cancel_of_an_invite_from_before_a_restart_is_sent() {
    let mut end = Endpoint::new();
    assert_eq!(end.send(&request("INVITE", "z9hG4bK1", "").cancel(), Transport::Udp), ["send CANCEL"]);
}

#[test]
fn a_bye_nobody_answers_is_repeated_up_to_every_four_seconds_and_given_up_after_32() {
    let mut end = Endpoint::new();
    end.send(&request("BYE", "z9hG4bK1", ";tag=b"), Transport::Udp);
    let happened = end.pass(60_000);
    let expected = [500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];
    assert_eq!(times(&happened, "send BYE"), expected);
    assert_eq!(times(&happened, "failed BYE Timeout"), [32_000]);
    assert!(end.is_empty());
}

#[test]
fn the_final_response_of_a_bye_goes_up_once() {
    let mut end = Endpoint::new();
    let bye = request("BYE", "z9hG4bK1", ";tag=b");
    end.send(&bye, Transport::Udp);
    assert_eq!(end.hear(answer(&bye, 100)), ["response 100"]);
    assert_eq!(times(&end.pass(4000), "send BYE"), [4000], "after a provisional response every T2");
    assert_eq!(end.hear(answer(&bye, 200)), ["response 200"]);
    assert_eq!(end.hear(answer(&bye, 200)), [] as [&str; 0]);
    assert_eq!(end.pass(5000), []);
    assert!(end.is_empty());
}

#[test]
fn a_transport_failure_ends_what_waits_and_nothing_else() {
    let mut end = Endpoint::new();
    let (invite, bye) = (request("INVITE", "z9hG4bK1", ""), request("BYE", "z9hG4bK2", ";tag=b"));
    end.send(&invite, Transport::Udp);
    end.send(&bye, Transport::Udp);
    end.hear(answer(&bye, 200));
    for (branch, method) in [("z9hG4bK1", Method::Invite), ("z9hG4bK2", Method::Bye)] {
        end.transactions.transport_failed(&ClientKey { branch: branch.into(), method });
    }
    assert_eq!(end.words(), ["failed INVITE Transport"]);
}

#[test]
fn an_ack_of_a_2xx_is_sent_as_it_is() {
    let mut end = Endpoint::new();
    let request = request("ACK", "z9hG4bK1", ";tag=b");
    end.transactions.send(Outgoing::Ack { request, to: destination(Transport::Udp) }, Millis(end.now));
    assert_eq!(end.words(), ["send ACK"]);
    assert!(end.is_empty());
}

#[test]
fn a_repeated_request_gets_the_last_response_and_does_not_come_up_again() {
    let mut end = Endpoint::new();
    let bye = request("BYE", "z9hG4bK1", ";tag=b");
    let key = end.take(&bye, Transport::Udp);
    assert_eq!(end.repeat(&bye), [] as [&str; 0], "not answered yet");
    assert_eq!(end.respond(answer(&bye, 200), &key), ["send 200"]);
    assert_eq!(end.repeat(&bye), ["send 200"]);
    assert_eq!(end.respond(answer(&bye, 500), &key), [] as [&str; 0], "the first final response stands");
    end.pass(32_000);
    assert!(end.is_empty());
}

#[test]
fn an_invite_that_is_not_answered_for_200_ms_gets_a_100() {
    let mut end = Endpoint::new();
    let invite = request("INVITE", "z9hG4bK1", "");
    end.take(&invite, Transport::Udp);
    assert_eq!(end.pass(1000), [(200, "send 100".to_owned())]);
    assert_eq!(end.repeat(&invite), ["send 100"]);
}

#[test]
fn a_failure_we_answer_is_repeated_until_its_ack() {
    let mut end = Endpoint::new();
    let invite = request("INVITE", "z9hG4bK1", "");
    let key = end.take(&invite, Transport::Udp);
    assert_eq!(end.respond(answer(&invite, 486), &key), ["send 486"]);
    assert_eq!(times(&end.pass(4000), "send 486"), [500, 1500, 3500]);
    assert_eq!(end.repeat(&invite.ack_of_failure(&answer(&invite, 486))), [] as [&str; 0]);
    assert_eq!(end.pass(5000), []);
    assert!(end.is_empty());
}

#[test]
fn a_failure_whose_ack_never_comes_is_forgotten_after_32_seconds() {
    let mut end = Endpoint::new();
    let invite = request("INVITE", "z9hG4bK1", "");
    let key = end.take(&invite, Transport::Udp);
    end.respond(answer(&invite, 486), &key);
    let happened = end.pass(60_000);
    assert_eq!(times(&happened, "send 486").len(), 10);
    assert!(end.is_empty());
}

#[test]
fn a_2xx_we_answer_is_repeated_on_tcp_too_until_its_ack_with_a_branch_of_its_own() {
    for transport in [Transport::Udp, Transport::Tcp] {
        let mut end = Endpoint::new();
        let invite = request("INVITE", "z9hG4bK1", "");
        let key = end.take(&invite, transport);
        assert_eq!(end.respond(answer(&invite, 200), &key), ["send 200"]);
        assert_eq!(times(&end.pass(4000), "send 200"), [500, 1500, 3500]);
        let ack = request("ACK", "z9hG4bK2", ";tag=t");
        assert_eq!(end.receive(Message::Request(ack.clone()), transport), ["ack"]);
        assert_eq!(end.receive(Message::Request(ack), transport), [] as [&str; 0], "once");
        assert_eq!(end.repeat(&invite), [] as [&str; 0], "a late repetition is swallowed");
        assert_eq!(end.pass(28_000), []);
        assert!(end.is_empty());
    }
}

#[test]
fn a_2xx_whose_ack_never_comes_is_reported_after_32_seconds() {
    let mut end = Endpoint::new();
    let invite = request("INVITE", "z9hG4bK1", "");
    let key = end.take(&invite, Transport::Udp);
    end.respond(answer(&invite, 200), &key);
    assert_eq!(times(&end.pass(60_000), "failed INVITE NoAck"), [32_000]);
    assert!(end.is_empty());
}

#[test]
fn a_cancel_is_answered_and_comes_up_once() {
    let mut end = Endpoint::new();
    let invite = request("INVITE", "z9hG4bK1", "");
    let key = end.take(&invite, Transport::Udp);
    assert_eq!(end.respond(answer(&invite, 180), &key), ["send 180"]);
    assert_eq!(end.repeat(&invite.cancel()), ["send 200", "cancelled"]);
    assert_eq!(end.repeat(&invite.cancel()), ["send 200"]);
    assert_eq!(end.respond(answer(&invite, 487), &key), ["send 487"]);
}

#[test]
fn a_cancel_after_the_answer_changes_nothing_and_one_of_nothing_gets_a_481() {
    let mut end = Endpoint::new();
    let invite = request("INVITE", "z9hG4bK1", "");
    assert_eq!(end.repeat(&invite.cancel()), ["send 481"]);
    let key = end.take(&invite, Transport::Udp);
    end.respond(answer(&invite, 200), &key);
    assert_eq!(end.repeat(&invite.cancel()), ["send 200"]);
}

#[test]
fn requests_of_old_elements_without_the_cookie_are_told_apart_by_their_headers() {
    let mut end = Endpoint::new();
    let first = request("BYE", "1", ";tag=b");
    let key = end.take(&first, Transport::Udp);
    end.respond(answer(&first, 200), &key);
    assert_eq!(end.repeat(&first), ["send 200"]);
    let mut second = first;
    second.cseq = 2;
    end.take(&second, Transport::Udp);
}

#[test]
fn the_same_branch_from_another_sender_is_another_transaction() {
    let mut end = Endpoint::new();
    let first = request("BYE", "z9hG4bK1", ";tag=b");
    end.take(&first, Transport::Udp);
    let mut second = first;
    second.via.port = Some(5099);
    end.take(&second, Transport::Udp);
}

#[test]
fn beyond_the_limit_new_calls_get_503_without_state_and_calls_that_are_up_can_still_be_ended() {
    let mut end = Endpoint::with_limit(4);
    for n in 0..4 {
        end.take(&request("OPTIONS", &format!("z9hG4bK{n}"), ""), Transport::Udp);
    }
    assert_eq!(end.repeat(&request("INVITE", "z9hG4bKx", "")), ["send 503"]);
    assert_eq!(end.transactions.len(), 4);
    assert_eq!(end.send(&request("INVITE", "z9hG4bKy", ""), Transport::Udp), ["failed INVITE Overload"]);
    assert_eq!(end.send(&request("BYE", "z9hG4bKz", ";tag=b"), Transport::Udp), ["send BYE"]);
    assert_eq!(end.send(&request("BYE", "z9hG4bKzz", ";tag=b"), Transport::Udp), ["failed BYE Overload"]);
}

#[test]
fn a_response_goes_where_the_request_came_from_if_rport_asks_for_it() {
    let mut end = Endpoint::new();
    let mut bye = request("BYE", "z9hG4bK1", ";tag=b");
    bye.via = "SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bK1;rport".parse().expect("a Via");
    let source = Flow { remote: "203.0.113.5:33000".parse().expect("an address"), ..flow(Transport::Udp) };
    end.transactions.receive(Message::Request(bye), source, Millis(end.now));
    let outputs = end.outputs();
    let [Output::Request { request, key, .. }] = outputs.as_slice() else {
        panic!("one request: {outputs:?}")
    };
    let response = answer(request, 200);
    assert_eq!(
        response.via.to_string(),
        "SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bK1;rport=33000;received=203.0.113.5"
    );
    end.transactions.send(Outgoing::Response { response, key: key.clone() }, Millis(end.now));
    let outputs = end.outputs();
    let [Output::Transmit { to, .. }] = outputs.as_slice() else { panic!("one response: {outputs:?}") };
    assert_eq!(to, &Hop::Reply { flow: source, or_else: source.remote });
}

/// One thing that may happen in a random schedule.
#[derive(Clone, Debug)]
enum Step {
    Send { method: usize, branch: u8, transport: Transport },
    Hear { method: usize, branch: u8, code: u16 },
    Take { method: usize, branch: u8, transport: Transport },
    Answer { method: usize, branch: u8, code: u16 },
    Break { method: usize, branch: u8 },
    Pass { millis: u64 },
}

const METHODS: [&str; 5] = ["INVITE", "BYE", "CANCEL", "ACK", "OPTIONS"];

fn step() -> impl proptest::strategy::Strategy<Value = Step> {
    use proptest::prelude::*;
    let (method, branch) = (0..METHODS.len(), 0..3_u8);
    let transport = prop_oneof![Just(Transport::Udp), Just(Transport::Tcp)];
    let code = prop::sample::select(vec![100_u16, 180, 200, 302, 401, 486, 503, 603]);
    let to = (method.clone(), branch.clone(), transport);
    let with_code = (method.clone(), branch.clone(), code);
    prop_oneof![
        to.clone().prop_map(|(method, branch, transport)| Step::Send { method, branch, transport }),
        with_code.clone().prop_map(|(method, branch, code)| Step::Hear { method, branch, code }),
        to.prop_map(|(method, branch, transport)| Step::Take { method, branch, transport }),
        with_code.prop_map(|(method, branch, code)| Step::Answer { method, branch, code }),
        (method, branch).prop_map(|(method, branch)| Step::Break { method, branch }),
        (0..40_000_u64).prop_map(|millis| Step::Pass { millis }),
    ]
}

impl Endpoint {
    fn step(&mut self, step: &Step) {
        let of = |method: &usize, branch: &u8| request(METHODS[*method], &format!("z9hG4bK{branch}"), "");
        match step {
            Step::Send { method, branch, transport } => {
                let (request, to) = (of(method, branch), destination(*transport));
                let outgoing = if request.method == Method::Ack {
                    Outgoing::Ack { request, to }
                } else {
                    Outgoing::Request { request, to }
                };
                self.transactions.send(outgoing, Millis(self.now));
            }
            Step::Hear { method, branch, code } => {
                self.hear(answer(&of(method, branch), *code));
            }
            Step::Take { method, branch, transport } => {
                self.receive(Message::Request(of(method, branch)), *transport);
            }
            Step::Answer { method, branch, code } => {
                let request = of(method, branch);
                self.respond(answer(&request, *code), &ServerKey::of(&request));
            }
            Step::Break { method, branch } => {
                let request = of(method, branch);
                let key = ClientKey { branch: request.branch().into(), method: request.method };
                self.transactions.transport_failed(&key);
            }
            Step::Pass { millis } => {
                self.pass(*millis);
            }
        }
        self.outputs();
    }
}

proptest::proptest! {
    /// Whatever happens in whatever order, deadlines lie ahead, the table keeps its bound, and once the peers fall silent
    /// everything ends but INVITEs of ours that ring: those end with a response.
    #[test]
    fn every_schedule_ends_with_an_empty_table(steps in proptest::collection::vec(step(), 0..60)) {
        let mut end = Endpoint::new();
        for step in &steps {
            end.step(step);
            proptest::prop_assert!(end.transactions.next_deadline().is_none_or(|Millis(at)| at >= end.now));
            proptest::prop_assert!(end.transactions.len() <= 100);
        }
        for branch in 0..3_u8 {
            let invite = request("INVITE", &format!("z9hG4bK{branch}"), "");
            end.hear(answer(&invite, 480));
        }
        end.pass(700_000);
        proptest::prop_assert!(end.is_empty());
    }
}
