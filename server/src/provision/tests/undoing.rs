//! Undoing: what a revision changed is as it was, to the last secret; what was changed since is left alone.

use super::changing::{full, put, remove, whole};
use super::{EXAMPLE, server, small, stamp};
use crate::provision::{ChangeError, Edit, How, Mode, Part, RevisionId, undo};
use crate::store::revision::{self, Bodies, KEPT, NewRevision};
use serde_json::json;

#[test]
fn an_undo_restores_the_tenant_exactly_and_can_be_undone() {
    let server = full();
    let steps = [
        put(
            Part::Settings,
            None,
            json!({ "country": "GB", "default_caller_id": null, "hosts": ["a.example"] }),
        ),
        remove(Part::Agent, Some("alice")),
        put(Part::Agent, Some("bob"), json!({ "password": "new", "role": "agent", "phone": [] })),
        Edit::Add { part: Part::Agent, value: json!({ "login": "new", "password": "p" }) },
        remove(Part::Salesforce, None),
        remove(Part::Rest, None),
        put(Part::Hubspot, None, json!({ "access_token": "another" })),
        remove(Part::Token, Some("reports")),
        put(Part::Callbacks, None, json!({ "secret": "whsec_YW5vdGhlcg==", "https_only": true })),
        put(Part::DialPlan, Some("1"), json!({ "rule": [] })),
        remove(Part::Channel, Some("5251991")),
        put(Part::CodeList, Some("Outcome"), json!({ "code": [{ "short": "NEW" }] })),
        Edit::Add { part: Part::Queue, value: json!({ "id": 9 }) },
        put(Part::ScreenPop, None, json!({ "enabled": false })),
    ];
    for edit in steps {
        let before = whole(&server.tenant("acme"));
        let changed = server.change(edit.clone()).expect("changed");
        let after = whole(&server.tenant("acme"));
        assert_ne!(before, after, "{edit:?}");
        let undone = server.undo(changed.revisions[0]).expect("undone");
        assert_eq!(whole(&server.tenant("acme")), before, "{edit:?}");
        server.undo(undone.revisions[0]).expect("the undo is undone");
        assert_eq!(whole(&server.tenant("acme")), after, "{edit:?}");
        assert!(matches!(server.undo(undone.revisions[0]), Err(ChangeError::NotUndoable)));
        server.undo(changed.revisions[0]).expect("what is in force again is undone again");
        assert_eq!(whole(&server.tenant("acme")), before, "{edit:?}");
    }
}

#[test]
fn a_file_that_took_everything_away_is_undone_whole() {
    let server = full();
    let before = whole(&server.tenant("acme"));
    server.apply("[[tenant]]\nname = \"acme\"\n");
    let last = server.last();
    assert_eq!((last.how, last.undoes, last.undone_by, last.kept), (How::File, None, None, true));
    server.undo(last.id).expect("undone");
    assert_eq!(whole(&server.tenant("acme")), before);
    let undo = server.last();
    assert_eq!((undo.how, undo.undoes, undo.who.as_str()), (How::Undo, Some(last.id), "bob"));
}

#[test]
fn what_was_changed_since_is_left_alone_and_the_rest_can_be_undone() {
    let server = full();
    let country =
        server.change(put(Part::Settings, None, json!({ "country": "GB" }))).expect("changed").revisions[0];
    let queue =
        server.change(put(Part::Queue, Some("101"), json!({ "name": "A" }))).expect("changed").revisions[0];
    server.changed(put(Part::Settings, None, json!({ "wrap_up_seconds": 5 })));
    server.changed(put(Part::Queue, Some("101"), json!({ "name": "B" })));
    let Err(ChangeError::Changed { what, by }) = server.undo(queue) else { panic!("it was changed since") };
    assert_eq!((what.as_str(), by.map(|by| by.id)), ("queue 101", Some(server.last().id)));
    assert_eq!(server.undo(country).expect("undone").lines, ["~ tenant acme country GB → US"]);
    let acme = server.tenant("acme");
    assert_eq!((acme.wrap_up_seconds, acme.queues[0].name.as_str()), (5, "B"));
}

#[test]
fn an_undo_is_held_to_the_rules_of_every_change() {
    let server = full();
    let channel = Edit::Add { part: Part::Channel, value: json!({ "number": "777" }) };
    let added = server.change(channel).expect("added").revisions[0];
    server.changed(put(Part::Settings, None, json!({ "default_caller_id": "777" })));
    let Err(ChangeError::Refused(errors)) = server.undo(added) else { panic!("the number is in use") };
    assert_eq!(errors[0].text, "default_caller_id: \"777\" is no channel of this tenant");

    let made = server.change(put(Part::Agent, Some("alice"), json!({ "password": "***", "role": "admin" })));
    let made = made.expect("changed").revisions[0];
    server.changed(remove(Part::Agent, Some("zoe")));
    server.changed(remove(Part::Agent, Some("bob")));
    assert!(matches!(server.undo(made), Err(ChangeError::LastAdmin)));
}

#[test]
fn the_first_revision_an_old_one_and_another_tenants_cannot_be_undone() {
    let server = server();
    server.apply(EXAMPLE);
    let first = server.last().id;
    assert!(matches!(server.undo(first), Err(ChangeError::NotUndoable)));
    server.apply(&small(""));
    let small = server.tenant("small").id;
    let theirs = server.at_site(|site| undo(site, small, first, &stamp(How::Undo), Mode::Apply));
    assert!(matches!(theirs, Err(ChangeError::Missing)));

    let changed =
        server.change(put(Part::Settings, None, json!({ "country": "GB" }))).expect("changed").revisions[0];
    let acme = server.tenant("acme").id;
    let fill = move |tx: &mut crate::store::Tx<'_>| {
        for _ in 0..KEPT {
            let bodies = Some(Bodies { before: "{}".to_owned(), after: "{}".to_owned() });
            let stamp = stamp(How::Screen);
            let (at, who, how) = (stamp.at, stamp.who.as_str(), stamp.how);
            revision::append(
                tx,
                &NewRevision { tenant: acme, at, who, how, lines: &[], bodies, undoes: None },
            )?;
        }
        revision::page(tx, acme, Some(RevisionId(changed.0 + 2)), 2)
    };
    let page = server.store.write_blocking(fill).expect("written");
    let kept: Vec<_> =
        page.iter().map(|revision| (revision.id, revision.kept, revision.lines.len())).collect();
    assert_eq!(kept, [(RevisionId(changed.0 + 1), true, 0), (changed, false, 1)], "its line is kept");
    assert!(matches!(server.undo(changed), Err(ChangeError::NotUndoable)));
}

#[test]
fn a_revision_holds_no_secret_in_clear() {
    let server = full();
    server.changed(remove(Part::Agent, Some("alice")));
    server.changed(put(Part::Callbacks, None, json!({ "secret": "whsec_YW5vdGhlcg==" })));
    server.changed(remove(Part::Zendesk, None));
    let acme = server.tenant("acme").id;
    let read = server.store.read_blocking(move |tx| {
        let ids = revision::page(tx, acme, None, 10)?.into_iter().map(|revision| revision.id);
        ids.collect::<Vec<_>>()
            .into_iter()
            .map(|id| revision::find(tx, acme, id))
            .collect::<Result<Vec<_>, _>>()
    });
    let text = format!("{:?}", read.expect("read"));
    assert!(text.contains("v1|"), "sealed secrets are in it");
    for secret in ["s3cret", "whsec_", "zendesk secret", "hunter2"] {
        assert!(!text.contains(secret), "{secret}");
    }
}
