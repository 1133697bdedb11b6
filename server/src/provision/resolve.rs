//! What a file wants, completed by what the database has: kept secrets, made secrets, names that others own.
//!
//! Promises: nothing is changed here; what cannot be completed is refused with its line. Leaves to others: the file's own
//! rules (`file`), writing (`apply`).

use super::Mode;
use super::file::{AddressDraft, AgentDraft, TenantDraft, TokenDraft, Wanted};
use super::passwords::{self, Wish};
use crate::document::{At, Place, Problems, Report};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ringbridge_core::callback::SigningKey;
use ringbridge_core::id::AgentId;
use ringbridge_core::redact::Secret;
use ringbridge_core::tenant::salesforce::Login;
use ringbridge_core::tenant::{Agent, ApiToken, Phone, PhoneAddress, Tenant};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;

/// Bytes of a token that is made here: more than anyone guesses.
const TOKEN_BYTES: usize = 32;

/// A tenant as it is and as it shall be.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) current: Option<Tenant>,
    pub(super) wanted: Tenant,
}

/// A secret that was made because the file names none. It is shown once.
#[derive(Debug)]
pub(super) struct Made {
    /// What it is, for example `token reports of tenant acme`.
    pub(super) what: String,
    /// The value.
    pub(super) value: Secret,
}

/// Everything that a file asks for.
#[derive(Debug)]
pub(super) struct Resolved {
    pub(super) changes: Vec<Change>,
    pub(super) made: Vec<Made>,
}

/// Completes the drafts.
///
/// # Errors
/// Everything that cannot be, in the order of lines.
pub(super) fn resolve(
    drafts: Vec<TenantDraft>,
    current: &[Tenant],
    mode: Mode,
) -> Result<Resolved, Problems> {
    let report = Report::default();
    refuse_shared_names(&drafts, current, &report);
    let mut made = Vec::new();
    let mut changes = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let known = current.iter().find(|tenant| tenant.name == draft.tenant.name);
        let wanted = Resolver { known, report: &report, made: &mut made }.tenant(draft);
        changes.push(Change { current: known.cloned(), wanted });
    }
    report.finish()?;
    // Hashing takes time on purpose; a file that is refused does not pay for it.
    hash_passwords(&mut changes, mode);
    Ok(Resolved { changes, made })
}

/// Who owns a name.
enum Owner {
    /// A part of what is being applied, at this place.
    Here(Place),
    /// A tenant that stays as it is.
    Tenant(String),
}

impl Owner {
    /// What is said of them to whoever wrote `at`: a file is the operator's, but one tenant's admins are not told of the
    /// others.
    fn told_at(&self, at: &Place) -> String {
        match self {
            Self::Here(place) => {
                // Whose phone it is says enough; that it registers, the sentence says already.
                let text = place.to_string();
                text.strip_suffix(" register").unwrap_or(&text).to_owned()
            }
            Self::Tenant(_) if at.way().is_some() => "another contact center of this server".to_owned(),
            Self::Tenant(name) => format!("tenant {name}"),
        }
    }
}

/// Host names and the names of registering phones are the server's, so no two tenants may have the same.
fn refuse_shared_names(drafts: &[TenantDraft], current: &[Tenant], report: &Report) {
    let stay = |tenant: &&Tenant| drafts.iter().all(|draft| draft.tenant.name != tenant.name);
    let (mut hosts, mut phones) = (HashMap::new(), HashMap::new());
    for tenant in current.iter().filter(stay) {
        let owner = || Owner::Tenant(tenant.name.clone());
        hosts.extend(tenant.hosts.iter().map(|host| (host.clone(), owner())));
        let all = tenant.agents.iter().flat_map(|agent| &agent.phones);
        phones.extend(all.filter_map(registering_name).map(|name| (name.to_owned(), owner())));
    }
    let claim = |owners: &mut HashMap<String, Owner>, at: &At<String>, what: &str| {
        if let Some(owner) = owners.insert(at.value.clone(), Owner::Here(at.place.clone())) {
            let owner = owner.told_at(&at.place);
            report.add(at.problem(format!("the {what} \"{}\" is taken by {owner}", at.value)));
        }
    };
    for draft in drafts {
        draft.hosts.iter().for_each(|host| claim(&mut hosts, host, "host"));
        for phone in draft.agents.iter().flat_map(|agent| &agent.phones) {
            match &phone.address {
                AddressDraft::Fixed(_) => {}
                AddressDraft::Registers { username, .. } => claim(&mut phones, username, "phone name"),
            }
        }
    }
}

fn registering_name(phone: &Phone) -> Option<&str> {
    match &phone.address {
        PhoneAddress::Fixed(_) => None,
        PhoneAddress::Registers { username, .. } => Some(username),
    }
}

struct Resolver<'a> {
    known: Option<&'a Tenant>,
    report: &'a Report,
    made: &'a mut Vec<Made>,
}

impl Resolver<'_> {
    fn tenant(&mut self, draft: TenantDraft) -> Tenant {
        let mut tenant = draft.tenant;
        if let Some(known) = self.known {
            tenant.id = known.id;
        }
        tenant.agents = draft.agents.iter().map(|agent| self.agent(agent)).collect();
        tenant.tokens = draft.tokens.iter().map(|token| self.token(&tenant.name, token)).collect();
        let known =
            self.known.map(|known| known.callbacks.secret.clone()).filter(|secret| !secret.is_empty());
        tenant.callbacks.secret = match &draft.callback_secrets.secret {
            Some(at) => self.secret(at, known.as_ref()),
            None => known.unwrap_or_else(|| {
                let value = SigningKey::make_secret(crate::chance::bytes());
                let what = format!("callback secret of tenant {}", tenant.name);
                self.made.push(Made { what, value: value.clone() });
                value
            }),
        };
        if let (Some(previous), Some(at)) = (&mut tenant.callbacks.previous, &draft.callback_secrets.previous)
        {
            let known = self.known.and_then(|known| known.callbacks.previous.as_ref());
            previous.secret = self.secret(at, known.map(|known| &known.secret));
        }
        if let (Some(salesforce), Some(at)) = (&mut tenant.salesforce, &draft.client_secret)
            && let Login::ClientCredentials { client_secret } = &mut salesforce.login
        {
            let known = self.known.and_then(|known| known.salesforce.as_ref());
            let known = known.and_then(|known| match &known.login {
                Login::ClientCredentials { client_secret } => Some(client_secret),
                Login::Jwt { .. } => None,
            });
            *client_secret = self.secret(at, known);
        }
        let known = self.known.map(|known| &known.connectors);
        let connectors = draft.connectors.try_map(|name, at| {
            let known = known.and_then(|known| known.secret(name));
            Ok::<_, std::convert::Infallible>(self.secret(&at, known.as_ref()))
        });
        tenant.connectors = connectors.unwrap_or_else(|never| match never {});
        tenant
    }

    /// The agent with their password instead of its hash, or with the hash that is kept; see [`hash_passwords`].
    fn agent(&self, draft: &AgentDraft) -> Agent {
        let known = self.known.and_then(|known| known.agent_by_login(&draft.agent.login));
        let mut agent = draft.agent.clone();
        agent.id = known.map_or(AgentId(0), |known| known.id);
        agent.password_hash = self.secret(&draft.password, known.map(|known| &known.password_hash));
        if let Some(at) = &draft.external_password {
            agent.external_password = self.secret(at, known.map(|known| &known.external_password));
        }
        let phones = draft.phones.iter().map(|phone| {
            phone.with(match &phone.address {
                AddressDraft::Fixed(_) => Secret::default(),
                AddressDraft::Registers { username, password } => {
                    self.secret(password, known.and_then(|known| phone_password(known, &username.value)))
                }
            })
        });
        agent.phones = phones.collect();
        agent
    }

    fn token(&mut self, tenant: &str, draft: &TokenDraft) -> ApiToken {
        let name = &draft.name.value;
        let known = self.known.and_then(|known| known.tokens.iter().find(|token| token.name == *name));
        let value_sha256 = match (draft.value.as_ref().map(|at| (&at.value, at)), known) {
            (Some((Wanted::Set(value), _)), _) => sha256(value),
            (Some((Wanted::Keep, _)) | None, Some(known)) => known.value_sha256.clone(),
            (Some((Wanted::Keep, at)), None) => {
                let text =
                    format!("the token \"{name}\" has no value to keep; leave \"value\" out and one is made");
                self.report.add(at.problem(text));
                String::new()
            }
            (None, None) => {
                let value = Secret::new(URL_SAFE_NO_PAD.encode(crate::chance::bytes::<TOKEN_BYTES>()));
                let hash = sha256(&value);
                self.made.push(Made { what: format!("token {name} of tenant {tenant}"), value });
                hash
            }
        };
        ApiToken { name: name.clone(), kind: draft.kind, value_sha256 }
    }

    fn secret(&self, at: &At<Wanted>, known: Option<&Secret>) -> Secret {
        match (&at.value, known.filter(|known| !known.is_empty())) {
            (Wanted::Set(secret), _) => secret.clone(),
            (Wanted::Keep, Some(known)) => known.clone(),
            (Wanted::Keep, None) => {
                self.report
                    .add(at.problem("\"***\" keeps what is stored, and there is nothing stored here yet"));
                Secret::default()
            }
        }
    }
}

fn phone_password<'a>(agent: &'a Agent, wanted: &str) -> Option<&'a Secret> {
    agent.phones.iter().find_map(|phone| match &phone.address {
        PhoneAddress::Fixed(_) => None,
        PhoneAddress::Registers { username, password } => (username == wanted).then_some(password),
    })
}

/// Turns passwords into hashes, all tenants' at once. A kept hash is a hash already.
fn hash_passwords(changes: &mut [Change], mode: Mode) {
    let mut agents = Vec::new();
    let mut wishes = Vec::new();
    for change in changes {
        let Change { current, wanted } = change;
        for agent in &mut wanted.agents {
            let known = current.as_ref().and_then(|known| known.agent_by_login(&agent.login));
            let stored = known.map(|known| known.password_hash.clone());
            if stored.as_ref() != Some(&agent.password_hash) {
                wishes.push(Wish { password: agent.password_hash.clone(), stored });
                agents.push(agent);
            }
        }
    }
    for (agent, hash) in agents.into_iter().zip(passwords::hashes(&wishes, mode)) {
        agent.password_hash = hash;
    }
}

fn sha256(value: &Secret) -> String {
    Sha256::digest(value.expose().as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
