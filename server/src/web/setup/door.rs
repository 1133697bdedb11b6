//! Who may set the server up while it has no contact center: whoever sits at the machine, or was given its code.
//!
//! Promises: a request that anything passed on is nobody at the machine; the code is made anew at each start, held in memory
//! and compared by its hash, so that how long that takes tells nothing of it; wrong codes are counted like wrong passwords.
//! Leaves to others: printing the code (`cli`).

use crate::store::login_attempt;
use crate::web::App;
use crate::web::edge::Client;
use crate::web::listener::Connection;
use crate::web::login::{ADDRESS_FAILURES_MAX, WINDOW};
use crate::web::problem::Problem;
use crate::web::session;
use crate::web::words;
use crate::{chance, clock};
use axum::http::{HeaderMap, Version};
use ipnet::IpNet;
use ringbridge_core::redact::Secret;
use ringbridge_core::refusal::{Code as Reason, Refusal};
use std::net::IpAddr;

/// What codes are written with: Crockford's digits and letters, none of which looks like another.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// How many of them: 60 bits, which nobody guesses at a hundred tries in five minutes.
const LENGTH: usize = 12;

/// Headers that a proxy adds. One that adds none mostly still names the host it was asked for, or speaks HTTP/1.0, which no
/// browser does: nginx as it comes out of the box says `Host: localhost` and nothing more, but says it in HTTP/1.0.
const PASSED_ON: [&str; 6] =
    ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"];

/// The one-time code of this run.
#[derive(Debug)]
pub struct Code(Secret);

impl Code {
    /// A new one.
    #[must_use]
    pub fn make() -> Self {
        let letter = |byte: u8| char::from(LETTERS[usize::from(byte) % LETTERS.len()]);
        Self(Secret::new(chance::bytes::<LENGTH>().map(letter).iter().collect::<String>()))
    }

    /// As it is printed: `ABCD-EFGH-JKMN`.
    #[must_use]
    pub fn shown(&self) -> String {
        let parts: Vec<&str> =
            self.0.expose().as_bytes().chunks(4).filter_map(|part| std::str::from_utf8(part).ok()).collect();
        parts.join("-")
    }

    /// Whether somebody typed it; case, hyphens and blanks do not count.
    fn is(&self, typed: &str) -> bool {
        let typed: String = typed.chars().filter(|char| !char.is_whitespace() && *char != '-').collect();
        session::hash(&typed.to_ascii_uppercase()) == session::hash(self.0.expose())
    }
}

/// Whether somebody needs the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Door {
    /// No: they sit at this machine.
    Open,
    /// Yes.
    Locked,
}

impl Door {
    /// Judges a request. The browser must have come to us directly and by a name of this machine's own: a page of another
    /// site could point its name here. Behind one of the configuration's `proxies` nobody sits at the machine.
    #[must_use]
    pub(super) fn of(
        connection: Option<Connection>,
        client: &Client,
        (version, headers): (Version, &HeaderMap),
        proxies: &[IpNet],
    ) -> Self {
        let peer = connection.map(|at| at.peer.ip().to_canonical());
        let at_the_machine =
            peer.is_some_and(|peer| peer.is_loopback() && !proxies.iter().any(|proxy| proxy.contains(&peer)));
        let name = client.host.trim_start_matches('[').trim_end_matches(']');
        let by_its_name =
            name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        let passed_on =
            version < Version::HTTP_11 || PASSED_ON.iter().any(|name| headers.contains_key(*name));
        if at_the_machine && by_its_name && !passed_on { Self::Open } else { Self::Locked }
    }
}

/// Why a code opens nothing.
#[derive(Debug)]
pub(super) enum Shut {
    /// It is not the code.
    Wrong,
    /// Too many wrong ones came from this address.
    Throttled,
    /// Trouble with the database.
    Trouble(Problem),
}

/// Looks at a code. The attempt is counted before, so that many at once gain nothing.
///
/// # Errors
/// Why it opens nothing.
pub(super) async fn unlock(app: &App, client: &Client, typed: &str) -> Result<(), Shut> {
    let (key, now) = (key(client), clock::now());
    let count = app.store.write(move |tx| {
        login_attempt::remove_expired(tx, now)?;
        login_attempt::failed(tx, &key, now, now.plus(WINDOW))
    });
    let trouble = |error: crate::store::StoreError| Shut::Trouble(error.into());
    if count.await.map_err(trouble)? > ADDRESS_FAILURES_MAX {
        return Err(Shut::Throttled);
    }
    if !app.setup.is(typed) {
        tracing::warn!(address = %client.address, "a wrong code for the first start was given");
        return Err(Shut::Wrong);
    }
    Ok(())
}

/// What a client's attempts are counted under. They are forgotten with the log-in that follows.
#[must_use]
pub(super) fn key(client: &Client) -> String {
    format!("setup {}", client.address)
}

impl Shut {
    /// The sentence beside the code's field.
    ///
    /// # Errors
    /// What is no matter of the code.
    pub(super) fn sentence(self) -> Result<&'static str, Problem> {
        match self {
            Self::Wrong => Ok(words::SETUP_CODE_WRONG),
            Self::Throttled => Err(Refusal::new(Reason::RateLimited, words::LOGIN_THROTTLED).into()),
            Self::Trouble(problem) => Err(problem),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::listener::Transport;
    use axum::http::HeaderValue;

    fn door(peer: &str, host: &str, header: Option<&'static str>) -> Door {
        door_in(Version::HTTP_11, peer, host, header, &[])
    }

    fn door_in(
        version: Version,
        peer: &str,
        host: &str,
        header: Option<&'static str>,
        proxies: &[IpNet],
    ) -> Door {
        let peer = Connection { peer: peer.parse().expect("an address"), transport: Transport::Tls };
        let client =
            Client { address: peer.peer.ip(), host: host.to_owned(), origin: format!("https://{host}") };
        let headers = header.map(|name| (name.parse().expect("a name"), HeaderValue::from_static("x")));
        Door::of(Some(peer), &client, (version, &headers.into_iter().collect()), proxies)
    }

    #[test]
    fn whoever_sits_at_the_machine_needs_no_code() {
        assert_eq!(door("127.0.0.1:5000", "localhost", None), Door::Open);
        assert_eq!(door("127.0.0.1:5000", "127.0.0.1", None), Door::Open);
        assert_eq!(door("[::1]:5000", "[::1]", None), Door::Open);
        assert_eq!(door("[::ffff:127.0.0.1]:5000", "localhost", None), Door::Open);
    }

    #[test]
    fn everybody_else_does() {
        assert_eq!(door("192.0.2.1:5000", "localhost", None), Door::Locked);
        for header in PASSED_ON {
            assert_eq!(door("127.0.0.1:5000", "localhost", Some(header)), Door::Locked, "{header}");
        }
        for host in ["dial.example.com", "localhost.evil.example", "192.0.2.1", ""] {
            assert_eq!(door("127.0.0.1:5000", host, None), Door::Locked, "{host}");
        }
        let client = Client {
            address: IpAddr::from([127, 0, 0, 1]),
            host: "localhost".to_owned(),
            origin: "https://localhost".to_owned(),
        };
        assert_eq!(
            Door::of(None, &client, (Version::HTTP_2, &HeaderMap::new()), &[]),
            Door::Locked,
            "nobody knows where it came from"
        );
    }

    #[test]
    fn a_proxy_that_says_nothing_of_itself_is_nobody_at_the_machine() {
        let at = |version, proxies: &[IpNet]| door_in(version, "127.0.0.1:5000", "localhost", None, proxies);
        assert_eq!(at(Version::HTTP_10, &[]), Door::Locked, "no browser speaks it");
        assert_eq!(at(Version::HTTP_2, &[]), Door::Open);
        let loopback: IpNet = "127.0.0.0/8".parse().expect("a net");
        assert_eq!(at(Version::HTTP_11, &[loopback]), Door::Locked, "the configuration names it");
        let elsewhere: IpNet = "192.0.2.0/24".parse().expect("a net");
        assert_eq!(at(Version::HTTP_11, &[elsewhere]), Door::Open);
    }

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = Code::make();
        let shown = code.shown();
        assert_eq!(shown.len(), 14);
        for typed in [shown.clone(), shown.to_lowercase(), shown.replace('-', ""), format!(" {shown} ")] {
            assert!(code.is(&typed), "{typed}");
        }
        for wrong in ["", "ABCD-EFGH-JKMN", &shown[1..]] {
            assert!(!code.is(wrong), "{wrong}");
        }
        assert_ne!(Code::make().shown(), shown, "each start has its own");
        assert!(!format!("{code:?}").contains(&shown.replace('-', "")));
    }
}
