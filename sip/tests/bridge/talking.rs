//! While both talk: hold and resume, glare, session timers, and requests of every kind (RFC 3261 12.2, 14; RFC 4028).

use crate::scene::{AGENT, CUSTOMER, Scene, audio_of, sdp_at};
use ringbridge_sip::bridge::{FailureCause, Input, LegEvent, LegFailure};
use ringbridge_sip::header::HeaderName;
use ringbridge_sip::method::Method;
use ringbridge_sip::text::{HeaderValue, SipToken};
use ringbridge_sip::transaction::ServerKey;

fn held(port: u16) -> String {
    sdp_at(port).replace("a=sendrecv", "a=sendonly")
}

#[test]
fn a_phone_that_holds_is_passed_on_and_the_other_phones_answer_passed_back() {
    let mut scene = Scene::connected();
    let hold = scene.asks(AGENT, Method::Invite, Some(&held(4000)));
    scene.sent(AGENT, &[]);
    let passed = scene.sent_one(CUSTOMER, "INVITE");
    assert!(String::from_utf8_lossy(&passed.body).contains("a=sendonly"));
    scene.customer.session = sdp_at(8000).replace("a=sendrecv", "a=recvonly");
    scene.answers(CUSTOMER);
    scene.sent(CUSTOMER, &["ACK"]);
    let answer = scene.answered_one(AGENT, "200 INVITE");
    assert!(String::from_utf8_lossy(&answer.body).contains("a=recvonly"));
    assert_eq!(audio_of(&answer.body), "192.0.2.8:8000");
    scene.acks(&hold, None);
    scene.sent(AGENT, &[]);
    assert_eq!(scene.bridge.deadline(), None);

    let resume = scene.asks(AGENT, Method::Invite, Some(&sdp_at(4000)));
    scene.customer.session = sdp_at(8000);
    scene.answers(CUSTOMER);
    scene.sent(CUSTOMER, &["INVITE", "ACK"]);
    scene.answered_one(AGENT, "200 INVITE");
    scene.acks(&resume, None);
    assert_eq!(scene.told(), []);
}

#[test]
fn an_offer_the_other_phone_refuses_is_refused_with_its_code_and_the_call_goes_on() {
    let mut scene = Scene::connected();
    scene.asks(CUSTOMER, Method::Invite, Some(&sdp_at(8004)));
    scene.says(AGENT, 488);
    scene.sent(AGENT, &["INVITE"]);
    scene.answered_one(CUSTOMER, "488 INVITE");
    assert_eq!(scene.told(), []);
    assert!(scene.bridge.deadline().is_none());
}

#[test]
fn an_offer_that_meets_one_of_ours_gets_491() {
    let mut scene = Scene::customer_ringing();
    scene.answers(CUSTOMER);
    scene.forget();
    scene.asks(AGENT, Method::Invite, Some(&held(4000)));
    scene.answered_one(AGENT, "491 INVITE");
    // The customer's own offer meanwhile waits for its turn.
    scene.asks(CUSTOMER, Method::Invite, Some(&sdp_at(8004)));
    scene.sent(CUSTOMER, &[]);
    scene.answers(AGENT);
    let sent = scene.sent(AGENT, &["ACK", "INVITE"]);
    drop(sent);
    scene.answers(AGENT);
    scene.sent(AGENT, &["ACK"]);
    scene.answered_one(CUSTOMER, "200 INVITE");
}

#[test]
fn two_phones_that_offer_at_once_one_is_passed_on_and_the_other_gets_491() {
    let mut scene = Scene::connected();
    scene.asks(AGENT, Method::Invite, Some(&held(4000)));
    scene.asks(CUSTOMER, Method::Invite, Some(&held(8000)));
    scene.sent(CUSTOMER, &["INVITE", "491 INVITE"]);
    scene.answers(CUSTOMER);
    scene.sent(AGENT, &["200 INVITE"]);
}

#[test]
fn a_second_offer_before_the_first_is_answered_gets_500_with_retry_after() {
    let mut scene = Scene::connected();
    scene.asks(AGENT, Method::Invite, Some(&held(4000)));
    scene.asks(AGENT, Method::Invite, Some(&sdp_at(4002)));
    let refused = scene.answered_one(AGENT, "500 INVITE");
    assert!(refused.headers.number(&HeaderName::RetryAfter).is_some_and(|seconds| seconds < 10));
}

#[test]
fn an_offer_its_phone_takes_back_is_refused_487() {
    let mut scene = Scene::connected();
    let hold = scene.asks(AGENT, Method::Invite, Some(&held(4000)));
    scene.feed(Input::Cancelled { invite: ServerKey::of(&hold) });
    scene.answered_one(AGENT, "487 INVITE");
    // The other phone took it meanwhile, and is told again how things stand.
    scene.answers(CUSTOMER);
    scene.sent(CUSTOMER, &["INVITE", "ACK", "INVITE"]);
}

#[test]
fn a_refresh_that_changes_nothing_is_answered_here_with_the_session_timer() {
    let mut scene = Scene::connected();
    for method in [Method::Invite, Method::Update] {
        let mut refresh =
            scene.agent.request(method.clone(), Some(&sdp_at(4000).replace("phone 1 1", "phone 1 2")));
        refresh.headers.push(HeaderName::SessionExpires, HeaderValue::constant("1800;refresher=uac"));
        scene.feed(Input::Request { key: ServerKey::of(&refresh), request: refresh.clone() });
        let answer = scene.answered_one(AGENT, &format!("200 {method}"));
        assert_eq!(answer.headers.get(&HeaderName::SessionExpires), Some("1800;refresher=uac"));
        assert_eq!(answer.headers.get(&HeaderName::Require), Some("timer"));
        assert_eq!(audio_of(&answer.body), "192.0.2.8:8000");
        if method == Method::Invite {
            scene.acks(&refresh, None);
        }
    }
    scene.sent(CUSTOMER, &[]);
}

#[test]
fn a_phone_that_stops_refreshing_is_lost_when_its_session_expires() {
    let mut scene = Scene::connected();
    let mut refresh = scene.agent.request(Method::Update, None);
    refresh.headers.push(HeaderName::SessionExpires, HeaderValue::constant("90"));
    scene.feed(Input::Request { key: ServerKey::of(&refresh), request: refresh });
    scene.answered_one(AGENT, "200 UPDATE");
    scene.seconds_pass(59);
    assert_eq!(scene.told(), []);
    scene.seconds_pass(1);
    scene.sent(AGENT, &["BYE"]);
    let failure = LegFailure::ours(FailureCause::Lost, "the phone stopped refreshing the session");
    assert_eq!(scene.told(), [(AGENT, LegEvent::Failed(failure))]);
}

#[test]
fn a_refresh_that_would_have_us_refresh_is_answered_without_session_timer() {
    let mut scene = Scene::connected();
    let mut refresh = scene.agent.request(Method::Update, None);
    refresh.headers.push(HeaderName::SessionExpires, HeaderValue::constant("90; refresher=uas"));
    scene.feed(Input::Request { key: ServerKey::of(&refresh), request: refresh });
    let answer = scene.answered_one(AGENT, "200 UPDATE");
    assert_eq!(answer.headers.get(&HeaderName::SessionExpires), None);
    assert_eq!(scene.bridge.deadline(), None);
}

#[test]
fn a_reinvite_without_offer_gets_one_and_its_ack_brings_the_answer() {
    let mut scene = Scene::connected();
    let asked = scene.asks(AGENT, Method::Invite, None);
    let answer = scene.answered_one(AGENT, "200 INVITE");
    assert_eq!(audio_of(&answer.body), "192.0.2.8:8000");
    scene.acks(&asked, Some(&sdp_at(4002)));
    assert_eq!(audio_of(&scene.sent_one(CUSTOMER, "INVITE").body), "192.0.2.4:4002");
    scene.answers(CUSTOMER);
    scene.sent(CUSTOMER, &["ACK"]);
    scene.sent(AGENT, &[]);
}

#[test]
fn an_agent_who_holds_while_the_customer_rings_is_answered_here_and_the_customer_told_after_the_answer() {
    let mut scene = Scene::customer_ringing();
    let hold = scene.asks(AGENT, Method::Invite, Some(&held(4000)));
    let answer = scene.answered_one(AGENT, "200 INVITE");
    assert!(String::from_utf8_lossy(&answer.body).contains("a=recvonly"));
    assert_eq!(audio_of(&answer.body), "192.0.2.1:30000");
    scene.acks(&hold, None);
    scene.answers(CUSTOMER);
    scene.sent(CUSTOMER, &["ACK"]);
    scene.agent.session = held(4000);
    scene.answers(AGENT);
    scene.sent(AGENT, &["INVITE", "ACK"]);
    let told = scene.sent_one(CUSTOMER, "INVITE");
    assert!(String::from_utf8_lossy(&told.body).contains("a=sendonly"));
}

#[test]
fn a_trunk_that_changes_its_early_media_by_update_is_answered_and_the_agent_told() {
    let mut scene = Scene::customer_called();
    scene.says_with_sound(CUSTOMER, 183);
    scene.answers(AGENT);
    scene.forget();
    scene.asks(CUSTOMER, Method::Update, Some(&sdp_at(8002)));
    let answer = scene.answered_one(CUSTOMER, "200 UPDATE");
    assert_eq!(audio_of(&answer.body), "192.0.2.4:4000");
    assert_eq!(audio_of(&scene.sent_one(AGENT, "INVITE").body), "192.0.2.8:8002");
}

#[test]
fn requests_of_every_kind_are_answered() {
    let answers = [
        (Method::Info, 200),
        (Method::Options, 200),
        (Method::Notify, 489),
        (Method::Prack, 481),
        (Method::Message, 405),
        (Method::Refer, 405),
        (Method::Subscribe, 405),
        (Method::Publish, 405),
        (Method::Other(SipToken::constant("FROBNICATE")), 501),
    ];
    let mut scene = Scene::connected();
    for (method, code) in answers {
        scene.asks(CUSTOMER, method.clone(), None);
        let answer = scene.answered_one(CUSTOMER, &format!("{code} {method}"));
        if code == 405 {
            assert!(answer.headers.lists(&HeaderName::Allow, "UPDATE"));
        }
    }
    assert_eq!(scene.told(), []);
}

#[test]
fn a_request_with_a_lower_cseq_than_seen_gets_500_one_of_another_dialog_481() {
    let mut scene = Scene::connected();
    let mut old = scene.asks(AGENT, Method::Options, None);
    scene.forget();
    old.cseq -= 1;
    scene.feed(Input::Request { key: ServerKey::of(&old), request: old.clone() });
    scene.answered_one(AGENT, "500 OPTIONS");
    let mut strange = scene.agent.request(Method::Bye, None);
    strange.from = strange.from.with_tag(SipToken::constant("someone-else"));
    scene.feed(Input::Request { key: ServerKey::of(&strange), request: strange });
    scene.answered_one(AGENT, "481 BYE");
    let mut strange = scene.agent.request(Method::Bye, None);
    strange.to.params.remove("tag");
    scene.feed(Input::Request { key: ServerKey::of(&strange), request: strange });
    scene.answered_one(AGENT, "481 BYE");
    assert_eq!(scene.told(), []);
}

#[test]
fn a_request_that_requires_what_we_do_not_have_gets_420() {
    let mut scene = Scene::connected();
    let mut request = scene.agent.request(Method::Options, None);
    request.headers.push(HeaderName::Require, HeaderValue::constant("timer, teleport"));
    scene.feed(Input::Request { key: ServerKey::of(&request), request });
    let answer = scene.answered_one(AGENT, "420 OPTIONS");
    assert_eq!(answer.headers.get(&HeaderName::Unsupported), Some("teleport"));
}

#[test]
fn a_session_that_cannot_be_read_or_taken_is_refused() {
    let mut scene = Scene::connected();
    scene.asks(AGENT, Method::Invite, Some("nonsense"));
    scene.answered_one(AGENT, "400 INVITE");
    let video = sdp_at(4000).replace("m=audio", "m=video");
    scene.asks(AGENT, Method::Invite, Some(&video));
    scene.answered_one(AGENT, "488 INVITE");
    let mut request = scene.agent.request(Method::Invite, Some("hello"));
    request.headers.set(HeaderName::ContentType, HeaderValue::constant("text/plain"));
    scene.feed(Input::Request { key: ServerKey::of(&request), request });
    let answer = scene.answered_one(AGENT, "415 INVITE");
    assert_eq!(answer.headers.get(&HeaderName::Accept), Some("application/sdp"));
    assert_eq!(scene.told(), []);
}

#[test]
fn a_phone_that_always_says_491_is_given_up() {
    let mut scene = Scene::customer_ringing();
    scene.answers(CUSTOMER);
    for _ in 0..5 {
        scene.says(AGENT, 491);
        scene.seconds_pass(4);
    }
    scene.forget();
    scene.says(AGENT, 491);
    scene.sent(AGENT, &["BYE"]);
}
