//! Each row of the table of errors (salesforce.md 1.2): a request, and the whole answer to it.
//!
//! Promises: status and body are compared to the byte. Rows that only an administrator's or a server's trouble causes are in
//! `faults`.

use crate::client::{BASE, Client, Reply};
use ringbridge_standin::salesforce::{ACCOUNT, CONTACT, KeyField, LEAD};
use serde_json::json;

/// Posts a body to an object.
async fn post(client: &Client, object: &str, body: &str) -> (u16, String) {
    let reply = client.api("POST", &format!("/sobjects/{object}"), body).await;
    (reply.status, reply.body)
}

#[tokio::test]
async fn bodies_are_refused_in_the_words_of_a_real_org() {
    let client = Client::new().await;
    let long = "x".repeat(256);
    let too_long = format!(r#"{{"SUBJECT":"{long}"}}"#);
    let too_long_said = format!(
        r#"[{{"message":"Subject: data value too large: {long} (max length=255)","errorCode":"STRING_TOO_LONG","fields":["Subject"]}}]"#
    );
    for (object, body, status, answer) in [
        (
            "Task",
            r#"{"foo":1}"#,
            400,
            r#"[{"message":"No such column 'foo' on sobject of type Task","errorCode":"INVALID_FIELD"}]"#,
        ),
        (
            "Task",
            r#"{"Id":"00T5e0000000001EAA"}"#,
            400,
            r#"[{"message":"The Id field should not be specified in the sobject data.","errorCode":"INVALID_FIELD"}]"#,
        ),
        (
            "Contact",
            r#"{"LastName":"x","name":"y"}"#,
            400,
            r#"[{"message":"Unable to create/update fields: Name. Please check the security settings of this field and verify that it is read/write for your profile or permission set.","errorCode":"INVALID_FIELD_FOR_INSERT_UPDATE","fields":["Name"]}]"#,
        ),
        (
            "Account",
            "{}",
            400,
            r#"[{"message":"Required fields are missing: [Name]","errorCode":"REQUIRED_FIELD_MISSING","fields":["Name"]}]"#,
        ),
        (
            "Lead",
            r#"{"LastName":"","FirstName":"a"}"#,
            400,
            r#"[{"message":"Required fields are missing: [LastName, Company]","errorCode":"REQUIRED_FIELD_MISSING","fields":["LastName","Company"]}]"#,
        ),
        ("Task", &too_long, 400, &too_long_said),
        (
            "Task",
            "{\"Subject\":\"a\",\n \"ActivityDate\":\"2026/11/22\"}",
            400,
            r#"[{"message":"Cannot deserialize instance of date from VALUE_STRING value 2026/11/22 or request may be missing a required field at [line:2, column:17]","errorCode":"JSON_PARSER_ERROR"}]"#,
        ),
        (
            "Task",
            r#"{"CallDurationInSeconds":"61"}"#,
            400,
            r#"[{"message":"Cannot deserialize instance of int from VALUE_STRING value 61 or request may be missing a required field at [line:1, column:26]","errorCode":"JSON_PARSER_ERROR"}]"#,
        ),
        (
            "Task",
            r#"{"CallDurationInSeconds":1.5}"#,
            400,
            r#"[{"message":"Cannot deserialize instance of int from VALUE_NUMBER_FLOAT value 1.5 or request may be missing a required field at [line:1, column:26]","errorCode":"JSON_PARSER_ERROR"}]"#,
        ),
        (
            "Task",
            r#"{"Call_Started__c":"2026-11-22T10:00:00"}"#,
            400,
            r#"[{"message":"Cannot deserialize instance of dateTime from VALUE_STRING value 2026-11-22T10:00:00 or request may be missing a required field at [line:1, column:20]","errorCode":"JSON_PARSER_ERROR"}]"#,
        ),
        (
            "Task",
            r#"{"Call_Recorded__c":"true"}"#,
            400,
            r#"[{"message":"Cannot deserialize instance of boolean from VALUE_STRING value true or request may be missing a required field at [line:1, column:21]","errorCode":"JSON_PARSER_ERROR"}]"#,
        ),
        (
            "Task",
            r#"{"Subject":5}"#,
            400,
            r#"[{"message":"Cannot deserialize instance of string from VALUE_NUMBER_INT value 5 or request may be missing a required field at [line:1, column:12]","errorCode":"JSON_PARSER_ERROR"}]"#,
        ),
        (
            "Task",
            r#"{"CallDurationInSeconds":123456789}"#,
            400,
            r#"[{"message":"Call Duration: value outside of valid range on numeric field: 123456789","errorCode":"NUMBER_OUTSIDE_VALID_RANGE","fields":["CallDurationInSeconds"]}]"#,
        ),
        (
            "Task",
            "",
            415,
            r#"[{"message":"Content type '' not supported","errorCode":"UNSUPPORTED_MEDIA_TYPE"}]"#,
        ),
        (
            "Task",
            r#"{"WhatId":"zzz"}"#,
            400,
            r#"[{"message":"Related To ID: id value of incorrect type: zzz","errorCode":"MALFORMED_ID","fields":["WhatId"]}]"#,
        ),
        (
            "Task",
            r#"{"WhatId":"001D000000IqhSLIAA"}"#,
            400,
            r#"[{"message":"Related To ID: id value of incorrect type: 001D000000IqhSLIAA","errorCode":"MALFORMED_ID","fields":["WhatId"]}]"#,
        ),
        (
            "Task",
            r#"{"WhoId":"0015w000029KTYHAA4"}"#,
            400,
            r#"[{"message":"Name ID: id value of incorrect type: 0015w000029KTYHAA4","errorCode":"FIELD_INTEGRITY_EXCEPTION","fields":["WhoId"]}]"#,
        ),
        (
            "Task",
            r#"{"WhatId":"0015w000029KTYHAA4"}"#,
            400,
            r#"[{"message":"insufficient access rights on cross-reference id: 0015w000029KTYH","errorCode":"INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY","fields":[]}]"#,
        ),
        (
            "Account",
            r#"{"Name":"x","RecordTypeId":"0125e000000zzzzAAA"}"#,
            400,
            r#"[{"message":"Record Type ID: this ID value isn't valid for the user: 0125e000000zzzzAAA","errorCode":"INVALID_CROSS_REFERENCE_KEY","fields":["RecordTypeId"]}]"#,
        ),
        (
            "Task",
            r#"{"TaskSubtype":"call"}"#,
            400,
            r#"[{"message":"Task Subtype: bad value for restricted picklist field: call","errorCode":"INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST","fields":["TaskSubtype"]}]"#,
        ),
        (
            "User",
            "{}",
            400,
            r#"[{"message":"insufficient access rights on object id","errorCode":"INSUFFICIENT_ACCESS_OR_READONLY","fields":[]}]"#,
        ),
        (
            "Nothing__c",
            "{}",
            404,
            r#"[{"message":"The requested resource does not exist","errorCode":"NOT_FOUND"}]"#,
        ),
    ] {
        assert_eq!(post(&client, object, body).await, (status, answer.to_owned()), "{object} {body}");
    }
    assert_eq!(client.org.records("Task"), []);
}

#[tokio::test]
async fn a_lead_forbids_another_relation() {
    let client = Client::new().await;
    let both = format!(r#"{{"WhoId":"{LEAD}","WhatId":"{ACCOUNT}"}}"#);
    let (status, body) = post(&client, "Task", &both).await;
    assert!(status == 400 && body.contains("FIELD_INTEGRITY_EXCEPTION"), "{body}");
    client.task(&format!(r#"{{"WhoId":"{CONTACT}","WhatId":"{ACCOUNT}"}}"#)).await;
}

#[tokio::test]
async fn a_unique_field_names_the_record_that_has_the_value() {
    let client = Client::new().await;
    let id = client.task(r#"{"Transactionid__c":"int-1"}"#).await;
    let answer = format!(
        r#"[{{"message":"duplicate value found: Transactionid__c duplicates value on record with id: {id}","errorCode":"DUPLICATE_VALUE","fields":[]}}]"#
    );
    assert_eq!(post(&client, "Task", r#"{"Transactionid__c":"INT-1"}"#).await, (400, answer));
    client.org.set_key_field(KeyField::Plain);
    assert_eq!(post(&client, "Task", r#"{"Transactionid__c":"INT-1"}"#).await.0, 201);
}

#[tokio::test]
async fn a_duplicate_rule_names_what_it_found_and_can_be_overridden() {
    let client = Client::new().await;
    let body = r#"{"LastName":"Gonzales","Email":"ROSE@example.com"}"#;
    let refused = client.api("POST", "/sobjects/Contact", body).await;
    let error = refused.json()[0].clone();
    assert_eq!((refused.status, &error["errorCode"]), (400, &json!("DUPLICATES_DETECTED")));
    assert_eq!(error["message"], "Use one of these records?");
    assert_eq!(error.get("fields"), None);
    let found = &error["duplicateResut"]["matchResults"][0]["matchRecords"][0]["record"];
    assert_eq!((&found["Id"], &error["duplicateResut"]["allowSave"]), (&json!(CONTACT), &json!(true)));

    let bearer = format!("Bearer {}", client.token);
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
        ("Sforce-Duplicate-Rule-Header", "allowSave=true"),
    ];
    let allowed = client.send("POST", &format!("{BASE}/sobjects/Contact"), &headers, body).await;
    assert_eq!(allowed.status, 201);
}

#[tokio::test]
async fn places_that_are_not_there_are_refused_in_the_words_of_a_real_org() {
    let client = Client::new().await;
    let not_found = r#"[{"message":"The requested resource does not exist","errorCode":"NOT_FOUND"}]"#;
    let no_id =
        r#"[{"message":"invalid cross reference id","errorCode":"INVALID_CROSS_REFERENCE_KEY","fields":[]}]"#;
    let no_key = |name: &str| {
        format!(
            r#"[{{"message":"Provided external ID field does not exist or is not accessible: {name}","errorCode":"NOT_FOUND"}}]"#
        )
    };
    let task = "00T5e0000000zzzEAA";
    for (method, path, body, status, answer) in [
        ("GET", format!("/sobjects/Task/{task}"), "", 404, not_found.to_owned()),
        ("GET", "/sobjects/Task/zzz".to_owned(), "", 404, no_key("zzz")),
        ("PATCH", format!("/sobjects/Task/{task}"), "{}", 404, no_id.to_owned()),
        ("DELETE", format!("/sobjects/Task/{task}"), "", 404, no_id.to_owned()),
        ("DELETE", format!("/sobjects/Task/{ACCOUNT}"), "", 404, no_id.to_owned()),
        ("PATCH", "/sobjects/Task/Foo__c/1".to_owned(), "{}", 404, no_key("Foo__c")),
        ("PATCH", "/sobjects/Task/Subject/1".to_owned(), "{}", 404, no_key("Subject")),
        ("PATCH", "/sobjects/Task/Transactionid__c/a.inc".to_owned(), "{}", 404, not_found.to_owned()),
        ("GET", "/sobjects/Task/Transactionid__c/none".to_owned(), "", 404, not_found.to_owned()),
        ("GET", "/nothing".to_owned(), "", 404, not_found.to_owned()),
        (
            "GET",
            "/sobjects/Task/00T5e0000000zzzAAA".to_owned(),
            "",
            400,
            r#"[{"message":"malformed id 00T5e0000000zzzAAA","errorCode":"MALFORMED_ID"}]"#.to_owned(),
        ),
        (
            "PATCH",
            "/sobjects/Task/Transactionid__c/1".to_owned(),
            r#"{"transactionid__c":"1"}"#,
            400,
            r#"[{"message":"The Transactionid__c field should not be specified in the sobject data.","errorCode":"INVALID_FIELD"}]"#
                .to_owned(),
        ),
        (
            "PUT",
            "/sobjects/Task".to_owned(),
            "{}",
            405,
            r#"[{"message":"HTTP Method 'PUT' not allowed. Allowed are GET,HEAD,POST","errorCode":"METHOD_NOT_ALLOWED"}]"#
                .to_owned(),
        ),
        (
            "POST",
            "/query".to_owned(),
            "{}",
            405,
            r#"[{"message":"HTTP Method 'POST' not allowed. Allowed are GET,HEAD","errorCode":"METHOD_NOT_ALLOWED"}]"#
                .to_owned(),
        ),
    ] {
        let reply = client.api(method, &path, body).await;
        assert_eq!((reply.status, reply.body), (status, answer), "{method} {path}");
    }
    assert_eq!(client.org.records("Task"), []);
}

#[tokio::test]
async fn a_subtype_is_set_when_a_task_is_made_and_never_after() {
    let client = Client::new().await;
    let id = client.task(r#"{"TaskSubtype":"Call"}"#).await;
    let reply = client.api("PATCH", &format!("/sobjects/Task/{id}"), r#"{"TaskSubtype":"Email"}"#).await;
    assert!(reply.status == 400 && reply.body.contains("INVALID_FIELD_FOR_INSERT_UPDATE"), "{}", reply.body);
}

#[tokio::test]
async fn a_parent_in_the_recycle_bin_is_no_parent() {
    let client = Client::new().await;
    let id = client.api("POST", "/sobjects/Account", r#"{"Name":"x"}"#).await.text("id");
    client.api("DELETE", &format!("/sobjects/Account/{id}"), "").await;
    let answer = r#"[{"message":"entity is deleted","errorCode":"ENTITY_IS_DELETED","fields":["WhatId"]}]"#;
    let refused = post(&client, "Task", &format!(r#"{{"WhatId":"{id}"}}"#)).await;
    assert_eq!(refused, (400, answer.to_owned()));
}

#[tokio::test]
async fn nothing_is_told_without_a_session() {
    let client = Client::new().await;
    let target = format!("{BASE}/sobjects/Task/describe");
    let ask = async |headers: &[(&str, &str)]| -> Reply { client.send("GET", &target, headers, "").await };
    let session = r#"[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]"#;
    let scheme = r#"[{"message":"INVALID_HEADER_TYPE","errorCode":"INVALID_AUTH_HEADER"}]"#;
    assert_eq!(ask(&[]).await.whole(), (401, session));
    assert_eq!(ask(&[("Authorization", "Bearer 00D!nothing")]).await.whole(), (401, session));
    for header in [format!("Basic {}", client.token), format!("Token {}", client.token), client.token.clone()]
    {
        assert_eq!(ask(&[("Authorization", &header)]).await.whole(), (401, scheme), "{header}");
    }
    for header in [format!("bearer {}", client.token), format!("OAuth {}", client.token)] {
        assert_eq!(ask(&[("Authorization", &header)]).await.status, 200, "{header}");
    }
    client.org.expire_tokens();
    assert_eq!(ask(&[("Authorization", &format!("Bearer {}", client.token))]).await.whole(), (401, session));
    let unserved = client.send("GET", "/services/data/v67.0/../../x", &[], "").await;
    assert_eq!(unserved.status, 401, "a path is looked at after the session");
}

#[tokio::test]
async fn a_body_of_another_kind_is_refused() {
    let client = Client::new().await;
    let bearer = format!("Bearer {}", client.token);
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "text/plain")];
    let reply = client.send("POST", &format!("{BASE}/sobjects/Task"), &headers, "{}").await;
    let answer =
        r#"[{"message":"Content type 'text/plain' not supported","errorCode":"UNSUPPORTED_MEDIA_TYPE"}]"#;
    assert_eq!(reply.whole(), (415, answer));
}
