//! A tenant as a list of things with plain facts: what plans compare and what people read.
//!
//! Promises: tenants that differ in more than the order of their things differ in their facts; secrets take part in the
//! comparison, but are never shown.
//! Leaves to others: the words of a plan (`plan`).

use super::connectors::{self, Entry, Listed};
use ringbridge_core::tenant::salesforce::{Login, Subject};
use ringbridge_core::tenant::{
    Agent, AutoAnswer, Choice, CodeList, DialPlan, DialPlanAction, Need, OriginPolicy, PhoneAddress, Queue,
    Role, Tenant, TokenKind, WrapUpAfterFailed,
};

/// A thing of a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Thing {
    /// What people call it, unique in the tenant: `queue 101`. Empty for the tenant's own settings.
    pub(super) name: String,
    /// What is said of it, in a fixed order.
    pub(super) facts: Vec<Fact>,
}

/// One fact of a thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fact {
    /// The key in the tenant file.
    pub(super) key: &'static str,
    /// Its value as text.
    pub(super) value: String,
    /// Who may see it.
    pub(super) shown: Shown,
}

/// Whether a fact's value may be printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// Only that it changed.
    Hidden,
    /// The value.
    Openly,
}

/// Collects a thing's facts.
struct Facts(Thing);

impl Facts {
    fn of(name: String) -> Self {
        Self(Thing { name, facts: Vec::new() })
    }

    fn plain(mut self, key: &'static str, value: impl ToString) -> Self {
        self.0.facts.push(Fact { key, value: value.to_string(), shown: Shown::Openly });
        self
    }

    fn maybe<T: ToString>(self, key: &'static str, value: Option<T>) -> Self {
        self.plain(key, value.map(|value| value.to_string()).unwrap_or_default())
    }

    fn list<T: ToString>(self, key: &'static str, values: impl IntoIterator<Item = T>) -> Self {
        // A value with a comma is quoted, else two lists could look the same.
        let shown = |text: String| if text.contains([',', '"']) { format!("{text:?}") } else { text };
        let values: Vec<_> = values.into_iter().map(|value| shown(value.to_string())).collect();
        self.plain(key, format!("[{}]", values.join(", ")))
    }

    fn hidden(mut self, key: &'static str, value: &str) -> Self {
        self.0.facts.push(Fact { key, value: value.to_owned(), shown: Shown::Hidden });
        self
    }
}

/// All things of a tenant, in the order of the tenant file.
pub(super) fn of(tenant: &Tenant) -> Vec<Thing> {
    let mut things = vec![settings(tenant)];
    things.extend(tenant.channels.iter().map(|channel| {
        Facts::of(format!("channel {}", channel.number.expose())).plain("name", &channel.name).0
    }));
    tenant.dial_plans.iter().for_each(|plan| dial_plan(plan, &mut things));
    tenant.lists.iter().for_each(|list| code_list(list, &mut things));
    things.extend(tenant.queues.iter().map(queue));
    tenant.agents.iter().for_each(|agent| self::agent(agent, &mut things));
    things.extend(screen_pop(tenant));
    things.extend(salesforce(tenant));
    things.extend(connectors::listed(&tenant.connectors).into_iter().map(connector));
    let previous = tenant.callbacks.previous.as_ref();
    things.push(
        Facts::of("callbacks".to_owned())
            .hidden("secret", tenant.callbacks.secret.expose())
            .hidden("previous_secret", previous.map_or("", |previous| previous.secret.expose()))
            .maybe("previous_secret_until", previous.map(|previous| previous.until.rfc3339()))
            .plain("https_only", tenant.callbacks.https_only)
            .plain("userdata_json", tenant.callbacks.userdata_json)
            .0,
    );
    things.extend(tenant.tokens.iter().map(|token| {
        Facts::of(format!("token {}", token.name))
            .plain("kind", token_kind(token.kind))
            .hidden("value", &token.value_sha256)
            .0
    }));
    things
}

fn settings(tenant: &Tenant) -> Thing {
    Facts::of(String::new())
        .list("hosts", &tenant.hosts)
        .plain("time_zone", tenant.zone.name())
        .plain("country", &tenant.country)
        .maybe("default_caller_id", tenant.default_caller_id.as_ref().map(|digits| digits.expose()))
        .maybe("default_dial_plan", tenant.default_dial_plan)
        .list("code_lists", &tenant.code_lists)
        .plain("wrap_up_seconds", tenant.wrap_up_seconds)
        .plain("duplicate_window_seconds", tenant.duplicate_window_seconds)
        .list("allowed_origins", &tenant.allowed_origins)
        .plain("origin_policy", origin_policy(tenant.origin_policy))
        .list("allowed_countries", &tenant.allowed_countries)
        .0
}

fn dial_plan(plan: &DialPlan, things: &mut Vec<Thing>) {
    things.push(Facts::of(format!("dial plan {}", plan.id)).plain("name", &plan.name).0);
    for (place, rule) in plan.rules.iter().enumerate() {
        let (rewrite, refuse) = match &rule.action {
            DialPlanAction::Pass => ("", ""),
            DialPlanAction::Refuse(sentence) => ("", sentence.as_str()),
            DialPlanAction::Rewrite(rewrite) => (rewrite.as_str(), ""),
        };
        let kind = match &rule.action {
            DialPlanAction::Pass => "pass",
            DialPlanAction::Refuse(_) => "refuse",
            DialPlanAction::Rewrite(_) => "rewrite",
        };
        things.push(
            Facts::of(format!("dial plan {} rule {}", plan.id, place + 1))
                .plain("match", &rule.pattern)
                .plain("action", kind)
                .plain("rewrite", rewrite)
                .plain("refuse", refuse)
                .maybe("trunk", rule.trunk.as_ref())
                .maybe("comment", rule.comment.as_ref())
                .0,
        );
    }
}

fn code_list(list: &CodeList, things: &mut Vec<Thing>) {
    things.push(
        Facts::of(format!("code list {}", list.name))
            .plain("multiple", list.choice == Choice::Multiple)
            .plain("required", list.need == Need::Required)
            .list("order", list.codes.iter().map(|code| &code.short))
            .0,
    );
    for code in &list.codes {
        things.push(
            Facts::of(format!("code list {} code {}", list.name, code.short))
                .plain("menu", &code.menu)
                .plain("report", &code.report)
                .maybe("key", code.key.as_ref())
                .0,
        );
    }
}

fn queue(queue: &Queue) -> Thing {
    Facts::of(format!("queue {}", queue.id))
        .plain("name", &queue.name)
        .maybe("caller_id", queue.caller_id.as_ref().map(|digits| digits.expose()))
        .list("code_lists", &queue.code_lists)
        .plain("wrap_up_seconds", queue.wrap_up_seconds)
        .plain("wrap_up_after_failed", after_failed(queue.wrap_up_after_failed))
        .0
}

fn agent(agent: &Agent, things: &mut Vec<Thing>) {
    things.push(
        Facts::of(format!("agent {}", agent.login))
            .hidden("password", agent.password_hash.expose())
            .plain("name", &agent.name)
            .plain("role", role(agent.role))
            .list("queues", &agent.queues)
            .maybe("caller_id", agent.caller_id.as_ref().map(|digits| digits.expose()))
            .maybe("dial_plan", agent.dial_plan)
            .plain("external_username", &agent.external_username)
            .hidden("external_password", agent.external_password.expose())
            .0,
    );
    for (place, phone) in agent.phones.iter().enumerate() {
        let (uri, register, password) = match &phone.address {
            PhoneAddress::Fixed(uri) => (uri.as_str(), "", ""),
            PhoneAddress::Registers { username, password } => ("", username.as_str(), password.expose()),
        };
        things.push(
            Facts::of(format!("agent {} phone {}", agent.login, place + 1))
                .plain("uri", uri)
                .plain("register", register)
                .hidden("password", password)
                .plain("auto_answer", auto_answer(phone.auto_answer))
                .0,
        );
    }
}

fn screen_pop(tenant: &Tenant) -> Option<Thing> {
    let pop = tenant.screen_pop.as_ref()?;
    let facts = Facts::of("screen_pop".to_owned())
        .plain("enabled", pop.enabled)
        .plain("target", pop.target.as_str())
        .plain("url", &pop.url)
        .plain("account", &pop.account)
        .plain("role", &pop.role)
        .plain("send_password", pop.send_password);
    Some(facts.0)
}

fn salesforce(tenant: &Tenant) -> Option<Thing> {
    let salesforce = tenant.salesforce.as_ref()?;
    let facts = Facts::of("salesforce".to_owned())
        .plain("login_url", &salesforce.login_url)
        .plain("client_id", &salesforce.client_id);
    let facts = match &salesforce.login {
        Login::ClientCredentials { client_secret } => {
            facts.plain("flow", "client_credentials").hidden("client_secret", client_secret.expose())
        }
        Login::Jwt { username, key_file, audience, subject } => facts
            .plain("flow", "jwt")
            .plain("username", username)
            .plain("key_file", key_file)
            .maybe("audience", audience.as_ref())
            .plain("per_agent", *subject == Subject::Agent),
    };
    let facts = facts
        .maybe("api_version", salesforce.api_version.as_ref())
        .maybe("org_id", salesforce.org_id.as_ref())
        .plain("enhanced", salesforce.enhanced)
        .plain("auto_log", salesforce.auto_log)
        .plain("enrich", salesforce.enrich)
        .maybe("external_id_field", salesforce.external_id_field.as_ref())
        .list("allowed_fields", &salesforce.allowed_fields)
        .plain("allow_duplicates", salesforce.allow_duplicates)
        .plain("interface", salesforce.interface.as_str())
        .plain("test_endpoint", salesforce.test_endpoint);
    Some(facts.0)
}

fn connector(listed: Listed) -> Thing {
    let facts = Facts::of(listed.name.to_owned());
    let facts = listed.keys.into_iter().fold(facts, |facts, (key, entry)| match entry {
        Entry::Flag(flag) => facts.plain(key, flag),
        Entry::Long(text) => facts.hidden(key, &text),
        Entry::Secret(secret) => facts.hidden(key, secret.expose()),
        Entry::Table(mut pairs) => {
            // Their order says nothing, and JSON does not keep it.
            pairs.sort();
            facts.list(key, pairs.into_iter().map(|(name, value)| format!("{name}: {value}")))
        }
        Entry::Text(text) => facts.plain(key, text),
    });
    facts.0
}

/// The word for a role in the tenant file.
pub(super) const fn role(role: Role) -> &'static str {
    match role {
        Role::Admin => "admin",
        Role::Agent => "agent",
        Role::Supervisor => "supervisor",
    }
}

/// The word for an auto-answer header in the tenant file.
pub(super) const fn auto_answer(header: AutoAnswer) -> &'static str {
    match header {
        AutoAnswer::AlertInfo => "alert-info",
        AutoAnswer::AnswerMode => "answer-mode",
        AutoAnswer::CallInfo => "call-info",
        AutoAnswer::None => "none",
    }
}

/// The word for an origin policy in the tenant file.
pub(super) const fn origin_policy(policy: OriginPolicy) -> &'static str {
    match policy {
        OriginPolicy::Any => "any",
        OriginPolicy::ConfirmAll => "confirm-all",
        OriginPolicy::Listed => "listed",
    }
}

/// The word for wrap-up after a failed call in the tenant file.
pub(super) const fn after_failed(wrap_up: WrapUpAfterFailed) -> &'static str {
    match wrap_up {
        WrapUpAfterFailed::Full => "full",
        WrapUpAfterFailed::None => "none",
    }
}

/// The word for a token's kind in the tenant file.
pub(super) const fn token_kind(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::Action => "action",
        TokenKind::Data => "data",
    }
}
