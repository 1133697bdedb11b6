//! The pages for people.

use crate::client::{Client, encoded};
use ringbridge_standin::salesforce::{ACCOUNT, REFERENCE_ACCOUNT};

async fn page(client: &Client, target: &str) -> (u16, String) {
    let reply = client.send("GET", target, &[], "").await;
    assert!(reply.body.contains("A stand-in for Salesforce"), "{target}: {}", reply.body);
    (reply.status, reply.body)
}

async fn with_task() -> (Client, String) {
    let client = Client::new().await;
    let body = format!(r#"{{"Subject":"<script>alert(1)</script> \"q\" 'a' &amp;","WhatId":"{ACCOUNT}"}}"#);
    let id = client.task(&body).await;
    (client, id)
}

#[tokio::test]
async fn whatever_a_record_holds_is_text() {
    let (client, id) = with_task().await;
    let shown = "&lt;script&gt;alert(1)&lt;/script&gt; &quot;q&quot; &#39;a&#39; &amp;amp;";
    for target in [
        "/".to_owned(),
        format!("/{id}"),
        format!("/{id}/e"),
        format!("/lightning/r/Task/{id}/view"),
        format!("/lightning/r/Task/{id}/edit"),
    ] {
        let (status, body) = page(&client, &target).await;
        assert!(status == 200 && body.contains(shown) && !body.contains("<script"), "{target}: {body}");
    }
}

#[tokio::test]
async fn a_form_saves_and_leads_to_the_parent() {
    let (client, id) = with_task().await;
    let parent = format!("/lightning/r/Account/{REFERENCE_ACCOUNT}/view");
    let target = format!("/lightning/r/Task/{id}/edit?backgroundContext={}", encoded(&parent));
    let (_, form) = page(&client, &target).await;
    assert!(form.contains(&format!("<a href=\"{parent}\">Cancel</a>")), "{form}");
    let reply =
        client.form(&target, "Subject=new&Description=a%0D%0Ab&Priority=High&Id=x&IsClosed=true").await;
    assert_eq!((reply.status, reply.header("location")), (303, Some(parent.as_str())));
    let task = client.org.records("Task").remove(0);
    assert_eq!(
        (task.text("Subject"), task.text("Description"), task.text("Priority"), task.value("IsClosed")),
        (Some("new"), Some("a\nb"), Some("High"), &false.into())
    );
    let refused = client.form(&target, &format!("Subject={}", "x".repeat(256))).await;
    assert!(refused.status == 400 && refused.body.contains("STRING_TOO_LONG"), "{}", refused.body);
    assert_eq!(page(&client, &parent).await.0, 200);
}

#[tokio::test]
async fn a_page_leads_to_this_org_alone() {
    let (client, id) = with_task().await;
    for elsewhere in ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"] {
        let target = format!("/{id}/e?retURL={}", encoded(elsewhere));
        let (_, form) = page(&client, &target).await;
        assert!(form.contains(&format!("<a href=\"/{id}\">Cancel</a>")), "{elsewhere}: {form}");
        let reply = client.form(&target, "Subject=x").await;
        assert_eq!(reply.header("location"), Some(format!("/{id}").as_str()), "{elsewhere}");
    }
    let breaking = format!("/{id}/e?retURL={}", encoded("/x\"><script>"));
    assert!(!page(&client, &breaking).await.1.contains("<script"));
}

#[tokio::test]
async fn what_is_not_there_has_a_page_that_says_so() {
    let (client, id) = with_task().await;
    client.api("DELETE", &format!("/sobjects/Task/{id}"), "").await;
    let account = format!("/lightning/r/Task/{ACCOUNT}/view");
    for target in [&format!("/{id}"), "/00T5e0000000zzzEAA", "/zzz", "/a/b/c", &account] {
        assert_eq!(page(&client, target).await.0, 404, "{target}");
    }
    let (status, tasks) = page(&client, "/").await;
    assert!(status == 200 && tasks.contains("No task yet."), "{tasks}");
}
