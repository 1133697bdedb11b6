//! 'More time' in wrap-up: the agent is not done yet.
//!
//! Promises: each turn adds the wrap-up's own length, [`MORE_MIN`] at least; a wrap-up never outlives its first end by more
//! than [`HELD_MAX`], however often it was given more and whether or not it was held for a required code. Semantics leave
//! both open. What was given is in the stage itself, so that it survives a restart (2.7). Leaves to others: the end.

use super::{Call, Effect, HELD_MAX, Pace, Stage, Terms};
use crate::event::Event;
use crate::refusal::{Code, Refusal};
use crate::time::Timestamp;
use std::time::Duration;

/// The least that a turn adds: less is over before it is read.
pub const MORE_MIN: Duration = Duration::from_secs(60);

impl Call {
    /// When wrap-up would end if it were given more time now; nothing where there is none to give.
    #[must_use]
    pub fn more_time(&self, terms: &Terms) -> Option<Timestamp> {
        let Stage::WrapUp { until, pace: Pace::Timed } = self.stage else { return None };
        let turn = Duration::from_secs(terms.wrap_up.seconds.into()).max(MORE_MIN);
        let next = until.plus(turn).min(self.last_end(terms)?);
        (next > until).then_some(next)
    }

    /// Why there is no more time to give.
    ///
    /// # Errors
    /// [`Code::CallOver`] once it is complete, [`Code::AgentBusy`] while the call is up, [`Code::NoMoreTime`] when all was
    /// given or the wrap-up is held for a required code.
    pub fn check_more_time(&self, terms: &Terms) -> Result<(), Refusal> {
        let (code, text) = match &self.stage {
            Stage::WrapUp { .. } if self.more_time(terms).is_some() => return Ok(()),
            Stage::WrapUp { pace: Pace::Held, .. } => {
                (Code::NoMoreTime, "The time is over; pick the required code and finish.")
            }
            Stage::WrapUp { pace: Pace::Timed, .. } => {
                (Code::NoMoreTime, "This wrap-up has had all the time there is.")
            }
            Stage::Completed => (Code::CallOver, "This transaction is complete."),
            Stage::Admitted
            | Stage::RingingAgent { .. }
            | Stage::RingingCustomer { .. }
            | Stage::Connected { .. } => {
                (Code::AgentBusy, "The call is still up; its wrap-up has not begun.")
            }
        };
        Err(Refusal::new(code, text))
    }

    /// Gives more time, where there is some.
    pub(super) fn extend(&mut self, terms: &Terms) -> Vec<Effect> {
        let Some(ends_at) = self.more_time(terms) else { return vec![] };
        self.stage = Stage::WrapUp { until: ends_at, pace: Pace::Timed };
        vec![Effect::Note(Event::WrapUpExtended { ends_at })]
    }

    /// The moment beyond which no wrap-up goes.
    pub(super) fn last_end(&self, terms: &Terms) -> Option<Timestamp> {
        let over = self.outcome.as_ref()?.hung_up_at;
        Some(over.plus(Duration::from_secs(terms.wrap_up.seconds.into())).plus(HELD_MAX))
    }
}
