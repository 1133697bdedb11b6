//! `[[tenant]]`: the tenant's own keys, and everything below it.
//!
//! Promises: a draft's references all exist within the draft. Leaves to others: the parts (`agents`, `lists`, `plans`,
//! `integrations`, `salesforce`).

use super::integrations::CallbackSecrets;
use super::{
    AgentDraft, Reader, TokenDraft, Wanted, agents, crm, integrations, lists, plans, salesforce, values,
    words,
};
use crate::document::{At, Place, Section};
use ringbridge_core::id::{DialPlanId, TenantId};
use ringbridge_core::redact::Digits;
use ringbridge_core::tenant::connectors::Connectors;
use ringbridge_core::tenant::{Channel, CodeList, DialPlan, OriginPolicy, Queue, Tenant};
use ringbridge_core::time::Zone;

/// Wrap-up of calls without a queue, where the file does not say.
const WRAP_UP_SECONDS: u32 = 30;

/// The duplicate window, where the file does not say (semantics 1.12).
const DUPLICATE_WINDOW_SECONDS: u32 = 10;

/// The longest duplicate window (security SEC-4): beyond it a second call to the same person would be lost.
const DUPLICATE_WINDOW_SECONDS_MAX: i64 = 120;

/// The longest wrap-up that can be set: a working day.
pub(super) const WRAP_UP_SECONDS_MAX: i64 = 8 * 3600;

/// A tenant as the file wants it; secrets are not resolved yet.
#[derive(Debug)]
pub(in crate::provision) struct TenantDraft {
    /// Where it begins.
    pub(in crate::provision) place: Place,
    /// All that needs no resolving; agents and tokens are empty, secrets too.
    pub(in crate::provision) tenant: Tenant,
    /// Its host names with their places: no two tenants may share one.
    pub(in crate::provision) hosts: Vec<At<String>>,
    /// Its agents.
    pub(in crate::provision) agents: Vec<AgentDraft>,
    /// Its tokens.
    pub(in crate::provision) tokens: Vec<TokenDraft>,
    /// The callback secrets that the file names.
    pub(in crate::provision) callback_secrets: CallbackSecrets,
    /// The Salesforce secret, if the file names one.
    pub(in crate::provision) client_secret: Option<At<Wanted>>,
    /// The other CRMs.
    pub(in crate::provision) connectors: Connectors<At<Wanted>>,
}

/// What a tenant's parts may refer to.
pub(super) struct Known {
    pub(super) channels: Vec<Digits>,
    pub(super) plans: Vec<DialPlanId>,
    pub(super) lists: Vec<String>,
}

impl Known {
    /// Reports a caller ID that is no channel (semantics 1.7).
    pub(super) fn caller_id(
        &self,
        section: &Section<'_>,
        key: &'static str,
        reader: &Reader<'_>,
    ) -> Option<Digits> {
        let at = section.parsed(key, words::digits)?;
        reader.known(std::slice::from_ref(&at), &self.channels, |number| {
            format!("\"{}\" is no channel of this tenant", number.expose())
        });
        Some(at.value)
    }

    /// Reports a dial plan that does not exist.
    pub(super) fn plan(
        &self,
        section: &Section<'_>,
        key: &'static str,
        reader: &Reader<'_>,
    ) -> Option<DialPlanId> {
        let at = section.whole(key, 0..=plans::ID_MAX)?.map(DialPlanId);
        reader.known(std::slice::from_ref(&at), &self.plans, |id| {
            format!("there is no dial plan {id} in this tenant")
        });
        Some(at.value)
    }

    /// Reports code lists that do not exist or stand there twice.
    pub(super) fn code_lists(&self, section: &Section<'_>, reader: &Reader<'_>) -> Vec<String> {
        let names: Vec<_> = section.texts("code_lists").into_iter().map(|at| at.map(str::to_owned)).collect();
        reader.known(&names, &self.lists, |name| format!("there is no code list \"{name}\" in this tenant"));
        reader.unique(&names, |name| format!("the code list \"{name}\" is named twice"));
        values(names)
    }
}

pub(super) fn read(root: &Section<'_>, reader: &Reader<'_>) -> Vec<TenantDraft> {
    let sections = root.sections("tenant");
    if sections.is_empty() {
        root.refuse("there is no [[tenant]] in this file");
    }
    let mut drafts: Vec<TenantDraft> = Vec::with_capacity(sections.len());
    for section in &sections {
        drafts.extend(tenant(section, reader));
    }
    let names: Vec<_> = drafts
        .iter()
        .map(|draft| At { value: draft.tenant.name.clone(), place: draft.place.clone() })
        .collect();
    reader.unique(&names, |name| format!("the tenant \"{name}\" stands in the file twice"));
    drafts
}

/// Reads everything even where the name is wrong, so that all problems are told at once.
pub(super) fn tenant(section: &Section<'_>, reader: &Reader<'_>) -> Option<TenantDraft> {
    let name = section.required("name").and_then(|text| section.understand(text, words::tenant_name));
    let hosts = section.parsed_list("hosts", words::host);
    let channels = channels(section, reader);
    let dial_plans = plans::read(section, reader);
    let lists = lists::code_lists(section, reader);
    let known = known(&channels, &dial_plans, &lists);
    let queues = lists::queues(section, &known, reader);
    let agents = agents::read(section, &known, &queues, reader);
    let tokens = integrations::tokens(section, reader);
    let (callbacks, callback_secrets) = integrations::callbacks(section, reader);
    let (salesforce, client_secret) =
        salesforce::read(section, reader).map_or((None, None), |(s, c)| (Some(s), c));
    let connectors = crm::read(section, reader);
    let tenant = Tenant {
        id: TenantId(0),
        name: name.as_ref().map(|at| at.value.clone()).unwrap_or_default(),
        hosts: hosts.iter().map(|at| at.value.clone()).collect(),
        zone: zone(section),
        country: section.parsed("country", words::country).map_or_else(|| "US".to_owned(), |at| at.value),
        default_caller_id: known.caller_id(section, "default_caller_id", reader),
        default_dial_plan: known.plan(section, "default_dial_plan", reader),
        code_lists: known.code_lists(section, reader),
        wrap_up_seconds: seconds(section, "wrap_up_seconds", WRAP_UP_SECONDS_MAX, WRAP_UP_SECONDS),
        duplicate_window_seconds: seconds(
            section,
            "duplicate_window_seconds",
            DUPLICATE_WINDOW_SECONDS_MAX,
            DUPLICATE_WINDOW_SECONDS,
        ),
        allowed_origins: values(section.parsed_list("allowed_origins", words::origin)),
        origin_policy: origin_policy(section),
        allowed_countries: values(section.parsed_list("allowed_countries", words::dialled_country)),
        channels: values(channels),
        dial_plans: values(dial_plans),
        lists,
        queues,
        agents: Vec::new(),
        screen_pop: integrations::screen_pop(section, reader),
        salesforce,
        connectors: Connectors::default(),
        callbacks,
        tokens: Vec::new(),
    };
    let place = name?.place;
    Some(TenantDraft { place, tenant, hosts, agents, tokens, callback_secrets, client_secret, connectors })
}

fn known(channels: &[At<Channel>], plans: &[At<DialPlan>], lists: &[CodeList]) -> Known {
    Known {
        channels: channels.iter().map(|at| at.value.number.clone()).collect(),
        plans: plans.iter().map(|at| at.value.id).collect(),
        lists: lists.iter().map(|list| list.name.clone()).collect(),
    }
}

fn channels(section: &Section<'_>, reader: &Reader<'_>) -> Vec<At<Channel>> {
    let mut channels = Vec::new();
    for channel in section.sections("channel") {
        let number = channel.required("number").and_then(|text| channel.understand(text, words::digits));
        let name = channel.parsed("name", words::name).map(|at| at.value).unwrap_or_default();
        channels.extend(number.map(|at| at.map(|number| Channel { number, name })));
    }
    let numbers: Vec<_> = channels.iter().map(|at| at.clone().map(|channel| channel.number)).collect();
    reader.unique(&numbers, |number| format!("the channel {} stands there twice", number.expose()));
    channels
}

fn zone(section: &Section<'_>) -> Zone {
    let utc = || Zone::named("UTC").expect("UTC is a zone");
    section.parsed("time_zone", Zone::named).map_or_else(utc, |at| at.value)
}

fn origin_policy(section: &Section<'_>) -> OriginPolicy {
    let policies = [
        ("listed", OriginPolicy::Listed),
        ("confirm-all", OriginPolicy::ConfirmAll),
        ("any", OriginPolicy::Any),
    ];
    section.choice("origin_policy", &policies).unwrap_or_default()
}

/// A number of seconds, or what it is where the file does not say.
pub(super) fn seconds(section: &Section<'_>, key: &'static str, max: i64, default: u32) -> u32 {
    section.whole(key, 0..=max).and_then(|at| u32::try_from(at.value).ok()).unwrap_or(default)
}

/// The queues' ids, for agents.
pub(super) fn queue_ids(queues: &[Queue]) -> Vec<ringbridge_core::id::QueueId> {
    queues.iter().map(|queue| queue.id).collect()
}
