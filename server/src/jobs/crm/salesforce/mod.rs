//! Salesforce: records over its REST API (`ctl_intType=sfdc`).
//!
//! Promises: see the parent. Leaves to others: the network (`outbound`), settling.

use crate::outbound::Outbound;
use ringbridge_core::crm::{Class, History, Order, Outcome, Report};
use ringbridge_core::tenant::{Salesforce, Tenant};
use ringbridge_core::time::Timestamp;

/// What is known of each tenant's org. Clones share it.
#[derive(Clone)]
pub(super) struct Connections {
    outbound: Outbound,
}

impl Connections {
    /// Nothing is known yet.
    pub(super) fn new(outbound: Outbound) -> Self {
        Self { outbound }
    }

    /// Tries to bring the order's record about.
    pub(super) async fn create(
        &self,
        _tenant: &Tenant,
        settings: &Salesforce,
        _order: &Order,
        _history: History,
        _now: Timestamp,
    ) -> Report {
        let _ = self.outbound.check(&settings.login_url, crate::outbound::Schemes::HttpAndHttps).await;
        Outcome::failed(Class::Away, "", "Salesforce is not spoken to yet").into()
    }
}
