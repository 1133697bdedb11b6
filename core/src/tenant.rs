//! A tenant as the rules see it: its channels, dial plans, queues, code lists, agents and settings.
//!
//! Promises: plain values, looked up by id or name; nothing here crosses tenants. Leaves to others: reading and checking
//! the tenant file (the server's `provision`), storing it (`store`), and secrets at rest.

pub mod salesforce;

pub use salesforce::Salesforce;

pub mod connectors;

use crate::id::{AgentId, DialPlanId, QueueId, TenantId};
use crate::redact::{Digits, Secret};
use crate::system_data::Integration;
use crate::time::{Timestamp, Zone};
use connectors::Connectors;
use serde::{Deserialize, Serialize};

/// One contact center.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// Its row.
    pub id: TenantId,
    /// Its unique name, as used at log-in and in the Stat API.
    pub name: String,
    /// Host names under which it logs in and clicks; empty: any.
    pub hosts: Vec<String>,
    /// Its time zone.
    pub zone: Zone,
    /// Where numbers without country code belong, ISO 3166 alpha-2.
    pub country: String,
    /// The caller ID where neither link, queue nor agent gives one (semantics 1.7).
    pub default_caller_id: Option<Digits>,
    /// The dial plan where neither link nor agent gives one (1.8).
    pub default_dial_plan: Option<DialPlanId>,
    /// Names of the code lists for calls without a queue (1.10).
    pub code_lists: Vec<String>,
    /// Wrap-up for calls without a queue, in seconds; 0: none (1.10).
    pub wrap_up_seconds: u32,
    /// How long the same click counts as one click, in seconds (1.12).
    pub duplicate_window_seconds: u32,
    /// Origins (`scheme://host[:port]`) whose pages may start a call without asking.
    pub allowed_origins: Vec<String>,
    /// What happens to clicks from elsewhere.
    pub origin_policy: OriginPolicy,
    /// Countries that may be dialled, ISO 3166 alpha-2; empty: any.
    pub allowed_countries: Vec<String>,
    /// The numbers it owns.
    pub channels: Vec<Channel>,
    /// Its dial plans.
    pub dial_plans: Vec<DialPlan>,
    /// All its transaction code lists.
    pub lists: Vec<CodeList>,
    /// Its outbound queues.
    pub queues: Vec<Queue>,
    /// Its agents.
    pub agents: Vec<Agent>,
    /// Screen pop settings.
    pub screen_pop: Option<ScreenPop>,
    /// Salesforce settings.
    pub salesforce: Option<Salesforce>,
    /// The other CRMs.
    pub connectors: Connectors,
    /// Callback settings.
    pub callbacks: Callbacks,
    /// API tokens.
    pub tokens: Vec<ApiToken>,
}

impl Tenant {
    /// The dial plan with this id.
    #[must_use]
    pub fn dial_plan(&self, id: DialPlanId) -> Option<&DialPlan> {
        self.dial_plans.iter().find(|plan| plan.id == id)
    }

    /// The queue with this id.
    #[must_use]
    pub fn queue(&self, id: QueueId) -> Option<&Queue> {
        self.queues.iter().find(|queue| queue.id == id)
    }

    /// The code list with this name.
    #[must_use]
    pub fn list(&self, name: &str) -> Option<&CodeList> {
        self.lists.iter().find(|list| list.name == name)
    }

    /// The agent with this id.
    #[must_use]
    pub fn agent(&self, id: AgentId) -> Option<&Agent> {
        self.agents.iter().find(|agent| agent.id == id)
    }

    /// The agent with this log-in.
    #[must_use]
    pub fn agent_by_login(&self, login: &str) -> Option<&Agent> {
        self.agents.iter().find(|agent| agent.login == login)
    }

    /// The CRMs that records can be written to.
    #[must_use]
    pub fn connected(&self) -> Vec<Integration> {
        let salesforce = self.salesforce.as_ref().map(|_| Integration::Sfdc);
        salesforce.into_iter().chain(self.connectors.connected()).collect()
    }

    /// The CRMs whose settings lead to a test endpoint instead, of which every screen tells (`contract.md`).
    #[must_use]
    pub fn on_test_endpoints(&self) -> Vec<Integration> {
        let salesforce = self.salesforce.as_ref().filter(|salesforce| salesforce.test_endpoint);
        let salesforce = salesforce.map(|_| Integration::Sfdc);
        salesforce.into_iter().chain(self.connectors.on_test_endpoints()).collect()
    }

    /// The code lists that apply to a call: the queue's, or the tenant's without one (1.10).
    #[must_use]
    pub fn lists_for(&self, queue: Option<QueueId>) -> Vec<&CodeList> {
        let names = match queue.and_then(|id| self.queue(id)) {
            Some(queue) => &queue.code_lists,
            None => &self.code_lists,
        };
        names.iter().filter_map(|name| self.list(name)).collect()
    }
}

/// What happens to clicks from pages that are not listed (`security.md`, decision 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OriginPolicy {
    /// Listed origins dial at once, all others ask a person first.
    #[default]
    Listed,
    /// Every click asks a person first.
    ConfirmAll,
    /// Any page may dial: the behaviour of the reference.
    Any,
}

/// A number the tenant owns, the only kind that can be shown as caller ID.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// The number, digits only.
    pub number: Digits,
    /// What people call it.
    pub name: String,
}

/// An ordered list of rules; the first that matches wins (1.8).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DialPlan {
    /// Its id, as links name it.
    pub id: DialPlanId,
    /// What people call it.
    pub name: String,
    /// Its rules in order.
    pub rules: Vec<DialPlanRule>,
}

/// One rule of a dial plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DialPlanRule {
    /// The regular expression; checked to compile when the tenant file is read.
    pub pattern: String,
    /// What a match does.
    pub action: DialPlanAction,
    /// The trunk to use; the first of the configuration if absent.
    pub trunk: Option<String>,
    /// For people.
    pub comment: Option<String>,
}

/// What a matching rule does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DialPlanAction {
    /// Rewrites the number; `$1`, `${name}` are groups of the match.
    Rewrite(String),
    /// Refuses the call with this sentence.
    Refuse(String),
    /// Passes the number on unchanged.
    Pass,
}

/// A named list of transaction codes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeList {
    /// Its name, unique in the tenant.
    pub name: String,
    /// How many of its codes can be picked at once.
    pub choice: Choice,
    /// Whether wrap-up can end without a code of it.
    pub need: Need,
    /// Its codes.
    pub codes: Vec<Code>,
}

/// How many codes of a list can be picked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// One.
    Single,
    /// Any number.
    Multiple,
}

/// Whether a list must have a code when wrap-up ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// It can stay empty.
    Optional,
    /// At least one code.
    Required,
}

/// One transaction code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// Short code, unique in its list.
    pub short: String,
    /// What the agent reads in the menu.
    pub menu: String,
    /// What reports and `$lastTclCodeDesc$` say.
    pub report: String,
    /// The key that picks it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// An outbound queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queue {
    /// Its id, as links name it.
    pub id: QueueId,
    /// What people call it.
    pub name: String,
    /// Its default caller ID (1.7).
    pub caller_id: Option<Digits>,
    /// Names of its code lists.
    pub code_lists: Vec<String>,
    /// Wrap-up time in seconds; 0: none.
    pub wrap_up_seconds: u32,
    /// Whether a call that failed is wrapped up too (2.5).
    pub wrap_up_after_failed: WrapUpAfterFailed,
}

/// Whether a call that was not established is wrapped up (2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WrapUpAfterFailed {
    /// The same wrap-up as after a conversation.
    #[default]
    Full,
    /// None: it completes at once.
    None,
}

/// What an agent may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Makes calls.
    #[default]
    Agent,
    /// Sees others' calls and can force states.
    Supervisor,
    /// Configures the tenant.
    Admin,
}

/// A person who logs in.
#[derive(Clone, Debug, PartialEq)]
pub struct Agent {
    /// The row.
    pub id: AgentId,
    /// The log-in, unique in the tenant.
    pub login: String,
    /// The Argon2id hash of the password, in PHC form.
    pub password_hash: Secret,
    /// What people call them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Queues they are assigned to.
    pub queues: Vec<QueueId>,
    /// Their caller ID (1.7).
    pub caller_id: Option<Digits>,
    /// Their dial plan (1.8).
    pub dial_plan: Option<DialPlanId>,
    /// Their phones, in the order they are tried.
    pub phones: Vec<Phone>,
    /// The user name at the screen pop target, as the admin set it (5.4).
    pub external_username: String,
    /// The password at the screen pop target, as the admin set it (5.4).
    pub external_password: Secret,
}

/// A phone of an agent.
#[derive(Clone, Debug, PartialEq)]
pub struct Phone {
    /// Where it is.
    pub address: PhoneAddress,
    /// The header that makes it answer by itself (2.1).
    pub auto_answer: AutoAnswer,
}

/// Where a phone is found.
#[derive(Clone, Debug, PartialEq)]
pub enum PhoneAddress {
    /// A fixed SIP URI, for example an extension of a PBX.
    Fixed(String),
    /// It registers here under this name with this password.
    Registers {
        /// The user part of its address of record, unique on the server.
        username: String,
        /// The digest password.
        password: Secret,
    },
}

/// The header that makes a phone answer by itself (2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AutoAnswer {
    /// The agent picks up.
    #[default]
    None,
    /// `Call-Info: <sip:…>;answer-after=0`
    CallInfo,
    /// `Alert-Info: <sip:…>;info=alert-autoanswer`
    AlertInfo,
    /// `Answer-Mode: Auto` (RFC 5373)
    AnswerMode,
}

/// Screen pop settings of the tenant file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the fields are the tenant file's own, described in docs/configure.md")]
pub struct ScreenPop {
    #[serde(default)]
    pub enabled: bool,
    #[serde(default)]
    pub target: PopTarget,
    #[serde(default)]
    pub url: String,
    #[serde(default)]
    pub account: String,
    #[serde(default)]
    pub role: String,
    #[serde(default)]
    pub send_password: bool,
}

/// What a screen pop opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PopTarget {
    /// The page at `url`.
    #[default]
    Url,
    /// The Salesforce record that was created, where one was; else the page at `url`.
    Salesforce,
}

impl PopTarget {
    /// As the tenant file writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Url => "url",
            Self::Salesforce => "salesforce",
        }
    }
}

/// Callback settings.
#[derive(Clone, Debug, PartialEq)]
pub struct Callbacks {
    /// The Standard Webhooks secret, `whsec_…`.
    pub secret: Secret,
    /// The secret before it, while receivers learn the new one.
    pub previous: Option<PreviousSecret>,
    /// Refuses `http:` callback URLs.
    pub https_only: bool,
    /// Sends `ctl_userdata_json` along.
    pub userdata_json: bool,
}

/// A secret that signs beside its successor for a while.
#[derive(Clone, Debug, PartialEq)]
pub struct PreviousSecret {
    /// The secret.
    pub secret: Secret,
    /// Until when it signs.
    pub until: Timestamp,
}

/// A token for the APIs.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiToken {
    /// Its name, unique in the tenant.
    pub name: String,
    /// What it opens.
    pub kind: TokenKind,
    /// The SHA-256 of its value, in hexadecimal.
    pub value_sha256: String,
}

/// What an API token opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// Reads statistics.
    Data,
    /// Reads and ends calls.
    Action,
}
