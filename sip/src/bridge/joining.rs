//! Who is told whose audio: the offers that join the two phones, and those that a phone makes later.
//!
//! Promises: a leg is told what the other one said last, when neither has an offer open; not more often than [`Rounds`]
//! allows, so that two phones that keep changing their minds do not keep us sending; a phone's own offer (hold, resume,
//! another codec) goes to the other phone and its answer back; a second one meanwhile gets 491. Leaves to others: one
//! dialog's rules (`dialog::offering`).

use super::{Bridge, Leg, Outputs};
use crate::dialog::{Audio, Dialog, Purpose, Step};
use crate::status::Status;
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// How often a leg may still be told of the other's audio by an offer of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rounds {
    agent: u8,
    customer: u8,
}

impl Default for Rounds {
    /// Before the customer answers: early media may move between a few forks or announcements.
    fn default() -> Self {
        Self { agent: 4, customer: 0 }
    }
}

impl Rounds {
    /// After the answer: one to the agent, one to the customer if the agent's answer calls for it, one more to the agent
    /// if the customer moved with that, then rest. An offer with early media that is still open does not count.
    pub(super) fn after_answer(agent: Option<&Dialog>) -> Self {
        let open = agent.is_some_and(Dialog::is_offering);
        Self { agent: 2 + u8::from(open), customer: 1 }
    }

    /// A phone changed something by itself: the other leg may be told once more.
    pub(super) fn allow(&mut self, leg: Leg) {
        let rounds = self.of(leg);
        *rounds = (*rounds).max(1);
    }

    const fn of(&mut self, leg: Leg) -> &mut u8 {
        match leg {
            Leg::Agent => &mut self.agent,
            Leg::Customer => &mut self.customer,
        }
    }
}

impl Bridge {
    /// Does what is due between the two phones.
    pub(super) fn join(&mut self, now: Millis, out: &mut Outputs) {
        for leg in [Leg::Agent, Leg::Customer] {
            self.pass_on_offer(leg, now, out);
        }
        for leg in [Leg::Agent, Leg::Customer] {
            self.settle(leg, now, out);
        }
    }

    /// A phone's own offer: to the other phone, or answered here while there is none.
    fn pass_on_offer(&mut self, leg: Leg, now: Millis, out: &mut Outputs) {
        let Some(offer) = self.slot(leg).dialog().and_then(Dialog::pending).cloned() else { return };
        let other = leg.other();
        match self.slot(other).dialog() {
            Some(dialog) if dialog.is_up() => {
                if dialog.pending().is_some() {
                    // Both at once and neither passed on yet: this one tries again.
                    self.step(leg, now, out, |dialog, step| dialog.refuse(Status::REQUEST_PENDING, step));
                } else if dialog.may_offer() {
                    self.step(other, now, out, |dialog, step| dialog.offer(offer, Purpose::Relay, step));
                }
                // Else it waits in its dialog, one a leg, until the other leg's own offer is through.
            }
            Some(_) | None => {
                let answer = self.partner_audio(leg).and_then(|audio| audio.answering(&offer));
                self.rounds.allow(other);
                self.step(leg, now, out, |dialog, step| match answer {
                    Some(answer) => dialog.accept(&answer, step),
                    None => dialog.refuse(Status::NOT_ACCEPTABLE_HERE, step),
                });
            }
        }
    }

    /// What a leg should hear: the other phone, or while there is none, our tone source.
    fn partner_audio(&self, leg: Leg) -> Option<Audio> {
        match leg {
            Leg::Agent => self.wanted(leg).or(self.tone_source.as_ref()).cloned(),
            Leg::Customer => self.wanted(leg).cloned(),
        }
    }

    /// What the other phone says of itself, once it says something.
    fn wanted(&self, leg: Leg) -> Option<&Audio> {
        let other = self.slot(leg.other()).dialog()?;
        if other.is_up() || other.is_coming_up() { other.received() } else { None }
    }

    /// Tells a leg of the other's audio if it does not know it.
    fn settle(&mut self, leg: Leg, now: Millis, out: &mut Outputs) {
        let Some(dialog) = self.slot(leg).dialog() else { return };
        let Some(other) = self.slot(leg.other()).dialog() else { return };
        if !dialog.may_offer() || other.is_offering() || other.pending().is_some() {
            return;
        }
        let Some(wanted) = self.wanted(leg).cloned() else { return };
        let partner = dialog.received();
        let knows = partner.is_some_and(|partner| wanted.still_serves(dialog.sent(), partner));
        if knows || *self.rounds.of(leg) == 0 {
            return;
        }
        self.step(leg, now, out, |dialog, step| dialog.offer(wanted, Purpose::Settle, step));
    }

    pub(super) fn offer_taken(&mut self, leg: Leg, purpose: Purpose, now: Millis, out: &mut Outputs) {
        match purpose {
            Purpose::Settle => {
                let rounds = self.rounds.of(leg);
                *rounds = rounds.saturating_sub(1);
            }
            Purpose::Relay => {
                let Some(answer) = self.slot(leg).dialog().and_then(Dialog::received).cloned() else {
                    return;
                };
                let other = leg.other();
                if self.slot(other).dialog().is_some_and(|dialog| dialog.pending().is_some()) {
                    self.step(other, now, out, |dialog, step| dialog.accept(&answer, step));
                } else {
                    // The phone gave its offer up meanwhile: the other one is told again how things stand.
                    self.rounds.allow(leg);
                }
            }
        }
    }

    pub(super) fn offer_refused(
        &mut self,
        leg: Leg,
        purpose: Purpose,
        status: Status,
        now: Millis,
        out: &mut Outputs,
    ) {
        match purpose {
            Purpose::Relay => self.step(leg.other(), now, out, |dialog, step| dialog.refuse(status, step)),
            // What a phone must know to hear anything it refused: this call cannot be.
            Purpose::Settle => {
                let mut failure = None;
                self.step(leg, now, out, |dialog, step| failure = Some(dialog.fail_media(status, step)));
                if let Some(heard) = failure {
                    self.heard(leg, heard, now, out);
                }
            }
        }
    }

    /// Lets a leg do something it has nothing to say about.
    fn step(
        &mut self,
        leg: Leg,
        now: Millis,
        out: &mut Outputs,
        act: impl FnOnce(&mut Dialog, &mut Step<'_>),
    ) {
        self.on(Some(leg), now, out, |dialog, step| {
            act(dialog, step);
            None
        });
    }
}
