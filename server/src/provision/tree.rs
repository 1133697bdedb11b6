//! A tenant as the tree that its file, its JSON document and its audit trail are made of.
//!
//! Promises: the one list of a tenant's keys that is written out, in the file's order; what is read (`file`) from a tree
//! with masked secrets is the tenant. Leaves to others: printing it as TOML (`print`), the lines of plans (`facts`).

use super::connectors::{self, Entry, Listed};
use super::facts;
use super::file::KEEP;
use ringbridge_core::redact::{Digits, Secret};
use ringbridge_core::tenant::salesforce::{Login, Subject};
use ringbridge_core::tenant::{
    Agent, Choice, CodeList, DialPlan, DialPlanAction, Need, Phone, PhoneAddress, Queue, Salesforce,
    ScreenPop, Tenant,
};
use serde_json::Value;

/// What stands in a secret's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Secrets {
    /// `"***"`, for everybody's eyes.
    Masked,
    /// What is stored, to be compared in memory and never to be shown: hashes where there are hashes.
    Open,
}

/// A table: keys with values, in the order in which they are printed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tree {
    pub(super) entries: Vec<(String, Branch)>,
    secrets: Secrets,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Branch {
    Flag(bool),
    /// Texts or numbers.
    List(Vec<Branch>),
    Table(Tree),
    Tables(Vec<Tree>),
    Text(String),
    Whole(i64),
}

/// The tree of a tenant.
pub(super) fn of(tenant: &Tenant, secrets: Secrets) -> Tree {
    let new = || Tree { entries: Vec::new(), secrets };
    new()
        .text("name", &tenant.name)
        .texts("hosts", &tenant.hosts)
        .text("time_zone", tenant.zone.name())
        .text("country", &tenant.country)
        .digits("default_caller_id", tenant.default_caller_id.as_ref())
        .maybe_whole("default_dial_plan", tenant.default_dial_plan.map(|id| id.0))
        .texts("code_lists", &tenant.code_lists)
        .whole("wrap_up_seconds", tenant.wrap_up_seconds)
        .whole("duplicate_window_seconds", tenant.duplicate_window_seconds)
        .texts("allowed_origins", &tenant.allowed_origins)
        .text("origin_policy", facts::origin_policy(tenant.origin_policy))
        .texts("allowed_countries", &tenant.allowed_countries)
        .tables("channel", &tenant.channels, |tree, channel| {
            tree.text("number", channel.number.expose()).text("name", &channel.name)
        })
        .tables("dial_plan", &tenant.dial_plans, dial_plan)
        .tables("code_list", &tenant.lists, code_list)
        .tables("queue", &tenant.queues, queue)
        .tables("agent", &tenant.agents, agent)
        .table("screen_pop", tenant.screen_pop.as_ref(), screen_pop)
        .table("salesforce", tenant.salesforce.as_ref(), salesforce)
        .sections(&connectors::listed(&tenant.connectors))
        .table("callbacks", Some(&tenant.callbacks), |tree, callbacks| {
            let tree = tree.secret("secret", &callbacks.secret);
            let tree = match &callbacks.previous {
                Some(previous) => tree
                    .secret("previous_secret", &previous.secret)
                    .text("previous_secret_until", &previous.until.rfc3339()),
                None => tree,
            };
            tree.flag("https_only", callbacks.https_only).flag("userdata_json", callbacks.userdata_json)
        })
        .tables("token", &tenant.tokens, |tree, token| {
            let value = Secret::new(token.value_sha256.clone());
            tree.text("name", &token.name).text("kind", facts::token_kind(token.kind)).secret("value", &value)
        })
}

fn dial_plan(tree: Tree, plan: &DialPlan) -> Tree {
    tree.whole("id", plan.id.0).text("name", &plan.name).tables("rule", &plan.rules, |tree, rule| {
        let tree = tree.text("match", &rule.pattern);
        let tree = match &rule.action {
            DialPlanAction::Pass => tree,
            DialPlanAction::Refuse(sentence) => tree.text("refuse", sentence),
            DialPlanAction::Rewrite(rewrite) => tree.text("rewrite", rewrite),
        };
        tree.filled("trunk", rule.trunk.as_deref()).filled("comment", rule.comment.as_deref())
    })
}

fn code_list(tree: Tree, list: &CodeList) -> Tree {
    tree.text("name", &list.name)
        .flag("multiple", list.choice == Choice::Multiple)
        .flag("required", list.need == Need::Required)
        .tables("code", &list.codes, |tree, code| {
            tree.text("short", &code.short)
                .text("menu", &code.menu)
                .text("report", &code.report)
                .filled("key", code.key.as_deref())
        })
}

fn queue(tree: Tree, queue: &Queue) -> Tree {
    tree.whole("id", queue.id.0)
        .text("name", &queue.name)
        .digits("caller_id", queue.caller_id.as_ref())
        .texts("code_lists", &queue.code_lists)
        .whole("wrap_up_seconds", queue.wrap_up_seconds)
        .text("wrap_up_after_failed", facts::after_failed(queue.wrap_up_after_failed))
}

fn agent(tree: Tree, agent: &Agent) -> Tree {
    tree.text("login", &agent.login)
        .secret("password", &agent.password_hash)
        .text("name", &agent.name)
        .text("role", facts::role(agent.role))
        .entry("queues", Branch::List(agent.queues.iter().map(|id| Branch::Whole(id.0)).collect()))
        .digits("caller_id", agent.caller_id.as_ref())
        .maybe_whole("dial_plan", agent.dial_plan.map(|id| id.0))
        .filled("external_username", Some(&agent.external_username))
        .secret("external_password", &agent.external_password)
        .tables("phone", &agent.phones, phone)
}

fn phone(tree: Tree, phone: &Phone) -> Tree {
    let tree = match &phone.address {
        PhoneAddress::Fixed(uri) => tree.text("uri", uri),
        PhoneAddress::Registers { username, password } => {
            tree.text("register", username).secret("password", password)
        }
    };
    tree.text("auto_answer", facts::auto_answer(phone.auto_answer))
}

fn screen_pop(tree: Tree, pop: &ScreenPop) -> Tree {
    tree.flag("enabled", pop.enabled)
        .text("target", pop.target.as_str())
        .filled("url", Some(&pop.url))
        .filled("account", Some(&pop.account))
        .filled("role", Some(&pop.role))
        .flag("send_password", pop.send_password)
}

fn salesforce(tree: Tree, salesforce: &Salesforce) -> Tree {
    let tree = tree.text("login_url", &salesforce.login_url).text("client_id", &salesforce.client_id);
    let tree = match &salesforce.login {
        Login::ClientCredentials { client_secret } => {
            tree.text("flow", "client_credentials").secret("client_secret", client_secret)
        }
        Login::Jwt { username, key_file, audience, subject } => tree
            .text("flow", "jwt")
            .text("username", username)
            .text("key_file", key_file)
            .filled("audience", audience.as_deref())
            .flag("per_agent", *subject == Subject::Agent),
    };
    tree.filled("api_version", salesforce.api_version.as_deref())
        .filled("org_id", salesforce.org_id.as_deref())
        .flag("enhanced", salesforce.enhanced)
        .flag("auto_log", salesforce.auto_log)
        .flag("enrich", salesforce.enrich)
        .filled("external_id_field", salesforce.external_id_field.as_deref())
        .texts("allowed_fields", &salesforce.allowed_fields)
        .flag("allow_duplicates", salesforce.allow_duplicates)
        .text("interface", salesforce.interface.as_str())
        .flag("test_endpoint", salesforce.test_endpoint)
}

fn connector(tree: Tree, section: &Listed) -> Tree {
    section.keys.iter().fold(tree, |tree, (key, entry)| match entry {
        Entry::Flag(flag) => tree.flag(key, *flag),
        Entry::Long(text) | Entry::Text(text) => tree.filled(key, Some(text)),
        Entry::Secret(secret) => tree.secret(key, secret),
        Entry::Table(pairs) if pairs.is_empty() => tree,
        Entry::Table(pairs) => tree.table(key, Some(pairs), |tree, pairs| {
            pairs.iter().fold(tree, |tree, (name, value)| tree.text(name, value))
        }),
    })
}

impl Tree {
    /// The same as JSON.
    pub(super) fn json(&self) -> Value {
        Value::Object(self.entries.iter().map(|(key, value)| (key.clone(), value.json())).collect())
    }

    fn entry(mut self, key: &str, value: Branch) -> Self {
        self.entries.push((key.to_owned(), value));
        self
    }

    fn text(self, key: &str, value: &str) -> Self {
        self.entry(key, Branch::Text(value.to_owned()))
    }

    fn filled(self, key: &str, value: Option<&str>) -> Self {
        match value.filter(|value| !value.is_empty()) {
            Some(value) => self.text(key, value),
            None => self,
        }
    }

    fn digits(self, key: &str, value: Option<&Digits>) -> Self {
        self.filled(key, value.map(Digits::expose))
    }

    fn flag(self, key: &str, value: bool) -> Self {
        self.entry(key, Branch::Flag(value))
    }

    fn whole(self, key: &str, value: impl Into<i64>) -> Self {
        self.entry(key, Branch::Whole(value.into()))
    }

    fn maybe_whole(self, key: &str, value: Option<i64>) -> Self {
        match value {
            Some(value) => self.whole(key, value),
            None => self,
        }
    }

    fn texts(self, key: &str, values: &[String]) -> Self {
        self.entry(key, Branch::List(values.iter().cloned().map(Branch::Text).collect()))
    }

    fn secret(self, key: &str, secret: &Secret) -> Self {
        match self.secrets {
            Secrets::Masked if secret.is_empty() => self,
            Secrets::Masked => self.text(key, KEEP),
            Secrets::Open => self.filled(key, Some(secret.expose())),
        }
    }

    fn tables<T>(self, key: &str, items: &[T], grow: impl Fn(Self, &T) -> Self) -> Self {
        let trees = items.iter().map(|item| grow(self.bare(), item)).collect();
        self.entry(key, Branch::Tables(trees))
    }

    fn table<T: ?Sized>(self, key: &str, item: Option<&T>, grow: impl Fn(Self, &T) -> Self) -> Self {
        match item {
            Some(item) => {
                let tree = grow(self.bare(), item);
                self.entry(key, Branch::Table(tree))
            }
            None => self,
        }
    }

    fn sections(self, sections: &[Listed]) -> Self {
        sections.iter().fold(self, |tree, section| tree.table(section.name, Some(section), connector))
    }

    /// A tree with nothing in it yet.
    fn bare(&self) -> Self {
        Self { entries: Vec::new(), secrets: self.secrets }
    }
}

impl Branch {
    fn json(&self) -> Value {
        match self {
            Self::Flag(flag) => Value::Bool(*flag),
            Self::List(items) => Value::Array(items.iter().map(Self::json).collect()),
            Self::Table(tree) => tree.json(),
            Self::Tables(trees) => Value::Array(trees.iter().map(Tree::json).collect()),
            Self::Text(text) => Value::String(text.clone()),
            Self::Whole(number) => Value::from(*number),
        }
    }
}
