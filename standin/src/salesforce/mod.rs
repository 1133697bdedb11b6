//! A Salesforce org that runs here: OAuth, the REST API for calls' log entries, queries, and faults on demand.
//!
//! Promises: strict where a real org may be strict (salesforce.md 5.3), so that what passes here has a chance there; a
//! request that arrived whole is carried out even when its client is gone; judged by clients that others wrote
//! (`e2e/tests/judges.rs`). Everything is in memory and ends when the handle is dropped. Leaves to others: being a CRM. No
//! code of the product is used here, so that both cannot share one misreading.

mod ask;
mod body;
mod clock;
mod config;
mod errors;
mod faults;
mod grants;
mod http;
mod ids;
mod jwt;
mod log;
mod oauth;
mod pages;
mod records;
mod request;
mod rest;
mod schema;
mod seed;
mod soql;
mod values;

pub use config::{Approval, OrgConfig, OrgUser};
pub use faults::{Fault, FaultScript, Operation};
pub use grants::Rotation;
pub use ids::normalise as normalise_id;
pub use log::{Counts, Logged};
pub use records::Record;
pub use schema::KeyField;
pub use seed::{ACCOUNT, CONTACT, LEAD, REFERENCE_ACCOUNT};

use ask::Cursors;
use grants::Grants;
use jiff::SignedDuration;
use log::Log;
use records::Records;
use schema::Schema;
use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

/// Whether the org answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Service {
    Up,
    /// 503 with a page of HTML for everything.
    Down,
}

/// Everything an org knows.
struct State {
    config: OrgConfig,
    schema: Schema,
    records: Records,
    grants: Grants,
    cursors: Cursors,
    script: FaultScript,
    service: Service,
    /// Requests of the day so far, and how many there may be.
    used: u64,
    limit: u64,
    token_requests: u64,
    log: Log,
}

impl State {
    /// The id of the user with this name; an empty one when there is none.
    fn user_id(&self, username: &str) -> String {
        let rows = self.records.rows().iter().filter(|row| row.object == "User");
        let user = rows.into_iter().find(|row| row.value("Username") == username);
        user.map(|row| row.id.clone()).unwrap_or_default()
    }
}

/// What the handle and the requests share.
struct Shared {
    state: Mutex<State>,
    /// How many requests were answered or given up, for those who wait.
    done: watch::Sender<u64>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running org. It stops when dropped.
pub struct Org {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

impl Org {
    /// Listens on the address (port 0: any free one) with the records that every fresh org has.
    ///
    /// # Errors
    /// When it cannot listen there.
    pub async fn start(listen: SocketAddr, config: OrgConfig) -> io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let life = SignedDuration::try_from(config.session_life).unwrap_or(SignedDuration::MAX);
        let mut state = State {
            schema: Schema::new(config.key_field),
            records: Records::default(),
            grants: Grants::new(&config.org_id, life, config.rotation),
            cursors: Cursors::default(),
            script: FaultScript::none(),
            service: Service::Up,
            used: 0,
            limit: config.daily_limit,
            token_requests: 0,
            log: Log::default(),
            config,
        };
        seed::seed(&mut state);
        let shared = Arc::new(Shared { state: Mutex::new(state), done: watch::channel(0).0 });
        let server = tokio::spawn(http::serve(listener, Arc::clone(&shared)));
        Ok(Self { address, shared, server })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state()
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of the org: what a client calls the login host and the instance.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The records of an object that are not deleted, in the order in which they were made.
    #[must_use]
    pub fn records(&self, object: &str) -> Vec<Record> {
        let state = self.state();
        let rows = state.records.rows().iter();
        let live = rows.filter(|row| row.object.eq_ignore_ascii_case(object) && row.deleted.is_none());
        live.map(records::Row::record).collect()
    }

    /// The last requests, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<Logged> {
        self.state().log.entries()
    }

    /// Waits until that many requests in all were answered or given up; whether they were before the time was over.
    pub async fn wait_for_requests(&self, count: u64, limit: Duration) -> bool {
        let mut done = self.shared.done.subscribe();
        let enough = done.wait_for(|done| *done >= count);
        tokio::time::timeout(limit, enough).await.is_ok_and(|waited| waited.is_ok())
    }

    /// What was counted so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let state = self.state();
        Counts {
            api_usage: state.used,
            token_requests: state.token_requests,
            concurrent_max: state.log.concurrent_max(),
        }
    }

    /// Lets things go wrong from now on as this script says; the last script is forgotten.
    pub fn faults(&self, script: FaultScript) {
        self.state().script = script;
    }

    /// Ends every access token; refresh tokens live on.
    pub fn expire_tokens(&self) {
        self.state().grants.expire_all();
    }

    /// Whether refresh tokens are replaced when they are used, from now on.
    pub fn set_rotation(&self, rotation: Rotation) {
        self.state().grants.rotation = rotation;
    }

    /// Lets codes be sent to this address too.
    pub fn allow_redirect(&self, address: &str) {
        self.state().config.redirect_uris.push(address.to_owned());
    }

    /// Registers this certificate (PEM, RSA) for assertions instead of the last one.
    pub fn register_certificate(&self, pem: &str) {
        self.state().config.certificate = Some(pem.to_owned());
    }

    /// Makes `Task.Transactionid__c` something else, as an administrator could any day.
    pub fn set_key_field(&self, key: KeyField) {
        self.state().schema.set_key(key);
    }

    /// How many requests of the day are used, of how many.
    pub fn set_daily_limit(&self, used: u64, limit: u64) {
        let mut state = self.state();
        (state.used, state.limit) = (used, limit);
    }

    /// Answers everything with 503 and a page of HTML from now on.
    pub fn go_down(&self) {
        self.state().service = Service::Down;
    }

    /// Answers again.
    pub fn come_up(&self) {
        self.state().service = Service::Up;
    }
}

impl Drop for Org {
    fn drop(&mut self) {
        self.server.abort();
    }
}
