//! Digest authentication (RFC 3261 22, RFC 7616, RFC 8760): our answers to challenges, and our judgement of others'.
//!
//! Promises: `nc` is hexadecimal and counts per nonce; MD5 and SHA-256, each plain and `-sess`; `qop=auth` and, as a
//! client, the old form without; digests are compared in constant time; a nonce proves itself by a keyed hash, so that
//! nothing is kept for challenges nobody answers, and each of its counts is taken once. Leaves to others: whose password
//! it is, and which challenges are answered at all (SEC-36: only those of the configured trunk).

mod client;
mod server;
#[cfg(test)]
mod tests;

pub use client::{Answering, Login};
pub use server::{Judgement, NonceKeeper, Stale};

use crate::header::{Algorithm, Credentials};
use md5::Md5;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// The hash of an algorithm over some pieces with colons between them, in lower-case hexadecimal.
fn hash(algorithm: Algorithm, pieces: &[&str]) -> String {
    let text = pieces.join(":");
    match algorithm {
        Algorithm::Md5 | Algorithm::Md5Sess => hex(&Md5::digest(text)),
        Algorithm::Sha256 | Algorithm::Sha256Sess => hex(&Sha256::digest(text)),
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The response that these credentials should carry.
fn expected(credentials: &Credentials, method: &str, password: &str) -> String {
    let Credentials { username, realm, nonce, uri, algorithm, auth, .. } = credentials;
    let mut secret = hash(*algorithm, &[username, realm, password]);
    match algorithm {
        Algorithm::Md5 | Algorithm::Sha256 => {}
        Algorithm::Md5Sess | Algorithm::Sha256Sess => {
            let cnonce = auth.as_ref().map_or("", |auth| auth.cnonce.as_str());
            secret = hash(*algorithm, &[&secret, nonce, cnonce]);
        }
    }
    let asked = hash(*algorithm, &[method, uri]);
    match auth {
        Some(auth) => {
            let count = format!("{:08x}", auth.count);
            hash(*algorithm, &[&secret, nonce, &count, &auth.cnonce, "auth", &asked])
        }
        None => hash(*algorithm, &[&secret, nonce, &asked]),
    }
}
