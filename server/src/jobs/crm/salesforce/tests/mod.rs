//! The client against the stand-in org, and against answers that were recorded.

mod faults;
mod logins;
mod recorded;
mod records;

use super::Connections;
use crate::outbound::{Outbound, Rules};
use ringbridge_core::crm::{CallFacts, Created, History, Order, Outcome, Purpose, Related, Report};
use ringbridge_core::id::{AgentId, InteractionGuid, TenantId, TransactionId};
use ringbridge_core::redact::{Digits, Secret};
use ringbridge_core::system_data::Integration;
use ringbridge_core::tenant::salesforce::{Interface, Login};
use ringbridge_core::tenant::{Salesforce, Tenant};
use ringbridge_core::time::Timestamp;
use ringbridge_standin::salesforce::{Org, OrgConfig};
use std::future::Future;

/// The call's GUID.
pub(super) const GUID: &str = "int-0190b6f2a1b24c5d8e9f001122334455";

/// The account of the reference's example.
pub(super) const ACCOUNT: &str = "001D000000IqhSLIAZ";

/// What each of them came to, all of them on their way at the same time.
pub(super) async fn together<T: Send + 'static>(
    futures: impl Iterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let tasks: Vec<_> = futures.map(tokio::spawn).collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

/// An org, and a tenant that is connected to it.
pub(super) struct Stage {
    pub(super) org: Org,
    pub(super) connections: Connections,
    pub(super) settings: Salesforce,
}

impl Stage {
    pub(super) async fn new() -> Self {
        Self::with(OrgConfig::default()).await
    }

    pub(super) async fn with(config: OrgConfig) -> Self {
        let login = Login::ClientCredentials { client_secret: Secret::new(config.client_secret.clone()) };
        let client_id = config.consumer_key.clone();
        let org = Org::start("127.0.0.1:0".parse().unwrap(), config).await.unwrap();
        let settings = Salesforce { client_id, ..settings(&org.url(), login) };
        Self { org, connections: connections(), settings }
    }

    /// An attempt at an order that was written under these settings.
    pub(super) async fn create(&self, order: &Order, history: History) -> Report {
        self.attempt(&under(&self.settings, order), history).await
    }

    /// An attempt at an order as it was written.
    pub(super) async fn attempt(&self, order: &Order, history: History) -> Report {
        let now = crate::clock::now();
        self.connections.create(&tenant(), &self.settings, order, history, now).await
    }

    /// The record that a first attempt makes.
    pub(super) async fn created(&self, order: &Order) -> Created {
        created(self.create(order, History::First).await)
    }

    /// The sentence that a first attempt fails with.
    pub(super) async fn refused(&self, order: &Order) -> String {
        match self.create(order, History::First).await.outcome {
            Outcome::Created(created) => panic!("{created:?}"),
            Outcome::Failed(failure) => failure.sentence(),
        }
    }

    /// The only Task there is, as its fields that somebody may set.
    pub(super) fn task(&self, names: &[&str]) -> Vec<String> {
        let tasks = self.org.records("Task");
        let [task] = tasks.as_slice() else { panic!("{} tasks", tasks.len()) };
        names.iter().map(|name| task.value(name).to_string().trim_matches('"').to_owned()).collect()
    }
}

/// An order as it is written down under these settings.
pub(super) fn under(settings: &Salesforce, order: &Order) -> Order {
    Order { key: settings.external_id_field.clone(), ..order.clone() }
}

pub(super) fn created(report: Report) -> Created {
    match report.outcome {
        Outcome::Created(created) => created,
        Outcome::Failed(failure) => panic!("{failure:?}"),
    }
}

pub(super) fn connections() -> Connections {
    let rules = Rules { allow_private: vec!["127.0.0.0/8".parse().unwrap()], ..Rules::default() };
    Connections::new(Outbound::new(rules).unwrap())
}

/// A stand-in's settings with every switch off.
pub(super) fn settings(url: &str, login: Login) -> Salesforce {
    Salesforce {
        login_url: url.to_owned(),
        login,
        client_id: "client".into(),
        api_version: None,
        org_id: None,
        enhanced: false,
        auto_log: false,
        enrich: false,
        external_id_field: None,
        allowed_fields: vec![],
        allow_duplicates: false,
        interface: Interface::Auto,
        test_endpoint: true,
    }
}

pub(super) fn tenant() -> Tenant {
    crate::jobs::tests::tenant(TenantId(1))
}

/// An order for a Task with these fields.
pub(super) fn order(fields: &[(&str, &str)]) -> Order {
    let tokens = [
        ("callAnsweredTenantTT", "2026/09/21 07:13:20 -0700"),
        ("callHangupTenantTT", "2026/09/21 07:14:36 -0700"),
        ("callDuration", "00:01:16"),
        ("transaction_codes", "Outcome:SOLD"),
        ("notes", "said [maybe]\nback"),
        ("lastTclCodeDesc", "Sale made"),
    ];
    let owned = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    Order {
        purpose: Purpose::Create,
        integration: Integration::Sfdc,
        object: "Task".into(),
        fields: owned(fields),
        related: None,
        key: None,
        parent: Some(ACCOUNT.into()),
        call: CallFacts {
            transaction: TransactionId(4711),
            guid: InteractionGuid(GUID.into()),
            agent: AgentId(7),
            agent_login: "alice".into(),
            agent_name: "Alice".into(),
            number: Digits::new("16502928880").unwrap(),
            caller_id: Digits::new("5251990").unwrap(),
            answered_at: Some(Timestamp::from_millis(1_790_000_000_120)),
            hung_up_at: Timestamp::from_millis(1_790_000_076_000),
            completed_at: Timestamp::from_millis(1_790_000_096_000),
            duration_seconds: 76,
            end_reason: "hung_up".into(),
            tokens: owned(&tokens),
            zone: "America/Los_Angeles".into(),
        },
    }
}

/// The order of the reference's Example 1, its tokens filled.
pub(super) fn example_1() -> Order {
    order(&[
        ("subject", "outbound call log (4711)"),
        ("Transactionid__c", GUID),
        ("WhatId", ACCOUNT),
        ("status", "completed"),
        (
            "Description",
            "My Own Description\ncall answered at= 1790000000\ncall hangup at: 1790000076\nTransaction Codes = Outcome:SOLD",
        ),
        ("ActivityDate", "2026-09-21"),
    ])
}

pub(super) fn related(order: Order, id: &str) -> Order {
    Order { related: Some(Related { id: id.into(), kind: String::new() }), ..order }
}
