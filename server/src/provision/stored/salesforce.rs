//! Salesforce settings in a tenant's row.
//!
//! Promises: rows of older builds are read; the secret lies sealed, and a private key never lies here at all. Leaves to
//! others: the rest of the row (the parent).

use ringbridge_core::redact::Secret;
use ringbridge_core::tenant::Salesforce;
use ringbridge_core::tenant::salesforce::{Interface, Login, Subject};
use serde::{Deserialize, Serialize};

/// The column that the secret is sealed for.
const CLIENT_SECRET: &str = "salesforce.client_secret";

/// `tenant.settings.salesforce`
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Stored {
    login_url: String,
    flow: Flow,
    client_id: String,
    /// Sealed.
    client_secret: String,
    username: Option<String>,
    key_file: Option<String>,
    #[serde(default)]
    audience: Option<String>,
    #[serde(default)]
    per_agent: bool,
    api_version: Option<String>,
    #[serde(default)]
    org_id: Option<String>,
    enhanced: bool,
    auto_log: bool,
    #[serde(default)]
    enrich: bool,
    external_id_field: Option<String>,
    #[serde(default)]
    allowed_fields: Vec<String>,
    #[serde(default)]
    allow_duplicates: bool,
    interface: Option<Interface>,
    test_endpoint: bool,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Flow {
    Jwt,
    ClientCredentials,
}

impl Stored {
    /// The settings, their secret sealed by `seal`.
    pub(super) fn of(settings: &Salesforce, seal: impl FnOnce(&'static str, &Secret) -> String) -> Self {
        let (mut client_secret, mut username, mut key_file) = (String::new(), None, None);
        let (mut audience, mut per_agent) = (None, false);
        let flow = match &settings.login {
            Login::ClientCredentials { client_secret: secret } => {
                client_secret = seal(CLIENT_SECRET, secret);
                Flow::ClientCredentials
            }
            Login::Jwt { username: user, key_file: file, audience: wanted, subject } => {
                (username, key_file) = (Some(user.clone()), Some(file.clone()));
                (audience, per_agent) = (wanted.clone(), *subject == Subject::Agent);
                Flow::Jwt
            }
        };
        Self {
            login_url: settings.login_url.clone(),
            flow,
            client_id: settings.client_id.clone(),
            client_secret,
            username,
            key_file,
            audience,
            per_agent,
            api_version: settings.api_version.clone(),
            org_id: settings.org_id.clone(),
            enhanced: settings.enhanced,
            auto_log: settings.auto_log,
            enrich: settings.enrich,
            external_id_field: settings.external_id_field.clone(),
            allowed_fields: settings.allowed_fields.clone(),
            allow_duplicates: settings.allow_duplicates,
            interface: Some(settings.interface),
            test_endpoint: settings.test_endpoint,
        }
    }

    /// The settings, their secret opened by `open`.
    pub(super) fn opened<E>(
        self,
        open: impl FnOnce(&'static str, &str) -> Result<Secret, E>,
    ) -> Result<Salesforce, E> {
        let login = match self.flow {
            Flow::ClientCredentials => {
                Login::ClientCredentials { client_secret: open(CLIENT_SECRET, &self.client_secret)? }
            }
            Flow::Jwt => Login::Jwt {
                username: self.username.unwrap_or_default(),
                key_file: self.key_file.unwrap_or_default(),
                audience: self.audience,
                subject: if self.per_agent { Subject::Agent } else { Subject::Integration },
            },
        };
        Ok(Salesforce {
            login_url: self.login_url,
            login,
            client_id: self.client_id,
            api_version: self.api_version,
            org_id: self.org_id,
            enhanced: self.enhanced,
            auto_log: self.auto_log,
            enrich: self.enrich,
            external_id_field: self.external_id_field,
            allowed_fields: self.allowed_fields,
            allow_duplicates: self.allow_duplicates,
            interface: self.interface.unwrap_or_default(),
            test_endpoint: self.test_endpoint,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(login: Login) -> Salesforce {
        Salesforce {
            login_url: "https://acme.my.salesforce.com".into(),
            login,
            client_id: "key".into(),
            api_version: Some("67.0".into()),
            org_id: Some("00D000000000001EAA".into()),
            enhanced: true,
            auto_log: true,
            enrich: true,
            external_id_field: Some("Transactionid__c".into()),
            allowed_fields: vec!["OwnerId".into()],
            allow_duplicates: true,
            interface: Interface::Classic,
            test_endpoint: true,
        }
    }

    fn through_the_row(settings: &Salesforce) -> Salesforce {
        let row = Stored::of(settings, |column, secret| format!("{column}|{}", secret.expose()));
        let json = serde_json::to_string(&row).expect("JSON");
        let row: Stored = serde_json::from_str(&json).expect("read back");
        let open = |column, sealed: &str| {
            let secret = sealed.strip_prefix(column).and_then(|rest| rest.strip_prefix('|'));
            secret.map(Secret::new).ok_or("sealed for another column")
        };
        row.opened(open).expect("opened")
    }

    #[test]
    fn both_ways_to_log_in_come_back_as_they_were_stored() {
        let jwt = |subject| Login::Jwt {
            username: "integration@acme.example".into(),
            key_file: "/etc/ringbridge/salesforce.key".into(),
            audience: Some("https://login.salesforce.com".into()),
            subject,
        };
        let secret = Login::ClientCredentials { client_secret: Secret::new("hunter2") };
        for login in [jwt(Subject::Agent), jwt(Subject::Integration), secret] {
            let settings = settings(login);
            assert_eq!(through_the_row(&settings), settings);
        }
    }

    #[test]
    fn a_row_of_an_older_build_is_read() {
        let row = r#"{"login_url":"https://login.salesforce.com","flow":"client_credentials","client_id":"id",
            "client_secret":"sealed","username":null,"key_file":null,"api_version":null,"enhanced":false,
            "auto_log":true,"external_id_field":null,"interface":null,"test_endpoint":false}"#;
        let row: Stored = serde_json::from_str(row).expect("read");
        let opened = row.opened(|_, sealed| Ok::<_, ()>(Secret::new(sealed))).expect("opened");
        let expected = Salesforce {
            login_url: "https://login.salesforce.com".into(),
            login: Login::ClientCredentials { client_secret: Secret::new("sealed") },
            client_id: "id".into(),
            api_version: None,
            org_id: None,
            enhanced: false,
            auto_log: true,
            enrich: false,
            external_id_field: None,
            allowed_fields: vec![],
            allow_duplicates: false,
            interface: Interface::Auto,
            test_endpoint: false,
        };
        assert_eq!(opened, expected);
    }
}
