//! Where registered phones are, in memory.
//!
//! Promises: lookups never wait and never give a binding that has expired. Leaves to others: writing it to the store first
//! ([`super::registrar`]), and ringing.

use ringbridge_core::time::Timestamp;
use ringbridge_sip::transport::{Flow, Transport};
use ringbridge_sip::uri::SipUri;
use std::collections::HashMap;
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

/// All bindings, by the name a phone registers under.
#[derive(Default)]
pub(super) struct Bindings {
    by_aor: RwLock<HashMap<String, Vec<Binding>>>,
}

impl Bindings {
    /// The live bindings of a name, the newest first.
    pub(super) fn of(&self, aor: &str, now: Timestamp) -> Vec<Binding> {
        let by_aor = self.by_aor.read().unwrap_or_else(PoisonError::into_inner);
        let mut live: Vec<Binding> =
            by_aor.get(aor).into_iter().flatten().filter(|b| b.expires_at > now).cloned().collect();
        live.sort_by_key(|binding| std::cmp::Reverse(binding.registered_at));
        live
    }

    /// Replaces the bindings of a name.
    pub(super) fn put(&self, aor: &str, bindings: Vec<Binding>) {
        let mut by_aor = self.by_aor.write().unwrap_or_else(PoisonError::into_inner);
        if bindings.is_empty() {
            by_aor.remove(aor);
        } else {
            by_aor.insert(aor.to_owned(), bindings);
        }
    }

    /// Takes in what was stored before a restart. Connections of those days are gone; their phones register again.
    pub(super) fn restore(&self, stored: impl IntoIterator<Item = (String, Binding)>) {
        let mut by_aor = self.by_aor.write().unwrap_or_else(PoisonError::into_inner);
        for (aor, binding) in stored {
            if binding.flow.transport == Transport::Udp {
                by_aor.entry(aor).or_default().push(binding);
            }
        }
    }

    /// Whether a phone has registered from this address.
    pub(super) fn has_source(&self, ip: IpAddr) -> bool {
        let by_aor = self.by_aor.read().unwrap_or_else(PoisonError::into_inner);
        by_aor.values().flatten().any(|binding| binding.flow.remote.ip() == ip)
    }

    /// Drops what has expired.
    pub(super) fn sweep(&self, now: Timestamp) {
        let mut by_aor = self.by_aor.write().unwrap_or_else(PoisonError::into_inner);
        by_aor.retain(|_, bindings| {
            bindings.retain(|binding| binding.expires_at > now);
            !bindings.is_empty()
        });
    }
}
