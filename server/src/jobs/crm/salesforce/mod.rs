//! Salesforce: records over its REST API (`ctl_intType=sfdc`).
//!
//! Promises: see the parent; access tokens are shared and live in memory only. Leaves to others: the network (`outbound`),
//! settling.

mod assertion;
mod create;
mod describe;
mod door;
mod exchange;
mod fault;
mod grant;
mod ids;
mod log;
mod moment;
mod org;
mod pages;
mod probe;
mod record;
mod soql;
#[cfg(test)]
mod tests;
mod value;

pub use probe::{Found, Step};

use crate::outbound::Outbound;
use create::Attempt;
use exchange::Exchange;
use org::{Org, User};
use probe::Steps;
use ringbridge_core::crm::{Class, Failure, History, Order, Outcome, Report};
use ringbridge_core::id::{AgentId, TenantId};
use ringbridge_core::tenant::salesforce::{Login, Subject};
use ringbridge_core::tenant::{Salesforce, Tenant};
use ringbridge_core::time::Timestamp;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long a trial may take: two answers at their slowest, and somebody waits before a page.
const PROBE_WITHIN: Duration = Duration::from_secs(30);

/// What is known of each tenant's org. Clones share it.
#[derive(Clone)]
pub(super) struct Connections {
    outbound: Outbound,
    orgs: Arc<Mutex<HashMap<TenantId, Arc<Org>>>>,
}

impl Connections {
    /// Nothing is known yet.
    pub(super) fn new(outbound: Outbound) -> Self {
        Self { outbound, orgs: Arc::default() }
    }

    /// Tries to bring the order's record about.
    pub(super) async fn create(
        &self,
        tenant: &Tenant,
        settings: &Salesforce,
        order: &Order,
        history: History,
        now: Timestamp,
    ) -> Report {
        let org = self.org(tenant.id, settings);
        let (user, stead) = users(tenant, settings, order.call.agent);
        let mut exchange = Exchange::new(&self.outbound, &org, user.clone(), now);
        let mut note = None;
        if let (Some(stead), Err(failure)) = (stead, exchange.session().await)
            && failure.class == Class::Unauthorized
        {
            // One agent without rights must not hold up everybody's records.
            let user = user.unwrap_or_default();
            note = Some(format!("written as {stead}: {user} was not let in ({})", failure.sentence()));
            exchange = Exchange::new(&self.outbound, &org, Some(stead), now);
        }
        let attempt = Attempt { order, settings, history };
        let outcome = match create::bring_about(&mut exchange, attempt).await {
            Ok(mut created) => {
                created.notes.extend(note);
                Outcome::Created(created)
            }
            Err(Failure { class, code, message }) => Outcome::failed(class, code, message),
        };
        Report { outcome, usage: exchange.usage }
    }

    /// Tries the connection out, as the integration's own user: what each step found. One that fails is the last.
    pub(super) async fn probe(&self, tenant: TenantId, settings: &Salesforce, now: Timestamp) -> Vec<Step> {
        let user = match &settings.login {
            Login::ClientCredentials { .. } => None,
            Login::Jwt { username, .. } => Some(username.clone()),
        };
        let org = self.org(tenant, settings);
        let mut exchange = Exchange::new(&self.outbound, &org, user, now);
        let mut steps = Steps::default();
        let probe = probe::probe(&mut exchange, settings, &mut steps);
        if tokio::time::timeout(PROBE_WITHIN, probe).await.is_err() {
            let text = format!("it took longer than {} seconds; try again later", PROBE_WITHIN.as_secs());
            steps.wrong("time", text);
        }
        steps.0
    }

    /// What is known of a tenant's org; nothing once its settings have changed.
    fn org(&self, tenant: TenantId, settings: &Salesforce) -> Arc<Org> {
        let mut orgs = self.orgs.lock().unwrap_or_else(PoisonError::into_inner);
        let known = orgs.get(&tenant).filter(|org| org.settings == *settings);
        let org = known.cloned().unwrap_or_else(|| Arc::new(Org::new(settings.clone())));
        orgs.insert(tenant, org.clone());
        org
    }
}

/// Whose name the record bears, and who stands in where that one is not let in.
fn users(tenant: &Tenant, settings: &Salesforce, agent: AgentId) -> (User, User) {
    match &settings.login {
        Login::ClientCredentials { .. } => (None, None),
        Login::Jwt { username, subject: Subject::Integration, .. } => (Some(username.clone()), None),
        Login::Jwt { username, subject: Subject::Agent, .. } => {
            let agent = tenant.agents.iter().find(|known| known.id == agent);
            let own = agent.map(|agent| &agent.external_username).filter(|name| !name.is_empty());
            match own {
                Some(own) if own != username => (Some(own.clone()), Some(username.clone())),
                Some(_) | None => (Some(username.clone()), None),
            }
        }
    }
}
