//! What system data asks for, and the warnings at the click (semantics 3.3, 5.1; `security.md` decision 2).

use crate::scene::{query, warned};
use ringbridge_core::system_data::{Action, Integration, Launch};
use ringbridge_core::userdata::Userdata;

fn userdata(text: &str) -> Userdata {
    Userdata::parse(text).expect("pairs")
}

/// The warnings of a click with this userdata, as code and offset.
fn warnings(text: &str) -> Vec<(String, Option<usize>)> {
    let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let link = query(&format!("phone=650&ctl_userdata={encoded}")).expect("a link");
    warned(&link)
        .into_iter()
        .map(|(code, parameter, offset)| {
            assert_eq!(parameter, Some("ctl_userdata"));
            (code.to_owned(), offset)
        })
        .collect()
}

fn one(code: &str, offset: usize) -> Vec<(String, Option<usize>)> {
    vec![(code.to_owned(), Some(offset))]
}

#[test]
fn rule_5_1_only_create_with_a_known_type_is_an_action() {
    for (text, action) in [
        ("", Action::None),
        ("[ctl_intType|sfdc]", Action::None),
        ("[ctl_action|]", Action::None),
        ("[ctl_action|delete][ctl_intType|sfdc]", Action::Unknown("delete".to_owned())),
        ("[ctl_action|create]", Action::CreateWithoutType),
        ("[ctl_action|create][ctl_intType|sugar]", Action::CreateUnknownType("sugar".to_owned())),
        ("[ctl_action|create][ctl_intType|HubSpot]", Action::Create(Integration::Hubspot)),
        ("[CTL_ACTION|Create][ctl_inttype|SFDC]", Action::Create(Integration::Sfdc)),
        ("[ctl_action|nope][ctl_intType|sfdc][ctl_action|create]", Action::Create(Integration::Sfdc)),
    ] {
        assert_eq!(Action::of(&userdata(text)), action, "{text:?}");
    }
}

#[test]
fn rule_5_1_why_nothing_is_done_is_said_in_a_sentence() {
    for (action, why) in [
        (Action::None, Some("no ctl_action was given")),
        (Action::Unknown("x".to_owned()), Some("ctl_action \"x\" is not known; known is: create")),
        (
            Action::CreateWithoutType,
            Some("ctl_action create needs ctl_intType; known are: sfdc, rest, hubspot, zendesk, dynamics"),
        ),
        (
            Action::CreateUnknownType("x".to_owned()),
            Some("ctl_intType \"x\" is not known; known are: sfdc, rest, hubspot, zendesk, dynamics"),
        ),
        (Action::Create(Integration::Sfdc), None),
    ] {
        assert_eq!(action.why_ignored().as_deref(), why);
    }
}

#[test]
fn rule_5_1_an_action_that_will_be_ignored_is_warned_of_at_the_click() {
    assert_eq!(warnings("[ctl_action|create]"), one("ACTION_IGNORED", 12));
    assert_eq!(warnings("[ctl_action|create][ctl_intType|x]"), one("ACTION_IGNORED", 32));
    assert_eq!(warnings("[ctl_action|delete]"), one("ACTION_IGNORED", 12));
    assert_eq!(warnings("[ctl_action|create][ctl_intType|sfdc]"), one("OBJECT_TYPE_MISSING", 12));
    assert_eq!(warnings("[ctl_action|create][ctl_intType|sfdc][objecttype|Task]"), []);
    assert_eq!(warnings("[ctl_action|create][ctl_intType|rest]"), []);
    assert_eq!(warnings("[foreign_key|1]"), []);
}

#[test]
fn rule_3_3_unknown_system_data_is_kept_and_warned_of() {
    assert_eq!(warnings("[a|b][ctl_color|red]"), one("UNKNOWN_SYSTEM_DATA", 5));
    let link = query("phone=650&ctl_userdata=[a|b][ctl_color|red]").expect("a link");
    assert_eq!(link.userdata.text(), "[a|b][ctl_color|red]");
    assert_eq!(
        link.warnings[0].text,
        "\"ctl_color\" is no system data that is known; it is passed on and does nothing. Names of user data should not \
         start with ctl_."
    );
}

#[test]
fn rule_3_3_a_new_record_id_from_the_link_is_dropped_with_a_warning() {
    let link = query("phone=650&ctl_userdata=[a|b][CTL_newRecordId|00T][c|d]").expect("a link");
    assert_eq!(link.userdata.text(), "[a|b][c|d]");
    assert_eq!(warned(&link), [("NEW_RECORD_ID_DROPPED", Some("ctl_userdata"), Some(5))]);
}

#[test]
fn rule_3_3_launch_options_are_true_and_edit_and_nothing_else() {
    for (text, launch) in [
        ("", Launch::No),
        ("[ctl_launchopt|true]", Launch::View),
        ("[ctl_launchopt|TRUE][ctl_launchext|Edit]", Launch::Edit),
        ("[ctl_launchopt|false][ctl_launchext|edit]", Launch::No),
        ("[ctl_launchopt|yes][ctl_launchext|edit]", Launch::No),
        ("[ctl_launchopt|true][ctl_launchext|view]", Launch::View),
        ("[ctl_launchext|edit]", Launch::No),
    ] {
        assert_eq!(Launch::of(&userdata(text)), launch, "{text:?}");
    }
    assert_eq!(warnings("[ctl_launchopt|yes]"), one("LAUNCHOPT_NOT_BOOLEAN", 15));
    assert_eq!(warnings("[ctl_launchopt|true][ctl_launchext|view]"), one("LAUNCHEXT_UNKNOWN", 35));
    assert_eq!(warnings("[ctl_launchopt|FALSE][ctl_launchext|EDIT]"), []);
}

#[test]
fn decision_2_a_callback_over_http_is_warned_of_and_one_that_is_no_url_too() {
    assert_eq!(warnings("[ctl_callbackUrl|https://h.example/c?t=$transaction_id$]"), []);
    assert_eq!(warnings("[ctl_callbackUrl|http://h.example/]"), one("CALLBACK_NOT_ENCRYPTED", 17));
    assert_eq!(warnings("[ctl_callbackUrl|h.example/c]"), one("CALLBACK_URL_INVALID", 17));
    assert_eq!(warnings("[ctl_callbackUrl|ftp://h.example/c]"), one("CALLBACK_URL_INVALID", 17));
    assert_eq!(warnings("[ctl_callbackUrl|]"), []);
}
