//! Each tenant's connection to Salesforce, tried out.
//!
//! Promises: writes nothing, here and there; one line for each tenant that has such a connection. Leaves to others: the
//! trial (`jobs`).

use super::{Finding, Verdict};
use crate::config::Config;
use crate::jobs::{Crm, Found, Step};
use crate::keys::Keys;
use crate::outbound::Outbound;
use crate::provision::stored;
use crate::store;
use ringbridge_core::tenant::Tenant;
use ringbridge_core::time::Timestamp;

/// Tries the tenants' connections one after the other.
pub(super) async fn examine(config: &Config, outbound: &Outbound, now: Timestamp) -> Vec<Finding> {
    let tenants = match tenants(config) {
        Ok(tenants) => tenants,
        Err(sentence) => return vec![Finding::new("salesforce", Verdict::Note, sentence)],
    };
    let crm = Crm::new(outbound);
    let mut findings = vec![];
    for tenant in &tenants {
        if let Some(steps) = crm.probe_salesforce(tenant, now).await {
            findings.push(finding(&tenant.name, &steps));
        }
    }
    findings
}

fn finding(tenant: &str, steps: &[Step]) -> Finding {
    let subject = format!("salesforce of {tenant}");
    let texts = |found| -> Vec<&str> {
        steps.iter().filter(|step| step.found == found).map(|step| step.text.as_str()).collect()
    };
    let (facts, notes) = (texts(Found::Well).join(", "), texts(Found::Improvable).join("; "));
    match (texts(Found::Wrong).as_slice(), notes.is_empty()) {
        ([], true) => Finding::fine(subject, facts),
        ([], false) => Finding::new(subject, Verdict::Note, format!("{facts}; {notes}")),
        (wrong, _) => Finding::failed(subject, wrong.join("; ")),
    }
}

/// The tenants that have a connection, or why they cannot be told. What is wrong with key and database has its own line.
fn tenants(config: &Config) -> Result<Vec<Tenant>, String> {
    let Ok(keys) = Keys::existing(&config.data_dir) else { return Ok(vec![]) };
    let loaded = store::look(&config.database_url, &config.data_dir, |tx| stored::load(tx, &keys));
    let untold = |error: String| format!("the tenants cannot be read ({error}); start the server once");
    let tenants =
        loaded.map_err(|error| untold(error.to_string()))?.map_err(|error| untold(error.to_string()))?;
    Ok(tenants.into_iter().filter(|tenant| tenant.salesforce.is_some()).collect())
}
