//! From a host in a URI to an address.
//!
//! Promises: an address literal is answered at once; a name is asked of the system's resolver once for all who wait, and
//! remembered for half a minute; both the names remembered and those waiting are bounded. Leaves to others: SRV and NAPTR
//! records, which are not asked for: a trunk's URI names a host and, where it is not 5060, a port.

use super::engine::{Event, Parcel};
use ringbridge_sip::uri::{Host, SipUri};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// How long an answer is used: short beside the hours a trunk stays where it is, long beside a call set-up.
const REMEMBERED: Duration = Duration::from_secs(30);
/// The most names remembered: a server has some trunks and fixed phones.
const MAX_NAMES: usize = 4096;
/// The most messages that wait for one name.
const MAX_WAITING: usize = 1024;

/// A host name and a port.
pub(super) type Place = (String, u16);

/// The names that were asked for.
#[derive(Default)]
pub(super) struct Resolver {
    known: HashMap<Place, (SocketAddr, Instant)>,
    waiting: HashMap<Place, Vec<Parcel>>,
}

/// What became of a question.
pub(super) enum Resolved {
    /// Here it is, and the parcel back.
    At(SocketAddr, Parcel),
    /// The parcel waits; an [`Event::Resolved`] will come.
    Waits,
    /// Too many wait; the parcel back.
    TooMany(Parcel),
}

impl Resolver {
    pub(super) fn resolve(
        &mut self,
        uri: &SipUri,
        parcel: Parcel,
        now: Instant,
        events: &mpsc::Sender<Event>,
    ) -> Resolved {
        let port = uri.port.unwrap_or(5060);
        let name = match &uri.host {
            Host::V4(ip) => return Resolved::At((*ip, port).into(), parcel),
            Host::V6(ip) => return Resolved::At((*ip, port).into(), parcel),
            Host::Name(name) => name,
        };
        let place = (name.clone(), port);
        if let Some((address, until)) = self.known.get(&place)
            && now < *until
        {
            return Resolved::At(*address, parcel);
        }
        if let Some(waiting) = self.waiting.get_mut(&place) {
            if waiting.len() >= MAX_WAITING {
                return Resolved::TooMany(parcel);
            }
            waiting.push(parcel);
            return Resolved::Waits;
        }
        if self.waiting.len() >= MAX_NAMES {
            return Resolved::TooMany(parcel);
        }
        self.waiting.insert(place.clone(), vec![parcel]);
        let events = events.clone();
        tokio::spawn(async move {
            let answer = tokio::net::lookup_host((place.0.as_str(), place.1)).await;
            // IPv4 first: SIP listeners on IPv6 are still rare, and `localhost` gives both.
            let addresses: Vec<SocketAddr> = answer.map(Iterator::collect).unwrap_or_default();
            let first = addresses.iter().find(|address| address.is_ipv4()).or(addresses.first()).copied();
            // The engine is gone only when the server ends.
            let _ = events.send(Event::Resolved { place, address: first }).await;
        });
        Resolved::Waits
    }

    /// An answer has come: remembers it and gives back who waited.
    pub(super) fn answered(
        &mut self,
        place: Place,
        address: Option<SocketAddr>,
        now: Instant,
    ) -> Vec<Parcel> {
        let waited = self.waiting.remove(&place).unwrap_or_default();
        if let Some(address) = address {
            if self.known.len() >= MAX_NAMES {
                self.known.retain(|_, (_, until)| now < *until);
            }
            if self.known.len() < MAX_NAMES {
                self.known.insert(place, (address, now + REMEMBERED));
            }
        }
        waited
    }
}
