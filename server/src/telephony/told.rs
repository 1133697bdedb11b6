//! What consoles are told of phones: that one can be rung now, or that it is nowhere any more.
//!
//! Promises: a change is told, a refresh is not; a phone that comes and goes without end fills no journal. Leaves to
//! others: when phones change ([`super::registrar`]), the commit.

use super::bindings::Binding;
use crate::directory::RegisteringPhone;
use crate::store::journal::NewEntry;
use ringbridge_core::time::Timestamp;
use serde_json::json;
use std::collections::HashMap;
use std::time::Duration;

/// How often a name is told of within [`WINDOW`]; a phone that is restarted needs two. Who was not told sees it when the
/// console asks the next time.
const TELLS_MAX: u32 = 20;
/// The time within which they are counted.
const WINDOW: Duration = Duration::from_secs(600);

/// Whether a name has a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PhoneIs {
    /// It has one.
    Registered,
    /// It has none any more.
    Nowhere,
}

impl PhoneIs {
    /// What there is to tell after a REGISTER; nothing where a phone was there before and is there still.
    pub(super) fn after(old: &[Binding], new: &[Binding]) -> Option<Self> {
        match (old.is_empty(), new.is_empty()) {
            (true, false) => Some(Self::Registered),
            (false, true) => Some(Self::Nowhere),
            (true, true) | (false, false) => None,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Nowhere => "not_registered",
        }
    }
}

/// How often each name was told of lately. Names are those of the tenants' phones, so that their number is bounded.
#[derive(Default)]
pub(super) struct Told {
    by_aor: HashMap<String, (Timestamp, u32)>,
}

impl Told {
    /// Whether a name may be told of now; counts it.
    pub(super) fn may_tell(&mut self, aor: &str, now: Timestamp) -> bool {
        let (since, times) = self.by_aor.entry(aor.to_owned()).or_insert((now, 0));
        if now.since(*since) >= WINDOW {
            (*since, *times) = (now, 0);
        }
        *times = times.saturating_add(1);
        *times <= TELLS_MAX
    }
}

/// The journal's entry, for the agent whose phone it is.
pub(super) fn entry(phone: &RegisteringPhone, aor: &str, is: PhoneIs, now: Timestamp) -> NewEntry {
    let login = phone.tenant.agent(phone.agent).map(|agent| agent.login.as_str());
    NewEntry {
        tenant: Some(phone.tenant.id),
        agent: Some(phone.agent),
        transaction: None,
        at: now,
        kind: "agent.phone",
        body: json!({ "agent": login, "phone": aor, "state": is.as_str() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_that_comes_and_goes_without_end_is_told_of_so_often_and_again_later() {
        let (mut told, begin) = (Told::default(), Timestamp::from_millis(0));
        let times = (0..100).filter(|_| told.may_tell("desk", begin)).count();
        assert_eq!(times, 20);
        assert!(told.may_tell("other", begin), "each name has its own count");
        assert!(told.may_tell("desk", begin.plus(WINDOW)));
    }
}
