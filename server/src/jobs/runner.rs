//! The runner: claims what is due, tries it, settles it, and sleeps until there is more.
//!
//! Promises: wakes when something is committed, when a job becomes due and when an attempt ends; claims no more than it
//! can try at once; a settle that fails leaves the job to its lease, and so to another attempt. Stopping waits for the
//! attempts that run. Leaves to others: one attempt (`callback`), its settling (`settle`).

use super::callback::{self, Outcome};
use super::crm::Crm;
use super::record;
use super::settle::settle;
use crate::outbound::Outbound;
use crate::store::job::{self, Claimed, JobId, Lease, Share};
use crate::store::{Store, StoreError};
use crate::{chance, clock};
use ringbridge_core::crm::{Class, Outcome as RecordOutcome, Report};
use ringbridge_core::id::TenantId;
use ringbridge_core::retry::{Failure, Jitter};
use ringbridge_core::tenant::Tenant;
use ringbridge_core::time::Timestamp;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tracing::{debug, error, info, warn};

/// Attempts that run at once. Each is a socket and at most 64 KiB of an answer.
pub(super) const MOST_AT_ONCE: usize = 64;

/// Attempts at once for one receiver of one tenant: a receiver that hangs takes an eighth of the slots.
pub(super) const MOST_IN_A_LANE: u32 = 8;

/// How long a claim lasts: twice the longest attempt. After it, another worker may try.
const LEASE: Duration = Duration::from_secs(30);

/// The longest sleep. Nothing should need it; it bounds what a lost wake-up could cost.
const MOST_SLEEP: Duration = Duration::from_secs(30);

/// The pause between two rounds, so that a burst of commits is claimed in batches, not one by one.
const ROUND: Duration = Duration::from_millis(5);

/// The pause when the store has no time for us.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// How often a settle is tried before it is left to the lease.
const SETTLE_TRIES: u32 = 5;

/// Attempts after which a job is parked untried: far more than any policy gives, so most were never settled, and trying it
/// may be what brings the server down.
const MOST_ATTEMPTS: i64 = 1000;

/// What is said of such a job.
const WORN_OUT: &str = "it was begun too often without an end";

/// Finds a tenant as it is now.
pub type TenantLookup = Arc<dyn Fn(TenantId) -> Option<Arc<Tenant>> + Send + Sync>;

/// What runs the jobs. Clones share everything.
#[derive(Clone)]
pub struct Runner {
    store: Store,
    outbound: Outbound,
    crm: Crm,
    tenants: TenantLookup,
    /// How the leases of every worker of this node begin.
    node: Arc<str>,
    /// This worker: the node and a number of its own.
    worker: Arc<str>,
    /// What is being tried here.
    under_way: Arc<Mutex<HashSet<JobId>>>,
}

/// A job that is being tried by this worker, until it is dropped.
pub(super) struct UnderWay {
    id: JobId,
    all: Arc<Mutex<HashSet<JobId>>>,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

/// A runner that runs.
pub struct Running {
    stop: watch::Sender<Order>,
    task: JoinHandle<()>,
}

/// What a running runner is told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Run,
    Stop,
}

impl Running {
    /// Claims nothing more and waits for the attempts that run, which takes as long as the longest of a record at most.
    pub async fn stop(self) {
        let _ = self.stop.send(Order::Stop);
        if self.task.await.is_err() {
            error!("the job runner had failed");
        }
    }
}

impl Runner {
    /// Makes a runner; `node` names this server among those that share the database.
    #[must_use]
    pub fn new(store: Store, outbound: Outbound, tenants: TenantLookup, node: &str) -> Self {
        let nonce = u64::from_ne_bytes(chance::bytes());
        let node: Arc<str> = format!("{node}/").into();
        let worker = format!("{node}{nonce:016x}").into();
        let crm = Crm::new(&outbound);
        Self { store, outbound, crm, tenants, node, worker, under_way: Arc::default() }
    }

    /// Takes over what this node left behind when it last died, and runs until it is stopped.
    #[must_use]
    pub fn start(self) -> Running {
        let (stop, stopped) = watch::channel(Order::Run);
        Running { stop, task: tokio::spawn(self.run(stopped)) }
    }

    async fn run(self, mut stopped: watch::Receiver<Order>) {
        let mut wake = self.store.wake();
        let mut attempts = JoinSet::new();
        while let Err(error) = self.take_over().await {
            warn!(%error, "the job runner waits for the database");
            tokio::select! {
                () = tokio::time::sleep(STORE_PAUSE) => {}
                _ = stopped.changed() => return,
            }
        }
        while *stopped.borrow() == Order::Run {
            // What is committed from here on wakes us again.
            wake.mark_unchanged();
            let next = match self.round(&mut attempts).await {
                Ok(next) => next,
                Err(StoreError::Closed) => break,
                Err(error) => {
                    warn!(%error, "the job runner waits for the database");
                    Some(clock::now().plus(STORE_PAUSE))
                }
            };
            let longest = clock::now().plus(MOST_SLEEP);
            let until = next.map_or(longest, |next| next.min(longest));
            tokio::select! {
                changed = wake.changed() => if changed.is_err() { break },
                () = clock::until(Some(until)) => {}
                Some(_) = attempts.join_next() => {}
                _ = stopped.changed() => break,
            }
            tokio::time::sleep(ROUND).await;
            while attempts.try_join_next().is_some() {}
        }
        while attempts.join_next().await.is_some() {}
    }

    /// Frees the leases of this node's earlier workers.
    pub(super) async fn take_over(&self) -> Result<u64, StoreError> {
        let (node, worker) = (Arc::clone(&self.node), Arc::clone(&self.worker));
        let crm_due = clock::now().plus(record::REST);
        let freed = self.store.write(move |tx| job::take_over(tx, &node, &worker, crm_due)).await?;
        if freed > 0 {
            info!(freed, "took over jobs that were under way when the server last ended");
        }
        Ok(freed)
    }

    /// Claims what there is room for and starts the attempts. Gives the moment of the next round.
    async fn round(&self, attempts: &mut JoinSet<()>) -> Result<Option<Timestamp>, StoreError> {
        let now = clock::now();
        let room = MOST_AT_ONCE.saturating_sub(attempts.len());
        let outlook = self.store.read(move |tx| job::outlook(tx, now)).await?;
        if outlook.due && room > 0 {
            for job in self.claim(now, room).await? {
                let Some(under_way) = self.begin(&job) else {
                    warn!(transaction = %job.transaction, "the clock has run ahead of a job that is being tried");
                    continue;
                };
                let runner = self.clone();
                attempts.spawn(async move {
                    runner.attempt(job).await;
                    drop(under_way);
                });
            }
        }
        Ok(outlook.next)
    }

    /// Begins an attempt, unless one of the same job goes on here. A machine that slept finds every lease run out, and the
    /// attempts that hold them go on where they were: a second one beside them could write a record twice. It waits for its
    /// own lease to run out.
    pub(super) fn begin(&self, job: &Claimed) -> Option<UnderWay> {
        let mut all = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(job.id).then(|| UnderWay { id: job.id, all: Arc::clone(&self.under_way) })
    }

    /// Claims at most so many jobs.
    pub(super) async fn claim(&self, now: Timestamp, room: usize) -> Result<Vec<Claimed>, StoreError> {
        let share = Share {
            jobs: u32::try_from(room).unwrap_or(u32::MAX),
            each_lane: MOST_IN_A_LANE,
            each_crm: record::MOST_AT_ONCE,
        };
        let lease = Lease { until: now.plus(LEASE), crm_until: now.plus(record::LEASE) };
        let worker = Arc::clone(&self.worker);
        self.store.write(move |tx| job::claim(tx, &worker, now, lease, share)).await
    }

    /// Tries a job and settles it.
    async fn attempt(&self, job: Claimed) {
        let tried = self.try_once(&job, clock::now()).await;
        debug!(transaction = %job.transaction, kind = job.kind, attempt = job.attempt, "tried a job");
        for try_number in 1..=SETTLE_TRIES {
            match self.settle(job.clone(), tried.clone(), clock::now()).await {
                Ok(()) => return,
                Err(StoreError::Stale { .. }) => {
                    info!(transaction = %job.transaction, "another worker has taken a job over");
                    return;
                }
                Err(error) => {
                    warn!(transaction = %job.transaction, %error, try_number, "a job cannot be settled")
                }
            }
            tokio::time::sleep(STORE_PAUSE).await;
        }
    }

    /// Tries a job.
    pub(super) async fn try_once(&self, job: &Claimed, now: Timestamp) -> Tried {
        let tenant = (self.tenants)(job.tenant);
        let worn_out = job.attempt > MOST_ATTEMPTS;
        if job.kind == record::KIND {
            return Tried::Record(match worn_out {
                true => Report::from(RecordOutcome::failed(Class::Unprovable, "", WORN_OUT)),
                false => record::attempt(&self.crm, tenant.as_deref(), job, now).await,
            });
        }
        let refuse = |reason: &str| Outcome::Failed { failure: Failure::Refused, reason: reason.to_owned() };
        Tried::Callback(match job.kind == callback::KIND {
            _ if worn_out => refuse(WORN_OUT),
            true => callback::attempt(&self.outbound, tenant.as_deref(), &job.body, now).await,
            false => refuse("this version does not know this kind of job"),
        })
    }

    /// Settles a job.
    pub(super) async fn settle(&self, job: Claimed, tried: Tried, now: Timestamp) -> Result<(), StoreError> {
        let jitter = Jitter::from_random(u32::from_ne_bytes(chance::bytes()));
        let settled = self.store.write(move |tx| match &tried {
            Tried::Callback(outcome) => settle(tx, &job, outcome, now, jitter),
            Tried::Record(report) => record::settle(tx, &job, report, now, jitter),
        });
        settled.await
    }
}

/// What an attempt of either kind came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tried {
    /// A callback.
    Callback(Outcome),
    /// A record.
    Record(Report),
}
