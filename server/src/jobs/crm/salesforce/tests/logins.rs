//! Ways to log in, and the trial of a connection (`salesforce.md` 1.1, 6).

use super::*;
use crate::cli::salesforce_key;
use crate::jobs::crm::salesforce::{Found, Step};

use ringbridge_core::tenant::salesforce::Subject;
use ringbridge_core::tenant::{Agent, Role};
use ringbridge_standin::salesforce::{Approval, KeyField, OrgUser};

/// A stage with a key of its own, and its folder.
async fn with_key(subject: Subject) -> (Stage, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    salesforce_key::make(folder.path(), crate::clock::now()).unwrap();
    let mut users = OrgConfig::default().users;
    users.push(OrgUser::new("alice@standin.example", Approval::Preapproved));
    let certificate = std::fs::read_to_string(folder.path().join("salesforce.crt")).unwrap();
    let config = OrgConfig { certificate: Some(certificate), users, ..OrgConfig::default() };
    let mut stage = Stage::with(config).await;
    stage.settings.login = Login::Jwt {
        username: "api@standin.example".into(),
        key_file: folder.path().join("salesforce.key").display().to_string(),
        audience: None,
        subject,
    };
    stage.settings.external_id_field = Some("Transactionid__c".into());
    (stage, folder)
}

fn with_agent(external_username: &str) -> Tenant {
    let agent = Agent {
        id: AgentId(7),
        login: "alice".into(),
        password_hash: Secret::default(),
        name: "Alice".into(),
        role: Role::Agent,
        queues: vec![],
        caller_id: None,
        dial_plan: None,
        phones: vec![],
        external_username: external_username.into(),
        external_password: Secret::default(),
    };
    Tenant { agents: vec![agent], ..tenant() }
}

/// Who made the only Task.
fn author(stage: &Stage) -> String {
    let [by] = stage.task(&["CreatedById"]).try_into().unwrap();
    let users = stage.org.records("User");
    users.iter().find(|user| user.id() == by).and_then(|user| user.text("Username")).unwrap().to_owned()
}

async fn create_as(stage: &Stage, tenant: &Tenant) -> Created {
    let now = crate::clock::now();
    created(stage.connections.create(tenant, &stage.settings, &example_1(), History::First, now).await)
}

#[tokio::test]
async fn an_assertion_signed_with_a_key_made_here_logs_in() {
    let (stage, _folder) = with_key(Subject::Integration).await;
    let created = create_as(&stage, &with_agent("alice@standin.example")).await;
    assert_eq!((author(&stage).as_str(), created.notes), ("api@standin.example", vec![]));
}

#[tokio::test]
async fn records_bear_the_agents_name_where_the_tenant_asks_for_it() {
    for (own, expected) in [("alice@standin.example", "alice@standin.example"), ("", "api@standin.example")] {
        let (stage, _folder) = with_key(Subject::Agent).await;
        let created = create_as(&stage, &with_agent(own)).await;
        assert_eq!((author(&stage).as_str(), created.notes), (expected, vec![]));
    }
}

#[tokio::test]
async fn an_agent_who_is_not_let_in_costs_no_record() {
    let (stage, _folder) = with_key(Subject::Agent).await;
    let created = create_as(&stage, &with_agent("new@standin.example")).await;
    assert_eq!(author(&stage), "api@standin.example");
    assert_eq!(
        created.notes,
        [
            "written as api@standin.example: new@standin.example was not let in (invalid_grant: user hasn't approved this \
          consumer)"
        ]
    );
}

#[tokio::test]
async fn a_key_that_is_not_there_is_named_to_operators_alone() {
    let (mut stage, folder) = with_key(Subject::Integration).await;
    let file = folder.path().join("absent.key").display().to_string();
    let Login::Jwt { key_file, .. } = &mut stage.settings.login else { panic!("it is jwt") };
    *key_file = file.clone();
    let sentence = stage.refused(&example_1()).await;
    assert!(
        sentence.starts_with("KEY_UNUSABLE: the key of salesforce.key_file cannot be used: "),
        "{sentence}"
    );
    assert!(!sentence.contains(&file), "a callback's receiver learns no path: {sentence}");
    let probed = stage.connections.probe(TenantId(1), &stage.settings, crate::clock::now()).await;
    let said = probed.last().map(|step| (step.name, step.found, step.text.clone()));
    assert_eq!(said, Some(("log in", Found::Wrong, format!("{sentence}; it is {file}"))));
}

#[tokio::test]
async fn a_connection_that_is_well_tells_who_we_are_and_what_could_be_better() {
    let probe = async |stage: &Stage| {
        stage.connections.probe(TenantId(1), &stage.settings, crate::clock::now()).await
    };
    let step = |name, found, text: &str| Step { name, found, text: text.to_owned() };
    let address = || step("address", Found::Improvable, "test_endpoint is set: this need not be Salesforce");
    let expected = |left: u32, key: Step| {
        vec![
            address(),
            step("log in", Found::Well, "api@standin.example in org 00D5e0000000001EAA"),
            step("API version", Found::Well, "version 67.0"),
            step("the Task's fields", Found::Well, "the Task takes the facts of a call"),
            key,
            step("requests", Found::Well, &format!("{left} of 100000 requests left")),
        ]
    };
    let (stage, _folder) = with_key(Subject::Integration).await;
    let well = step("external id", Found::Well, "Transactionid__c tells records apart");
    assert_eq!(probe(&stage).await, expected(99_999, well));

    let mut stage = Stage::with(OrgConfig { key_field: KeyField::ExternalId, ..OrgConfig::default() }).await;
    let absent = "no external_id_field is set; with one, repeating is safer";
    assert_eq!(probe(&stage).await, expected(99_999, step("external id", Found::Improvable, absent)));
    stage.settings.external_id_field = Some("Transactionid__c".into());
    let unfit = "Transactionid__c must be both External ID and Unique to be used";
    assert_eq!(probe(&stage).await, expected(99_998, step("external id", Found::Improvable, unfit)));

    stage.settings.client_id = "nobody".into();
    let wrong = "invalid_client_id: client identifier invalid; compare salesforce.client_id with the app's consumer key; a \
                 new app needs ten minutes";
    assert_eq!(probe(&stage).await, [address(), step("log in", Found::Wrong, wrong)]);
}
