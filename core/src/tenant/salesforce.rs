//! What a tenant's file says of its Salesforce org.
//!
//! Promises: a way to log in has all it needs; hosts are Salesforce's own unless the tenant says that it is testing. Leaves
//! to others: reading and checking the file (the server's `provision`), speaking to the org (`jobs/crm`).

use crate::redact::Secret;
use serde::{Deserialize, Serialize};

/// `[tenant.salesforce]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Salesforce {
    /// Where we log in: `https://login.salesforce.com`, `https://test.salesforce.com`, or the org's My Domain.
    pub login_url: String,
    /// How we log in.
    pub login: Login,
    /// The app's consumer key.
    pub client_id: String,
    /// Which version of the API is spoken, for example `67.0`; absent: the newest that both sides know.
    pub api_version: Option<String>,
    /// The id of the org that must answer; absent: any.
    pub org_id: Option<String>,
    /// Enhanced integration: logs are linked to the record that the click came from (semantics 5.3).
    pub enhanced: bool,
    /// A log is written for each call whose link writes none (5.3).
    pub auto_log: bool,
    /// The call's own facts are written into the call fields that the link leaves alone.
    pub enrich: bool,
    /// The field that holds our GUID: an External ID that is Unique (5.6, REL-5).
    pub external_id_field: Option<String>,
    /// Fields that links may set although they are kept from them (SEC-25).
    pub allowed_fields: Vec<String>,
    /// Records are written although the org's duplicate rules find one like it, where the rules let us.
    pub allow_duplicates: bool,
    /// Which pages are opened.
    pub interface: Interface,
    /// The org is a stand-in: any host, and plain HTTP.
    pub test_endpoint: bool,
}

/// How we log in to an org.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Login {
    /// OAuth 2.0 client credentials: the app's own user.
    ClientCredentials {
        /// The app's consumer secret.
        client_secret: Secret,
    },
    /// OAuth 2.0 JWT bearer: a user who was approved for the app.
    Jwt {
        /// The user.
        username: String,
        /// The private key's file, absolute.
        key_file: String,
        /// For whom the assertion speaks; absent: the host of `login_url`.
        audience: Option<String>,
        /// Whose name records bear.
        subject: Subject,
    },
}

/// Whose name records bear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The integration's user, always.
    Integration,
    /// The agent's own user (`external_username`) where they have one.
    Agent,
}

/// Which of Salesforce's two faces is opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interface {
    /// Lightning Experience.
    Lightning,
    /// Classic.
    Classic,
    /// Addresses that the user's own choice decides on, where there are such.
    #[default]
    Auto,
}

impl Interface {
    /// Its word in the tenant file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lightning => "lightning",
            Self::Classic => "classic",
            Self::Auto => "auto",
        }
    }
}

/// The domains that are Salesforce's own: public, government and China.
const DOMAINS: [&str; 5] =
    ["salesforce.com", "force.com", "salesforce.mil", "cloudforce.com", "sfcrmproducts.cn"];

/// Whether a host is Salesforce's own, so that a token may be sent there.
#[must_use]
pub fn is_salesforce_host(host: &str) -> bool {
    DOMAINS.iter().any(|domain| {
        let name = host.strip_suffix(domain).and_then(|rest| rest.strip_suffix('.'));
        name.is_some_and(|name| !name.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hosts_below_salesforces_own_domains_are_its_hosts() {
        let theirs = [
            "login.salesforce.com",
            "acme--dev.sandbox.my.salesforce.com",
            "a.force.com",
            "x.salesforce.mil",
        ];
        let others = [
            "salesforce.com",
            ".force.com",
            "evilsalesforce.com",
            "salesforce.com.evil.example",
            "127.0.0.1",
            "",
        ];
        for host in theirs {
            assert!(is_salesforce_host(host), "{host}");
        }
        for host in others {
            assert!(!is_salesforce_host(host), "{host}");
        }
    }
}
