//! Who is logged in: the cookie, its session, and the tokens of programs.
//!
//! Promises: the cookie holds 256 random bits of which only the SHA-256 is stored; a session ends 30 minutes after its
//! last use and 12 hours after log-in; the tenant comes from the session and from nowhere else (security SEC-31, SEC-32);
//! a host name of another tenant is refused. Leaves to others: making sessions (`login`).

use super::App;
use super::edge::Client;
use super::problem::Problem;
use super::words;
use crate::switchboard::Actor;
use crate::{clock, store};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ringbridge_core::id::AgentId;
use ringbridge_core::refusal::{Code, Refusal};
use ringbridge_core::tenant::{Agent, Role, Tenant, TokenKind};
use ringbridge_core::time::Timestamp;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use std::time::Duration;

/// The cookie's name. The prefix makes browsers insist on Secure, Path=/ and this very host.
pub const COOKIE: &str = "__Host-agui";

/// Unused for so long, a session ends.
pub const IDLE: Duration = Duration::from_secs(30 * 60);

/// So long after log-in a session ends in any case.
pub const ABSOLUTE: Duration = Duration::from_secs(12 * 60 * 60);

/// Use is written down at most this often: a write for every request would cost an fsync each.
const TOUCH_EVERY: Duration = Duration::from_secs(60);

/// An agent with a session.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Their tenant.
    pub tenant: Arc<Tenant>,
    /// The agent.
    pub agent: AgentId,
    /// The hash of their session's id.
    pub session: String,
}

impl Caller {
    /// The agent's settings.
    ///
    /// # Errors
    /// The session's refusal, when the agent was removed in the meantime.
    pub fn settings(&self) -> Result<&Agent, Problem> {
        self.tenant.agent(self.agent).ok_or_else(log_in_first)
    }
}

/// The refusal for everything but a click.
#[must_use]
pub fn log_in_first() -> Problem {
    Problem::from(Refusal::new(Code::SessionRequired, words::LOG_IN_FIRST))
        .leading_to("/AGUI/login".to_owned(), words::TO_LOGIN)
}

/// The lower-case hexadecimal SHA-256 of a secret that is looked up by its hash.
#[must_use]
pub fn hash(secret: &str) -> String {
    Sha256::digest(secret.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The value of the session cookie.
fn cookie(headers: &HeaderMap) -> Option<&str> {
    let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = values.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| value)
}

/// Finds the session of a request: `None` where there is none, or it has ended.
///
/// # Errors
/// [`Code::WrongHost`], or trouble with the database.
pub async fn find(app: &App, headers: &HeaderMap, client: &Client) -> Result<Option<Caller>, Problem> {
    let Some(id_hash) = cookie(headers).map(hash) else { return Ok(None) };
    let Some(caller) = alive(app, id_hash).await? else { return Ok(None) };
    check_host(app, &caller.tenant, &client.host)?;
    Ok(Some(caller))
}

/// The caller of a session that has not ended; notes that it is in use.
///
/// # Errors
/// Trouble with the database.
pub async fn alive(app: &App, id_hash: String) -> Result<Option<Caller>, Problem> {
    let now = clock::now();
    let key = id_hash.clone();
    let found = app.store.read(move |tx| store::session::find(tx, &key, now)).await?;
    let Some(session) = found else { return Ok(None) };
    if now > session.seen_at.plus(IDLE) {
        app.store.write(move |tx| store::session::remove(tx, &id_hash)).await?;
        return Ok(None);
    }
    let directory = app.directory.refresh().await?;
    let tenant = directory.tenant(session.tenant).filter(|tenant| tenant.agent(session.agent).is_some());
    let Some(tenant) = tenant.cloned() else { return Ok(None) };
    if now.since(session.seen_at) >= TOUCH_EVERY {
        let key = id_hash.clone();
        app.store.write(move |tx| store::session::touch(tx, &key, now)).await?;
    }
    Ok(Some(Caller { tenant, agent: session.agent, session: id_hash }))
}

/// Refuses a host name that is not the tenant's: not on its list, or, where it has none, on another tenant's.
///
/// # Errors
/// [`Code::WrongHost`].
pub fn check_host(app: &App, tenant: &Tenant, host: &str) -> Result<(), Problem> {
    let lists = |tenant: &Tenant| tenant.hosts.iter().any(|known| known.eq_ignore_ascii_case(host));
    let fits = if tenant.hosts.is_empty() {
        !app.directory.all().iter().any(|other| lists(other))
    } else {
        lists(tenant)
    };
    if fits { Ok(()) } else { Err(Refusal::new(Code::WrongHost, words::WRONG_HOST).into()) }
}

/// Ends a session whose cookie came in clear: whoever listened has it now (security SEC-33).
pub async fn revoke_seen_in_clear(app: &App, headers: &HeaderMap) {
    if let Some(id_hash) = cookie(headers).map(hash)
        && let Err(error) = app.store.write(move |tx| store::session::remove(tx, &id_hash)).await
    {
        tracing::error!(%error, "a session seen in clear could not be revoked");
    }
}

/// `Set-Cookie` for a new session.
#[must_use]
pub fn set_cookie(id: &str) -> String {
    format!("{COOKIE}={id}; Path=/; Secure; HttpOnly; SameSite=Lax")
}

/// `Set-Cookie` that removes the cookie.
#[must_use]
pub fn clear_cookie() -> String {
    format!("{COOKIE}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax")
}

/// The client of a request, as the edge found it.
///
/// # Errors
/// The internal problem, where the edge did not run.
pub fn client_of(parts: &Parts) -> Result<Client, Problem> {
    parts.extensions.get::<Client>().cloned().ok_or_else(|| Problem::internal(&"no client at the edge"))
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Problem;

    /// The agent behind the cookie. State-changing API calls need the header that a form of another site cannot send.
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let caller = find(app, &parts.headers, &client_of(parts)?).await?.ok_or_else(log_in_first)?;
        check_header(parts)?;
        Ok(caller)
    }
}

/// The guard against forged requests of the API (`contract.md`).
fn check_header(parts: &Parts) -> Result<(), Problem> {
    let safe = [Method::GET, Method::HEAD].contains(&parts.method) || !parts.uri.path().starts_with("/api/");
    let ours = parts.headers.get("x-requested-with").is_some_and(|value| value == "ringbridge");
    if safe || ours { Ok(()) } else { Err(Problem::new(StatusCode::FORBIDDEN, "CSRF", words::CSRF)) }
}

/// Who may look at calls and end them: an agent, or a program with an action token.
#[derive(Clone, Debug)]
pub enum Principal {
    /// By cookie.
    Agent(Caller),
    /// By token.
    Program(Arc<Tenant>),
}

impl Principal {
    /// The tenant within which everything is looked up.
    #[must_use]
    pub fn tenant(&self) -> &Arc<Tenant> {
        match self {
            Self::Agent(caller) => &caller.tenant,
            Self::Program(tenant) => tenant,
        }
    }

    /// How the switchboard knows them.
    #[must_use]
    pub fn actor(&self) -> Actor {
        match self {
            Self::Agent(caller) if !self.oversees() => Actor::Agent(caller.agent),
            Self::Agent(_) | Self::Program(_) => Actor::Overseer,
        }
    }

    /// Whether they look after everybody's calls: supervisors, admins and programs do.
    fn oversees(&self) -> bool {
        match self {
            Self::Agent(caller) => {
                caller.tenant.agent(caller.agent).is_some_and(|agent| agent.role >= Role::Supervisor)
            }
            Self::Program(_) => true,
        }
    }

    /// What they are called in records of who did what.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Agent(caller) => {
                let agent = caller.tenant.agent(caller.agent);
                agent.map_or_else(|| caller.agent.to_string(), |agent| agent.login.clone())
            }
            Self::Program(_) => "an action token".to_owned(),
        }
    }

    /// Lets admins and programs pass.
    ///
    /// # Errors
    /// 403 for everybody else.
    pub fn must_administer(&self) -> Result<(), Problem> {
        let may = match self {
            Self::Agent(caller) => {
                caller.tenant.agent(caller.agent).is_some_and(|agent| agent.role == Role::Admin)
            }
            Self::Program(_) => true,
        };
        if may { Ok(()) } else { Err(Problem::new(StatusCode::FORBIDDEN, "ADMINS_ONLY", words::ADMINS_ONLY)) }
    }

    /// Lets supervisors, admins and programs pass.
    ///
    /// # Errors
    /// 403 for everybody else.
    pub fn must_supervise(&self) -> Result<(), Problem> {
        if self.oversees() {
            Ok(())
        } else {
            Err(Problem::new(StatusCode::FORBIDDEN, "SUPERVISORS_ONLY", words::SUPERVISORS_ONLY))
        }
    }

    /// Whether a call of this agent is theirs to see: one's own, or anybody's for admins, supervisors and programs.
    #[must_use]
    pub fn sees(&self, owner: AgentId) -> bool {
        self.actor().may_touch(owner)
    }
}

impl FromRequestParts<Arc<App>> for Principal {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let Some(authorization) = parts.headers.get(header::AUTHORIZATION) else {
            return Caller::from_request_parts(parts, app).await.map(Self::Agent);
        };
        let wrong = || Problem::from(Refusal::new(Code::SessionRequired, words::TOKEN_WRONG));
        let (name, value) = credentials(authorization.to_str().unwrap_or("")).ok_or_else(wrong)?;
        let hashed = hash(&value);
        // The hashes are compared, not the tokens: how long that takes tells nothing of a token.
        let holds = |tenant: &Tenant| {
            name.as_ref().is_none_or(|name| *name == tenant.name)
                && tenant
                    .tokens
                    .iter()
                    .any(|token| token.kind == TokenKind::Action && token.value_sha256 == hashed)
        };
        let tenant = app
            .directory
            .refresh()
            .await?
            .tenants()
            .iter()
            .find(|tenant| holds(tenant))
            .cloned()
            .ok_or_else(wrong)?;
        check_host(app, &tenant, &client_of(parts)?.host)?;
        Ok(Self::Program(tenant))
    }
}

/// Reads `Bearer TOKEN` or `Basic tenant:token`.
pub(super) fn credentials(authorization: &str) -> Option<(Option<String>, String)> {
    let (scheme, value) = authorization.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some((None, value.trim().to_owned()));
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
    let (name, token) = decoded.split_once(':')?;
    Some((Some(name.to_owned()), token.to_owned()))
}

/// A session last seen before this has ended.
#[must_use]
pub fn idle_since(now: Timestamp) -> Timestamp {
    Timestamp::from_millis(now.as_millis() - i64::try_from(IDLE.as_millis()).unwrap_or(i64::MAX))
}

/// When a session that begins now ends in any case.
#[must_use]
pub fn ends_at(now: Timestamp) -> Timestamp {
    now.plus(ABSOLUTE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn the_cookie_is_found_among_others() {
        let headers =
            HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static("a=b; __Host-agui=0f; c=d"))]);
        assert_eq!(cookie(&headers), Some("0f"));
        let other = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static("x__Host-agui=0f"))]);
        assert_eq!(cookie(&other), None);
    }

    #[test]
    fn the_cookie_is_written_out_in_full() {
        assert_eq!(set_cookie("0f"), "__Host-agui=0f; Path=/; Secure; HttpOnly; SameSite=Lax");
    }

    #[test]
    fn tokens_come_as_bearer_or_as_basic_with_the_tenant() {
        assert_eq!(credentials("Bearer abc"), Some((None, "abc".to_owned())));
        let basic = format!("Basic {}", STANDARD.encode("acme:abc:d"));
        assert_eq!(credentials(&basic), Some((Some("acme".to_owned()), "abc:d".to_owned())));
        assert_eq!(credentials("Digest x"), None);
        assert_eq!(credentials("Basic ???"), None);
    }
}
