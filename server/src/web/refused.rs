//! Writes refused clicks into the journal, and those that a person was asked to confirm: who, what, why (semantics 1.14).
//!
//! Promises: a refusal of a known agent is always written; strangers' refusals are written up to [`STRANGERS_MAX`] a
//! minute and only counted beyond that, so that nobody without a log-in can fill the disk. A click whose origin stood in
//! its way carries `unlisted`, so that an admin can find the pages to list (SEC-2). Leaves to others: accepted clicks
//! (`switchboard`), reading them again (`store::unlisted`).

use super::App;
use super::click::origin_text;
use super::edge::Client;
use super::problem::Problem;
use super::session::Caller;
use crate::clock;
use crate::store::journal::{self, NewEntry};
use axum::http::{HeaderMap, StatusCode};
use ringbridge_core::id::{AgentId, TenantId};
use ringbridge_core::link::Parameter;
use ringbridge_core::refusal::Code;
use ringbridge_core::time::Timestamp;
use serde_json::json;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Refusals of strangers that are written in a minute.
const STRANGERS_MAX: u32 = 300;

/// The longest number that is written as it came.
const PHONE_MAX: usize = 64;

/// What is known of a click that may be refused.
#[derive(Debug)]
pub struct Facts {
    tenant: Option<TenantId>,
    agent: Option<AgentId>,
    address: String,
    origin: Option<String>,
    phone: Option<String>,
    obstacle: Obstacle,
}

/// Whether the page that was clicked on stood in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Obstacle {
    /// Its origin is none that dials at once.
    Origin,
    /// Something else, or nothing.
    Other,
}

impl Facts {
    /// What the request shows.
    #[must_use]
    pub fn of(client: &Client, headers: &HeaderMap) -> Self {
        let address = client.address.to_string();
        Self {
            tenant: None,
            agent: None,
            address,
            origin: origin_text(headers),
            phone: None,
            obstacle: Obstacle::Other,
        }
    }

    /// Who it was.
    pub fn caller(&mut self, caller: Option<&Caller>) {
        self.tenant = caller.map(|caller| caller.tenant.id);
        self.agent = caller.map(|caller| caller.agent);
    }

    /// The page that was clicked on is not listed. Which one it is, this very request says: what a click said that waited
    /// before may be forged.
    pub fn unlisted(&mut self) {
        self.obstacle = Obstacle::Origin;
    }

    /// What was to be dialled.
    pub fn parameters(&mut self, parameters: &[Parameter]) {
        let phone = parameters.iter().rev().find(|parameter| parameter.name == "phone");
        self.phone = phone.map(|p| String::from_utf8_lossy(&p.value).chars().take(PHONE_MAX).collect());
    }
}

/// How many strangers' refusals were written in the present minute.
#[derive(Debug, Default)]
pub struct Strangers(Mutex<(Timestamp, u32)>);

impl Strangers {
    fn may_write(&self, now: Timestamp) -> bool {
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if now.since(window.0) >= Duration::from_secs(60) {
            *window = (now, 0);
        }
        window.1 += 1;
        window.1 <= STRANGERS_MAX
    }
}

/// Writes a refusal down. Trouble with that is logged; the refusal stands in any case.
pub async fn record(app: &App, facts: &Facts, problem: &Problem) {
    app.metrics.click_refused();
    let now = clock::now();
    // Trouble of our own is an error in the log already, and no decision about the click.
    if problem.status == StatusCode::INTERNAL_SERVER_ERROR
        || (facts.agent.is_none() && !app.strangers.may_write(now))
    {
        return;
    }
    let body = json!({
        "code": problem.code,
        "text": problem.text,
        "parameter": problem.parameter,
        "offset": problem.offset,
        "phone": facts.phone,
        "origin": facts.origin,
        "address": facts.address,
        "unlisted": facts.obstacle == Obstacle::Origin,
    });
    write(app, facts, "click.refused", body, now).await;
}

/// Writes down that a person is asked to confirm a click, because the page it came from is not listed. Such a click waits,
/// and how many wait for one session is limited; so is what this writes.
pub async fn asked(app: &App, facts: &Facts) {
    let body = json!({
        "code": Code::ConfirmationRequired.as_str(),
        "phone": facts.phone,
        "origin": facts.origin,
        "address": facts.address,
        "unlisted": true,
    });
    write(app, facts, "click.asked", body, clock::now()).await;
}

async fn write(app: &App, facts: &Facts, kind: &'static str, body: serde_json::Value, at: Timestamp) {
    let entry = NewEntry { tenant: facts.tenant, agent: facts.agent, transaction: None, at, kind, body };
    if let Err(error) = app.store.write(move |tx| journal::append(tx, &entry)).await {
        tracing::error!(%error, kind, "a click could not be written down");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_are_written_down_so_often_a_minute_and_no_more() {
        let strangers = Strangers::default();
        let now = Timestamp::from_millis(1_790_000_000_000);
        let written = (0..STRANGERS_MAX + 50).filter(|_| strangers.may_write(now)).count();
        assert_eq!(written, STRANGERS_MAX as usize);
        assert!(strangers.may_write(now.plus(Duration::from_secs(60))));
    }
}
