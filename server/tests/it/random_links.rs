//! Random links: whatever comes, the answer is a decision and never a 5xx (issue, point 8).
//!
//! The router itself is called, below TLS and above everything else, so that a hundred thousand take seconds.

use crate::client::Browser;
use crate::scene::Scene;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use ringbridge_server::web::{self, listener};
use std::net::SocketAddr;

/// A small generator, so that a failing link can be found again by its number.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).expect("small")
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    /// A value: pieces that mean something, and bytes that do not.
    fn value(&mut self) -> String {
        const PIECES: &[&str] = &[
            "1",
            "650",
            "2928880",
            "+",
            "%2B",
            "(",
            ")",
            "-",
            "x12",
            ";ext=1",
            "[",
            "]",
            "|",
            "[a|b]",
            "[ctl_action|create]",
            "[ctl_callbackUrl|http://h/?a=$notes$]",
            "$notes$",
            "$year",
            "%",
            "%ff",
            "%00",
            "%C3%A9",
            "=",
            "&",
            "#",
            "{",
            "}",
            "101",
            "5251990",
            "%0A",
            "+44",
            "FLOWERS",
            "%EF%BC%95",
            "'",
            "\\",
            "^",
            "`",
            "~",
            "!",
        ];
        let count = self.below(6);
        (0..count).map(|_| self.pick(PIECES)).collect()
    }

    fn query(&mut self) -> String {
        const NAMES: &[&str] = &[
            "prefix",
            "phone",
            "phone",
            "callerId",
            "dialplan_id",
            "queue_id",
            "ctl_userdata",
            "extTransactionData",
            "exTransactionData",
            "request_id",
            "other",
            "%ff",
            "",
        ];
        let count = self.below(6);
        let pairs: Vec<String> =
            (0..count).map(|_| format!("{}={}", self.pick(NAMES), self.value())).collect();
        pairs.join("&")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_random_links_never_give_a_5xx() {
    let scene = Scene::start().await;
    let alice = Browser::logged_in(&scene, "alice").await;
    let cookie = format!("__Host-agui={}", alice.cookie.expect("a cookie"));
    let service = TowerToHyperService::new(web::router(&scene.app, axum::Router::new()));
    let workers = (0..100_u64).map(|worker| {
        let (service, cookie) = (service.clone(), cookie.clone());
        tokio::spawn(async move {
            let mut chance = Chance(0x9E37_79B9_7F4A_7C15 ^ ((worker + 1) << 20));
            for number in 0..1_000 {
                let query = chance.query();
                let mut request = hyper::Request::get(format!("/AGUI/make_call.php?{query}"))
                    .header("Host", "localhost:8443")
                    .header("Cookie", &cookie)
                    .header("Accept", chance.pick(&["application/json", "text/html"]))
                    .body(axum::body::Body::empty())
                    .unwrap_or_else(|error| panic!("{query}: {error}"));
                let peer = SocketAddr::from(([127, 0, 0, 1], 1));
                request
                    .extensions_mut()
                    .insert(listener::Connection { peer, transport: listener::Transport::Tls });
                let answer = service.call(request).await.expect("an answer");
                assert!(
                    answer.status().as_u16() < 500,
                    "worker {worker}, link {number}: {query}: {}",
                    answer.status()
                );
            }
        })
    });
    for worker in workers.collect::<Vec<_>>() {
        worker.await.expect("every answer is a decision");
    }
}
