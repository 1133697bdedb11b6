//! Access tokens: kept, renewed once, asked for by one flight.

use super::*;
use ringbridge_core::crm::template::{Body, ContentType, UrlTemplate};
use ringbridge_core::tenant::connectors::{Auth, Client, IdFrom, Method, Repeat};
use std::time::Duration;

fn rest(crm: &Crm, secret: &str) -> Connectors {
    let client = Client {
        token_url: crm.url("/token"),
        id: "ringbridge".to_owned(),
        secret: Secret::new(secret),
        scope: None,
    };
    with_rest(Rest {
        method: Method::Post,
        url: UrlTemplate::for_request(&crm.url("/calls")).unwrap(),
        headers: vec![],
        body: Body::parse(ContentType::Json, "{}").unwrap(),
        id: IdFrom::Pointer("/id".to_owned()),
        pages: None,
        repeat: Repeat::Key { header: "Idempotency-Key".to_owned() },
        auth: Auth::Client(client),
        signing_secret: None,
        test_endpoint: true,
    })
}

fn token(name: &str) -> Say {
    say("200 OK", &format!(r#"{{"access_token":"{name}","token_type":"Bearer","expires_in":3600}}"#))
}

fn made() -> Say {
    say("201 Created", r#"{"id":"1"}"#)
}

/// Each request's line and token.
fn told(crm: &Crm) -> Vec<String> {
    let token = |request: &String| {
        let header = request.lines().find_map(|line| line.strip_prefix("authorization: Bearer "));
        header.map(|token| format!(" with {token}")).unwrap_or_default()
    };
    crm.lines().into_iter().zip(crm.received().iter().map(token)).map(|(line, token)| line + &token).collect()
}

#[tokio::test]
async fn a_token_is_kept_until_shortly_before_its_end() {
    let crm = Crm::that([token("one"), made(), made(), token("two"), made()]).await;
    let (connections, tenant) = (connections(), tenant(rest(&crm, "s")));
    let order = order(Integration::Rest, &[]);
    for seconds in [0, 3509, 3511] {
        let at = now().plus(Duration::from_secs(seconds));
        let report = connections.create(&tenant, &order, History::First, at).await.unwrap();
        assert_eq!(created(&report.outcome), "1");
    }
    assert_eq!(
        told(&crm),
        [
            "POST /token",
            "POST /calls with one",
            "POST /calls with one",
            "POST /token",
            "POST /calls with two"
        ]
    );
}

#[tokio::test]
async fn a_token_that_is_refused_is_renewed_once() {
    let refused = || say("401 Unauthorized", r#"{"message":"expired"}"#);
    let order = order(Integration::Rest, &[]);
    let crm = Crm::that([token("one"), refused(), token("two"), made()]).await;
    assert_eq!(created(&attempt(rest(&crm, "s"), &order, History::First).await), "1");
    assert_eq!(told(&crm), ["POST /token", "POST /calls with one", "POST /token", "POST /calls with two"]);
    let crm = Crm::that([token("one"), refused(), token("two"), refused()]).await;
    let outcome = attempt(rest(&crm, "s"), &order, History::First).await;
    assert_eq!(failed(&outcome), (Class::Unauthorized, "HTTP_401: expired".to_owned()));
    assert_eq!(crm.lines().len(), 4);
}

#[tokio::test]
async fn records_at_once_share_one_token() {
    let crm = Crm::that([token("one"), made(), made(), made()]).await;
    let (connections, tenant) = (connections(), tenant(rest(&crm, "s")));
    let order = order(Integration::Rest, &[]);
    let try_one = || connections.create(&tenant, &order, History::First, now());
    let (a, b, c) = tokio::join!(try_one(), try_one(), try_one());
    assert_eq!([a, b, c].map(|report| created(&report.unwrap().outcome).to_owned()), ["1", "1", "1"]);
    assert_eq!(crm.lines().iter().filter(|line| *line == "POST /token").count(), 1);
}

#[tokio::test]
async fn a_new_secret_gets_a_new_token_at_once() {
    let crm = Crm::that([token("one"), made(), token("two"), made()]).await;
    let connections = connections();
    let order = order(Integration::Rest, &[]);
    for secret in ["old", "new"] {
        let tenant = tenant(rest(&crm, secret));
        let report = connections.create(&tenant, &order, History::First, now()).await.unwrap();
        assert_eq!(created(&report.outcome), "1");
    }
    assert_eq!(told(&crm), ["POST /token", "POST /calls with one", "POST /token", "POST /calls with two"]);
}

#[tokio::test]
async fn without_a_token_nothing_is_asked_for_and_the_reason_is_told() {
    let order = order(Integration::Rest, &[]);
    let table = [
        (
            say("401 Unauthorized", r#"{"error":"invalid_client","error_description":"wrong secret"}"#),
            Class::Unauthorized,
            "invalid_client: no access token was given: wrong secret",
        ),
        (
            say("429 Too Many Requests", "{}"),
            Class::Throttled,
            "HTTP_429: no access token was given: the CRM answered 429",
        ),
        (
            say("503 Service Unavailable", ""),
            Class::Away,
            "HTTP_503: no access token was given: the CRM answered 503",
        ),
        (
            say("200 OK", "{}"),
            Class::Unauthorized,
            "NO_TOKEN: no access token was given: the answer holds no access_token",
        ),
        (Say::Nothing, Class::Away, "UNREACHABLE: no access token was given: the CRM could not be reached"),
    ];
    for (says, class, sentence) in table {
        let crm = Crm::that([says]).await;
        let outcome = attempt(rest(&crm, "s"), &order, History::First).await;
        assert_eq!(failed(&outcome), (class, sentence.to_owned()));
        assert_eq!(crm.lines(), ["POST /token"]);
    }
}
