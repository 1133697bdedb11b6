//! What is said to an org in one attempt: requests with a token that is renewed at most once, and what is learnt on the way.
//!
//! Promises: a token is renewed only where Salesforce says that it ended (401 `INVALID_SESSION_ID`), once an attempt; an
//! answer that cannot be read counts as none. Leaves to others: the network (`outbound`), what answers mean (`create`).

use super::describe::Describe;
use super::door::Session;
use super::fault::{Fault, Repeat, refused, unanswered, unreadable};
use super::ids::RecordId;
use super::org::{self, Age, Org, User};
use super::{grant, soql};
use crate::outbound::{Outbound, Reply, Request};
use hyper::Method;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use ringbridge_core::crm::{Class, Failure, Usage};
use ringbridge_core::time::Timestamp;
use serde_json::{Map, Value};
use std::sync::Arc;
use url::form_urlencoded;

/// The most bytes of an answer; a description of an object with 800 fields and long picklists is the longest.
const MOST_READ: usize = 4 * 1024 * 1024;

/// Salesforce's longest name of an object, `__c` included, with room for a namespace.
const OBJECT_NAME_MAX: usize = 80;

/// One attempt's talk with an org.
pub(super) struct Exchange<'a> {
    outbound: &'a Outbound,
    org: &'a Org,
    user: User,
    now: Timestamp,
    session: Option<Arc<Session>>,
    renewed: Renewed,
    /// The org's allowance, as it was told last.
    pub(super) usage: Option<Usage>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Renewed {
    No,
    Yes,
}

/// A request below the version's path.
struct Ask<'a> {
    method: Method,
    path: &'a str,
    body: Option<String>,
    repeat: Repeat,
}

/// A write, and whether doing it twice does harm.
pub(super) enum Write<'a> {
    /// A new record each time.
    Insert {
        /// The object.
        object: &'a str,
    },
    /// The record with this value in this field.
    Upsert {
        /// The object.
        object: &'a str,
        /// The key's field.
        field: &'a str,
        /// Its value.
        value: &'a str,
    },
}

impl Write<'_> {
    /// Whether it can be repeated.
    pub(super) const fn repeat(&self) -> Repeat {
        match self {
            Self::Insert { .. } => Repeat::Harmful,
            Self::Upsert { .. } => Repeat::Harmless,
        }
    }
}

impl<'a> Exchange<'a> {
    /// Nothing was said yet.
    pub(super) fn new(outbound: &'a Outbound, org: &'a Org, user: User, now: Timestamp) -> Self {
        Self { outbound, org, user, now, session: None, renewed: Renewed::No, usage: None }
    }

    /// The session, logged in to if need be.
    pub(super) async fn session(&mut self) -> Result<Arc<Session>, Failure> {
        if let Some(session) = &self.session {
            return Ok(session.clone());
        }
        self.log_in(None).await
    }

    async fn log_in(&mut self, ended: Option<&Session>) -> Result<Arc<Session>, Failure> {
        let log_in = grant::ask(self.outbound, &self.org.settings, self.user.as_deref(), self.now);
        let session = self.org.door(&self.user).session(ended, log_in).await?;
        self.session = Some(session.clone());
        Ok(session)
    }

    /// The version of the API. What the org offers is public and costs none of its allowance.
    pub(super) async fn version(&mut self) -> Result<String, Failure> {
        if let Some(version) = self.org.version() {
            return Ok(version);
        }
        let session = self.session().await?;
        let url = format!("{}/services/data", session.grant.origin);
        let request = self.request(Method::GET, &url, HeaderMap::new(), String::new());
        let reply = self.outbound.send(request).await.map_err(|why| unanswered(why, Repeat::Asks))?;
        let Some(version) = org::choose_version(&reply.body).filter(|_| reply.status == 200) else {
            return Ok(org::default_version());
        };
        self.org.set_version(&version);
        Ok(version)
    }

    /// An object; what is believed of it may be up to an hour old.
    pub(super) async fn describe(&mut self, object: &str) -> Result<(Age, Arc<Describe>), Failure> {
        match self.org.object(&self.user, object, self.now) {
            Some(known) => Ok(known),
            None => self.describe_anew(object).await.map(|describe| (Age::Fresh, describe)),
        }
    }

    /// An object as it is now.
    pub(super) async fn describe_anew(&mut self, object: &str) -> Result<Arc<Describe>, Failure> {
        let plain = object.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if object.is_empty() {
            return Err(refused("OBJECT_TYPE_MISSING", "the link's user data has no ObjectType"));
        }
        if !plain || object.len() > OBJECT_NAME_MAX {
            let shown: String = object.chars().take(OBJECT_NAME_MAX).collect();
            return Err(refused("INVALID_TYPE", format!("sObject type '{shown}' is not supported.")));
        }
        let path = format!("/sobjects/{object}/describe");
        let reply =
            self.ask(Ask { method: Method::GET, path: &path, body: None, repeat: Repeat::Describes }).await?;
        if reply.status != 200 {
            let failure = Fault::of(&reply).failure(Repeat::Harmless);
            let message = if failure.class == Class::Refused {
                format!("{} (ObjectType \"{object}\")", failure.message)
            } else {
                failure.message
            };
            return Err(Failure { message, ..failure });
        }
        let describe = serde_json::from_slice(&reply.body).map_err(|_| unreadable(Repeat::Harmless))?;
        let describe = Arc::new(describe);
        self.org.set_object(&self.user, object, &describe, self.now);
        Ok(describe)
    }

    /// Forgets what was believed of an object.
    pub(super) fn forget(&self, object: &str) {
        self.org.forget_object(&self.user, object);
    }

    /// The records with a value, two at most.
    pub(super) async fn find(
        &mut self,
        object: &str,
        field: &str,
        value: &str,
    ) -> Result<Vec<RecordId>, Failure> {
        let query: String =
            form_urlencoded::byte_serialize(soql::by_value(object, field, value).as_bytes()).collect();
        let reply = self.get(&format!("/query?q={query}")).await?;
        if reply.status != 200 {
            return Err(Fault::of(&reply).failure(Repeat::Harmless));
        }
        soql::ids(&reply.body).ok_or_else(|| unreadable(Repeat::Harmless))
    }

    /// Writes a record; an answer of any status is an answer.
    pub(super) async fn write(
        &mut self,
        write: &Write<'_>,
        fields: &Map<String, Value>,
    ) -> Result<Reply, Failure> {
        let body = serde_json::to_string(fields).expect("texts, numbers and booleans are JSON");
        let repeat = write.repeat();
        let (method, path) = match write {
            Write::Insert { object } => (Method::POST, format!("/sobjects/{object}")),
            Write::Upsert { object, field, value } => {
                let value: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
                (Method::PATCH, format!("/sobjects/{object}/{field}/{}", value.replace('+', "%20")))
            }
        };
        self.ask(Ask { method, path: &path, body: Some(body), repeat }).await
    }

    /// Reads below the version's path.
    pub(super) async fn get(&mut self, path: &str) -> Result<Reply, Failure> {
        self.ask(Ask { method: Method::GET, path, body: None, repeat: Repeat::Harmless }).await
    }

    /// Asks, and once more with a new token where the one it had was over. Such an answer means that nothing was done.
    async fn ask(&mut self, ask: Ask<'_>) -> Result<Reply, Failure> {
        let version = self.version().await?;
        let path = format!("/services/data/v{version}{}", ask.path);
        loop {
            let session = self.session().await?;
            let reply = self.send(&session, &ask.method, &path, ask.body.as_deref());
            let reply = reply.await.map_err(|why| unanswered(why, ask.repeat))?;
            self.usage = reply.header("sforce-limit-info").and_then(usage).or(self.usage);
            if reply.status != 401 {
                return Ok(reply);
            }
            let fault = Fault::of(&reply);
            if !fault.is_expiry() || self.renewed == Renewed::Yes {
                return Err(fault.failure(ask.repeat));
            }
            self.renewed = Renewed::Yes;
            self.log_in(Some(&session)).await?;
        }
    }

    /// Sends one request with the session's token.
    pub(super) async fn send(
        &self,
        session: &Session,
        method: &Method,
        path: &str,
        body: Option<&str>,
    ) -> Result<Reply, crate::outbound::Unanswered> {
        let url = format!("{}{path}", session.grant.origin);
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        // A token with a line break in it is none, and Salesforce says so.
        let bearer = HeaderValue::from_str(&format!("Bearer {}", session.grant.token.expose()));
        let mut bearer = bearer.unwrap_or(HeaderValue::from_static("Bearer"));
        bearer.set_sensitive(true);
        headers.insert(AUTHORIZATION, bearer);
        if body.is_some() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            if self.org.settings.allow_duplicates {
                let name = HeaderName::from_static("sforce-duplicate-rule-header");
                headers.insert(name, HeaderValue::from_static("allowSave=true"));
            }
        }
        let body = body.unwrap_or_default().to_owned();
        let reply = self.outbound.send(self.request(method.clone(), &url, headers, body)).await;
        reply.map(|reply| reply.without(&session.grant.token))
    }

    fn request<'u>(&self, method: Method, url: &'u str, headers: HeaderMap, body: String) -> Request<'u> {
        let schemes = grant::schemes(&self.org.settings);
        Request { method, url, schemes, headers, body, most_read: MOST_READ }
    }
}

/// `api-usage=10018/100000`, perhaps with parts behind a `;` that do not matter here.
fn usage(text: &str) -> Option<Usage> {
    let told = text.split([';', ',']).find_map(|part| part.trim().strip_prefix("api-usage="))?;
    let (used, allowed) = told.split_once('/')?;
    Some(Usage { used: used.parse().ok()?, allowed: allowed.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_allowance_is_read_among_other_parts() {
        let expected = Some(Usage { used: 10018, allowed: 100_000 });
        assert_eq!(usage("api-usage=10018/100000"), expected);
        assert_eq!(
            usage("api-bursts=1/750; api-usage=10018/100000; per-app-api-usage=17/250(appName=x)"),
            expected
        );
        assert_eq!(usage("per-app-api-usage=17/250(appName=x)"), None);
        assert_eq!(usage("api-usage=many"), None);
    }
}
