//! `/api/stats`: who may read, what is refused, what a row says, pages (semantics 6.2, issue 3 line 7).

use crate::client::{Answer, Browser, Request, raw};
use crate::scene::{ACTION_TOKEN, DATA_TOKEN, Scene};
use base64::Engine as _;
use ringbridge_core::call::{Call, Input, Leg, LegEvent};
use ringbridge_core::id::{InteractionGuid, TransactionId};
use ringbridge_core::placement::Placement;
use ringbridge_core::time::{Timestamp, Zone};
use ringbridge_server::clock;
use ringbridge_server::store::agent::{self, Standing};
use ringbridge_server::store::transaction::{self, NewTransaction, Version, View};
use ringbridge_server::store::{StoreError, Tx, tenant};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A stretch of days around now, whatever the date: nothing a test writes lies near its ends.
fn days() -> String {
    const DAY: i64 = 24 * 60 * 60 * 1000;
    let zone = Zone::named("America/Los_Angeles").expect("a zone");
    let day =
        |days: i64| zone.format(Timestamp::from_millis(clock::now().as_millis() + days * DAY), "%Y%m%d");
    format!("{},{}", day(-300), day(30))
}

fn basic(user: &str, token: &str) -> String {
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{user}:{token}")))
}

async fn get_as(scene: &Scene, path: &str, authorization: &str) -> Answer {
    let request = Request::get(path).header("Authorization", authorization);
    raw(scene, &request.bytes(&scene.host())).await
}

async fn get(scene: &Scene, path: &str) -> Answer {
    get_as(scene, path, &basic("acme", DATA_TOKEN)).await
}

/// The interactions from an offset on.
async fn page(scene: &Scene, offset: usize) -> Value {
    let answer = get(scene, &format!("/api/stats/interactions.json?d={}&n={offset}", days())).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// Notes with everything that hurts a format.
const NOTES: &str = "=1+1 <b>\"&,\r\nbell \u{7} ]]> é \u{1F4DE}";

/// A call of alice that was cancelled, wrapped up and is complete.
async fn completed(alice: &mut Browser<'_>) -> Value {
    let placed = alice.click("phone=6502928880&queue_id=101&ctl_userdata=[a|b]").await;
    let id = placed.json()["transaction_id"].clone();
    let path = format!("/api/v1/calls/{id}");
    assert_eq!(alice.api("POST", &format!("{path}/cancel"), None).await.status, 204);
    for _ in 0..500 {
        let call = alice.api("GET", &path, None).await.json();
        match call["state"].as_str() {
            Some("completed") => return call,
            Some("wrap_up") => {
                let codes =
                    json!([{ "list": "Outcome", "code": "CB" }, { "list": "Outcome", "code": "SOLD" }]);
                let body = json!({ "codes": codes, "notes": NOTES, "finish": true });
                assert_eq!(alice.api("PUT", &format!("{path}/wrap-up"), Some(body)).await.status, 204);
            }
            Some(_) | None => {}
        }
    }
    panic!("the call never completed");
}

/// Writes a copy of a call under a new name, whose click came at `created_at`.
fn copy(
    tx: &mut Tx<'_>,
    view: &View,
    name: &str,
    created_at: Timestamp,
) -> Result<TransactionId, StoreError> {
    let new = NewTransaction {
        guid: InteractionGuid(format!("int-{name}")),
        tenant: view.tenant,
        agent: view.agent,
        queue: view.queue,
        number: view.number.clone(),
        caller_id: view.caller_id.clone(),
        link: view.link.clone(),
        call: view.call.clone(),
        bridge: String::new(),
        created_at,
    };
    transaction::insert(tx, &new)
}

async fn view(scene: &Scene, id: &Value) -> View {
    let (tenant, id) = (scene.acme, TransactionId(id.as_i64().expect("a number")));
    let read = scene.app.store.read(move |tx| transaction::view(tx, tenant, id)).await;
    read.expect("read").expect("it is there")
}

#[tokio::test(flavor = "multi_thread")]
async fn statistics_open_to_the_tenants_name_with_its_data_token_and_to_nothing_else() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    for path in ["/api/stats/transaction-codes.json", "/api/stats/interactions.xml?d=20261101"] {
        assert_eq!(get(&scene, path).await.status, 200, "{path}");
        let cookie = alice.send(Request::get(path)).await;
        let bare = raw(&scene, &Request::get(path).bytes(&scene.host())).await;
        let mut refused = vec![cookie, bare];
        for wrong in [
            basic("acme", ACTION_TOKEN),
            basic("acme", "nothing"),
            basic("acme", ""),
            basic("other", DATA_TOKEN),
            basic("", DATA_TOKEN),
            format!("Bearer {DATA_TOKEN}"),
            "Basic %%%".to_owned(),
        ] {
            refused.push(get_as(&scene, path, &wrong).await);
        }
        for answer in refused {
            assert_eq!(answer.outcome(), (401, "SESSION_REQUIRED".to_owned()), "{answer:?}");
            let challenge = "Basic realm=\"Ringbridge statistics\", charset=\"UTF-8\"";
            assert_eq!(answer.header("www-authenticate"), Some(challenge));
            assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        }
    }
    let elsewhere = Request::get("/api/stats/transaction-codes.json")
        .header("Authorization", &basic("acme", DATA_TOKEN))
        .header("Host", "other.example");
    assert_eq!(raw(&scene, &elsewhere.bytes("")).await.outcome(), (403, "WRONG_HOST".to_owned()));
    let calls = get(&scene, "/api/v1/calls/1").await;
    assert_eq!(calls.outcome(), (401, "SESSION_REQUIRED".to_owned()), "a data token opens no call");
    let absent = get(&scene, "/api/stats/interactions.pdf?d=20261101").await;
    assert_eq!(absent.outcome(), (404, "NOT_FOUND".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_wrong_tokens_of_an_address_are_refused_unseen_and_lock_no_agent_out() {
    let scene = Scene::start().await;
    let path = "/api/stats/transaction-codes.json";
    for _ in 0..100 {
        assert_eq!(get_as(&scene, path, &basic("acme", "guess")).await.status, 401);
    }
    let answer = get(&scene, path).await;
    assert_eq!(answer.outcome(), (429, "RATE_LIMITED".to_owned()), "even the right one");
    assert!(answer.header("retry-after").is_some());
    Browser::logged_in(&scene, "alice").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_wrongly_is_refused_with_the_parameters_name() {
    let scene = Scene::start().await;
    for (path, parameter) in [
        ("/api/stats/interactions.json", "d"),
        ("/api/stats/interactions.xml?d=20261131", "d"),
        ("/api/stats/interactions.csv?d=20261102,20261101", "d"),
        ("/api/stats/interactions.json?d=20250101,20261101", "d"),
        ("/api/stats/interactions.json?d=20261101&n=x", "n"),
        ("/api/stats/interactions.json?d=20261101&m=1", "m"),
        ("/api/stats/transaction-codes.json?d=20261101", "d"),
    ] {
        let answer = get(&scene, path).await;
        assert_eq!(answer.outcome(), (400, "BAD_PARAMETER".to_owned()), "{path}");
        assert_eq!(answer.json()["parameter"], parameter, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_codes_of_all_lists_come_in_all_forms() {
    let scene = Scene::start().await;
    let row = |code: &str| {
        json!({
            "list_id": "Outcome", "list_name": "Outcome", "code_id": format!("Outcome:{code}"), "short_code": code,
            "menu_text": code, "report_text": code, "hot_key": null, "multiple": true, "required": true,
        })
    };
    let json = get(&scene, "/api/stats/transaction-codes.json").await;
    assert_eq!(json.json(), json!({ "count": 2, "transaction_codes": [row("SOLD"), row("CB")] }));
    assert_eq!(json.header("content-type"), Some("application/json"));
    assert_eq!(json.header("cache-control"), Some("no-store"));
    let xml = get(&scene, "/api/stats/transaction-codes.xml").await;
    let document = roxmltree::Document::parse(&xml.body).expect("well-formed");
    let codes: Vec<_> = document.descendants().filter(|node| node.has_tag_name("code_id")).collect();
    assert_eq!(
        codes.iter().map(|node| node.text()).collect::<Vec<_>>(),
        [Some("Outcome:SOLD"), Some("Outcome:CB")]
    );
    assert_eq!(xml.header("content-type"), Some("application/xml; charset=utf-8"));
    let csv = get(&scene, "/api/stats/transaction-codes.csv").await;
    assert_eq!(csv.body.lines().nth(1), Some("Outcome,Outcome,Outcome:SOLD,SOLD,SOLD,SOLD,,true,true"));
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
    assert_eq!(csv.header("content-disposition"), Some("attachment"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_says_all_of_a_call_also_of_an_agent_who_has_left() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let call = completed(&mut alice).await;
    let mut bob = Browser::logged_in(&scene, "bob").await;
    let ringing = bob.click("phone=6502928881").await.json();
    let gone = scene.agent("alice");
    let unit = scene.app.store.write(move |tx| {
        agent::remove(tx, gone)?;
        let inactive = agent::all(tx)?.iter().any(|row| row.id == gone && row.standing == Standing::Inactive);
        tenant::touch_directory(tx)?;
        Ok(inactive)
    });
    assert!(unit.await.expect("written"), "kept for the calls they made");

    let answer = page(&scene, 0).await;
    let about = ["from", "to", "time_zone", "offset", "count", "next"].map(|name| answer[name].clone());
    let days = days();
    let (from, to) = days.split_once(',').expect("two days");
    let expected = json!([from, to, "America/Los_Angeles", 0, 2, null]);
    assert_eq!(json!(about), expected);
    let row = &answer["interactions"][0];
    let view = view(&scene, &call["transaction_id"]).await;
    let acme = scene.app.directory.tenant(scene.acme).expect("acme");
    let in_zone =
        |moment: Option<Timestamp>| moment.map(|moment| acme.zone.format(moment, "%Y/%m/%d %H:%M:%S %z"));
    let wrap_up =
        view.completed_at.expect("complete").as_seconds() - view.ended_at.expect("over").as_seconds();
    assert_eq!(
        row,
        &json!({
            "transaction_id": call["transaction_id"], "interaction_guid": call["interaction_guid"],
            "state": "completed", "agent_login": "alice", "agent_name": "alice", "queue_id": 101,
            "queue_name": "Sales", "number": "6502928880", "caller_id": "5251990", "direction": "outbound",
            "created_at": call["created_at"], "created_at_tenant": in_zone(Some(view.created_at)),
            "answered_at": null, "answered_at_tenant": null,
            "ended_at": call["hung_up_at"], "ended_at_tenant": in_zone(view.ended_at),
            "completed_at": call["completed_at"], "completed_at_tenant": in_zone(view.completed_at),
            "duration_seconds": 0, "wrap_up_seconds": wrap_up,
            "end_reason": "cancelled", "ended_by": "agent",
            "sentence": "You cancelled the call before it was answered.",
            "transaction_codes": "Outcome:CB,Outcome:SOLD", "notes": NOTES,
            "result_code": "IGNORE", "error_string": call["error_string"], "record_id": null,
            "callback_state": "none",
        })
    );
    let open = &answer["interactions"][1];
    assert_eq!(open["transaction_id"], ringing["transaction_id"]);
    for empty in [
        "queue_id",
        "queue_name",
        "answered_at",
        "ended_at",
        "ended_at_tenant",
        "completed_at",
        "duration_seconds",
        "wrap_up_seconds",
        "end_reason",
        "ended_by",
        "result_code",
    ] {
        assert_eq!(open[empty], Value::Null, "{empty} of a call in progress");
    }
    assert_eq!((&open["state"], &open["agent_login"]), (&json!("ringing_agent"), &json!("bob")));
}

#[tokio::test(flavor = "multi_thread")]
async fn semantics_4_3_durations_are_the_differences_of_the_times_as_the_tokens_show_them() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let view = view(&scene, &completed(&mut alice).await["transaction_id"]).await;
    let placement: Placement = serde_json::from_str(&view.link).expect("a placement");
    let clicked = view.created_at.as_seconds() * 1000;
    let at = |millis: i64| Timestamp::from_millis(clicked + millis);
    let mut call = Call::new();
    for (input, millis) in [
        (Input::Begin, 0),
        (Input::Leg(Leg::Agent, LegEvent::Answered), 1_000),
        (Input::Leg(Leg::Customer, LegEvent::Answered), 2_900),
        // 75.3 seconds later; the clock on the wall says 76.
        (Input::Leg(Leg::Customer, LegEvent::Ended), 78_200),
        (Input::Leg(Leg::Agent, LegEvent::Ended), 78_300),
        (Input::Save(view.call.selection().clone()), 80_000),
        (Input::Finish, 90_100),
    ] {
        call.handle(&placement.terms, input, at(millis));
    }
    let (view, times) = (View { call, ..view }, [at(0), at(2_900), at(78_200), at(90_100)]);
    let unit = scene.app.store.write(move |tx| {
        let id = copy(tx, &view, "talked", times[0])?;
        transaction::update(tx, id, Version::FIRST, &view.call, "", times[3])
    });
    unit.await.expect("written");
    let row = page(&scene, 1).await["interactions"][0].clone();
    let moments = ["created_at", "answered_at", "ended_at", "completed_at"].map(|name| row[name].clone());
    assert_eq!(json!(moments), json!(times.map(Timestamp::rfc3339)));
    let told = ["duration_seconds", "wrap_up_seconds", "end_reason", "ended_by", "sentence", "state"];
    let expected = json!([76, 12, "hung_up", "customer", "The customer hung up.", "completed"]);
    assert_eq!(json!(told.map(|name| row[name].clone())), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_three_forms_say_the_same() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    completed(&mut alice).await;
    let json = page(&scene, 0).await;
    let xml = get(&scene, &format!("/api/stats/interactions.xml?d={}", days())).await.body;
    let csv = get(&scene, &format!("/api/stats/interactions.csv?d={}", days())).await.body;
    let document = roxmltree::Document::parse(&xml).unwrap_or_else(|error| panic!("{error}: {xml}"));
    let root = document.root_element();
    assert_eq!(
        (root.attribute("count"), root.attribute("time_zone")),
        (Some("1"), Some("America/Los_Angeles"))
    );
    assert_eq!(root.attribute("next"), None);
    let element = root.first_element_child().expect("a row");
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let names = reader.headers().expect("a header").clone();
    let record = reader.records().next().expect("a row").expect("well-formed");
    let row = json["interactions"][0].as_object().expect("a row");
    assert_eq!(names.len(), row.len());
    for (node, (name, cell)) in element.children().zip(names.iter().zip(&record)) {
        assert_eq!(node.tag_name().name(), name, "the same order");
        let exact = match &row[name] {
            Value::Null => String::new(),
            Value::String(text) => text.replace('\u{7}', "\u{FFFD}"),
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => row[name].to_string(),
        };
        assert_eq!(node.text().unwrap_or(""), exact, "{name}");
        let text = cell.strip_prefix('\'').unwrap_or(cell);
        assert_eq!(text, exact, "{name}");
        assert_eq!(cell.starts_with('\''), name == "notes", "SEC-26: {name} {cell}");
    }
    assert!(csv.ends_with("\r\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_page_names_the_next_one_in_every_form() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let id = completed(&mut alice).await["transaction_id"].clone();
    let view = view(&scene, &id).await;
    // 500 exactly: there is no next page; one more, and there is.
    for (more, next) in [(499, None), (1, Some(500))] {
        let view = view.clone();
        let unit = scene.app.store.write(move |tx| {
            for nth in 0..more {
                copy(tx, &view, &format!("{more}-{nth}"), view.created_at)?;
            }
            Ok(())
        });
        unit.await.expect("written");
        for form in ["json", "xml", "csv"] {
            let answer = get(&scene, &format!("/api/stats/interactions.{form}?d={}", days())).await;
            let link = next
                .map(|next| format!("</api/stats/interactions.{form}?d={}&n={next}>; rel=\"next\"", days()));
            assert_eq!(answer.header("link"), link.as_deref(), "{form}");
        }
        assert_eq!(page(&scene, 0).await["next"], json!(next));
        assert_eq!(page(&scene, 0).await["count"], 500);
    }
    let last = page(&scene, 500).await;
    assert_eq!((&last["count"], &last["offset"], &last["next"]), (&json!(1), &json!(500), &Value::Null));
    let beyond = page(&scene, 501).await;
    assert_eq!((&beyond["count"], &beyond["next"]), (&json!(0), &Value::Null));
    let xml = get(&scene, &format!("/api/stats/interactions.xml?d={}", days())).await.body;
    let document = roxmltree::Document::parse(&xml).expect("well-formed");
    assert_eq!(document.root_element().attribute("next"), Some("500"));
    assert_eq!(document.root_element().children().count(), 500);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_is_the_tenants_own() {
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let id = completed(&mut alice).await["transaction_id"].clone();
    let view = view(&scene, &id).await;
    // In Los Angeles the 1st of November 2025 had 24 hours from 07:00Z on, the 2nd 25.
    let moments = [
        1_761_980_399_999,
        1_761_980_400_000,
        1_762_066_799_999,
        1_762_066_800_000,
        1_762_156_799_999,
        1_762_156_800_000,
    ];
    let unit = scene.app.store.write(move |tx| {
        for moment in moments {
            copy(tx, &view, &moment.to_string(), Timestamp::from_millis(moment))?;
        }
        Ok(())
    });
    unit.await.expect("written");
    for (days, count) in
        [("20251031", 1), ("20251101", 2), ("20251102", 2), ("20251101,20251102", 4), ("20251103", 1)]
    {
        let answer = get(&scene, &format!("/api/stats/interactions.json?d={days}")).await;
        assert_eq!(answer.json()["count"], count, "{days}");
    }
}

/// A writer commits call after call, each claiming an earlier click than the one before, while a program pages through
/// them over HTTPS. It goes on from where it was until the writer is done and a page is the last one.
#[tokio::test(flavor = "multi_thread")]
async fn semantics_6_2_a_reader_gets_every_call_once_while_others_write() {
    const UNITS: i64 = 60;
    const EACH: i64 = 25;
    let scene = Scene::start().await;
    let mut alice = Browser::logged_in(&scene, "alice").await;
    let first = completed(&mut alice).await["transaction_id"].clone();
    let view = view(&scene, &first).await;
    let (store, done) = (scene.app.store.clone(), Arc::new(AtomicBool::new(false)));
    let writer = tokio::spawn({
        let done = Arc::clone(&done);
        async move {
            let mut written = BTreeSet::from([view.id.0]);
            for unit in 0..UNITS {
                let view = view.clone();
                let ids = store.write(move |tx| {
                    let earlier =
                        |nth| Timestamp::from_millis(view.created_at.as_millis() - unit * EACH - nth);
                    (0..EACH)
                        .map(|nth| copy(tx, &view, &format!("{unit}-{nth}"), earlier(nth)))
                        .collect::<Result<Vec<_>, _>>()
                });
                written.extend(ids.await.expect("written").iter().map(|id| id.0));
            }
            done.store(true, Ordering::SeqCst);
            written
        }
    });
    let (mut seen, mut last_page_was_asked_after) = (Vec::new(), false);
    while !last_page_was_asked_after {
        let over = done.load(Ordering::SeqCst);
        let answer = page(&scene, seen.len()).await;
        let rows = answer["interactions"].as_array().expect("rows");
        assert_eq!(answer["count"], rows.len());
        seen.extend(rows.iter().map(|row| row["transaction_id"].as_i64().expect("a number")));
        if let Some(next) = answer["next"].as_u64() {
            assert_eq!(next, seen.len() as u64, "the next page begins where this one ends");
        }
        last_page_was_asked_after = over && answer["next"].is_null();
    }
    let written: Vec<_> = writer.await.expect("the writer ends").into_iter().collect();
    assert_eq!(written.len(), 1 + usize::try_from(UNITS * EACH).expect("few"));
    assert_eq!(seen, written, "each once, in the order of the commits");
}
