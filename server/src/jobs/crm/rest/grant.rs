//! Log-ins, and the access tokens of those that need one (RFC 6749, 4.4).
//!
//! Promises: one token for each tenant's CRM, asked for by one flight at a time and kept until shortly before it expires;
//! a token that was refused is replaced once, and settings that changed get a new one at once. Leaves to others: when a
//! refusal means the token (`attempt`).

use super::answer;
use crate::outbound::{Outbound, Request, Schemes};
use hyper::Method;
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use ringbridge_core::crm::{Class, Failure};
use ringbridge_core::id::TenantId;
use ringbridge_core::redact::Secret;
use ringbridge_core::system_data::Integration;
use ringbridge_core::tenant::connectors::Client;
use ringbridge_core::time::Timestamp;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Mutex as Turn;
use url::form_urlencoded;

/// How we log in.
#[derive(Clone, Debug)]
pub(super) enum Login {
    /// Not at all.
    None,
    /// By a header.
    Header(HeaderName, HeaderValue),
    /// By a token that the client is given.
    Client(Box<Client>),
}

/// The most that is read of a token's answer: tokens of Entra ID have some 2 KiB.
const MOST_READ: usize = 64 * 1024;

/// How long before its end a token is not used any more: longer than an attempt lasts.
const MARGIN: Duration = Duration::from_secs(90);

/// How long a token is believed in whose answer does not say.
const UNSAID: Duration = Duration::from_secs(300);

/// Whose token it is.
pub(super) type Owner = (TenantId, Integration);

/// A token with what it was given for.
struct Held {
    client: Client,
    token: Secret,
    until: Timestamp,
}

/// Where one owner's token is kept, and the turn to ask for it.
type Place = Arc<Turn<Option<Held>>>;

/// All tokens. Clones share them. There are at most as many as tenants have CRMs.
#[derive(Clone, Default)]
pub(super) struct Tokens(Arc<Mutex<HashMap<Owner, Place>>>);

impl Tokens {
    /// The token to use; `refused` is one that the CRM does not take any more.
    pub(super) async fn token(
        &self,
        outbound: &Outbound,
        (owner, client): (Owner, &Client),
        schemes: Schemes,
        refused: Option<&Secret>,
        now: Timestamp,
    ) -> Result<Secret, Failure> {
        let turn = {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.entry(owner).or_default().clone()
        };
        // Whoever waits here finds the token that the one before them was given.
        let mut held = turn.lock().await;
        if let Some(known) = held.as_ref()
            && known.client == *client
            && known.until > now
            && Some(&known.token) != refused
        {
            return Ok(known.token.clone());
        }
        *held = None;
        let (token, lasts) = ask(outbound, client, schemes).await?;
        let until = now.plus(lasts.saturating_sub(MARGIN));
        *held = Some(Held { client: client.clone(), token: token.clone(), until });
        Ok(token)
    }
}

/// Asks for a token. Nothing is made by it, so it may be asked for again whatever happens.
async fn ask(outbound: &Outbound, client: &Client, schemes: Schemes) -> Result<(Secret, Duration), Failure> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    let request = Request {
        method: Method::POST,
        url: &client.token_url,
        schemes,
        headers,
        body: form(client),
        most_read: MOST_READ,
    };
    let failed = |class, code: &str, message: &str| Failure {
        class,
        code: code.to_owned(),
        message: format!("no access token was given: {message}"),
    };
    let reply = outbound
        .send(request)
        .await
        .map_err(|unanswered| failed(Class::Away, "UNREACHABLE", &answer::why(unanswered.error)))?
        .without(&client.secret);
    let json: serde_json::Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    if reply.status != 200 {
        let (code, message) = answer::words(&reply);
        let class = match reply.status {
            408 | 425 | 429 => Class::Throttled,
            500.. => Class::Away,
            _ => Class::Unauthorized,
        };
        return Err(failed(class, &code, &message));
    }
    let token = json["access_token"].as_str().filter(|token| !token.is_empty());
    let token =
        token.ok_or_else(|| failed(Class::Unauthorized, "NO_TOKEN", "the answer holds no access_token"))?;
    // Some servers write the seconds as text.
    let seconds = json["expires_in"].as_u64().or_else(|| json["expires_in"].as_str()?.parse().ok());
    Ok((Secret::new(token), seconds.map_or(UNSAID, Duration::from_secs)))
}

fn form(client: &Client) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials")
        .append_pair("client_id", &client.id)
        .append_pair("client_secret", client.secret.expose());
    if let Some(scope) = &client.scope {
        form.append_pair("scope", scope);
    }
    form.finish()
}
