//! What goes wrong on demand, and what is left of it in the records.

use crate::client::Client;
use ringbridge_standin::salesforce::{Fault, FaultScript, Operation};
use std::time::Duration;

const TASK: &str = r#"{"Subject":"a"}"#;

/// Posts one task that meets the fault; status and body, and how many tasks there are then.
async fn post(client: &Client, fault: Fault) -> (Option<(u16, String)>, usize) {
    client.org.faults(FaultScript::once(fault));
    let reply = client.try_api("POST", "/sobjects/Task", TASK).await;
    (reply.map(|reply| (reply.status, reply.body)), client.org.records("Task").len())
}

#[tokio::test]
async fn an_answer_is_lost_after_the_commit_or_before_it() {
    let client = Client::new().await;
    assert_eq!(post(&client, Fault::LostAfterCommit).await, (None, 1));
    assert_eq!(post(&client, Fault::LostBeforeCommit).await, (None, 1));
    let log: Vec<_> = client.org.requests().into_iter().map(|entry| (entry.status, entry.fault)).collect();
    assert_eq!(
        log[1..],
        [(None, Some(Fault::LostAfterCommit)), (None, Some(Fault::LostBeforeCommit))],
        "behind the request for the token"
    );
}

#[tokio::test]
async fn a_retried_post_makes_two_tasks_and_a_retried_upsert_one() {
    let client = Client::new().await;
    let lost = || FaultScript::once(Fault::LostAfterCommit);
    for (method, path, expected) in
        [("POST", "/sobjects/Task", 2), ("PATCH", "/sobjects/Task/Transactionid__c/int-1", 3)]
    {
        client.org.faults(lost());
        assert_eq!(client.try_api(method, path, TASK).await, None);
        assert!(client.api(method, path, TASK).await.status < 300);
        assert_eq!(client.org.records("Task").len(), expected, "{method}");
    }
}

#[tokio::test]
async fn a_commit_can_come_late() {
    let client = Client::new().await;
    assert_eq!(post(&client, Fault::CommitLate(Duration::from_millis(50))).await, (None, 0));
    tokio::time::timeout(Duration::from_secs(10), async {
        while client.org.records("Task").is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("it is carried out in the end");
}

#[tokio::test]
async fn refusals_on_demand_change_nothing() {
    let client = Client::new().await;
    let session = r#"[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]"#;
    let daily = r#"[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]"#;
    let long =
        r#"[{"message":"ConcurrentPerOrgLongTxn Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]"#;
    let locked = r#"[{"message":"unable to obtain exclusive access to this record or 1 records: 0015e0000000001AAA","errorCode":"UNABLE_TO_LOCK_ROW","fields":[]}]"#;
    let rule = r#"[{"message":"No calls on Sunday","errorCode":"FIELD_CUSTOM_VALIDATION_EXCEPTION","fields":["Subject"]}]"#;
    let refused = Fault::Refused {
        status: 400,
        code: "FIELD_CUSTOM_VALIDATION_EXCEPTION".to_owned(),
        message: "No calls on Sunday".to_owned(),
        fields: vec!["Subject".to_owned()],
    };
    for (fault, status, body) in [
        (Fault::DailyLimit, 403, daily),
        (Fault::LongTransactions, 403, long),
        (Fault::LockedRowAs400, 400, locked),
        (Fault::LockedRowAs500, 500, locked),
        (refused, 400, rule),
        (Fault::Expired, 401, session),
    ] {
        let outcome = post(&client, fault.clone()).await;
        assert_eq!(outcome, (Some((status, body.to_owned())), 0), "{fault:?}");
    }
    assert_eq!(client.api("GET", "/limits", "").await.status, 401, "the token has really ended");
}

#[tokio::test]
async fn trouble_of_the_server_says_nothing_about_the_commit() {
    let client = Client::new().await;
    let (reply, tasks) = post(&client, Fault::Unavailable).await;
    let (status, body) = reply.unwrap();
    assert!(status == 503 && body.starts_with("<!DOCTYPE html>") && tasks == 0, "{status} {body}");
    for (fault, status, code, tasks) in [
        (Fault::ServerUnavailable, 503, "SERVER_UNAVAILABLE", 0),
        (Fault::UnknownBeforeCommit, 500, "UNKNOWN_EXCEPTION", 0),
        (Fault::UnknownAfterCommit, 500, "UNKNOWN_EXCEPTION", 1),
    ] {
        let (reply, found) = post(&client, fault).await;
        let (given, body) = reply.unwrap();
        assert_eq!((given, found), (status, tasks));
        assert!(body.contains(code), "{body}");
    }
    let (reply, tasks) = post(&client, Fault::Ambiguous).await;
    assert_eq!((reply.unwrap().0, tasks), (300, 1));
}

#[tokio::test]
async fn a_truncated_answer_is_whole_http_and_a_cut_one_is_not() {
    let client = Client::new().await;
    client.org.faults(FaultScript::sequence([Some(Fault::TruncatedJson), Some(Fault::CutBody)]));
    let truncated = client.api("POST", "/sobjects/Task", TASK).await;
    let length = |reply: &crate::client::Reply| reply.header("content-length").map(str::to_owned);
    assert_eq!(length(&truncated), Some(truncated.body.len().to_string()));
    assert!(serde_json::from_str::<serde_json::Value>(&truncated.body).is_err());
    let cut = client.api("POST", "/sobjects/Task", TASK).await;
    let promised: usize = length(&cut).unwrap().parse().unwrap();
    assert_eq!((cut.status, cut.body.len()), (201, promised / 2));
    assert_eq!(client.org.records("Task").len(), 2);
}

#[tokio::test]
async fn a_slow_answer_has_committed_before_it_comes_and_runs_on_when_its_client_leaves() {
    let client = Client::new().await;
    client.org.faults(FaultScript::once(Fault::Slow(Duration::from_millis(200))));
    let post = client.try_api("POST", "/sobjects/Task", TASK);
    let left = tokio::time::timeout(Duration::from_millis(50), post).await;
    assert!(left.is_err(), "the client has left");
    assert_eq!(client.org.records("Task").len(), 1);
    assert!(client.org.wait_for_requests(2, Duration::from_secs(10)).await);
    assert_eq!(client.org.requests()[1].status, Some(201));
}

#[tokio::test]
async fn faults_are_for_creates_and_upserts_unless_told_otherwise() {
    let client = Client::new().await;
    client.org.faults(FaultScript::once(Fault::DailyLimit));
    assert_eq!(client.api("GET", "/limits", "").await.status, 200);
    assert_eq!(client.api("POST", "/sobjects/Task", TASK).await.status, 403);
    client.org.faults(FaultScript::once(Fault::LostBeforeCommit).on([Operation::Query]));
    assert_eq!(client.api("POST", "/sobjects/Task", TASK).await.status, 201);
    assert_eq!(client.try_api("GET", "/query?q=SELECT+Id+FROM+Task", "").await, None);
}

#[tokio::test]
async fn an_org_that_is_down_answers_pages_until_it_is_up() {
    let client = Client::new().await;
    client.org.go_down();
    for target in ["/services/data", "/services/oauth2/token", "/"] {
        let reply = client.send("GET", target, &[], "").await;
        assert_eq!((reply.status, reply.header("content-type")), (503, Some("text/html;charset=UTF-8")));
    }
    client.org.come_up();
    assert_eq!(client.send("GET", "/services/data", &[], "").await.status, 200);
}

#[tokio::test]
async fn the_limit_of_the_day_refuses_and_is_not_counted_on() {
    let client = Client::new().await;
    client.org.set_daily_limit(4999, 5000);
    let last = client.api("POST", "/sobjects/Task", TASK).await;
    assert_eq!((last.status, last.header("sforce-limit-info")), (201, Some("api-usage=5000/5000")));
    let refused = client.api("POST", "/sobjects/Task", TASK).await;
    assert_eq!(
        refused.whole(),
        (403, r#"[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]"#)
    );
    assert_eq!(client.org.counts().api_usage, 5000);
}

#[tokio::test]
async fn requests_at_one_time_are_counted() {
    let client = Client::new().await;
    let slow = Some(Fault::Slow(Duration::from_millis(100)));
    client.org.faults(FaultScript::sequence([slow.clone(), slow.clone(), slow]));
    tokio::join!(
        client.api("POST", "/sobjects/Task", TASK),
        client.api("POST", "/sobjects/Task", TASK),
        client.api("POST", "/sobjects/Task", TASK)
    );
    let counts = client.org.counts();
    assert_eq!((counts.concurrent_max, counts.token_requests, counts.api_usage), (3, 1, 3));
}
