//! Counters for `/metrics`, and the two answers that tell a load balancer how the server is.
//!
//! Promises: counting never waits. Leaves to others: the listener, which is plain HTTP on an address of its own.

use super::App;
use crate::clock;
use crate::store::action::{self, Count};
use crate::store::lane;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use ringbridge_core::time::Timestamp;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What this process has counted since it started.
#[derive(Debug, Default)]
pub struct Metrics {
    answers: [AtomicU64; 5],
    clicks_accepted: AtomicU64,
    clicks_refused: AtomicU64,
    logins: AtomicU64,
    logins_failed: AtomicU64,
    streams: AtomicU64,
}

impl Metrics {
    /// An HTTP answer.
    pub fn answered(&self, status: StatusCode) {
        let class = usize::from(status.as_u16() / 100).clamp(1, 5) - 1;
        self.answers[class].fetch_add(1, Relaxed);
    }

    /// A click that became a call, or went to the call it had become before.
    pub fn click_accepted(&self) {
        self.clicks_accepted.fetch_add(1, Relaxed);
    }

    /// A click that was refused.
    pub fn click_refused(&self) {
        self.clicks_refused.fetch_add(1, Relaxed);
    }

    /// A log-in.
    pub fn logged_in(&self) {
        self.logins.fetch_add(1, Relaxed);
    }

    /// A log-in that was refused.
    pub fn login_failed(&self) {
        self.logins_failed.fetch_add(1, Relaxed);
    }

    /// An event stream was opened.
    pub fn stream_opened(&self) {
        self.streams.fetch_add(1, Relaxed);
    }

    /// An event stream ended.
    pub fn stream_ended(&self) {
        self.streams.fetch_sub(1, Relaxed);
    }

    /// The Prometheus text form.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::from("# TYPE ringbridge_http_answers_total counter\n");
        for (class, count) in self.answers.iter().enumerate() {
            let _ = writeln!(
                text,
                "ringbridge_http_answers_total{{class=\"{}xx\"}} {}",
                class + 1,
                count.load(Relaxed)
            );
        }
        for (name, kind, count) in [
            ("clicks_accepted_total", "counter", &self.clicks_accepted),
            ("clicks_refused_total", "counter", &self.clicks_refused),
            ("logins_total", "counter", &self.logins),
            ("logins_failed_total", "counter", &self.logins_failed),
            ("event_streams", "gauge", &self.streams),
        ] {
            let count = count.load(Relaxed);
            let _ = write!(text, "# TYPE ringbridge_{name} {kind}\nringbridge_{name} {count}\n");
        }
        text
    }
}

/// The routes of the metrics listener.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .with_state(app)
}

async fn metrics(State(app): State<Arc<App>>) -> Response {
    let mut text = app.metrics.text();
    // Without the database there is less to say, but that is no reason to say nothing.
    if let Ok((counts, lanes)) = app.store.read(|tx| Ok((action::counts(tx)?, lane::held(tx)?))).await {
        jobs(&mut text, &counts, lanes, clock::now());
    }
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}

/// The steps after calls that are not done.
fn jobs(text: &mut String, counts: &[Count], lanes: i64, now: Timestamp) {
    text.push_str("# TYPE ringbridge_jobs gauge\n");
    for Count { kind, state, jobs, .. } in counts {
        let _ = writeln!(text, "ringbridge_jobs{{kind=\"{kind}\",state=\"{state}\"}} {jobs}");
    }
    text.push_str("# TYPE ringbridge_oldest_job_seconds gauge\n");
    for Count { kind, state, oldest, .. } in counts {
        let age = now.since(*oldest).as_secs();
        let _ = writeln!(text, "ringbridge_oldest_job_seconds{{kind=\"{kind}\",state=\"{state}\"}} {age}");
    }
    let _ = write!(text, "# TYPE ringbridge_lanes_held gauge\nringbridge_lanes_held {lanes}\n");
}

/// Ready: not stopping, and the database answers.
async fn ready(State(app): State<Arc<App>>) -> (StatusCode, &'static str) {
    if *app.stopping.borrow() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    match app.store.read(crate::store::journal::newest).await {
        Ok(_) => (StatusCode::OK, "ready\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_stand_in_the_text_that_prometheus_reads() {
        let metrics = Metrics::default();
        metrics.answered(StatusCode::SEE_OTHER);
        metrics.click_accepted();
        let text = metrics.text();
        assert!(text.contains("ringbridge_http_answers_total{class=\"3xx\"} 1\n"));
        assert!(text.contains(
            "# TYPE ringbridge_clicks_accepted_total counter\nringbridge_clicks_accepted_total 1\n"
        ));
    }
}
