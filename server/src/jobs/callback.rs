//! The callback as a job: written down at completion, posted by an attempt.
//!
//! Promises: every attempt posts the same body under the same `webhook-id`, signed for its own moment; the URL is judged
//! anew each time (SEC-12); the result is words that an agent may read (SEC-14). Leaves to others: settling (`settle`).

use crate::outbound::{Answer, Error, Outbound, Schemes, Target};
use crate::store::{StoreError, Tx, job};
use ringbridge_core::callback::{self, CONTENT_TYPE, Callback};
use ringbridge_core::id::{AgentId, TenantId, TransactionId};
use ringbridge_core::retry::{self, Failure};
use ringbridge_core::tenant::Tenant;
use ringbridge_core::time::Timestamp;

/// The kind of these jobs.
pub(super) const KIND: &str = "callback";

/// Writes a callback down, in the transaction that settles what comes before it.
pub(super) fn enqueue(
    tx: &mut Tx<'_>,
    (tenant, agent, transaction): (TenantId, AgentId, TransactionId),
    callback: &Callback,
    now: Timestamp,
) -> Result<job::JobId, StoreError> {
    let body = serde_json::to_string(callback).map_err(|error| StoreError::Database(error.to_string()))?;
    let lane = lane(tenant, &callback.url);
    job::enqueue(tx, &job::NewJob { tenant, agent, transaction, kind: KIND, lane, body, due_at: now }, now)
}

/// The lane: one receiver of one tenant. A tenant's trouble with a host is not another tenant's. A URL that cannot be
/// read is refused when it is tried, and needs no lane of its own.
pub(super) fn lane(tenant: TenantId, url: &str) -> String {
    let host = Target::parse(url, Schemes::HttpAndHttps).map(|target| target.authority()).unwrap_or_default();
    format!("{KIND}:{tenant}:{host}")
}

/// What an attempt came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The receiver took it, with this status.
    Delivered(u16),
    /// It did not.
    Failed {
        /// The class, for the policy.
        failure: Failure,
        /// The reason in words that name no address.
        reason: String,
    },
}

impl Outcome {
    fn failed(failure: Failure, reason: impl Into<String>) -> Self {
        Self::Failed { failure, reason: reason.into() }
    }
}

/// Tries a callback once.
pub(super) async fn attempt(
    outbound: &Outbound,
    tenant: Option<&Tenant>,
    stored: &str,
    now: Timestamp,
) -> Outcome {
    let Some(tenant) = tenant else {
        return Outcome::failed(Failure::Refused, "the tenant does not exist any more");
    };
    let Ok(callback) = serde_json::from_str::<Callback>(stored) else {
        return Outcome::failed(Failure::Refused, "the stored callback cannot be read");
    };
    let schemes = if tenant.callbacks.https_only { Schemes::HttpsOnly } else { Schemes::HttpAndHttps };
    let body = callback.form_body();
    let signed = match callback::sign(&tenant.callbacks, &callback.webhook_id, now, &body) {
        Ok(signed) => signed,
        Err(bad) => return Outcome::failed(Failure::Refused, bad.to_string()),
    };
    let answer = outbound.post(&callback.url, schemes, CONTENT_TYPE, &signed.pairs(), body).await;
    judge(answer, now)
}

/// What an answer, or none, means for a callback: 2xx is delivered, everything else is not (5.5).
fn judge(answer: Result<Answer, Error>, now: Timestamp) -> Outcome {
    match answer {
        Ok(Answer { status: status @ 200..=299, .. }) => Outcome::Delivered(status),
        Ok(Answer { status, retry_after }) => {
            let retry_after = retry_after.as_deref().and_then(|header| retry::retry_after(header, now));
            let failure = Failure::Status { code: status, retry_after };
            Outcome::failed(failure, format!("the receiver answered with status {status}"))
        }
        Err(error) => {
            let failure = match error {
                Error::Refused(_) => Failure::Refused,
                Error::Connect => Failure::Connect,
                Error::Timeout => Failure::Timeout,
                Error::Tls => Failure::Tls,
                Error::Garbled => Failure::Garbled,
            };
            Outcome::failed(failure, error.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbound::Refused;
    use std::time::Duration;

    const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);

    #[test]
    fn a_lane_is_a_receiver_of_a_tenant() {
        assert_eq!(lane(TenantId(1), "http://Example.com/a?b"), "callback:1:example.com");
        assert_eq!(lane(TenantId(1), "https://example.com:8443/"), "callback:1:example.com:8443");
        assert_eq!(lane(TenantId(2), "nonsense"), "callback:2:");
    }

    #[test]
    fn only_2xx_is_delivered() {
        let answer = |status| Ok(Answer { status, retry_after: None });
        assert_eq!(judge(answer(200), NOW), Outcome::Delivered(200));
        assert_eq!(judge(answer(299), NOW), Outcome::Delivered(299));
        for code in [199, 300, 302, 404, 410, 500] {
            assert_eq!(
                judge(answer(code), NOW),
                Outcome::failed(
                    Failure::Status { code, retry_after: None },
                    format!("the receiver answered with status {code}")
                )
            );
        }
    }

    #[test]
    fn a_failure_keeps_its_class_and_gets_a_sentence() {
        let table = [
            (Error::Refused(Refused::Port), Failure::Refused),
            (Error::Connect, Failure::Connect),
            (Error::Timeout, Failure::Timeout),
            (Error::Tls, Failure::Tls),
            (Error::Garbled, Failure::Garbled),
        ];
        for (error, failure) in table {
            assert_eq!(judge(Err(error), NOW), Outcome::failed(failure, error.to_string()));
        }
        assert_eq!(
            judge(Ok(Answer { status: 429, retry_after: Some("90".to_owned()) }), NOW),
            Outcome::failed(
                Failure::Status { code: 429, retry_after: Some(Duration::from_secs(90)) },
                "the receiver answered with status 429"
            )
        );
    }
}
