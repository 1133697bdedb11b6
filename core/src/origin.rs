//! Who may start a call by a link: what the request's headers say about the page the click came from (semantics 1.11, 1.12;
//! `security.md` decision 1, SEC-1, SEC-2).
//!
//! Promises: a request that no person made dials nothing; a page that is not trusted dials only after a person has confirmed.
//! Leaves to others: the confirmation page and its one-time token, sessions, HTTPS (the server's `web`).
//!
//! The order of the decision:
//! 1. A browser that loads ahead of a click says so (`Sec-Purpose` and its elders): nothing happens. First, because such a
//!    request can carry every cookie and `Sec-Fetch-Site: none`.
//! 2. Something else than a page of its own (an image, a frame, a script's request), unless from our own pages or from a
//!    client that asks for JSON: refused.
//! 3. The tenant's policy: `any` dials, `confirm-all` asks.
//! 4. Our own pages dial. A typed or bookmarked link, or one in another program, dials if a person opened it
//!    (`Sec-Fetch-Site: none`, `Sec-Fetch-User: ?1`). A listed origin dials if a person clicked there.
//! 5. A request with neither `Sec-Fetch-*` nor `Origin` nor `Referer` is a program that holds the agent's cookie, not a page
//!    in a browser: it dials.
//! 6. Everything else asks.

use crate::refusal::{Code, Refusal};
use crate::tenant::{OriginPolicy, Tenant};
use url::{Origin, Url};

/// The headers that matter, as they came; `None` where a header is absent.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs, reason = "each field is the header of its name")]
pub struct Headers<'a> {
    pub sec_purpose: Option<&'a str>,
    pub purpose: Option<&'a str>,
    pub x_purpose: Option<&'a str>,
    pub x_moz: Option<&'a str>,
    pub fetch_site: Option<&'a str>,
    pub fetch_mode: Option<&'a str>,
    pub fetch_dest: Option<&'a str>,
    pub fetch_user: Option<&'a str>,
    pub origin: Option<&'a str>,
    pub referer: Option<&'a str>,
    /// What the client wants to read.
    pub wants: Wants,
}

/// What the client wants to read (`Accept`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wants {
    /// A page for a person.
    #[default]
    Page,
    /// JSON for a program.
    Json,
}

/// What follows for the click.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It may dial at once.
    Dial,
    /// A person must confirm; the origin it came from, where it is known, for the page to name and to offer for listing.
    Confirm {
        /// `scheme://host[:port]`.
        origin: Option<String>,
    },
    /// It is refused.
    Refuse(Refusal),
    /// A browser loads ahead: nothing happens, 503 (SEC-1).
    Speculative,
}

/// Decides about a click; `own_origin` is the server's, as the browser sees it (`https://host[:port]`).
#[must_use]
pub fn decide(headers: &Headers<'_>, own_origin: &str, tenant: &Tenant) -> Decision {
    if is_speculative(headers) {
        return Decision::Speculative;
    }
    let from = came_from(headers);
    let site = headers.fetch_site.map(str::trim);
    let own = match site {
        Some(site) => site == "same-origin",
        None => matches!((&from, origin_of(own_origin)), (From::Page(from), Some(own)) if *from == own),
    };
    if !own && headers.wants == Wants::Page && !is_page(headers) {
        return Decision::Refuse(Refusal::new(
            Code::ConfirmationRequired,
            "a call can only be started by a page of its own, not from a frame, an image or a script; open the link in \
             a window",
        ));
    }
    match tenant.origin_policy {
        OriginPolicy::Any => return Decision::Dial,
        OriginPolicy::ConfirmAll => return Decision::Confirm { origin: from.text() },
        OriginPolicy::Listed => {}
    }
    let by_a_person = headers.fetch_user.map(str::trim) == Some("?1");
    let browser_tells = [headers.fetch_site, headers.fetch_mode, headers.fetch_dest, headers.fetch_user]
        .iter()
        .any(Option::is_some);
    let dials = match &from {
        _ if own => true,
        _ if site == Some("none") => by_a_person,
        From::Page(page) => is_listed(page, tenant) && (by_a_person || !browser_tells),
        From::Opaque => false,
        From::Nowhere => !browser_tells,
    };
    if dials { Decision::Dial } else { Decision::Confirm { origin: from.text() } }
}

/// Checks an entry of `allowed_origins`: `scheme://host[:port]`, or `scheme://*.host` where every host below is trusted.
///
/// # Errors
/// One sentence.
pub fn check_listed(entry: &str) -> Result<(), String> {
    let (plain, _) = without_star(entry);
    let parsed = Url::parse(&plain).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
    let is_bare = parsed.is_some_and(|url| {
        url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty()
    });
    if is_bare {
        Ok(())
    } else {
        Err(format!(
            "\"{entry}\" is no origin; give scheme and host such as \"https://acme.lightning.force.com\""
        ))
    }
}

/// Whether a page of this origin (`scheme://host[:port]`) is on the tenant's list.
#[must_use]
pub fn lists(tenant: &Tenant, origin: &str) -> bool {
    origin_of(origin).is_some_and(|page| is_listed(&page, tenant))
}

/// Whether a browser loads ahead of a click; such a request must have no effect at all, also without a session (SEC-1).
#[must_use]
pub fn is_speculative(headers: &Headers<'_>) -> bool {
    [headers.sec_purpose, headers.purpose, headers.x_purpose, headers.x_moz]
        .into_iter()
        .flatten()
        .any(|value| !value.trim().is_empty())
}

/// Whether the browser loads a page of its own, as far as it tells.
fn is_page(headers: &Headers<'_>) -> bool {
    let is = |value: Option<&str>, expected: &str| value.is_none_or(|value| value.trim() == expected);
    is(headers.fetch_mode, "navigate") && is(headers.fetch_dest, "document")
}

/// Where a request says that it came from.
enum From {
    /// A page with an origin.
    Page(Origin),
    /// A page that hides its origin (`Origin: null`), or one that cannot be read.
    Opaque,
    /// Neither `Origin` nor `Referer`.
    Nowhere,
}

impl From {
    fn text(&self) -> Option<String> {
        match self {
            Self::Page(origin) => Some(origin.ascii_serialization()),
            Self::Opaque | Self::Nowhere => None,
        }
    }
}

/// The `Origin` of a POST, else that of the `Referer`.
fn came_from(headers: &Headers<'_>) -> From {
    match headers.origin.or(headers.referer).map(str::trim) {
        None | Some("") => From::Nowhere,
        Some(text) => origin_of(text).map_or(From::Opaque, From::Page),
    }
}

/// The origin of a URL, if it has one. User names in it do not count, default ports are none, hosts are lower case.
fn origin_of(url: &str) -> Option<Origin> {
    Url::parse(url).ok().map(|url| url.origin()).filter(Origin::is_tuple)
}

/// Scheme, host and port must be equal; a host that ends like a listed one is another host.
fn is_listed(page: &Origin, tenant: &Tenant) -> bool {
    tenant.allowed_origins.iter().any(|entry| {
        let (plain, below) = without_star(entry);
        let Some(listed) = origin_of(&plain) else { return false };
        match (below, page, &listed) {
            (Below::No, page, listed) => page == listed,
            (
                Below::Yes,
                Origin::Tuple(scheme, host, port),
                Origin::Tuple(listed_scheme, listed_host, listed_port),
            ) => {
                let ends = host.to_string();
                scheme == listed_scheme
                    && port == listed_port
                    && ends
                        .strip_suffix(&listed_host.to_string())
                        .is_some_and(|label| label.len() > 1 && label.ends_with('.'))
            }
            (Below::Yes, Origin::Opaque(_) | Origin::Tuple(..), _) => false,
        }
    })
}

/// Whether an entry means the hosts below its own.
enum Below {
    No,
    Yes,
}

fn without_star(entry: &str) -> (String, Below) {
    match entry.split_once("://*.") {
        Some((scheme, host)) => (format!("{scheme}://{host}"), Below::Yes),
        None => (entry.to_owned(), Below::No),
    }
}
