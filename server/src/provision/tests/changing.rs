//! Changing part by part: what is put back as read changes nothing, what is changed exports to a file that changes nothing,
//! what is undone is as it was, and what is wrong is named by its field.

use super::{EXAMPLE, Server, export, server, stamp};
use crate::document::Step;
use crate::provision::part::{self, Kind};
use crate::provision::tree;
use crate::provision::{
    ChangeError, Edit, FieldError, How, Mode, Outcome, Part, RevisionId, change, create, undo,
};
use crate::store::revision::{self, Revision};
use ringbridge_core::id::AgentId;
use ringbridge_core::tenant::{Agent, Tenant};
use serde_json::{Value, json};

/// More for a tenant than the example has: every section, and something of everything that may be left out.
const MORE: &str = r#"
[[tenant.channel]]
number = "5251991"
[[tenant.dial_plan]]
id = 2
name = "pass"
[[tenant.code_list]]
name = "Why"
required = true
[[tenant.code_list.code]]
short = "X"
[[tenant.queue]]
id = 102
code_lists = ["Why", "Outcome"]
wrap_up_after_failed = "none"
[[tenant.agent]]
login = "zoe"
password = "p"
role = "admin"
dial_plan = 2
[tenant.salesforce]
login_url = "https://login.salesforce.com"
client_id = "id"
client_secret = "hunter2"
allowed_fields = ["OwnerId"]
[tenant.rest]
method = "PUT"
url = "https://crm.example.com/calls/{{call.uuid}}"
body = '''
{ "subject": "{{Subject}}",
  "notes": "$notes$" }
'''
id = "{{call.uuid}}"
repeat = "never"
auth = "basic"
user = "u"
secret = "rest secret"
signing_secret = "whsec_c2lnbmluZyBzZWNyZXQ="
[tenant.rest.headers]
Accept = "text/plain"
X-Team = "sales {{call.agent}}"
[tenant.hubspot]
access_token = "hubspot secret"
[tenant.zendesk]
subdomain = "acme"
email = "crm@acme.example"
api_token = "zendesk secret"
[tenant.dynamics]
url = "https://acme.crm4.dynamics.com/"
directory = "acme.onmicrosoft.com"
client_id = "app"
client_secret = "dynamics secret"
[[tenant.token]]
name = "robot"
kind = "action"
"#;

pub(super) fn full() -> Server {
    let server = server();
    server.apply(&format!("{EXAMPLE}{MORE}"));
    server
}

impl Server {
    fn change_as(&self, how: How, edits: &[Edit], mode: Mode) -> Result<Outcome, ChangeError> {
        let acme = self.tenant("acme").id;
        self.at_site(|site| change(site, acme, edits, &stamp(how), mode))
    }

    pub(super) fn change(&self, edit: Edit) -> Result<Outcome, ChangeError> {
        self.change_as(How::Screen, &[edit], Mode::Apply)
    }

    pub(super) fn changed(&self, edit: Edit) -> Vec<String> {
        self.change(edit).expect("changed").lines
    }

    /// What is wrong, as `path: text`.
    pub(super) fn wrong(&self, edit: Edit) -> Vec<String> {
        let Err(ChangeError::Refused(errors)) = self.change(edit) else { panic!("it is not refused") };
        errors.iter().map(shown).collect()
    }

    pub(super) fn undo(&self, id: RevisionId) -> Result<Outcome, ChangeError> {
        let acme = self.tenant("acme").id;
        self.at_site(|site| undo(site, acme, id, &stamp(How::Undo), Mode::Apply))
    }

    fn document(&self) -> Value {
        export::json(&self.tenant("acme"))
    }

    /// The newest revision.
    pub(super) fn last(&self) -> Revision {
        let acme = self.tenant("acme").id;
        let page = self.store.read_blocking(move |tx| revision::page(tx, acme, None, 1)).expect("read");
        page.into_iter().next().expect("a revision")
    }

    fn last_lines(&self) -> Vec<String> {
        self.last().lines
    }
}

fn shown(error: &FieldError) -> String {
    let word = |step: &Step| match step {
        Step::Index(index) => index.to_string(),
        Step::Key(key) => key.to_string(),
    };
    let steps: Vec<_> = error.path.iter().map(word).collect();
    format!("{}: {}", steps.join("."), error.text)
}

pub(super) fn put(part: Part, key: Option<&str>, value: Value) -> Edit {
    Edit::Put { part, key: key.map(str::to_owned), value, was: None }
}

pub(super) fn remove(part: Part, key: Option<&str>) -> Edit {
    Edit::Remove { part, key: key.map(str::to_owned), was: None }
}

/// All there is to compare of a tenant; an agent who was removed and is back may have another row.
pub(super) fn whole(tenant: &Tenant) -> String {
    let mut tenant = tenant.clone();
    tenant.agents = tenant.agents.into_iter().map(|agent| Agent { id: AgentId(0), ..agent }).collect();
    tenant.agents.sort_by(|a, b| a.login.cmp(&b.login));
    let secrets = tree::of(&tenant, tree::Secrets::Open).json();
    format!("{tenant:?} {secrets}")
}

/// Every part of acme with its key and its value.
fn parts(document: &Value) -> Vec<(Part, Option<String>, Value)> {
    let mut parts = Vec::new();
    for (name, value) in document.as_object().expect("an object") {
        let Some(part) = Part::named(name) else { continue };
        match part.kind() {
            Kind::List(key) => parts.extend(
                part::items(document, part).iter().map(|item| (part, part::key_of(item, key), item.clone())),
            ),
            Kind::Maybe | Kind::One => parts.push((part, None, value.clone())),
        }
    }
    let own = document.as_object().expect("an object").iter().filter(|(key, _)| part::is_setting(key));
    parts.push((Part::Settings, None, own.map(|(key, value)| (key.clone(), value.clone())).collect()));
    parts
}

#[test]
fn every_part_put_back_as_it_was_read_changes_nothing() {
    let server = full();
    let document = server.document();
    let all = parts(&document);
    let mut kinds: Vec<_> = all.iter().map(|(part, ..)| *part).collect();
    kinds.sort();
    kinds.dedup();
    assert_eq!(kinds.len(), 14, "a part is missing in the tenant of this test: {kinds:?}");
    for (part, key, value) in all {
        let edit = Edit::Put { part, key, was: Some(value.clone()), value };
        assert_eq!(server.changed(edit.clone()), Vec::<String>::new(), "{edit:?}");
    }
    assert_eq!(server.document(), document);
}

#[test]
fn an_item_comes_changes_and_goes_and_each_step_exports_to_a_file_that_changes_nothing() {
    let server = full();
    let queue = |name: &str| json!({ "id": 7, "name": name, "caller_id": "", "wrap_up_seconds": null });
    let steps = [
        (Edit::Add { part: Part::Queue, value: queue("Seven") }, vec!["+ tenant acme: queue 7"]),
        (put(Part::Queue, Some("7"), queue("VII")), vec!["~ tenant acme: queue 7 name Seven → VII"]),
        (put(Part::Settings, None, json!({ "country": "GB" })), vec!["~ tenant acme country US → GB"]),
        (remove(Part::Queue, Some("7")), vec!["- tenant acme: queue 7"]),
        (remove(Part::Rest, None), vec!["- tenant acme: rest"]),
        (
            put(Part::Agent, Some("zoe"), json!({ "password": "another", "role": "admin", "name": "" })),
            vec!["~ tenant acme: agent zoe password changed", "~ tenant acme: agent zoe dial_plan 2 → \"\""],
        ),
    ];
    for (edit, lines) in steps {
        let dry = server.change_as(How::Screen, std::slice::from_ref(&edit), Mode::DryRun).expect("told");
        assert_eq!((dry.lines, dry.made.len(), dry.revisions.len()), (server.changed(edit), 0, 0));
        assert_eq!(server.last_lines(), lines);
        let file = export::text(&server.tenant("acme"));
        assert_eq!(server.apply(&file), Vec::<String>::new(), "{file}");
    }
}

#[test]
fn the_first_tenant_is_made_by_a_document_while_there_is_none() {
    let server = server();
    let make =
        |document: &Value| server.at_site(|site| create(site, document, &stamp(How::Setup), Mode::Apply));
    let Err(ChangeError::Refused(errors)) = make(&json!({ "name": "acme", "agent": [{ "login": "a b" }] }))
    else {
        panic!("it is not refused")
    };
    let errors: Vec<_> = errors.iter().map(shown).collect();
    assert_eq!(
        errors,
        [
            "agent.0.login: \"a b\" must have no blanks",
            "agent.0.password: \"password\" is missing in agent a b"
        ]
    );
    let Err(ChangeError::Refused(errors)) = make(&json!({ "name": ".." })) else { panic!("it is a folder") };
    assert_eq!(errors.iter().map(shown).collect::<Vec<_>>(), ["name: \"..\" must have more than dots"]);
    let document = json!({ "name": "acme", "agent": [{ "login": "ada", "password": "p", "role": "admin" }] });
    let outcome = make(&document).expect("made");
    assert_eq!(outcome.lines, ["+ tenant acme", "+ tenant acme: agent ada", "+ tenant acme: callbacks"]);
    assert_eq!(outcome.made.len(), 1, "the callback secret");
    assert!(matches!(make(&json!({ "name": "b" })), Err(ChangeError::Changed { .. })));
}

#[test]
fn what_is_wrong_is_named_by_its_field() {
    let server = full();
    let cases = [
        (
            put(Part::Settings, None, json!({ "country": "us" })),
            vec!["country: \"us\" must be a country's two capital letters, for example \"US\""],
        ),
        (
            put(Part::Settings, None, json!({ "default_caller_id": "1" })),
            vec!["default_caller_id: \"1\" is no channel of this tenant"],
        ),
        (
            put(Part::Settings, None, json!({ "name": "b" })),
            vec!["name: a contact center's name cannot be changed: log-ins and reports use it"],
        ),
        (
            put(Part::Settings, None, json!({ "agent": [] })),
            vec!["agent: \"agent\" is no setting; it is a part of its own"],
        ),
        (
            put(Part::Settings, None, json!({ "code_lists": ["Why", "No"] })),
            vec!["code_lists.1: there is no code list \"No\" in this tenant"],
        ),
        (
            put(Part::Channel, Some("5251991"), json!({ "name": " x" })),
            vec!["name: \" x\" must be at most 128 bytes, without line breaks and blanks around it"],
        ),
        (
            Edit::Add { part: Part::Channel, value: json!({ "number": "12a" }) },
            vec!["number: \"12a\" must be 1 to 32 digits and nothing else"],
        ),
        (
            Edit::Add { part: Part::Channel, value: json!({ "number": "5251991" }) },
            vec!["number: there is a channel 5251991 already"],
        ),
        (
            Edit::Add { part: Part::Agent, value: json!({ "login": "zoe" }) },
            vec!["login: there is an agent zoe already"],
        ),
        (
            put(Part::Channel, Some("5251991"), json!({ "number": "5251992" })),
            vec![
                "number: \"number\" cannot be changed, since links and records name it; make a new item and remove this one",
            ],
        ),
        (
            put(
                Part::DialPlan,
                Some("1"),
                json!({ "rule": [{ "match": "^1", "refuse": "" }, { "match": "([0-9" }, { "match": "^2", "trunk": "x" }, {}] }),
            ),
            vec![
                "rule.0.refuse: \"refuse\" must be a sentence for the agent",
                "rule.1.match: the pattern is no regular expression: unclosed character class",
                "rule.2.trunk: there is no trunk \"x\" in the server's configuration ([sip.trunk.x])",
                "rule.3.match: \"match\" is missing in dial plan 1 rule 4",
            ],
        ),
        (
            put(
                Part::CodeList,
                Some("Why"),
                json!({ "required": "yes", "code": [{ "short": "A", "key": "xx" }, { "short": "A" }] }),
            ),
            vec![
                "code.0.key: \"xx\" must be one character",
                "code.1.short: the code \"A\" stands in its list twice",
                "required: \"required\" must be true or false",
            ],
        ),
        (
            put(Part::Queue, Some("101"), json!({ "wrap_up_seconds": -1, "colour": "red", "size": "" })),
            vec![
                "colour: unknown key \"colour\" in queue 101; known are caller_id, code_lists, id, name, wrap_up_after_failed, wrap_up_seconds",
                "wrap_up_seconds: \"wrap_up_seconds\" must be a whole number from 0 to 28800",
            ],
        ),
        (
            put(
                Part::Agent,
                Some("bob"),
                json!({ "role": "admin", "queues": [101, 9], "phone": [{ "register": "bob", "password": "***" }, { "register": "new" }] }),
            ),
            vec![
                "password: \"password\" is missing in agent bob",
                "phone.1.password: a phone that registers needs a \"password\"",
                "queues.1: there is no queue 9 in this tenant",
            ],
        ),
        (
            Edit::Add { part: Part::Agent, value: json!({ "login": "x", "password": "***" }) },
            vec!["password: \"***\" keeps what is stored, and there is nothing stored here yet"],
        ),
        (
            put(Part::ScreenPop, None, json!({ "enabled": true, "url": "" })),
            vec!["url: an enabled screen pop needs its \"url\""],
        ),
        (
            put(Part::Salesforce, None, json!({ "login_url": "http://x", "client_id": "" })),
            vec![
                "client_id: \"client_id\" must not be empty",
                "client_secret: the flow \"client_credentials\" needs \"client_secret\"",
                "login_url: \"http://x\" is no address of Salesforce's; write \"https://login.salesforce.com\" or \"https://YOUR-DOMAIN.my.salesforce.com\", or for a stand-in set \"test_endpoint\" as well",
            ],
        ),
        (
            put(
                Part::Rest,
                None,
                json!({ "url": "https://x.example/", "body": "{", "headers": { "Host": "x" }, "id_header": "" }),
            ),
            vec![
                "body: the body is no JSON: EOF while parsing an object at line 1 column 1; placeholders stand inside its strings",
                "headers.Host: the header \"Host\" is set by Ringbridge itself",
                "id_pointer: the new record's id is found by one of \"id_pointer\" (in the answer's JSON), \"id_header\" (in a header of it) and \"id\" (the request itself names it)",
            ],
        ),
        (
            put(Part::Hubspot, None, json!({ "portal": "x" })),
            vec![
                "access_token: \"access_token\" is missing in hubspot",
                "portal: \"x\" must be the account's number",
            ],
        ),
        (
            put(Part::Zendesk, None, json!({ "subdomain": "a.b", "email": "x", "api_token": "t" })),
            vec!["subdomain: \"a.b\" must be what stands before .zendesk.com, and no more"],
        ),
        (
            put(
                Part::Dynamics,
                None,
                json!({ "url": "https://x.example", "directory": "d", "client_id": "c", "client_secret": "s" }),
            ),
            vec!["url: \"url\" must be the organisation's, such as \"https://contoso.crm.dynamics.com\""],
        ),
        (
            put(Part::Callbacks, None, json!({ "secret": "hunter2" })),
            vec![
                "secret: a callback secret is \"whsec_\" and 1 to 64 bytes (24 or more are advised) in base64; leave it out and one is made",
            ],
        ),
        (
            Edit::Add { part: Part::Token, value: json!({ "name": "t" }) },
            vec!["kind: \"kind\" is missing in token t; it is \"data\" or \"action\""],
        ),
        (put(Part::Token, Some("robot"), json!("x")), vec![": the value must be an object"]),
        (
            remove(Part::Channel, Some("5251990")),
            vec![
                ": agent bob caller_id: \"5251990\" is no channel of this tenant",
                ": default_caller_id: \"5251990\" is no channel of this tenant",
                ": queue 101 caller_id: \"5251990\" is no channel of this tenant",
            ],
        ),
    ];
    let before = whole(&server.tenant("acme"));
    for (edit, expected) in cases {
        let mut wrong = server.wrong(edit.clone());
        wrong.sort();
        assert_eq!(wrong, expected, "{edit:?}");
    }
    assert_eq!(whole(&server.tenant("acme")), before, "nothing was changed by what was refused");
}

#[test]
fn what_somebody_else_changed_is_not_overwritten_and_they_are_named() {
    let server = full();
    let read =
        |key: &str| parts(&server.document()).into_iter().find(|(_, known, _)| known.as_deref() == Some(key));
    let (_, _, was) = read("101").expect("the queue");
    server.changed(put(Part::Queue, Some("101"), json!({ "name": "Theirs" })));
    let mine =
        |was| Edit::Put { part: Part::Queue, key: Some("101".into()), value: json!({ "name": "Mine" }), was };
    let Err(ChangeError::Changed { what, by }) = server.change(mine(Some(was.clone()))) else {
        panic!("it is changed")
    };
    assert_eq!((what.as_str(), by.map(|by| by.who)), ("queue 101", Some("bob".to_owned())));
    let gone = Edit::Remove { part: Part::Queue, key: Some("9".into()), was: Some(was) };
    assert!(matches!(server.change(gone), Err(ChangeError::Changed { .. })));
    let setting = |was| Edit::Put {
        part: Part::Settings,
        key: None,
        value: json!({ "country": "GB" }),
        was: Some(was),
    };
    assert!(matches!(server.change(setting(json!({ "country": "DE" }))), Err(ChangeError::Changed { .. })));
    let section = |was| Edit::Put { part: Part::ScreenPop, key: None, value: json!({}), was: Some(was) };
    assert!(matches!(server.change(section(Value::Null)), Err(ChangeError::Changed { .. })), "it is there");
    assert_eq!(server.tenant("acme").queues[0].name, "Theirs");

    assert_eq!(server.changed(setting(json!({ "country": "US" }))).len(), 1);
    assert!(!server.changed(mine(None)).is_empty(), "whoever does not say what they read changes it");
    for missing in [
        put(Part::Queue, Some("9"), json!({})),
        remove(Part::Queue, None),
        remove(Part::Callbacks, None),
        put(Part::Agent, None, json!({})),
    ] {
        assert!(matches!(server.change(missing.clone()), Err(ChangeError::Missing)), "{missing:?}");
    }
}

#[test]
fn the_last_admin_stays_except_by_file() {
    let server = full();
    server.changed(remove(Part::Agent, Some("zoe")));
    let demoted = json!({ "password": "***", "role": "supervisor" });
    for edit in [put(Part::Agent, Some("bob"), demoted), remove(Part::Agent, Some("bob"))] {
        assert!(matches!(server.change(edit), Err(ChangeError::LastAdmin)));
    }
    assert!(!server.apply("[[tenant]]\nname = \"acme\"\n").is_empty());
    assert_eq!(server.tenant("acme").agents.len(), 0);
}

#[test]
fn an_admin_is_not_told_of_other_tenants_and_cannot_use_their_keys() {
    let server = full();
    server.apply("[[tenant]]\nname = \"rival\"\nhosts = [\"rival.example\"]\n[[tenant.agent]]\nlogin = \"x\"\npassword = \"p\"\n[[tenant.agent.phone]]\nregister = \"desk1\"\npassword = \"q\"\n");
    let host = put(Part::Settings, None, json!({ "hosts": ["rival.example"] }));
    assert_eq!(
        server.wrong(host),
        ["hosts.0: the host \"rival.example\" is taken by another contact center of this server"]
    );
    let phone = json!({ "login": "n", "password": "p", "phone": [{ "register": "desk1", "password": "q" }] });
    assert_eq!(
        server.wrong(Edit::Add { part: Part::Agent, value: phone }),
        ["phone.0.register: the phone name \"desk1\" is taken by another contact center of this server"]
    );
    let jwt = |key_file: &str| {
        put(
            Part::Salesforce,
            None,
            json!({
                "login_url": "https://login.salesforce.com", "client_id": "id", "flow": "jwt", "username": "u", "key_file": key_file,
            }),
        )
    };
    let folder = server.folder.path().join("keys/acme");
    for file in ["/etc/rival.key", "../rival/salesforce.key"] {
        let refused = format!(
            "key_file: a file that is named here lies in {}; put it there, or name it in the tenant file",
            folder.display()
        );
        assert_eq!(server.wrong(jwt(file)), [refused], "{file}");
    }
    server.changed(jwt("salesforce.key"));
    assert_eq!(
        server.document()["salesforce"]["key_file"],
        json!(folder.join("salesforce.key").display().to_string())
    );
}
