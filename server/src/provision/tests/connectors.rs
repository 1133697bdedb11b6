//! The connectors' sections: what they refuse, how they are stored, and what `export` makes of them.

use super::{EXAMPLE, export, server, small, stored};
use crate::provision::Mode;
use ringbridge_core::crm::template::{Body, ContentType, HeaderTemplate, UrlTemplate};
use ringbridge_core::redact::Secret;
use ringbridge_core::tenant::connectors::{
    Auth, Client, Dynamics, Hubspot, IdFrom, Method, PageTemplates, Repeat, Rest, Zendesk,
};

/// Every section with every kind of secret.
const ALL: &str = r##"
[tenant.rest]
method = "PUT"
url = "https://crm.example.com/calls/{{call.uuid}}"
content_type = "application/json"
body = '''
{ "subject": "{{Subject}}",
  "notes": "$notes$", "all": "{{fields}}" }
'''
id = "{{call.uuid}}"
record_url = "https://crm.example.com/#/calls/{{record.id}}"
edit_url = "https://crm.example.com/#/calls/{{record.id}}/edit"
repeat = "look-up"
look_up_url = "https://crm.example.com/calls?guid=$interaction_guid$"
look_up_pointer = "/calls/0/id"
auth = "oauth"
token_url = "https://crm.example.com/token"
client_id = "ringbridge"
secret = "oauth secret"
scope = "calls"
signing_secret = "whsec_c2lnbmluZyBzZWNyZXQ="
[tenant.rest.headers]
X-Team = "sales {{call.agent}}"
"X-1" = "a \"b\""
[tenant.hubspot]
access_token = "hubspot secret"
unique_property = "ringbridge_guid"
portal = "4711"
[tenant.zendesk]
subdomain = "acme"
email = "crm@acme.example"
api_token = "zendesk secret"
base_url = "http://127.0.0.1:9000/"
test_endpoint = true
[tenant.dynamics]
url = "https://acme.crm4.dynamics.com/"
directory = "acme.onmicrosoft.com"
client_id = "app"
client_secret = "dynamics secret"
"##;

#[test]
fn every_setting_is_read_as_it_was_written() {
    let server = server();
    server.apply(&small(ALL));
    let connectors = server.tenant("small").connectors;
    let url = |text: &str| UrlTemplate::parse(text).expect("a template");
    let header = |text: &str| HeaderTemplate::parse(text).expect("a template");
    let body = "{ \"subject\": \"{{Subject}}\",\n  \"notes\": \"$notes$\", \"all\": \"{{fields}}\" }\n";
    assert_eq!(
        connectors.rest,
        Some(Rest {
            method: Method::Put,
            url: url("https://crm.example.com/calls/{{call.uuid}}"),
            headers: vec![
                ("X-Team".to_owned(), header("sales {{call.agent}}")),
                ("X-1".to_owned(), header("a \"b\"")),
            ],
            body: Body::parse(ContentType::Json, body).expect("a template"),
            id: IdFrom::Chosen(header("{{call.uuid}}")),
            pages: Some(PageTemplates {
                view: url("https://crm.example.com/#/calls/{{record.id}}"),
                edit: Some(url("https://crm.example.com/#/calls/{{record.id}}/edit")),
            }),
            repeat: Repeat::LookUp {
                url: url("https://crm.example.com/calls?guid=$interaction_guid$"),
                pointer: "/calls/0/id".to_owned(),
            },
            auth: Auth::Client(Client {
                token_url: "https://crm.example.com/token".to_owned(),
                id: "ringbridge".to_owned(),
                secret: Secret::new("oauth secret"),
                scope: Some("calls".to_owned()),
            }),
            signing_secret: Some(Secret::new("whsec_c2lnbmluZyBzZWNyZXQ=")),
            test_endpoint: false,
        })
    );
    assert_eq!(
        connectors.hubspot,
        Some(Hubspot {
            access_token: Secret::new("hubspot secret"),
            unique_property: Some("ringbridge_guid".to_owned()),
            portal: Some("4711".to_owned()),
            base_url: None,
            test_endpoint: false,
        })
    );
    assert_eq!(
        connectors.zendesk,
        Some(Zendesk {
            subdomain: "acme".to_owned(),
            email: "crm@acme.example".to_owned(),
            api_token: Secret::new("zendesk secret"),
            base_url: Some("http://127.0.0.1:9000".to_owned()),
            test_endpoint: true,
        })
    );
    assert_eq!(
        connectors.dynamics,
        Some(Dynamics {
            url: "https://acme.crm4.dynamics.com".to_owned(),
            directory: "acme.onmicrosoft.com".to_owned(),
            client_id: "app".to_owned(),
            client_secret: Secret::new("dynamics secret"),
            token_url: None,
            test_endpoint: false,
        })
    );
}

#[test]
fn an_export_applies_back_to_nothing_and_secrets_show_nowhere() {
    let server = server();
    server.apply(&small(ALL));
    let tenant = server.tenant("small");
    let text = export::text(&tenant);
    assert_eq!(server.apply(&text), Vec::<String>::new(), "{text}");
    assert_eq!(server.tenant("small").connectors, tenant.connectors);
    let row = stored::settings(&tenant, &server.keys);
    for secret in ["oauth secret", "whsec_c2ln", "hubspot secret", "zendesk secret", "dynamics secret"] {
        assert!(!text.contains(secret), "{secret} in {text}");
        assert!(!row.contains(secret), "{secret} in {row}");
        assert!(!format!("{tenant:?}").contains(secret), "{secret} in debug output");
    }
}

#[test]
fn other_ways_to_log_in_and_to_repeat_export_and_apply_back_too() {
    let rest = "[tenant.rest]\nurl = \"https://crm.example.com/\"\nbody = \"{}\"\nid_header = \"Location\"\n";
    for more in [
        "auth = \"bearer\"\nsecret = \"hunter2\"\n",
        "auth = \"basic\"\nuser = \"u\"\nsecret = \"hunter2\"\nrepeat = \"never\"\n",
        "auth = \"header\"\nauth_header = \"Authorization\"\nsecret = \"Token hunter2\"\n",
        "idempotency_header = \"X-Request-Id\"\ncontent_type = \"application/x-www-form-urlencoded\"\n",
    ] {
        let server = server();
        server.apply(&small(&format!("{rest}{more}")));
        let text = export::text(&server.tenant("small"));
        assert_eq!(server.apply(&text), Vec::<String>::new(), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[test]
fn a_row_from_before_there_were_connectors_is_read() {
    let server = server();
    server.apply(EXAMPLE);
    let acme = server.tenant("acme");
    let row = stored::settings(&acme, &server.keys);
    let mut older: serde_json::Value = serde_json::from_str(&row).expect("a row is JSON");
    older.as_object_mut().expect("an object").remove("connectors").expect("it was there");
    server
        .store
        .write_blocking(move |tx| {
            let stored = crate::store::tenant::find(tx, "acme")?.expect("it is there");
            crate::store::tenant::update(tx, stored.id, stored.version, &older.to_string())
        })
        .expect("written");
    assert_eq!(server.tenant("acme").connectors, acme.connectors);
}

#[test]
fn a_plan_says_what_changes_and_no_secret() {
    let server = server();
    server.apply(&small(ALL));
    let changed = ALL
        .replace("\"PUT\"", "\"PATCH\"")
        .replace("\"notes\"", "\"text\"")
        .replace("oauth secret", "hunter2")
        .replace("X-Team", "X-Group")
        .replace("subdomain = \"acme\"", "subdomain = \"acme-2\"");
    let plan = server.provision(&small(&changed), Mode::DryRun).expect("planned").lines;
    assert_eq!(
        plan,
        [
            "~ tenant small: rest method PUT → PATCH",
            "~ tenant small: rest body changed",
            "~ tenant small: rest secret changed",
            "~ tenant small: rest headers [\"X-1: a \\\"b\\\"\", X-Team: sales {{call.agent}}] → [\"X-1: a \\\"b\\\"\", X-Group: sales {{call.agent}}]",
            "~ tenant small: zendesk subdomain acme → acme-2",
        ]
    );
}

#[test]
fn what_is_wrong_with_a_connector_has_its_line() {
    let server = server();
    let text = r#"[[tenant]]
name = "small"
[tenant.rest]
method = "GET"
url = "https://crm.{{Subject}}.example/"
content_type = "application/json"
body = '''{
  "a": {{Subject}} }'''
id_pointer = "id"
edit_url = "https://crm.example.com/{{record.id}}"
repeat = "look-up"
look_up_url = "http://crm.example.com/?g={{call.guid}}"
auth = "basic"
user = "a:b"
signing_secret = "hunter2"
[tenant.rest.headers]
"bad name" = "x"
Authorization = "Bearer hunter2"
Host = "x"
X-A = "{{call.nothing}}"
x-a = "1"
X-B = 2
[tenant.hubspot]
unique_property = "a-b"
portal = "x"
base_url = "https://127.0.0.1"
[tenant.zendesk]
subdomain = "acme.zendesk.com"
email = "a@b"
api_token = "***"
[tenant.dynamics]
url = "https://acme.example/x"
directory = "a/b"
client_id = "c"
client_secret = ""
token_url = "ftp://x"
"#;
    let known = "call.number, call.caller_id, call.guid, call.uuid, call.transaction, call.agent, call.agent_name, \
                 call.answered_at, call.hung_up_at, call.completed_at, call.duration_seconds, call.duration_ms, \
                 call.duration_minutes, call.end_reason, related.id, related.kind, parent, object, record.id";
    assert_eq!(
        server.refusals(text),
        [
            "t.toml:3: \"edit_url\" needs \"record_url\" too",
            "t.toml:3: \"look_up_pointer\" is missing in [tenant.rest]",
            "t.toml:3: \"secret\" is missing in [tenant.rest]",
            "t.toml:4: \"method\" must be one of \"POST\", \"PUT\", \"PATCH\"",
            "t.toml:5: a placeholder can stand in the path and the query of an address, not before",
            "t.toml:7: the body is no JSON: key must be a string at line 2 column 9; placeholders stand inside its strings",
            "t.toml:9: \"id\" must be a JSON pointer such as \"/data/id\"",
            "t.toml:12: the address must begin with https://, unless test_endpoint = true",
            "t.toml:14: a user of Basic authentication has no \":\"",
            "t.toml:15: a signing secret is \"whsec_\" and 1 to 64 bytes (24 or more are advised) in base64",
            "t.toml:17: \"bad name\" is no name of a header",
            "t.toml:18: the header \"Authorization\" is set by \"auth\", where its secret is kept",
            "t.toml:19: the header \"Host\" is set by Ringbridge itself",
            &format!(
                "t.toml:20: the placeholder {{{{call.nothing}}}} is not known; known are {known}, fields, and the names of \
                 a link's fields ({{{{field:NAME}}}} where such a name has a dot)"
            ),
            "t.toml:21: the header \"x-a\" stands there twice; it stands at t.toml:20 already",
            "t.toml:22: \"X-B\" must be text in quotes",
            "t.toml:23: \"access_token\" is missing in [tenant.hubspot]",
            "t.toml:24: \"a-b\" must be a property's internal name",
            "t.toml:25: \"x\" must be the account's number",
            "t.toml:26: \"base_url\" is for tests; it needs test_endpoint = true",
            "t.toml:28: \"acme.zendesk.com\" must be what stands before .zendesk.com, and no more",
            "t.toml:32: \"url\" must be the organisation's, such as \"https://contoso.crm.dynamics.com\"",
            "t.toml:32: the address ends with its host, without a path",
            "t.toml:33: \"a/b\" must be the id or the domain of the Entra tenant",
            "t.toml:35: \"client_secret\" must not be empty",
            "t.toml:36: \"ftp://x\" must be a URL that begins with https:// or http://",
        ]
    );
}

#[test]
fn a_kept_secret_must_be_there_and_an_id_has_one_source() {
    let server = server();
    let zendesk = "[tenant.zendesk]\nsubdomain = \"acme\"\nemail = \"a@b\"\napi_token = \"***\"\n[tenant.rest]\nurl = \"https://x.example/\"\nbody = \"{}\"\n";
    assert_eq!(
        server.refusals(&small(zendesk)),
        [
            "t.toml:10: the new record's id is found by one of \"id_pointer\" (in the answer's JSON), \"id_header\" (in a header of it) and \"id\" (the request itself names it)"
        ]
    );
    assert_eq!(
        server.refusals(&small(&format!("{zendesk}id = \"1\"\n"))),
        ["t.toml:9: \"***\" keeps what is stored, and there is nothing stored here yet"]
    );
}

#[test]
fn the_examples_in_the_documentation_apply_as_they_stand() {
    let docs = include_str!("../../../../docs/crm.md");
    let examples: Vec<_> =
        docs.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(examples.len(), 6);
    for example in examples {
        let server = server();
        assert_eq!(server.refusals(&small(example)), Vec::<String>::new(), "{example}");
        let text = export::text(&server.tenant("small"));
        assert_eq!(server.apply(&text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn every_placeholder_and_code_is_described() {
    let docs = include_str!("../../../../docs/crm.md");
    for (name, _) in ringbridge_core::crm::template::Fact::ALL {
        assert!(docs.contains(&format!("`{{{{{name}}}}}`")), "{name}");
    }
}
