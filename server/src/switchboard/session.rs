//! One call with its two legs: the core's machine and the bridge, stepped together.
//!
//! Promises: [`Session::step`] is pure; the same session, input and time give the same [`Step`], and the simulation
//! drives exactly this. What a step returns is committed before any of it is sent.
//!
//! Leaves to others: the commit and the sending (`task`), what completion computes (`completion`).

use ringbridge_core::call::{self, Call, Effect, EndCause, Input, Leg, Terms};
use ringbridge_core::event::{Event, ExtensionResult};
use ringbridge_core::time::Timestamp;
use ringbridge_sip::bridge::{self, Bridge, Command, ToneCommand};
use ringbridge_sip::time::Millis;
use ringbridge_sip::transaction::Outgoing;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// The most inputs that one step works off. A step makes some six at most; more would be a loop.
const INPUTS_MAX: usize = 64;

/// Both legs as they are to be called.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LegPlans {
    /// To the agent's phone.
    pub agent: bridge::AgentPlan,
    /// To the trunk.
    pub customer: bridge::CustomerPlan,
}

/// What a session is asked to take in.
#[derive(Clone, Debug)]
pub enum Happening {
    /// Something for the call machine.
    Call(Input),
    /// Something from the SIP side.
    Sip(bridge::Input),
    /// Time has passed.
    Time,
}

/// What a step brings about.
#[derive(Debug, Default, PartialEq)]
pub struct Step {
    /// For the journal, in order.
    pub events: Vec<Event>,
    /// SIP messages, in order.
    pub sends: Vec<Outgoing>,
    /// For the tone source, in order.
    pub tones: Vec<ToneCommand>,
    /// Whether the transaction is complete with this step.
    pub completion: Completion,
}

/// Whether a step completes the transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Completion {
    /// It does: fill the tokens, enqueue the actions.
    Now,
    /// It does not, or did before.
    #[default]
    NotNow,
}

/// One call with its two legs.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// What was settled at admission.
    pub terms: Terms,
    /// The machine.
    pub call: Call,
    /// The legs.
    pub bridge: Bridge,
    /// How the legs are to be called.
    pub plans: LegPlans,
}

impl Session {
    /// A session that was just admitted.
    #[must_use]
    pub fn new(terms: Terms, plans: LegPlans, bridge: Bridge) -> Self {
        Self { terms, call: Call::new(), bridge, plans }
    }

    /// When [`Happening::Time`] is due.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        let of_bridge = self.bridge.deadline().map(moment);
        [self.call.deadline(), of_bridge].into_iter().flatten().min()
    }

    /// Whether nothing can happen any more: complete, and both legs are down.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self.call.stage(), call::Stage::Completed) && self.bridge.is_over()
    }

    /// Takes one happening through the call machine and the bridge until both rest.
    pub fn step(&mut self, happening: Happening, now: Timestamp) -> Step {
        self.step_with(happening, now, Call::handle)
    }

    /// [`Session::step`] with the machine as an argument, so that the simulation can show that a broken one is found.
    pub fn step_with(
        &mut self,
        happening: Happening,
        now: Timestamp,
        machine: impl Fn(&mut Call, &Terms, Input, Timestamp) -> Vec<Effect>,
    ) -> Step {
        let mut step = Step::default();
        let mut inputs = VecDeque::new();
        match happening {
            Happening::Call(input) => inputs.push_back(input),
            Happening::Sip(input) => self.through_bridge(input, now, &mut step, &mut inputs),
            Happening::Time => {
                inputs.push_back(Input::Deadline);
                self.through_bridge(bridge::Input::Timer, now, &mut step, &mut inputs);
            }
        }
        for _ in 0..INPUTS_MAX {
            let Some(input) = inputs.pop_front() else { break };
            for effect in machine(&mut self.call, &self.terms, input, now) {
                self.carry_out(effect, now, &mut step, &mut inputs);
            }
        }
        debug_assert!(inputs.is_empty(), "call and bridge went round in a loop");
        step
    }

    fn carry_out(&mut self, effect: Effect, now: Timestamp, step: &mut Step, inputs: &mut VecDeque<Input>) {
        let command = match effect {
            Effect::Note(event) => {
                step.events.push(event);
                return;
            }
            Effect::Complete => {
                step.completion = Completion::Now;
                return;
            }
            Effect::RingAgent => Command::RingAgent(self.plans.agent.clone()),
            Effect::RingCustomer => Command::RingCustomer(self.plans.customer.clone()),
            Effect::EndLeg(leg, cause) => Command::End { leg: bridge_leg(leg), cause: bye_reason(cause) },
        };
        self.through_bridge(bridge::Input::Command(command), now, step, inputs);
    }

    fn through_bridge(
        &mut self,
        input: bridge::Input,
        now: Timestamp,
        step: &mut Step,
        inputs: &mut VecDeque<Input>,
    ) {
        for output in self.bridge.handle(input, millis(now)) {
            match output {
                bridge::Output::Send(outgoing) => step.sends.push(outgoing),
                bridge::Output::Tone(command) => step.tones.push(command),
                bridge::Output::Leg(leg, event) => {
                    inputs.push_back(Input::Leg(core_leg(leg), core_event(event)));
                }
                bridge::Output::Extension(result) => inputs.push_back(Input::Extension(match result {
                    bridge::ExtensionResult::Sent => ExtensionResult::Sent,
                    bridge::ExtensionResult::NotSupported => ExtensionResult::NotSupported,
                })),
            }
        }
    }
}

/// The bridge's clock shows the same milliseconds.
fn millis(moment: Timestamp) -> Millis {
    Millis(u64::try_from(moment.as_millis()).unwrap_or(0))
}

fn moment(millis: Millis) -> Timestamp {
    Timestamp::from_millis(i64::try_from(millis.0).unwrap_or(i64::MAX))
}
