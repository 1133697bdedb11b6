//! Queries, searches and questions about changes.

use crate::client::{BASE, Client, encoded};
use ringbridge_standin::salesforce::{ACCOUNT, CONTACT, LEAD, REFERENCE_ACCOUNT};
use serde_json::json;

/// The subjects that a condition on tasks finds.
async fn subjects(client: &Client, rest: &str) -> Vec<String> {
    let reply = client.query(&format!("SELECT Subject FROM Task {rest}")).await;
    assert_eq!(reply.status, 200, "{rest}: {}", reply.body);
    let json = reply.json();
    let subjects = json["records"].as_array().into_iter().flatten().map(|record| &record["Subject"]);
    subjects.map(|subject| subject.as_str().unwrap_or("null").to_owned()).collect()
}

async fn three_tasks() -> Client {
    let client = Client::new().await;
    client.task(&format!(r#"{{"Subject":"it's \"50%\"","CallObject":"int-1","WhatId":"{ACCOUNT}","ActivityDate":"2026-11-20","CallDurationInSeconds":5}}"#)).await;
    client.task(&format!(r#"{{"Subject":"Back\\slash","CallObject":"int-2","WhoId":"{CONTACT}","ActivityDate":"2026-11-22"}}"#)).await;
    client
        .task(&format!(
            r#"{{"Subject":"line\nend","WhoId":"{LEAD}","CallDurationInSeconds":61,"Call_Recorded__c":true}}"#
        ))
        .await;
    client
}

#[tokio::test]
async fn conditions_find_what_they_say() {
    let client = three_tasks().await;
    let (one, two, three) = ("it's \"50%\"", "Back\\slash", "line\nend");
    for (condition, expected) in [
        ("", vec![one, two, three]),
        ("WHERE CallObject = 'INT-1'", vec![one]),
        (r#"WHERE Subject = 'it\'s \"50%\"'"#, vec![one]),
        (r"WHERE Subject = 'back\\slash'", vec![two]),
        (r"WHERE Subject = 'line\nend'", vec![three]),
        (r"WHERE Subject LIKE '%50\%%'", vec![one]),
        (r"WHERE Subject LIKE '%50\_%'", vec![]),
        ("WHERE Subject LIKE 'b_ck%'", vec![two]),
        ("WHERE CallObject = null", vec![three]),
        ("WHERE CallObject != 'int-1'", vec![two, three]),
        ("WHERE CallObject <> null", vec![one, two]),
        ("WHERE CallObject IN ('int-2', 'int-3', 'int-1')", vec![one, two]),
        ("WHERE CallObject NOT IN ('int-2')", vec![one, three]),
        ("WHERE NOT CallObject = 'int-2'", vec![one, three]),
        ("WHERE CallDurationInSeconds > 5", vec![three]),
        ("WHERE CallDurationInSeconds >= 5 AND CallDurationInSeconds < 61", vec![one]),
        ("WHERE Call_Recorded__c = TRUE", vec![three]),
        ("WHERE ActivityDate < 2026-11-22", vec![one]),
        ("WHERE CreatedDate > 2020-01-01T00:00:00Z", vec![one, two, three]),
        ("WHERE CreatedDate > 2100-01-01T00:00:00+01:00", vec![]),
        ("WHERE whoid = '0035e0000000002'", vec![two]),
        ("where (callobject = 'int-1' or callobject = 'int-2') and whoid = null", vec![one]),
        ("ORDER BY ActivityDate DESC NULLS LAST", vec![two, one, three]),
        ("ORDER BY ActivityDate", vec![three, one, two]),
        ("ORDER BY CallDurationInSeconds DESC, Subject LIMIT 1", vec![three]),
        ("ORDER BY Subject LIMIT 1 OFFSET 1", vec![one]),
    ] {
        assert_eq!(subjects(&client, condition).await, expected, "{condition}");
    }
}

#[tokio::test]
async fn an_answer_has_its_records_in_the_order_of_the_select() {
    let client = Client::new().await;
    let reply = client.query("select name, ID, industry from account where id = '001D000000IqhSL'").await;
    let expected = format!(
        r#"{{"totalSize":1,"done":true,"records":[{{"attributes":{{"type":"Account","url":"{BASE}/sobjects/Account/{REFERENCE_ACCOUNT}"}},"Name":"Acme Corporation","Id":"{REFERENCE_ACCOUNT}","Industry":"Technology"}}]}}"#
    );
    assert_eq!(reply.whole(), (200, expected.as_str()));
    let count = client.query("SELECT COUNT() FROM Account").await;
    assert_eq!(count.whole(), (200, r#"{"totalSize":2,"done":true,"records":[]}"#));
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_with_its_code() {
    let client = Client::new().await;
    for (query, code, part) in [
        ("SELEC Id FROM Task", "MALFORMED_QUERY", "unexpected token: 'SELEC'"),
        ("", "MALFORMED_QUERY", "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Task WHERE Subject = 'a", "MALFORMED_QUERY", "mismatched quote"),
        (
            "SELECT Id FROM Task WHERE Subject = 'a' AND Subject = 'b' OR Subject = 'c'",
            "MALFORMED_QUERY",
            "'OR'",
        ),
        (r"SELECT Id FROM Task WHERE Subject = '\x'", "MALFORMED_QUERY", "Illegal escape"),
        ("SELECT Id FROM Task LIMIT x", "MALFORMED_QUERY", "'x'"),
        ("SELECT foo FROM Task", "INVALID_FIELD", "No such column 'foo' on entity 'Task'"),
        ("SELECT Owner.Name FROM Task", "INVALID_FIELD", "Didn't understand relationship 'Owner'"),
        ("SELECT Id FROM Foo", "INVALID_TYPE", "sObject type 'Foo' is not supported"),
        (
            "SELECT Id FROM Task WHERE Description = 'a'",
            "INVALID_FIELD",
            "field 'Description' can not be filtered in a query call",
        ),
        (
            "SELECT Id FROM Task WHERE CreatedDate > '2026-01-01T00:00:00Z'",
            "INVALID_FIELD",
            "must be of type dateTime and should not be enclosed in quotes",
        ),
        (
            "SELECT Id FROM Task WHERE Subject = 5",
            "INVALID_FIELD",
            "must be of type string and should be enclosed",
        ),
        ("SELECT Id FROM Task WHERE WhoId = 'zzz'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: zzz"),
        (
            "SELECT Id FROM Task WHERE WhoId LIKE '003%'",
            "INVALID_QUERY_FILTER_OPERATOR",
            "invalid operator on reference",
        ),
    ] {
        let reply = client.query(query).await;
        let error = reply.json()[0].clone();
        assert_eq!((reply.status, &error["errorCode"]), (400, &json!(code)), "{query}: {}", reply.body);
        assert!(error["message"].as_str().unwrap().contains(part), "{query}: {}", reply.body);
        assert_eq!(error.get("fields"), None, "{query}");
    }
    let deep = format!("SELECT Id FROM Task WHERE {}Id = null{}", "(".repeat(2000), ")".repeat(2000));
    assert!(client.query(&deep).await.body.contains("too complicated"));
}

#[tokio::test]
async fn a_long_answer_comes_in_pages() {
    let client = Client::new().await;
    let bearer = format!("Bearer {}", client.token);
    let headers = [("Authorization", bearer.as_str()), ("Sforce-Query-Options", "batchSize=200")];
    let target = format!("{BASE}/query?q={}", encoded("SELECT Id FROM PermissionSet"));
    let first = client.send("GET", &target, &headers, "").await.json();
    assert_eq!((&first["totalSize"], &first["done"]), (&json!(250), &json!(false)));
    assert_eq!(first["records"].as_array().unwrap().len(), 200);
    let next = first["nextRecordsUrl"].as_str().unwrap();
    assert!(next.starts_with(&format!("{BASE}/query/01g")) && next.ends_with("-200"), "{next}");
    let second = client.send("GET", next, &headers, "").await.json();
    assert_eq!((&second["totalSize"], &second["done"]), (&json!(250), &json!(true)));
    assert_eq!(second["records"].as_array().unwrap().len(), 50);
    assert_eq!(second.get("nextRecordsUrl"), None);
    assert_ne!(second["records"][0], first["records"][0]);
    let unknown = client.api("GET", "/query/01g5e0000009999AAA-200", "").await;
    assert_eq!(
        unknown.whole(),
        (400, r#"[{"message":"invalid query locator","errorCode":"INVALID_QUERY_LOCATOR"}]"#)
    );
}

#[tokio::test]
async fn deleted_records_are_found_by_those_who_ask_for_them() {
    let client = Client::new().await;
    let id = client.task(r#"{"Subject":"a"}"#).await;
    let window = recent_window(&client);
    let updated = client.api("GET", &format!("/sobjects/Task/updated?{window}"), "").await;
    assert_eq!(updated.json()["ids"], json!([id]));
    client.api("DELETE", &format!("/sobjects/Task/{id}"), "").await;
    let query = encoded(&format!("SELECT Id FROM Task WHERE Id = '{id}'"));
    let total = async |path: &str| {
        client.api("GET", &format!("/{path}?q={query}"), "").await.json()["totalSize"].clone()
    };
    assert_eq!((total("query").await, total("queryAll").await), (json!(0), json!(1)));
    let deleted = client.api("GET", &format!("/sobjects/Task/deleted/?{window}"), "").await.json();
    assert_eq!(deleted["deletedRecords"][0]["id"], json!(id));
    assert_eq!(deleted["deletedRecords"].as_array().unwrap().len(), 1);
    let old = "start=2020-01-01T00%3A00%3A00Z&end=2100-01-01T00%3A00%3A00Z";
    assert_eq!(client.api("GET", &format!("/sobjects/Task/deleted?{old}"), "").await.status, 400);
}

/// A window that begins when the oldest record of the org was made.
fn recent_window(client: &Client) -> String {
    let accounts = client.org.records("Account");
    let made = accounts[0].text("CreatedDate").expect("it was made");
    format!("start={}&end=2100-01-01T00%3A00%3A00Z", encoded(made))
}

#[tokio::test]
async fn a_search_finds_a_number_however_it_is_written() {
    let client = Client::new().await;
    let search = async |text: &str| client.api("GET", &format!("/search?q={}", encoded(text)), "").await;
    let found = search("FIND {14155550101} IN PHONE FIELDS RETURNING Contact(Id, Name), Lead(Id)").await;
    let expected = json!({"searchRecords": [{
        "attributes": {"type": "Contact", "url": format!("{BASE}/sobjects/Contact/{CONTACT}")},
        "Id": CONTACT, "Name": "Rose Gonzalez",
    }]});
    assert_eq!(found.json(), expected);
    assert_eq!(search("FIND {nobody}").await.json(), json!({"searchRecords": []}));
    assert!(search("FIND nobody").await.body.contains("MALFORMED_SEARCH"));
}
