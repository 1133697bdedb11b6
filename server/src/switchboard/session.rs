//! One call with its two legs: the core's machine and the bridge, stepped together.
//!
//! Promises: [`Session::step`] is pure; the same session, input and time give the same [`Step`], and the simulation
//! drives exactly this. What a step returns is committed before any of it is sent.
//!
//! Leaves to others: the commit and the sending (`task`), what completion computes (`completion`).

use super::words;
use ringbridge_core::call::{self, Call, Effect, FailureCause, Input, Leg, LegEvent, LegFailure, Terms};
use ringbridge_core::event::Event;
use ringbridge_core::time::Timestamp;
use ringbridge_sip::bridge::{self, AutoAnswer, Bridge, Caller, Command, Target};
use ringbridge_sip::digest::Login;
use ringbridge_sip::media::ToneCommand;
use ringbridge_sip::time::Millis;
use ringbridge_sip::transaction::Outgoing;
use std::collections::VecDeque;
use std::net::SocketAddr;

/// The most inputs that one step works off. A step makes some six at most; more would be a loop.
const INPUTS_MAX: usize = 64;

/// Both legs as they are to be called. They are not stored: a call in set-up does not survive a restart.
#[derive(Clone, Debug)]
pub struct LegPlans {
    /// To the agent's phone.
    pub agent: AgentPlan,
    /// To the trunk.
    pub customer: CustomerPlan,
}

/// How the agent's phone is to be called.
#[derive(Clone, Debug)]
pub struct AgentPlan {
    /// The phone.
    pub target: Target,
    /// The number to be dialled, for its display (semantics 2.1).
    pub display_name: String,
    /// What makes it answer by itself (2.1).
    pub auto_answer: AutoAnswer,
    /// Where the tone source sends from.
    pub tone_address: SocketAddr,
}

/// How the customer is to be called.
#[derive(Clone, Debug)]
pub struct CustomerPlan {
    /// The trunk, with the number in the Request-URI.
    pub target: Target,
    /// The caller ID (2.2).
    pub caller: Caller,
    /// The log-in at the trunk.
    pub login: Option<Login>,
    /// The digits that follow the answer (1.4).
    pub extension: Option<String>,
}

/// What a session is asked to take in.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "short-lived, moved once into its session")]
pub enum Happening {
    /// Something for the call machine.
    Call(Input),
    /// Something from the SIP side.
    Sip(bridge::Input),
    /// The process was restarted and this call was found unfinished (semantics 2.7).
    Restart,
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
#[derive(Clone, Debug)]
pub struct Session {
    /// What was settled at admission.
    pub terms: Terms,
    /// The machine.
    pub call: Call,
    /// The legs.
    pub bridge: Bridge,
    /// How the legs are to be called; `None` after a restart, when nothing is called any more.
    pub plans: Option<LegPlans>,
}

impl Session {
    /// A session that was just admitted.
    #[must_use]
    pub fn new(terms: Terms, plans: LegPlans, bridge: Bridge) -> Self {
        Self { terms, call: Call::new(), bridge, plans: Some(plans) }
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
            Happening::Restart => {
                self.through_bridge(bridge::Input::Restored, now, &mut step, &mut inputs);
                inputs.push_back(Input::Restarted);
            }
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
            Effect::RingAgent => self.plans.as_ref().map(|plans| plans.agent.command()).ok_or(Leg::Agent),
            Effect::RingCustomer => {
                self.plans.as_ref().map(|plans| plans.customer.command()).ok_or(Leg::Customer)
            }
            Effect::EndLeg(leg, cause) => {
                Ok(Command::End { leg: words::bridge_leg(leg), reason: words::bye_reason(cause) })
            }
        };
        match command {
            Ok(command) => self.through_bridge(bridge::Input::Command(command), now, step, inputs),
            Err(leg) => inputs.push_back(Input::Leg(leg, LegEvent::Failed(no_way()))),
        }
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
                    inputs.push_back(Input::Leg(words::core_leg(leg), words::core_event(event)));
                }
                bridge::Output::Extension(result) => {
                    inputs.push_back(Input::Extension(words::core_extension(result)));
                }
            }
        }
    }
}

impl AgentPlan {
    pub(super) fn command(&self) -> Command {
        Command::RingAgent {
            target: self.target.clone(),
            display_name: self.display_name.clone(),
            auto_answer: self.auto_answer,
            tone_address: self.tone_address,
        }
    }
}

impl CustomerPlan {
    fn command(&self) -> Command {
        Command::RingCustomer {
            target: self.target.clone(),
            caller: self.caller.clone(),
            login: self.login.clone(),
            extension: self.extension.clone(),
        }
    }
}

/// A leg that is to be called after a restart, which the core does not ask for.
fn no_way() -> LegFailure {
    let reason = "how to call this leg was lost in a restart".to_owned();
    LegFailure { sip_code: None, cause: FailureCause::Unreachable, reason }
}

/// The bridge's clock shows the same milliseconds.
pub(super) fn millis(moment: Timestamp) -> Millis {
    Millis(u64::try_from(moment.as_millis()).unwrap_or(0))
}

pub(super) fn moment(millis: Millis) -> Timestamp {
    Timestamp::from_millis(i64::try_from(millis.0).unwrap_or(i64::MAX))
}
