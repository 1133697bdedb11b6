//! Tenants in the database: the rows' JSON, with secrets sealed, and back.
//!
//! Promises: what is saved is what is loaded; secrets lie in the database sealed for their row and column only. Leaves to
//! others: checking what is saved (`file`), and when (`apply`).

mod salesforce;

use crate::keys::{Keys, Spot, Unopenable};
use crate::store::{StoreError, Tx, agent, tenant};
use ringbridge_core::id::{AgentId, DialPlanId, QueueId, TenantId};
use ringbridge_core::redact::{Digits, Secret};
use ringbridge_core::tenant::connectors::Connectors;
use ringbridge_core::tenant::{
    Agent, ApiToken, AutoAnswer, Callbacks, Channel, CodeList, DialPlan, OriginPolicy, Phone, PhoneAddress,
    PreviousSecret, Queue, Role, ScreenPop, Tenant, TokenKind,
};
use ringbridge_core::time::{Timestamp, Zone};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;

/// Why tenants could not be loaded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// A secret does not open.
    #[error("a secret of tenant {tenant} cannot be opened with this master key")]
    Sealed {
        /// The tenant's name.
        tenant: String,
    },
    /// The database cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A row holds what this build cannot read.
    #[error("the stored settings of tenant {tenant} cannot be read: {reason}")]
    Unreadable {
        /// The tenant's name.
        tenant: String,
        /// What is wrong.
        reason: String,
    },
}

/// `tenant.settings`
#[derive(Debug, Serialize, Deserialize)]
struct Settings {
    hosts: Vec<String>,
    time_zone: String,
    country: String,
    default_caller_id: Option<Digits>,
    default_dial_plan: Option<DialPlanId>,
    code_lists: Vec<String>,
    wrap_up_seconds: u32,
    duplicate_window_seconds: u32,
    allowed_origins: Vec<String>,
    origin_policy: OriginPolicy,
    allowed_countries: Vec<String>,
    channels: Vec<Channel>,
    dial_plans: Vec<DialPlan>,
    lists: Vec<CodeList>,
    queues: Vec<Queue>,
    screen_pop: Option<ScreenPop>,
    salesforce: Option<salesforce::Stored>,
    /// Their secrets are sealed. Rows from before there were any have none.
    #[serde(default)]
    connectors: Connectors<String>,
    callbacks: StoredCallbacks,
    tokens: Vec<StoredToken>,
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredCallbacks {
    /// Sealed.
    secret: String,
    /// Rows from before there was one have none.
    #[serde(default)]
    previous: Option<StoredPrevious>,
    https_only: bool,
    userdata_json: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredPrevious {
    /// Sealed.
    secret: String,
    until: Timestamp,
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredToken {
    name: String,
    kind: TokenKind,
    value_sha256: String,
}

/// `agent.profile`
#[derive(Debug, Serialize, Deserialize)]
struct Profile {
    name: String,
    role: Role,
    queues: Vec<QueueId>,
    caller_id: Option<Digits>,
    dial_plan: Option<DialPlanId>,
    phones: Vec<StoredPhone>,
    external_username: String,
    /// Sealed.
    external_password: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredPhone {
    address: StoredAddress,
    auto_answer: AutoAnswer,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredAddress {
    Fixed(String),
    Registers {
        username: String,
        /// Sealed.
        password: String,
    },
}

/// The columns that secrets are sealed for.
const CALLBACK_SECRET: &str = "callbacks.secret";
const PREVIOUS_SECRET: &str = "callbacks.previous_secret";
const EXTERNAL_PASSWORD: &str = "external_password";

/// A phone's column holds its name, so that a password cannot be moved from one phone of an agent to another.
fn phone_column(username: &str) -> String {
    format!("phone.{username}")
}

/// All tenants by name, with their active agents.
///
/// The outer error is the database's, the inner one is about what it holds.
pub fn load(tx: &mut Tx<'_>, keys: &Keys) -> Result<Result<Vec<Tenant>, LoadError>, StoreError> {
    let (tenants, agents) = (tenant::all(tx)?, agent::all(tx)?);
    let loaded = tenants.into_iter().map(|row| {
        let of_tenant = agents.iter().filter(|agent| agent.tenant == row.id);
        let active = of_tenant.filter(|agent| agent.standing == agent::Standing::Active);
        let agents = active.map(|agent| opened_agent(agent, &row.name, keys)).collect::<Result<_, _>>()?;
        opened_tenant(&row, agents, keys)
    });
    Ok(loaded.collect())
}

/// The settings of a tenant as they are stored.
#[must_use]
pub fn settings(tenant: &Tenant, keys: &Keys) -> String {
    let seal = |column, secret: &Secret| keys.seal(Spot::Tenant(tenant.id, column), secret);
    json_of(&Settings {
        hosts: tenant.hosts.clone(),
        time_zone: tenant.zone.name().to_owned(),
        country: tenant.country.clone(),
        default_caller_id: tenant.default_caller_id.clone(),
        default_dial_plan: tenant.default_dial_plan,
        code_lists: tenant.code_lists.clone(),
        wrap_up_seconds: tenant.wrap_up_seconds,
        duplicate_window_seconds: tenant.duplicate_window_seconds,
        allowed_origins: tenant.allowed_origins.clone(),
        origin_policy: tenant.origin_policy,
        allowed_countries: tenant.allowed_countries.clone(),
        channels: tenant.channels.clone(),
        dial_plans: tenant.dial_plans.clone(),
        lists: tenant.lists.clone(),
        queues: tenant.queues.clone(),
        screen_pop: tenant.screen_pop.clone(),
        salesforce: tenant.salesforce.as_ref().map(|settings| salesforce::Stored::of(settings, seal)),
        connectors: sealed(&tenant.connectors, seal),
        callbacks: StoredCallbacks {
            secret: seal(CALLBACK_SECRET, &tenant.callbacks.secret),
            previous: tenant.callbacks.previous.as_ref().map(|previous| StoredPrevious {
                secret: seal(PREVIOUS_SECRET, &previous.secret),
                until: previous.until,
            }),
            https_only: tenant.callbacks.https_only,
            userdata_json: tenant.callbacks.userdata_json,
        },
        tokens: tenant
            .tokens
            .iter()
            .map(|token| StoredToken {
                name: token.name.clone(),
                kind: token.kind,
                value_sha256: token.value_sha256.clone(),
            })
            .collect(),
    })
}

fn sealed(connectors: &Connectors, seal: impl Fn(&'static str, &Secret) -> String) -> Connectors<String> {
    let sealed = connectors.clone().try_map(|name, secret| Ok::<_, Infallible>(seal(name, &secret)));
    sealed.unwrap_or_else(|never| match never {})
}

/// The profile of an agent as it is stored.
#[must_use]
pub fn profile(tenant: TenantId, agent: &Agent, keys: &Keys) -> String {
    let seal = |column: &str, secret: &Secret| keys.seal(Spot::Agent(tenant, agent.id, column), secret);
    let address = |address: &PhoneAddress| match address {
        PhoneAddress::Fixed(uri) => StoredAddress::Fixed(uri.clone()),
        PhoneAddress::Registers { username, password } => StoredAddress::Registers {
            username: username.clone(),
            password: seal(&phone_column(username), password),
        },
    };
    let phone =
        |phone: &Phone| StoredPhone { address: address(&phone.address), auto_answer: phone.auto_answer };
    json_of(&Profile {
        name: agent.name.clone(),
        role: agent.role,
        queues: agent.queues.clone(),
        caller_id: agent.caller_id.clone(),
        dial_plan: agent.dial_plan,
        phones: agent.phones.iter().map(phone).collect(),
        external_username: agent.external_username.clone(),
        external_password: seal(EXTERNAL_PASSWORD, &agent.external_password),
    })
}

fn json_of(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("texts, numbers and lists of them are JSON")
}

pub(super) fn opened_tenant(
    row: &tenant::TenantRow,
    agents: Vec<Agent>,
    keys: &Keys,
) -> Result<Tenant, LoadError> {
    let unreadable = |reason: String| LoadError::Unreadable { tenant: row.name.clone(), reason };
    let sealed = |_: Unopenable| LoadError::Sealed { tenant: row.name.clone() };
    let settings: Settings =
        serde_json::from_str(&row.settings).map_err(|error| unreadable(error.to_string()))?;
    let open = |column, secret: &str| keys.open_sealed(Spot::Tenant(row.id, column), secret).map_err(sealed);
    let salesforce = settings.salesforce.map(|stored| stored.opened(open));
    let previous = settings.callbacks.previous.map(|stored| {
        Ok::<_, LoadError>(PreviousSecret {
            secret: open(PREVIOUS_SECRET, &stored.secret)?,
            until: stored.until,
        })
    });
    let token = |token: StoredToken| ApiToken {
        name: token.name,
        kind: token.kind,
        value_sha256: token.value_sha256,
    };
    Ok(Tenant {
        id: row.id,
        name: row.name.clone(),
        hosts: settings.hosts,
        zone: Zone::named(&settings.time_zone).map_err(unreadable)?,
        country: settings.country,
        default_caller_id: settings.default_caller_id,
        default_dial_plan: settings.default_dial_plan,
        code_lists: settings.code_lists,
        wrap_up_seconds: settings.wrap_up_seconds,
        duplicate_window_seconds: settings.duplicate_window_seconds,
        allowed_origins: settings.allowed_origins,
        origin_policy: settings.origin_policy,
        allowed_countries: settings.allowed_countries,
        channels: settings.channels,
        dial_plans: settings.dial_plans,
        lists: settings.lists,
        queues: settings.queues,
        agents,
        screen_pop: settings.screen_pop,
        salesforce: salesforce.transpose()?,
        connectors: settings.connectors.try_map(|name, secret| open(name, &secret))?,
        callbacks: Callbacks {
            secret: open(CALLBACK_SECRET, &settings.callbacks.secret)?,
            previous: previous.transpose()?,
            https_only: settings.callbacks.https_only,
            userdata_json: settings.callbacks.userdata_json,
        },
        tokens: settings.tokens.into_iter().map(token).collect(),
    })
}

pub(super) fn opened_agent(row: &agent::AgentRow, tenant: &str, keys: &Keys) -> Result<Agent, LoadError> {
    let profile: Profile = serde_json::from_str(&row.profile)
        .map_err(|error| LoadError::Unreadable { tenant: tenant.to_owned(), reason: error.to_string() })?;
    let open = |column: &str, secret: &str| {
        keys.open_sealed(Spot::Agent(row.tenant, row.id, column), secret)
            .map_err(|_| LoadError::Sealed { tenant: tenant.to_owned() })
    };
    let phone = |phone: StoredPhone| {
        let address = match phone.address {
            StoredAddress::Fixed(uri) => PhoneAddress::Fixed(uri),
            StoredAddress::Registers { username, password } => {
                let password = open(&phone_column(&username), &password)?;
                PhoneAddress::Registers { username, password }
            }
        };
        Ok::<_, LoadError>(Phone { address, auto_answer: phone.auto_answer })
    };
    Ok(Agent {
        id: AgentId(row.id.0),
        login: row.login.clone(),
        password_hash: Secret::new(row.password_hash.clone()),
        name: profile.name,
        role: profile.role,
        queues: profile.queues,
        caller_id: profile.caller_id,
        dial_plan: profile.dial_plan,
        phones: profile.phones.into_iter().map(phone).collect::<Result<_, _>>()?,
        external_username: profile.external_username,
        external_password: open(EXTERNAL_PASSWORD, &profile.external_password)?,
    })
}
