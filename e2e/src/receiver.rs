//! The callback receiver for tests that block.
//!
//! Promises: what arrived, to the byte, read as a form when asked. Leaves to others: receiving (`ringbridge-standin`).

use crate::patience::PATIENCE;
use base64::Engine as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use ringbridge_standin::callback::{Answer, Received, Receiver as Standin};
use sha2::Sha256;
use std::{net::SocketAddr, time::Duration};
use tokio::runtime::Runtime;

/// A running receiver.
pub struct Receiver {
    runtime: Runtime,
    standin: Standin,
}

impl Receiver {
    /// Listens on any free port of the loopback interface.
    #[must_use]
    pub fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let standin =
            runtime.block_on(Standin::start(SocketAddr::from(([127, 0, 0, 1], 0)))).expect("a free port");
        Self { runtime, standin }
    }

    /// The URL of a path on it.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        self.standin.url(path)
    }

    /// Answers like this from now on.
    pub fn answer(&self, answer: Answer) {
        self.standin.answer(answer);
    }

    /// Everything that arrived.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.standin.received()
    }

    /// Waits for so many requests in all.
    #[track_caller]
    #[must_use]
    pub fn wait_for(&self, count: usize) -> Vec<Received> {
        self.wait_for_within(count, PATIENCE)
    }

    /// The same with a limit of its own.
    #[track_caller]
    #[must_use]
    pub fn wait_for_within(&self, count: usize, limit: Duration) -> Vec<Received> {
        self.runtime.block_on(self.standin.wait_for(count, limit)).unwrap_or_else(|| {
            panic!("waited {limit:?} for {count} callbacks, {} came", self.received().len())
        })
    }
}

/// The fields of a form body in their order.
#[must_use]
pub fn form(received: &Received) -> Vec<(String, String)> {
    received
        .text()
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

/// One field of a form body.
#[must_use]
pub fn field(received: &Received, name: &str) -> Option<String> {
    form(received).into_iter().find(|(n, _)| n == name).map(|(_, value)| value)
}

/// Whether the request is signed as Standard Webhooks says, with this `whsec_…` secret.
#[must_use]
pub fn signed_with(received: &Received, secret: &str) -> bool {
    let (Some(id), Some(at), Some(signatures)) = (
        received.header("webhook-id"),
        received.header("webhook-timestamp"),
        received.header("webhook-signature"),
    ) else {
        return false;
    };
    let engine = base64::engine::general_purpose::STANDARD;
    let key = engine.decode(secret.trim_start_matches("whsec_")).expect("a base64 secret");
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("any length of key");
    mac.update(format!("{id}.{at}.").as_bytes());
    mac.update(&received.body);
    let expected = format!("v1,{}", engine.encode(mac.finalize().into_bytes()));
    signatures.split(' ').any(|signature| signature == expected)
}

/// Undoes form encoding.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        match (first, after) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, beyond @ ..]) => {
                let digit = |byte: &u8| char::from(*byte).to_digit(16).expect("a hexadecimal digit");
                bytes.push(u8::try_from(digit(high) * 16 + digit(low)).expect("two digits are a byte"));
                rest = beyond;
            }
            _ => bytes.push(first),
        }
    }
    String::from_utf8(bytes).expect("callbacks are UTF-8")
}
