//! One follower of the journal for all event streams: it reads what was committed once and hands it to those it concerns.
//!
//! Promises: a [`Listening`] gives every event after its start, in order, once each, however slow its stream is; a commit
//! costs one read, not one for each open console; what waits for a slow stream is bounded. Leaves to others: sessions and
//! the wire (`events`).
//!
//! A listener registers first and then reads the journal itself until nothing is left; from there on it takes what the
//! follower hands it, and what it has read already is known by its place. One that falls behind loses its place and reads
//! the journal again.

use super::events::event;
use crate::store::journal::{self, Entry, Filter};
use crate::store::{Store, StoreError};
use axum::body::Bytes;
use ringbridge_core::id::Seq;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{mpsc, watch};

/// Events read from the journal at once.
const BATCH: u32 = 200;

/// Events that wait for one stream before it has to read for itself: a call has some twenty.
const WAITING: usize = 64;

/// An event as it goes out, made once for all its streams.
#[derive(Clone)]
struct Said {
    seq: Seq,
    text: Bytes,
}

/// Who listens, by whose events they want.
#[derive(Default)]
struct Listeners {
    by_filter: HashMap<Filter, Vec<mpsc::Sender<Said>>>,
    /// Whether the follower runs; it is started for the first listener.
    started: bool,
}

/// Who listens to the journal.
#[derive(Clone)]
pub struct Feed {
    store: Store,
    stopping: watch::Receiver<bool>,
    listeners: Arc<Mutex<Listeners>>,
}

impl Feed {
    /// Nobody listens yet. The follower ends when `stopping` says so.
    #[must_use]
    pub fn new(store: Store, stopping: watch::Receiver<bool>) -> Self {
        Self { store, stopping, listeners: Arc::default() }
    }

    /// Listens to what is committed after `from`.
    #[must_use]
    pub fn listen(&self, filter: Filter, from: Seq) -> Listening {
        Listening { feed: self.clone(), filter, last: from, live: self.register(filter), behind: true }
    }

    fn register(&self, filter: Filter) -> mpsc::Receiver<Said> {
        let (sender, receiver) = mpsc::channel(WAITING);
        let mut listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        if !listeners.started {
            listeners.started = true;
            let mut wake = self.store.wake();
            // Taken before anyone listens: what is committed from here on is handed on.
            let position = *wake.borrow_and_update();
            let follower = Follower {
                store: self.store.clone(),
                wake,
                stopping: self.stopping.clone(),
                listeners: Arc::clone(&self.listeners),
                position,
            };
            tokio::spawn(follower.run());
        }
        let of_filter = listeners.by_filter.entry(filter).or_default();
        // Those who have gone are forgotten here too: a stream that hears nothing is never handed anything.
        of_filter.retain(|sender| !sender.is_closed());
        of_filter.push(sender);
        receiver
    }
}

/// The one reader.
struct Follower {
    store: Store,
    wake: watch::Receiver<Seq>,
    stopping: watch::Receiver<bool>,
    listeners: Arc<Mutex<Listeners>>,
    /// What stands up to here was handed on.
    position: Seq,
}

impl Follower {
    async fn run(mut self) {
        loop {
            tokio::select! {
                changed = self.wake.changed() => if changed.is_err() { return },
                () = super::listener::told(&mut self.stopping) => return,
            }
            self.hand_on().await;
        }
    }

    /// Hands on what was committed and was not handed on yet.
    async fn hand_on(&mut self) {
        loop {
            let newest = *self.wake.borrow_and_update();
            {
                let mut listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
                listeners.forget_the_gone();
                if listeners.by_filter.is_empty() {
                    // Whoever registers from here on reads by themselves what stands in the journal now.
                    self.position = newest;
                    return;
                }
            }
            let position = self.position;
            let read = self.store.read(move |tx| journal::after(tx, position, Filter::All, BATCH)).await;
            let mut listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
            let Ok(entries) = read else {
                // Everyone reads for themselves again, and tells their client if that fails as well.
                listeners.by_filter.clear();
                return;
            };
            let Some(last) = entries.last() else { return };
            self.position = last.seq;
            for entry in &entries {
                listeners.hand(entry);
            }
        }
    }
}

impl Listeners {
    fn forget_the_gone(&mut self) {
        self.by_filter.retain(|_, of_filter| {
            of_filter.retain(|sender| !sender.is_closed());
            !of_filter.is_empty()
        });
    }

    /// Hands an entry to those whom it concerns; whoever has no room left is dropped and will notice.
    fn hand(&mut self, entry: &Entry) {
        let of_agent = entry.tenant.zip(entry.agent).map(|(tenant, agent)| Filter::Agent(tenant, agent));
        let of_tenant = entry.tenant.map(Filter::Tenant);
        let mut said = None;
        for filter in [of_agent, of_tenant, Some(Filter::All)].into_iter().flatten() {
            let Some(of_filter) = self.by_filter.get_mut(&filter) else { continue };
            if said.is_none() {
                said = event(entry).map(|text| Said { seq: entry.seq, text: Bytes::from(text) });
            }
            let Some(said) = &said else { return };
            of_filter.retain(|sender| sender.try_send(said.clone()).is_ok());
        }
    }
}

/// One stream's place in the journal.
pub struct Listening {
    feed: Feed,
    filter: Filter,
    last: Seq,
    live: mpsc::Receiver<Said>,
    /// Whether the journal has to be read before what is handed on may be taken.
    behind: bool,
}

impl Listening {
    /// The next of its events on the wire, one or several. May be dropped while it waits: nothing is lost by it.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub async fn next(&mut self) -> Result<Bytes, StoreError> {
        loop {
            if self.behind {
                let (after, filter) = (self.last, self.filter);
                let read = self.feed.store.read(move |tx| journal::after(tx, after, filter, BATCH));
                let entries = read.await?;
                let Some(newest) = entries.last() else {
                    self.behind = false;
                    continue;
                };
                self.last = newest.seq;
                let text: String = entries.iter().filter_map(event).collect();
                if !text.is_empty() {
                    return Ok(Bytes::from(text));
                }
                continue;
            }
            match self.live.recv().await {
                Some(said) if said.seq > self.last => {
                    self.last = said.seq;
                    return Ok(said.text);
                }
                // Read from the journal already.
                Some(_) => {}
                None => {
                    self.live = self.feed.register(self.filter);
                    self.behind = true;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::journal::NewEntry;
    use crate::store::tests::{Fixture, acme, at};
    use ringbridge_core::id::AgentId;

    /// Appends events of these agents in one commit each; the places they got.
    async fn append(fixture: &Fixture, agents: &[AgentId]) -> Vec<Seq> {
        let mut places = Vec::new();
        for agent in agents.iter().copied() {
            let entry = NewEntry {
                tenant: Some(fixture.tenant),
                agent: Some(agent),
                transaction: None,
                at: at(0),
                kind: "agent.status",
                body: serde_json::Value::Null,
            };
            places.push(fixture.store.write(move |tx| journal::append(tx, &entry)).await.expect("appended"));
        }
        places
    }

    /// The places of events on the wire.
    fn places(text: &[u8]) -> Vec<Seq> {
        let text = String::from_utf8_lossy(text).into_owned();
        text.lines().filter_map(|line| line.strip_prefix("id: ")?.parse().ok()).map(Seq).collect()
    }

    /// Takes as many events as that.
    async fn take(listening: &mut Listening, count: usize) -> Vec<Seq> {
        let mut taken = Vec::new();
        while taken.len() < count {
            taken.extend(places(&listening.next().await.expect("the journal")));
        }
        taken
    }

    fn feed(fixture: &Fixture) -> (Feed, watch::Sender<bool>) {
        let (stop, stopping) = watch::channel(false);
        (Feed::new(fixture.store.clone(), stopping), stop)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn every_listener_gets_each_event_of_its_agent_once_and_in_order_whenever_it_came() {
        let fixture = tokio::task::block_in_place(acme);
        let (feed, _stop) = feed(&fixture);
        let alice = Filter::Agent(fixture.tenant, fixture.alice);
        let mut expected = append(&fixture, &[fixture.alice; 3]).await;
        let mut early = feed.listen(alice, Seq(0));
        let mut all = feed.listen(Filter::Tenant(fixture.tenant), Seq(0));
        let mut late = Vec::new();
        let mut of_tenant = expected.clone();
        for _ in 0..50 {
            let now = append(&fixture, &[fixture.alice, fixture.bob, fixture.alice]).await;
            // One that resumes in the middle of the traffic, from a place in the middle of what has been.
            late.push((expected.len() - 2, feed.listen(alice, expected[expected.len() - 3])));
            expected.extend([now[0], now[2]]);
            of_tenant.extend(now);
        }
        assert_eq!(take(&mut early, expected.len()).await, expected);
        assert_eq!(take(&mut all, of_tenant.len()).await, of_tenant);
        for (first, listening) in &mut late {
            assert_eq!(take(listening, expected.len() - *first).await, expected[*first..]);
        }
        // What each has read by itself was handed on to it, too; what it gives next is new all the same.
        for _ in 0..2 {
            let next = append(&fixture, &[fixture.alice]).await;
            for listening in late.iter_mut().map(|(_, listening)| listening).chain([&mut early, &mut all]) {
                assert_eq!(take(listening, 1).await, next);
            }
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_listener_that_takes_nothing_is_let_go_and_misses_nothing_when_it_comes_back() {
        let fixture = tokio::task::block_in_place(acme);
        let (feed, _stop) = feed(&fixture);
        let alice = Filter::Agent(fixture.tenant, fixture.alice);
        let (mut quick, mut slow) = (feed.listen(alice, Seq(0)), feed.listen(alice, Seq(0)));
        // Both have read the journal to its end and hang on the follower.
        let mut expected = append(&fixture, &[fixture.alice]).await;
        assert_eq!(
            (take(&mut quick, 1).await, take(&mut slow, 1).await),
            (expected.clone(), expected.clone())
        );
        // As after a read that found nothing more.
        slow.behind = false;
        for _ in 0..4 * WAITING {
            let place = append(&fixture, &[fixture.alice]).await;
            assert_eq!(take(&mut quick, 1).await, place);
            expected.extend(place);
        }
        assert!(slow.live.len() <= WAITING);
        assert!(slow.live.is_closed(), "the follower has let it go");
        assert_eq!(take(&mut slow, expected.len() - 1).await, expected[1..]);
        let after = append(&fixture, &[fixture.bob, fixture.alice]).await;
        assert_eq!(take(&mut slow, 1).await, after[1..]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn whoever_has_gone_is_forgotten() {
        let fixture = tokio::task::block_in_place(acme);
        let (feed, _stop) = feed(&fixture);
        let alice = Filter::Agent(fixture.tenant, fixture.alice);
        let mut stays = feed.listen(Filter::Tenant(fixture.tenant), Seq(0));
        drop(feed.listen(alice, Seq(0)));
        for _ in 0..2 {
            append(&fixture, &[fixture.alice]).await;
            take(&mut stays, 1).await;
        }
        let filters: Vec<Filter> = {
            let listeners = feed.listeners.lock().expect("nobody panicked");
            listeners.by_filter.keys().copied().collect()
        };
        assert_eq!(filters, [Filter::Tenant(fixture.tenant)]);
    }
}
