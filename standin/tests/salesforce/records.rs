//! Making, changing and deleting records.

use crate::client::{BASE, Client};
use ringbridge_standin::salesforce::{ACCOUNT, CONTACT, KeyField, REFERENCE_ACCOUNT};
use serde_json::{Value, json};

/// What the reference's Example 1 becomes, in a mixture of cases.
const EXAMPLE: &str = r#"{"subject":"outbound call log (4711)","STATUS":"Completed","WhatId":"001D000000IqhSLIAZ","Description":"a\nb","ActivityDate":"2026-11-22","transactionID__c":"int-1"}"#;

#[tokio::test]
async fn a_task_is_made_under_its_canonical_names() {
    let client = Client::new().await;
    let reply = client.api("POST", "/sobjects/task/", EXAMPLE).await;
    let id = reply.text("id");
    assert_eq!(
        reply.whole(),
        (201, format!(r#"{{"id":"{id}","success":true,"errors":[]}}"#).as_str()),
        "keys in the order of real answers"
    );
    assert_eq!(reply.header("location"), Some(format!("{BASE}/sobjects/Task/{id}").as_str()));
    assert_eq!(reply.header("sforce-limit-info"), Some("api-usage=1/100000"));
    assert_eq!(reply.header("content-type"), Some("application/json;charset=UTF-8"));

    let tasks = client.org.records("Task");
    let task = &tasks[0];
    let user = client.org.records("User")[0].id().to_owned();
    let made = task.text("CreatedDate").unwrap();
    let expected = json!({
        "Id": id, "Subject": "outbound call log (4711)", "Status": "Completed", "WhatId": REFERENCE_ACCOUNT,
        "Description": "a\nb", "ActivityDate": "2026-11-22", "Transactionid__c": "int-1", "Priority": "Normal",
        "TaskSubtype": "Task", "OwnerId": user, "AccountId": REFERENCE_ACCOUNT, "IsClosed": true,
        "IsHighPriority": false, "CompletedDateTime": made, "Call_Recorded__c": false, "IsDeleted": false,
        "CreatedDate": made, "CreatedById": user, "LastModifiedDate": made, "LastModifiedById": user,
        "SystemModstamp": made,
    });
    assert_eq!(Value::Object(task.fields().clone()), expected);
    assert_eq!(tasks.len(), 1);
}

#[tokio::test]
async fn an_upsert_creates_then_updates_and_says_which() {
    let client = Client::new().await;
    let path = "/sobjects/Task/Transactionid__c/int-181";
    let first = client.api("PATCH", path, r#"{"Subject":"a"}"#).await;
    let id = first.text("id");
    let said = |created: bool| format!(r#"{{"id":"{id}","success":true,"errors":[],"created":{created}}}"#);
    assert_eq!(first.whole(), (201, said(true).as_str()));
    let second = client.api("PATCH", &path.replace("int", "INT"), r#"{"Subject":"b"}"#).await;
    assert_eq!(second.whole(), (200, said(false).as_str()), "the key ignores case");
    let tasks = client.org.records("Task");
    assert_eq!((tasks.len(), tasks[0].text("Subject")), (1, Some("b")));
    assert_eq!(tasks[0].text("Transactionid__c"), Some("int-181"));

    let got = client.api("GET", &format!("{path}?fields=Id,subject"), "").await;
    assert_eq!(
        got.whole().1,
        format!(
            r#"{{"attributes":{{"type":"Task","url":"{BASE}/sobjects/Task/{id}"}},"Id":"{id}","Subject":"b"}}"#
        )
    );
    assert_eq!(client.api("DELETE", path, "").await.status, 204);
    assert_eq!(client.org.records("Task"), []);
}

#[tokio::test]
async fn an_old_version_answers_an_update_with_nothing_and_post_can_stand_for_patch() {
    let client = Client::new().await;
    let bearer = format!("OAuth {}", client.token);
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json; charset=UTF-8")];
    let target = "/services/data/v45.0/sobjects/Task/Transactionid__c/x?_HttpMethod=PATCH";
    assert_eq!(client.send("POST", target, &headers, "{}").await.status, 201);
    assert_eq!(client.send("POST", target, &headers, "{}").await.whole(), (204, ""));
}

#[tokio::test]
async fn update_only_never_creates() {
    let client = Client::new().await;
    let path = "/sobjects/Task/Transactionid__c/int-1?updateOnly=true";
    assert_eq!(client.api("PATCH", path, "{}").await.status, 404);
    assert_eq!(client.org.records("Task"), []);
}

#[tokio::test]
async fn a_key_that_is_not_unique_is_answered_with_300_and_nothing_is_written() {
    let client = Client::new().await;
    client.org.set_key_field(KeyField::ExternalId);
    let one = client.task(r#"{"Subject":"a","Transactionid__c":"int-1"}"#).await;
    let two = client.task(r#"{"Subject":"a","Transactionid__c":"int-1"}"#).await;
    let reply = client.api("PATCH", "/sobjects/Task/Transactionid__c/int-1", r#"{"Subject":"b"}"#).await;
    let places = json!([format!("{BASE}/sobjects/Task/{one}"), format!("{BASE}/sobjects/Task/{two}")]);
    assert_eq!((reply.status, reply.json()), (300, places));
    assert!(client.org.records("Task").iter().all(|task| task.text("Subject") == Some("a")));
}

#[tokio::test]
async fn the_key_field_can_go_and_change_and_describe_says_so() {
    let client = Client::new().await;
    let described = async || {
        let fields = client.api("GET", "/sobjects/Task/describe", "").await.json()["fields"].clone();
        let fields = fields.as_array().unwrap().clone();
        let key = fields.into_iter().find(|field| field["name"] == "Transactionid__c");
        key.map(|key| (key["externalId"].clone(), key["unique"].clone(), key["length"].clone()))
    };
    assert_eq!(described().await, Some((true.into(), true.into(), 80.into())));
    for (key, expected) in [
        (KeyField::ExternalId, Some((true.into(), false.into(), 80.into()))),
        (KeyField::Plain, Some((false.into(), false.into(), 80.into()))),
        (KeyField::Absent, None),
    ] {
        client.org.set_key_field(key);
        assert_eq!(described().await, expected);
    }
}

#[tokio::test]
async fn a_description_that_is_known_is_not_sent_again_until_it_changes() {
    let client = Client::new().await;
    let bearer = format!("Bearer {}", client.token);
    let target = format!("{BASE}/sobjects/Task/describe");
    let first = client.send("GET", &target, &[("Authorization", &bearer)], "").await;
    let by_tag = [("Authorization", bearer.as_str()), ("If-None-Match", first.header("etag").unwrap())];
    let since = first.header("last-modified").unwrap();
    let by_time = [("Authorization", bearer.as_str()), ("If-Modified-Since", since)];
    let head = client.send("HEAD", &target, &[("Authorization", &bearer)], "").await;
    assert_eq!((head.whole(), head.header("etag")), ((200, ""), first.header("etag")));
    assert_eq!(client.send("GET", &target, &by_tag, "").await.whole(), (304, ""));
    assert_eq!(client.send("GET", &target, &by_time, "").await.whole(), (304, ""));
    client.org.set_key_field(KeyField::Plain);
    assert_eq!(client.send("GET", &target, &by_tag, "").await.status, 200);
    assert_eq!(client.send("GET", &target, &by_time, "").await.status, 200);
}

#[tokio::test]
async fn a_record_is_changed_read_and_deleted() {
    let client = Client::new().await;
    let id = client.task(&format!(r#"{{"Subject":"a","WhoId":"{CONTACT}"}}"#)).await;
    let path = format!("/sobjects/Task/{}", &id[..15]);
    let change = r#"{"Subject":null,"CallDurationInSeconds":61,"Call_Started__c":"2026-11-22T11:00:00+01:00","Call_Score__c":1.5}"#;
    assert_eq!(client.api("PATCH", &path, change).await.whole(), (204, ""));
    let fields = "Subject,CallDurationInSeconds,Call_Started__c,Call_Score__c,AccountId,WhoId";
    let got = client.api("GET", &format!("{path}?fields={fields}"), "").await.json();
    assert_eq!(
        got,
        json!({
            "attributes": {"type": "Task", "url": format!("{BASE}/sobjects/Task/{id}")},
            "Subject": null, "CallDurationInSeconds": 61, "Call_Started__c": "2026-11-22T10:00:00.000+0000",
            "Call_Score__c": 1.5, "AccountId": ACCOUNT, "WhoId": CONTACT,
        })
    );
    assert_eq!(client.api("DELETE", &path, "").await.whole(), (204, ""));
    assert_eq!(client.api("GET", &path, "").await.status, 404);
    assert!(client.api("DELETE", &path, "").await.body.contains("ENTITY_IS_DELETED"));
}

#[tokio::test]
async fn nothing_given_leaves_what_the_org_fills_in() {
    let client = Client::new().await;
    client.task(r#"{"Status":null,"Priority":"","Subject":null}"#).await;
    let task = client.org.records("Task").remove(0);
    assert_eq!(
        (task.text("Status"), task.text("Priority"), task.text("Subject")),
        (Some("Not Started"), Some("Normal"), None)
    );
}

#[tokio::test]
async fn a_chunked_body_is_read() {
    let client = Client::new().await;
    let request = format!(
        "POST {BASE}/sobjects/Task HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n{{\"Subj\r\n8\r\nect\":\"a\"\r\n1\r\n}}\r\n0\r\n\r\n",
        client.token
    );
    assert_eq!(client.raw(&request).await.unwrap().status, 201);
}

#[tokio::test]
async fn versions_limits_and_objects_are_listed() {
    let client = Client::new().await;
    let versions = client.send("GET", "/services/data", &[], "").await;
    assert!(
        versions.body.contains(r#"{"label":"Summer '26","url":"/services/data/v67.0","version":"67.0"}"#)
            && versions
                .body
                .contains(r#"{"label":"Winter '27","url":"/services/data/v68.0","version":"68.0"}"#)
            && versions
                .body
                .contains(r#"{"label":"Spring '23","url":"/services/data/v57.0","version":"57.0"}"#),
        "{}",
        versions.body
    );
    client.org.set_daily_limit(17, 5000);
    let limits = client.api("GET", "/limits", "").await;
    assert_eq!(limits.json()["DailyApiRequests"], json!({"Max": 5000, "Remaining": 4982}));
    assert_eq!(limits.header("sforce-limit-info"), Some("api-usage=18/5000"));
    let global = client.api("GET", "/sobjects", "").await.json();
    let names: Vec<_> = global["sobjects"].as_array().unwrap().iter().map(|o| o["name"].clone()).collect();
    assert_eq!(
        names,
        ["Account", "Contact", "Lead", "Opportunity", "Case", "Task", "Event", "User", "PermissionSet"]
    );
    assert_eq!(client.org.counts().api_usage, 19);
}
