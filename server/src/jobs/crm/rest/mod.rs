//! Any CRM that takes a request over HTTP, and presets of it (`ctl_intType=rest`, `hubspot`, `zendesk`, `dynamics`).
//!
//! Promises: see the parent. Leaves to others: the network (`outbound`), settling.

use crate::outbound::Outbound;
use ringbridge_core::crm::{History, Order, Report};
use ringbridge_core::tenant::Tenant;
use ringbridge_core::time::Timestamp;

/// What is known of each tenant's CRMs. Clones share it.
#[derive(Clone)]
pub(super) struct Connections {
    _outbound: Outbound,
}

impl Connections {
    /// Nothing is known yet.
    pub(super) fn new(outbound: Outbound) -> Self {
        Self { _outbound: outbound }
    }

    /// Tries to bring the order's record about; nothing where the tenant has no such connection.
    pub(super) async fn create(
        &self,
        _tenant: &Tenant,
        _order: &Order,
        _history: History,
        _now: Timestamp,
    ) -> Option<Report> {
        None
    }
}
