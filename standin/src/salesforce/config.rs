//! How an org is set up.
//!
//! Promises: the default is an org a client can use at once: one consumer, one approved user, tokens of two hours.
//! Leaves to others: using it.

use super::{KeyField, Rotation};
use std::time::Duration;

/// Whether a user is pre-authorized for the consumer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approval {
    /// By an administrator: assertions for the user are taken.
    Preapproved,
    /// Not: assertions for the user are refused.
    Missing,
}

/// A user of the org.
#[derive(Clone, Debug)]
pub struct OrgUser {
    /// The name for logging in, which looks like a mail address.
    pub username: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Mail address, also the federation id.
    pub email: String,
    /// Whether assertions for the user are taken.
    pub approval: Approval,
}

impl OrgUser {
    /// A user with this name for logging in and as mail address.
    #[must_use]
    pub fn new(username: &str, approval: Approval) -> Self {
        Self {
            username: username.to_owned(),
            first_name: "Ada".to_owned(),
            last_name: "Agent".to_owned(),
            email: username.to_owned(),
            approval,
        }
    }
}

/// How an org is set up. Its secrets are not real: they guard nothing but this process.
#[derive(Clone)]
pub struct OrgConfig {
    /// The id of the org, 18 characters beginning with `00D`.
    pub org_id: String,
    /// The consumer key (client id) of the one app that is registered.
    pub consumer_key: String,
    /// Its secret.
    pub client_secret: String,
    /// The certificate (PEM, RSA) that assertions are verified with; none: every assertion is refused.
    pub certificate: Option<String>,
    /// What an assertion may name as audience, besides the address by which the org was reached.
    pub audiences: Vec<String>,
    /// Where codes may be sent to.
    pub redirect_uris: Vec<String>,
    /// The users; the first is the one that client credentials run as.
    pub users: Vec<OrgUser>,
    /// Whether refresh tokens are replaced when they are used.
    pub rotation: Rotation,
    /// How long an access token lives without being used.
    pub session_life: Duration,
    /// How many requests of the API there may be.
    pub daily_limit: u64,
    /// What `Task.Transactionid__c` is.
    pub key_field: KeyField,
}

impl Default for OrgConfig {
    fn default() -> Self {
        Self {
            org_id: "00D5e0000000001EAA".to_owned(),
            consumer_key: "3MVG9.ringbridge.standin".to_owned(),
            client_secret: "standin-secret".to_owned(),
            certificate: None,
            audiences: vec![
                "https://login.salesforce.com".to_owned(),
                "https://test.salesforce.com".to_owned(),
            ],
            redirect_uris: vec!["http://localhost/callback".to_owned()],
            users: vec![
                OrgUser::new("api@standin.example", Approval::Preapproved),
                OrgUser::new("new@standin.example", Approval::Missing),
            ],
            rotation: Rotation::Off,
            // The session timeout of an org that nobody changed.
            session_life: Duration::from_secs(2 * 3600),
            daily_limit: 100_000,
            key_field: KeyField::UniqueExternalId,
        }
    }
}
