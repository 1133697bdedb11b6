//! SIP over UDP.
//!
//! Promises: large receive buffers, so that a burst waits in the kernel instead of being lost; a datagram that is no
//! message is counted and dropped; a panic of the parser would lose that datagram only (SEC-38). Datagrams beyond a path's
//! MTU are sent as they are: RFC 3261 18.1.1 would have requests over 1300 bytes go over TCP, which most phones' networks
//! and every loopback do not need; a trunk that does is configured with `;transport=tcp`. Leaves to others: transactions.

use super::engine::Event;
use ringbridge_sip::message::Message;
use ringbridge_sip::parse::{MAX_MESSAGE, parse};
use ringbridge_sip::transport::{Flow, Transport};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;

/// What the kernel may keep for us: at a thousand calls a second, a fifth of a second of everything.
const BUFFER: usize = 4 * 1024 * 1024;

/// Opens a socket.
pub(super) fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    let domain = socket2::Domain::for_address(address);
    let socket = socket2::Socket::new(domain, socket2::Type::DGRAM, Some(socket2::Protocol::UDP))?;
    // The system may grant less; then bursts are lost earlier, and repeated.
    let _ = socket.set_recv_buffer_size(BUFFER);
    let _ = socket.set_send_buffer_size(BUFFER);
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    UdpSocket::from_std(socket.into())
}

/// Reads datagrams until the engine is gone. `place` tells this socket from others in the flows.
pub(super) async fn receive(socket: Arc<UdpSocket>, place: Option<u64>, events: mpsc::Sender<Event>) {
    let mut buffer = vec![0; MAX_MESSAGE + 1];
    loop {
        let (length, remote) = match socket.recv_from(&mut buffer).await {
            Ok(received) => received,
            Err(error) => {
                tracing::warn!(%error, "a SIP socket reports an error");
                // An error that stays must not keep a processor busy.
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                continue;
            }
        };
        let bytes = buffer.get(..length).unwrap_or(&[]);
        let flow = Flow { transport: Transport::Udp, remote, connection: place };
        let Some(message) = read(bytes) else { continue };
        if events.send(Event::Message { message, flow }).await.is_err() {
            return;
        }
    }
}

/// Parses what came; keep-alives and what is no message give nothing.
pub(super) fn read(bytes: &[u8]) -> Option<Message> {
    if bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
        return None;
    }
    match std::panic::catch_unwind(|| parse(bytes)) {
        Ok(Ok(message)) => Some(message),
        Ok(Err(error)) => {
            tracing::debug!(%error, bytes = bytes.len(), "dropped what is no SIP message");
            None
        }
        Err(_) => {
            tracing::error!(bytes = bytes.len(), "the SIP parser panicked; the message is dropped");
            None
        }
    }
}
