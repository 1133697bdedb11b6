//! Applying: plans, applying again, dry runs, removing, exporting.

use super::{EXAMPLE, Mode, export, server, small, stored};
use crate::provision::run;
use crate::store::{StoreError, agent, journal, session, transaction};
use ringbridge_core::call::Call;
use ringbridge_core::id::{AgentId, InteractionGuid, Seq};
use ringbridge_core::redact::Digits;
use ringbridge_core::tenant::PhoneAddress;
use ringbridge_core::time::Timestamp;
use std::fs;

#[test]
fn the_example_is_applied_once_and_then_changes_nothing() {
    let server = server();
    assert_eq!(
        server.apply(EXAMPLE),
        [
            "+ tenant acme",
            "+ tenant acme: channel 5251990",
            "+ tenant acme: dial plan 1",
            "+ tenant acme: dial plan 1 rule 1",
            "+ tenant acme: dial plan 1 rule 2",
            "+ tenant acme: code list Outcome",
            "+ tenant acme: code list Outcome code SOLD",
            "+ tenant acme: code list Outcome code LATER",
            "+ tenant acme: queue 101",
            "+ tenant acme: agent alice",
            "+ tenant acme: agent alice phone 1",
            "+ tenant acme: agent bob",
            "+ tenant acme: agent bob phone 1",
            "+ tenant acme: screen_pop",
            "+ tenant acme: callbacks",
            "+ tenant acme: token reports",
        ]
    );
    assert_eq!(server.apply(EXAMPLE), Vec::<String>::new());
    let entries = server.store.read_blocking(|tx| journal::after(tx, Seq(0), journal::Filter::All, 10));
    let kinds: Vec<_> = entries.expect("read").into_iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, ["tenant.provisioned"]);
}

#[test]
fn changes_are_told_one_a_line_and_secrets_never() {
    let server = server();
    server.apply(EXAMPLE);
    let changed = EXAMPLE
        .replace("wrap_up_seconds = 60", "wrap_up_seconds = 90")
        .replace("name = \"Sales\"", "name = \"Sales and more\"")
        .replace("correct horse", "hunter2")
        .replace("s3cret", "hunter3")
        .replace("phone password", "hunter4")
        .replace("allowed_countries = [\"US\", \"CA\", \"GB\"]", "allowed_countries = [\"US\"]")
        .replace("key = \"l\"", "")
        .replace("name = \"reports\"", "name = \"exports\"");
    let outcome = server.provision(&changed, Mode::Apply).expect("applied");
    assert_eq!(
        outcome.lines,
        [
            "~ tenant acme allowed_countries [US, CA, GB] → [US]",
            "~ tenant acme: code list Outcome code LATER key l → \"\"",
            "~ tenant acme: queue 101 name Sales → \"Sales and more\"",
            "~ tenant acme: queue 101 wrap_up_seconds 60 → 90",
            "~ tenant acme: agent alice password changed",
            "~ tenant acme: agent alice external_password changed",
            "~ tenant acme: agent bob phone 1 password changed",
            "+ tenant acme: token exports",
            "- tenant acme: token reports",
        ]
    );
    let made: Vec<_> =
        outcome.made.iter().map(|(what, value)| (what.as_str(), value.expose().len())).collect();
    assert_eq!(made, [("token exports of tenant acme", 43)]);
    assert_eq!(server.apply(&changed), Vec::<String>::new());
}

#[test]
fn a_dry_run_tells_the_plan_and_changes_nothing() {
    let server = server();
    let plan = server.provision(EXAMPLE, Mode::DryRun).expect("planned");
    assert_eq!((plan.lines.len(), plan.made.len(), server.tenants().len()), (16, 0, 0));
    assert_eq!(server.apply(EXAMPLE), plan.lines);
}

#[test]
fn a_dry_run_without_a_database_leaves_none_behind() {
    let server = server();
    let mut config = server.config();
    config.data_dir = server.folder.path().join("elsewhere");
    let file = server.folder.path().join("t.toml");
    fs::write(&file, EXAMPLE).expect("written");
    let plan = run(&file, &config, Mode::DryRun, Timestamp::from_millis(0)).expect("planned");
    assert_eq!(plan.lines.len(), 16);
    assert!(!config.data_dir.exists());
    fs::write(&file, "[[tenant]]\n").expect("written");
    let refused =
        run(&file, &config, Mode::Apply, Timestamp::from_millis(0)).expect_err("refused").to_string();
    assert_eq!(refused, format!("{}:1: \"name\" is missing in [[tenant]]", file.display()));
    assert!(!config.data_dir.exists());
}

#[test]
fn secrets_lie_sealed_and_come_back_whole() {
    let server = server();
    server.apply(EXAMPLE);
    let acme = server.tenant("acme");
    let alice = acme.agent_by_login("alice").expect("she is there");
    assert_eq!(alice.external_password.expose(), "s3cret");
    let bob = acme.agent_by_login("bob").expect("he is there");
    let phone = bob.phones.first().map(|phone| &phone.address);
    let Some(PhoneAddress::Registers { username, password }) = phone else { panic!("{phone:?}") };
    assert_eq!((username.as_str(), password.expose()), ("bob", "phone password"));
    assert!(acme.callbacks.secret.expose().starts_with("whsec_"));
    let rows = server.store.read_blocking(|tx| Ok((super::super::tenant::all(tx)?, agent::all(tx)?)));
    let stored = format!("{:?}", rows.expect("read"));
    for secret in ["s3cret", "phone password", "correct horse", acme.callbacks.secret.expose()] {
        assert!(!stored.contains(secret));
    }
    assert!(!stored::settings(&acme, &server.keys).contains("whsec_"));
}

#[test]
fn an_exported_tenant_applies_back_to_nothing_and_shows_no_secret() {
    let server = server();
    let more = "\n[tenant.salesforce]\nlogin_url = \"https://login.salesforce.com\"\nclient_id = \"id\"\nclient_secret = \"hunter2\"\nauto_log = true\n";
    let [before, after] =
        EXAMPLE.split("[tenant.callbacks]").collect::<Vec<_>>().try_into().expect("two parts");
    server.apply(&format!("{before}{more}[tenant.callbacks]{after}"));
    let text = export::text(&server.tenant("acme"));
    assert_eq!(server.apply(&text), Vec::<String>::new(), "{text}");
    for secret in
        ["correct horse", "battery staple", "s3cret", "phone password", "hunter2", "whsec_", "$argon2id"]
    {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[test]
fn a_salesforce_key_lies_beside_the_tenant_file_and_every_setting_is_exported() {
    let server = server();
    let text = "[[tenant]]\nname = \"acme\"\n[tenant.salesforce]\nlogin_url = \"https://test.salesforce.com\"\n\
        flow = \"jwt\"\nclient_id = \"id\"\nusername = \"u@acme.example\"\nkey_file = \"salesforce.key\"\n\
        audience = \"https://acme.my.site.com\"\nper_agent = true\napi_version = \"66.0\"\n\
        org_id = \"00D000000000001EAA\"\nenhanced = true\nauto_log = true\nenrich = true\n\
        external_id_field = \"Transactionid__c\"\nallowed_fields = [\"OwnerId\"]\nallow_duplicates = true\n\
        interface = \"classic\"\ntest_endpoint = true\n";
    server.apply(text);
    let exported = export::text(&server.tenant("acme"));
    let key_file = std::path::absolute("salesforce.key").expect("there is a current folder");
    let expected = text
        .split_once("[tenant.salesforce]\n")
        .expect("the section")
        .1
        .replace("\"salesforce.key\"", &format!("\"{}\"", key_file.display()));
    let section = exported.split_once("[tenant.salesforce]\n").expect("the section").1;
    let mut wanted: Vec<_> = expected.lines().collect();
    let mut shown: Vec<_> = section.lines().take_while(|line| !line.is_empty()).collect();
    wanted.sort_unstable();
    shown.sort_unstable();
    assert_eq!(shown, wanted);
    assert_eq!(server.apply(&exported), Vec::<String>::new());
}

#[test]
fn a_tenant_is_what_its_file_says_and_the_others_stay() {
    let server = server();
    server.apply(EXAMPLE);
    server.apply(&small(""));
    assert_eq!(server.tenants().len(), 2);
    let smaller = "[[tenant]]\nname = \"acme\"\n";
    let lines = server.apply(smaller);
    assert!(lines.contains(&"- tenant acme: agent alice".to_owned()), "{lines:?}");
    assert!(lines.contains(&"~ tenant acme time_zone America/Los_Angeles → UTC".to_owned()), "{lines:?}");
    assert_eq!(server.tenant("acme").agents.len(), 0);
    assert_eq!(server.tenant("small").agents.len(), 1);
}

#[test]
fn an_agent_with_calls_becomes_inactive_and_comes_back_as_themselves() {
    let server = server();
    server.apply(EXAMPLE);
    let acme = server.tenant("acme");
    let alice = acme.agent_by_login("alice").expect("she is there").id;
    let (tenant, number) = (acme.id, Digits::new("5251990").expect("digits"));
    let call = transaction::NewTransaction {
        guid: InteractionGuid("int-1".to_owned()),
        tenant,
        agent: alice,
        queue: None,
        number: number.clone(),
        caller_id: number,
        link: "{}".to_owned(),
        call: Call::new(),
        bridge: "{}".to_owned(),
        created_at: Timestamp::from_millis(0),
    };
    server.store.write_blocking(move |tx| transaction::insert(tx, &call)).expect("written");
    server.apply("[[tenant]]\nname = \"acme\"\n");
    let standing =
        |rows: Vec<agent::AgentRow>| rows.into_iter().map(|row| (row.id, row.standing)).collect::<Vec<_>>();
    let rows = server.store.read_blocking(move |tx| agent::of_tenant(tx, tenant)).expect("read");
    assert_eq!(standing(rows), [(alice, agent::Standing::Inactive)]);
    server.apply(EXAMPLE);
    let again = server.tenant("acme");
    assert_eq!(again.agent_by_login("alice").map(|alice| alice.id), Some(alice));
    assert_ne!(again.agent_by_login("bob").map(|bob| bob.id), Some(AgentId(0)));
}

#[test]
fn sec_31_a_new_password_ends_the_agents_sessions_and_other_changes_do_not() {
    let server = server();
    server.apply(EXAMPLE);
    let acme = server.tenant("acme");
    let alice = acme.agent_by_login("alice").expect("she is there").id;
    let log_in = session::Session {
        id_hash: "h".to_owned(),
        tenant: acme.id,
        agent: alice,
        created_at: Timestamp::from_millis(0),
        seen_at: Timestamp::from_millis(0),
        expires_at: Timestamp::from_millis(1000),
        external: None,
    };
    server.store.write_blocking(move |tx| session::insert(tx, &log_in)).expect("written");
    let live = || {
        let found = server.store.read_blocking(|tx| session::find(tx, "h", Timestamp::from_millis(1)));
        found.map(|session| session.is_some())
    };
    server.apply(&EXAMPLE.replace("name = \"Alice\"", "name = \"Alice A.\""));
    assert_eq!(live(), Ok(true));
    server.apply(&EXAMPLE.replace("correct horse", "another one"));
    assert_eq!(live(), Ok::<bool, StoreError>(false));
}
