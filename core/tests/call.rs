//! The call machine, told as stories (semantics 2 and `core::call`).
//!
//! Each story is a list of inputs and the whole of what they bring about. A story that ends asserts its outcome.

use ringbridge_core::call::Effect::{self, Complete, EndLeg, Note, RingAgent, RingCustomer};
use ringbridge_core::call::{
    Call, EndCause, EndReason, FailureCause, Finish, HELD_MAX, Initiator, Input, Leg, LegEvent, LegFailure,
    LegState, MORE_MIN, Outcome, Stage, Terms,
};
use ringbridge_core::event::{Event, ExtensionResult};
use ringbridge_core::refusal::Code;
use ringbridge_core::tenant::{self, Choice, CodeList, Need, WrapUpAfterFailed};
use ringbridge_core::time::Timestamp;
use ringbridge_core::wrap_up::{Rules, Selection};
use std::time::Duration;

/// A call and a clock that the story moves.
struct Story {
    call: Call,
    terms: Terms,
    now: Timestamp,
}

impl Story {
    fn new() -> Self {
        let wrap_up = Rules { seconds: 0, after_failed: WrapUpAfterFailed::Full, lists: vec![] };
        let terms =
            Terms { ring_agent_seconds: 30, ring_customer_seconds: 60, talk_seconds_max: 14_400, wrap_up };
        Self { call: Call::new(), terms, now: Timestamp::from_millis(1_000_000) }
    }

    fn with_wrap_up(mut self, seconds: u32, need: Need) -> Self {
        let code =
            tenant::Code { short: "SOLD".into(), menu: "Sold".into(), report: "Sale made".into(), key: None };
        self.terms.wrap_up.seconds = seconds;
        self.terms.wrap_up.lists =
            vec![CodeList { name: "Outcome".into(), choice: Choice::Multiple, need, codes: vec![code] }];
        self
    }

    fn input(&mut self, input: Input) -> Vec<Effect> {
        self.call.handle(&self.terms, input, self.now)
    }

    fn agent(&mut self, event: LegEvent) -> Vec<Effect> {
        self.input(Input::Leg(Leg::Agent, event))
    }

    fn customer(&mut self, event: LegEvent) -> Vec<Effect> {
        self.input(Input::Leg(Leg::Customer, event))
    }

    fn seconds_pass(&mut self, seconds: u64) {
        self.now = self.now.plus(Duration::from_secs(seconds));
    }

    /// The agent's phone rings.
    fn ringing_agent(mut self) -> Self {
        assert_eq!(self.input(Input::Begin), [RingAgent]);
        assert_eq!(self.agent(LegEvent::Ringing), [Note(Event::LegRinging(Leg::Agent))]);
        self
    }

    /// The agent has answered, the customer's phone rings.
    fn ringing_customer(self) -> Self {
        let mut story = self.ringing_agent();
        assert_eq!(story.agent(LegEvent::Answered), [Note(Event::LegAnswered(Leg::Agent)), RingCustomer]);
        assert_eq!(story.customer(LegEvent::Ringing), [Note(Event::LegRinging(Leg::Customer))]);
        story
    }

    /// Both talk.
    fn connected(self) -> Self {
        let mut story = self.ringing_customer();
        assert_eq!(story.customer(LegEvent::Answered), [Note(Event::LegAnswered(Leg::Customer))]);
        story
    }

    fn outcome(&self, reason: EndReason, by: Initiator, answered_at: Option<Timestamp>) -> Outcome {
        Outcome { reason, by, answered_at, hung_up_at: self.now }
    }

    fn picked(&self) -> Selection {
        Selection::default()
            .with(&self.terms.wrap_up, Some(&[("Outcome".into(), "SOLD".into())]), Some("fine"))
            .expect("the code exists")
    }
}

fn failure(sip_code: u16, cause: FailureCause) -> LegFailure {
    LegFailure { sip_code: Some(sip_code), cause, reason: "said the peer".into() }
}

#[test]
fn rule_2_2_the_customer_rings_only_after_the_agent_has_answered() {
    let mut story = Story::new().ringing_agent();
    assert_eq!(story.customer(LegEvent::Answered), []);
    assert_eq!(story.agent(LegEvent::Answered), [Note(Event::LegAnswered(Leg::Agent)), RingCustomer]);
    assert_eq!(story.call.state_name(), "ringing_customer");
}

#[test]
fn rule_2_4_the_customers_answer_and_the_first_bye_make_the_times() {
    let mut story = Story::new().connected();
    let answered = story.now;
    story.seconds_pass(75);
    let outcome = story.outcome(EndReason::HungUp, Initiator::Customer, Some(answered));
    assert_eq!(
        story.customer(LegEvent::Ended),
        [
            Note(Event::LegEnded(Leg::Customer)),
            EndLeg(Leg::Agent, EndCause::OtherLegEnded),
            Note(Event::CallEnded(outcome.clone())),
            Complete,
        ]
    );
    assert_eq!(story.call.outcome(), Some(&outcome));
    // The agent's phone says BYE at the same moment: nothing more comes of it.
    assert_eq!(story.agent(LegEvent::Ended), []);
}

#[test]
fn the_agent_can_hang_up_by_phone_or_in_the_console() {
    let mut by_phone = Story::new().connected();
    let answered = by_phone.now;
    let outcome = by_phone.outcome(EndReason::HungUp, Initiator::Agent, Some(answered));
    assert_eq!(
        by_phone.agent(LegEvent::Ended),
        [
            Note(Event::LegEnded(Leg::Agent)),
            EndLeg(Leg::Customer, EndCause::OtherLegEnded),
            Note(Event::CallEnded(outcome.clone())),
            Complete,
        ]
    );
    let mut in_console = Story::new().connected();
    assert_eq!(
        in_console.input(Input::End(Initiator::Agent)),
        [
            EndLeg(Leg::Customer, EndCause::ByPerson),
            EndLeg(Leg::Agent, EndCause::ByPerson),
            Note(Event::CallEnded(outcome)),
            Complete,
        ]
    );
}

#[test]
fn an_agent_who_does_not_answer_in_time_is_not_rung_any_longer() {
    let mut story = Story::new().ringing_agent();
    story.seconds_pass(29);
    assert_eq!(story.input(Input::Deadline), []);
    story.seconds_pass(1);
    assert_eq!(story.call.deadline(), Some(story.now));
    let outcome = story.outcome(EndReason::AgentNoAnswer, Initiator::System, None);
    assert_eq!(
        story.input(Input::Deadline),
        [EndLeg(Leg::Agent, EndCause::TimedOut), Note(Event::CallEnded(outcome)), Complete]
    );
    assert_eq!(story.call.leg(Leg::Agent).state, LegState::Ended);
    assert_eq!(story.call.leg(Leg::Customer).state, LegState::Idle);
}

#[test]
fn a_customer_who_does_not_answer_in_time_frees_both() {
    let mut story = Story::new().ringing_customer();
    story.seconds_pass(60);
    let outcome = story.outcome(EndReason::CustomerNoAnswer, Initiator::System, None);
    assert_eq!(
        story.input(Input::Deadline),
        [
            EndLeg(Leg::Customer, EndCause::TimedOut),
            EndLeg(Leg::Agent, EndCause::TimedOut),
            Note(Event::CallEnded(outcome)),
            Complete,
        ]
    );
}

#[test]
fn rule_2_5_each_failure_of_the_customer_leg_has_its_reason_and_initiator() {
    let table = [
        (486, FailureCause::Busy, EndReason::CustomerBusy, Initiator::Customer),
        (603, FailureCause::Rejected, EndReason::CustomerRejected, Initiator::Customer),
        (404, FailureCause::NotFound, EndReason::CustomerNotFound, Initiator::System),
        (408, FailureCause::NoAnswer, EndReason::CustomerNoAnswer, Initiator::System),
        (503, FailureCause::Unreachable, EndReason::CustomerUnreachable, Initiator::System),
        (302, FailureCause::Redirected, EndReason::CustomerFailed, Initiator::System),
        (401, FailureCause::NotAuthorized, EndReason::CustomerFailed, Initiator::System),
        (488, FailureCause::Media, EndReason::MediaFailed, Initiator::System),
        (500, FailureCause::Other, EndReason::CustomerFailed, Initiator::System),
    ];
    for (code, cause, reason, by) in table {
        let mut story = Story::new().ringing_customer();
        let failed = failure(code, cause);
        let outcome = story.outcome(reason, by, None);
        assert_eq!(
            story.customer(LegEvent::Failed(failed.clone())),
            [
                Note(Event::LegFailed(Leg::Customer, failed)),
                EndLeg(Leg::Agent, EndCause::OtherLegFailed(Some(code))),
                Note(Event::CallEnded(outcome)),
                Complete,
            ],
            "{code}"
        );
        assert_eq!(story.call.leg(Leg::Customer).sip_code, Some(code));
    }
}

#[test]
fn each_failure_of_the_agent_leg_has_its_reason() {
    let table = [
        (486, FailureCause::Busy, EndReason::AgentBusy, Initiator::Agent),
        (603, FailureCause::Rejected, EndReason::AgentRejected, Initiator::Agent),
        (480, FailureCause::NoAnswer, EndReason::AgentNoAnswer, Initiator::System),
        (404, FailureCause::NotFound, EndReason::AgentUnreachable, Initiator::System),
        (488, FailureCause::Media, EndReason::MediaFailed, Initiator::System),
    ];
    for (code, cause, reason, by) in table {
        let mut story = Story::new().ringing_agent();
        let failed = failure(code, cause);
        let outcome = story.outcome(reason, by, None);
        assert_eq!(
            story.agent(LegEvent::Failed(failed.clone())),
            [Note(Event::LegFailed(Leg::Agent, failed)), Note(Event::CallEnded(outcome)), Complete],
            "{code}"
        );
    }
}

#[test]
fn an_agent_who_hangs_up_while_the_customer_rings_cancels_the_call() {
    let mut story = Story::new().ringing_customer();
    let outcome = story.outcome(EndReason::Cancelled, Initiator::Agent, None);
    assert_eq!(
        story.agent(LegEvent::Ended),
        [
            Note(Event::LegEnded(Leg::Agent)),
            EndLeg(Leg::Customer, EndCause::OtherLegEnded),
            Note(Event::CallEnded(outcome)),
            Complete,
        ]
    );
    // The customer's answer crosses the CANCEL: telephony ends that leg, the call stays as it ended.
    assert_eq!(story.customer(LegEvent::Answered), []);
    assert_eq!(story.call.answered_at(), None);
}

#[test]
fn a_cancel_ends_the_call_at_each_stage() {
    let mut admitted = Story::new();
    let outcome = admitted.outcome(EndReason::Cancelled, Initiator::Agent, None);
    assert_eq!(
        admitted.input(Input::End(Initiator::Agent)),
        [Note(Event::CallEnded(outcome.clone())), Complete]
    );
    assert_eq!(admitted.input(Input::Begin), []);

    let mut ringing_agent = Story::new().ringing_agent();
    assert_eq!(
        ringing_agent.input(Input::End(Initiator::Agent)),
        [EndLeg(Leg::Agent, EndCause::ByPerson), Note(Event::CallEnded(outcome.clone())), Complete]
    );

    let mut ringing_customer = Story::new().ringing_customer();
    assert_eq!(
        ringing_customer.input(Input::End(Initiator::Agent)),
        [
            EndLeg(Leg::Customer, EndCause::ByPerson),
            EndLeg(Leg::Agent, EndCause::ByPerson),
            Note(Event::CallEnded(outcome)),
            Complete,
        ]
    );
    assert_eq!(ringing_customer.input(Input::End(Initiator::Agent)), []);
}

#[test]
fn a_leg_that_is_lost_while_they_talk_ends_both() {
    let mut story = Story::new().connected();
    let answered = story.now;
    let lost = failure(481, FailureCause::Lost);
    let outcome = story.outcome(EndReason::LegLost, Initiator::System, Some(answered));
    assert_eq!(
        story.agent(LegEvent::Failed(lost.clone())),
        [
            Note(Event::LegFailed(Leg::Agent, lost)),
            EndLeg(Leg::Agent, EndCause::OtherLegFailed(Some(481))),
            EndLeg(Leg::Customer, EndCause::OtherLegFailed(Some(481))),
            Note(Event::CallEnded(outcome)),
            Complete,
        ]
    );
}

#[test]
fn the_longest_conversation_is_ended() {
    let mut story = Story::new().connected();
    let answered = story.now;
    story.seconds_pass(14_400);
    let outcome = story.outcome(EndReason::TooLong, Initiator::System, Some(answered));
    assert_eq!(
        story.input(Input::Deadline),
        [
            EndLeg(Leg::Customer, EndCause::TimedOut),
            EndLeg(Leg::Agent, EndCause::TimedOut),
            Note(Event::CallEnded(outcome)),
            Complete,
        ]
    );
}

#[test]
fn rule_2_7_a_restart_ends_what_was_being_set_up_and_keeps_what_is_up() {
    let mut admitted = Story::new();
    let outcome = admitted.outcome(EndReason::Interrupted, Initiator::System, None);
    assert_eq!(admitted.input(Input::Restarted), [Note(Event::CallEnded(outcome.clone())), Complete]);

    let mut ringing_agent = Story::new().ringing_agent();
    assert_eq!(
        ringing_agent.input(Input::Restarted),
        [EndLeg(Leg::Agent, EndCause::Restarted), Note(Event::CallEnded(outcome.clone())), Complete]
    );

    let mut ringing_customer = Story::new().ringing_customer();
    assert_eq!(
        ringing_customer.input(Input::Restarted),
        [
            EndLeg(Leg::Customer, EndCause::Restarted),
            EndLeg(Leg::Agent, EndCause::Restarted),
            Note(Event::CallEnded(outcome)),
            Complete,
        ]
    );

    let mut connected = Story::new().connected();
    assert_eq!(connected.input(Input::Restarted), [Note(Event::Recovered)]);
    assert_eq!(connected.call.state_name(), "connected");
}

#[test]
fn wrap_up_lasts_its_time_and_then_completes() {
    let mut story = Story::new().with_wrap_up(30, Need::Optional).connected();
    let answered = story.now;
    let ends_at = story.now.plus(Duration::from_secs(30));
    let outcome = story.outcome(EndReason::HungUp, Initiator::Customer, Some(answered));
    assert_eq!(
        story.customer(LegEvent::Ended),
        [
            Note(Event::LegEnded(Leg::Customer)),
            EndLeg(Leg::Agent, EndCause::OtherLegEnded),
            Note(Event::CallEnded(outcome)),
            Note(Event::WrapUpStarted { ends_at }),
        ]
    );
    assert!(!story.call.is_live());
    story.seconds_pass(29);
    assert_eq!(story.input(Input::Deadline), []);
    story.seconds_pass(1);
    assert_eq!(story.input(Input::Deadline), [Complete]);
    assert_eq!(story.input(Input::Deadline), []);
    assert_eq!(story.input(Input::Finish), []);
}

#[test]
fn a_required_list_holds_wrap_up_until_a_code_is_picked() {
    let mut story = Story::new().with_wrap_up(30, Need::Required).connected();
    story.customer(LegEvent::Ended);
    let refusal = story
        .call
        .check_save(&story.terms.wrap_up, &Selection::default(), Finish::Now)
        .expect_err("Outcome is required");
    assert_eq!(refusal.code, Code::CodesRequired);
    story.seconds_pass(30);
    assert_eq!(story.input(Input::Deadline), [Note(Event::WrapUpHeld { list: "Outcome".into() })]);
    let picked = story.picked();
    assert_eq!(story.call.check_save(&story.terms.wrap_up, &picked, Finish::Now), Ok(()));
    assert_eq!(story.input(Input::Save(picked.clone())), [Note(Event::WrapUpSaved { codes: 1 })]);
    assert_eq!(story.input(Input::Finish), [Complete]);
    assert_eq!(story.call.selection(), &picked);
}

#[test]
fn a_held_wrap_up_is_not_held_for_ever() {
    let mut story = Story::new().with_wrap_up(30, Need::Required).connected();
    story.customer(LegEvent::Ended);
    story.seconds_pass(30);
    story.input(Input::Deadline);
    story.seconds_pass(HELD_MAX.as_secs());
    assert_eq!(story.input(Input::Deadline), [Complete]);
}

/// Gives more time; when the wrap-up ends then, in seconds from now.
fn more_time(story: &mut Story) -> u64 {
    let expected = story.call.more_time(&story.terms).expect("there is more");
    assert_eq!(story.call.check_more_time(&story.terms), Ok(()));
    assert_eq!(story.input(Input::MoreTime), [Note(Event::WrapUpExtended { ends_at: expected })]);
    assert_eq!(story.call.deadline(), Some(expected));
    expected.since(story.now).as_secs()
}

#[test]
fn rule_2_6_more_time_moves_the_servers_own_timer_by_the_wrap_ups_length() {
    let mut story = Story::new().with_wrap_up(90, Need::Optional).connected();
    let refusal = story.call.check_more_time(&story.terms).expect_err("still up");
    assert_eq!(refusal.code, Code::AgentBusy);
    assert_eq!(story.input(Input::MoreTime), []);
    story.customer(LegEvent::Ended);
    assert_eq!(more_time(&mut story), 180);
    story.seconds_pass(170);
    assert_eq!(more_time(&mut story), 100);
    assert_eq!(story.input(Input::Deadline), [], "the old end is no end any more");
    story.seconds_pass(100);
    assert_eq!(story.input(Input::Deadline), [Complete]);
    let refusal = story.call.check_more_time(&story.terms).expect_err("complete");
    assert_eq!(refusal.code, Code::CallOver);
    assert_eq!(story.input(Input::MoreTime), []);
}

#[test]
fn a_short_wrap_up_is_given_a_minute_at_least() {
    let mut story = Story::new().with_wrap_up(10, Need::Optional).connected();
    story.customer(LegEvent::Ended);
    assert_eq!(more_time(&mut story), 10 + MORE_MIN.as_secs());
}

#[test]
fn more_time_goes_to_the_hour_at_which_a_held_wrap_up_ends_and_no_further() {
    let mut story = Story::new().with_wrap_up(1500, Need::Required).connected();
    story.customer(LegEvent::Ended);
    let last = 1500 + HELD_MAX.as_secs();
    assert_eq!([more_time(&mut story), more_time(&mut story), more_time(&mut story)], [3000, 4500, last]);
    let refusal = story.call.check_more_time(&story.terms).expect_err("all was given");
    assert_eq!(refusal.code, Code::NoMoreTime);
    assert_eq!(story.input(Input::MoreTime), []);
    story.seconds_pass(last);
    assert_eq!(story.input(Input::Deadline), [Complete], "no second hour for the missing code");
}

#[test]
fn a_wrap_up_that_was_given_time_is_held_for_the_rest_of_the_hour() {
    let mut story = Story::new().with_wrap_up(60, Need::Required).connected();
    story.customer(LegEvent::Ended);
    more_time(&mut story);
    story.seconds_pass(120);
    assert_eq!(story.input(Input::Deadline), [Note(Event::WrapUpHeld { list: "Outcome".into() })]);
    let refusal = story.call.check_more_time(&story.terms).expect_err("held");
    assert_eq!(refusal.code, Code::NoMoreTime);
    assert_eq!(story.input(Input::MoreTime), []);
    story.seconds_pass(HELD_MAX.as_secs() - 60);
    assert_eq!(story.input(Input::Deadline), [Complete]);
}

#[test]
fn rule_2_7_more_time_survives_a_restart() {
    let mut story = Story::new().with_wrap_up(60, Need::Optional).connected();
    story.customer(LegEvent::Ended);
    more_time(&mut story);
    let text = serde_json::to_string(&story.call).expect("plain data");
    story.call = serde_json::from_str(&text).expect("as written");
    assert_eq!(story.input(Input::Restarted), [Note(Event::Recovered)]);
    story.seconds_pass(60);
    assert_eq!(story.input(Input::Deadline), []);
    assert!(matches!(story.call.stage(), Stage::WrapUp { .. }));
    assert_eq!(more_time(&mut story), 120);
}

#[test]
fn rule_2_5_wrap_up_after_a_failed_call_is_as_the_queue_says() {
    let mut full = Story::new().with_wrap_up(30, Need::Optional).ringing_customer();
    full.customer(LegEvent::Failed(failure(486, FailureCause::Busy)));
    assert_eq!(full.call.state_name(), "wrap_up");

    let mut none = Story::new().with_wrap_up(30, Need::Optional);
    none.terms.wrap_up.after_failed = WrapUpAfterFailed::None;
    let mut none = none.ringing_customer();
    none.customer(LegEvent::Failed(failure(486, FailureCause::Busy)));
    assert_eq!(none.call.state_name(), "completed");
}

#[test]
fn codes_and_notes_can_be_saved_while_the_call_is_up_but_not_finished() {
    let mut story = Story::new().with_wrap_up(30, Need::Optional).connected();
    let picked = story.picked();
    assert_eq!(story.call.check_save(&story.terms.wrap_up, &picked, Finish::Later), Ok(()));
    let refusal = story.call.check_save(&story.terms.wrap_up, &picked, Finish::Now).expect_err("still up");
    assert_eq!(refusal.code, Code::AgentBusy);
    assert_eq!(story.input(Input::Save(picked.clone())), [Note(Event::WrapUpSaved { codes: 1 })]);
    story.customer(LegEvent::Ended);
    assert_eq!(story.input(Input::Finish), [Complete]);
    let refusal = story.call.check_save(&story.terms.wrap_up, &picked, Finish::Later).expect_err("over");
    assert_eq!(refusal.code, Code::CallOver);
}

#[test]
fn doubled_provisional_answers_are_noted_once() {
    let mut story = Story::new().ringing_customer();
    assert_eq!(story.customer(LegEvent::Ringing), []);
    assert_eq!(story.customer(LegEvent::EarlyMedia), [Note(Event::LegEarlyMedia(Leg::Customer))]);
    assert_eq!(
        story.input(Input::Extension(ExtensionResult::Sent)),
        [Note(Event::ExtensionDialled(ExtensionResult::Sent))]
    );
    assert_eq!(story.agent(LegEvent::Answered), []);
}

#[test]
fn a_call_survives_being_written_down_at_every_stage() {
    for story in [
        Story::new(),
        Story::new().ringing_agent(),
        Story::new().ringing_customer(),
        Story::new().connected(),
    ] {
        let text = serde_json::to_string(&story.call).expect("plain data");
        assert_eq!(serde_json::from_str::<Call>(&text).expect("as written"), story.call);
    }
}
