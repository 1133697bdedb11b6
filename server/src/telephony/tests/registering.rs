//! Phones register: RFC 3261 10.3 and digest, over real sockets.

use super::*;
use crate::clock;
use crate::store::journal;
use crate::telephony::bindings::Bindings;
use crate::telephony::registrar::Registrar;
use crate::telephony::{PhonePlace, PhoneState};
use ringbridge_core::admission::Reachability;
use ringbridge_core::tenant::AutoAnswer;
use ringbridge_sip::digest::{Answering, Login};
use ringbridge_sip::header::{Contacts, Credentials, HeaderName};
use ringbridge_sip::ids::IdSource;
use ringbridge_sip::status::Status;
use ringbridge_sip::text::HeaderValue;
use ringbridge_sip::transport::Transport;

/// A phone: a peer that knows (or guesses) a name and a password.
struct Phone {
    peer: Peer,
    name: &'static str,
    login: Login,
    answering: Option<Answering>,
    ids: IdSource,
    cseq: u32,
}

impl Phone {
    async fn new(server: &Server, name: &'static str, password: &str) -> Self {
        Self::with_peer(Peer::new(server).await, name, password)
    }

    fn with_peer(peer: Peer, name: &'static str, password: &str) -> Self {
        let ids = IdSource::new(u64::from_ne_bytes(chance::bytes()));
        Self { peer, name, login: Login::new(name, password), answering: None, ids, cseq: 0 }
    }

    fn contact(&self) -> String {
        format!("<sip:{}@{}>", self.name, self.peer.address())
    }

    /// A REGISTER with these header lines, and credentials if there was a challenge.
    fn request(&mut self, more: &str) -> Request {
        self.cseq += 1;
        let text = request("REGISTER", self.peer.address(), "phone-1", more)
            .replace("To: <sip:ringbridge@", &format!("To: <sip:{}@", self.name))
            .replace("CSeq: 1", &format!("CSeq: {}", self.cseq));
        let Ok(Message::Request(mut request)) = parse(text.as_bytes()) else { panic!("{text}") };
        if let Some(answering) = &mut self.answering {
            let credentials = answering.answer(&self.login, &request.method, &request.uri, &mut self.ids);
            let value = HeaderValue::new(credentials.to_string()).unwrap();
            request.headers.push(HeaderName::Authorization, value);
        }
        request
    }

    async fn ask(&self, request: &Request) -> Response {
        self.peer.send(&request.to_bytes()).await;
        self.peer.response().await
    }

    /// Registers as phones do: once without credentials, once with.
    async fn register(&mut self, more: &str) -> Response {
        if self.answering.is_none() {
            let request = self.request(more);
            let response = self.ask(&request).await;
            assert_eq!(response.status, Status::UNAUTHORIZED);
            self.take_challenge(&response);
        }
        let request = self.request(more);
        self.ask(&request).await
    }

    fn take_challenge(&mut self, response: &Response) {
        self.answering = Answering::strongest(&response.headers.challenges(&HeaderName::WwwAuthenticate));
    }

    async fn register_for(&mut self, seconds: u32) -> Response {
        self.register(&format!("Contact: {}\r\nExpires: {seconds}\r\n", self.contact())).await
    }
}

/// The contacts of a 200, with the seconds they have left.
fn contacts(response: &Response) -> Vec<(String, Option<String>)> {
    assert_eq!(response.status, Status::OK);
    let Ok(Contacts::List(list)) = response.headers.contacts() else { panic!("a list of contacts") };
    list.iter().map(|contact| (contact.uri.to_string(), contact.params.text("expires"))).collect()
}

#[tokio::test]
async fn a_phone_registers_and_its_agent_can_be_rung_along_its_flow() {
    let server = start(vec![]).await;
    let alice = server.agent("alice");
    assert_eq!(server.telephony.reachability(&alice), Reachability::NotRegistered);
    let mut phone = Phone::new(&server, "alice-desk", "correct horse").await;
    let uri = format!("sip:alice-desk@{}", phone.peer.address());
    assert_eq!(contacts(&phone.register_for(120).await), [(uri.clone(), Some("120".to_owned()))]);
    assert_eq!(server.telephony.reachability(&alice), Reachability::Reachable);
    let target = server.telephony.locate(&alice).unwrap();
    assert_eq!(target.request_uri.to_string(), uri);
    assert_eq!(target.auto_answer, AutoAnswer::CallInfo);
    let flow = target.destination.flow.unwrap();
    assert_eq!((flow.transport, flow.remote), (Transport::Udp, phone.peer.address()));
}

#[tokio::test]
async fn a_fixed_phone_is_reachable_and_an_agent_without_a_phone_is_not() {
    let server = start(vec![]).await;
    let target = server.telephony.locate(&server.agent("bob")).unwrap();
    assert_eq!(target.request_uri.to_string(), "sip:bob@127.0.0.9:5070");
    assert_eq!(target.destination.flow, None);
    assert_eq!(server.telephony.reachability(&server.agent("carol")), Reachability::NoPhone);
}

#[tokio::test]
async fn a_phone_refreshes_with_the_same_nonce_more_than_ten_times() {
    let server = start(vec![]).await;
    let mut phone = Phone::new(&server, "alice-desk", "correct horse").await;
    for _ in 0..20 {
        assert_eq!(phone.register_for(60).await.status, Status::OK);
    }
}

#[tokio::test]
async fn a_repeated_register_gets_the_same_answer() {
    let server = start(vec![]).await;
    let mut phone = Phone::new(&server, "alice-desk", "correct horse").await;
    phone.register_for(60).await;
    let request = phone.request(&format!("Contact: {}\r\n", phone.contact()));
    let first = phone.ask(&request).await;
    assert_eq!(first.status, Status::OK);
    assert_eq!(phone.ask(&request).await, first);
}

#[tokio::test]
async fn credentials_that_are_played_again_get_401_stale_and_change_nothing() {
    let server = start(vec![]).await;
    let mut phone = Phone::new(&server, "alice-desk", "correct horse").await;
    phone.register_for(60).await;
    let mut replayed = phone.request(&format!("Contact: {}\r\n", phone.contact()));
    assert_eq!(phone.ask(&replayed).await.status, Status::OK);
    // Somebody who saw it sends it as a request of his own.
    let thief = Peer::new(&server).await;
    replayed.via = format!("SIP/2.0/UDP {};branch=z9hG4bKthief;rport", thief.address()).parse().unwrap();
    replayed
        .headers
        .set(HeaderName::Contact, HeaderValue::new(format!("<sip:thief@{}>", thief.address())).unwrap());
    thief.send(&replayed.to_bytes()).await;
    let answer = thief.response().await;
    assert_eq!(answer.status, Status::UNAUTHORIZED);
    assert!(answer.headers.challenges(&HeaderName::WwwAuthenticate)[0].stale);
    assert_eq!(
        server.telephony.locate(&server.agent("alice")).unwrap().request_uri.user(),
        Some("alice-desk")
    );
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_get_the_same_401() {
    let server = start(vec![]).await;
    let mut answers = Vec::new();
    for (name, password) in [("alice-desk", "wrong"), ("nobody", "wrong")] {
        let mut phone = Phone::new(&server, name, password).await;
        let answer = phone.register_for(60).await;
        let challenge = &answer.headers.challenges(&HeaderName::WwwAuthenticate)[0];
        let names: Vec<String> = answer.headers.iter().map(|(name, _)| name.to_string()).collect();
        answers.push((answer.status, challenge.stale, challenge.realm.clone(), challenge.nonce.len(), names));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0].0, Status::UNAUTHORIZED);
}

#[tokio::test]
async fn ten_wrong_passwords_are_enough() {
    let server = start(vec![]).await;
    let mut phone = Phone::new(&server, "alice-desk", "wrong").await;
    for _ in 0..10 {
        assert_eq!(phone.register_for(60).await.status, Status::UNAUTHORIZED);
    }
    let guess = phone.request("");
    phone.peer.send(&guess.to_bytes()).await;
    // Silence: the next answer is that to another question.
    phone.answering = None;
    let open = phone.request("");
    let answer = phone.ask(&open).await;
    assert_eq!(answer.cseq.number, open.cseq);
}

#[tokio::test]
async fn a_phone_may_register_nobody_else() {
    let server = start(vec![]).await;
    let mut phone = Phone::new(&server, "alice-desk", "correct horse").await;
    phone.register_for(60).await;
    phone.name = "bob-desk";
    assert_eq!(phone.register_for(60).await.status, Status::FORBIDDEN);
}

#[tokio::test]
async fn a_registration_is_not_shorter_than_a_minute_nor_longer_than_an_hour() {
    let server = start(vec![]).await;
    let mut phone = Phone::new(&server, "alice-desk", "correct horse").await;
    let brief = phone.register_for(59).await;
    assert_eq!(
        (brief.status, brief.headers.number(&HeaderName::MinExpires)),
        (Status::INTERVAL_TOO_BRIEF, Some(60))
    );
    let long = phone.register_for(86_400).await;
    assert_eq!(contacts(&long)[0].1, Some("3600".to_owned()));
    let without = phone.register(&format!("Contact: {}\r\n", phone.contact())).await;
    assert_eq!(contacts(&without)[0].1, Some("3600".to_owned()));
    let own = phone.register(&format!("Contact: {};expires=90\r\nExpires: 600\r\n", phone.contact())).await;
    assert_eq!(contacts(&own)[0].1, Some("90".to_owned()));
}

#[tokio::test]
async fn several_phones_share_a_name_and_the_one_that_registered_last_is_rung() {
    let server = start(vec![]).await;
    let mut desk = Phone::new(&server, "alice-desk", "correct horse").await;
    let mut soft = Phone::new(&server, "alice-desk", "correct horse").await;
    soft.cseq = 100;
    assert_eq!(desk.register_for(60).await.status, Status::OK);
    let both = contacts(&soft.register_for(60).await);
    assert_eq!(both.len(), 2);
    let asked = contacts(&desk.register("").await);
    assert_eq!(asked.len(), 2, "a REGISTER without Contact asks");
}

#[tokio::test]
async fn a_phone_takes_its_own_contact_away_or_all_of_them() {
    let server = start(vec![]).await;
    let mut phone = Phone::new(&server, "alice-desk", "correct horse").await;
    phone.register_for(60).await;
    assert_eq!(contacts(&phone.register_for(0).await), []);
    assert_eq!(server.telephony.locate(&server.agent("alice")), None);
    phone.register_for(60).await;
    phone.register("Contact: <sip:alice-desk@127.0.0.1:9>\r\n").await;
    assert_eq!(phone.register("Contact: *\r\n").await.status, Status::BAD_REQUEST, "without Expires: 0");
    assert_eq!(contacts(&phone.register("Contact: *\r\nExpires: 0\r\n").await), []);
    assert_eq!(server.telephony.locate(&server.agent("alice")), None);
}

#[tokio::test]
async fn an_older_register_that_comes_late_changes_nothing() {
    let server = start(vec![]).await;
    let mut phone = Phone::new(&server, "alice-desk", "correct horse").await;
    phone.register_for(60).await;
    phone.register_for(60).await;
    phone.cseq -= 2;
    assert_eq!(phone.register_for(0).await.status, Status::SERVER_ERROR);
    assert!(server.telephony.locate(&server.agent("alice")).is_some());
}

#[tokio::test]
async fn an_extension_that_is_required_is_refused_by_name() {
    let server = start(vec![]).await;
    let mut phone = Phone::new(&server, "alice-desk", "correct horse").await;
    let answer = phone.register(&format!("Contact: {}\r\nRequire: gruu\r\n", phone.contact())).await;
    assert_eq!(
        (answer.status, answer.headers.get(&HeaderName::Unsupported)),
        (Status::BAD_EXTENSION, Some("gruu"))
    );
}

#[tokio::test]
async fn registrations_outlive_a_restart() {
    let server = start(vec![]).await;
    let mut phone = Phone::new(&server, "alice-desk", "correct horse").await;
    phone.register_for(60).await;
    let before = server.telephony.locate(&server.agent("alice"));
    let again = super::started(&sip(vec![]), &server.store, &server.directory).await.unwrap();
    assert_eq!(again.locate(&server.agent("alice")), before);
}

#[tokio::test]
async fn a_phone_that_does_not_ask_for_rport_is_called_at_the_port_it_names() {
    let server = start(vec![]).await;
    let mut phone = Phone::new(&server, "alice-desk", "correct horse").await;
    phone.register_for(60).await;
    let mut request = phone.request("Contact: <sip:alice-desk@127.0.0.1:5099>\r\n");
    request.via = format!("SIP/2.0/UDP {};branch=z9hG4bKold", phone.peer.address()).parse().unwrap();
    assert_eq!(phone.ask(&request).await.status, Status::OK);
    let target = server.telephony.locate(&server.agent("alice")).unwrap();
    assert_eq!(target.destination.flow.unwrap().remote.to_string(), "127.0.0.1:5099");
}

#[tokio::test]
async fn a_phone_registers_over_tcp_and_is_reached_by_its_connection() {
    let server = start(vec![]).await;
    let mut phone = Phone::new(&server, "alice-desk", "correct horse").await;
    let mut stream = TcpStream::connect(server.address(SipTransport::Tcp)).await.unwrap();
    let local = stream.local_addr().unwrap();
    let mut buffer = [0; 4096];
    for expected in [Status::UNAUTHORIZED, Status::OK] {
        let mut request = phone.request(&format!("Contact: <sip:alice-desk@{local};transport=tcp>\r\n"));
        request.via = format!("SIP/2.0/TCP {local};branch=z9hG4bK{}", request.cseq).parse().unwrap();
        stream.write_all(&request.to_bytes()).await.unwrap();
        let length = stream.read(&mut buffer).await.unwrap();
        let answer = response(parse(&buffer[..length]).unwrap());
        assert_eq!(answer.status, expected);
        phone.take_challenge(&answer);
    }
    let flow = server.telephony.locate(&server.agent("alice")).unwrap().destination.flow.unwrap();
    assert_eq!((flow.transport, flow.remote), (Transport::Tcp, local));
    assert!(flow.connection.is_some());
}

#[tokio::test]
async fn credentials_for_another_realm_are_no_credentials() {
    let server = start(vec![]).await;
    let mut phone = Phone::new(&server, "alice-desk", "correct horse").await;
    let mut request = phone.request("");
    let foreign: Credentials =
        r#"Digest username="alice-desk", realm="other", nonce="n", uri="sip:x", response="0""#.parse().unwrap();
    request.headers.push(HeaderName::Authorization, HeaderValue::new(foreign.to_string()).unwrap());
    assert_eq!(phone.ask(&request).await.status, Status::UNAUTHORIZED);
}

/// What consoles were told of phones, oldest first.
async fn told(server: &Server) -> Vec<(ringbridge_core::id::AgentId, serde_json::Value)> {
    let read =
        server.store.read(|tx| journal::after(tx, ringbridge_core::id::Seq(0), journal::Filter::All, 100));
    let entries = read.await.unwrap().into_iter().filter(|entry| entry.kind == "agent.phone");
    entries.map(|entry| (entry.agent.unwrap(), entry.body)).collect()
}

#[tokio::test]
async fn consoles_are_told_when_a_phone_comes_and_when_it_goes_and_not_of_its_refreshes() {
    let server = start(vec![]).await;
    let mut phone = Phone::new(&server, "alice-desk", "correct horse").await;
    for seconds in [60, 60, 0, 0, 60] {
        assert_eq!(phone.register_for(seconds).await.status, Status::OK);
    }
    let alice = server.agent("alice").id;
    let said =
        |state| (alice, serde_json::json!({ "agent": "alice", "phone": "alice-desk", "state": state }));
    assert_eq!(told(&server).await, [said("registered"), said("not_registered"), said("registered")]);
}

#[tokio::test]
async fn consoles_are_told_of_a_phone_that_did_not_register_again() {
    let server = start(vec![]).await;
    let mut phone = Phone::new(&server, "alice-desk", "correct horse").await;
    phone.register_for(60).await;
    let now = clock::now();
    let mut late = server.telephony.bindings.of("alice-desk", now);
    late[0].expires_at = now;
    let bindings = Arc::new(Bindings::default());
    let open =
        Registrar::open("ringbridge", server.store.clone(), server.directory.clone(), bindings.clone());
    let mut registrar = open.await.unwrap();
    bindings.put("alice-desk", late);
    registrar.look().await;
    registrar.look().await;
    let states: Vec<_> = told(&server).await.into_iter().map(|(_, body)| body["state"].clone()).collect();
    assert_eq!(states, ["registered", "not_registered"]);
}

#[tokio::test]
async fn phones_are_shown_where_a_click_would_find_them() {
    let server = start(vec![]).await;
    let mut phone = Phone::new(&server, "alice-desk", "correct horse").await;
    let alice = server.agent("alice");
    let contacts = || match server.telephony.phones(&alice).remove(0).place {
        PhonePlace::Registers { name, contacts } => (name, contacts),
        PhonePlace::Fixed { uri } => panic!("{uri} is fixed"),
    };
    assert_eq!(contacts(), ("alice-desk".to_owned(), vec![]));
    phone.register(&format!("Contact: {}\r\nUser-Agent: baresip\r\n", phone.contact())).await;
    let (_, here) = contacts();
    let address = format!("udp:{}", phone.peer.address());
    assert_eq!(
        (here.len(), here[0].address.as_str(), here[0].user_agent.as_str()),
        (1, address.as_str(), "baresip")
    );
    let fixed = PhonePlace::Fixed { uri: "sip:bob@127.0.0.9:5070".to_owned() };
    let bob = server.telephony.phones(&server.agent("bob"));
    assert_eq!(bob, [PhoneState { place: fixed, auto_answer: AutoAnswer::None }]);
}
