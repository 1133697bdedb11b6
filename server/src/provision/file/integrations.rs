//! `[tenant.screen_pop]`, `[tenant.callbacks]` and `[[tenant.token]]`.
//!
//! Promises: what one choice needs is there. Leaves to others: making secrets and tokens (`resolve`).

use super::{Reader, Wanted, words};
use crate::document::{At, Section};
use ringbridge_core::callback::SigningKey;
use ringbridge_core::redact::Secret;
use ringbridge_core::tenant::{Callbacks, PopTarget, PreviousSecret, ScreenPop, TokenKind};

/// A token as the file wants it.
#[derive(Debug)]
pub(in crate::provision) struct TokenDraft {
    /// Its name.
    pub(in crate::provision) name: At<String>,
    /// What it opens.
    pub(in crate::provision) kind: TokenKind,
    /// Its value; absent: the one there is, else a new one.
    pub(in crate::provision) value: Option<At<Wanted>>,
}

pub(super) fn screen_pop(tenant: &Section<'_>, reader: &Reader<'_>) -> Option<ScreenPop> {
    let section = tenant.section("screen_pop")?;
    let targets = [("url", PopTarget::Url), ("salesforce", PopTarget::Salesforce)];
    let enabled = section.flag("enabled").unwrap_or(false);
    let target = section.choice("target", &targets).unwrap_or_default();
    let url = section.filled("url");
    let url = url.and_then(|text| section.understand(text, words::web_address));
    let send_password = section.flag("send_password").unwrap_or(false);
    if enabled && target == PopTarget::Url && url.is_none() && !section.has("url") {
        section.refuse_at("url", "an enabled screen pop needs its \"url\"");
    }
    if let Some(url) = url.as_ref().filter(|url| send_password && !url.value.starts_with("https:")) {
        reader.refuse(url, "with \"send_password\" the address must begin with https://");
    }
    Some(ScreenPop {
        enabled,
        target,
        url: url.map(|at| at.value).unwrap_or_default(),
        account: section.text("account").map_or("", |at| at.value).to_owned(),
        role: section.text("role").map_or("", |at| at.value).to_owned(),
        send_password,
    })
}

/// The secrets that `[tenant.callbacks]` names.
#[derive(Debug, Default)]
pub(in crate::provision) struct CallbackSecrets {
    /// The one that signs.
    pub(in crate::provision) secret: Option<At<Wanted>>,
    /// The one before it.
    pub(in crate::provision) previous: Option<At<Wanted>>,
}

pub(super) fn callbacks(tenant: &Section<'_>, reader: &Reader<'_>) -> (Callbacks, CallbackSecrets) {
    let none =
        Callbacks { secret: Secret::default(), previous: None, https_only: false, userdata_json: false };
    let Some(section) = tenant.section("callbacks") else { return (none, CallbackSecrets::default()) };
    let secret = |key| {
        let secret = section.filled(key).map(|at| at.map(Wanted::of));
        if let Some(at) = &secret
            && let Wanted::Set(secret) = &at.value
            && let Err(refused) = SigningKey::from_secret(secret)
        {
            reader.refuse(at, refused.to_string());
        }
        secret
    };
    let secrets = CallbackSecrets { secret: secret("secret"), previous: secret("previous_secret") };
    let until = section.parsed("previous_secret_until", words::moment);
    match (&secrets.previous, &until) {
        (Some(previous), None) if section.filled("previous_secret_until").is_none() => {
            reader.refuse(
                previous,
                "\"previous_secret\" needs \"previous_secret_until\", the moment when it ends",
            );
        }
        (None, Some(until)) => {
            reader.refuse(
                until,
                "\"previous_secret_until\" says when \"previous_secret\" ends, and there is none",
            );
        }
        (Some(_) | None, Some(_) | None) => {}
    }
    let previous = until.map(|at| PreviousSecret { secret: Secret::default(), until: at.value });
    let https_only = section.flag("https_only").unwrap_or(false);
    let userdata_json = section.flag("userdata_json").unwrap_or(false);
    (Callbacks { previous, https_only, userdata_json, ..none }, secrets)
}

pub(super) fn tokens(tenant: &Section<'_>, reader: &Reader<'_>) -> Vec<TokenDraft> {
    let kinds = [("data", TokenKind::Data), ("action", TokenKind::Action)];
    let mut tokens = Vec::new();
    for section in tenant.sections("token") {
        let name = section.required("name").and_then(|text| section.understand(text, words::name));
        let kind = section.choice("kind", &kinds);
        if !section.has("kind") {
            section.missing("kind", "; it is \"data\" or \"action\"");
        }
        let value = section.filled("value").map(|at| at.map(Wanted::of));
        if let (Some(name), Some(kind)) = (name, kind) {
            tokens.push(TokenDraft { name, kind, value });
        }
    }
    let names: Vec<_> = tokens.iter().map(|token| token.name.clone()).collect();
    reader.unique(&names, |name| format!("the token \"{name}\" stands there twice"));
    tokens
}
