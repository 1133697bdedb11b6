//! A tenant's connectors as keys and values of the tenant file: what plans compare and `export` prints.
//!
//! Promises: one list for both, so that what is exported is what is compared; every key of a section stands there, empty
//! where it is absent. Leaves to others: the words of plans (`facts`, `plan`), TOML (`export`).

use ringbridge_core::redact::Secret;
use ringbridge_core::tenant::connectors::{
    Auth, Connectors, Dynamics, Hubspot, IdFrom, Repeat, Rest, Zendesk,
};

/// A section of the file.
pub(super) struct Listed {
    /// Its name below `tenant`.
    pub(super) name: &'static str,
    /// Its keys in the file's order.
    pub(super) keys: Vec<(&'static str, Entry)>,
}

/// A key's value.
pub(super) enum Entry {
    /// `true` or `false`.
    Flag(bool),
    /// Names with texts.
    Table(Vec<(String, String)>),
    /// Text; empty: absent.
    Text(String),
    /// Text of many lines, which a plan does not repeat.
    Long(String),
    /// A secret; empty: absent.
    Secret(Secret),
}

/// Collects a section's keys.
struct List(Vec<(&'static str, Entry)>);

impl List {
    fn text(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.0.push((key, Entry::Text(value.into())));
        self
    }

    fn maybe(self, key: &'static str, value: Option<&str>) -> Self {
        self.text(key, value.unwrap_or_default())
    }

    fn secret(mut self, key: &'static str, value: Option<&Secret>) -> Self {
        self.0.push((key, Entry::Secret(value.cloned().unwrap_or_default())));
        self
    }

    fn entry(mut self, key: &'static str, entry: Entry) -> Self {
        self.0.push((key, entry));
        self
    }
}

/// The sections of a tenant's connectors, in the file's order.
pub(super) fn listed(connectors: &Connectors) -> Vec<Listed> {
    let sections = [
        connectors.rest.as_ref().map(|settings| ("rest", rest(settings))),
        connectors.hubspot.as_ref().map(|settings| ("hubspot", hubspot(settings))),
        connectors.zendesk.as_ref().map(|settings| ("zendesk", zendesk(settings))),
        connectors.dynamics.as_ref().map(|settings| ("dynamics", dynamics(settings))),
    ];
    sections.into_iter().flatten().map(|(name, list)| Listed { name, keys: list.0 }).collect()
}

fn rest(rest: &Rest) -> List {
    let (id_pointer, id_header, id) = match &rest.id {
        IdFrom::Pointer(pointer) => (Some(pointer.as_str()), None, None),
        IdFrom::Header(header) => (None, Some(header.as_str()), None),
        IdFrom::Chosen(template) => (None, None, Some(template.source())),
    };
    let (repeat, header, look_up_url, look_up_pointer) = match &rest.repeat {
        Repeat::Key { header } => ("idempotency-key", Some(header.as_str()), None, None),
        Repeat::LookUp { url, pointer } => ("look-up", None, Some(url.source()), Some(pointer.as_str())),
        Repeat::Never => ("never", None, None, None),
    };
    let list = List(Vec::new())
        .text("method", rest.method.as_str())
        .text("url", rest.url.source())
        .text("content_type", rest.body.content_type().as_str())
        .entry("body", Entry::Long(rest.body.source().to_owned()))
        .maybe("id_pointer", id_pointer)
        .maybe("id_header", id_header)
        .maybe("id", id)
        .maybe("record_url", rest.pages.as_ref().map(|pages| pages.view.source()))
        .maybe("edit_url", rest.pages.as_ref().and_then(|pages| pages.edit.as_ref()).map(|url| url.source()))
        .text("repeat", repeat)
        .maybe("idempotency_header", header)
        .maybe("look_up_url", look_up_url)
        .maybe("look_up_pointer", look_up_pointer);
    let headers = rest.headers.iter().map(|(name, value)| (name.clone(), value.source().to_owned()));
    auth(list, &rest.auth)
        .secret("signing_secret", rest.signing_secret.as_ref())
        .entry("test_endpoint", Entry::Flag(rest.test_endpoint))
        .entry("headers", Entry::Table(headers.collect()))
}

fn auth(list: List, auth: &Auth) -> List {
    let (word, user, header, client, secret) = match auth {
        Auth::None => ("none", None, None, None, None),
        Auth::Bearer(secret) => ("bearer", None, None, None, Some(secret)),
        Auth::Basic { user, password } => ("basic", Some(user.as_str()), None, None, Some(password)),
        Auth::Header { name, value } => ("header", None, Some(name.as_str()), None, Some(value)),
        Auth::Client(client) => ("oauth", None, None, Some(client), Some(&client.secret)),
    };
    list.text("auth", word)
        .maybe("user", user)
        .maybe("auth_header", header)
        .maybe("token_url", client.map(|client| client.token_url.as_str()))
        .maybe("client_id", client.map(|client| client.id.as_str()))
        .secret("secret", secret)
        .maybe("scope", client.and_then(|client| client.scope.as_deref()))
}

fn hubspot(hubspot: &Hubspot) -> List {
    List(Vec::new())
        .secret("access_token", Some(&hubspot.access_token))
        .maybe("unique_property", hubspot.unique_property.as_deref())
        .maybe("portal", hubspot.portal.as_deref())
        .maybe("base_url", hubspot.base_url.as_deref())
        .entry("test_endpoint", Entry::Flag(hubspot.test_endpoint))
}

fn zendesk(zendesk: &Zendesk) -> List {
    List(Vec::new())
        .text("subdomain", &zendesk.subdomain)
        .text("email", &zendesk.email)
        .secret("api_token", Some(&zendesk.api_token))
        .maybe("base_url", zendesk.base_url.as_deref())
        .entry("test_endpoint", Entry::Flag(zendesk.test_endpoint))
}

fn dynamics(dynamics: &Dynamics) -> List {
    List(Vec::new())
        .text("url", &dynamics.url)
        .text("directory", &dynamics.directory)
        .text("client_id", &dynamics.client_id)
        .secret("client_secret", Some(&dynamics.client_secret))
        .maybe("token_url", dynamics.token_url.as_deref())
        .entry("test_endpoint", Entry::Flag(dynamics.test_endpoint))
}
