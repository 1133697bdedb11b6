//! After a restart, also `kill -9`: every transaction that was not complete goes on (semantics 2.7).
//!
//! Promises: calls that are up stay up, calls that were being set up are ended on both legs and complete as failed,
//! wrap-ups go on; a transaction that cannot be read is reported and left alone, and keeps nobody else from starting.
//! Leaves to others: what a restart means (`core::call`), the messages (`sip::bridge`).

use super::ladder::Ladder;
use super::record::Identity;
use super::session::{Happening, Session, Step};
use super::task::CallTask;
use super::{Switchboard, Taking};
use crate::store::StoreError;
use crate::store::transaction::{self, Stored};
use ringbridge_core::placement::Placement;
use std::sync::Arc;
use std::time::Duration;
use tracing::{error, info};

/// How long an ending server waits for calls that are being set up: both ring times, and some.
const DRAIN_MAX: Duration = Duration::from_secs(100);

/// How often it looks.
const DRAIN_LOOK: Duration = Duration::from_millis(50);

impl Session {
    /// The legs as they are stored: nothing once the call is complete and both are down, so that no restart takes it up.
    pub(super) fn bridge_json(&self) -> String {
        if self.is_over() {
            return String::new();
        }
        serde_json::to_string(&self.bridge).expect("legs are plain data with text keys")
    }
}

impl Switchboard {
    /// Takes up every transaction that the last run left unfinished. Gives how many there are.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn recover(&self) -> Result<usize, StoreError> {
        let unfinished = self.inner.store.read(transaction::unfinished).await?;
        let mut taken = 0;
        for stored in unfinished {
            let id = stored.id;
            match self.revive(stored) {
                Ok(task) => {
                    task.start_after_restart();
                    taken += 1;
                }
                Err(error) => {
                    error!(transaction = %id, %error, "a transaction cannot be read and is left alone")
                }
            }
        }
        if taken > 0 {
            info!(transactions = taken, "went on with what the last run left unfinished");
        }
        Ok(taken)
    }

    fn revive(&self, stored: Stored) -> Result<CallTask, serde_json::Error> {
        let placement: Placement = serde_json::from_str(&stored.link)?;
        let bridge = serde_json::from_str(&stored.bridge)?;
        let session = Session { terms: placement.terms.clone(), call: stored.call, bridge, plans: None };
        Ok(CallTask {
            board: self.clone(),
            who: Identity {
                id: stored.id,
                guid: stored.guid,
                tenant: stored.tenant,
                agent: stored.agent,
                queue: stored.queue,
            },
            placement: Arc::new(placement),
            session,
            ladder: Ladder::default(),
            version: stored.version,
            bridge_json: stored.bridge,
        })
    }

    /// Takes no more calls and waits until none is being set up. Calls that are up stay up: the next run goes on with
    /// them, as it does after `kill -9`.
    pub async fn drain(&self) {
        self.inner.taking.send_replace(Taking::NoCalls);
        self.end_phone_tests().await;
        let settled = async {
            while self.set_ups().await != 0 {
                tokio::time::sleep(DRAIN_LOOK).await;
            }
        };
        if tokio::time::timeout(DRAIN_MAX, settled).await.is_err() {
            error!("calls are still being set up; the next run ends them");
        }
    }

    async fn set_ups(&self) -> usize {
        let unfinished = self.inner.store.read(transaction::unfinished).await.unwrap_or_default();
        unfinished
            .iter()
            .filter(|stored| stored.call.is_live() && stored.call.answered_at().is_none())
            .count()
    }
}

impl CallTask {
    /// Starts the task with the restart as the first thing that happens to it.
    fn start_after_restart(self) {
        self.start_with(Step::default(), Some(Happening::Restart));
    }
}
