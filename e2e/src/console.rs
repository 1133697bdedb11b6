//! An open console as the server sees one: a session, an event stream, and changes of state; many of them from one process.
//!
//! Promises: little memory and no thread for each; waits are bounded. Leaves to others: what is measured (`bin/consoles`).

use crate::client;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// An event that takes longer has not come.
const PATIENCE: Duration = Duration::from_secs(10);

/// The way in: the server's address and its certificate.
pub struct Door {
    address: SocketAddr,
    tls: TlsConnector,
}

impl Door {
    /// To the server that listens there, with its certificate in that data folder.
    ///
    /// # Panics
    /// Where there is none.
    #[must_use]
    pub fn of(address: SocketAddr, data: &Path) -> Self {
        Self { address, tls: TlsConnector::from(Arc::new(client::tls(data))) }
    }

    /// A TLS connection on which nothing is said.
    ///
    /// # Panics
    /// When the server takes none.
    pub async fn connect(&self) -> TlsStream<TcpStream> {
        let socket = TcpStream::connect(self.address).await.expect("the server listens");
        socket.set_nodelay(true).expect("a socket");
        let name = "localhost".try_into().expect("a name");
        self.tls.connect(name, socket).await.expect("TLS")
    }
}

/// An open event stream.
pub struct Console {
    /// How many events came, and when the last of them did.
    heard: watch::Receiver<(u64, Instant)>,
}

impl Console {
    /// Opens the stream of the session and waits for its first line.
    ///
    /// # Panics
    /// When the server does not open it.
    pub async fn open(door: &Door, cookie: &str) -> Self {
        let mut stream = door.connect().await;
        let request = format!(
            "GET /api/v1/events HTTP/1.1\r\nHost: localhost:{}\r\nCookie: {cookie}\r\nAccept: text/event-stream\r\n\r\n",
            door.address.port()
        );
        stream.write_all(request.as_bytes()).await.expect("sent");
        // Lines are short; a large buffer for each of thousands would only fill this machine.
        let mut lines = BufReader::with_capacity(1024, stream).lines();
        loop {
            let line = lines.next_line().await.expect("read").expect("an event stream");
            assert!(!line.starts_with("HTTP/") || line.contains(" 200 "), "{line}");
            if line.starts_with("retry: ") {
                break;
            }
        }
        let (said, heard) = watch::channel((0, Instant::now()));
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                if line == "event: status" {
                    said.send_modify(|(count, at)| (*count, *at) = (*count + 1, Instant::now()));
                }
            }
        });
        Self { heard }
    }

    /// When the next event comes; nothing if it does not in ten seconds. Asked before the change that makes it.
    pub fn next_event(&self) -> impl Future<Output = Option<Instant>> + Send + use<> {
        let mut heard = self.heard.clone();
        let before = heard.borrow().0;
        async move {
            let next = heard.wait_for(|(count, _)| *count > before);
            let next = tokio::time::timeout(PATIENCE, next).await.ok()?.ok()?;
            Some(next.1)
        }
    }
}

/// A connection through which agents change their state, one after another.
#[derive(Clone)]
pub struct Change {
    stream: Arc<Mutex<TlsStream<TcpStream>>>,
    port: u16,
}

impl Change {
    /// Opens it.
    pub async fn through(door: &Door) -> Self {
        Self { stream: Arc::new(Mutex::new(door.connect().await)), port: door.address.port() }
    }

    /// Changes the state of the session's agent, and waits until the server has answered.
    ///
    /// # Panics
    /// When it does not take it.
    pub async fn put(&self, cookie: &str, state: &str) {
        let body = format!("{{\"status\":\"{state}\"}}");
        let request = format!(
            "PUT /api/v1/me/status HTTP/1.1\r\nHost: localhost:{}\r\nCookie: {cookie}\r\nX-Requested-With: ringbridge\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.port,
            body.len()
        );
        let mut stream = self.stream.lock().await;
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = Vec::new();
        let mut space = [0; 2048];
        while !is_whole(&answer) {
            let size = stream.read(&mut space).await.expect("an answer");
            assert_ne!(size, 0, "the server closed: {}", String::from_utf8_lossy(&answer));
            answer.extend_from_slice(&space[..size]);
        }
        let head = String::from_utf8_lossy(&answer);
        assert!(head.starts_with("HTTP/1.1 20"), "{head}");
    }
}

/// Whether an answer has come to its end.
fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    body.len() >= length.unwrap_or(0)
}
