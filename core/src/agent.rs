//! What an agent is doing: chosen by them (presence) and derived from their calls (status).
//!
//! Promises: nobody stores "busy" beside a call; [`status`] derives it from the call that lives (semantics 2.6), so a
//! stuck state cannot be, and [`since`] derives when it began. Leaves to others: keeping presence (`store`), finding the
//! live call (`store`).

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What the agent chose to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// Takes and makes calls.
    Available,
    /// Away for a while.
    OnBreak,
    /// At work, but not on the phone.
    WorkingOffline,
    /// Not here.
    #[default]
    LoggedOut,
}

impl Presence {
    /// The name as the API and the database write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        Status::of_presence(self).as_str()
    }

    /// Reads the name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Available, Self::OnBreak, Self::WorkingOffline, Self::LoggedOut]
            .into_iter()
            .find(|presence| presence.as_str() == text)
    }
}

/// What others see of an agent (semantics 2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Takes and makes calls.
    Available,
    /// Talks in a call that belongs to a queue (1.10).
    Busy,
    /// Picks codes and writes notes after a call.
    WrapUp,
    /// Away for a while.
    OnBreak,
    /// At work, but not on the phone.
    WorkingOffline,
    /// Not here.
    LoggedOut,
}

impl Status {
    /// The name as the API writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Busy => "busy",
            Self::WrapUp => "wrap_up",
            Self::OnBreak => "on_break",
            Self::WorkingOffline => "working_offline",
            Self::LoggedOut => "logged_out",
        }
    }

    const fn of_presence(presence: Presence) -> Self {
        match presence {
            Presence::Available => Self::Available,
            Presence::OnBreak => Self::OnBreak,
            Presence::WorkingOffline => Self::WorkingOffline,
            Presence::LoggedOut => Self::LoggedOut,
        }
    }
}

/// What an agent's open transaction means for their status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engagement {
    /// No open transaction.
    Free,
    /// A call is being set up, or is up without a queue: the status stays what it was (1.10).
    OnCall,
    /// A call of a queue is up (1.10).
    OnQueueCall,
    /// The call is over, wrap-up is not.
    WrappingUp,
}

/// Derives the status from what the agent chose and what their open transaction is.
#[must_use]
pub const fn status(presence: Presence, engagement: Engagement) -> Status {
    match engagement {
        Engagement::OnQueueCall => Status::Busy,
        Engagement::WrappingUp => Status::WrapUp,
        Engagement::Free | Engagement::OnCall => Status::of_presence(presence),
    }
}

/// The moments from which [`since`] is derived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moments {
    /// When the agent chose their presence.
    pub chosen_at: Timestamp,
    /// When the customer of the open call answered.
    pub answered_at: Option<Timestamp>,
    /// When the call that is wrapped up was over.
    pub ended_at: Option<Timestamp>,
    /// When the agent's last transaction that had changed their status was complete.
    pub freed_at: Option<Timestamp>,
}

/// When the status that [`status`] derives began: a clock counts from it (semantics 2.6).
#[must_use]
pub fn since(engagement: Engagement, moments: Moments) -> Timestamp {
    let free = moments.freed_at.map_or(moments.chosen_at, |freed_at| moments.chosen_at.max(freed_at));
    match engagement {
        Engagement::OnQueueCall => moments.answered_at.unwrap_or(free),
        Engagement::WrappingUp => moments.ended_at.unwrap_or(free),
        Engagement::Free | Engagement::OnCall => free,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_2_6_a_status_began_with_what_made_it() {
        let at = Timestamp::from_millis;
        let moments = Moments {
            chosen_at: at(10),
            answered_at: Some(at(30)),
            ended_at: Some(at(40)),
            freed_at: Some(at(20)),
        };
        assert_eq!(since(Engagement::OnQueueCall, moments), at(30));
        assert_eq!(since(Engagement::WrappingUp, moments), at(40));
        assert_eq!(since(Engagement::Free, moments), at(20), "available again when wrap-up was over");
        assert_eq!(since(Engagement::OnCall, moments), at(20), "rule 1.10: the status stays what it was");
        let chosen_later = Moments { chosen_at: at(50), ..moments };
        assert_eq!(since(Engagement::Free, chosen_later), at(50));
        assert_eq!(since(Engagement::WrappingUp, chosen_later), at(40), "what is chosen counts afterwards");
        assert_eq!(since(Engagement::Free, Moments { chosen_at: at(10), ..Moments::default() }), at(10));
    }

    #[test]
    fn rule_1_10_a_call_without_a_queue_leaves_the_status_as_it_was() {
        assert_eq!(status(Presence::Available, Engagement::OnCall), Status::Available);
        assert_eq!(status(Presence::Available, Engagement::OnQueueCall), Status::Busy);
        assert_eq!(status(Presence::OnBreak, Engagement::WrappingUp), Status::WrapUp);
        assert_eq!(status(Presence::LoggedOut, Engagement::Free), Status::LoggedOut);
    }

    #[test]
    fn every_presence_reads_back_from_its_name() {
        for presence in
            [Presence::Available, Presence::OnBreak, Presence::WorkingOffline, Presence::LoggedOut]
        {
            assert_eq!(Presence::parse(presence.as_str()), Some(presence));
        }
        assert_eq!(Presence::parse("busy"), None);
    }
}
