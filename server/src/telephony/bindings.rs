//! Where registered phones are, in memory.
//!
//! Promises: lookups never wait and never give a binding that has expired. Leaves to others: writing it to the store first
//! ([`super::registrar`]), and ringing.

use ringbridge_core::time::Timestamp;
use ringbridge_sip::transport::{Flow, Transport};
use ringbridge_sip::uri::SipUri;
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{PoisonError, RwLock};

/// A contact of a phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Binding {
    /// What the phone wants to be called by.
    pub(super) contact: SipUri,
    /// How it is reached.
    pub(super) flow: Flow,
    /// The Call-ID of its last REGISTER.
    pub(super) call_id: String,
    /// The CSeq of its last REGISTER.
    pub(super) cseq: u32,
    /// What it says it is.
    pub(super) user_agent: String,
    /// When it registered last.
    pub(super) registered_at: Timestamp,
    /// When it expires.
    pub(super) expires_at: Timestamp,
}

/// All bindings.
#[derive(Default)]
pub(super) struct Bindings {
    inner: RwLock<Inner>,
}

#[derive(Default)]
struct Inner {
    /// By the name a phone registers under.
    by_aor: HashMap<String, Vec<Binding>>,
    /// The addresses they came from: strangers are many, and asking for each must cost nothing.
    sources: HashSet<IpAddr>,
}

impl Inner {
    fn note_sources(&mut self) {
        self.sources = self.by_aor.values().flatten().map(|binding| binding.flow.remote.ip()).collect();
    }
}

impl Bindings {
    /// The live bindings of a name, the newest first.
    pub(super) fn of(&self, aor: &str, now: Timestamp) -> Vec<Binding> {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        let mut live: Vec<Binding> =
            inner.by_aor.get(aor).into_iter().flatten().filter(|b| b.expires_at > now).cloned().collect();
        live.sort_by_key(|binding| std::cmp::Reverse(binding.registered_at));
        live
    }

    /// Replaces the bindings of a name.
    pub(super) fn put(&self, aor: &str, bindings: Vec<Binding>) {
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        if bindings.is_empty() {
            inner.by_aor.remove(aor);
        } else {
            inner.by_aor.insert(aor.to_owned(), bindings);
        }
        inner.note_sources();
    }

    /// Takes in what was stored before a restart. Connections of those days are gone; their phones register again.
    pub(super) fn restore(&self, stored: impl IntoIterator<Item = (String, Binding)>) {
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        for (aor, binding) in stored {
            if binding.flow.transport == Transport::Udp {
                inner.by_aor.entry(aor).or_default().push(binding);
            }
        }
        inner.note_sources();
    }

    /// Whether a phone has registered from this address.
    pub(super) fn has_source(&self, ip: IpAddr) -> bool {
        self.inner.read().unwrap_or_else(PoisonError::into_inner).sources.contains(&ip)
    }

    /// Drops what has expired; gives the names that have no phone any more.
    pub(super) fn sweep(&self, now: Timestamp) -> Vec<String> {
        let is_over = |binding: &Binding| binding.expires_at <= now;
        // Most looks find nothing, and must keep nobody from ringing.
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        if !inner.by_aor.values().flatten().any(is_over) {
            return Vec::new();
        }
        drop(inner);
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        let mut gone = Vec::new();
        inner.by_aor.retain(|aor, bindings| {
            bindings.retain(|binding| !is_over(binding));
            if bindings.is_empty() {
                gone.push(aor.clone());
            }
            !bindings.is_empty()
        });
        inner.note_sources();
        gone
    }
}
