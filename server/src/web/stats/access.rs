//! Who reads statistics: a program with the tenant's name and a data token, by HTTP Basic (semantics 6.2).
//!
//! Promises: nothing else opens them: no cookie (so that no page a person visits can read them with theirs), no action
//! token, no Bearer; tokens are compared by their hashes; wrong ones are counted for each address, apart from log-ins, so
//! that a report with an old token locks nobody out of the console.

use crate::clock;
use crate::store::login_attempt;
use crate::web::App;
use crate::web::login::{ADDRESS_FAILURES_MAX, WINDOW};
use crate::web::problem::Problem;
use crate::web::session::{check_host, client_of, credentials, hash};
use crate::web::words;
use axum::extract::FromRequestParts;
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use ringbridge_core::refusal::{Code, Refusal};
use ringbridge_core::tenant::{Tenant, TokenKind};
use std::net::IpAddr;
use std::sync::Arc;

/// A program that may read a tenant's statistics.
pub(super) struct Reader {
    pub(super) tenant: Arc<Tenant>,
}

impl FromRequestParts<Arc<App>> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let client = client_of(parts)?;
        // Many clients ask once without credentials to be told the scheme: that is no failure.
        let Some(authorization) = parts.headers.get(AUTHORIZATION) else { return Err(challenge()) };
        refuse_guessing(app, client.address).await?;
        let tenants = app.directory.refresh().await?;
        let named = match credentials(authorization.to_str().unwrap_or("")) {
            Some((Some(name), token)) => tenants.named(&name).filter(|tenant| holds(tenant, &token)),
            Some((None, _)) | None => None,
        };
        let Some(tenant) = named.cloned() else {
            note_failure(app, client.address).await?;
            return Err(challenge());
        };
        check_host(app, &tenant, &client.host)?;
        Ok(Self { tenant })
    }
}

/// Whether this is one of the tenant's data tokens. The hashes are compared, not the tokens: how long that takes tells
/// nothing of a token.
fn holds(tenant: &Tenant, token: &str) -> bool {
    let hashed = hash(token);
    tenant.tokens.iter().any(|known| known.kind == TokenKind::Data && known.value_sha256 == hashed)
}

fn challenge() -> Problem {
    Problem::from(Refusal::new(Code::SessionRequired, words::DATA_TOKEN_WRONG))
        .with(WWW_AUTHENTICATE, "Basic realm=\"Ringbridge statistics\", charset=\"UTF-8\"")
}

/// Refuses an address from which too many wrong tokens came, whatever it brings now.
async fn refuse_guessing(app: &App, address: IpAddr) -> Result<(), Problem> {
    let (key, now) = (key_of(address), clock::now());
    let failures = app.store.read(move |tx| login_attempt::count(tx, &key, now)).await?;
    if failures.is_some_and(|(count, _)| count >= ADDRESS_FAILURES_MAX) {
        return Err(Refusal::new(Code::RateLimited, words::TOKENS_THROTTLED).into());
    }
    Ok(())
}

async fn note_failure(app: &App, address: IpAddr) -> Result<(), Problem> {
    let (key, now) = (key_of(address), clock::now());
    let unit = app.store.write(move |tx| {
        login_attempt::remove_expired(tx, now)?;
        login_attempt::failed(tx, &key, now, now.plus(WINDOW))
    });
    unit.await?;
    Ok(())
}

fn key_of(address: IpAddr) -> String {
    format!("statistics {address}")
}
