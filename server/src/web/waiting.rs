//! Clicks that wait: for a log-in, for a confirmation, or for the second half of a POST from another site.
//!
//! Promises: nothing is acted on while it waits; what waits is taken once; its id is 256 random bits of which only the
//! hash is stored; a confirmation belongs to one session (security SEC-2, SEC-3, SEC-5). Leaves to others: the caps'
//! enforcement (`store::parked`), what is done with a click that was taken (`click`).

use super::App;
use super::problem::Problem;
use super::session;
use super::words;
use crate::store::parked::{self, Caps, Parked, Parking};
use crate::{chance, clock};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use ringbridge_core::link::{Parameter, Source};
use ringbridge_core::refusal::{Code, Refusal};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::time::Duration;

/// What may wait: an office behind one address, all of whose sessions ended over night, and a thousand in all.
const CAPS: Caps = Caps { per_owner: 100, total: 1_000 };

/// The most bytes of a click that waits without a session (SEC-3).
const PARAMETERS_MAX: usize = 256 * 1024;

/// What a click waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum For {
    /// The agent's log-in; then a button.
    LogIn,
    /// The GET that follows a POST of another site.
    Redirect,
    /// The press of the button on the confirmation page.
    Confirmation,
}

impl For {
    /// How long: to type a password, to follow a redirect, to read a page (SEC-2, SEC-3).
    const fn seconds(self) -> u64 {
        match self {
            Self::LogIn => 600,
            Self::Redirect | Self::Confirmation => 60,
        }
    }
}

/// A click that waits, as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Waiting {
    /// What for.
    pub reason: For,
    /// The origin it was clicked on, as far as it is known.
    pub origin: Option<String>,
    /// Source, name, and value in Base64: values are bytes that need not be text yet.
    parameters: Vec<(Part, String, String)>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Part {
    Query,
    Body,
}

impl Waiting {
    /// Packs a click.
    #[must_use]
    pub fn new(reason: For, origin: Option<String>, parameters: &[Parameter]) -> Self {
        let pack = |parameter: &Parameter| {
            let part = match parameter.source {
                Source::Query => Part::Query,
                Source::Body => Part::Body,
            };
            (part, parameter.name.clone(), STANDARD_NO_PAD.encode(&parameter.value))
        };
        Self { reason, origin, parameters: parameters.iter().map(pack).collect() }
    }

    /// Unpacks it.
    #[must_use]
    pub fn parameters(&self) -> Vec<Parameter> {
        let unpack = |(part, name, value): &(Part, String, String)| Parameter {
            name: name.clone(),
            value: STANDARD_NO_PAD.decode(value).unwrap_or_default(),
            source: match part {
                Part::Query => Source::Query,
                Part::Body => Source::Body,
            },
        };
        self.parameters.iter().map(unpack).collect()
    }
}

/// Whose a waiting click is.
#[derive(Clone, Copy, Debug)]
pub enum Owner<'a> {
    /// Nobody's yet; it came from this address.
    Address(IpAddr),
    /// This session's.
    Session(&'a str),
}

impl Owner<'_> {
    fn text(self) -> String {
        match self {
            Self::Address(address) => format!("address {address}"),
            Self::Session(hash) => format!("session {hash}"),
        }
    }
}

/// Lets a click wait; gives the id under which it is taken.
///
/// # Errors
/// [`Code::TooLarge`], [`Code::RateLimited`] when too many wait already, or trouble with the database.
pub async fn park(app: &App, waiting: &Waiting, owner: Owner<'_>) -> Result<String, Problem> {
    let size: usize = waiting.parameters.iter().map(|(_, name, value)| name.len() + value.len()).sum();
    if matches!(owner, Owner::Address(_)) && size > PARAMETERS_MAX {
        return Err(Refusal::new(Code::TooLarge, words::PARKED_TOO_LARGE).into());
    }
    let id = hexadecimal(&chance::bytes::<32>());
    let now = clock::now();
    let row = Parked {
        id_hash: session::hash(&id),
        owner: owner.text(),
        body: serde_json::to_string(waiting).map_err(|error| Problem::internal(&error))?,
        created_at: now,
        expires_at: now.plus(Duration::from_secs(waiting.reason.seconds())),
    };
    match app.store.write(move |tx| parked::park(tx, &row, CAPS)).await? {
        Parking::Kept => Ok(id),
        Parking::Full => Err(Refusal::new(Code::RateLimited, words::PARKED_TOO_MANY).into()),
    }
}

/// Takes a waiting click, if it waits for one of these and is this owner's; a confirmation is its session's only.
///
/// # Errors
/// Trouble with the database.
pub async fn take(
    app: &App,
    id: &str,
    session: Option<&str>,
    reasons: &[For],
) -> Result<Option<Waiting>, Problem> {
    let (id_hash, now) = (session::hash(id), clock::now());
    let (key, reasons) = (id_hash.clone(), reasons.to_vec());
    let owner = session.map(|hash| Owner::Session(hash).text());
    let taken = app.store.write(move |tx| {
        let Some(row) = parked::peek(tx, &key, now)? else { return Ok(None) };
        let Ok(waiting) = serde_json::from_str::<Waiting>(&row.body) else { return Ok(None) };
        let is_theirs = match waiting.reason {
            For::LogIn | For::Redirect => true,
            For::Confirmation => owner.as_deref() == Some(row.owner.as_str()),
        };
        if !is_theirs || !reasons.contains(&waiting.reason) {
            return Ok(None);
        }
        Ok(parked::take(tx, &id_hash, now)?.map(|_| waiting))
    });
    Ok(taken.await?)
}

/// Bytes in hexadecimal.
#[must_use]
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_click_comes_back_byte_for_byte() {
        let parameter = |name: &str, value: &[u8], source| Parameter {
            name: name.to_owned(),
            value: value.to_vec(),
            source,
        };
        let parameters = vec![
            parameter("phone", b"+1 650", Source::Query),
            parameter("ctl_userdata", &[0xff, b'['], Source::Body),
        ];
        let stored = serde_json::to_string(&Waiting::new(For::LogIn, None, &parameters)).expect("written");
        let waiting: Waiting = serde_json::from_str(&stored).expect("read");
        assert_eq!(waiting.parameters(), parameters);
        assert_eq!(waiting.reason, For::LogIn);
    }
}
