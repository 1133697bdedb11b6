//! Admission: whether a link, clicked by this agent now, becomes a call, and with which number, caller ID, plan and trunk
//! (semantics 1.7 to 1.11).
//!
//! Promises: a pure decision from the tenant, the agent, the link and the moment's situation; an [`Admitted`] has everything
//! the call needs. Leaves to others: reading the link (`link`), who may dial by a link (`origin`), one click = one call
//! (`store`), ringing.
//!
//! Where several things are wrong, the first of this list is named, so that what the link's author can mend comes before what
//! the agent can: the link cannot be read (`link::parse`) → `DIALPLAN_UNKNOWN` → `QUEUE_UNKNOWN` → `QUEUE_NOT_MEMBER` →
//! `CALLER_ID_UNKNOWN` → `NO_CALLER_ID` → `DIALPLAN_REFUSED` → `NUMBER_NOT_ALLOWED` → `AGENT_BUSY` →
//! `AGENT_NOT_AVAILABLE` → `AGENT_PHONE_UNREACHABLE`.
//!
//! Countries: with `allowed_countries` set, a number whose country is known and not listed is refused; satellite and other
//! numbers of no country count as known. A number that no numbering plan knows (an extension of the PBX, a test number)
//! passes: the dial plan is where such numbers are refused. How the country is found: `country::of`, on the number that
//! leaves the dial plan; where that is unknown, because the plan put a trunk's prefix before it, on the one that entered.

use crate::agent::Status;
use crate::completion;
use crate::country;
use crate::dial_plan::{self, Outcome, Step};
use crate::id::{DialPlanId, QueueId, TransactionId};
use crate::link::Link;
use crate::phone::{Dialled, Form};
use crate::redact::Digits;
use crate::refusal::{Code, Refusal, Warning};
use crate::system_data::Action;
use crate::tenant::{Agent, DialPlan, Tenant};
use crate::userdata::Userdata;
use serde::{Deserialize, Serialize};

/// What is so at the moment of the click.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Situation {
    /// The agent's status.
    pub status: Status,
    /// The agent's call, if one lives.
    pub live_call: Option<TransactionId>,
    /// The agent's wrap-up, if one runs that needs codes.
    pub required_wrap_up: Option<TransactionId>,
    /// Whether a phone of the agent can be rung.
    pub phone: Reachability,
}

/// Whether a phone of the agent can be rung.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reachability {
    /// At least one has an address: fixed, or registered now.
    Reachable,
    /// None is registered now.
    NotRegistered,
    /// The agent has none.
    NoPhone,
}

/// A call that may be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admitted {
    /// The number before the dial plan.
    pub number: Digits,
    /// The number that is dialled: after the dial plan.
    pub dialled: Digits,
    /// The extension, sent after the answer.
    pub extension: Option<String>,
    /// The caller ID.
    pub caller_id: Digits,
    /// The queue, if any.
    pub queue: Option<QueueId>,
    /// The dial plan that was applied, if any.
    pub dial_plan: Option<DialPlanId>,
    /// Its name.
    pub plan_name: Option<String>,
    /// The trunk that its rule names; the default one if `None`.
    pub trunk: Option<String>,
    /// How the plan came to its result.
    pub steps: Vec<Step>,
    /// The link's warnings and those that only the tenant's settings show.
    pub warnings: Vec<Warning>,
}

/// Decides about a click.
///
/// # Errors
/// The first refusal in the order of the module's list.
pub fn admit(tenant: &Tenant, agent: &Agent, link: &Link, situation: Situation) -> Result<Admitted, Refusal> {
    let admitted = route(tenant, Caller::Agent(agent), link)?;
    ready(&situation)?;
    Ok(admitted)
}

/// Whose settings apply.
#[derive(Clone, Copy, Debug)]
pub enum Caller<'a> {
    /// This agent's.
    Agent(&'a Agent),
    /// Nobody's in particular: the link checker knows no agent.
    Anyone,
}

impl<'a> Caller<'a> {
    fn agent(self) -> Option<&'a Agent> {
        match self {
            Self::Agent(agent) => Some(agent),
            Self::Anyone => None,
        }
    }
}

/// Finds plan, queue, caller ID and number: all of admission that does not depend on the moment.
///
/// # Errors
/// The first refusal in the order of the module's list.
pub fn route(tenant: &Tenant, caller: Caller<'_>, link: &Link) -> Result<Admitted, Refusal> {
    let Named { plan, caller_id } = Asked::by(link).find(tenant, caller)?;
    let number = link.phone.digits.clone();
    let (dialled, trunk, steps) = apply(plan, &number)?;
    check_country(tenant, &link.phone, &dialled)?;
    Ok(Admitted {
        number,
        dialled,
        extension: link.phone.extension.clone(),
        caller_id,
        queue: link.queue,
        dial_plan: plan.map(|plan| plan.id),
        plan_name: plan.map(|plan| plan.name.clone()),
        trunk,
        steps,
        warnings: link
            .warnings
            .iter()
            .cloned()
            .chain(tenant_warnings(tenant, &link.userdata, &link.ext))
            .collect(),
    })
}

/// What of the tenant's things a link names.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// `dialplan_id`.
    pub dial_plan: Option<DialPlanId>,
    /// `queue_id`.
    pub queue: Option<QueueId>,
    /// `callerId`.
    pub caller_id: Option<&'a Digits>,
}

/// The tenant's things that apply to a call.
#[derive(Clone, Debug)]
pub struct Named<'a> {
    /// The dial plan, if any.
    pub plan: Option<&'a DialPlan>,
    /// The caller ID.
    pub caller_id: Digits,
}

impl<'a> Asked<'a> {
    /// What this link names.
    #[must_use]
    pub fn by(link: &'a Link) -> Self {
        Self { dial_plan: link.dial_plan, queue: link.queue, caller_id: link.caller_id.as_ref() }
    }

    /// Finds what applies.
    ///
    /// # Errors
    /// What the link names and the tenant lacks, in the order of the module's list.
    pub fn find<'t>(self, tenant: &'t Tenant, caller: Caller<'_>) -> Result<Named<'t>, Refusal> {
        let plan = self.plan(tenant, caller)?;
        self.check_queue(tenant, caller)?;
        Ok(Named { plan, caller_id: self.caller_id(tenant, caller)? })
    }

    /// The link's plan, else the agent's, else the tenant's default (1.8).
    fn plan<'t>(self, tenant: &'t Tenant, caller: Caller<'_>) -> Result<Option<&'t DialPlan>, Refusal> {
        if let Some(id) = self.dial_plan {
            return tenant.dial_plan(id).map(Some).ok_or_else(|| {
                let text = format!(
                    "there is no dial plan {id}; take an id from the dial plan list, or leave dialplan_id out"
                );
                Refusal::new(Code::DialplanUnknown, text).about("dialplan_id")
            });
        }
        let settings = caller.agent().and_then(|agent| agent.dial_plan).or(tenant.default_dial_plan);
        let Some(id) = settings else { return Ok(None) };
        // Provisioning refuses such settings; if one is there all the same, nothing is dialled past it.
        tenant.dial_plan(id).map(Some).ok_or_else(|| {
            let text = format!("the dial plan {id} of the settings does not exist; ask an administrator");
            Refusal::new(Code::DialplanUnknown, text)
        })
    }

    /// The queue must exist and the agent must be in it (1.9).
    fn check_queue(self, tenant: &Tenant, caller: Caller<'_>) -> Result<(), Refusal> {
        let Some(id) = self.queue else { return Ok(()) };
        let Some(queue) = tenant.queue(id) else {
            let text =
                format!("there is no queue {id}; take an id from the queue list, or leave queue_id out");
            return Err(Refusal::new(Code::QueueUnknown, text).about("queue_id"));
        };
        if caller.agent().is_some_and(|agent| !agent.queues.contains(&id)) {
            let text = format!(
                "you are not assigned to the queue {}; ask an administrator to assign you",
                queue.name
            );
            return Err(Refusal::new(Code::QueueNotMember, text).about("queue_id"));
        }
        Ok(())
    }

    /// The link's caller ID must be a channel; else the first of queue's, agent's and tenant's that is one (1.7).
    fn caller_id(self, tenant: &Tenant, caller: Caller<'_>) -> Result<Digits, Refusal> {
        let is_channel = |number: &Digits| tenant.channels.iter().any(|channel| channel.number == *number);
        if let Some(wanted) = self.caller_id {
            return Some(wanted).filter(|wanted| is_channel(wanted)).cloned().ok_or_else(|| {
                let text = format!(
                    "callerId {} is none of this tenant's phone channels; take a number from the channel list, or leave \
                     callerId out",
                    wanted.expose()
                );
                Refusal::new(Code::CallerIdUnknown, text).about("callerId")
            });
        }
        let queue = self.queue.and_then(|id| tenant.queue(id)).and_then(|queue| queue.caller_id.as_ref());
        let agent = caller.agent().and_then(|agent| agent.caller_id.as_ref());
        let default = tenant.default_caller_id.as_ref();
        // A default that is no channel any more must not be shown either; the next one counts.
        let chosen = queue.into_iter().chain(agent).chain(default).find(|number| is_channel(number));
        chosen.cloned().ok_or_else(|| {
            let text = "no caller ID is set for you, the queue or the tenant; name one with callerId, or ask an \
                        administrator";
            Refusal::new(Code::NoCallerId, text)
        })
    }
}

type Applied = (Digits, Option<String>, Vec<Step>);

fn apply(plan: Option<&DialPlan>, number: &Digits) -> Result<Applied, Refusal> {
    let Some(plan) = plan else { return Ok((number.clone(), None, Vec::new())) };
    let explained = dial_plan::explain(plan, number);
    match explained.outcome {
        Outcome::Dial(dialled) => Ok((dialled, explained.trunk, explained.steps)),
        Outcome::Refused(sentence) => Err(Refusal::new(Code::DialplanRefused, sentence).about("phone")),
    }
}

/// The country of what is dialled for a number, where it is known.
pub(crate) fn country_of(tenant: &Tenant, phone: &Dialled, dialled: &Digits) -> Option<String> {
    // A plan that changed the number has made of it what its trunk expects; what a + had said holds no longer.
    let form = if *dialled == phone.digits { phone.form } else { Form::AsDialled };
    // A trunk's own prefix can hide the country; then the number that the plan was given tells it.
    let before = || country::of(&phone.digits, phone.form, &tenant.country);
    country::of(dialled, form, &tenant.country).or_else(before)
}

pub(crate) fn check_country(tenant: &Tenant, phone: &Dialled, dialled: &Digits) -> Result<(), Refusal> {
    if tenant.allowed_countries.is_empty() {
        return Ok(());
    }
    let Some(found) = country_of(tenant, phone, dialled) else { return Ok(()) };
    if tenant.allowed_countries.iter().any(|allowed| allowed.eq_ignore_ascii_case(&found)) {
        return Ok(());
    }
    let place = if found == country::NOWHERE {
        "belongs to no country (a satellite or an international service number)".to_owned()
    } else {
        format!("belongs to {found}")
    };
    Err(Refusal::new(
        Code::NumberNotAllowed,
        format!("the number {place}, which this tenant does not call; ask an administrator to allow it"),
    )
    .about("phone"))
}

/// What only the tenant's settings show of a link: a record that cannot be written, a log that cannot be linked (5.1, 5.3).
#[must_use]
pub fn tenant_warnings(tenant: &Tenant, userdata: &Userdata, ext: &Userdata) -> Vec<Warning> {
    let mut found = Vec::new();
    if let Action::Create(integration) = Action::of(userdata)
        && !tenant.connected().contains(&integration)
    {
        let text = format!("No record will be created: {}.", completion::not_connected(integration));
        found.push(Warning::about("ctl_userdata", "ACTION_IGNORED", text));
    }
    // A record in another CRM than Salesforce takes it in its own way.
    let elsewhere = match Action::of(userdata) {
        Action::Create(integration) => tenant.connectors.connected().contains(&integration),
        Action::None | Action::Unknown(_) | Action::CreateWithoutType | Action::CreateUnknownType(_) => false,
    };
    let linked = tenant.salesforce.as_ref().is_some_and(|salesforce| salesforce.enhanced) || elsewhere;
    if !ext.is_empty() && !linked {
        found.push(Warning::about(
            "extTransactionData",
            "EXT_NOT_LINKED",
            "extTransactionData is kept with the call, but no log is linked to its record: the tenant has no Enhanced SFDC \
             integration.",
        ));
    }
    found
}

/// Whether the agent can take a call now (1.11).
fn ready(situation: &Situation) -> Result<(), Refusal> {
    let busy = |text: String| Err(Refusal::new(Code::AgentBusy, text));
    let away = |text: &str| Err(Refusal::new(Code::AgentNotAvailable, text));
    if let Some(call) = situation.live_call {
        return busy(format!("you are in a call already (transaction {call}); end it first"));
    }
    if let Some(call) = situation.required_wrap_up {
        return busy(format!(
            "your last call (transaction {call}) still needs a code; finish its wrap-up first"
        ));
    }
    match situation.status {
        Status::Available | Status::WrapUp => {}
        Status::Busy => return busy("you are in a call already; end it first".to_owned()),
        Status::OnBreak => return away("you are on break; set yourself available in the console first"),
        Status::WorkingOffline => {
            return away("you are working offline; set yourself available in the console first");
        }
        Status::LoggedOut => return away("you are logged out; set yourself available in the console first"),
    }
    refuse_unreachable(situation.phone)
}

/// Lets those pass who have a phone that can be rung (1.11).
///
/// # Errors
/// [`Code::AgentPhoneUnreachable`].
pub fn refuse_unreachable(phone: Reachability) -> Result<(), Refusal> {
    match phone {
        Reachability::Reachable => Ok(()),
        Reachability::NotRegistered => Err(Refusal::new(
            Code::AgentPhoneUnreachable,
            "none of your phones is registered; switch one on and try again",
        )),
        Reachability::NoPhone => {
            Err(Refusal::new(Code::AgentPhoneUnreachable, "no phone is set up for you; ask an administrator"))
        }
    }
}
