//! Ports for tests that run beside each other.
//!
//! Promises: a port is given out once in a process and was free for UDP and TCP when it was given. They lie below the range
//! from which the kernel picks for outgoing connections, so nobody takes one by chance. Leaves to others: binding it.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket},
    process,
    sync::atomic::{AtomicU16, Ordering},
};

const FIRST: u16 = 12_000;
const COUNT: u16 = 20_000;

static NEXT: AtomicU16 = AtomicU16::new(0);

/// A free port.
///
/// # Panics
/// When no port of the range is free.
#[must_use]
pub fn free() -> u16 {
    // Two test processes at once start at different places.
    let start = u16::try_from(process::id() % 40).expect("below 40") * 500;
    for _ in 0..COUNT {
        let port = FIRST + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT;
        let address = (Ipv4Addr::UNSPECIFIED, port);
        if UdpSocket::bind(address).is_ok() && TcpListener::bind(address).is_ok() {
            return port;
        }
    }
    panic!("no free port between {FIRST} and {}", FIRST + COUNT);
}

/// A free port on the loopback interface, with its address.
#[must_use]
pub fn loopback() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, free()))
}
