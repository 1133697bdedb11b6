//! A connection, tried out (`salesforce.md` 6): log-in, user, org, version, the Task's fields.
//!
//! Promises: writes nothing; what fails says what to do. Leaves to others: showing it (`doctor`).

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

/// What a connection was found to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probed {
    /// Who we are there, and with what.
    pub facts: String,
    /// What could be better, in sentences.
    pub notes: Vec<String>,
}

#[derive(Deserialize)]
struct Userinfo {
    preferred_username: String,
}

/// Tries a connection out.
pub(super) async fn probe(exchange: &mut Exchange<'_>, settings: &Salesforce) -> Result<Probed, Failure> {
    let session = exchange.session().await?;
    let reply = exchange.send(&session, &Method::GET, "/services/oauth2/userinfo", None).await;
    // Apps without the scope "openid" or "id" are not told; that is no fault.
    let user = reply.ok().and_then(|reply| serde_json::from_slice::<Userinfo>(&reply.body).ok());
    let user = user.map_or_else(|| "the app's user".to_owned(), |user| user.preferred_username);
    let org = session.grant.org.as_ref().map_or_else(|| "no id".to_owned(), ToString::to_string);
    let version = exchange.version().await?;
    let task = exchange.describe_anew(log::OBJECT).await?;
    let left = exchange.usage.map(|usage| {
        format!(", {} of {} requests left", usage.allowed.saturating_sub(usage.used), usage.allowed)
    });
    let facts = format!("{user} in org {org}, version {version}{}", left.unwrap_or_default());
    let mut notes = vec![];
    notes.extend(about_key(&task, settings));
    notes.extend(about_call_fields(&task));
    if settings.test_endpoint {
        notes.push("test_endpoint is set: this need not be Salesforce".to_owned());
    }
    if exchange.usage.is_some_and(ringbridge_core::crm::Usage::is_near_the_end) {
        notes.push("the day's requests are nearly used up".to_owned());
    }
    Ok(Probed { facts, notes })
}

fn about_key(task: &Describe, settings: &Salesforce) -> Option<String> {
    let Some(name) = settings.external_id_field.as_deref() else {
        let fit = task.fields.iter().find(|field| field.is_key() && field.takes_text(GUID_LENGTH));
        return Some(match fit {
            Some(field) => format!("set external_id_field = \"{}\": repeating is safer with it", field.name),
            None => "no external_id_field is set; with one, repeating is safer".to_owned(),
        });
    };
    match task.field(name) {
        None => Some(format!(
            "{name} is not among the Task's fields; create it on Activity and let our user see it"
        )),
        Some(field) if !(field.external_id && field.unique) => {
            Some(format!("{name} must be both External ID and Unique to be used"))
        }
        Some(field) if !field.createable => {
            Some(format!("our user may not write {name}; allow it to edit the field"))
        }
        Some(field) if !field.takes_text(GUID_LENGTH) => Some(format!(
            "{name} must be a Text of {GUID_LENGTH} characters at least, and has {}",
            field.length
        )),
        Some(_) => None,
    }
}

fn about_call_fields(task: &Describe) -> Option<String> {
    let absent: Vec<_> = CALL_FIELDS.into_iter().filter(|name| task.settable(name).is_none()).collect();
    (!absent.is_empty()).then(|| format!("the Task lacks the call fields {}", absent.join(", ")))
}

/// What is wrong, with what to do.
pub(super) fn sentence(failure: &Failure, settings: &Salesforce) -> String {
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
