//! Links over the wire: whatever a link holds, the answer is one of ours and the server goes on.

use ringbridge_e2e::{client::encode, server::Server, setup::Setup};
use std::thread;

/// How many random links are sent; the parsers are tried with many more in their own crate.
const LINKS: u64 = 4_000;

/// A SplitMix64 generator: the same links every time.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> usize {
        usize::try_from(self.next() % limit).expect("small")
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len() as u64)]
    }
}

/// Pieces that links are made of, good and bad.
const PIECES: [&str; 34] = [
    "prefix",
    "phone",
    "callerId",
    "dialplan_id",
    "queue_id",
    "ctl_userdata",
    "extTransactionData",
    "exTransactionData",
    "request_id",
    "=",
    "&",
    "+",
    "%20",
    "%",
    "%ff",
    "%00",
    "[a|b]",
    "[",
    "]",
    "|",
    "$transaction_id$",
    "$",
    "ctl_callbackUrl",
    "http://127.0.0.1:9/",
    "1",
    "6502928880",
    "+44 20 7946 0958",
    "ext. 12",
    "x",
    "\u{0}",
    "%0d%0a",
    "%F0%9F%98%80",
    ";",
    "%5B%7C%5D",
];

fn random_query(chance: &mut Chance) -> String {
    let mut query = String::new();
    for _ in 0..chance.below(12) {
        match chance.below(3) {
            0 => query.push_str(&format!("&{}={}", chance.pick(&PIECES[..9]), encode(chance.pick(&PIECES)))),
            1 => query.push_str(chance.pick(&PIECES)),
            _ => {
                let byte = u8::try_from(chance.below(256)).expect("a byte");
                query.push_str(&format!("%{byte:02x}"));
            }
        }
    }
    // What HTTP itself forbids in a request line cannot be sent by any client.
    query.chars().map(|c| if c.is_ascii_graphic() { c.to_string() } else { encode(&c.to_string()) }).collect()
}

#[test]
fn random_links_never_break_the_server() {
    let server = Server::start(
        &Setup::default().agent("alice", "127.0.0.1:9".parse().expect("an address")).ring_seconds(1, 1),
    );
    let session = server.login("alice");
    thread::scope(|scope| {
        for part in 0..4 {
            let session = &session;
            scope.spawn(move || {
                let mut chance = Chance(part);
                for _ in 0..LINKS / 4 {
                    let query = random_query(&mut chance);
                    let Ok(answer) = session.try_click_raw(&query) else { continue };
                    assert!(answer.status < 500, "{query}: {answer:?}");
                    assert!(answer.status == 202 || !answer.code().is_empty(), "{query}: {answer:?}");
                }
            });
        }
    });
    assert_eq!(session.get("/api/v1/me").status, 200, "it goes on");
}

#[test]
fn refusals_have_the_codes_of_the_contract() {
    let server = Server::start(&Setup::default().agent("alice", "127.0.0.1:9".parse().expect("an address")));
    let session = server.login("alice");
    for (query, status, code) in [
        ("phone=---", 400, "BAD_NUMBER"),
        ("", 400, "BAD_NUMBER"),
        ("phone=6502928880&prefix=a", 400, "BAD_PARAMETER"),
        ("phone=6502928880&prefix=1&callerId=999", 400, "CALLER_ID_UNKNOWN"),
        ("phone=6502928880&prefix=1&dialplan_id=77", 400, "DIALPLAN_UNKNOWN"),
        ("phone=6502928880&prefix=1&queue_id=77", 400, "QUEUE_UNKNOWN"),
        ("phone=6502928880&prefix=1&ctl_userdata=[a", 400, "USERDATA_MALFORMED"),
        ("phone=%2B4930123456", 403, "NUMBER_NOT_ALLOWED"),
    ] {
        let answer = session.click_raw(query);
        assert_eq!((answer.status, answer.code()), (status, code), "{query}: {answer:?}");
    }
}
