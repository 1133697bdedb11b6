//! Which records are made of which orders (semantics 5.2, 5.3; SEC-25).

use super::*;
use ringbridge_core::crm::Pages;
use ringbridge_standin::salesforce::{CONTACT, KeyField, LEAD};

/// The body of the only write there was, by what the record holds that the org did not fill in itself.
fn set_by_us(stage: &Stage) -> Vec<(String, String)> {
    let tasks = stage.org.records("Task");
    let [task] = tasks.as_slice() else { panic!("{} tasks", tasks.len()) };
    let own = [
        "Id",
        "OwnerId",
        "Priority",
        "IsDeleted",
        "IsClosed",
        "IsHighPriority",
        "CompletedDateTime",
        "CreatedDate",
        "CreatedById",
        "LastModifiedDate",
        "LastModifiedById",
        "SystemModstamp",
        "TaskSubtype",
        "AccountId",
        "Call_Recorded__c",
    ];
    let fields = task.fields().iter().filter(|(name, _)| !own.contains(&name.as_str()));
    fields
        .map(|(name, value)| (name.clone(), value.as_str().map_or(value.to_string(), str::to_owned)))
        .collect()
}

fn example_1_fields() -> Vec<(String, String)> {
    let text = "My Own Description\ncall answered at= 1790000000\ncall hangup at: 1790000076\nTransaction Codes = Outcome:SOLD";
    let fields = [
        ("ActivityDate", "2026-09-21"),
        ("Description", text),
        ("Status", "Completed"),
        ("Subject", "outbound call log (4711)"),
        ("Transactionid__c", GUID),
        ("WhatId", ACCOUNT),
    ];
    fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

#[tokio::test]
async fn example_1_gives_one_task_with_exactly_the_links_fields_with_and_without_a_key() {
    for (key_field, setting) in [
        (KeyField::UniqueExternalId, Some("transactionid__C")),
        (KeyField::UniqueExternalId, None),
        (KeyField::Plain, None),
        (KeyField::ExternalId, Some("Transactionid__c")),
    ] {
        let mut stage = Stage::with(OrgConfig { key_field, ..OrgConfig::default() }).await;
        stage.settings.external_id_field = setting.map(str::to_owned);
        let created = stage.created(&example_1()).await;
        let mut fields = set_by_us(&stage);
        fields.sort();
        assert_eq!(fields, example_1_fields(), "{key_field:?} {setting:?}");
        let id = stage.org.records("Task")[0].id().to_owned();
        let url = stage.org.url();
        let edit = format!(
            "{url}/lightning/r/Task/{id}/edit?backgroundContext=%2Flightning%2Fr%2FAccount%2F{ACCOUNT}%2Fview"
        );
        assert_eq!(
            (created.id, created.object, created.pages),
            (id.clone(), "Task".to_owned(), Some(Pages { view: format!("{url}/{id}"), edit }))
        );
        let safe = key_field == KeyField::UniqueExternalId;
        let note = "Transactionid__c is no External ID that is Unique in Task; repeating is safer with one"
            .to_owned();
        assert_eq!(created.notes, if setting.is_some() && !safe { vec![note] } else { vec![] });
    }
}

#[tokio::test]
async fn a_record_without_the_guid_bears_it_in_the_free_call_object() {
    let stage = Stage::new().await;
    stage.created(&order(&[("Subject", "call")])).await;
    assert_eq!(stage.task(&["Subject", "CallObject"]), ["call", GUID]);
}

#[tokio::test]
async fn the_links_own_call_object_is_left_alone() {
    let stage = Stage::new().await;
    stage.created(&order(&[("Subject", "call"), ("callobject", "mine")])).await;
    assert_eq!(stage.task(&["CallObject"]), ["mine"]);
}

#[tokio::test]
async fn sec_25_fields_that_act_with_our_users_rights_are_refused_unless_the_tenant_lists_them() {
    let mut stage = Stage::new().await;
    for name in ["OwnerId", "ownerid", "RecordTypeId", "IsPrivate", "CreatedDate", "Id"] {
        let sentence = format!(
            "FIELD_NOT_ALLOWED: {name} is not set for a link; the tenant's salesforce.allowed_fields does not list it"
        );
        assert_eq!(stage.refused(&order(&[(name, "x")])).await, sentence);
    }
    assert_eq!(stage.org.records("Task").len(), 0);
    let owner = stage.org.records("User")[1].id().to_owned();
    stage.settings.allowed_fields = vec!["OWNERID".into()];
    stage.created(&order(&[("OwnerId", &owner)])).await;
    assert_eq!(stage.task(&["OwnerId"]), [owner]);
}

#[tokio::test]
async fn what_the_org_does_not_have_is_refused_in_its_own_words() {
    let stage = Stage::new().await;
    let object = |name: &str| Order { object: name.into(), ..order(&[]) };
    let table = [
        (order(&[("foo", "1")]), "INVALID_FIELD: No such column 'foo' on sobject of type Task"),
        (
            order(&[("isclosed", "1")]),
            "INVALID_FIELD_FOR_INSERT_UPDATE: Unable to create/update fields: IsClosed. Please check the security settings \
             of this field and verify that it is read/write for your profile or permission set.",
        ),
        (object(""), "OBJECT_TYPE_MISSING: the link's user data has no ObjectType"),
        (object("Tusk"), "NOT_FOUND: The requested resource does not exist (ObjectType \"Tusk\")"),
        (object("Task/../User"), "INVALID_TYPE: sObject type 'Task/../User' is not supported."),
    ];
    for (order, sentence) in table {
        assert_eq!(stage.refused(&order).await, sentence);
    }
    let writes = stage.org.requests().into_iter().filter(|request| request.method != "GET");
    assert_eq!(writes.count(), 1, "the log-in alone");
}

#[tokio::test]
async fn the_object_is_found_in_any_case() {
    let stage = Stage::new().await;
    let created = stage.created(&Order { object: "tASK".into(), ..order(&[("SUBJECT", "x")]) }).await;
    assert_eq!(created.object, "Task");
    assert_eq!(stage.task(&["Subject"]), ["x"]);
}

#[tokio::test]
async fn rule_5_3_a_log_is_linked_to_the_record_that_the_click_came_from() {
    let table = [
        (CONTACT, [CONTACT, "null"]),
        (LEAD, [LEAD, "null"]),
        (ACCOUNT, ["null", ACCOUNT]),
        (&ACCOUNT[..15], ["null", ACCOUNT]),
    ];
    for (id, expected) in table {
        let stage = Stage::new().await;
        let created = stage.created(&related(order(&[("Subject", "x")]), id)).await;
        assert_eq!(stage.task(&["WhoId", "WhatId"]), expected, "{id}");
        assert_eq!(created.notes, Vec::<String>::new());
    }
}

#[tokio::test]
async fn rule_5_3_the_links_own_fields_win_and_what_cannot_be_linked_is_said() {
    let what = ("WhatId", ACCOUNT);
    let task = "00T4C00000B5BugUAF";
    let note = |id: &str, why: &str| vec![format!("extRecordId {id} was not linked: {why}")];
    type Row<'a> = (&'a [(&'a str, &'a str)], &'a str, [&'a str; 2], Vec<String>);
    let table: [Row<'_>; 6] = [
        (&[what], "0015e0000000001AAA", ["null", ACCOUNT], vec![]),
        (&[what], CONTACT, [CONTACT, ACCOUNT], vec![]),
        (&[what], LEAD, ["null", ACCOUNT], note(LEAD, "a lead cannot be together with WhatId")),
        (
            &[("WhoId", LEAD)],
            ACCOUNT,
            [LEAD, "null"],
            note(ACCOUNT, "WhoId is a lead, which cannot be together with WhatId"),
        ),
        (&[], task, ["null"; 2], note(task, "a log cannot be related to a record of type Task")),
        (&[], "nonsense", ["null"; 2], note("nonsense", "it is no Salesforce id")),
    ];
    for (fields, id, expected, notes) in table {
        let stage = Stage::new().await;
        let created = stage.created(&related(order(fields), id)).await;
        assert_eq!(
            (stage.task(&["WhoId", "WhatId"]), created.notes),
            (expected.map(str::to_owned).into(), notes)
        );
    }
}

#[tokio::test]
async fn a_tenant_that_enriches_fills_the_call_fields_that_the_link_leaves_alone() {
    let mut stage = Stage::new().await;
    stage.settings.enrich = true;
    stage.created(&order(&[("Subject", "x"), ("CallDisposition", "mine")])).await;
    let names = ["TaskSubtype", "CallType", "CallDurationInSeconds", "CallDisposition", "CallObject"];
    assert_eq!(stage.task(&names), ["Call", "Outbound", "76", "mine", GUID]);
}

#[tokio::test]
async fn rule_5_3_an_auto_log_tells_the_call() {
    let mut stage = Stage::new().await;
    stage.settings.external_id_field = Some("Transactionid__c".into());
    let log = Order { purpose: Purpose::AutoLog, object: String::new(), ..order(&[]) };
    stage.created(&related(log, CONTACT)).await;
    let names =
        ["Subject", "Status", "ActivityDate", "WhoId", "CallType", "CallDisposition", "Transactionid__c"];
    assert_eq!(
        stage.task(&names),
        ["Outbound call to 16502928880", "Completed", "2026-09-21", CONTACT, "Outbound", "Sale made", GUID]
    );
    assert_eq!(
        stage.org.records("Task")[0].text("Description"),
        Some(
            "Agent: Alice\nAnswered: 2026/09/21 07:13:20 -0700\nHung up: 2026/09/21 07:14:36 -0700\nDuration: 00:01:16\n\
             Result: hung_up\nCodes: Outcome:SOLD\nNotes: said [maybe]\nback"
        )
    );
}
