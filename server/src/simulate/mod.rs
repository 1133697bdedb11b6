//! `ringbridge simulate`: the real call core, bridge and completion through random schedules.
//!
//! A schedule is one agent's click or two, with the phones, the network and the people around it thrown by dice: messages
//! come late, twice, crossed or never; phones refuse, hold, fork and hang up at the worst moment; the process dies before a
//! commit or in the middle of acting on one and comes back with what was committed. It drives the switchboard's own
//! [`Session::step_with`](crate::switchboard::session::Session::step_with), so that what holds here holds there.
//!
//! What must hold:
//! 1. No leg is left up: when all is over no phone rings or is off the hook, and none had to help itself.
//! 2. The customer never rings before the agent has answered (semantics 2.2).
//! 3. A call has one ending (2.5).
//! 4. Every click that was accepted has exactly one completed record.
//! 5. Nothing is acted on that was not committed.
//! 6. An agent is busy exactly while a call lives, and never in two (2.6).
//! 7. Every schedule comes to rest.
//!
//! Promises: the same seed gives the same digest, on any number of threads; a schedule that breaks a rule is named with how
//! to play it again. One schedule in sixteen prints and parses each message; the others pass values. Not covered here:
//! sockets, the real transactions, SQL and HTTP; their own tests and the end-to-end tests see to them.

mod deed;
mod dice;
mod habits;
mod ledger;
mod network;
mod phone;
mod world;

#[cfg(test)]
mod tests;

use dice::{Dice, mix};
use ledger::{Broken, Setting};
use ringbridge_core::call::Call;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use world::{Machine, Order, Wire, World};

/// How many schedules a thread takes at a time: enough that they seldom meet at the counter.
const SHARE: u64 = 256;

/// How many broken schedules are reported; more would say nothing new.
const REPORTED_MAX: usize = 10;

/// What to simulate.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The seed; the same one gives the same digest.
    pub seed: u64,
    /// How many schedules, each with at least one call.
    pub calls: u64,
    /// Play only this schedule and print every message of it.
    pub only: Option<u64>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// For people, one fact a line.
    pub text: String,
    /// Whether everything held.
    pub held: bool,
}

/// Runs the simulation.
#[must_use]
pub fn run(options: &Options) -> Report {
    match options.only {
        Some(schedule) => replay(options.seed, schedule),
        None => {
            report(options.seed, &survey(options.seed, options.calls, &Call::handle, Order::CommitThenAct))
        }
    }
}

/// What came of many schedules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Survey {
    schedules: u64,
    clicks: u64,
    calls: u64,
    digest: u64,
    /// Broken schedules and their rules, the lowest numbers.
    broken: Vec<(u64, Broken)>,
}

impl Survey {
    /// Adds what another thread found; the order does not matter.
    fn add(&mut self, other: Self) {
        self.schedules += other.schedules;
        self.clicks += other.clicks;
        self.calls += other.calls;
        self.digest = self.digest.wrapping_add(other.digest);
        self.broken.extend(other.broken);
        self.broken.sort_by_key(|(schedule, _)| *schedule);
        self.broken.truncate(REPORTED_MAX);
    }
}

/// Plays schedules on all cores.
fn survey<M: Machine>(seed: u64, schedules: u64, machine: &M, order: Order) -> Survey {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicU64::new(0);
    let setting = Setting::new();
    let work = || {
        let mut survey = Survey::default();
        loop {
            let first = next.fetch_add(SHARE, Ordering::Relaxed);
            if first >= schedules {
                return survey;
            }
            for schedule in first..schedules.min(first + SHARE) {
                survey.add_one(seed, schedule, machine, order, &setting);
            }
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let mut all = Survey::default();
        for thread in threads {
            all.add(thread.join().expect("a panic of a schedule is reported by its thread"));
        }
        all
    })
}

impl Survey {
    fn add_one<M: Machine>(
        &mut self,
        seed: u64,
        schedule: u64,
        machine: &M,
        order: Order,
        setting: &Setting,
    ) {
        let mut world = world(seed, schedule, machine, order, setting);
        let broken = world.play();
        self.schedules += 1;
        self.clicks += world.clicks;
        self.calls += world.ledger.calls();
        self.digest = self.digest.wrapping_add(mix(world.ledger.digest() ^ mix(schedule)));
        if let Some(rule) = broken
            && self.broken.len() < REPORTED_MAX
        {
            self.broken.push((schedule, rule));
        }
    }
}

fn world<'a, M: Machine>(
    seed: u64,
    schedule: u64,
    machine: &'a M,
    order: Order,
    setting: &'a Setting,
) -> World<'a, M> {
    let wire = if schedule.is_multiple_of(16) { Wire::Text } else { Wire::Values };
    World::new(Dice::of_schedule(seed, schedule), machine, order, setting, wire)
}

fn report(seed: u64, survey: &Survey) -> Report {
    let mut text = String::new();
    // Writing into a String cannot fail.
    let _ = writeln!(
        text,
        "{} schedules, {} clicks, {} calls completed, digest {:016x}",
        survey.schedules, survey.clicks, survey.calls, survey.digest
    );
    for (schedule, rule) in &survey.broken {
        let _ = writeln!(
            text,
            "schedule {schedule}: {rule}; play it again with: ringbridge simulate --seed {seed} --only {schedule}"
        );
    }
    if survey.broken.is_empty() {
        text.push_str("everything held\n");
    }
    Report { text, held: survey.broken.is_empty() }
}

fn replay(seed: u64, schedule: u64) -> Report {
    let setting = Setting::new();
    let machine = Call::handle;
    let mut world = world(seed, schedule, &machine, Order::CommitThenAct, &setting);
    world.trace = Some(Vec::new());
    let broken = world.play();
    let mut text = world.trace.take().unwrap_or_default().join("\n");
    let verdict = broken.map_or("everything held".to_owned(), |rule| rule.to_string());
    let _ = writeln!(text, "\nschedule {schedule} of seed {seed}: {verdict}");
    Report { text, held: broken.is_none() }
}
