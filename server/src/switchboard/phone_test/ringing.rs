//! One test call on its way: the bridge with an agent's leg alone.
//!
//! Promises: the phone rings [`RINGS_FOR`] at most and hears a tone for [`PLAYS_FOR`]; whatever it does, the task ends.
//! Leaves to others: who may begin one ([`super`]), the leg (`sip::bridge`).

use super::Wanted;
use crate::chance;
use crate::clock;
use crate::switchboard::session::{millis, moment};
use crate::switchboard::task::{INBOX, from_network};
use crate::switchboard::{Switchboard, legs, words};
use crate::telephony::{PhoneTarget, ToCall};
use ringbridge_core::call::{FailureCause, LegEvent};
use ringbridge_core::id::{AgentId, TenantId, TransactionId};
use ringbridge_core::phone_test::Course;
use ringbridge_core::time::Timestamp;
use ringbridge_sip::bridge::{Bridge, ByeReason, Command, Input, Leg, Output};
use ringbridge_sip::media::{ToneCommand, ToneKind};
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// How long the phone rings.
const RINGS_FOR: Duration = Duration::from_secs(20);

/// How long the tone plays.
const PLAYS_FOR: Duration = Duration::from_secs(5);

/// The longest that a test can take: ringing, the tone, and 64 T1 for each of two requests that nobody answers.
const OVER_WITHIN: Duration = Duration::from_secs(20 + 5 + 2 * 32);

/// What the phone shows.
const SHOWN: &str = "Ringbridge test";

/// A test call.
pub(super) struct Ringing {
    board: Switchboard,
    whose: (TenantId, AgentId),
    id: TransactionId,
    bridge: Bridge,
    stage: Stage,
    course: Course,
    wanted: watch::Receiver<Wanted>,
}

/// Where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Rings { until: Timestamp },
    Plays { until: Timestamp },
    Ends,
}

impl Ringing {
    pub(super) fn new(
        board: Switchboard,
        whose: (TenantId, AgentId),
        id: TransactionId,
        wanted: watch::Receiver<Wanted>,
    ) -> Self {
        let bridge = legs::bridge(u64::from_ne_bytes(chance::bytes()), id);
        let stage = Stage::Rings { until: clock::now().plus(RINGS_FOR) };
        Self { board, whose, id, bridge, stage, course: Course::Calling, wanted }
    }

    /// Calls the phone.
    pub(super) fn start(self, phone: PhoneTarget) {
        let (to_test, inbox) = mpsc::channel(INBOX);
        self.board.inner.telephony.open_inbox(self.id, to_test);
        let plan = legs::agent_plan(&self.board.inner.telephony, phone, SHOWN.to_owned());
        tokio::spawn(self.run(plan.command(), inbox));
    }

    async fn run(mut self, begin: Command, mut inbox: mpsc::Receiver<ToCall>) {
        let last = clock::now().plus(OVER_WITHIN);
        self.take(Input::Command(begin)).await;
        while !self.bridge.is_over() && clock::now() < last {
            let due = self.due().min(last);
            tokio::select! {
                Some(message) = inbox.recv() => self.take(from_network(message)).await,
                Ok(()) = self.wanted.changed(), if self.stage != Stage::Ends => self.make_way().await,
                () = clock::until(Some(due)) => self.time().await,
            }
        }
        self.board.inner.telephony.close_inbox(self.id);
        self.board.tests().end(self.whose.1, self.id);
        // With `self` the other end of the reins goes, which is what a click waits for.
    }

    /// When time is to be looked at next.
    fn due(&self) -> Timestamp {
        let of_stage = match self.stage {
            Stage::Rings { until } | Stage::Plays { until } => Some(until),
            Stage::Ends => None,
        };
        let of_bridge = self.bridge.deadline().map(moment);
        [of_stage, of_bridge].into_iter().flatten().min().unwrap_or(clock::now().plus(OVER_WITHIN))
    }

    async fn take(&mut self, input: Input) {
        let telephony = self.board.inner.telephony.clone();
        let (mut sends, mut heard) = (Vec::new(), Vec::new());
        for output in self.bridge.handle(input, millis(clock::now())) {
            match output {
                Output::Send(outgoing) => sends.push(outgoing),
                // The bridge sends silence to a phone that waits for the other one; here there is no other one.
                Output::Tone(ToneCommand::Start { to, codec, kind: _ }) => {
                    telephony.tone(self.id, ToneCommand::Start { to, codec, kind: ToneKind::Test });
                }
                Output::Tone(ToneCommand::Stop) => telephony.tone(self.id, ToneCommand::Stop),
                Output::Leg(Leg::Agent, event) => heard.push(words::core_event(event)),
                // There is neither a customer nor an extension.
                Output::Leg(Leg::Customer, _) | Output::Extension(_) => {}
            }
        }
        if !sends.is_empty() {
            telephony.send(sends);
        }
        for event in heard {
            self.hear(event).await;
        }
    }

    async fn hear(&mut self, event: LegEvent) {
        match (self.stage, event) {
            (Stage::Rings { .. }, LegEvent::Ringing) => self.note(Course::Ringing).await,
            (Stage::Rings { .. }, LegEvent::Answered) => {
                self.stage = Stage::Plays { until: clock::now().plus(PLAYS_FOR) };
                self.note(Course::Answered).await;
            }
            (Stage::Rings { .. } | Stage::Plays { .. }, LegEvent::Failed(failure)) => {
                self.end(Course::Failed(failure.cause)).await;
            }
            (Stage::Rings { .. }, LegEvent::Ended) => self.end(Course::Failed(FailureCause::Rejected)).await,
            (Stage::Plays { .. }, LegEvent::Ended) => self.end(Course::HungUp).await,
            (Stage::Rings { .. }, LegEvent::EarlyMedia)
            | (Stage::Plays { .. }, LegEvent::Ringing | LegEvent::EarlyMedia | LegEvent::Answered)
            | (Stage::Ends, _) => {}
        }
    }

    async fn time(&mut self) {
        let now = clock::now();
        match self.stage {
            Stage::Rings { until } if until <= now => {
                let rang = self.course == Course::Ringing;
                self.end(if rang { Course::NotAnswered } else { Course::NotHeard }).await;
            }
            Stage::Plays { until } if until <= now => self.end(Course::Worked).await,
            Stage::Rings { .. } | Stage::Plays { .. } | Stage::Ends => {}
        }
        // Boxed: an end takes more inputs itself.
        Box::pin(self.take(Input::Timer)).await;
    }

    async fn make_way(&mut self) {
        self.end(Course::GaveWay).await;
    }

    /// Ends the call and says why.
    async fn end(&mut self, course: Course) {
        self.stage = Stage::Ends;
        let reason = match course {
            Course::NotAnswered | Course::NotHeard => ByeReason::TimedOut,
            Course::Calling
            | Course::Ringing
            | Course::Answered
            | Course::Worked
            | Course::HungUp
            | Course::GaveWay
            | Course::Failed(_) => ByeReason::Normal,
        };
        Box::pin(self.take(Input::Command(Command::End { leg: Leg::Agent, reason }))).await;
        self.note(course).await;
    }

    async fn note(&mut self, course: Course) {
        self.course = course;
        let (tenant, agent) = self.whose;
        self.board.note_test(tenant, agent, self.id, course).await;
    }
}
