//! A tenant as the file that would recreate it.
//!
//! Promises: `provision` applies it back to no change; secrets stand as `"***"`. Leaves to others: printing it.

use super::connectors::{self, Entry, Listed};
use super::file::KEEP;
use super::{LoadError, facts, load};
use crate::config::Config;
use crate::keys::{KeyError, Keys};
use crate::store::{OpenError, Store};
use ringbridge_core::redact::{Digits, Secret};
use ringbridge_core::tenant::salesforce::{Login, Subject};
use ringbridge_core::tenant::{
    Agent, Choice, CodeList, DialPlan, DialPlanAction, Need, PhoneAddress, Queue, Salesforce, ScreenPop,
    Tenant,
};
use std::fmt::Write as _;
use std::sync::Arc;

/// Why a tenant was not exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The master key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// What is stored cannot be read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The database does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// There is no such tenant.
    #[error("there is no tenant \"{0}\"")]
    Unknown(String),
}

/// Gives the tenant file of a tenant.
///
/// # Errors
/// If there is no such tenant, or the database cannot be read.
pub fn export(config: &Config, tenant: &str) -> Result<String, ExportError> {
    find(config, tenant).map(|tenant| text(&tenant))
}

/// Finds a tenant by its name, beside a running server or without one.
///
/// # Errors
/// As [`export`].
pub fn find(config: &Config, tenant: &str) -> Result<Tenant, ExportError> {
    let unknown = || ExportError::Unknown(tenant.to_owned());
    let file = crate::store::file_of(&config.database_url, &config.data_dir)?;
    if !file.exists() {
        // Looking for a tenant must not leave a new database behind.
        return Err(unknown());
    }
    Keys::check(&config.data_dir, &config.database_url)?;
    let store = Store::open(&config.database_url, &config.data_dir)?;
    let keys = Arc::new(Keys::open(&config.data_dir, &store)?);
    let (_, tenants) = load(&store, &keys)?;
    tenants.into_iter().find(|known| known.name == tenant).ok_or_else(unknown)
}

/// The text of a tenant's file.
pub(super) fn text(tenant: &Tenant) -> String {
    let mut file = File(String::new());
    file.header("[[tenant]]");
    file.text("name", &tenant.name);
    file.texts("hosts", &tenant.hosts);
    file.text("time_zone", tenant.zone.name());
    file.text("country", &tenant.country);
    file.digits("default_caller_id", tenant.default_caller_id.as_ref());
    file.maybe("default_dial_plan", tenant.default_dial_plan);
    file.texts("code_lists", &tenant.code_lists);
    file.bare("wrap_up_seconds", tenant.wrap_up_seconds);
    file.bare("duplicate_window_seconds", tenant.duplicate_window_seconds);
    file.texts("allowed_origins", &tenant.allowed_origins);
    file.text("origin_policy", facts::origin_policy(tenant.origin_policy));
    file.texts("allowed_countries", &tenant.allowed_countries);
    for channel in &tenant.channels {
        file.header("[[tenant.channel]]");
        file.text("number", channel.number.expose());
        file.text("name", &channel.name);
    }
    tenant.dial_plans.iter().for_each(|plan| file.dial_plan(plan));
    tenant.lists.iter().for_each(|list| file.code_list(list));
    tenant.queues.iter().for_each(|queue| file.queue(queue));
    tenant.agents.iter().for_each(|agent| file.agent(agent));
    tenant.screen_pop.iter().for_each(|pop| file.screen_pop(pop));
    tenant.salesforce.iter().for_each(|salesforce| file.salesforce(salesforce));
    connectors::listed(&tenant.connectors).iter().for_each(|section| file.connector(section));
    file.header("[tenant.callbacks]");
    file.secret("secret", &tenant.callbacks.secret);
    file.bare("https_only", tenant.callbacks.https_only);
    file.bare("userdata_json", tenant.callbacks.userdata_json);
    for token in &tenant.tokens {
        file.header("[[tenant.token]]");
        file.text("name", &token.name);
        file.text("kind", facts::token_kind(token.kind));
        file.text("value", KEEP);
    }
    file.0
}

/// The file as it grows.
struct File(String);

impl File {
    fn header(&mut self, header: &str) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.0.push_str(header);
        self.0.push('\n');
    }

    fn bare(&mut self, key: &str, value: impl std::fmt::Display) {
        writeln!(self.0, "{key} = {value}").expect("a String takes all text");
    }

    fn maybe(&mut self, key: &str, value: Option<impl std::fmt::Display>) {
        if let Some(value) = value {
            self.bare(key, value);
        }
    }

    fn text(&mut self, key: &str, value: &str) {
        self.bare(key, toml::Value::String(value.to_owned()));
    }

    fn filled(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.text(key, value);
        }
    }

    fn digits(&mut self, key: &str, value: Option<&Digits>) {
        self.filled(key, value.map(Digits::expose));
    }

    fn texts(&mut self, key: &str, values: &[String]) {
        self.bare(key, toml::Value::Array(values.iter().cloned().map(toml::Value::String).collect()));
    }

    fn secret(&mut self, key: &str, secret: &Secret) {
        if !secret.is_empty() {
            self.text(key, KEEP);
        }
    }

    fn dial_plan(&mut self, plan: &DialPlan) {
        self.header("[[tenant.dial_plan]]");
        self.bare("id", plan.id);
        self.text("name", &plan.name);
        for rule in &plan.rules {
            self.header("[[tenant.dial_plan.rule]]");
            self.text("match", &rule.pattern);
            match &rule.action {
                DialPlanAction::Pass => {}
                DialPlanAction::Refuse(sentence) => self.text("refuse", sentence),
                DialPlanAction::Rewrite(rewrite) => self.text("rewrite", rewrite),
            }
            self.filled("trunk", rule.trunk.as_deref());
            rule.comment.iter().for_each(|comment| self.text("comment", comment));
        }
    }

    fn code_list(&mut self, list: &CodeList) {
        self.header("[[tenant.code_list]]");
        self.text("name", &list.name);
        self.bare("multiple", list.choice == Choice::Multiple);
        self.bare("required", list.need == Need::Required);
        for code in &list.codes {
            self.header("[[tenant.code_list.code]]");
            self.text("short", &code.short);
            self.text("menu", &code.menu);
            self.text("report", &code.report);
            self.filled("key", code.key.as_deref());
        }
    }

    fn queue(&mut self, queue: &Queue) {
        self.header("[[tenant.queue]]");
        self.bare("id", queue.id);
        self.text("name", &queue.name);
        self.digits("caller_id", queue.caller_id.as_ref());
        self.texts("code_lists", &queue.code_lists);
        self.bare("wrap_up_seconds", queue.wrap_up_seconds);
        self.text("wrap_up_after_failed", facts::after_failed(queue.wrap_up_after_failed));
    }

    fn agent(&mut self, agent: &Agent) {
        self.header("[[tenant.agent]]");
        self.text("login", &agent.login);
        self.text("password", KEEP);
        self.text("name", &agent.name);
        self.text("role", facts::role(agent.role));
        let queues: Vec<_> = agent.queues.iter().map(ToString::to_string).collect();
        self.bare("queues", format!("[{}]", queues.join(", ")));
        self.digits("caller_id", agent.caller_id.as_ref());
        self.maybe("dial_plan", agent.dial_plan);
        self.filled("external_username", Some(&agent.external_username));
        self.secret("external_password", &agent.external_password);
        for phone in &agent.phones {
            self.header("[[tenant.agent.phone]]");
            match &phone.address {
                PhoneAddress::Fixed(uri) => self.text("uri", uri),
                PhoneAddress::Registers { username, password } => {
                    self.text("register", username);
                    self.secret("password", password);
                }
            }
            self.text("auto_answer", facts::auto_answer(phone.auto_answer));
        }
    }

    fn screen_pop(&mut self, pop: &ScreenPop) {
        self.header("[tenant.screen_pop]");
        self.bare("enabled", pop.enabled);
        self.text("target", pop.target.as_str());
        self.filled("url", Some(&pop.url));
        self.filled("account", Some(&pop.account));
        self.filled("role", Some(&pop.role));
        self.bare("send_password", pop.send_password);
    }

    fn connector(&mut self, section: &Listed) {
        self.header(&format!("[tenant.{}]", section.name));
        for (key, entry) in &section.keys {
            match entry {
                Entry::Flag(flag) => self.bare(key, flag),
                Entry::Long(text) | Entry::Text(text) => self.filled(key, Some(text)),
                Entry::Secret(secret) => self.secret(key, secret),
                // A table ends its section, so it is the section's last key.
                Entry::Table(pairs) if pairs.is_empty() => {}
                Entry::Table(pairs) => {
                    self.header(&format!("[tenant.{}.{key}]", section.name));
                    for (name, value) in pairs {
                        self.text(&toml::Value::String(name.clone()).to_string(), value);
                    }
                }
            }
        }
    }

    fn salesforce(&mut self, salesforce: &Salesforce) {
        self.header("[tenant.salesforce]");
        self.text("login_url", &salesforce.login_url);
        self.text("client_id", &salesforce.client_id);
        match &salesforce.login {
            Login::ClientCredentials { client_secret } => {
                self.text("flow", "client_credentials");
                self.secret("client_secret", client_secret);
            }
            Login::Jwt { username, key_file, audience, subject } => {
                self.text("flow", "jwt");
                self.text("username", username);
                self.text("key_file", key_file);
                self.filled("audience", audience.as_deref());
                self.bare("per_agent", *subject == Subject::Agent);
            }
        }
        self.filled("api_version", salesforce.api_version.as_deref());
        self.filled("org_id", salesforce.org_id.as_deref());
        self.bare("enhanced", salesforce.enhanced);
        self.bare("auto_log", salesforce.auto_log);
        self.bare("enrich", salesforce.enrich);
        self.filled("external_id_field", salesforce.external_id_field.as_deref());
        self.texts("allowed_fields", &salesforce.allowed_fields);
        self.bare("allow_duplicates", salesforce.allow_duplicates);
        self.text("interface", salesforce.interface.as_str());
        self.bare("test_endpoint", salesforce.test_endpoint);
    }
}
