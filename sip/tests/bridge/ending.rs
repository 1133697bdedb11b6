//! How calls end: hanging up, giving up, crossings, losses and restarts (semantics 2.4, 2.7).

use crate::scene::{AGENT, CUSTOMER, Scene, sdp_at};
use ringbridge_sip::bridge::{ByeReason, FailureCause, Input, LegEvent, LegFailure};
use ringbridge_sip::header::HeaderName;
use ringbridge_sip::ids::IdSource;
use ringbridge_sip::method::Method;
use ringbridge_sip::transaction::{Failure, Outgoing};

#[test]
fn a_phone_that_hangs_up_is_answered_and_the_other_gets_a_bye() {
    for (leg, other) in [(AGENT, CUSTOMER), (CUSTOMER, AGENT)] {
        let mut scene = Scene::connected();
        scene.hangs_up(leg);
        scene.answered_one(leg, "200 BYE");
        assert_eq!(scene.told(), [(leg, LegEvent::Ended)]);
        scene.end(other);
        let bye = scene.sent_one(other, "BYE");
        assert_eq!(
            bye.headers.get(&HeaderName::Reason),
            Some(r#"Q.850;cause=16;text="Normal call clearing""#)
        );
        assert!(!scene.bridge.is_over());
        scene.replies(&bye, 200);
        assert!(scene.bridge.is_over());
        assert_eq!(scene.told(), []);
    }
}

#[test]
fn when_both_hang_up_at_once_theirs_is_answered_and_ours_may_get_481() {
    let mut scene = Scene::connected();
    scene.end(CUSTOMER);
    let bye = scene.sent_one(CUSTOMER, "BYE");
    scene.hangs_up(CUSTOMER);
    scene.answered_one(CUSTOMER, "200 BYE");
    scene.replies(&bye, 481);
    scene.end(AGENT);
    let bye = scene.sent_one(AGENT, "BYE");
    scene.hangs_up(AGENT);
    scene.replies(&bye, 200);
    assert!(scene.bridge.is_over());
    assert_eq!(scene.told(), []);
}

#[test]
fn a_bye_tells_the_agents_phone_why_the_customer_did_not_come() {
    let mut scene = Scene::customer_ringing();
    scene.says(CUSTOMER, 486);
    scene.end_because(AGENT, ByeReason::OtherLegFailed(Some(486)));
    let bye = scene.sent_one(AGENT, "BYE");
    assert_eq!(bye.headers.get(&HeaderName::Reason), Some(r#"SIP;cause=486;text="Busy Here""#));
}

#[test]
fn giving_up_a_ringing_phone_cancels_its_invite() {
    let mut scene = Scene::agent_ringing();
    scene.end_because(AGENT, ByeReason::TimedOut);
    scene.end_because(AGENT, ByeReason::TimedOut);
    let cancel = scene.sent_one(AGENT, "CANCEL");
    let invite = scene.agent.invites[0].clone();
    assert_eq!(cancel.branch(), invite.branch());
    assert_eq!((cancel.cseq, &cancel.uri, &cancel.to), (invite.cseq, &invite.uri, &invite.to));
    assert_eq!(
        cancel.headers.get(&HeaderName::Reason),
        Some(r#"Q.850;cause=102;text="Recovery on timer expiry""#)
    );
    scene.replies(&cancel, 200);
    assert!(!scene.bridge.is_over());
    scene.says(AGENT, 487);
    assert!(scene.bridge.is_over());
    assert_eq!(scene.told(), []);
}

#[test]
fn a_cancel_waits_for_the_first_word_of_the_phone() {
    let mut scene = Scene::new();
    scene.ring_agent();
    scene.end(AGENT);
    scene.sent(AGENT, &["INVITE"]);
    scene.says(AGENT, 100);
    scene.sent(AGENT, &["CANCEL"]);
    scene.says(AGENT, 180);
    scene.says(AGENT, 487);
    scene.sent(AGENT, &[]);
    assert!(scene.bridge.is_over());
}

#[test]
fn an_answer_that_crosses_the_cancel_is_acknowledged_and_ended() {
    let mut scene = Scene::agent_ringing();
    scene.end(AGENT);
    scene.sent(AGENT, &["CANCEL"]);
    scene.answers(AGENT);
    let sent = scene.sent(AGENT, &["ACK", "BYE"]);
    scene.answers(AGENT);
    scene.sent(AGENT, &["ACK"]);
    assert!(!scene.bridge.is_over());
    let Outgoing::Request { request, .. } = &sent[1] else { panic!("a BYE") };
    scene.replies(request, 200);
    assert!(scene.bridge.is_over());
    assert_eq!(scene.told(), []);
}

#[test]
fn an_answer_before_the_cancel_could_be_sent_is_acknowledged_and_ended() {
    let mut scene = Scene::new();
    scene.ring_agent();
    scene.end(AGENT);
    scene.forget();
    scene.answers(AGENT);
    scene.sent(AGENT, &["ACK", "BYE"]);
}

#[test]
fn a_cancelled_phone_that_never_says_its_last_word_is_given_up_after_32_seconds() {
    let mut scene = Scene::agent_ringing();
    scene.end(AGENT);
    scene.seconds_pass(31);
    assert!(!scene.bridge.is_over());
    scene.seconds_pass(1);
    assert!(scene.bridge.is_over());
    // It answers all the same, much later.
    scene.forget();
    scene.answers(AGENT);
    scene.sent(AGENT, &["ACK", "BYE"]);
}

#[test]
fn a_challenge_that_comes_after_the_cancel_is_not_answered() {
    let mut scene = Scene::customer_ringing();
    scene.end(CUSTOMER);
    scene.sent(CUSTOMER, &["CANCEL"]);
    scene.says(CUSTOMER, 407);
    scene.sent(CUSTOMER, &[]);
    assert_eq!(scene.told(), []);
}

#[test]
fn a_phone_that_hangs_up_before_its_answer_arrives_is_not_left_up() {
    let mut scene = Scene::agent_ringing();
    scene.hangs_up(AGENT);
    scene.sent(AGENT, &["200 BYE", "CANCEL"]);
    assert_eq!(scene.told(), [(AGENT, LegEvent::Ended)]);
    scene.answers(AGENT);
    scene.sent(AGENT, &["ACK", "BYE"]);
}

#[test]
fn a_bye_nobody_answers_has_its_end() {
    let mut scene = Scene::connected();
    scene.end(AGENT);
    let bye = scene.sent_one(AGENT, "BYE");
    scene.nobody_answers(&bye);
    scene.end(CUSTOMER);
    scene.sent_one(CUSTOMER, "BYE");
    // Here even the transaction's word is lost.
    scene.seconds_pass(40);
    assert!(scene.bridge.is_over());
}

#[test]
fn a_bye_that_is_challenged_is_not_answered_with_a_password() {
    let mut scene = Scene::connected();
    scene.end(CUSTOMER);
    let bye = scene.sent_one(CUSTOMER, "BYE");
    scene.replies(&bye, 407);
    scene.sent(CUSTOMER, &[]);
    scene.end(AGENT);
    let bye = scene.sent_one(AGENT, "BYE");
    scene.replies(&bye, 200);
    assert!(scene.bridge.is_over());
}

#[test]
fn a_phone_that_no_longer_knows_the_dialog_is_lost_without_a_bye_one_that_is_silent_with_one() {
    let mut scene = Scene::customer_ringing();
    scene.answers(CUSTOMER);
    scene.forget();
    scene.says(AGENT, 481);
    scene.sent(AGENT, &[]);
    let gone = LegFailure {
        sip_code: Some(481),
        cause: FailureCause::Lost,
        reason: "Call/Transaction Does Not Exist".to_owned(),
    };
    assert_eq!(scene.told(), [(AGENT, LegEvent::Failed(gone))]);

    let mut scene = Scene::customer_ringing();
    scene.answers(CUSTOMER);
    let reinvite = scene.sent_one(AGENT, "INVITE");
    scene.nobody_answers(&reinvite);
    scene.sent(AGENT, &["BYE"]);
}

#[test]
fn a_leg_that_was_ended_before_it_was_called_is_never_called() {
    let mut scene = Scene::agent_ringing();
    scene.answers(AGENT);
    scene.end(CUSTOMER);
    scene.ring_customer();
    scene.sent(CUSTOMER, &[]);
    let mut scene = Scene::new();
    scene.end(AGENT);
    scene.ring_agent();
    scene.sent(AGENT, &[]);
    assert!(scene.bridge.is_over());
}

#[test]
fn a_restart_while_a_phone_rings_cancels_it_with_the_stored_branch_and_acknowledges_its_refusal() {
    let mut scene = Scene::agent_ringing();
    scene.restarts();
    scene.end_because(AGENT, ByeReason::Restarted);
    scene.end_because(CUSTOMER, ByeReason::Restarted);
    let cancel = scene.sent_one(AGENT, "CANCEL");
    assert_eq!(cancel.branch(), scene.agent.invites[0].branch());
    scene.says(AGENT, 487);
    let ack = scene.sent_one(AGENT, "ACK");
    assert_eq!(ack.branch(), scene.agent.invites[0].branch());
    assert!(scene.bridge.is_over());
}

#[test]
fn a_restart_before_the_first_word_cancels_at_once_since_nobody_knows_whether_it_came() {
    let mut scene = Scene::new();
    scene.ring_agent();
    scene.forget();
    scene.restarts();
    scene.end(AGENT);
    let cancel = scene.sent_one(AGENT, "CANCEL");
    scene.replies(&cancel, 481);
    // The CANCEL overtook the INVITE: the phone rings after all.
    scene.rings(AGENT);
    let again = scene.sent_one(AGENT, "CANCEL");
    scene.replies(&again, 481);
    scene.seconds_pass(32);
    assert!(scene.bridge.is_over());
}

#[test]
fn a_restart_during_set_up_ends_both_legs() {
    let mut scene = Scene::customer_ringing();
    scene.restarts();
    scene.end_because(CUSTOMER, ByeReason::Restarted);
    scene.end_because(AGENT, ByeReason::Restarted);
    scene.sent(CUSTOMER, &["CANCEL"]);
    scene.sent(AGENT, &["BYE"]);
}

#[test]
fn a_restart_while_a_leg_is_being_ended_ends_it_again_with_the_same_request() {
    let mut scene = Scene::connected();
    scene.end(AGENT);
    let bye = scene.sent_one(AGENT, "BYE");
    scene.restarts();
    assert_eq!(scene.sent_one(AGENT, "BYE"), bye);
    scene.replies(&bye, 200);
    scene.hangs_up(CUSTOMER);
    assert!(scene.bridge.is_over());
}

#[test]
fn a_call_that_is_up_stays_up_over_a_restart() {
    let mut scene = Scene::connected();
    scene.restarts();
    scene.sent(AGENT, &[]);
    scene.sent(CUSTOMER, &[]);
    scene.hangs_up(CUSTOMER);
    assert_eq!(scene.told(), [(CUSTOMER, LegEvent::Ended)]);
}

#[test]
fn a_restart_in_the_middle_of_joining_goes_on_joining() {
    let mut scene = Scene::customer_ringing();
    scene.answers(CUSTOMER);
    scene.sent(AGENT, &["INVITE"]);
    scene.restarts();
    let offer = scene.sent_one(AGENT, "INVITE");
    assert_eq!(crate::scene::audio_of(&offer.body), "192.0.2.8:8000");
    scene.answers(AGENT);
    scene.sent(AGENT, &["ACK"]);
}

#[test]
fn an_answer_to_a_call_nobody_knows_any_more_is_acknowledged_and_ended() {
    let mut scene = Scene::agent_ringing();
    let invite = scene.agent.invites[0].clone();
    let answer = scene.agent.response(&invite, 200, Some(&sdp_at(4000)));
    let local = Scene::target(AGENT).local;
    let sent = ringbridge_sip::dialog::refuse_stray(&answer, &local, None, &mut IdSource::new(1));
    let [Outgoing::Ack { request: ack, .. }, Outgoing::Request { request: bye, .. }] = sent.as_slice() else {
        panic!("an ACK and a BYE")
    };
    assert_eq!((ack.cseq, ack.to.tag()), (1, Some("agent-tag")));
    assert_eq!((&bye.method, bye.cseq, bye.from.tag()), (&Method::Bye, 2, invite.from.tag()));
    scene.feed(Input::Timer);
    scene.sent(AGENT, &[]);
}

#[test]
fn a_phone_that_never_acknowledges_our_answer_is_lost() {
    let mut scene = Scene::connected();
    let hold = scene.asks(AGENT, Method::Invite, None);
    scene.forget();
    scene.fails(&hold, Failure::NoAck);
    scene.sent(AGENT, &["BYE"]);
    let failure = LegFailure::ours(FailureCause::Lost, "the phone never acknowledged our answer");
    assert_eq!(scene.told(), [(AGENT, LegEvent::Failed(failure))]);
}
