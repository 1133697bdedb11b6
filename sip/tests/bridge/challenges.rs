//! Whose challenge is answered, and how often (SEC-36).

use crate::scene::{AGENT, CUSTOMER, Scene};
use ringbridge_sip::bridge::{CallerHeader, Command, FailureCause, Input, LegEvent, LegFailure};
use ringbridge_sip::digest::Login;
use ringbridge_sip::header::HeaderName;
use ringbridge_sip::message::Request;
use ringbridge_sip::text::HeaderValue;

const FRESH: &str = r#"Digest realm="trunk", nonce="n1", algorithm=MD5, qop="auth""#;
const STALE: &str = r#"Digest realm="trunk", nonce="n2", algorithm=MD5, qop="auth", stale=true"#;

fn calling_a_trunk_with_login() -> Scene {
    let mut scene = Scene::agent_ringing();
    scene.answers(AGENT);
    scene.ring_customer_with(CallerHeader::From, Some(Login::new("us", "secret")), None);
    scene
}

fn challenged(scene: &mut Scene, code: u16, header: HeaderName, challenge: &'static str) {
    let invite = scene.customer.invites.last().expect("it was called").clone();
    let mut response = scene.customer.response(&invite, code, None);
    response.headers.push(header, HeaderValue::new(challenge).expect("a line"));
    scene.feed(Input::Response(response));
}

fn refused(scene: &mut Scene, code: u16) {
    let told = scene.told();
    assert!(
        matches!(told.last(), Some((CUSTOMER, LegEvent::Failed(LegFailure { sip_code: Some(told), cause: FailureCause::NotAuthorized, .. }))) if *told == code),
        "{told:?}"
    );
}

#[test]
fn a_challenge_of_the_trunk_is_answered_with_a_new_number_and_branch() {
    for (code, asked, given) in [
        (401, HeaderName::WwwAuthenticate, HeaderName::Authorization),
        (407, HeaderName::ProxyAuthenticate, HeaderName::ProxyAuthorization),
    ] {
        let mut scene = calling_a_trunk_with_login();
        let first: Request = scene.sent_one(CUSTOMER, "INVITE");
        challenged(&mut scene, code, asked, FRESH);
        let second = scene.sent_one(CUSTOMER, "INVITE");
        assert_eq!((first.cseq, second.cseq), (1, 2));
        assert_ne!(first.branch(), second.branch());
        assert_eq!((&first.call_id, &first.from, &first.body), (&second.call_id, &second.from, &second.body));
        let credentials = second.headers.credentials(&given);
        assert_eq!(credentials[0].nonce, "n1");
        assert_eq!(credentials[0].uri, "sip:16502928880@192.0.2.8:5060");
        // The ACK of the answer carries them too.
        scene.answers(CUSTOMER);
        let ack = scene.sent_one(CUSTOMER, "ACK");
        assert_eq!(ack.headers.credentials(&given), credentials);
        assert_eq!(ack.cseq, 2);
    }
}

#[test]
fn a_second_challenge_is_a_refusal_unless_only_the_nonce_was_stale_and_then_only_once() {
    let mut scene = calling_a_trunk_with_login();
    challenged(&mut scene, 407, HeaderName::ProxyAuthenticate, FRESH);
    challenged(&mut scene, 407, HeaderName::ProxyAuthenticate, FRESH);
    scene.sent(CUSTOMER, &["INVITE", "INVITE"]);
    refused(&mut scene, 407);

    let mut scene = calling_a_trunk_with_login();
    challenged(&mut scene, 407, HeaderName::ProxyAuthenticate, FRESH);
    challenged(&mut scene, 407, HeaderName::ProxyAuthenticate, STALE);
    scene.sent(CUSTOMER, &["INVITE", "INVITE", "INVITE"]);
    challenged(&mut scene, 407, HeaderName::ProxyAuthenticate, STALE);
    scene.sent(CUSTOMER, &[]);
    refused(&mut scene, 407);
}

#[test]
fn a_challenge_is_a_refusal_where_we_have_no_login_or_cannot_read_it() {
    let mut scene = Scene::customer_called();
    challenged(&mut scene, 401, HeaderName::WwwAuthenticate, FRESH);
    scene.sent(CUSTOMER, &[]);
    refused(&mut scene, 401);

    let mut scene = calling_a_trunk_with_login();
    scene.forget();
    challenged(&mut scene, 401, HeaderName::WwwAuthenticate, r#"Basic realm="trunk""#);
    scene.sent(CUSTOMER, &[]);
    refused(&mut scene, 401);
}

#[test]
fn a_late_word_on_the_unauthorized_invite_changes_nothing() {
    let mut scene = calling_a_trunk_with_login();
    let first = scene.customer.invites[0].clone();
    challenged(&mut scene, 407, HeaderName::ProxyAuthenticate, FRESH);
    let again = scene.customer.response(&first, 407, None);
    scene.feed(Input::Response(again));
    scene.sent(CUSTOMER, &["INVITE", "INVITE"]);
    assert!(scene.told().iter().all(|(leg, _)| *leg == AGENT));
}

#[test]
fn a_phones_challenge_is_never_answered_and_a_password_is_never_stored() {
    let mut scene = calling_a_trunk_with_login();
    scene.answers(CUSTOMER);
    scene.forget();
    // The agent's phone challenges our re-INVITE.
    let offer = scene.agent.invites.last().expect("a re-INVITE").clone();
    let mut response = scene.agent.response(&offer, 401, None);
    response.headers.push(HeaderName::WwwAuthenticate, HeaderValue::constant(FRESH));
    scene.feed(Input::Response(response));
    scene.sent(AGENT, &["BYE"]);
    let stored = serde_json::to_string(&scene.bridge).expect("plain data");
    assert!(!stored.contains("secret"));
}

#[test]
fn a_doubled_command_rings_once() {
    let mut scene = Scene::new();
    scene.ring_agent();
    scene.ring_agent();
    scene.sent(AGENT, &["INVITE"]);
    scene.feed(Input::Command(Command::End {
        leg: CUSTOMER,
        reason: ringbridge_sip::bridge::ByeReason::Normal,
    }));
    scene.answers(AGENT);
    scene.ring_customer();
    scene.sent(CUSTOMER, &[]);
}
