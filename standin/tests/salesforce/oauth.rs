//! Tokens: who gets one, what it does, when it ends.

use crate::client::{BASE, Client, encoded};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ringbridge_standin::salesforce::{OrgConfig, Rotation};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::time::Duration;

const TOKEN: &str = "/services/oauth2/token";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// The client's name and secret as a form.
fn consumer() -> String {
    let config = OrgConfig::default();
    format!("client_id={}&client_secret={}", config.consumer_key, config.client_secret)
}

/// The address of the authorize endpoint with these parameters besides the usual ones.
fn authorize(more: &str) -> String {
    let config = OrgConfig::default();
    let redirect = encoded(&config.redirect_uris[0]);
    format!(
        "/services/oauth2/authorize?response_type=code&client_id={}&redirect_uri={redirect}&state=a%20b{more}",
        config.consumer_key
    )
}

fn challenge() -> String {
    format!("&code_challenge_method=S256&code_challenge={}", URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER)))
}

/// A code for this scope, still encoded as it stands in the address.
async fn code(client: &Client, scope: &str) -> String {
    let target = authorize(&format!("{}&scope={}", challenge(), encoded(scope)));
    let reply = client.send("GET", &target, &[], "").await;
    let location = reply.header("location").expect("a redirect");
    let (_, code) = location.split_once("?code=").expect("a code");
    code.split('&').next().expect("the code").to_owned()
}

fn redeem(code: &str, verifier: &str) -> String {
    let redirect = encoded(&OrgConfig::default().redirect_uris[0]);
    let consumer = consumer();
    format!(
        "grant_type=authorization_code&code={code}&redirect_uri={redirect}&code_verifier={verifier}&{consumer}"
    )
}

/// Access token and refresh token by code.
async fn lasting(client: &Client) -> (String, String) {
    let code = code(client, "api refresh_token").await;
    let reply = client.form(TOKEN, &redeem(&code, VERIFIER)).await;
    (reply.text("access_token"), reply.text("refresh_token"))
}

async fn status_of(client: &Client, token: &str) -> u16 {
    let header = format!("Bearer {token}");
    client.send("GET", &format!("{BASE}/limits"), &[("Authorization", &header)], "").await.status
}

fn refused(error: &str, description: &str) -> (u16, String) {
    (400, format!(r#"{{"error":"{error}","error_description":"{description}"}}"#))
}

#[tokio::test]
async fn client_credentials_come_in_the_body_or_the_header() {
    let client = Client::new().await;
    let reply = client.form(TOKEN, &format!("grant_type=client_credentials&{}", consumer())).await;
    let members = reply.json();
    let user = client.org.records("User")[0].id().to_owned();
    assert_eq!(
        (reply.status, &members["token_type"], &members["scope"], &members["instance_url"]),
        (200, &json!("Bearer"), &json!("api"), &json!(client.org.url()))
    );
    assert_eq!(members["id"], json!(format!("{}/id/00D5e0000000001EAA/{user}", client.org.url())));
    assert_eq!((members.get("expires_in"), members.get("refresh_token")), (None, None));

    let config = OrgConfig::default();
    let basic = STANDARD.encode(format!("{}:{}", config.consumer_key, config.client_secret));
    let basic = format!("Basic {basic}");
    let headers = [("Authorization", basic.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
    let by_header = client.send("POST", TOKEN, &headers, "grant_type=client_credentials").await;
    assert_eq!(status_of(&client, &by_header.text("access_token")).await, 200);
    assert_eq!(client.org.counts().token_requests, 3);
}

#[tokio::test]
async fn the_instance_is_where_the_client_found_the_org() {
    let client = Client::new().await;
    let port = client.org.address().port();
    let form = format!("grant_type=client_credentials&{}", consumer());
    let request = format!(
        "POST {TOKEN} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\nContent-Type: \
         application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    let reply = client.raw(&request).await.expect("an answer");
    assert_eq!(reply.text("instance_url"), format!("http://localhost:{port}"));
}

#[tokio::test]
async fn wrong_clients_and_unknown_grants_are_refused_with_an_object() {
    let client = Client::new().await;
    let key = OrgConfig::default().consumer_key;
    let credentials = |client: &str| format!("grant_type=client_credentials&{client}");
    for (form, expected) in [
        (
            credentials("client_id=x&client_secret=y"),
            refused("invalid_client_id", "client identifier invalid"),
        ),
        (
            credentials(&format!("client_id={key}&client_secret=y")),
            refused("invalid_client", "invalid client credentials"),
        ),
        (credentials(&format!("client_id={key}")), refused("invalid_client", "invalid client credentials")),
        ("grant_type=password".to_owned(), refused("unsupported_grant_type", "grant type not supported")),
        (String::new(), refused("invalid_request", "missing required parameter: grant_type")),
        (
            format!("grant_type=refresh_token&refresh_token=x&{}", consumer()),
            refused("invalid_grant", "expired access/refresh token"),
        ),
        (
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=a.b.c".to_owned(),
            refused("invalid_grant", "invalid assertion"),
        ),
    ] {
        let reply = client.form(TOKEN, &form).await;
        assert_eq!((reply.status, reply.body), expected, "{form}");
    }
}

#[tokio::test]
async fn a_code_needs_its_verifier_and_works_once() {
    let client = Client::new().await;
    let code_sent = code(&client, "api").await;
    assert!(code_sent.ends_with("%3D%3D"), "a code must be decoded: {code_sent}");
    let reply = client.form(TOKEN, &redeem(&code_sent, VERIFIER)).await;
    assert_eq!((reply.status, reply.json().get("refresh_token")), (200, None));
    let again = client.form(TOKEN, &redeem(&code_sent, VERIFIER)).await;
    assert_eq!((again.status, again.body), refused("invalid_grant", "expired authorization code"));
    let wrong = client.form(TOKEN, &redeem(&code(&client, "api").await, "another")).await;
    assert_eq!((wrong.status, wrong.body), refused("invalid_grant", "invalid code verifier"));
    let elsewhere = redeem(&code(&client, "api").await, VERIFIER).replace("callback", "elsewhere");
    let elsewhere = client.form(TOKEN, &elsewhere).await;
    let mismatch = refused("redirect_uri_mismatch", "redirect_uri must match configuration");
    assert_eq!((elsewhere.status, elsewhere.body), mismatch);
}

#[tokio::test]
async fn the_authorize_endpoint_wants_a_known_client_a_known_address_and_a_challenge() {
    let client = Client::new().await;
    let ask = async |target: &str| client.send("GET", target, &[], "").await;
    let good = ask(&authorize(&challenge())).await;
    let location = good.header("location").expect("a redirect").to_owned();
    assert_eq!(good.status, 302);
    assert!(
        location.starts_with("http://localhost/callback?code=aPrx") && location.ends_with("&state=a%20b")
    );

    let bare = ask(&authorize("")).await;
    let expected = "http://localhost/callback?error=invalid_request&error_description=missing%20required%20code%20challenge&state=a%20b";
    assert_eq!(bare.header("location"), Some(expected));
    for more in ["&code_challenge=short", &challenge().replace("S256", "plain")] {
        let location = ask(&authorize(more)).await.header("location").map(str::to_owned);
        assert!(location.as_ref().is_some_and(|to| to.contains("error=invalid_request")), "{location:?}");
    }
    let elsewhere = ask(&authorize(&challenge()).replace("callback", "elsewhere")).await;
    assert_eq!((elsewhere.status, elsewhere.header("location")), (400, None), "never sent to a stranger");
    let stranger = ask(&authorize(&challenge()).replace("client_id=3MVG9", "client_id=x")).await;
    assert_eq!((stranger.status, stranger.header("location")), (400, None));
}

#[tokio::test]
async fn a_refresh_token_lasts_without_rotation_and_is_replaced_with_it() {
    let client = Client::new().await;
    let (access, refresh) = lasting(&client).await;
    client.org.expire_tokens();
    assert_eq!(status_of(&client, &access).await, 401);
    let form = |refresh: &str| format!("grant_type=refresh_token&refresh_token={refresh}&{}", consumer());
    let renewed = client.form(TOKEN, &form(&refresh)).await;
    assert_eq!(renewed.json().get("refresh_token"), None);
    assert_eq!(status_of(&client, &renewed.text("access_token")).await, 200);

    client.org.set_rotation(Rotation::On);
    let rotated = client.form(TOKEN, &form(&refresh)).await.text("refresh_token");
    let dead = client.form(TOKEN, &form(&refresh)).await;
    assert_eq!((dead.status, dead.body), refused("invalid_grant", "expired access/refresh token"));
    assert_eq!(client.form(TOKEN, &form(&rotated)).await.status, 200);
}

#[tokio::test]
async fn a_session_ends_when_its_time_is_over() {
    let config = OrgConfig { session_life: Duration::ZERO, ..OrgConfig::default() };
    let client = Client::of(config).await;
    assert_eq!(status_of(&client, &client.token).await, 401);
}

#[tokio::test]
async fn a_revoked_token_is_dead_and_a_revoked_grant_takes_its_sessions_along() {
    let client = Client::new().await;
    let (access, refresh) = lasting(&client).await;
    let revoke = async |token: &str| client.form("/services/oauth2/revoke", &format!("token={token}")).await;
    assert_eq!(revoke(&encoded(&client.token)).await.whole(), (200, ""));
    assert_eq!(status_of(&client, &client.token).await, 401);
    assert_eq!(status_of(&client, &access).await, 200);
    assert_eq!(revoke(&refresh).await.status, 200);
    assert_eq!(status_of(&client, &access).await, 401);
    assert_eq!(revoke(&refresh).await.status, 400);
}

#[tokio::test]
async fn a_token_says_who_it_belongs_to() {
    let client = Client::new().await;
    let header = format!("Bearer {}", client.token);
    let headers = [("Authorization", header.as_str())];
    let user = client.org.records("User")[0].clone();
    let org = "00D5e0000000001EAA";
    let info = client.send("GET", "/services/oauth2/userinfo", &headers, "").await.json();
    assert_eq!(
        (&info["user_id"], &info["organization_id"], &info["preferred_username"]),
        (&json!(user.id()), &json!(org), &json!("api@standin.example"))
    );
    let identity = client.send("GET", &format!("/id/{org}/{}", user.id()), &headers, "").await.json();
    assert_eq!(
        (&identity["username"], &identity["organization_id"]),
        (&json!("api@standin.example"), &json!(org))
    );
    assert_eq!(client.send("GET", &format!("/id/{org}/{}", user.id()), &[], "").await.status, 403);

    let introspect = async |token: &str| -> Value {
        let form = format!("token={}&{}", encoded(token), consumer());
        client.form("/services/oauth2/introspect", &form).await.json()
    };
    let live = introspect(&client.token).await;
    assert_eq!((&live["active"], &live["username"]), (&json!(true), &json!("api@standin.example")));
    assert_eq!(introspect("x").await, json!({"active": false}));
}
