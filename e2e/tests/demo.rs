//! `ringbridge demo` and the reference's own examples, copied from it to the byte: each places a call that connects, and the
//! callback of Example 3 is right.

use ringbridge_e2e::{
    browser::{Browser, Popups},
    client::{Answer, encode, id_of, raw},
    demo::Demo,
    patience::{PATIENCE, until},
};
use serde_json::Value;
use std::process::Command;

const EXAMPLES: [&str; 3] = [
    include_str!("../../core/tests/reference/example-1.txt"),
    include_str!("../../core/tests/reference/example-2.txt"),
    include_str!("../../core/tests/reference/example-3.txt"),
];

/// The account of Example 1, as a CRM puts it where its own field stands: in the short form that pages show.
const ACCOUNT: &str = "001D000000IqhSL";

/// The link behind `make_call.php?`, with what a CRM puts where its own fields stand.
fn query_of(example: &str) -> String {
    let query = example.split_once("make_call.php?").expect("a link").1.trim_end();
    query.replace("{!Account.Phone}", "(650) 292-8880").replace("{!Account.Id}", ACCOUNT)
}

/// What a browser makes of a copied link: line breaks go, blanks are encoded, the rest stays (WHATWG URL).
fn by_browser(query: &str) -> String {
    query
        .chars()
        .filter(|c| !matches!(c, '\n' | '\r' | '\t'))
        .map(|c| if c == ' ' { encode(" ") } else { c.to_string() })
        .collect()
}

#[track_caller]
fn accepted(answer: &Answer) -> i64 {
    assert_eq!(answer.status, 202, "{answer:?}");
    id_of(&answer.json)
}

#[test]
fn the_examples_of_the_reference_place_calls_that_connect() {
    let demo = Demo::start();
    for (example, number) in EXAMPLES.into_iter().zip(["6502928880", "16502022222", "5355566234"]) {
        let id = accepted(&demo.alice.click_raw(&by_browser(&query_of(example))));
        let call = demo.call(id);
        assert_eq!(call["end_reason"], "hung_up", "{call:#}");
        assert!(
            call["number"].as_str().is_some_and(|dialled| dialled.ends_with(number)),
            "{number}: {call:#}"
        );
    }
}

/// The members of an object that have a value, in order of their names.
fn filled(object: &Value) -> Vec<(String, String)> {
    let members = object.as_object().into_iter().flatten();
    let mut filled: Vec<_> = members
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        .collect();
    filled.sort();
    filled
}

#[test]
fn example_1_writes_one_task_with_exactly_its_fields_and_opens_it_for_editing() {
    let demo = Demo::start();
    let id = accepted(&demo.alice.click_raw(&by_browser(&query_of(EXAMPLES[0]))));
    demo.call(id);
    let call = until("the record", PATIENCE, || {
        let call = demo.alice.call(id);
        call["result_code"].is_string().then_some(call)
    });
    assert_eq!((call["result_code"].as_str(), call["error_string"].as_str()), (Some("SUCCESS"), Some("")));

    let tasks = demo.alice.get("/demo/state").json["tasks"].clone();
    let [task] = tasks.as_array().expect("tasks").as_slice() else { panic!("one task: {tasks:#}") };
    let task: Vec<(&str, &str)> = task
        .as_array()
        .expect("fields")
        .iter()
        .map(|pair| (pair[0].as_str().unwrap_or_default(), pair[1].as_str().unwrap_or_default()))
        .collect();
    let seconds = |field: &str| {
        call[field].as_str().and_then(|at| at.parse::<jiff::Timestamp>().ok()).expect("a time").as_second()
    };
    let completed: jiff::Timestamp =
        call["completed_at"].as_str().and_then(|at| at.parse().ok()).expect("a time");
    let zone = jiff::tz::TimeZone::get("America/Los_Angeles").expect("a zone");
    let day = completed.to_zoned(zone).strftime("%Y-%m-%d").to_string();
    let description = format!(
        "My Own Description\ncall answered at= {}\ncall hangup at: {}\nTransaction Codes = Outcome:SOLD",
        seconds("answered_at"),
        seconds("hung_up_at")
    );
    let record = call["record_id"].as_str().expect("a record");
    let subject = format!("outbound call log ({id})");
    assert_eq!(
        task,
        [
            ("Id", record),
            ("Subject", subject.as_str()),
            ("Status", "Completed"),
            ("ActivityDate", day.as_str()),
            ("WhatId", "001D000000IqhSLIAZ"),
            ("Transactionid__c", call["interaction_guid"].as_str().expect("a GUID")),
            ("Description", description.as_str()),
        ]
    );
    let pop = &call["screen_pop"];
    let page = pop["url"].as_str().unwrap_or_default();
    let (_, path) = page.split_once("/lightning/").unwrap_or_default();
    assert_eq!(
        path,
        format!(
            "r/Task/{record}/edit?backgroundContext=%2Flightning%2Fr%2FAccount%2F001D000000IqhSLIAZ%2Fview"
        ),
        "{:#?}",
        filled(pop)
    );
}

#[test]
fn example_2_creates_no_record_so_its_fields_are_posted_to_the_demos_page() {
    let demo = Demo::start();
    let id = accepted(&demo.alice.click_raw(&by_browser(&query_of(EXAMPLES[1]))));
    let pop = demo.call(id)["screen_pop"].take();
    assert_eq!(
        (&pop["state"], &pop["opens"], &pop["method"]),
        (&Value::from("offered"), &Value::from("form"), &Value::from("POST"))
    );
    assert_eq!(pop["url"], format!("https://localhost:{}/demo/pop", demo.https.port()));
    assert_eq!(pop["fields"]["Username"], "alice@crm.example");
}

#[test]
fn example_3_as_it_is_printed_is_called_back_to_the_byte() {
    let demo = Demo::start();
    // Line breaks and blanks in the request line itself, as no browser would send them but a copied command does.
    let target = format!("/AGUI/make_call.php?{}", query_of(EXAMPLES[2]));
    let request = format!(
        "GET {target} HTTP/1.1\r\nHost: localhost:{}\r\nCookie: {}\r\nAccept: application/json\r\nConnection: close\r\n\r\n",
        demo.https.port(),
        demo.alice.cookie()
    );
    let answer = raw(demo.https, demo.data(), request.as_bytes());
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer.as_str(), ""));
    assert!(head.starts_with("HTTP/1.1 202 "), "{answer}");
    let start = body.find('{').expect("JSON");
    let end = body.rfind('}').expect("JSON");
    let id = id_of(&serde_json::from_str(&body[start..=end]).expect("JSON"));
    let call = demo.call(id);
    let callback = demo.callback();
    assert_eq!(callback["target"].as_str(), Some(format!("/clicktodial/callback?transaction={id}").as_str()));
    let seconds = |field: &str| {
        call[field].as_str().and_then(|at| at.parse::<jiff::Timestamp>().ok()).expect("a time").as_second()
    };
    let guid = call["interaction_guid"].as_str().expect("a GUID");
    let error = call["error_string"].as_str().expect("a reason");
    let userdata = format!(
        "[foreign_key|12345678][Transactionid|{guid}][start_time|$call_answered_time][end_time|{}]\
         [transaction_codes|Outcome:SOLD][ctl_callbackUrl|http://www.mycompany.com/clicktodial/callback?transaction={id}]",
        seconds("hung_up_at")
    );
    let form = |text: &str| encode(text).replace("%20", "+").replace('~', "%7E").replace("%2A", "*");
    assert_eq!(
        callback["body"].as_str(),
        Some(
            format!("ctl_userdata={}&resultCode=IGNORE&errorString={}", form(&userdata), form(error))
                .as_str()
        )
    );
    let names: Vec<&str> =
        callback["headers"].as_array().into_iter().flatten().filter_map(|pair| pair[0].as_str()).collect();
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        assert!(names.contains(&name), "{names:?}");
    }
}

#[test]
fn in_a_browser_each_example_is_clicked_through_to_what_it_shows() {
    let demo = Demo::start();
    let mut browser = Browser::start(Popups::Allowed);
    browser.open("demo", &format!("{}/demo/", demo.base()));
    browser.click("demo", "button:has-text('Log in as alice')");
    for (example, shows) in [
        (1, "[data-tasks]:has-text('outbound call log')"),
        (2, "[data-call]:has-text('Result')"),
        (3, "[data-callbacks]:has-text('foreign_key')"),
    ] {
        browser.click("demo", &format!("[data-example='{example}'] [data-link][href]"));
        browser.click("demo", "[data-phone=customer] [data-act=hang-up]:visible");
        browser.click("demo", "[data-wrap-up-card] label:has-text('Sold')");
        browser.click("demo", "[data-wrap-up-card] button[type=submit]");
        browser.sees("demo", shows);
        browser.misses("demo", "[data-wrap-up-card]");
    }
    // The calls share a window of their own; a record, and a form where there is none, were opened in theirs.
    until("the windows", PATIENCE, || {
        let urls: Vec<String> = (0..browser.popups()).map(|n| browser.url(&format!("popup {n}"))).collect();
        let one = |part: &str| urls.iter().any(|url| url.contains(part));
        (one("/AGUI/call/") && one("/lightning/r/Task/") && one("/demo/pop")).then_some(())
    });
    assert_eq!(browser.faults(), Vec::<String>::new());
}

#[test]
fn control_c_ends_the_demo_well() {
    let mut demo = Demo::start();
    let sent = Command::new("kill").args(["-INT", &demo.child.id().to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "kill -INT");
    let status = until("the demo to end", PATIENCE, || demo.child.try_wait().expect("its state"));
    assert!(status.success(), "{status}");
}
