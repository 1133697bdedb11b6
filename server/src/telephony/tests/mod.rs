//! Telephony on real sockets of loopback: what peers and calls see of it. The vocabulary of these tests stands here.

mod calls;
mod registering;
mod strangers;
mod trunks;

use super::Sockets;
use super::{StartError, Telephony};
use crate::chance;
use crate::config::{CallerIdHeader, Sip, SipListen, SipTransport, Trunk};
use crate::directory::Directory;
use crate::keys::Keys;
use crate::provision::{How, Mode, Site, Stamp, apply_text};
use crate::store::Store;
use ringbridge_core::redact::Secret;
use ringbridge_core::tenant::Agent;
use ringbridge_core::time::Timestamp;
use ringbridge_sip::message::{Message, Request, Response};
use ringbridge_sip::parse::parse;
use ringbridge_sip::stream::Frames;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};

/// Longer than anything here takes; a test that waits so long has failed.
const LONG: Duration = Duration::from_secs(20);

/// Alice's phone registers, Bob's has an address, Carol has none.
const TENANTS: &str = r#"
[[tenant]]
name = "acme"
[[tenant.agent]]
login = "alice"
password = "p"
[[tenant.agent.phone]]
register = "alice-desk"
password = "correct horse"
auto_answer = "call-info"
[[tenant.agent]]
login = "bob"
password = "p"
[[tenant.agent.phone]]
uri = "sip:bob@127.0.0.9:5070"
[[tenant.agent]]
login = "carol"
password = "p"
"#;

/// A server's telephony with its database.
struct Server {
    telephony: Telephony,
    directory: Arc<Directory>,
    store: Store,
    _folder: TempDir,
}

fn trunk(name: &str, uri: String, keep_alive_seconds: u32) -> Trunk {
    Trunk {
        name: name.to_owned(),
        uri,
        username: String::new(),
        password: Secret::new(""),
        caller_id_header: CallerIdHeader::From,
        keep_alive_seconds,
    }
}

fn sip(trunks: Vec<Trunk>) -> Sip {
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let listen = [SipTransport::Udp, SipTransport::Tcp].map(|transport| SipListen { transport, address });
    Sip { listen: listen.to_vec(), advertise: None, realm: "ringbridge".to_owned(), trunks }
}

/// The store and the directory of a server in this folder.
async fn data(folder: &Path) -> (Store, Arc<Directory>) {
    let path = folder.to_owned();
    let (store, keys) = tokio::task::spawn_blocking(move || {
        let store = Store::open("sqlite:ringbridge.db", &path).unwrap();
        let keys = Arc::new(Keys::open(&path, &store).unwrap());
        let site = Site { store: &store, keys: &keys, trunks: &[], key_files: &path };
        let stamp = Stamp { who: "test".to_owned(), how: How::File, at: Timestamp::from_millis(0) };
        apply_text("t.toml", TENANTS, &site, &stamp, Mode::Apply).unwrap();
        (store, keys)
    })
    .await
    .unwrap();
    let directory = Arc::new(Directory::open(store.clone(), keys).await.unwrap());
    (store, directory)
}

async fn start(trunks: Vec<Trunk>) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let (store, directory) = data(folder.path()).await;
    let telephony = started(&sip(trunks), &store, &directory).await.unwrap();
    Server { telephony, directory, store, _folder: folder }
}

impl Server {
    fn address(&self, transport: SipTransport) -> SocketAddr {
        let found = self.telephony.listening().iter().find(|listen| listen.transport == transport);
        found.unwrap().address
    }

    fn udp(&self) -> SocketAddr {
        self.address(SipTransport::Udp)
    }

    fn agent(&self, login: &str) -> Agent {
        self.directory.named("acme").unwrap().agent_by_login(login).unwrap().clone()
    }
}

/// A peer on UDP.
struct Peer {
    socket: UdpSocket,
    server: SocketAddr,
}

impl Peer {
    async fn new(server: &Server) -> Self {
        Self::at("127.0.0.1", server).await
    }

    async fn at(ip: &str, server: &Server) -> Self {
        Self { socket: UdpSocket::bind((ip, 0)).await.unwrap(), server: server.udp() }
    }

    fn address(&self) -> SocketAddr {
        self.socket.local_addr().unwrap()
    }

    async fn send(&self, bytes: &[u8]) {
        self.socket.send_to(bytes, self.server).await.unwrap();
    }

    async fn receive(&self) -> Message {
        let mut buffer = vec![0; 65_536];
        let (length, _) =
            tokio::time::timeout(LONG, self.socket.recv_from(&mut buffer)).await.unwrap().unwrap();
        parse(&buffer[..length]).unwrap()
    }

    async fn response(&self) -> Response {
        response(self.receive().await)
    }

    async fn request(&self) -> Request {
        match self.receive().await {
            Message::Request(request) => request,
            Message::Response(response) => panic!("a request expected: {response:?}"),
        }
    }

    /// Sends a request and gives the code of its answer.
    async fn ask(&self, request: &str) -> u16 {
        self.send(request.as_bytes()).await;
        self.response().await.status.code()
    }
}

fn response(message: Message) -> Response {
    match message {
        Message::Response(response) => response,
        Message::Request(request) => panic!("a response expected: {request:?}"),
    }
}

/// A request as a peer at this address sends it, with more header lines, each ended.
fn request(method: &str, from: SocketAddr, call_id: &str, more: &str) -> String {
    let branch = format!("{:016x}", u64::from_ne_bytes(chance::bytes()));
    format!(
        "{method} sip:ringbridge@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bK{branch};rport\r\n\
         Max-Forwards: 70\r\nFrom: <sip:x@{from}>;tag=1\r\nTo: <sip:ringbridge@127.0.0.1>{tag}\r\nCall-ID: {call_id}\r\n\
         CSeq: 1 {method}\r\n{more}Content-Length: 0\r\n\r\n",
        tag = if more.starts_with("X-In-Dialog") { ";tag=ours" } else { "" },
    )
}

/// The line that makes [`request`] put a tag into To.
const IN_DIALOG: &str = "X-In-Dialog: yes\r\n";

#[tokio::test]
async fn a_taken_port_is_a_sentence() {
    let server = start(vec![]).await;
    let mut config = sip(vec![]);
    config.listen[0].address = server.udp();
    let error = started(&config, &server.store, &server.directory).await.err().unwrap();
    assert!(matches!(error, StartError::Listen { address, .. } if address == server.udp()));
    assert!(error.to_string().starts_with(&format!("SIP cannot listen on {}: ", server.udp())), "{error}");
}

/// Telephony with its doors open.
async fn started(config: &Sip, store: &Store, directory: &Arc<Directory>) -> Result<Telephony, StartError> {
    let sockets = Sockets::bind(config).await?;
    let (telephony, doors) = sockets.start(&config.realm, store.clone(), directory.clone()).await?;
    doors.open();
    Ok(telephony)
}
