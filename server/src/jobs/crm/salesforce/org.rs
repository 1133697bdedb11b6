//! What is known of a tenant's org: sessions, the version of its API, its objects.
//!
//! Promises: nothing here outlives the settings it was learnt with; what was learnt of an object is asked anew after an
//! hour. Bounded: a door for each user, and at most 256 objects. Leaves to others: asking (`exchange`).

use super::describe::Describe;
use super::door::Door;
use ringbridge_core::tenant::Salesforce;
use ringbridge_core::time::Timestamp;
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The newest version of the API that this client knows, Summer '26; the one place where it stands.
const NEWEST: u32 = 67;

/// How long a description is believed.
const DESCRIBED_FOR: Duration = Duration::from_secs(60 * 60);

/// A description younger than this is not asked for again because it lacks something.
const FRESH_FOR: Duration = Duration::from_secs(60);

/// The most descriptions: links name objects, and each can name another one.
const DESCRIPTIONS_MAX: usize = 256;

/// A user by their name; `None`: the app's own.
pub(super) type User = Option<String>;

/// An object, and when it was described.
type Described = (Timestamp, Arc<Describe>);

/// What is known of an org.
pub(super) struct Org {
    /// With what it was learnt.
    pub(super) settings: Salesforce,
    doors: Mutex<HashMap<User, Arc<Door>>>,
    version: Mutex<Option<String>>,
    objects: Mutex<HashMap<(User, String), Described>>,
}

impl Org {
    /// Nothing is known yet.
    pub(super) fn new(settings: Salesforce) -> Self {
        let version = Mutex::new(settings.api_version.clone());
        Self { settings, doors: Mutex::default(), version, objects: Mutex::default() }
    }

    /// Where a user's token is kept.
    pub(super) fn door(&self, user: &User) -> Arc<Door> {
        lock(&self.doors).entry(user.clone()).or_default().clone()
    }

    /// The version to speak, once it is known.
    pub(super) fn version(&self) -> Option<String> {
        lock(&self.version).clone()
    }

    /// Remembers the version to speak.
    pub(super) fn set_version(&self, version: &str) {
        *lock(&self.version) = Some(version.to_owned());
    }

    /// An object as a user sees it. Field security differs from user to user.
    pub(super) fn object(&self, user: &User, name: &str, now: Timestamp) -> Option<(Age, Arc<Describe>)> {
        let objects = lock(&self.objects);
        let (at, describe) = objects.get(&(user.clone(), name.to_ascii_lowercase()))?;
        let age = match now.since(*at) {
            age if age >= DESCRIBED_FOR => return None,
            age if age >= FRESH_FOR => Age::Old,
            _ => Age::Fresh,
        };
        Some((age, describe.clone()))
    }

    /// Remembers an object.
    pub(super) fn set_object(&self, user: &User, name: &str, describe: &Arc<Describe>, now: Timestamp) {
        let mut objects = lock(&self.objects);
        if objects.len() >= DESCRIPTIONS_MAX {
            objects.clear();
        }
        objects.insert((user.clone(), name.to_ascii_lowercase()), (now, describe.clone()));
    }

    /// Forgets an object: Salesforce contradicted what was known of it.
    pub(super) fn forget_object(&self, user: &User, name: &str) {
        lock(&self.objects).remove(&(user.clone(), name.to_ascii_lowercase()));
    }
}

/// Whether a description may have been overtaken by a change of the org.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Age {
    /// It was asked for just now.
    Fresh,
    /// It was not.
    Old,
}

/// No work is done under these locks, so a panic cannot leave them half changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Deserialize)]
struct Offer {
    version: String,
}

/// The version to speak with an org that offers these: the newest that both know.
pub(super) fn choose_version(body: &[u8]) -> Option<String> {
    let offers: Vec<Offer> = serde_json::from_slice(body).ok()?;
    let number = |offer: &Offer| offer.version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    let known = offers.iter().filter_map(|offer| number(offer).map(|number| (number, offer)));
    let best = known.filter(|(number, _)| *number <= NEWEST).max_by_key(|(number, _)| *number);
    best.map(|(_, offer)| offer.version.clone())
}

/// The version to speak with an org that offers none.
pub(super) fn default_version() -> String {
    format!("{NEWEST}.0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_that_both_know_is_spoken() {
        let offers = br#"[{"label":"Winter '26","url":"/services/data/v65.0","version":"65.0"},
            {"label":"Summer '26","url":"/services/data/v67.0","version":"67.0"},
            {"label":"Winter '27","url":"/services/data/v68.0","version":"68.0"}]"#;
        assert_eq!(choose_version(offers), Some("67.0".to_owned()));
        assert_eq!(choose_version(b"[]"), None);
        assert_eq!(choose_version(b"<html>"), None);
        assert_eq!(default_version(), "67.0");
    }
}
