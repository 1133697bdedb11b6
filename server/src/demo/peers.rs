//! The outside world of the demo: an agent's phone, the customer behind the trunk, the receiver of callbacks, and an org
//! of Salesforce.
//!
//! Promises: all on loopback, on ports that were free; what the page shows is one snapshot of the four. Leaves to others:
//! being real (the `standin` crate's phones speak SIP and RTP over UDP, its org speaks Salesforce's REST API).

use ringbridge_standin::callback::{Received, Receiver};
use ringbridge_standin::phone::{AutoAnswer, Phone, PhoneConfig, PhoneView};
use ringbridge_standin::salesforce::{Org, OrgConfig, Record};
use serde::{Deserialize, Serialize};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// How long a phone rings before it answers by itself: long enough to be seen.
const RINGS_FOR: Duration = Duration::from_millis(1500);

/// How many callbacks and tasks the page shows.
const SHOWN: usize = 5;

/// What a link of the reference writes into a task, in the order in which the page shows it.
const TASK_FIELDS: [&str; 7] =
    ["Id", "Subject", "Status", "ActivityDate", "WhatId", "Transactionid__c", "Description"];

/// The four.
pub struct Peers {
    agent: Phone,
    customer: Phone,
    receiver: Receiver,
    crm: Org,
}

/// One of the two phones, as the page's addresses name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Which {
    /// The agent's.
    Agent,
    /// The customer's.
    Customer,
}

/// What a person does to a phone on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// Picks up.
    Answer,
    /// Answers by itself from now on.
    AutoOn,
    /// Waits for a hand from now on.
    AutoOff,
    /// Says that it is busy (486).
    Busy,
    /// Puts down, or refuses while it rings.
    HangUp,
    /// Declines (603).
    Reject,
}

/// What the page shows.
#[derive(Debug, Serialize)]
pub struct Snapshot {
    agent: PhoneView,
    customer: PhoneView,
    /// The newest callbacks, newest first.
    callbacks: Vec<Shown>,
    /// The newest tasks of the org, newest first, each as its fields.
    tasks: Vec<Vec<(&'static str, String)>>,
}

/// A callback as it arrived.
#[derive(Debug, Serialize)]
struct Shown {
    /// Its place among all that arrived, from 1.
    number: usize,
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Peers {
    /// Starts all four.
    ///
    /// # Errors
    /// No socket can be had on loopback.
    pub async fn start() -> io::Result<Self> {
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let agent = Phone::start(PhoneConfig::new("alice", any_port)).await?;
        // Another tone than the agent's, so that a recording tells the two apart.
        let customer =
            Phone::start(PhoneConfig { tone: 620, ..PhoneConfig::new("customer", any_port) }).await?;
        let receiver = Receiver::start(any_port).await?;
        let crm = Org::start(any_port, OrgConfig::default()).await?;
        Ok(Self { agent, customer, receiver, crm })
    }

    /// Where the agent's phone listens for SIP.
    #[must_use]
    pub const fn agent(&self) -> SocketAddr {
        self.agent.address()
    }

    /// Where the customer, and so the trunk, listens for SIP.
    #[must_use]
    pub const fn customer(&self) -> SocketAddr {
        self.customer.address()
    }

    /// Where the receiver listens.
    #[must_use]
    pub const fn receiver(&self) -> SocketAddr {
        self.receiver.address()
    }

    /// Where the org is: its log-in, its API and its pages.
    #[must_use]
    pub fn crm(&self) -> String {
        self.crm.url()
    }

    /// Does something to a phone.
    pub fn act(&self, which: Which, act: Act) {
        let phone = match which {
            Which::Agent => &self.agent,
            Which::Customer => &self.customer,
        };
        match act {
            Act::Answer => phone.answer(),
            Act::AutoOn => phone.set_auto_answer(AutoAnswer::After(RINGS_FOR)),
            Act::AutoOff => phone.set_auto_answer(AutoAnswer::Off),
            Act::Busy => phone.reject(486),
            Act::HangUp => phone.hang_up(),
            Act::Reject => phone.reject(603),
        }
    }

    /// What there is to see now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let all = self.receiver.received();
        let newest = all.iter().enumerate().rev().take(SHOWN);
        let callbacks = newest.map(|(index, received)| shown(index + 1, received)).collect();
        let tasks = self.crm.records("Task");
        let tasks = tasks.iter().rev().take(SHOWN).map(task).collect();
        Snapshot { agent: self.agent.view(), customer: self.customer.view(), callbacks, tasks }
    }
}

/// The fields of a task that have a value.
fn task(record: &Record) -> Vec<(&'static str, String)> {
    let value = |name: &'static str| record.text(name).map(|value| (name, value.to_owned()));
    TASK_FIELDS.into_iter().filter_map(value).collect()
}

fn shown(number: usize, received: &Received) -> Shown {
    Shown {
        number,
        method: received.method.clone(),
        target: received.target.clone(),
        headers: received.headers.clone(),
        body: received.text(),
    }
}
