//! What a server does beside its work: keeps the tenants fresh and sweeps out what has expired.
//!
//! Promises: a change that another process provisions is seen within a second by those who do not ask for it anew (the
//! registrar, the jobs); rows that only count for a while do not pile up. Leaves to others: what expires when (the noun
//! files of `store`), registrations (`telephony::registrar`).

use crate::clock;
use crate::directory::Directory;
use crate::store::{Store, StoreError, parked, recent_click};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tracing::warn;

/// How often the tenants' version is looked at: one row is read.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often expired rows are swept out. What has expired is not found by anybody before that either.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// Starts both; they end with the runtime.
pub fn start(store: Store, directory: Arc<Directory>) -> [JoinHandle<()>; 2] {
    [tokio::spawn(keep_fresh(directory)), tokio::spawn(keep_swept(store))]
}

async fn keep_fresh(directory: Arc<Directory>) {
    let mut look = tokio::time::interval(LOOK_EVERY);
    loop {
        look.tick().await;
        if let Err(error) = directory.refresh().await {
            warn!(%error, "the tenants could not be read anew; those of before go on");
        }
    }
}

async fn keep_swept(store: Store) {
    let mut sweep = tokio::time::interval(SWEEP_EVERY);
    loop {
        sweep.tick().await;
        if let Err(error) = swept(&store).await {
            warn!(%error, "what has expired could not be swept out; it is tried again");
        }
    }
}

async fn swept(store: &Store) -> Result<(), StoreError> {
    let now = clock::now();
    let sweep = store.write(move |tx| {
        recent_click::remove_expired(tx, now)?;
        parked::remove_expired(tx, now)
    });
    sweep.await.map(|_| ())
}
