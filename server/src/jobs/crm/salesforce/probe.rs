//! A connection, tried out (`salesforce.md` 6): log-in, user, org, version, the Task's fields, what is left of the day.
//!
//! Promises: writes nothing; each step says what was found, and one that fails says what to do and is the last. Leaves to
//! others: showing it (`doctor`, `web`), the time for all of it (the parent).

use super::describe::Describe;
use super::exchange::Exchange;
use super::log;
use hyper::Method;
use ringbridge_core::crm::{Class, Failure};
use ringbridge_core::tenant::Salesforce;
use ringbridge_core::tenant::salesforce::Login;
use serde::Deserialize;

/// How long our GUIDs are: `int-` and 32 digits.
const GUID_LENGTH: usize = 36;

/// The fields that tell of a call; an org has them only with certain licences.
const CALL_FIELDS: [&str; 4] = ["CallType", "CallDurationInSeconds", "CallDisposition", "CallObject"];

/// A step of a trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What was tried, for people: `log in`.
    pub name: &'static str,
    /// How it went.
    pub found: Found,
    /// What was found, or what is wrong and what to do.
    pub text: String,
}

/// How a step of a trial went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// All is well.
    Well,
    /// It works, and could be better.
    Improvable,
    /// It does not work.
    Wrong,
}

/// The steps as they are taken.
#[derive(Debug, Default)]
pub(super) struct Steps(pub(super) Vec<Step>);

impl Steps {
    fn well(&mut self, name: &'static str, text: impl Into<String>) {
        self.0.push(Step { name, found: Found::Well, text: text.into() });
    }

    fn improvable(&mut self, name: &'static str, text: impl Into<String>) {
        self.0.push(Step { name, found: Found::Improvable, text: text.into() });
    }

    pub(super) fn wrong(&mut self, name: &'static str, text: impl Into<String>) {
        self.0.push(Step { name, found: Found::Wrong, text: text.into() });
    }
}

#[derive(Deserialize)]
struct Userinfo {
    preferred_username: String,
}

/// Tries a connection out, until a step fails.
pub(super) async fn probe(exchange: &mut Exchange<'_>, settings: &Salesforce, steps: &mut Steps) {
    if settings.test_endpoint {
        steps.improvable("address", "test_endpoint is set: this need not be Salesforce");
    }
    if let Err((name, failure)) = walk(exchange, settings, steps).await {
        steps.wrong(name, sentence(&failure, settings));
    }
}

async fn walk(
    exchange: &mut Exchange<'_>,
    settings: &Salesforce,
    steps: &mut Steps,
) -> Result<(), (&'static str, Failure)> {
    let at = |name| move |failure| (name, failure);
    let session = exchange.session().await.map_err(at("log in"))?;
    let reply = exchange.send(&session, &Method::GET, "/services/oauth2/userinfo", None).await;
    // Apps without the scope "openid" or "id" are not told; that is no fault.
    let user = reply.ok().and_then(|reply| serde_json::from_slice::<Userinfo>(&reply.body).ok());
    let user = user.map_or_else(|| "the app's user".to_owned(), |user| user.preferred_username);
    let org = session.grant.org.as_ref().map_or_else(|| "no id".to_owned(), ToString::to_string);
    steps.well("log in", format!("{user} in org {org}"));
    let version = exchange.version().await.map_err(at("API version"))?;
    steps.well("API version", format!("version {version}"));
    let task = exchange.describe_anew(log::OBJECT).await.map_err(at("the Task's fields"))?;
    about_call_fields(&task, steps);
    about_key(&task, settings, steps);
    if let Some(usage) = exchange.usage {
        let left = usage.allowed.saturating_sub(usage.used);
        steps.well("requests", format!("{left} of {} requests left", usage.allowed));
        if usage.is_near_the_end() {
            steps.improvable("requests", "the day's requests are nearly used up");
        }
    }
    Ok(())
}

fn about_key(task: &Describe, settings: &Salesforce, steps: &mut Steps) {
    let name = "external id";
    let Some(key) = settings.external_id_field.as_deref() else {
        let fit = task.fields.iter().find(|field| field.is_key() && field.takes_text(GUID_LENGTH));
        let advice = match fit {
            Some(field) => format!("set external_id_field = \"{}\": repeating is safer with it", field.name),
            None => "no external_id_field is set; with one, repeating is safer".to_owned(),
        };
        return steps.improvable(name, advice);
    };
    let unfit = match task.field(key) {
        None => {
            format!("{key} is not among the Task's fields; create it on Activity and let our user see it")
        }
        Some(field) if !(field.external_id && field.unique) => {
            format!("{key} must be both External ID and Unique to be used")
        }
        Some(field) if !field.createable => {
            format!("our user may not write {key}; allow it to edit the field")
        }
        Some(field) if !field.takes_text(GUID_LENGTH) => {
            format!("{key} must be a Text of {GUID_LENGTH} characters at least, and has {}", field.length)
        }
        Some(_) => return steps.well(name, format!("{key} tells records apart")),
    };
    steps.improvable(name, unfit);
}

fn about_call_fields(task: &Describe, steps: &mut Steps) {
    let absent: Vec<_> = CALL_FIELDS.into_iter().filter(|name| task.settable(name).is_none()).collect();
    if absent.is_empty() {
        steps.well("the Task's fields", "the Task takes the facts of a call");
    } else {
        steps
            .improvable("the Task's fields", format!("the Task lacks the call fields {}", absent.join(", ")));
    }
}

/// What is wrong, with what to do.
fn sentence(failure: &Failure, settings: &Salesforce) -> String {
    let said = failure.sentence();
    if let ("KEY_UNUSABLE", Login::Jwt { key_file, .. }) = (failure.code.as_str(), &settings.login) {
        return format!("{said}; it is {key_file}");
    }
    match advice(failure) {
        Some(advice) => format!("{said}; {advice}"),
        None => said,
    }
}

fn advice(failure: &Failure) -> Option<&'static str> {
    let message = failure.message.to_lowercase();
    let table = [
        (
            "hasn't approved",
            "pre-authorize the user: app policies, \"Admin approved users are pre-authorized\", and a permission set",
        ),
        ("not admin approved", "give the user a permission set that the app lists in its policies"),
        ("audience is invalid", "set salesforce.audience to the log-in host"),
        ("expired authorization code", "set the clock of this machine, and look whether the user may log in"),
        ("invalid assertion", "upload the certificate that belongs to salesforce.key_file to the app"),
        ("user is locked", "unlock the user in Setup, Users"),
        ("inactive user", "activate the user in Setup, Users"),
        ("ip restricted", "relax the app's IP restrictions or add this machine's address"),
        ("not supported on this domain", "set salesforce.login_url to https://YOUR-DOMAIN.my.salesforce.com"),
        (
            "client identifier invalid",
            "compare salesforce.client_id with the app's consumer key; a new app needs ten minutes",
        ),
        ("no client credentials user", "set a Run As user in the app's policies"),
        ("outbound.allow_private", "list the stand-in's range in outbound.allow_private"),
    ];
    if let Some((_, advice)) = table.iter().find(|(words, _)| message.contains(words)) {
        return Some(advice);
    }
    match failure.code.as_str() {
        "invalid_client" => Some("compare salesforce.client_secret with the app's consumer secret"),
        "API_DISABLED_FOR_ORG" | "API_CURRENTLY_DISABLED" => {
            Some("the org's edition or the user's profile needs \"API Enabled\"")
        }
        _ => (failure.class == Class::Away)
            .then_some("look whether this machine reaches salesforce.login_url on port 443"),
    }
}
