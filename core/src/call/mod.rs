//! One call, from the agent's ringing phone to completion: a machine without clock, socket or database.
//!
//! Promises: [`Call::handle`] takes one input and the time, changes the state and returns what is to be written down and
//! done, in order. Inputs that come late, twice or crossed change nothing. The customer is never rung before the agent
//! has answered (semantics 2.2), there is one [`Outcome`] a call, and each call reaches [`Stage::Completed`] once.
//!
//! Leaves to others: SIP (`telephony`), committing before acting (`switchboard`), what completion computes
//! (`completion`).

mod leg;
mod more_time;
mod outcome;
mod stage;
mod turn;

pub use leg::{Leg, LegEvent, LegRecord, LegState};
pub use more_time::MORE_MIN;
pub use outcome::{EndReason, FailureCause, Initiator, LegFailure, Outcome};
pub use stage::{Pace, Stage, Terms};
pub use turn::{Effect, EndCause, Finish, Input};

use crate::event::Event;
use crate::refusal::{Code, Refusal};
use crate::tenant::WrapUpAfterFailed;
use crate::time::Timestamp;
use crate::wrap_up::{Rules, Selection};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a wrap-up goes on beyond its own time, held for a required code or given more time. An agent who went home must
/// not keep the record and the callback from going out.
pub const HELD_MAX: Duration = Duration::from_secs(3600);

/// The call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    stage: Stage,
    agent_leg: LegRecord,
    customer_leg: LegRecord,
    outcome: Option<Outcome>,
    selection: Selection,
}

impl Default for Call {
    fn default() -> Self {
        Self::new()
    }
}

impl Call {
    /// A call that was just admitted.
    #[must_use]
    pub fn new() -> Self {
        Self {
            stage: Stage::Admitted,
            agent_leg: LegRecord::default(),
            customer_leg: LegRecord::default(),
            outcome: None,
            selection: Selection::default(),
        }
    }

    /// Where it is.
    #[must_use]
    pub const fn stage(&self) -> &Stage {
        &self.stage
    }

    /// The stage as the API and the database name it (`contract.md`).
    #[must_use]
    pub const fn state_name(&self) -> &'static str {
        match self.stage {
            Stage::Admitted | Stage::RingingAgent { .. } => "ringing_agent",
            Stage::RingingCustomer { .. } => "ringing_customer",
            Stage::Connected { .. } => "connected",
            Stage::WrapUp { .. } => "wrap_up",
            Stage::Completed => "completed",
        }
    }

    /// Whether a leg is or may come up: while it is, its agent has no other call.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        match self.stage {
            Stage::Admitted
            | Stage::RingingAgent { .. }
            | Stage::RingingCustomer { .. }
            | Stage::Connected { .. } => true,
            Stage::WrapUp { .. } | Stage::Completed => false,
        }
    }

    /// What is known of a leg.
    #[must_use]
    pub const fn leg(&self, leg: Leg) -> &LegRecord {
        match leg {
            Leg::Agent => &self.agent_leg,
            Leg::Customer => &self.customer_leg,
        }
    }

    /// How it ended, once it has.
    #[must_use]
    pub const fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    /// When the customer answered, also while the two still talk.
    #[must_use]
    pub fn answered_at(&self) -> Option<Timestamp> {
        match &self.stage {
            Stage::Connected { since, .. } => Some(*since),
            Stage::Admitted
            | Stage::RingingAgent { .. }
            | Stage::RingingCustomer { .. }
            | Stage::WrapUp { .. }
            | Stage::Completed => self.outcome.as_ref().and_then(|outcome| outcome.answered_at),
        }
    }

    /// What the agent picked and wrote so far.
    #[must_use]
    pub const fn selection(&self) -> &Selection {
        &self.selection
    }

    /// When [`Input::Deadline`] is due.
    #[must_use]
    pub const fn deadline(&self) -> Option<Timestamp> {
        match self.stage {
            Stage::RingingAgent { until }
            | Stage::RingingCustomer { until }
            | Stage::Connected { until, .. }
            | Stage::WrapUp { until, .. } => Some(until),
            Stage::Admitted | Stage::Completed => None,
        }
    }

    /// Whether codes and notes may be saved, and wrap-up finished if `finish` asks for it.
    ///
    /// # Errors
    /// [`Code::CallOver`] once it is complete, [`Code::AgentBusy`] for finishing while the call is up,
    /// [`Code::CodesRequired`] when a required list has no code.
    pub fn check_save(&self, rules: &Rules, next: &Selection, finish: Finish) -> Result<(), Refusal> {
        match (&self.stage, finish) {
            (Stage::Completed, Finish::Now | Finish::Later) => {
                Err(Refusal::new(Code::CallOver, "This transaction is complete; its codes and notes stand."))
            }
            (
                Stage::Admitted
                | Stage::RingingAgent { .. }
                | Stage::RingingCustomer { .. }
                | Stage::Connected { .. },
                Finish::Now,
            ) => Err(Refusal::new(Code::AgentBusy, "The call is still up; hang up before you finish.")),
            (Stage::WrapUp { .. }, Finish::Now) => next.refuse_missing(rules).map_or(Ok(()), Err),
            (
                Stage::Admitted
                | Stage::RingingAgent { .. }
                | Stage::RingingCustomer { .. }
                | Stage::Connected { .. }
                | Stage::WrapUp { .. },
                Finish::Later,
            ) => Ok(()),
        }
    }

    /// Decides what an input means at this moment.
    pub fn handle(&mut self, terms: &Terms, input: Input, now: Timestamp) -> Vec<Effect> {
        match (&self.stage, input) {
            (Stage::Admitted, Input::Begin) => self.ring_agent(terms, now),
            (Stage::Admitted, Input::End(by)) => self.over(terms, EndReason::Cancelled, by, now, vec![]),
            (Stage::Admitted, Input::Restarted) => {
                self.over(terms, EndReason::Interrupted, Initiator::System, now, vec![])
            }

            (Stage::RingingAgent { .. }, Input::Leg(Leg::Agent, event)) => match event {
                LegEvent::Ringing => self.ringing(Leg::Agent),
                // Sound from the agent's own phone before it answers means nothing to anybody.
                LegEvent::EarlyMedia => vec![],
                LegEvent::Answered => self.ring_customer(terms, now),
                LegEvent::Failed(failure) => {
                    let (reason, by) = failure.agent_outcome();
                    let note = self.leg_failed(Leg::Agent, failure);
                    self.over(terms, reason, by, now, vec![note])
                }
                LegEvent::Ended => {
                    let note = self.leg_ended(Leg::Agent);
                    self.over(terms, EndReason::AgentRejected, Initiator::Agent, now, vec![note])
                }
            },

            (Stage::RingingCustomer { .. }, Input::Leg(Leg::Customer, event)) => match event {
                LegEvent::Ringing => self.ringing(Leg::Customer),
                LegEvent::EarlyMedia => {
                    self.customer_leg.state = LegState::Ringing;
                    vec![Effect::Note(Event::LegEarlyMedia(Leg::Customer))]
                }
                LegEvent::Answered => self.connect(terms, now),
                LegEvent::Failed(failure) => {
                    let (reason, by) = failure.customer_outcome();
                    let cause = EndCause::OtherLegFailed(failure.sip_code);
                    let note = self.leg_failed(Leg::Customer, failure);
                    self.over(terms, reason, by, now, vec![note, Effect::EndLeg(Leg::Agent, cause)])
                }
                LegEvent::Ended => {
                    let note = self.leg_ended(Leg::Customer);
                    let end = Effect::EndLeg(Leg::Agent, EndCause::OtherLegEnded);
                    self.over(terms, EndReason::CustomerRejected, Initiator::Customer, now, vec![note, end])
                }
            },
            (Stage::RingingCustomer { .. }, Input::Leg(Leg::Agent, event)) => match event {
                LegEvent::Ringing | LegEvent::EarlyMedia | LegEvent::Answered => vec![],
                LegEvent::Failed(failure) => self.lost(terms, Leg::Agent, failure, now),
                LegEvent::Ended => {
                    let note = self.leg_ended(Leg::Agent);
                    let end = Effect::EndLeg(Leg::Customer, EndCause::OtherLegEnded);
                    self.over(terms, EndReason::Cancelled, Initiator::Agent, now, vec![note, end])
                }
            },

            (Stage::Connected { .. }, Input::Leg(leg, event)) => match event {
                LegEvent::Ringing | LegEvent::EarlyMedia | LegEvent::Answered => vec![],
                LegEvent::Failed(failure) => self.lost(terms, leg, failure, now),
                LegEvent::Ended => {
                    let by = match leg {
                        Leg::Agent => Initiator::Agent,
                        Leg::Customer => Initiator::Customer,
                    };
                    let note = self.leg_ended(leg);
                    let end = Effect::EndLeg(leg.other(), EndCause::OtherLegEnded);
                    self.over(terms, EndReason::HungUp, by, now, vec![note, end])
                }
            },
            (Stage::RingingCustomer { .. } | Stage::Connected { .. }, Input::Extension(result)) => {
                vec![Effect::Note(Event::ExtensionDialled(result))]
            }

            (Stage::RingingAgent { .. }, Input::End(by)) => {
                let end = Effect::EndLeg(Leg::Agent, EndCause::ByPerson);
                self.over(terms, EndReason::Cancelled, by, now, vec![end])
            }
            (Stage::RingingCustomer { .. }, Input::End(by)) => {
                self.over(terms, EndReason::Cancelled, by, now, end_both(EndCause::ByPerson))
            }
            (Stage::Connected { .. }, Input::End(by)) => {
                self.over(terms, EndReason::HungUp, by, now, end_both(EndCause::ByPerson))
            }

            (Stage::RingingAgent { until }, Input::Deadline) if now >= *until => {
                let end = Effect::EndLeg(Leg::Agent, EndCause::TimedOut);
                self.over(terms, EndReason::AgentNoAnswer, Initiator::System, now, vec![end])
            }
            (Stage::RingingCustomer { until }, Input::Deadline) if now >= *until => self.over(
                terms,
                EndReason::CustomerNoAnswer,
                Initiator::System,
                now,
                end_both(EndCause::TimedOut),
            ),
            (Stage::Connected { until, .. }, Input::Deadline) if now >= *until => {
                self.over(terms, EndReason::TooLong, Initiator::System, now, end_both(EndCause::TimedOut))
            }
            (Stage::WrapUp { until, pace }, Input::Deadline) if now >= *until => {
                let (until, pace) = (*until, *pace);
                self.wrap_up_time_over(terms, until, pace)
            }

            // A call in set-up does not survive a restart, a call that is up does (2.7).
            (Stage::RingingAgent { .. }, Input::Restarted) => {
                let end = Effect::EndLeg(Leg::Agent, EndCause::Restarted);
                self.over(terms, EndReason::Interrupted, Initiator::System, now, vec![end])
            }
            (Stage::RingingCustomer { .. }, Input::Restarted) => {
                let ends = end_both(EndCause::Restarted);
                self.over(terms, EndReason::Interrupted, Initiator::System, now, ends)
            }
            (Stage::Connected { .. } | Stage::WrapUp { .. }, Input::Restarted) => {
                vec![Effect::Note(Event::Recovered)]
            }

            (Stage::WrapUp { .. }, Input::Finish) => self.complete(vec![]),
            (Stage::WrapUp { .. }, Input::MoreTime) => self.extend(terms),
            (
                Stage::Admitted
                | Stage::RingingAgent { .. }
                | Stage::RingingCustomer { .. }
                | Stage::Connected { .. }
                | Stage::WrapUp { .. },
                Input::Save(selection),
            ) => self.save(selection),

            // Late, doubled or crossed: nothing.
            (Stage::WrapUp { .. } | Stage::Completed, Input::Leg(leg, event)) => self.late(leg, &event),
            (Stage::RingingAgent { .. }, Input::Leg(Leg::Customer, _) | Input::Extension(_)) => vec![],
            (
                Stage::Admitted,
                Input::Leg(..) | Input::Extension(_) | Input::Deadline | Input::Finish | Input::MoreTime,
            ) => vec![],
            (
                Stage::RingingAgent { .. } | Stage::RingingCustomer { .. } | Stage::Connected { .. },
                Input::Begin | Input::Deadline | Input::Finish | Input::MoreTime,
            ) => vec![],
            (Stage::WrapUp { .. }, Input::Begin | Input::Extension(_) | Input::End(_) | Input::Deadline) => {
                vec![]
            }
            (
                Stage::Completed,
                Input::Begin
                | Input::Extension(_)
                | Input::End(_)
                | Input::Save(_)
                | Input::Finish
                | Input::MoreTime
                | Input::Deadline
                | Input::Restarted,
            ) => vec![],
        }
    }

    fn ring_agent(&mut self, terms: &Terms, now: Timestamp) -> Vec<Effect> {
        self.agent_leg.state = LegState::Calling;
        self.stage = Stage::RingingAgent { until: after(now, terms.ring_agent_seconds) };
        vec![Effect::RingAgent]
    }

    fn ring_customer(&mut self, terms: &Terms, now: Timestamp) -> Vec<Effect> {
        self.agent_leg.state = LegState::Answered;
        self.customer_leg.state = LegState::Calling;
        self.stage = Stage::RingingCustomer { until: after(now, terms.ring_customer_seconds) };
        vec![Effect::Note(Event::LegAnswered(Leg::Agent)), Effect::RingCustomer]
    }

    fn connect(&mut self, terms: &Terms, now: Timestamp) -> Vec<Effect> {
        self.customer_leg.state = LegState::Answered;
        self.stage = Stage::Connected { since: now, until: after(now, terms.talk_seconds_max) };
        vec![Effect::Note(Event::LegAnswered(Leg::Customer))]
    }

    fn ringing(&mut self, leg: Leg) -> Vec<Effect> {
        let record = self.leg_mut(leg);
        // A phone may say 180 many times; the journal needs it once.
        if record.state == LegState::Ringing {
            return vec![];
        }
        record.state = LegState::Ringing;
        vec![Effect::Note(Event::LegRinging(leg))]
    }

    fn lost(&mut self, terms: &Terms, leg: Leg, failure: LegFailure, now: Timestamp) -> Vec<Effect> {
        let reason = failure.lost_reason();
        let cause = EndCause::OtherLegFailed(failure.sip_code);
        let note = self.leg_failed(leg, failure);
        let mut effects = vec![note];
        // Both: a leg that is lost for us may be up for its phone.
        effects.push(Effect::EndLeg(leg, cause));
        effects.push(Effect::EndLeg(leg.other(), cause));
        self.over(terms, reason, Initiator::System, now, effects)
    }

    fn leg_failed(&mut self, leg: Leg, failure: LegFailure) -> Effect {
        let record = self.leg_mut(leg);
        record.state = LegState::Failed;
        record.sip_code = failure.sip_code;
        record.reason = Some(failure.reason.clone());
        Effect::Note(Event::LegFailed(leg, failure))
    }

    fn leg_ended(&mut self, leg: Leg) -> Effect {
        self.leg_mut(leg).state = LegState::Ended;
        Effect::Note(Event::LegEnded(leg))
    }

    /// The one way in which a call ends.
    fn over(
        &mut self,
        terms: &Terms,
        reason: EndReason,
        by: Initiator,
        now: Timestamp,
        mut effects: Vec<Effect>,
    ) -> Vec<Effect> {
        let outcome = Outcome { reason, by, answered_at: self.answered_at(), hung_up_at: now };
        for record in [&mut self.agent_leg, &mut self.customer_leg] {
            match record.state {
                LegState::Calling | LegState::Ringing | LegState::Answered => record.state = LegState::Ended,
                LegState::Idle | LegState::Ended | LegState::Failed => {}
            }
        }
        let established = outcome.answered_at.is_some();
        effects.push(Effect::Note(Event::CallEnded(outcome.clone())));
        self.outcome = Some(outcome);
        let wanted = established || terms.wrap_up.after_failed == WrapUpAfterFailed::Full;
        if !wanted || terms.wrap_up.seconds == 0 {
            return self.complete(effects);
        }
        let until = after(now, terms.wrap_up.seconds);
        self.stage = Stage::WrapUp { until, pace: Pace::Timed };
        effects.push(Effect::Note(Event::WrapUpStarted { ends_at: until }));
        effects
    }

    fn wrap_up_time_over(&mut self, terms: &Terms, until: Timestamp, pace: Pace) -> Vec<Effect> {
        let held_until = self.last_end(terms).filter(|last| *last > until);
        match (pace, self.selection.missing(&terms.wrap_up), held_until) {
            (Pace::Timed, Some(list), Some(until)) => {
                let note = Effect::Note(Event::WrapUpHeld { list: list.name.clone() });
                self.stage = Stage::WrapUp { until, pace: Pace::Held };
                vec![note]
            }
            (Pace::Timed, None, _) | (Pace::Timed, Some(_), None) | (Pace::Held, _, _) => {
                self.complete(vec![])
            }
        }
    }

    fn save(&mut self, selection: Selection) -> Vec<Effect> {
        let codes = selection.codes.len();
        self.selection = selection;
        vec![Effect::Note(Event::WrapUpSaved { codes })]
    }

    fn complete(&mut self, mut effects: Vec<Effect>) -> Vec<Effect> {
        self.stage = Stage::Completed;
        effects.push(Effect::Complete);
        effects
    }

    /// After the end only a far end's failure still tells something: its code, where none is known yet.
    fn late(&mut self, leg: Leg, event: &LegEvent) -> Vec<Effect> {
        match event {
            LegEvent::Failed(failure) => {
                let record = self.leg_mut(leg);
                if record.sip_code.is_none() {
                    record.sip_code = failure.sip_code;
                }
            }
            LegEvent::Ringing | LegEvent::EarlyMedia | LegEvent::Answered | LegEvent::Ended => {}
        }
        vec![]
    }

    fn leg_mut(&mut self, leg: Leg) -> &mut LegRecord {
        match leg {
            Leg::Agent => &mut self.agent_leg,
            Leg::Customer => &mut self.customer_leg,
        }
    }
}

fn end_both(cause: EndCause) -> Vec<Effect> {
    // The customer first: their phone must not ring a moment longer than needed.
    vec![Effect::EndLeg(Leg::Customer, cause), Effect::EndLeg(Leg::Agent, cause)]
}

fn after(now: Timestamp, seconds: u32) -> Timestamp {
    now.plus(Duration::from_secs(u64::from(seconds)))
}
