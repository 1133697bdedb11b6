//! A test call that rings an agent's own phone: its course, in the words that the agent reads.
//!
//! Promises: each end of such a call has one sentence, which says what to check where something is wrong. It is no
//! transaction: there is no wrap-up, no record and no row. Leaves to others: ringing (`switchboard`).

use crate::call::FailureCause;

/// Where a test call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// The phone is called; nothing was heard of it yet.
    Calling,
    /// It rings.
    Ringing,
    /// It was answered; a tone plays.
    Answered,
    /// The tone was played to its end.
    Worked,
    /// The agent hung up before that.
    HungUp,
    /// A call, or the server's end, came first.
    GaveWay,
    /// It rang and was not answered.
    NotAnswered,
    /// Nothing was heard of it at all.
    NotHeard,
    /// It came to nothing.
    Failed(FailureCause),
}

impl Course {
    /// The state as the API names it.
    #[must_use]
    pub const fn state(self) -> &'static str {
        match self {
            Self::Calling | Self::Ringing => "ringing",
            Self::Answered => "answered",
            Self::Worked | Self::HungUp | Self::GaveWay => "ended",
            Self::NotAnswered | Self::NotHeard | Self::Failed(_) => "failed",
        }
    }

    /// What happened, and what to check where it is not as it should be.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Calling => "Your phone is being called.",
            Self::Ringing => "Your phone rings; answer it.",
            Self::Answered => "Your phone was answered; you should hear a tone for five seconds.",
            Self::Worked => {
                "Your phone works. If you heard no tone, look at its volume, and ask whether a firewall keeps sound from it."
            }
            Self::HungUp => "Your phone works; you hung up before the tone was over.",
            Self::GaveWay => "The test made way for something else; you can repeat it later.",
            Self::NotAnswered => {
                "Your phone rang, but was not answered. If it should answer by itself, look at its auto-answer setting."
            }
            Self::NotHeard => {
                "Your phone did not answer our call. Look at whether it is on and has a network, and let it register again."
            }
            Self::Failed(FailureCause::Busy) => {
                "Your phone says that it is busy. End its other call, and look at 'do not disturb'."
            }
            Self::Failed(FailureCause::Rejected) => {
                "Your phone declined the call. Look at 'do not disturb' and at whose calls it takes."
            }
            Self::Failed(FailureCause::NoAnswer) => {
                "Your phone is not available at the moment. Look at whether it is on and registered."
            }
            Self::Failed(FailureCause::NotFound) => {
                "Nobody knows your phone at its address. Ask an administrator to look at the address."
            }
            Self::Failed(FailureCause::Unreachable) => {
                "Your phone could not be reached. Look at whether it is on and has a network; ask an administrator otherwise."
            }
            Self::Failed(FailureCause::Redirected) => {
                "Your phone sends its calls elsewhere. Switch its call forwarding off."
            }
            Self::Failed(FailureCause::NotAuthorized) => {
                "What is at your phone's address wants a password from us. Ask an administrator to look at the address."
            }
            Self::Failed(FailureCause::Media) => {
                "Your phone and Ringbridge have no way of sound in common. Switch G.711 (PCMU, PCMA) on in the phone."
            }
            Self::Failed(FailureCause::Lost) => {
                "The connection to your phone was lost while the tone played. Look at its network."
            }
            Self::Failed(FailureCause::Other) => {
                "Your phone did not take the call. Look at its settings, or ask an administrator."
            }
        }
    }

    /// Whether nothing more comes.
    #[must_use]
    pub const fn is_over(self) -> bool {
        match self {
            Self::Calling | Self::Ringing | Self::Answered => false,
            Self::Worked
            | Self::HungUp
            | Self::GaveWay
            | Self::NotAnswered
            | Self::NotHeard
            | Self::Failed(_) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_is_over_in_the_states_that_say_so() {
        let all = [
            Course::Calling,
            Course::Ringing,
            Course::Answered,
            Course::Worked,
            Course::HungUp,
            Course::GaveWay,
            Course::NotAnswered,
            Course::NotHeard,
            Course::Failed(FailureCause::Busy),
        ];
        for course in all {
            assert_eq!(course.is_over(), ["ended", "failed"].contains(&course.state()), "{course:?}");
        }
    }
}
