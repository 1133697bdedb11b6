//! Records in CRMs: one order, one attempt, one report.
//!
//! Promises: each integration type has one connector; an attempt that may be a repetition never makes a second record
//! (semantics 5.6): the connector repeats safely, looks first, or says that it cannot know. Vendor field names stand below
//! here and nowhere else. Leaves to others: when to try (`core::crm::retry`), settling (`settle`), the network (`outbound`).

mod rest;
mod salesforce;

pub use salesforce::{Found, Step};

use super::follow_up::Over;
use crate::outbound::Outbound;
use crate::store::{StoreError, Tx, job};
use ringbridge_core::completion::not_connected;
use ringbridge_core::crm::{Class, History, Order, Outcome, Report};
use ringbridge_core::id::TenantId;
use ringbridge_core::system_data::Integration;
use ringbridge_core::tenant::Tenant;
use ringbridge_core::time::Timestamp;

/// The kind of these jobs.
pub(super) const KIND: &str = "crm";

/// Writes an order down, in the transaction that completes the call.
pub(super) fn enqueue(tx: &mut Tx<'_>, over: &Over<'_>, order: &Order) -> Result<job::JobId, StoreError> {
    let body = serde_json::to_string(order).map_err(|error| StoreError::Database(error.to_string()))?;
    let lane = lane(over.tenant, order.integration);
    let Over { tenant, agent, id: transaction, completed_at, .. } = *over;
    let new = job::NewJob { tenant, agent, transaction, kind: KIND, lane, body, due_at: completed_at };
    job::enqueue(tx, &new, completed_at)
}

/// The lane: one CRM of one tenant.
pub(super) fn lane(tenant: TenantId, integration: Integration) -> String {
    format!("{KIND}:{tenant}:{}", integration.as_str())
}

/// All connectors. Clones share everything: access tokens and what was learnt of each CRM.
#[derive(Clone)]
pub struct Crm {
    salesforce: salesforce::Connections,
    rest: rest::Connections,
}

impl Crm {
    /// Connectors that have not spoken to anybody yet.
    #[must_use]
    pub fn new(outbound: &Outbound) -> Self {
        Self {
            salesforce: salesforce::Connections::new(outbound.clone()),
            rest: rest::Connections::new(outbound.clone()),
        }
    }

    /// Tries a tenant's connection to Salesforce out, if it has one; writes nothing. A step that fails is the last.
    pub async fn probe_salesforce(&self, tenant: &Tenant, now: Timestamp) -> Option<Vec<Step>> {
        let settings = tenant.salesforce.as_ref()?;
        Some(self.salesforce.probe(tenant.id, settings, now).await)
    }

    /// Tries to bring an order's record about.
    pub(super) async fn attempt(
        &self,
        tenant: &Tenant,
        order: &Order,
        history: History,
        now: Timestamp,
    ) -> Report {
        let missing = || {
            Report::from(Outcome::failed(Class::Refused, "NOT_CONNECTED", not_connected(order.integration)))
        };
        match order.integration {
            Integration::Sfdc => match &tenant.salesforce {
                Some(settings) => self.salesforce.create(tenant, settings, order, history, now).await,
                None => missing(),
            },
            Integration::Rest | Integration::Hubspot | Integration::Zendesk | Integration::Dynamics => {
                self.rest.create(tenant, order, history, now).await.unwrap_or_else(missing)
            }
        }
    }
}
