//! What became of `ctl_action`, as the callback and the API tell it (semantics 5.1), and what an admin does about a failure.

use ringbridge_e2e::{
    client::{Answer, trusting},
    org::Org,
    patience::{PATIENCE, until},
    receiver::field,
    scenario::Scenario,
    scene::Scene,
    sipp::{Sipp, Transport},
};
use ringbridge_standin::{
    callback::Received,
    salesforce::{Fault, FaultScript, OrgConfig},
};
use serde_json::{Value, json};

const TOKEN: &str =
    "[[tenant.token]]\nname = \"robot\"\nkind = \"action\"\nvalue = \"an action token of the tests\"\n\n";

/// A server that is connected to an org, and a phone that is always busy: a call that fails completes like any other.
struct World {
    scene: Scene,
    org: Org,
    _phone: Sipp,
}

impl World {
    fn new() -> Self {
        let org = Org::start(OrgConfig::default());
        let tables = org.connection("external_id_field = \"Transactionid__c\"") + TOKEN;
        let scene = Scene::with(|setup| setup.tenant_tables(&tables));
        let busy = Scenario::new("agent").invited().refused("486 Busy Here");
        let phone = Sipp::start_with("agent", scene.phone, &busy, 100, Transport::Udp, &[]);
        Self { scene, org, _phone: phone }
    }

    /// Clicks with these pairs; the call's record and its callback, the `callbacks`th of all.
    #[track_caller]
    fn click(&self, pairs: &str, callbacks: usize) -> (Value, Received) {
        let userdata = format!("{pairs}[ctl_callbackUrl|{}]", self.scene.receiver.url("/cb"));
        // The same number and pairs would be the same click (1.12).
        let phone = format!("650292{:04}", 8000 + callbacks);
        let id = self.scene.alice.click(&[("prefix", "1"), ("phone", &phone), ("ctl_userdata", &userdata)]);
        let received = self.scene.receiver.wait_for(callbacks);
        let call =
            self.scene.alice.until(id, "its callback", |call| call["callback"]["state"] == "delivered");
        (call, received.into_iter().next_back().expect("it arrived"))
    }

    /// Asks the API as a program.
    #[track_caller]
    fn program(&self, method: &str, path: &str, body: &Value) -> Answer {
        let url = format!("https://localhost:{}{path}", self.scene.server.https().port());
        let agent = trusting(&self.scene.server.data());
        let bearer = "Bearer an action token of the tests";
        let answer = match method {
            "GET" => agent.get(&url).header("Authorization", bearer).call(),
            "PUT" => agent.put(&url).header("Authorization", bearer).send_json(body),
            _ => agent.post(&url).header("Authorization", bearer).send_json(body),
        };
        Answer::read(answer.expect("an answer"))
    }
}

/// Result and error string as the callback and as the API tell them.
fn told((call, callback): &(Value, Received)) -> [(String, String); 2] {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let posted = |name| field(callback, name).unwrap_or_default();
    [(posted("resultCode"), posted("errorString")), (text(&call["result_code"]), text(&call["error_string"]))]
}

fn both(code: &str, error: &str) -> [(String, String); 2] {
    [(code.to_owned(), error.to_owned()), (code.to_owned(), error.to_owned())]
}

#[test]
fn a_record_that_was_written_is_a_success_and_its_id_goes_along() {
    let world = World::new();
    let pairs = "[ctl_action|create][ctl_intType|sfdc][ObjectType|Task][Subject|hello]";
    let result = world.click(pairs, 1);
    assert_eq!(told(&result), both("SUCCESS", ""));
    let (call, callback) = result;
    let record = call["record_id"].as_str().expect("a record").to_owned();
    let records: Vec<String> = world.org.records("Task").iter().map(|task| task.id().to_owned()).collect();
    assert_eq!(records, [record.as_str()]);
    let url = world.scene.receiver.url("/cb");
    let userdata = format!("{pairs}[ctl_callbackUrl|{url}][ctl_newRecordId|{record}]");
    assert_eq!(field(&callback, "ctl_userdata"), Some(userdata));
}

#[test]
fn a_refusal_is_told_in_salesforces_words_and_can_be_mended_by_an_admin() {
    let world = World::new();
    let words = "The phone number of this account must not be called.";
    world.org.faults(FaultScript::once(Fault::Refused {
        status: 400,
        code: "FIELD_CUSTOM_VALIDATION_EXCEPTION".to_owned(),
        message: words.to_owned(),
        fields: vec![],
    }));
    let result = world.click("[ctl_action|create][ctl_intType|sfdc][ObjectType|Task][Subject|hello]", 1);
    assert_eq!(told(&result), both("FAIL", &format!("FIELD_CUSTOM_VALIDATION_EXCEPTION: {words}")));
    let (call, first) = result;
    assert!(field(&first, "ctl_userdata").is_some_and(|userdata| !userdata.contains("ctl_newRecordId")));

    let listed = world.program("GET", "/api/v1/actions", &json!(null)).json;
    let [parked] = listed["actions"].as_array().expect("actions").as_slice() else { panic!("{listed:#}") };
    assert_eq!(
        (parked["kind"].as_str(), parked["state"].as_str(), &parked["transaction_id"], &parked["fields"]),
        (Some("record"), Some("parked"), &call["transaction_id"], &json!([["Subject", "hello"]])),
        "{parked:#}"
    );
    let edit = json!({ "fields": [["Subject", "mended"]] });
    let path = format!("/api/v1/actions/{}", parked["id"]);
    assert_eq!(world.program("PUT", &path, &edit).status, 204);
    let second = world.scene.receiver.wait_for(2).into_iter().next_back().expect("it arrived");
    assert_eq!(field(&second, "resultCode").as_deref(), Some("SUCCESS"));
    let name = |callback: &Received| callback.header("webhook-id").expect("an id").to_owned();
    assert_eq!(name(&second), format!("{}_2", name(&first)), "another message has another name");
    let subjects: Vec<_> =
        world.org.records("Task").iter().map(|task| task.text("Subject").map(str::to_owned)).collect();
    assert_eq!(subjects, [Some("mended".to_owned())]);
    let settled = world.program("POST", &format!("{path}/retry"), &json!({}));
    assert_eq!((settled.status, settled.code()), (410, "ACTION_SETTLED"));
}

#[test]
fn an_unknown_field_fails_with_its_name_and_nothing_is_written() {
    let world = World::new();
    let result = world.click("[ctl_action|create][ctl_intType|sfdc][ObjectType|Task][Subjekt|x]", 1);
    assert_eq!(
        told(&result),
        both("FAIL", "INVALID_FIELD: No such column 'Subjekt' on sobject of type Task")
    );
    assert_eq!(world.org.records("Task").len(), 0);
}

#[test]
fn what_is_no_action_is_ignored_with_its_reason_and_warned_of_at_the_click() {
    let world = World::new();
    let known = "known are: sfdc, rest, hubspot, zendesk, dynamics";
    let table = [
        ("[a|b]", "no ctl_action was given".to_owned(), None),
        (
            "[ctl_action|fax]",
            "ctl_action \"fax\" is not known; known is: create".to_owned(),
            Some("ACTION_IGNORED"),
        ),
        (
            "[ctl_action|create]",
            format!("ctl_action create needs ctl_intType; {known}"),
            Some("ACTION_IGNORED"),
        ),
        (
            "[ctl_action|create][ctl_intType|sugar]",
            format!("ctl_intType \"sugar\" is not known; {known}"),
            Some("ACTION_IGNORED"),
        ),
        (
            "[ctl_action|create][ctl_intType|hubspot]",
            "no CRM is connected for ctl_intType hubspot in this tenant".to_owned(),
            Some("ACTION_IGNORED"),
        ),
    ];
    for (number, (pairs, reason, warning)) in table.into_iter().enumerate() {
        let result = world.click(pairs, number + 1);
        assert_eq!(told(&result), both("IGNORE", &reason), "{pairs}");
        let warnings = result.0["warnings"].as_array().expect("warnings").clone();
        let codes: Vec<_> = warnings.iter().filter_map(|one| one["code"].as_str()).collect();
        assert_eq!(codes.contains(&"ACTION_IGNORED"), warning.is_some(), "{pairs}: {codes:?}");
    }
}

#[test]
fn a_crm_that_is_away_is_seen_by_the_admin_and_the_record_is_written_when_it_is_back() {
    let world = World::new();
    world.org.go_down();
    let pairs = format!(
        "[ctl_action|create][ctl_intType|sfdc][ObjectType|Task][Subject|later][ctl_callbackUrl|{}]",
        world.scene.receiver.url("/cb")
    );
    let id = world.scene.alice.click(&[("prefix", "1"), ("phone", "6502928880"), ("ctl_userdata", &pairs)]);
    let call = world.scene.alice.completed(id);
    assert_eq!((&call["result_code"], call["callback"]["state"].as_str()), (&Value::Null, Some("pending")));
    let listed = until("the connection in trouble", PATIENCE, || {
        let listed = world.program("GET", "/api/v1/actions", &json!(null)).json;
        (listed["connections"].as_array().is_some_and(|all| !all.is_empty())).then_some(listed)
    });
    let connection = &listed["connections"][0];
    assert_eq!(
        (connection["kind"].as_str(), connection["name"].as_str(), connection["waiting"].as_i64()),
        (Some("crm"), Some("sfdc"), Some(1)),
        "{connection:#}"
    );
    world.org.come_up();
    let call = world.scene.alice.until(id, "its record", |call| call["result_code"].is_string());
    assert_eq!(call["result_code"], "SUCCESS", "{call:#}");
}
