//! `[[tenant.agent]]` and their phones.
//!
//! Promises: a draft's queues, caller ID and dial plan exist; each phone has exactly one way to be found. Leaves to others:
//! hashing passwords, and names that other tenants' phones have (`resolve`).

use super::tenants::{Known, queue_ids};
use super::{Reader, Wanted, values, words};
use crate::document::{At, Section};
use ringbridge_core::id::{AgentId, QueueId};
use ringbridge_core::redact::Secret;
use ringbridge_core::tenant::{Agent, AutoAnswer, Phone, PhoneAddress, Queue, Role};

/// How many phones an agent may have: they are tried one after another.
const PHONES_MAX: usize = 8;

/// An agent as the file wants them; secrets are not resolved yet.
#[derive(Debug)]
pub(in crate::provision) struct AgentDraft {
    /// All that needs no resolving; secrets and phones are empty.
    pub(in crate::provision) agent: Agent,
    /// The password at log-in.
    pub(in crate::provision) password: At<Wanted>,
    /// The password at the screen pop's target.
    pub(in crate::provision) external_password: Option<At<Wanted>>,
    /// The phones.
    pub(in crate::provision) phones: Vec<PhoneDraft>,
}

/// A phone as the file wants it.
#[derive(Debug)]
pub(in crate::provision) struct PhoneDraft {
    /// Where it is; a registering phone's password is not resolved yet.
    pub(in crate::provision) address: AddressDraft,
    /// The header that makes it answer by itself.
    pub(in crate::provision) auto_answer: AutoAnswer,
}

/// Where a phone is found, as the file says.
#[derive(Debug)]
pub(in crate::provision) enum AddressDraft {
    /// A fixed address.
    Fixed(String),
    /// It registers here.
    Registers {
        /// Under this name.
        username: At<String>,
        /// With this password.
        password: At<Wanted>,
    },
}

impl PhoneDraft {
    /// The phone with its password.
    pub(in crate::provision) fn with(&self, resolved: Secret) -> Phone {
        let address = match &self.address {
            AddressDraft::Fixed(uri) => PhoneAddress::Fixed(uri.clone()),
            AddressDraft::Registers { username, .. } => {
                PhoneAddress::Registers { username: username.value.clone(), password: resolved }
            }
        };
        Phone { address, auto_answer: self.auto_answer }
    }
}

pub(super) fn read(
    section: &Section<'_>,
    known: &Known,
    queues: &[Queue],
    reader: &Reader<'_>,
) -> Vec<AgentDraft> {
    let (mut drafts, mut logins) = (Vec::new(), Vec::new());
    for section in section.sections("agent") {
        let login = section.required("login").and_then(|text| section.understand(text, words::login));
        logins.extend(login.clone());
        drafts.extend(agent(&section, login, known, queues, reader));
    }
    reader.unique(&logins, |login| format!("the agent \"{login}\" stands there twice"));
    drafts
}

fn agent(
    section: &Section<'_>,
    login: Option<At<String>>,
    known: &Known,
    queues: &[Queue],
    reader: &Reader<'_>,
) -> Option<AgentDraft> {
    let roles = [("agent", Role::Agent), ("supervisor", Role::Supervisor), ("admin", Role::Admin)];
    let password = section.required("password").map(|at| at.map(Wanted::of));
    let name = section.parsed("name", words::name).map(|at| at.value);
    let role = section.choice("role", &roles).unwrap_or_default();
    let own_queues: Vec<_> = section.wholes("queues").into_iter().map(|at| at.map(QueueId)).collect();
    reader.known(&own_queues, &queue_ids(queues), |id| format!("there is no queue {id} in this tenant"));
    reader.unique(&own_queues, |id| format!("the queue {id} is named twice"));
    let caller_id = known.caller_id(section, "caller_id", reader);
    let dial_plan = known.plan(section, "dial_plan", reader);
    let external_username = section.text("external_username").map_or("", |at| at.value).to_owned();
    let external_password = section.text("external_password").map(|at| at.map(Wanted::of));
    let sections = section.sections("phone");
    if sections.len() > PHONES_MAX {
        section.refuse(format!("an agent has at most {PHONES_MAX} phones"));
    }
    let phones = sections.iter().filter_map(phone).collect();
    let login = login?.value;
    let agent = Agent {
        id: AgentId(0),
        name: name.unwrap_or_else(|| login.clone()),
        login,
        password_hash: Secret::default(),
        role,
        queues: values(own_queues),
        caller_id,
        dial_plan,
        phones: Vec::new(),
        external_username,
        external_password: Secret::default(),
    };
    Some(AgentDraft { agent, password: password?, external_password, phones })
}

fn phone(section: &Section<'_>) -> Option<PhoneDraft> {
    let headers = [
        ("none", AutoAnswer::None),
        ("call-info", AutoAnswer::CallInfo),
        ("alert-info", AutoAnswer::AlertInfo),
        ("answer-mode", AutoAnswer::AnswerMode),
    ];
    let auto_answer = section.choice("auto_answer", &headers).unwrap_or_default();
    let password = section.filled("password");
    let address = match (section.filled("uri"), section.filled("register")) {
        (Some(uri), None) => {
            if password.is_some() {
                section.refuse_at("password", "a phone with a \"uri\" has no password; \"register\" has");
            }
            AddressDraft::Fixed(section.understand(uri, words::phone_uri)?.value)
        }
        (None, Some(username)) => {
            let username = section.understand(username, words::phone_name)?;
            let Some(password) = password else {
                section.refuse_at("password", "a phone that registers needs a \"password\"");
                return None;
            };
            AddressDraft::Registers { username, password: password.map(Wanted::of) }
        }
        (None, None) | (Some(_), Some(_)) => {
            section.refuse("a phone has either a \"uri\" or a name to \"register\" under");
            return None;
        }
    };
    Some(PhoneDraft { address, auto_answer })
}
