//! A receiver of callbacks: an HTTP server that keeps what arrived, to the byte, and answers as it is told.
//!
//! Promises: a request is kept before it is answered; at most [`KEPT`] are kept, the oldest go first; `wait_for` returns as
//! soon as enough have arrived. Leaves to others: judging bodies and signatures.

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, OriginalUri, State},
    http::{HeaderMap, Method, StatusCode},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use std::{
    collections::VecDeque,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

/// How many requests are kept: enough for the longest test, bounded so that a demo left alone cannot grow.
pub const KEPT: usize = 20_000;

/// The largest body taken: a link's user data is at most 1 MiB and at most trebles when it is encoded.
const LARGEST_BODY: usize = 4 << 20;

/// One request as it arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Received {
    /// The method, as sent.
    pub method: String,
    /// Path and query, as sent.
    pub target: String,
    /// The headers in their order; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, to the byte.
    pub body: Vec<u8>,
    /// The status it was answered with.
    pub answered: u16,
}

impl Received {
    /// The first header of that name (lower case).
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The body as text; bytes that are not UTF-8 become U+FFFD.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// How the receiver answers from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// With this status and an empty body.
    Status(u16),
    /// With this status, after a while.
    Slow(Duration, u16),
}

struct Shared {
    received: Mutex<VecDeque<Received>>,
    answer: Mutex<Answer>,
    count: watch::Sender<usize>,
}

impl Shared {
    /// Keeps a request and counts it.
    fn keep(&self, received: Received) {
        let mut kept = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(received);
        drop(kept);
        self.count.send_modify(|count| *count += 1);
    }
}

/// The running receiver. It stops when dropped.
pub struct Receiver {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

impl Receiver {
    /// Listens on the address (port 0: any free one) and answers everything with 200.
    pub async fn start(listen: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            received: Mutex::new(VecDeque::new()),
            answer: Mutex::new(Answer::Status(200)),
            count: watch::channel(0).0,
        });
        let router = Router::new()
            .fallback(receive)
            .layer(DefaultBodyLimit::max(LARGEST_BODY))
            .with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::warn!(%error, "the callback receiver ended");
            }
        });
        Ok(Self { address, shared, server })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a path (which starts with `/`) on this receiver.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Answers like this from now on.
    pub fn answer(&self, answer: Answer) {
        *self.shared.answer.lock().unwrap_or_else(PoisonError::into_inner) = answer;
    }

    /// Everything kept, oldest first.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Tells how many requests have arrived, as they arrive.
    #[must_use]
    pub fn count(&self) -> watch::Receiver<usize> {
        self.shared.count.subscribe()
    }

    /// Waits until that many have arrived; what is kept then, or `None` when the time is over first.
    pub async fn wait_for(&self, count: usize, limit: Duration) -> Option<Vec<Received>> {
        let mut counted = self.shared.count.subscribe();
        let enough = counted.wait_for(|arrived| *arrived >= count);
        tokio::time::timeout(limit, enough).await.ok()?.ok()?;
        Some(self.received())
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Keeps one request and answers it.
async fn receive(
    State(shared): State<Arc<Shared>>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answer = *shared.answer.lock().unwrap_or_else(PoisonError::into_inner);
    let (wait, status) = match answer {
        Answer::Status(status) => (Duration::ZERO, status),
        Answer::Slow(wait, status) => (wait, status),
    };
    shared.keep(Received {
        method: method.to_string(),
        target: uri.path_and_query().map_or_else(|| uri.path().to_owned(), ToString::to_string),
        headers: headers
            .iter()
            .map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect(),
        body: body.to_vec(),
        answered: status,
    });
    tokio::time::sleep(wait).await;
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    async fn post(address: SocketAddr, target: &str, body: &str) -> String {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let request = format!(
            "POST {target} HTTP/1.1\r\nHost: x\r\nWebhook-Id: msg_1\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer.lines().next().unwrap_or_default().to_owned()
    }

    #[tokio::test]
    async fn a_request_is_kept_as_it_arrived_and_answered_as_told() {
        let receiver = Receiver::start("127.0.0.1:0".parse().unwrap()).await.unwrap();
        receiver.answer(Answer::Status(503));
        let line = post(receiver.address(), "/cb?transaction=7", "a=%5Bx%7Cy%5D").await;
        assert_eq!(line, "HTTP/1.1 503 Service Unavailable");
        let all = receiver.wait_for(1, Duration::from_secs(5)).await.unwrap();
        let one = &all[0];
        assert_eq!(
            (one.method.as_str(), one.target.as_str(), one.text().as_str(), one.answered),
            ("POST", "/cb?transaction=7", "a=%5Bx%7Cy%5D", 503)
        );
        assert_eq!(one.header("webhook-id"), Some("msg_1"));
    }

    #[tokio::test]
    async fn waiting_for_more_than_comes_ends() {
        let receiver = Receiver::start("127.0.0.1:0".parse().unwrap()).await.unwrap();
        assert_eq!(receiver.wait_for(1, Duration::from_millis(20)).await, None);
    }
}
