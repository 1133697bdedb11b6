//! What a simulated telephone is like: thrown once, before it is called.
//!
//! Promises: every oddity of real phones that the schedule knows has a chance here. Leaves to others: acting by it (`phone`).

use super::dice::Dice;
use ringbridge_sip::bridge::Leg;

/// What phones refuse calls with.
const REFUSALS: [u16; 8] = [302, 403, 404, 480, 487, 500, 503, 603];

/// What a phone does when it is called.
#[derive(Clone, Debug)]
pub(super) struct Habits {
    /// How it takes the call.
    pub(super) taking: Taking,
    /// How long until it rings, and from there until its last word.
    pub(super) ring_after: i64,
    pub(super) answer_after: i64,
    /// Whether it sends sound before it answers.
    pub(super) early_media: bool,
    /// Whether it says 100 at once.
    pub(super) trying: bool,
    /// Whether its proxy asks for a password first.
    pub(super) challenge: bool,
    /// Whether another branch of a fork answers as well.
    pub(super) forked: bool,
    /// How long it talks; `None`: until the other side hangs up.
    pub(super) talk: Option<i64>,
    /// When it holds and resumes, from its answer.
    pub(super) hold_after: Option<i64>,
    /// How it takes re-INVITEs.
    pub(super) reinvite: Reinvite,
}

/// How a phone takes a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taking {
    Answers,
    Refuses(u16),
    /// It rings until it is cancelled.
    RingsOn,
    /// It is answered with video only.
    WithoutSound,
}

/// How a phone takes re-INVITEs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reinvite {
    Takes,
    /// It takes it at another port.
    Moves,
    /// 491 the first time.
    GlaresOnce,
    Refuses(u16),
}

impl Habits {
    pub(super) fn thrown(leg: Leg, dice: &mut Dice) -> Self {
        let taking = match dice.below(16) {
            0 => Taking::Refuses(486),
            1 => Taking::Refuses(REFUSALS[dice.below(REFUSALS.len() as u64) as usize]),
            2 => Taking::RingsOn,
            3 if dice.once_in(4) => Taking::WithoutSound,
            _ => Taking::Answers,
        };
        Self {
            taking,
            ring_after: dice.between(0, 400),
            answer_after: dice.between(0, 20_000),
            early_media: leg == Leg::Customer && dice.once_in(3),
            trying: !dice.once_in(4),
            challenge: leg == Leg::Customer && dice.once_in(6),
            forked: leg == Leg::Customer && dice.once_in(12),
            talk: (!dice.once_in(3)).then(|| dice.between(0, 120_000)),
            hold_after: dice.once_in(8).then(|| dice.between(0, 30_000)),
            reinvite: match dice.below(16) {
                0 => Reinvite::Moves,
                1 => Reinvite::GlaresOnce,
                2 if dice.once_in(3) => Reinvite::Refuses(if dice.once_in(2) { 488 } else { 481 }),
                _ => Reinvite::Takes,
            },
        }
    }
}
