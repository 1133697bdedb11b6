//! A click on its way to being a call.
//!
//! Promises: the names that others call. Leaves to others: all else, for now.

use super::Switchboard;
use ringbridge_core::id::{AgentId, InteractionGuid, TransactionId};
use ringbridge_core::link::Link;
use ringbridge_core::redact::Digits;
use ringbridge_core::refusal::{Code, Refusal, Warning};
use ringbridge_core::tenant::Tenant;
use std::net::IpAddr;
use std::sync::Arc;

/// A click that may become a call: who clicked what, and where it came from.
#[derive(Clone, Debug)]
pub struct Click {
    /// The agent's tenant.
    pub tenant: Arc<Tenant>,
    /// The agent.
    pub agent: AgentId,
    /// What was clicked.
    pub link: Link,
    /// Where it came from, for the record.
    pub source: ClickSource,
}

/// Where a click came from, for the record.
#[derive(Clone, Debug)]
pub struct ClickSource {
    /// The page's origin, where the browser told it.
    pub origin: Option<String>,
    /// The browser's address.
    pub address: IpAddr,
    /// What was decided about the origin, in a word: `dial`, `confirmed`.
    pub decision: &'static str,
}

/// What became of an accepted click.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The transaction's number.
    pub transaction_id: TransactionId,
    /// Its global name.
    pub guid: InteractionGuid,
    /// The number before the dial plan.
    pub number: Digits,
    /// The caller ID.
    pub caller_id: Digits,
    /// What was tolerated.
    pub warnings: Vec<Warning>,
    /// Whether it is this click's call or the first one's.
    pub repeated: Repeated,
}

/// Whether a click made a call of its own (semantics 1.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeated {
    /// It did.
    First,
    /// It is the same click again, and this is the first one's call.
    Again,
}

impl Switchboard {
    /// Places a call, or finds the one that the same click placed before (1.12). The caller records refusals (1.14).
    ///
    /// # Errors
    /// Every refusal of admission; [`Code::Overloaded`] when the server is ending or has more to do than it can.
    pub async fn click(&self, click: Click) -> Result<Placed, Refusal> {
        let _ = click;
        Err(Refusal::new(Code::Overloaded, "not built yet"))
    }
}
