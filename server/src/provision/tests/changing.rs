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
X-Team = "sales {{call.agent}}"
Accept = "text/plain"
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

fn full() -> Server {
    let server = server();
    server.apply(&format!("{EXAMPLE}{MORE}"));
    server
}

impl Server {
    fn change_as(&self, how: How, edits: &[Edit], mode: Mode) -> Result<Outcome, ChangeError> {
        let acme = self.tenant("acme").id;
        self.at_site(|site| change(site, acme, edits, &stamp(how), mode))
    }

    fn change(&self, edit: Edit) -> Result<Outcome, ChangeError> {
        self.change_as(How::Screen, &[edit], Mode::Apply)
    }

    fn changed(&self, edit: Edit) -> Vec<String> {
        self.change(edit).expect("changed").lines
    }

    /// What is wrong, as `path: text`.
    fn wrong(&self, edit: Edit) -> Vec<String> {
        let Err(ChangeError::Refused(errors)) = self.change(edit) else { panic!("it is not refused") };
        errors.iter().map(shown).collect()
    }

    fn undo(&self, id: RevisionId) -> Result<Outcome, ChangeError> {
        let acme = self.tenant("acme").id;
        self.at_site(|site| undo(site, acme, id, &stamp(How::Undo), Mode::Apply))
    }

    fn document(&self) -> Value {
        export::json(&self.tenant("acme"))
    }

    /// The newest revision.
    fn last(&self) -> Revision {
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

fn put(part: Part, key: Option<&str>, value: Value) -> Edit {
    Edit::Put { part, key: key.map(str::to_owned), value, was: None }
}

fn remove(part: Part, key: Option<&str>) -> Edit {
    Edit::Remove { part, key: key.map(str::to_owned), was: None }
}

/// All there is to compare of a tenant; an agent who was removed and is back may have another row.
fn whole(tenant: &Tenant) -> String {
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
        let dry = server.change_as(How::Screen, &[edit.clone()], Mode::DryRun).expect("told");
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
    let document = json!({ "name": "acme", "agent": [{ "login": "ada", "password": "p", "role": "admin" }] });
    let outcome = make(&document).expect("made");
    assert_eq!(outcome.lines, ["+ tenant acme", "+ tenant acme: agent ada", "+ tenant acme: callbacks"]);
    assert_eq!(outcome.made.len(), 1, "the callback secret");
    assert!(matches!(make(&json!({ "name": "b" })), Err(ChangeError::Changed { .. })));
}
