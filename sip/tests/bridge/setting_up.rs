//! Setting a call up: the stories of sip.md's flow E up to the moment both talk (semantics 2.1 to 2.4).

use crate::scene::{AGENT, CUSTOMER, Scene, audio_of, sdp_at};
use ringbridge_sip::bridge::{AutoAnswer, CallerHeader, Extension, FailureCause, LegEvent, LegFailure};
use ringbridge_sip::header::HeaderName;
use ringbridge_sip::media::{Codec, ToneCommand, ToneKind};
use ringbridge_sip::transaction::{Failure, Outgoing};

fn failed(code: u16, cause: FailureCause, reason: &str) -> LegEvent {
    LegEvent::Failed(LegFailure { sip_code: Some(code), cause, reason: reason.to_owned() })
}

fn tone(kind: ToneKind) -> ToneCommand {
    ToneCommand::Start { to: "192.0.2.4:4000".parse().expect("an address"), kind, codec: Codec::Pcma }
}

#[test]
fn the_agent_rings_first_with_an_offer_of_ours_and_the_number_as_display_name() {
    let mut scene = Scene::new();
    scene.ring_agent();
    let invite = scene.sent_one(AGENT, "INVITE");
    assert_eq!(invite.uri.to_string(), "sip:alice@192.0.2.4:5060");
    assert_eq!(invite.from.display.as_ref().map(|d| d.as_str()), Some("16502928880"));
    assert_eq!(invite.from.uri.to_string(), "sip:16502928880@192.0.2.1");
    assert_eq!(crate::scene::contact_of(&invite).to_string(), "<sip:ringbridge@192.0.2.1:5060>");
    let body = String::from_utf8(invite.body).expect("text");
    let expected = "c=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 30000 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\n\
                    a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n";
    assert!(body.ends_with(expected), "{body}");
    scene.sent(CUSTOMER, &[]);
}

#[test]
fn the_agents_phone_gets_the_auto_answer_header_its_profile_asks_for() {
    let header = |auto_answer, name: HeaderName| {
        let mut scene = Scene::new();
        scene.ring_agent_with(auto_answer);
        scene.sent_one(AGENT, "INVITE").headers.get(&name).map(str::to_owned)
    };
    assert_eq!(
        header(AutoAnswer::CallInfo, HeaderName::CallInfo).as_deref(),
        Some("<sip:192.0.2.1>;answer-after=0")
    );
    assert_eq!(
        header(AutoAnswer::AlertInfo, HeaderName::AlertInfo).as_deref(),
        Some("<http://192.0.2.1>;info=alert-autoanswer")
    );
    assert_eq!(header(AutoAnswer::AnswerMode, HeaderName::AnswerMode).as_deref(), Some("Auto"));
    assert_eq!(header(AutoAnswer::None, HeaderName::CallInfo), None);
}

#[test]
fn the_customer_is_called_with_the_agents_own_audio_once_the_agent_has_answered() {
    let mut scene = Scene::agent_ringing();
    scene.answers(AGENT);
    scene.sent_one(AGENT, "ACK");
    assert_eq!(scene.told(), [(AGENT, LegEvent::Answered)]);
    assert_eq!(scene.tones(), [tone(ToneKind::Silence)]);
    scene.ring_customer();
    let invite = scene.sent_one(CUSTOMER, "INVITE");
    assert_eq!(invite.uri.to_string(), "sip:16502928880@192.0.2.8:5060");
    assert_eq!(invite.from.uri.to_string(), "sip:5251990@192.0.2.1");
    assert_eq!(audio_of(&invite.body), "192.0.2.4:4000");
    assert!(String::from_utf8_lossy(&invite.body).contains(" IN IP4 192.0.2.1\r\ns=-"), "o= is ours");
}

#[test]
fn the_customer_is_never_called_before_the_agent_has_answered() {
    let mut scene = Scene::agent_ringing();
    scene.ring_customer();
    scene.sent(CUSTOMER, &[]);
    let told = scene.told();
    assert!(matches!(told.as_slice(), [(CUSTOMER, LegEvent::Failed(_))]), "{told:?}");
}

#[test]
fn a_trunk_gets_the_caller_id_where_it_looks_for_it() {
    let header = |header, name: HeaderName| {
        let mut scene = Scene::agent_ringing();
        scene.answers(AGENT);
        scene.ring_customer_with(header, None, None);
        scene.sent_one(CUSTOMER, "INVITE").headers.get(&name).map(str::to_owned)
    };
    let asserted = header(CallerHeader::PAssertedIdentity, HeaderName::PAssertedIdentity);
    assert_eq!(asserted.as_deref(), Some("<sip:5251990@192.0.2.1>"));
    let preferred = header(CallerHeader::PPreferredIdentity, HeaderName::PPreferredIdentity);
    assert_eq!(preferred.as_deref(), Some("<sip:5251990@192.0.2.1>"));
    assert_eq!(header(CallerHeader::From, HeaderName::PAssertedIdentity), None);
}

#[test]
fn while_the_customer_rings_the_agent_hears_ringback_and_then_the_customer() {
    let mut scene = Scene::customer_called();
    scene.rings(CUSTOMER);
    scene.rings(CUSTOMER);
    assert_eq!(scene.told(), [(CUSTOMER, LegEvent::Ringing)]);
    assert_eq!(scene.tones(), [tone(ToneKind::Ringback)]);
    scene.answers(CUSTOMER);
    assert_eq!(scene.told(), [(CUSTOMER, LegEvent::Answered)]);
    assert_eq!(scene.tones(), [ToneCommand::Stop]);
    scene.sent_one(CUSTOMER, "ACK");
    let offer = scene.sent_one(AGENT, "INVITE");
    assert_eq!(audio_of(&offer.body), "192.0.2.8:8000");
    assert_eq!(offer.to.tag(), Some("agent-tag"));
    scene.answers(AGENT);
    scene.sent_one(AGENT, "ACK");
    scene.sent(CUSTOMER, &[]);
}

#[test]
fn early_media_reaches_the_agent_and_the_same_session_in_the_answer_asks_nothing_more() {
    let mut scene = Scene::customer_ringing();
    scene.says_with_sound(CUSTOMER, 183);
    assert_eq!(scene.told(), [(CUSTOMER, LegEvent::EarlyMedia)]);
    assert_eq!(scene.tones(), [ToneCommand::Stop]);
    assert_eq!(audio_of(&scene.sent_one(AGENT, "INVITE").body), "192.0.2.8:8000");
    scene.answers(AGENT);
    scene.sent_one(AGENT, "ACK");
    scene.answers(CUSTOMER);
    scene.sent_one(CUSTOMER, "ACK");
    scene.sent(AGENT, &[]);
}

#[test]
fn an_answer_without_session_means_the_one_announced_before() {
    let mut scene = Scene::customer_called();
    scene.says_with_sound(CUSTOMER, 183);
    scene.answers(AGENT);
    scene.says(CUSTOMER, 200);
    scene.sent(CUSTOMER, &["ACK"]);
    assert_eq!(scene.told(), [(CUSTOMER, LegEvent::EarlyMedia), (CUSTOMER, LegEvent::Answered)]);
}

#[test]
fn an_answer_at_another_place_than_the_early_media_is_offered_to_the_agent_once_more() {
    let mut scene = Scene::customer_called();
    scene.says_with_sound(CUSTOMER, 183);
    scene.answers(AGENT);
    scene.forget();
    scene.customer.session = sdp_at(8002);
    scene.answers(CUSTOMER);
    assert_eq!(audio_of(&scene.sent_one(AGENT, "INVITE").body), "192.0.2.8:8002");
}

#[test]
fn an_answer_while_the_agent_still_ponders_the_early_media_waits_for_it() {
    let mut scene = Scene::customer_called();
    scene.says_with_sound(CUSTOMER, 183);
    scene.sent(AGENT, &["INVITE"]);
    scene.customer.session = sdp_at(8002);
    scene.answers(CUSTOMER);
    scene.sent(AGENT, &[]);
    scene.answers(AGENT);
    scene.sent(AGENT, &["ACK", "INVITE"]);
}

#[test]
fn an_agents_phone_that_moves_with_the_second_offer_is_made_known_to_the_customer_once() {
    let mut scene = Scene::customer_ringing();
    scene.answers(CUSTOMER);
    scene.agent.session = sdp_at(4002);
    scene.answers(AGENT);
    scene.sent(AGENT, &["INVITE", "ACK"]);
    let acked = scene.sent(CUSTOMER, &["ACK", "INVITE"]);
    let Outgoing::Request { request, .. } = &acked[1] else { panic!("a request") };
    assert_eq!(audio_of(&request.body), "192.0.2.4:4002");
    // The customer moves too: nobody is asked again, or two such phones would never rest.
    scene.customer.session = sdp_at(8002);
    scene.answers(CUSTOMER);
    scene.sent(CUSTOMER, &["ACK"]);
    scene.sent(AGENT, &["INVITE"]);
    scene.agent.session = sdp_at(4004);
    scene.answers(AGENT);
    scene.sent(AGENT, &["ACK"]);
    scene.sent(CUSTOMER, &[]);
}

#[test]
fn a_narrower_answer_that_still_takes_what_the_customer_sends_asks_nothing_more() {
    let mut scene = Scene::customer_ringing();
    scene.customer.session = sdp_at(8000).replace("RTP/AVP 8 0 101", "RTP/AVP 8 101");
    scene.answers(CUSTOMER);
    scene.agent.session = sdp_at(4000).replace("RTP/AVP 8 0 101", "RTP/AVP 8 101");
    scene.answers(AGENT);
    scene.sent(CUSTOMER, &["ACK"]);
}

#[test]
fn of_two_forks_that_answer_the_first_wins_and_the_other_is_acknowledged_and_ended() {
    let mut scene = Scene::customer_ringing();
    scene.answers(CUSTOMER);
    scene.forget();
    let invite = scene.customer.invites[0].clone();
    let second = scene.customer.response_tagged("other-fork", &invite, 200, Some(&sdp_at(9000)));
    scene.feed(ringbridge_sip::bridge::Input::Response(second.clone()));
    let sent = scene.sent(CUSTOMER, &["ACK", "BYE"]);
    for outgoing in &sent {
        let (Outgoing::Request { request, .. } | Outgoing::Ack { request, .. }) = outgoing else {
            panic!("requests")
        };
        assert_eq!(request.to.tag(), Some("other-fork"));
        assert_eq!(request.uri.to_string(), "sip:phone@192.0.2.8:5060");
    }
    scene.feed(ringbridge_sip::bridge::Input::Response(second));
    scene.sent(CUSTOMER, &["ACK"]);
    assert_eq!(scene.told(), []);
}

#[test]
fn an_answer_that_comes_again_is_acknowledged_again_with_the_same_ack() {
    let mut scene = Scene::customer_ringing();
    scene.answers(CUSTOMER);
    let first = scene.sent_one(CUSTOMER, "ACK");
    scene.answers(CUSTOMER);
    assert_eq!(scene.sent_one(CUSTOMER, "ACK"), first);
    assert_eq!(scene.told(), [(CUSTOMER, LegEvent::Answered)]);
}

#[test]
fn the_routes_a_trunk_recorded_are_taken_in_reverse() {
    let mut scene = Scene::customer_called();
    scene.customer.record_route =
        vec!["<sip:192.0.2.81;lr>".to_owned(), "<sip:192.0.2.80:5070;lr>".to_owned()];
    scene.answers(CUSTOMER);
    let sent = scene.sent(CUSTOMER, &["ACK"]);
    let Outgoing::Ack { request, to } = &sent[0] else { panic!("an ACK") };
    let routes: Vec<&str> = request.headers.all(&HeaderName::Route).collect();
    assert_eq!(routes, ["<sip:192.0.2.80:5070;lr>", "<sip:192.0.2.81;lr>"]);
    assert_eq!(request.uri.to_string(), "sip:phone@192.0.2.8:5060");
    assert_eq!(to.uri.to_string(), "sip:192.0.2.80:5070;lr");
}

#[test]
fn a_strict_router_becomes_the_request_uri_and_the_target_the_last_route() {
    let mut scene = Scene::customer_called();
    scene.customer.record_route = vec!["<sip:192.0.2.80>".to_owned()];
    scene.answers(CUSTOMER);
    let ack = scene.sent_one(CUSTOMER, "ACK");
    assert_eq!(ack.uri.to_string(), "sip:192.0.2.80");
    assert_eq!(ack.headers.get(&HeaderName::Route), Some("<sip:phone@192.0.2.8:5060>"));
}

#[test]
fn each_way_of_not_answering_is_told_with_its_code() {
    let cases = [
        (302, FailureCause::Redirected, "Moved Temporarily"),
        (404, FailureCause::NotFound, "Not Found"),
        (407, FailureCause::NotAuthorized, "Proxy Authentication Required"),
        (486, FailureCause::Busy, "Busy Here"),
        (503, FailureCause::Unreachable, "Service Unavailable"),
        (603, FailureCause::Rejected, "Decline"),
    ];
    for (code, cause, reason) in cases {
        let mut scene = Scene::customer_ringing();
        scene.says(CUSTOMER, code);
        assert_eq!(scene.told(), [(CUSTOMER, failed(code, cause, reason))]);
        // The ACK is the transaction's; a redirection is not followed.
        scene.sent(CUSTOMER, &[]);
    }
}

#[test]
fn a_phone_that_never_says_a_word_is_unreachable() {
    for (why, reason) in [
        (Failure::Timeout, "no answer to our call came back"),
        (Failure::Transport, "the call could not be sent"),
    ] {
        let mut scene = Scene::new();
        scene.ring_agent();
        let invite = scene.sent_one(AGENT, "INVITE");
        scene.fails(&invite, why);
        let failure = LegFailure::ours(FailureCause::Unreachable, reason);
        assert_eq!(scene.told(), [(AGENT, LegEvent::Failed(failure))]);
        assert!(scene.bridge.is_over());
    }
}

#[test]
fn an_answer_without_g711_is_acknowledged_and_ended() {
    let mut scene = Scene::agent_ringing();
    scene.agent.session =
        sdp_at(4000).replace("RTP/AVP 8 0 101", "RTP/AVP 9").replace("a=rtpmap:8 PCMA", "a=rtpmap:9 G722");
    scene.answers(AGENT);
    let sent = scene.sent(AGENT, &["ACK", "BYE"]);
    let Outgoing::Request { request, .. } = &sent[1] else { panic!("a BYE") };
    assert_eq!(request.headers.get(&HeaderName::Reason), Some(r#"SIP;cause=488;text="Not Acceptable Here""#));
    let failure = failed(488, FailureCause::Media, "it was answered without G.711 audio");
    assert_eq!(scene.told(), [(AGENT, failure)]);
}

#[test]
fn a_phone_that_refuses_the_joining_offer_ends_its_leg() {
    let mut scene = Scene::customer_ringing();
    scene.answers(CUSTOMER);
    scene.forget();
    scene.says(AGENT, 488);
    scene.sent(AGENT, &["BYE"]);
    let failure = failed(488, FailureCause::Media, "the phone refused a re-INVITE");
    assert_eq!(scene.told(), [(AGENT, failure)]);
}

#[test]
fn a_phone_that_says_491_to_the_joining_offer_is_asked_again_after_two_to_four_seconds() {
    let mut scene = Scene::customer_ringing();
    scene.answers(CUSTOMER);
    scene.forget();
    scene.says(AGENT, 491);
    scene.sent(AGENT, &[]);
    let wait = scene.bridge.deadline().expect("a back-off").since(scene.now).as_millis();
    assert!((2100..=4000).contains(&wait), "{wait} ms");
    scene.seconds_pass(4);
    scene.sent(AGENT, &["INVITE"]);
    scene.answers(AGENT);
    scene.sent(AGENT, &["ACK"]);
}

#[test]
fn a_reliable_ringing_is_acknowledged_by_prack_once() {
    let mut scene = Scene::customer_called();
    scene.customer.extra = vec![(HeaderName::Require, "100rel"), (HeaderName::RSeq, "9")];
    scene.rings(CUSTOMER);
    scene.rings(CUSTOMER);
    let prack = scene.sent_one(CUSTOMER, "PRACK");
    assert_eq!(prack.headers.get(&HeaderName::RAck), Some("9 1 INVITE"));
    scene.customer.extra.clear();
    scene.answers(CUSTOMER);
    let ack = scene.sent_one(CUSTOMER, "ACK");
    assert_eq!(ack.cseq, 1, "the ACK has the INVITE's number, whatever came between");
}

#[test]
fn an_extension_is_sent_key_by_key_where_the_far_end_takes_info() {
    let mut scene = Scene::agent_ringing();
    scene.answers(AGENT);
    scene.ring_customer_with(CallerHeader::From, None, Some("12#"));
    scene.customer.extra = vec![(HeaderName::Allow, "INVITE, ACK, BYE, INFO")];
    scene.answers(CUSTOMER);
    scene.forget();
    scene.seconds_pass(1);
    for digit in ["1", "2", "#"] {
        let info = scene.sent_one(CUSTOMER, "INFO");
        assert_eq!(info.headers.get(&HeaderName::ContentType), Some("application/dtmf-relay"));
        assert_eq!(info.body, format!("Signal={digit}\r\nDuration=160\r\n").into_bytes());
        assert_eq!(scene.extensions(), []);
        scene.replies(&info, 200);
    }
    assert_eq!(scene.extensions(), [Extension::Sent]);
    scene.sent(CUSTOMER, &[]);
}

#[test]
fn an_extension_is_not_sent_where_the_far_end_does_not_take_info_or_refuses_a_key() {
    let mut scene = Scene::agent_ringing();
    scene.answers(AGENT);
    scene.ring_customer_with(CallerHeader::From, None, Some("12"));
    scene.answers(CUSTOMER);
    assert_eq!(scene.extensions(), [Extension::NotSent]);

    let mut scene = Scene::agent_ringing();
    scene.answers(AGENT);
    scene.ring_customer_with(CallerHeader::From, None, Some("12"));
    scene.customer.extra = vec![(HeaderName::Allow, "INVITE, ACK, BYE, INFO")];
    scene.answers(CUSTOMER);
    scene.forget();
    scene.seconds_pass(1);
    let info = scene.sent_one(CUSTOMER, "INFO");
    scene.replies(&info, 415);
    assert_eq!(scene.extensions(), [Extension::NotSent]);
    scene.sent(CUSTOMER, &[]);
}

#[test]
fn a_key_that_nobody_takes_does_not_part_two_people_who_talk() {
    let mut scene = Scene::agent_ringing();
    scene.answers(AGENT);
    scene.ring_customer_with(CallerHeader::From, None, Some("12"));
    scene.customer.extra = vec![(HeaderName::Allow, "INVITE, ACK, BYE, INFO")];
    scene.answers(CUSTOMER);
    scene.forget();
    scene.seconds_pass(1);
    let info = scene.sent_one(CUSTOMER, "INFO");
    scene.fails(&info, Failure::Timeout);
    assert_eq!(scene.extensions(), [Extension::NotSent]);
    scene.sent(CUSTOMER, &[]);
    scene.sent(AGENT, &[]);
}
