//! The settings of the connectors beside Salesforce: any CRM over HTTP, and the presets of it.
//!
//! Promises: what is here was checked when the tenant file was read: templates are parsed, a choice carries what it needs.
//! The settings are generic over their secrets: as the file wants them, sealed, and open. Leaves to others: reading the
//! file (the server's `provision`), the requests (`jobs/crm/rest`).

use crate::crm::template::{Body, HeaderTemplate, UrlTemplate};
use crate::redact::Secret;
use crate::system_data::Integration;
use serde::{Deserialize, Serialize};

/// The header that carries the idempotency key where the file does not say.
pub const IDEMPOTENCY_HEADER: &str = "Idempotency-Key";

/// All of a tenant's connectors. `S` is what stands in a secret's place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(deserialize = "S: Deserialize<'de>"))]
pub struct Connectors<S = Secret> {
    /// `[tenant.rest]`
    pub rest: Option<Rest<S>>,
    /// `[tenant.hubspot]`
    pub hubspot: Option<Hubspot<S>>,
    /// `[tenant.zendesk]`
    pub zendesk: Option<Zendesk<S>>,
    /// `[tenant.dynamics]`
    pub dynamics: Option<Dynamics<S>>,
}

/// `[tenant.rest]`: any CRM.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rest<S = Secret> {
    /// The method.
    pub method: Method,
    /// The address.
    pub url: UrlTemplate,
    /// Further headers.
    pub headers: Vec<(String, HeaderTemplate)>,
    /// The body.
    pub body: Body,
    /// Where the new record's id is found.
    pub id: IdFrom,
    /// The record's pages, where the CRM has such.
    pub pages: Option<PageTemplates>,
    /// What makes a repetition safe.
    pub repeat: Repeat,
    /// How we log in.
    pub auth: Auth<S>,
    /// `whsec_…`: signs the body as callbacks are signed.
    pub signing_secret: Option<S>,
    /// Allows http.
    pub test_endpoint: bool,
}

/// The method of a request that makes a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Makes a record.
    Post,
    /// Makes or replaces one.
    Put,
    /// Makes or changes one.
    Patch,
}

impl Method {
    /// All of them by their names.
    pub const ALL: [(&'static str, Self); 3] =
        [("POST", Self::Post), ("PUT", Self::Put), ("PATCH", Self::Patch)];

    /// The name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
        }
    }
}

/// Where a new record's id is found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdFrom {
    /// In the answer's JSON, by a pointer (RFC 6901).
    Pointer(String),
    /// In a header of the answer: the last part of its path, or what stands in brackets there.
    Header(String),
    /// It is ours: the request names it.
    Chosen(HeaderTemplate),
}

/// The addresses of a record's pages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageTemplates {
    /// Read-only.
    pub view: UrlTemplate,
    /// In edit mode; absent: the same.
    pub edit: Option<UrlTemplate>,
}

/// What makes a repetition safe (semantics 5.6).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Repeat {
    /// The CRM knows a request by a key in this header, or by its address.
    Key {
        /// The header.
        header: String,
    },
    /// The CRM is asked first.
    LookUp {
        /// Where.
        url: UrlTemplate,
        /// Where the answer has the id (RFC 6901).
        pointer: String,
    },
    /// Nothing does.
    Never,
}

/// How we log in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Auth<S = Secret> {
    /// Not at all.
    None,
    /// `Authorization: Bearer …`
    Bearer(S),
    /// `Authorization: Basic …`
    Basic {
        /// The user.
        user: String,
        /// The password.
        password: S,
    },
    /// A header of the CRM's own.
    Header {
        /// Its name.
        name: String,
        /// Its whole value.
        value: S,
    },
    /// OAuth 2.0 client credentials (RFC 6749, 4.4).
    Client(Client<S>),
}

/// A client of an OAuth 2.0 authorization server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Client<S = Secret> {
    /// The token endpoint.
    pub token_url: String,
    /// The client's id.
    pub id: String,
    /// Its secret.
    pub secret: S,
    /// The scope, where the server wants one.
    pub scope: Option<String>,
}

/// `[tenant.hubspot]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hubspot<S = Secret> {
    /// The private app's access token.
    pub access_token: S,
    /// A property of calls with unique values, which makes a repetition safe.
    pub unique_property: Option<String>,
    /// The account's number, for the record's page.
    pub portal: Option<String>,
    /// Another host; only with `test_endpoint`.
    pub base_url: Option<String>,
    /// Allows http and `base_url`.
    pub test_endpoint: bool,
}

/// `[tenant.zendesk]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Zendesk<S = Secret> {
    /// The account's name before `.zendesk.com`.
    pub subdomain: String,
    /// Who the API token belongs to.
    pub email: String,
    /// The API token.
    pub api_token: S,
    /// Another host; only with `test_endpoint`.
    pub base_url: Option<String>,
    /// Allows http and `base_url`.
    pub test_endpoint: bool,
}

/// `[tenant.dynamics]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dynamics<S = Secret> {
    /// The organisation: `https://contoso.crm.dynamics.com`.
    pub url: String,
    /// The Entra tenant.
    pub directory: String,
    /// The application.
    pub client_id: String,
    /// Its secret.
    pub client_secret: S,
    /// Another token endpoint; only with `test_endpoint`.
    pub token_url: Option<String>,
    /// Allows http, other hosts and `token_url`.
    pub test_endpoint: bool,
}

impl<S> Default for Connectors<S> {
    fn default() -> Self {
        Self { rest: None, hubspot: None, zendesk: None, dynamics: None }
    }
}

impl<S> Connectors<S> {
    /// What is connected.
    #[must_use]
    pub fn connected(&self) -> Vec<Integration> {
        let rest = self.rest.as_ref().map(|_| Integration::Rest);
        let hubspot = self.hubspot.as_ref().map(|_| Integration::Hubspot);
        let zendesk = self.zendesk.as_ref().map(|_| Integration::Zendesk);
        let dynamics = self.dynamics.as_ref().map(|_| Integration::Dynamics);
        [rest, hubspot, zendesk, dynamics].into_iter().flatten().collect()
    }

    /// What leads to a test endpoint.
    #[must_use]
    pub fn on_test_endpoints(&self) -> Vec<Integration> {
        let rest = self.rest.as_ref().filter(|rest| rest.test_endpoint).map(|_| Integration::Rest);
        let hubspot = self.hubspot.as_ref().filter(|hubspot| hubspot.test_endpoint);
        let zendesk = self.zendesk.as_ref().filter(|zendesk| zendesk.test_endpoint);
        let dynamics = self.dynamics.as_ref().filter(|dynamics| dynamics.test_endpoint);
        let hubspot = hubspot.map(|_| Integration::Hubspot);
        let zendesk = zendesk.map(|_| Integration::Zendesk);
        let dynamics = dynamics.map(|_| Integration::Dynamics);
        [rest, hubspot, zendesk, dynamics].into_iter().flatten().collect()
    }

    /// The settings by which a CRM knows our GUID again, where they are the tenant's to choose (semantics 5.6).
    pub fn keys(&self) -> impl Iterator<Item = (Integration, String)> {
        let rest = self.rest.as_ref().and_then(|rest| match &rest.repeat {
            Repeat::Key { header } => Some((Integration::Rest, header.clone())),
            Repeat::LookUp { .. } | Repeat::Never => None,
        });
        let hubspot = self.hubspot.as_ref().and_then(|hubspot| hubspot.unique_property.clone());
        rest.into_iter().chain(hubspot.map(|property| (Integration::Hubspot, property)))
    }

    /// The same settings with something else in each secret's place. The name tells the secrets apart, for ever: sealed
    /// ones are sealed for it.
    ///
    /// # Errors
    /// The function's.
    pub fn try_map<T, E>(
        self,
        mut map: impl FnMut(&'static str, S) -> Result<T, E>,
    ) -> Result<Connectors<T>, E> {
        Ok(Connectors {
            rest: self.rest.map(|rest| rest.try_map(&mut map)).transpose()?,
            hubspot: match self.hubspot {
                Some(Hubspot { access_token, unique_property, portal, base_url, test_endpoint }) => {
                    let access_token = map("hubspot.access_token", access_token)?;
                    Some(Hubspot { access_token, unique_property, portal, base_url, test_endpoint })
                }
                None => None,
            },
            zendesk: match self.zendesk {
                Some(Zendesk { subdomain, email, api_token, base_url, test_endpoint }) => {
                    let api_token = map("zendesk.api_token", api_token)?;
                    Some(Zendesk { subdomain, email, api_token, base_url, test_endpoint })
                }
                None => None,
            },
            dynamics: match self.dynamics {
                Some(Dynamics { url, directory, client_id, client_secret, token_url, test_endpoint }) => {
                    let client_secret = map("dynamics.client_secret", client_secret)?;
                    Some(Dynamics { url, directory, client_id, client_secret, token_url, test_endpoint })
                }
                None => None,
            },
        })
    }

    /// The secret of this name.
    #[must_use]
    pub fn secret(&self, wanted: &str) -> Option<S>
    where
        S: Clone,
    {
        let mut found = None;
        let all = self.clone().try_map(|name, secret| {
            if name == wanted {
                found = Some(secret);
            }
            Ok::<(), std::convert::Infallible>(())
        });
        all.ok().and(found)
    }
}

impl<S> Rest<S> {
    fn try_map<T, E>(self, map: &mut impl FnMut(&'static str, S) -> Result<T, E>) -> Result<Rest<T>, E> {
        let Self { method, url, headers, body, id, pages, repeat, auth, signing_secret, test_endpoint } =
            self;
        let auth = match auth {
            Auth::None => Auth::None,
            Auth::Bearer(secret) => Auth::Bearer(map("rest.secret", secret)?),
            Auth::Basic { user, password } => Auth::Basic { user, password: map("rest.secret", password)? },
            Auth::Header { name, value } => Auth::Header { name, value: map("rest.secret", value)? },
            Auth::Client(Client { token_url, id, secret, scope }) => {
                Auth::Client(Client { token_url, id, secret: map("rest.secret", secret)?, scope })
            }
        };
        let signing_secret = signing_secret.map(|secret| map("rest.signing_secret", secret)).transpose()?;
        Ok(Rest { method, url, headers, body, id, pages, repeat, auth, signing_secret, test_endpoint })
    }
}
