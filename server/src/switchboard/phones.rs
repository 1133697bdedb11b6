//! An agent's phones, for those who show them: a door from the web to telephony.
//!
//! Promises: what is shown is what a click would find. Leaves to others: where phones are (`telephony::phones`).

use super::Switchboard;
use ringbridge_core::tenant::Agent;

pub use crate::telephony::{PhoneContact, PhonePlace, PhoneState};

impl Switchboard {
    /// The agent's phones in the order in which they are tried, with where they are now.
    #[must_use]
    pub fn phones(&self, agent: &Agent) -> Vec<PhoneState> {
        self.inner.telephony.phones(agent)
    }
}
