//! The access token of one user of one org, shared by all who need it.
//!
//! Promises: however many attempts find the token ended, one log-in renews it; those that waited for it share what it came
//! to, also when it was refused. Leaves to others: logging in (`grant`), noticing that a token ended (`exchange`).

use super::grant::Grant;
use ringbridge_core::crm::Failure;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Mutex;

/// A log-in that holds until Salesforce says otherwise: its answers name no end.
#[derive(Debug)]
pub(super) struct Session {
    /// What the log-in gave.
    pub(super) grant: Grant,
    /// Which log-in it was.
    flight: u64,
}

/// Where the token is kept.
#[derive(Debug, Default)]
pub(super) struct Door {
    /// What the last log-in came to.
    last: Mutex<Option<Result<Arc<Session>, Failure>>>,
    /// How many log-ins are over.
    flights: AtomicU64,
}

impl Door {
    /// The session, from `log_in` where there is none, or none but `ended`.
    ///
    /// # Errors
    /// What the log-in was refused with.
    pub(super) async fn session(
        &self,
        ended: Option<&Session>,
        log_in: impl Future<Output = Result<Grant, Failure>>,
    ) -> Result<Arc<Session>, Failure> {
        let seen = self.flights.load(Ordering::Acquire);
        let mut last = self.last.lock().await;
        let flights = self.flights.load(Ordering::Acquire);
        match last.as_ref() {
            Some(Ok(session)) if ended.is_none_or(|ended| ended.flight != session.flight) => {
                return Ok(session.clone());
            }
            // Somebody logged in while we waited to: a second try would only be refused as well.
            Some(Err(failure)) if flights > seen => return Err(failure.clone()),
            Some(_) | None => {}
        }
        let result = log_in.await.map(|grant| Arc::new(Session { grant, flight: flights + 1 }));
        self.flights.store(flights + 1, Ordering::Release);
        *last = Some(result.clone());
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ringbridge_core::crm::Class;
    use ringbridge_core::redact::Secret;
    use std::sync::atomic::AtomicUsize;

    fn grant(token: &str) -> Grant {
        Grant { token: Secret::new(token), origin: "https://a.my.salesforce.com".into(), org: None }
    }

    /// Ten who ask at the same time, and how many log-ins there were.
    async fn ten(
        door: Arc<Door>,
        ended: Option<Arc<Session>>,
        result: Result<Grant, Failure>,
    ) -> (Vec<String>, usize) {
        let log_ins = Arc::new(AtomicUsize::new(0));
        let asked = (0..10).map(|_| {
            let (door, ended, result, log_ins) =
                (door.clone(), ended.clone(), result.clone(), log_ins.clone());
            async move {
                let log_in = async {
                    log_ins.fetch_add(1, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                    result
                };
                match door.session(ended.as_deref(), log_in).await {
                    Ok(session) => session.grant.token.expose().to_owned(),
                    Err(failure) => failure.sentence(),
                }
            }
        });
        let told = crate::jobs::crm::salesforce::tests::together(asked).await;
        (told, log_ins.load(Ordering::SeqCst))
    }

    #[tokio::test]
    async fn one_log_in_serves_all_who_wait_for_it() {
        let door = Arc::new(Door::default());
        assert_eq!(ten(door.clone(), None, Ok(grant("1"))).await, (vec!["1".to_owned(); 10], 1));
        assert_eq!(ten(door.clone(), None, Ok(grant("2"))).await, (vec!["1".to_owned(); 10], 0));
        let ended = door.session(None, async { Ok(grant("unused")) }).await.expect("there is one");
        assert_eq!(ten(door.clone(), Some(ended), Ok(grant("2"))).await, (vec!["2".to_owned(); 10], 1));
    }

    #[tokio::test]
    async fn a_refusal_is_shared_and_not_kept() {
        let refused =
            Failure { class: Class::Unauthorized, code: "invalid_grant".into(), message: "no".into() };
        let door = Arc::new(Door::default());
        let told = ten(door.clone(), None, Err(refused)).await;
        assert_eq!(told, (vec!["invalid_grant: no".to_owned(); 10], 1));
        assert_eq!(ten(door, None, Ok(grant("1"))).await, (vec!["1".to_owned(); 10], 1));
    }
}
