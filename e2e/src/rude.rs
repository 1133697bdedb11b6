//! A callback receiver on a bare socket, for what no HTTP server would do: hang, pour, trickle, reset, speak nonsense.
//!
//! Promises: every visit is kept with the request as it came, with how much could be said before the other side left, and
//! with how long it stayed; its send buffer is small, so that what could be said is little more than what was read. Leaves
//! to others: receivers that behave (`receiver`), judging.

use crate::patience::{Deadline, PATIENCE, Stopwatch};
use ringbridge_standin::callback::Received;
use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    runtime::Runtime,
    sync::watch,
};

/// The send buffer asked for: the kernel doubles it.
const SEND_BUFFER: u32 = 16 * 1024;

/// The most that is poured out: a gigabyte, as the answer says.
pub const GIGABYTE: u64 = 1 << 30;

/// What it does with a visitor.
#[derive(Clone, Debug)]
pub enum Manner {
    /// Takes the request, says this and closes; nothing said is a close without an answer.
    Says(String),
    /// Takes the request, says this, and is silent from then on.
    SaysAndStays(String),
    /// Takes the request, says the first, and then the second over and over, up to a gigabyte.
    Pours(String, String),
    /// Takes the request, says the first, and then the second, one byte a second.
    Trickles(String, String),
    /// Closes at once and reads nothing.
    Closes,
    /// Resets the connection once the request is there, which it does not read.
    Resets,
}

impl Manner {
    /// A plain answer: a status with its reason, and no body.
    #[must_use]
    pub fn status(status: &str) -> Self {
        Self::with_headers(status, "")
    }

    /// The same with header lines, each with its line break.
    #[must_use]
    pub fn with_headers(status: &str, headers: &str) -> Self {
        Self::Says(format!("HTTP/1.1 {status}\r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n"))
    }
}

/// One connection.
#[derive(Clone, Debug)]
pub struct Visit {
    /// What was asked; nothing where it was not read, or not whole.
    pub request: Option<Received>,
    /// How many bytes could be said.
    pub said: u64,
    /// From the connection to its end.
    pub stayed: Duration,
}

/// What a request, and how often its `webhook-id` came before, make it do.
type ByRequest = Box<dyn Fn(&Received, usize) -> Manner + Send + Sync>;

/// How it chooses its manners.
enum Choice {
    /// One after another for each connection; the last one stays.
    InTurn(Vec<Manner>),
    /// By the request and how often its `webhook-id` came before.
    ByRequest(ByRequest),
}

struct Shared {
    choice: Choice,
    begun: Mutex<usize>,
    seen: Mutex<HashMap<String, usize>>,
    visits: Mutex<Vec<Visit>>,
    ended: watch::Sender<usize>,
}

/// A running receiver. It stops when dropped.
pub struct Rude {
    runtime: Runtime,
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Rude {
    /// Treats the first visitor in the first manner, and so on; all that come later in the last one.
    #[must_use]
    pub fn in_turn(manners: &[Manner]) -> Self {
        Self::start(Choice::InTurn(manners.to_vec()))
    }

    /// The same for all visitors.
    #[must_use]
    pub fn always(manner: Manner) -> Self {
        Self::in_turn(&[manner])
    }

    /// Reads each request and is told its manner for it: the number says how often its `webhook-id` came before.
    #[must_use]
    pub fn by_request(choice: impl Fn(&Received, usize) -> Manner + Send + Sync + 'static) -> Self {
        Self::start(Choice::ByRequest(Box::new(choice)))
    }

    fn start(choice: Choice) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let shared = Arc::new(Shared {
            choice,
            begun: Mutex::default(),
            seen: Mutex::default(),
            visits: Mutex::default(),
            ended: watch::channel(0).0,
        });
        let listener = {
            let _inside = runtime.enter();
            let socket = TcpSocket::new_v4().expect("a socket");
            socket.set_send_buffer_size(SEND_BUFFER).expect("a small buffer");
            socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port");
            socket.listen(1024).expect("it listens")
        };
        let address = listener.local_addr().expect("an address");
        let receiving = Arc::clone(&shared);
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&receiving);
                tokio::spawn(async move { shared.receive(stream).await });
            }
        });
        Self { runtime, address, shared }
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a path on it.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The connections that are over.
    #[must_use]
    pub fn visits(&self) -> Vec<Visit> {
        self.shared.visits.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many connections there were, those that are open included.
    #[must_use]
    pub fn begun(&self) -> usize {
        *self.shared.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many messages came, each counted once ([`Self::by_request`] only).
    #[must_use]
    pub fn messages(&self) -> usize {
        self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The requests that came whole.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.visits().into_iter().filter_map(|visit| visit.request).collect()
    }

    /// Waits until so many connections are over.
    #[track_caller]
    #[must_use]
    pub fn wait_for(&self, count: usize) -> Vec<Visit> {
        let mut ended = self.shared.ended.subscribe();
        let enough = async { tokio::time::timeout(PATIENCE, ended.wait_for(|n| *n >= count)).await.is_ok() };
        assert!(self.runtime.block_on(enough), "waited for {count} visits, {} came", self.visits().len());
        self.visits()
    }
}

impl Shared {
    async fn receive(&self, mut stream: TcpStream) {
        let watch = Stopwatch::start();
        let place = {
            let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
            *begun += 1;
            *begun - 1
        };
        let (request, said) = match &self.choice {
            Choice::InTurn(manners) => {
                let manner = manners.get(place).or(manners.last()).expect("a manner");
                match manner {
                    Manner::Closes => (None, 0),
                    Manner::Resets => {
                        // A close with something unread is a reset.
                        let _ = stream.readable().await;
                        (None, 0)
                    }
                    Manner::Says(_) | Manner::SaysAndStays(_) | Manner::Pours(..) | Manner::Trickles(..) => {
                        let request = read(&mut stream).await;
                        (request, behave(&mut stream, manner).await)
                    }
                }
            }
            Choice::ByRequest(choose) => {
                let request = read(&mut stream).await;
                let manner = request.as_ref().map(|request| choose(request, self.seen_before(request)));
                let said = match &manner {
                    Some(manner) => behave(&mut stream, manner).await,
                    None => 0,
                };
                (request, said)
            }
        };
        drop(stream);
        let visit = Visit { request, said, stayed: watch.elapsed() };
        self.visits.lock().unwrap_or_else(PoisonError::into_inner).push(visit);
        self.ended.send_modify(|ended| *ended += 1);
    }

    /// How often this message came before.
    fn seen_before(&self, request: &Received) -> usize {
        let id = request.header("webhook-id").unwrap_or_default().to_owned();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let times = seen.entry(id).or_default();
        *times += 1;
        *times - 1
    }
}

/// Says what the manner has to say; how many bytes that were.
async fn behave(stream: &mut TcpStream, manner: &Manner) -> u64 {
    let mut said = 0;
    match manner {
        Manner::Closes | Manner::Resets => {}
        Manner::Says(text) => said += say(stream, text).await.unwrap_or(0),
        Manner::SaysAndStays(text) => {
            said += say(stream, text).await.unwrap_or(0);
            let _ = stream.read(&mut [0]).await;
        }
        Manner::Pours(first, then) => {
            said += say(stream, first).await.unwrap_or(0);
            while said < GIGABYTE
                && let Some(more) = say(stream, then).await
            {
                said += more;
            }
        }
        Manner::Trickles(first, then) => {
            said += say(stream, first).await.unwrap_or(0);
            for byte in then.chars() {
                // One byte a second is what is tried here; who is patient for longer than a test is, failed it.
                tokio::time::sleep(Duration::from_secs(1)).await;
                let Some(more) = say(stream, &byte.to_string()).await else { break };
                said += more;
            }
        }
    }
    said
}

/// Says a text; nothing where the other side has left.
async fn say(stream: &mut TcpStream, text: &str) -> Option<u64> {
    stream.write_all(text.as_bytes()).await.ok()?;
    u64::try_from(text.len()).ok()
}

/// Reads one request; nothing where it does not come whole.
async fn read(stream: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    let deadline = Deadline::after(PATIENCE);
    loop {
        if let Some(request) = parse(&bytes) {
            return Some(request);
        }
        let more = tokio::time::timeout(deadline.left()?, stream.read_buf(&mut bytes)).await;
        if !matches!(more, Ok(Ok(1..))) {
            return None;
        }
    }
}

/// A whole request out of these bytes.
fn parse(bytes: &[u8]) -> Option<Received> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let mut start = lines.next()?.split(' ');
    let (method, target) = (start.next()?.to_owned(), start.next()?.to_owned());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length")?.1.parse().ok()?;
    let body = bytes[end + 4..].get(..length)?.to_vec();
    Some(Received { method, target, headers, body, answered: 0 })
}
