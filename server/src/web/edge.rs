//! What surrounds every request: who asks and how, HTTPS or nothing, headers that protect the browser, panics, counts.
//!
//! Promises: no handler runs for a request in clear (semantics 1.1); forwarding headers count only from a trusted proxy;
//! every answer has the same protecting headers and dynamic ones are not stored; a panic is a 500 without details, and a
//! client that goes away does not stop a handler half-way. Leaves to others: sessions, and what a problem says.

use super::App;
use super::listener::{Connection, Transport};
use super::problem::{Problem, Wants, render};
use super::words;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ipnet::IpNet;
use ringbridge_core::refusal::{Code, Refusal};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Who asks, after proxies were taken into account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// The client's address.
    pub address: IpAddr,
    /// The host name they used, lower case, without port.
    pub host: String,
    /// The origin of the pages this client sees from us: `https://host[:port]`.
    pub origin: String,
}

/// Whether a request came to us over HTTPS all the way that we can see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Security {
    Encrypted,
    Clear,
}

/// The outermost layer.
pub async fn edge(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let wants = Wants::of(request.uri().path(), request.headers());
    let is_asset = request.uri().path().starts_with("/AGUI/assets/");
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let method = request.method().clone();
    let connection = request.extensions().get::<Connection>().copied().unwrap_or(UNKNOWN);
    let (client, security) = client(connection, request.headers(), request.uri(), &app.trusted_proxies);
    let response = match security {
        Security::Clear => {
            super::session::revoke_seen_in_clear(&app, request.headers()).await;
            Problem::from(Refusal::new(Code::HttpsRequired, words::HTTPS_REQUIRED)).into_response()
        }
        Security::Encrypted => {
            request.extensions_mut().insert(client);
            // A task of its own: a panic ends there, and a commit under way is not dropped with the connection.
            match tokio::spawn(next.run(request)).await {
                Ok(response) => response,
                Err(error) => Problem::internal(&error).into_response(),
            }
        }
    };
    let mut response = render(response, wants);
    // The route alone: query strings hold numbers and customer data, some paths the id of a click that waits (SEC-34).
    tracing::debug!(http.method = %method, http.route = route, http.status = response.status().as_u16(), "answered");
    app.metrics.answered(response.status());
    protect(response.headers_mut(), &app.hsts);
    if !is_asset {
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// Stands in where no listener of ours took the connection: tests that call the router itself.
const UNKNOWN: Connection = Connection {
    peer: SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED), 0),
    transport: Transport::Plain,
};

/// Whether browsers are told to use HTTPS only for this host (HSTS).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hsts {
    /// For two years.
    TwoYears,
    /// Not for localhost and bare addresses: it would reach other programs on that machine.
    Off,
}

impl Hsts {
    /// What fits a public URL.
    #[must_use]
    pub fn for_host(host: &url::Host<&str>) -> Self {
        match host {
            url::Host::Domain(name) if *name != "localhost" && !name.ends_with(".localhost") => {
                Self::TwoYears
            }
            url::Host::Domain(_) | url::Host::Ipv4(_) | url::Host::Ipv6(_) => Self::Off,
        }
    }
}

const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; require-trusted-types-for 'script'";

/// The policy of a page with a form for another origin, which `form-action` otherwise forbids (SEC-30).
#[must_use]
pub fn policy_of_page_posting_to(origin: &str) -> String {
    CONTENT_SECURITY_POLICY.replace("form-action 'self'", &format!("form-action {origin}"))
}

/// Headers of every answer (security SEC-27, SEC-29, SEC-33). The referrer stays within the origin: `no-referrer` would make
/// browsers send `Origin: null` with our own forms.
static PROTECTION: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin-allow-popups"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

fn protect(headers: &mut HeaderMap, hsts: &Hsts) {
    for (name, value) in &PROTECTION {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    match hsts {
        Hsts::TwoYears => {
            let value = HeaderValue::from_static("max-age=63072000");
            headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
        }
        Hsts::Off => {}
    }
}

/// Reads who asks. A trusted proxy's last `X-Forwarded-For` that is no proxy itself is the client; its
/// `X-Forwarded-Proto` says whether the client spoke HTTPS.
fn client(connection: Connection, headers: &HeaderMap, uri: &Uri, trusted: &[IpNet]) -> (Client, Security) {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|net| net.contains(&address.to_canonical()));
    let peer = connection.peer.ip().to_canonical();
    let mut address = peer;
    let mut security = match connection.transport {
        Transport::Tls => Security::Encrypted,
        Transport::Plain => Security::Clear,
    };
    if is_trusted(&peer) {
        let all = |name: &str| {
            let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
            values.flat_map(|value| value.split(',')).map(|part| part.trim().to_owned()).collect::<Vec<_>>()
        };
        // From the right: what stands left of the first stranger was written by that stranger.
        for hop in all("x-forwarded-for").iter().rev() {
            let Ok(hop) = hop.parse::<IpAddr>() else { break };
            address = hop.to_canonical();
            if !is_trusted(&address) {
                break;
            }
        }
        match all("x-forwarded-proto").last().map(String::as_str) {
            Some("https") => security = Security::Encrypted,
            Some(_) => security = Security::Clear,
            None => {}
        }
    }
    let authority = uri.authority().map(|authority| authority.as_str());
    let from_header = || headers.get(header::HOST).and_then(|value| value.to_str().ok());
    let authority = authority.or_else(from_header).unwrap_or("").to_ascii_lowercase();
    (Client { address, host: host_of(&authority), origin: origin_of(&authority) }, security)
}

/// The host of an authority, without port and without the dot that ends a full name.
fn host_of(authority: &str) -> String {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        Some(_) | None => authority,
    };
    host.trim_end_matches('.').to_owned()
}

/// The origin as browsers write it: the default port is left out.
fn origin_of(authority: &str) -> String {
    format!("https://{}", authority.strip_suffix(":443").unwrap_or(authority))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(
        peer: &str,
        transport: Transport,
        pairs: &[(&'static str, &'static str)],
        trusted: &[&str],
    ) -> (String, Security) {
        let connection =
            Connection { peer: SocketAddr::new(peer.parse().expect("an address"), 1), transport };
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        let trusted: Vec<IpNet> = trusted.iter().map(|net| net.parse().expect("a net")).collect();
        let (client, security) = client(connection, &headers, &Uri::from_static("/x"), &trusted);
        (client.address.to_string(), security)
    }

    #[test]
    fn forwarding_headers_count_only_from_a_trusted_proxy() {
        let forwarded = [("x-forwarded-for", "6.6.6.6, 9.9.9.9"), ("x-forwarded-proto", "https")];
        assert_eq!(
            asked("8.8.8.8", Transport::Plain, &forwarded, &["10.0.0.0/8"]),
            ("8.8.8.8".to_owned(), Security::Clear)
        );
        assert_eq!(
            asked("10.1.1.1", Transport::Plain, &forwarded, &["10.0.0.0/8"]),
            ("9.9.9.9".to_owned(), Security::Encrypted)
        );
        let through_two = [("x-forwarded-for", "6.6.6.6, 9.9.9.9, 10.2.2.2")];
        assert_eq!(
            asked("10.1.1.1", Transport::Tls, &through_two, &["10.0.0.0/8"]),
            ("9.9.9.9".to_owned(), Security::Encrypted)
        );
    }

    #[test]
    fn a_proxy_that_was_spoken_to_in_clear_is_believed() {
        let forwarded = [("x-forwarded-proto", "http")];
        assert_eq!(asked("10.1.1.1", Transport::Tls, &forwarded, &["10.0.0.0/8"]).1, Security::Clear);
        assert_eq!(asked("8.8.8.8", Transport::Tls, &forwarded, &["10.0.0.0/8"]).1, Security::Encrypted);
    }

    #[test]
    fn sec_30_a_page_may_post_to_one_origin_and_to_ours_no_more() {
        let policy = policy_of_page_posting_to("https://crm.example");
        let forms: Vec<_> = policy.split("; ").filter(|part| part.starts_with("form-action")).collect();
        assert_eq!(forms, ["form-action https://crm.example"]);
        assert_eq!(policy.replace("https://crm.example", "'self'"), CONTENT_SECURITY_POLICY);
    }

    #[test]
    fn host_and_origin_come_from_the_authority() {
        assert_eq!(host_of("dial.example.com:8443"), "dial.example.com");
        assert_eq!(host_of("dial.example.com."), "dial.example.com");
        assert_eq!(host_of("[::1]:8443"), "[::1]");
        assert_eq!(host_of("[::1]"), "[::1]");
        assert_eq!(origin_of("dial.example.com:443"), "https://dial.example.com");
        assert_eq!(origin_of("localhost:8443"), "https://localhost:8443");
    }
}
