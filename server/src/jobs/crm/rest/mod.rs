//! Any CRM that takes a request over HTTP, and presets of it (`ctl_intType=rest`, `hubspot`, `zendesk`, `dynamics`).
//!
//! Promises: one machinery for all: a preset only says what its request is. An attempt that may be a repetition makes no
//! second record (semantics 5.6). Values stand in requests so that they cannot break out. Leaves to others: the network
//! (`outbound`), settling, the templates (`core::crm::template`).

mod answer;
mod attempt;
mod dynamics;
mod generic;
mod grant;
mod hubspot;
mod preset;
mod recipe;
#[cfg(test)]
mod tests;
mod zendesk;

use crate::outbound::Outbound;
use attempt::Attempt;
use grant::Tokens;
use ringbridge_core::crm::{History, Order, Outcome, Report};
use ringbridge_core::system_data::Integration;
use ringbridge_core::tenant::Tenant;
use ringbridge_core::time::Timestamp;

/// What is known of each tenant's CRMs. Clones share it.
#[derive(Clone)]
pub(super) struct Connections {
    outbound: Outbound,
    tokens: Tokens,
}

impl Connections {
    /// Nothing is known yet.
    pub(super) fn new(outbound: Outbound) -> Self {
        Self { outbound, tokens: Tokens::default() }
    }

    /// Tries to bring the order's record about; nothing where the tenant has no such connection.
    pub(super) async fn create(
        &self,
        tenant: &Tenant,
        order: &Order,
        history: History,
        now: Timestamp,
    ) -> Option<Report> {
        let connectors = &tenant.connectors;
        let recipe = match order.integration {
            Integration::Rest => generic::recipe(connectors.rest.as_ref()?, order, now),
            Integration::Hubspot => hubspot::recipe(connectors.hubspot.as_ref()?, order),
            Integration::Zendesk => zendesk::recipe(connectors.zendesk.as_ref()?, order),
            Integration::Dynamics => dynamics::recipe(connectors.dynamics.as_ref()?, order),
            Integration::Sfdc => return None,
        };
        let owner = (tenant.id, order.integration);
        let attempt = Attempt { outbound: &self.outbound, tokens: &self.tokens, owner, now };
        let outcome = match recipe {
            Ok(recipe) => attempt.run(&recipe, history).await,
            Err(failure) => Outcome::Failed(failure),
        };
        Some(outcome.into())
    }
}
