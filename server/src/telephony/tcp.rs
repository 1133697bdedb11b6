//! SIP over TCP.
//!
//! Promises: a stream is cut strictly by Content-Length and closed when it cannot be; a peer that begins a message has 30 s
//! to end it; what waits to be written is bounded, and a peer that does not read is cut off; the number of connections is
//! bounded. Leaves to others: which connection a message goes over (the engine).

use super::engine::Event;
use super::udp::read;
use ringbridge_sip::stream::Frames;
use ringbridge_sip::transport::{Flow, Transport};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// How long a peer may take for one message, and we for writing one (SEC-37).
const FRAME_WITHIN: Duration = Duration::from_secs(30);
/// How long a connection may be silent: twice the longest registration.
const SILENT_AT_MOST: Duration = Duration::from_secs(7200);
/// How long a new connection may take.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// The most connections: a file handle each.
const MAX_CONNECTIONS: usize = 4096;
/// The most messages that wait to be written to one peer.
const MAX_WAITING: usize = 256;

/// What a connection is to write.
pub(super) type Writer = mpsc::Sender<Arc<[u8]>>;

/// Opens connections and gives them numbers that are never used again.
#[derive(Clone)]
pub(super) struct Connector {
    events: mpsc::Sender<Event>,
    next: Arc<AtomicU64>,
    room: Arc<Semaphore>,
}

impl Connector {
    /// Numbers begin with the milliseconds of the start, so that those before a restart mean nothing now: a server does not
    /// open a thousand connections a millisecond for long.
    pub(super) fn new(events: mpsc::Sender<Event>, started_at_millis: u64) -> Self {
        let next = Arc::new(AtomicU64::new(started_at_millis.saturating_mul(1000)));
        Self { events, next, room: Arc::new(Semaphore::new(MAX_CONNECTIONS)) }
    }

    /// Takes connections until the engine is gone.
    pub(super) async fn accept(self, listener: TcpListener) {
        loop {
            let (stream, remote) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a SIP listener reports an error");
                    // Out of file handles, for example: closing some takes time.
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let Ok(permit) = self.room.clone().try_acquire_owned() else {
                tracing::warn!("too many SIP connections; a new one is closed");
                continue;
            };
            let (writer, waiting) = mpsc::channel(MAX_WAITING);
            let id = self.number();
            if self.events.send(Event::Connected { connection: id, remote, writer }).await.is_err() {
                return;
            }
            tokio::spawn(run(stream, remote, id, waiting, self.events.clone(), permit));
        }
    }

    /// Opens a connection. What is written to it at once waits until it is open. `None`: there are too many.
    pub(super) fn connect(&self, remote: SocketAddr) -> Option<(u64, Writer)> {
        let permit = self.room.clone().try_acquire_owned().ok()?;
        let (writer, waiting) = mpsc::channel(MAX_WAITING);
        let (id, events) = (self.number(), self.events.clone());
        tokio::spawn(async move {
            match tokio::time::timeout(CONNECT_WITHIN, TcpStream::connect(remote)).await {
                Ok(Ok(stream)) => run(stream, remote, id, waiting, events, permit).await,
                Ok(Err(_)) | Err(_) => {
                    // The engine is gone only when the server ends.
                    let _ = events.send(Event::Closed { connection: id }).await;
                }
            }
        });
        Some((id, writer))
    }

    fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }
}

async fn run(
    stream: TcpStream,
    remote: SocketAddr,
    connection: u64,
    mut waiting: mpsc::Receiver<Arc<[u8]>>,
    events: mpsc::Sender<Event>,
    permit: OwnedSemaphorePermit,
) {
    // Small messages that wait for one another are the normal case here.
    let _ = stream.set_nodelay(true);
    let (mut read_half, mut write_half) = stream.into_split();
    let write = async {
        while let Some(bytes) = waiting.recv().await {
            match tokio::time::timeout(FRAME_WITHIN, write_half.write_all(&bytes)).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => return,
            }
        }
    };
    let flow = Flow { transport: Transport::Tcp, remote, connection: Some(connection) };
    tokio::select! {
        () = write => {}
        () = read_messages(&mut read_half, flow, &events) => {}
    }
    let _ = events.send(Event::Closed { connection }).await;
    drop(permit);
}

/// Reads messages until the peer ends, breaks the rules or is too slow.
async fn read_messages(
    stream: &mut (impl tokio::io::AsyncRead + Unpin),
    flow: Flow,
    events: &mpsc::Sender<Event>,
) {
    let mut frames = Frames::new();
    let mut buffer = vec![0; 16 * 1024];
    let mut frame_ends = None;
    loop {
        let now = tokio::time::Instant::now();
        let until = if frames.is_inside() {
            // The time runs from the first byte of a message: one byte now and then does not prolong it.
            *frame_ends.get_or_insert(now + FRAME_WITHIN)
        } else {
            frame_ends = None;
            now + SILENT_AT_MOST
        };
        let length = match tokio::time::timeout_at(until, stream.read(&mut buffer)).await {
            Ok(Ok(length)) if length > 0 => length,
            Ok(Ok(_) | Err(_)) | Err(_) => return,
        };
        frames.push(buffer.get(..length).unwrap_or(&[]));
        loop {
            match frames.next_frame() {
                Ok(Some(frame)) => {
                    frame_ends = None;
                    let Some(message) = read(&frame) else { continue };
                    if events.send(Event::Message { message, flow }).await.is_err() {
                        return;
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    tracing::debug!(%error, "closed a SIP connection");
                    return;
                }
            }
        }
    }
}
