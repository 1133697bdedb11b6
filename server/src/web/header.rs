//! Who is logged in, for the header of agents' pages.
//!
//! Promises: it shows the ways that this agent may go, and on every page, in red, that a tenant's records go to a test
//! endpoint (`contract.md`). Leaves to others: guarding those ways (`session`).

use super::problem::Problem;
use super::session::Caller;
use ringbridge_core::system_data::Integration;
use ringbridge_core::tenant::{Agent, Role, Tenant};

/// Who is logged in, as `agent_header.html` shows them.
pub struct Who<'a> {
    agent: &'a Agent,
    tenant: &'a Tenant,
}

impl<'a> Who<'a> {
    /// The caller.
    ///
    /// # Errors
    /// The session's refusal, when the agent was removed in the meantime.
    pub fn of(caller: &'a Caller) -> Result<Self, Problem> {
        Ok(Self { agent: caller.settings()?, tenant: &caller.tenant })
    }

    /// The agent's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.agent.name
    }

    /// The tenant's name.
    #[must_use]
    pub fn tenant(&self) -> &str {
        &self.tenant.name
    }

    /// The IANA name of the tenant's time zone, in which pages show moments.
    #[must_use]
    pub fn zone(&self) -> &str {
        self.tenant.zone.name()
    }

    /// Whether the pages for supervisors are theirs.
    #[must_use]
    pub fn supervises(&self) -> bool {
        self.agent.role >= Role::Supervisor
    }

    /// Whether the pages for admins are theirs.
    #[must_use]
    pub fn administers(&self) -> bool {
        self.agent.role == Role::Admin
    }

    /// The integrations that lead to a test endpoint; empty where there is none.
    #[must_use]
    pub fn test_endpoints(&self) -> String {
        let names: Vec<_> = self.tenant.on_test_endpoints().into_iter().map(name).collect();
        names.join(", ")
    }
}

/// What people call a CRM.
const fn name(integration: Integration) -> &'static str {
    match integration {
        Integration::Sfdc => "Salesforce",
        Integration::Rest => "the REST connector",
        Integration::Hubspot => "HubSpot",
        Integration::Zendesk => "Zendesk",
        Integration::Dynamics => "Dynamics 365",
    }
}
