//! Connections to CRMs, tried out for an admin: a door from the web to the jobs.
//!
//! Promises: writes nothing, here and there; one trial at a time for each tenant; each trial logs in anew, whatever the
//! attempts of jobs know already. Leaves to others: the steps and their time (`jobs::crm`), who may ask (`web`).

use super::Switchboard;
use crate::clock;
use crate::jobs::Crm;
use ringbridge_core::id::TenantId;
use ringbridge_core::refusal::{Code, Refusal};
use ringbridge_core::tenant::Tenant;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

pub use crate::jobs::{Found, Step};

/// The tenants whose connection is being tried.
#[derive(Clone, Default)]
pub(super) struct Trials(Arc<Mutex<HashSet<TenantId>>>);

/// One trial; dropping it lets the next one begin.
struct Turn {
    trials: Trials,
    tenant: TenantId,
}

impl Trials {
    fn begin(&self, tenant: TenantId) -> Option<Turn> {
        let is_first = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(tenant);
        is_first.then(|| Turn { trials: self.clone(), tenant })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.trials.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.tenant);
    }
}

impl Switchboard {
    /// Tries a tenant's connection to Salesforce out; nothing where it has none.
    ///
    /// # Errors
    /// [`Code::ActionBusy`] while it is being tried for somebody else.
    pub async fn try_salesforce(&self, tenant: &Tenant) -> Result<Option<Vec<Step>>, Refusal> {
        let busy =
            || Refusal::new(Code::ActionBusy, "the connection is being tried at this moment; wait for it");
        let _turn = self.inner.trials.begin(tenant.id).ok_or_else(busy)?;
        Ok(Crm::new(&self.inner.outbound).probe_salesforce(tenant, clock::now()).await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_has_one_trial_at_a_time_and_others_have_theirs() {
        let trials = Trials::default();
        let first = trials.begin(TenantId(1)).expect("nobody tries it");
        assert!(trials.begin(TenantId(1)).is_none());
        assert!(trials.begin(TenantId(2)).is_some());
        drop(first);
        assert!(trials.begin(TenantId(1)).is_some());
    }
}
