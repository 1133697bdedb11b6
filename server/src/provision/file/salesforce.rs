//! `[tenant.salesforce]`.
//!
//! Promises: the way to log in has what it needs and nothing of the other one; an address at which tokens would be sent to
//! somebody else than Salesforce is refused with what to write. Leaves to others: connecting (`jobs`), the secret
//! (`resolve`).

use super::{Reader, Wanted, words};
use crate::document::{At, Section};
use ringbridge_core::redact::Secret;
use ringbridge_core::tenant::Salesforce;
use ringbridge_core::tenant::salesforce::{Interface, Login, Subject, is_salesforce_host};
use url::Url;

const INTERFACES: [(&str, Interface); 3] =
    [("lightning", Interface::Lightning), ("classic", Interface::Classic), ("auto", Interface::Auto)];

/// Keys of one flow, which say nothing in the other.
const OF_JWT: [&str; 4] = ["username", "key_file", "audience", "per_agent"];

#[derive(Clone, Copy)]
enum Flow {
    Jwt,
    ClientCredentials,
}

/// Reads the section; the secret is the flow's, to be resolved.
pub(super) fn read(tenant: &Section<'_>, reader: &Reader<'_>) -> Option<(Salesforce, Option<At<Wanted>>)> {
    let section = tenant.section("salesforce")?;
    let test_endpoint = section.flag("test_endpoint").unwrap_or(false);
    let login_url = section.required("login_url").and_then(|at| section.understand(at, words::web_address));
    if let Some(at) = &login_url
        && let Err(sentence) =
            login_host(&at.value, if test_endpoint { Hosts::Any } else { Hosts::Salesforces })
    {
        reader.refuse(at, sentence);
    }
    let client_id = section.required("client_id").map_or("", |at| at.value).to_owned();
    let (login, secret) = login(&section, reader);
    let parsed =
        |key, parse: fn(&str) -> Result<String, String>| section.parsed(key, parse).map(|at| at.value);
    let allowed = section.parsed_list("allowed_fields", field_name);
    let salesforce = Salesforce {
        login_url: login_url.map(|at| at.value.trim_end_matches('/').to_owned()).unwrap_or_default(),
        login,
        client_id,
        api_version: parsed("api_version", version),
        org_id: parsed("org_id", org_id),
        enhanced: section.flag("enhanced").unwrap_or(false),
        auto_log: section.flag("auto_log").unwrap_or(false),
        enrich: section.flag("enrich").unwrap_or(false),
        external_id_field: parsed("external_id_field", field_name),
        allowed_fields: allowed.into_iter().map(|at| at.value).collect(),
        allow_duplicates: section.flag("allow_duplicates").unwrap_or(false),
        interface: section.choice("interface", &INTERFACES).unwrap_or_default(),
        test_endpoint,
    };
    Some((salesforce, secret))
}

/// The way to log in, and its secret.
fn login(section: &Section<'_>, reader: &Reader<'_>) -> (Login, Option<At<Wanted>>) {
    let flows = [("jwt", Flow::Jwt), ("client_credentials", Flow::ClientCredentials)];
    let text = |key| section.filled(key);
    let secret = text("client_secret").map(|at| at.map(Wanted::of));
    let (username, key_file, audience) = (text("username"), text("key_file"), text("audience"));
    let per_agent = section.flag("per_agent").unwrap_or(false);
    match section.choice("flow", &flows).unwrap_or(Flow::ClientCredentials) {
        Flow::Jwt => {
            if username.is_none() || key_file.is_none() {
                let key = if username.is_none() { "username" } else { "key_file" };
                section.refuse_at(key, "the flow \"jwt\" needs \"username\" and \"key_file\"");
            }
            if let Some(at) = &secret {
                reader.refuse(at, "the flow \"jwt\" has no \"client_secret\"; its key is in \"key_file\"");
            }
            let audience = audience.and_then(|at| section.understand(at, words::web_address));
            let login = Login::Jwt {
                username: username.map_or("", |at| at.value).to_owned(),
                key_file: key_file.map(|at| reader.file(&at)).unwrap_or_default(),
                audience: audience.map(|at| at.value),
                subject: if per_agent { Subject::Agent } else { Subject::Integration },
            };
            (login, None)
        }
        Flow::ClientCredentials => {
            if secret.is_none() {
                section.refuse_at("client_secret", "the flow \"client_credentials\" needs \"client_secret\"");
            }
            if let Some(key) = OF_JWT.iter().find(|key| section.has(key)) {
                section.refuse_at(key, format!("\"{key}\" belongs to the flow \"jwt\""));
            }
            (Login::ClientCredentials { client_secret: Secret::default() }, secret)
        }
    }
}

/// Where a tenant may log in.
#[derive(Clone, Copy)]
enum Hosts {
    /// At Salesforce.
    Salesforces,
    /// Anywhere: it says that it is testing.
    Any,
}

/// Looks whether a password given at this address would stay with Salesforce, and whether there is a log-in at all.
fn login_host(text: &str, hosts: Hosts) -> Result<(), String> {
    let Ok(url) = Url::parse(text) else { return Ok(()) };
    let host = url.host_str().unwrap_or_default();
    if let Some(domain) = host.strip_suffix(".lightning.force.com") {
        return Err(format!(
            "\"{host}\" shows pages and takes no log-in; write \"https://{domain}.my.salesforce.com\""
        ));
    }
    match hosts {
        Hosts::Salesforces if url.scheme() != "https" || !is_salesforce_host(host) => Err(format!(
            "\"{text}\" is no address of Salesforce's; write \"https://login.salesforce.com\" or \
             \"https://YOUR-DOMAIN.my.salesforce.com\", or for a stand-in set \"test_endpoint\" as well"
        )),
        Hosts::Salesforces | Hosts::Any => Ok(()),
    }
}

fn version(text: &str) -> Result<String, String> {
    let number =
        text.strip_suffix(".0").filter(|number| number.parse().is_ok_and(|n: u16| (46..1000).contains(&n)));
    number.map(|_| text.to_owned()).ok_or_else(|| {
        format!("\"{text}\" must be a version of the API such as \"67.0\", 46.0 or later; leave it out for the newest")
    })
}

fn org_id(text: &str) -> Result<String, String> {
    let fine = text.starts_with("00D") && matches!(text.len(), 15 | 18);
    (fine && text.bytes().all(|byte| byte.is_ascii_alphanumeric())).then(|| text.to_owned()).ok_or_else(
        || format!("\"{text}\" must be an organization's id: 00D and 12 or 15 letters and digits"),
    )
}

/// The API name of a field.
fn field_name(text: &str) -> Result<String, String> {
    let fine = text.len() <= 80 && text.starts_with(|first: char| first.is_ascii_alphabetic());
    (fine && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))
        .then(|| text.to_owned())
        .ok_or_else(|| format!("\"{text}\" must be the API name of a field such as \"Transactionid__c\""))
}
