//! Log-in at Salesforce: one request for an access token, and what its answer gives (`salesforce.md` 1.1).
//!
//! Promises: a token is only kept for an address of Salesforce's own (the tenant's `test_endpoint` opens others) and for the
//! org that the tenant expects. A refusal keeps Salesforce's words. Leaves to others: when to ask (`door`).

use super::assertion::{self, Claims};
use super::fault::{Fault, Repeat, code, unanswered, words};
use super::ids::RecordId;
use crate::outbound::{Outbound, Reply, Request, Schemes};
use hyper::Method;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use ringbridge_core::crm::{Class, Failure};
use ringbridge_core::redact::Secret;
use ringbridge_core::tenant::Salesforce;
use ringbridge_core::tenant::salesforce::{Login, is_salesforce_host};
use ringbridge_core::time::Timestamp;
use serde::Deserialize;
use std::path::PathBuf;
use url::{Url, form_urlencoded};

/// The most bytes of a token answer.
const MOST_READ: usize = 64 * 1024;

/// What a log-in gives.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    /// The access token.
    pub(super) token: Secret,
    /// Scheme, host and port of the org.
    pub(super) origin: String,
    /// The org.
    pub(super) org: Option<RecordId>,
}

/// The token answer as it is sent. What else stands there is of no use to us.
#[derive(Deserialize)]
struct Answer {
    access_token: Secret,
    instance_url: String,
    /// `https://login.salesforce.com/id/ORG/USER`
    #[serde(default)]
    id: String,
}

/// An OAuth error: an object, unlike those of the API.
#[derive(Deserialize)]
struct OauthError {
    error: String,
    #[serde(default)]
    error_description: String,
}

/// Which schemes a tenant's org may have.
pub(super) fn schemes(settings: &Salesforce) -> Schemes {
    if settings.test_endpoint { Schemes::HttpAndHttps } else { Schemes::HttpsOnly }
}

/// Logs in, for a user where the flow knows one.
pub(super) async fn ask(
    outbound: &Outbound,
    settings: &Salesforce,
    subject: Option<&str>,
    now: Timestamp,
) -> Result<Grant, Failure> {
    let body = body(settings, subject, now).await?;
    let url = format!("{}/services/oauth2/token", settings.login_url);
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    let request = Request {
        method: Method::POST,
        url: &url,
        schemes: schemes(settings),
        headers: HeaderMap::from_iter([(CONTENT_TYPE, form)]),
        body,
        most_read: MOST_READ,
    };
    // A token that was made and not heard of is forgotten on both sides.
    let reply = outbound.send(request).await.map_err(|why| unanswered(why, Repeat::Asks))?;
    let reply = match &settings.login {
        Login::ClientCredentials { client_secret } => reply.without(client_secret),
        Login::Jwt { .. } => reply,
    };
    if (200..300).contains(&reply.status) { granted(&reply, settings) } else { Err(refusal(&reply)) }
}

async fn body(settings: &Salesforce, subject: Option<&str>, now: Timestamp) -> Result<String, Failure> {
    let form =
        |pairs: &[(&str, &str)]| form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    match &settings.login {
        Login::ClientCredentials { client_secret } => Ok(form(&[
            ("grant_type", "client_credentials"),
            ("client_id", &settings.client_id),
            ("client_secret", client_secret.expose()),
        ])),
        Login::Jwt { username, key_file, audience, .. } => {
            let claims = Claims {
                issuer: settings.client_id.clone(),
                subject: subject.unwrap_or(username).to_owned(),
                audience: audience.clone().unwrap_or_else(|| audience_of(&settings.login_url)),
            };
            let file = PathBuf::from(key_file);
            let signed = tokio::task::spawn_blocking(move || assertion::sign(&claims, &file, now)).await;
            let unsigned = |why: String| unauthorized("KEY_UNUSABLE", why);
            let assertion = signed.map_err(|error| unsigned(error.to_string()))?.map_err(unsigned)?;
            Ok(form(&[
                ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
                ("assertion", assertion.expose()),
            ]))
        }
    }
}

/// For whom an assertion speaks: the log-in hosts by name, and a My Domain's by its kind.
pub(super) fn audience_of(login_url: &str) -> String {
    let host =
        Url::parse(login_url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    if host.ends_with(".sandbox.my.salesforce.com") {
        "https://test.salesforce.com".to_owned()
    } else if host.ends_with(".my.salesforce.com") {
        "https://login.salesforce.com".to_owned()
    } else {
        login_url.to_owned()
    }
}

fn granted(reply: &Reply, settings: &Salesforce) -> Result<Grant, Failure> {
    let unreadable = || Failure {
        class: Class::Away,
        code: String::new(),
        message: "Salesforce's answer to the log-in cannot be read".to_owned(),
    };
    let answer: Answer = serde_json::from_slice(&reply.body).map_err(|_| unreadable())?;
    let origin = origin(&answer.instance_url, settings)?;
    let mut path = answer.id.rsplit('/').skip(1);
    let org = path.next().and_then(RecordId::parse).filter(|id| id.prefix() == "00D");
    if let Some(expected) = settings.org_id.as_deref()
        && RecordId::parse(expected) != org
    {
        let found = org.map_or_else(|| "none".to_owned(), |org| org.to_string());
        let why = format!("the org that answered is {found}, but salesforce.org_id expects {expected}");
        return Err(unauthorized("ORG_MISMATCH", why));
    }
    Ok(Grant { token: answer.access_token, origin, org })
}

/// The origin of `instance_url`. An address that is not Salesforce's own would get the token and the records.
fn origin(instance_url: &str, settings: &Salesforce) -> Result<String, Failure> {
    let url = Url::parse(instance_url).ok().filter(|url| {
        let own = url.scheme() == "https" && url.host_str().is_some_and(is_salesforce_host);
        own || (settings.test_endpoint && url.has_host())
    });
    url.map(|url| url.origin().ascii_serialization()).ok_or_else(|| {
        let shown = words(&instance_url.chars().take(200).collect::<String>());
        unauthorized("INSTANCE_REFUSED", format!("instance_url \"{shown}\" is no address of Salesforce's"))
    })
}

fn unauthorized(code: &str, message: String) -> Failure {
    Failure { class: Class::Unauthorized, code: code.to_owned(), message }
}

fn refusal(reply: &Reply) -> Failure {
    let Ok(OauthError { error, error_description }) = serde_json::from_slice(&reply.body) else {
        let fault = Fault::of(reply);
        let failure = fault.failure(Repeat::Harmless);
        let passes = matches!(failure.class, Class::Away | Class::Throttled | Class::Exhausted);
        let class = match (passes, fault.status()) {
            (true, _) => failure.class,
            (false, 500..) => Class::Away,
            (false, _) => Class::Unauthorized,
        };
        return Failure { class, ..failure };
    };
    let class = match error.as_str() {
        "server_error" | "temporarily_unavailable" => Class::Away,
        _ if error_description.contains("rate exceeded") => Class::Throttled,
        _ if reply.status >= 500 => Class::Away,
        _ => Class::Unauthorized,
    };
    Failure { class, code: code(&error), message: words(&error_description) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assertion_speaks_to_the_login_host_of_its_kind() {
        let table = [
            ("https://login.salesforce.com", "https://login.salesforce.com"),
            ("https://test.salesforce.com", "https://test.salesforce.com"),
            ("https://acme.my.salesforce.com", "https://login.salesforce.com"),
            ("https://acme--dev.sandbox.my.salesforce.com", "https://test.salesforce.com"),
            ("http://127.0.0.1:18080", "http://127.0.0.1:18080"),
        ];
        for (login_url, audience) in table {
            assert_eq!(audience_of(login_url), audience);
        }
    }

    fn settings(test_endpoint: bool) -> Salesforce {
        let login = Login::ClientCredentials { client_secret: Secret::default() };
        Salesforce { test_endpoint, ..super::super::tests::settings("https://login.salesforce.com", login) }
    }

    #[test]
    fn a_token_is_kept_for_an_address_of_salesforces_own_alone() {
        let strict =
            |url: &str| origin(url, &settings(false)).map_err(|failure| (failure.class, failure.sentence()));
        assert_eq!(
            strict("https://acme.my.salesforce.com/some/path"),
            Ok("https://acme.my.salesforce.com".to_owned())
        );
        for url in [
            "http://acme.my.salesforce.com",
            "https://acme.my.salesforce.com.evil.example",
            "https://acme.my.salesforce.com@evil.example",
            "https://127.0.0.1:8443",
            "javascript:alert(1)",
            "",
        ] {
            let sentence = format!("INSTANCE_REFUSED: instance_url \"{url}\" is no address of Salesforce's");
            assert_eq!(strict(url), Err((Class::Unauthorized, sentence)));
        }
        let lax = origin("http://127.0.0.1:8080/", &settings(true)).map_err(|failure| failure.sentence());
        assert_eq!(lax, Ok("http://127.0.0.1:8080".to_owned()));
    }
}
