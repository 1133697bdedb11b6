//! Ports for tests that run beside each other.
//!
//! Promises: a port is given out once on this machine as long as the process runs, and was free for UDP and TCP when it was
//! given. They lie below the range from which the kernel picks for outgoing connections, so nobody takes one by chance.
//! Leaves to others: binding it.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket},
    process,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

const FIRST: u32 = 12_000;
const COUNT: u32 = 20_000;

/// Where a port is held for the life of the process, so that test processes beside this one see that it is taken; a
/// loopback address that nothing else uses.
const HELD_AT: Ipv4Addr = Ipv4Addr::new(127, 77, 7, 7);

static HELD: Mutex<Vec<UdpSocket>> = Mutex::new(Vec::new());

static NEXT: AtomicU32 = AtomicU32::new(0);

/// How far apart ports are: RTP takes RTCP's port and a second medium's pair besides its own.
const STEP: u32 = 4;

/// A free port; the three above it are given to nobody else.
///
/// # Panics
/// When no port of the range is free.
#[must_use]
pub fn free() -> u16 {
    // Two test processes at once start at different places.
    let start = process::id() % 40 * 500;
    for _ in 0..COUNT / STEP {
        let port = FIRST + (start + NEXT.fetch_add(STEP, Ordering::Relaxed)) % COUNT;
        let port = u16::try_from(port).expect("the range ends below 65536");
        let address = (Ipv4Addr::UNSPECIFIED, port);
        let free = UdpSocket::bind(address).is_ok() && TcpListener::bind(address).is_ok();
        if let (true, Ok(held)) = (free, UdpSocket::bind((HELD_AT, port))) {
            HELD.lock().unwrap_or_else(PoisonError::into_inner).push(held);
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
