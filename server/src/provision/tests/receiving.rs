//! A secret that an admin keeps without seeing it goes to nobody who did not have it, and is told to nobody.

use super::changing::{full, put};
use super::{Server, export};
use crate::provision::Part;
use serde_json::{Value, json};

/// A section of acme with some keys as they shall be.
fn with(server: &Server, part: Part, keys: Value) -> Value {
    let mut section = export::json(&server.tenant("acme"))[part.as_str()].clone();
    for (key, value) in keys.as_object().expect("keys") {
        section[key] = value.clone();
    }
    section
}

#[test]
fn a_kept_secret_is_not_sent_to_another_host() {
    let server = full();
    let cases = [
        (
            Part::Salesforce,
            json!({ "login_url": "https://evil.my.salesforce.com" }),
            "client_secret",
            "https://evil.my.salesforce.com",
        ),
        (
            Part::Salesforce,
            json!({ "login_url": "https://evil.example", "test_endpoint": true }),
            "client_secret",
            "https://evil.example",
        ),
        (Part::Rest, json!({ "url": "https://evil.example/calls" }), "secret", "https://evil.example"),
        (
            Part::Rest,
            json!({ "url": "https://crm.example.com@evil.example/calls" }),
            "secret",
            "https://evil.example",
        ),
        (
            Part::Rest,
            json!({ "url": "https:evil.example/https://crm.example.com/" }),
            "secret",
            "https://evil.example",
        ),
        (
            Part::Rest,
            json!({ "url": "http://crm.example.com/calls", "test_endpoint": true }),
            "secret",
            "http://crm.example.com",
        ),
        (
            Part::Rest,
            json!({ "repeat": "look-up", "look_up_url": "https://evil.example/", "look_up_pointer": "/id" }),
            "secret",
            "https://evil.example",
        ),
        (Part::Rest, json!({ "auth": "bearer", "user": null }), "secret", "a service with auth bearer"),
        (
            Part::Rest,
            json!({ "auth": "oauth", "user": null, "client_id": "me", "token_url": "https://evil.example/token" }),
            "secret",
            "https://evil.example",
        ),
        (
            Part::Hubspot,
            json!({ "base_url": "https://evil.example", "test_endpoint": true }),
            "access_token",
            "https://evil.example",
        ),
        (Part::Zendesk, json!({ "subdomain": "evil" }), "api_token", "subdomain evil"),
        (
            Part::Zendesk,
            json!({ "base_url": "https://evil.example", "test_endpoint": true }),
            "api_token",
            "https://evil.example",
        ),
        (
            Part::Dynamics,
            json!({ "url": "https://evil.crm.dynamics.com" }),
            "client_secret",
            "https://evil.crm.dynamics.com",
        ),
        (Part::Dynamics, json!({ "directory": "evil.example" }), "client_secret", "directory evil.example"),
        (
            Part::Dynamics,
            json!({ "token_url": "https://evil.example/token", "test_endpoint": true }),
            "client_secret",
            "https://evil.example",
        ),
    ];
    for (part, keys, secret, receiver) in cases {
        let value = with(&server, part, keys);
        let wrong = server.wrong(put(part, None, value.clone()));
        assert_eq!(wrong, [format!("{secret}: enter it again, since it would be sent to {receiver} now")]);
        let mut entered = value;
        entered[secret] = json!("entered again");
        assert!(server.change(put(part, None, entered)).is_ok(), "{part:?} {receiver}");
        server.undo(server.last().id).expect("as it was");
    }
}

#[test]
fn what_is_no_address_is_told_beside_the_address() {
    let server = full();
    let value = with(&server, Part::Salesforce, json!({ "login_url": "nonsense" }));
    assert_eq!(
        server.wrong(put(Part::Salesforce, None, value)),
        ["login_url: \"nonsense\" must be a URL that begins with https:// or http://"]
    );
}

#[test]
fn what_stays_with_the_same_host_keeps_its_secret() {
    let server = full();
    for (part, keys) in [
        (Part::Salesforce, json!({ "login_url": "https://LOGIN.salesforce.com/", "auto_log": true })),
        (Part::Rest, json!({ "url": "https://crm.example.com:443/v2/calls" })),
        (
            Part::Rest,
            json!({ "repeat": "look-up", "look_up_url": "https://crm.example.com/x", "look_up_pointer": "/id" }),
        ),
        (Part::Zendesk, json!({ "email": "other@acme.example" })),
        (Part::Dynamics, json!({ "client_id": "another" })),
    ] {
        let value = with(&server, part, keys);
        assert!(!server.changed(put(part, None, value.clone())).is_empty(), "{part:?} {value}");
    }
}

#[test]
fn what_is_signed_for_salesforce_is_handed_to_salesforce_alone() {
    let server = full();
    let signed = |login_url: &str, audience: &str| {
        json!({
            "login_url": login_url, "client_id": "id", "flow": "jwt", "username": "u", "key_file": "key.pem",
            "test_endpoint": true, "audience": audience,
        })
    };
    let wrong = server.wrong(put(
        Part::Salesforce,
        None,
        signed("https://evil.example", "https://login.salesforce.com"),
    ));
    assert_eq!(
        wrong,
        [
            "audience: leave it out where \"login_url\" is not Salesforce's: what is signed for it would be good there"
        ]
    );
    let fine =
        [("https://evil.example", ""), ("https://acme.my.salesforce.com", "https://login.salesforce.com")];
    for (login_url, audience) in fine {
        server.changed(put(Part::Salesforce, None, signed(login_url, audience)));
    }
}

#[test]
fn who_logs_in_in_another_way_reads_of_no_secret() {
    let server = full();
    let jwt = json!({
        "login_url": "https://login.salesforce.com", "client_id": "id", "flow": "jwt", "username": "u", "key_file": "key.pem",
        "allowed_fields": ["OwnerId"],
    });
    let said = |line: &String| {
        let line = line.strip_prefix("~ tenant acme: salesforce ").expect("of salesforce alone").to_owned();
        // Where the folder of keys lies, only this test knows.
        if line.starts_with("key_file") { "key_file".to_owned() } else { line }
    };
    let lines = server.changed(put(Part::Salesforce, None, jwt));
    assert_eq!(
        lines.iter().map(said).collect::<Vec<_>>(),
        [
            "flow client_credentials → jwt",
            "username \"\" → u",
            "key_file",
            "per_agent \"\" → false",
            "client_secret changed",
        ]
    );
    let undone = server.undo(server.last().id).expect("as it was").lines;
    assert_eq!(
        undone.iter().map(said).collect::<Vec<_>>(),
        [
            "flow jwt → client_credentials",
            "client_secret changed",
            "username u → \"\"",
            "key_file",
            "per_agent false → \"\""
        ]
    );
}
