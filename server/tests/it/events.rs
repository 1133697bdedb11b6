//! Server-sent events: kinds, resuming without a gap, one's own only (contract).

use crate::client::{Browser, Request, connect};
use crate::scene::Scene;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// An open event stream.
pub(crate) struct Stream {
    stream: TlsStream<TcpStream>,
    pub(crate) text: String,
}

impl Stream {
    /// Opens one with the browser's cookie, from an id on.
    async fn open(browser: &Browser<'_>, last: Option<&str>) -> Self {
        Self::open_at(browser, "/api/v1/events", last).await
    }

    /// The same at an address of its own.
    pub(crate) async fn open_at(browser: &Browser<'_>, path: &str, last: Option<&str>) -> Self {
        let cookie = format!("__Host-agui={}", browser.cookie.clone().expect("a cookie"));
        let mut request = Request::get(path).header("Cookie", &cookie);
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last);
        }
        let mut stream = connect(browser.scene, b"http/1.1").await;
        stream.write_all(&request.bytes(&browser.scene.host())).await.expect("sent");
        let mut opened = Self { stream, text: String::new() };
        opened.until(|text| text.contains("retry: ")).await;
        opened
    }

    /// Reads until the text satisfies; a server that does not send it fails the test after a while.
    pub(crate) async fn until(&mut self, satisfied: impl Fn(&str) -> bool) {
        let read = async {
            let mut space = [0; 4096];
            while !satisfied(&self.text) {
                let size = self.stream.read(&mut space).await.expect("read");
                assert_ne!(size, 0, "the stream ended: {}", self.text);
                self.text += &String::from_utf8_lossy(&space[..size]);
            }
        };
        tokio::time::timeout(Duration::from_secs(20), read).await.expect("it comes in time");
    }

    /// Ids and kinds of all events so far, in order.
    fn events(&self) -> Vec<(i64, String)> {
        let lines: Vec<&str> = self.text.lines().collect();
        let pairs = lines.windows(2).filter_map(|pair| {
            Some((pair[0].strip_prefix("id: ")?.parse().ok()?, pair[1].strip_prefix("event: ")?.to_owned()))
        });
        pairs.collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_tells_what_happens_to_its_agent_and_resumes_without_a_gap() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let mut live = Stream::open(&alice, None).await;
    alice.api("PUT", "/api/v1/me/status", Some(serde_json::json!({ "status": "on_break" }))).await;
    alice.api("PUT", "/api/v1/me/status", Some(serde_json::json!({ "status": "available" }))).await;
    let id = alice.click("phone=6502928880&queue_id=101").await.json()["transaction_id"].clone();
    alice.api("POST", &format!("/api/v1/calls/{id}/cancel"), None).await;
    live.until(|text| text.contains("event: wrap_up")).await;
    let events = live.events();
    let kinds: Vec<&str> = events.iter().map(|(_, kind)| kind.as_str()).collect();
    assert_eq!(kinds[..3], ["status", "status", "call"], "{}", live.text);
    assert!(live.text.contains(&format!("\"transaction_id\":{id}")), "{}", live.text);

    // From the first event on, all the others come again, once each and in order.
    let mut resumed = Stream::open(&alice, Some(&events[0].0.to_string())).await;
    let last = format!("id: {}\n", events.last().expect("some").0);
    resumed.until(|text| text.contains(&last)).await;
    assert_eq!(resumed.events()[..events.len() - 1], events[1..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_was_lost_with_a_database_does_not_make_a_stream_deaf() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let mut live = Stream::open(&alice, Some("1000000")).await;
    alice.api("PUT", "/api/v1/me/status", Some(serde_json::json!({ "status": "on_break" }))).await;
    live.until(|text| text.contains("on_break")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_hears_of_others() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let mut bob = Browser::logged_in(&scene, "bob").await;
    let mut of_bob = Stream::open(&bob, None).await;
    alice.api("PUT", "/api/v1/me/status", Some(serde_json::json!({ "status": "on_break" }))).await;
    bob.api("PUT", "/api/v1/me/status", Some(serde_json::json!({ "status": "working_offline" }))).await;
    of_bob.until(|text| text.contains("event: ")).await;
    assert_eq!(of_bob.events().len(), 1);
    assert!(of_bob.text.contains("working_offline") && !of_bob.text.contains("on_break"), "{}", of_bob.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_has_twenty_streams_at_most_and_closed_ones_give_their_place_back() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let mut open = Vec::new();
    for _ in 0..20 {
        open.push(Stream::open(&alice, None).await);
    }
    let refused = alice.send(Request::get("/api/v1/events")).await;
    assert_eq!(refused.outcome(), (429, "RATE_LIMITED".to_owned()));
    drop(open);
    // A stream notices that its client is gone when it next has something to say.
    alice.api("PUT", "/api/v1/me/status", Some(serde_json::json!({ "status": "on_break" }))).await;
    let gone = async {
        while scene.app.metrics.text().lines().any(|line| line == "ringbridge_event_streams 20") {
            alice.api("PUT", "/api/v1/me/status", Some(serde_json::json!({ "status": "available" }))).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone).await.expect("places come back");
    Stream::open(&alice, None).await;
}
