//! Receivers of callbacks that fail, hang, pour, trickle, redirect or speak nonsense: what REL-4 and SEC-13 have the server
//! do about each, over the wire and as the API tells it. The waits of a day are walked in `server/src/jobs/tests.rs`.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use jiff::{Timestamp, fmt::rfc2822::DateTimePrinter};
use ringbridge_e2e::{
    client::trusting,
    judges::{counted, judge, prepared, verdict},
    ledger::Ledger,
    patience::{PATIENCE, until},
    receiver::signed_with,
    rude::{GIGABYTE, Manner, Rude, Visit},
    scenario::Scenario,
    scene::Scene,
    setup::CALLBACK_SECRET,
    sipp::{Sipp, Transport},
};
use ringbridge_standin::callback::Received;
use serde_json::{Value, json};
use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    fs,
    time::Duration,
};

/// More calls than any test here places.
const MANY: u32 = 1000;

/// The token of a program that mends what is parked.
const TOKEN: &str = "mender-of-parked-callbacks";

/// What a receiver can say while at most 64 KiB of head and 64 KiB of body are read: those, and what the kernel's buffers
/// of both ends hold.
const MOST_SAID: u64 = 1 << 20;

/// A server whose agent's phone declines every call, so that each click is at its callback at once.
struct Stage {
    scene: Scene,
    _phone: Sipp,
    clicks: Cell<u32>,
}

impl Stage {
    fn new() -> Self {
        let token = format!("[[tenant.token]]\nname = \"mender\"\nkind = \"action\"\nvalue = \"{TOKEN}\"\n");
        let scene = Scene::with(|setup| setup.tenant_tables(&token));
        let declines = Scenario::new("agent").invited().refused("603 Decline");
        let phone = Sipp::start_for("agent", scene.phone, &declines, MANY, Transport::Udp);
        Self { scene, _phone: phone, clicks: Cell::new(0) }
    }

    /// A call whose callback goes to this URL; its number, once the call is over.
    #[track_caller]
    fn call(&self, url: &str) -> i64 {
        self.call_with(url, "[tx|$transaction_id$]")
    }

    /// The same with user data of its own.
    #[track_caller]
    fn call_with(&self, url: &str, userdata: &str) -> i64 {
        self.clicks.set(self.clicks.get() + 1);
        let phone = format!("650292{:04}", self.clicks.get());
        let userdata = format!("{userdata}[ctl_callbackUrl|{url}]");
        let id = self.scene.alice.click(&[("prefix", "1"), ("phone", &phone), ("ctl_userdata", &userdata)]);
        self.scene.alice.completed(id);
        id
    }

    /// Waits for the call's first event of that kind.
    #[track_caller]
    fn event(&self, id: i64, kind: &str) -> Event {
        let call = self.scene.alice.until(id, kind, |call| Event::of(call, kind).is_some());
        Event::of(&call, kind).expect("it was waited for")
    }

    /// Has the API try the call's callback again at once, as an admin would.
    #[track_caller]
    fn resend(&self, id: i64) {
        let client = trusting(&self.scene.server.data());
        let actions = format!("https://localhost:{}/api/v1/actions", self.scene.server.https().port());
        let bearer = format!("Bearer {TOKEN}");
        let list = client.get(&actions).header("authorization", &bearer).call();
        let list = list.and_then(|mut answer| answer.body_mut().read_to_string()).expect("a list");
        let list: Value = serde_json::from_str(&list).expect("JSON");
        let mut entries = list["actions"].as_array().into_iter().flatten();
        let action = entries.find(|action| action["transaction_id"] == id).expect("it is listed");
        assert_eq!((&action["kind"], &action["state"]), (&"callback".into(), &"parked".into()), "{action:#}");
        let retry = client.post(format!("{actions}/{}/retry", action["id"])).header("authorization", &bearer);
        assert_eq!(retry.send_empty().expect("an answer").status(), 204);
    }

    /// State and attempts of the call's callback, as the API says.
    fn callback(&self, id: i64) -> (String, i64) {
        let callback = &self.scene.alice.call(id)["callback"];
        let state = callback["state"].as_str().expect("a state").to_owned();
        (state, callback["attempts"].as_i64().expect("a number"))
    }
}

/// An event of a call as the API shows it.
#[derive(Debug)]
struct Event(Value);

impl Event {
    fn of(call: &Value, kind: &str) -> Option<Self> {
        let mut events = call["events"].as_array()?.iter();
        events.find(|event| event["kind"] == kind).cloned().map(Self)
    }

    #[track_caller]
    fn moment(&self, name: &str) -> Timestamp {
        self.text(name).parse().expect("an RFC 3339 time")
    }

    #[track_caller]
    fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or_else(|| panic!("no {name} in {self:?}"))
    }

    /// The wait that an attempt is followed by.
    #[track_caller]
    fn wait(&self) -> Duration {
        let wait = self.moment("next_at").duration_since(self.moment("at"));
        wait.try_into().expect("the next attempt is not in the past")
    }
}

/// What identifies a request, and whether it is signed for what it is.
fn seen(request: &Received) -> (&str, &str, bool) {
    let body = std::str::from_utf8(&request.body).expect("a form");
    (request.header("webhook-id").expect("an id"), body, signed_with(request, CALLBACK_SECRET))
}

/// The two requests that came.
#[track_caller]
fn two_requests(receiver: &Rude) -> [Received; 2] {
    let visits = receiver.wait_for(2);
    let requests: Vec<Received> = visits.into_iter().filter_map(|visit| visit.request).collect();
    requests.try_into().expect("two of them")
}

#[test]
fn rule_5_5_a_receiver_that_fails_once_gets_the_same_message_again_signed_anew() {
    let stage = Stage::new();
    let receiver = Rude::in_turn(&[Manner::status("500 Internal Server Error"), Manner::status("200 OK")]);
    let id = stage.call(&receiver.url("/cb"));
    let delivered = stage.event(id, "callback.delivered");
    let attempted = stage.event(id, "callback.attempted");

    assert_eq!((attempted.text("class"), &attempted.0["attempt"]), ("http-5xx", &1.into()));
    assert!((4.0..=6.0).contains(&attempted.wait().as_secs_f64()), "5 s, 20 % more or less: {attempted:?}");
    assert!(delivered.moment("at") >= attempted.moment("next_at"), "{delivered:?}");
    assert_eq!((&delivered.0["attempt"], &delivered.0["status"]), (&2.into(), &200.into()));
    assert_eq!(stage.callback(id), ("delivered".to_owned(), 2));

    let requests = two_requests(&receiver);
    let [first, second] = &requests;
    let guid = stage.scene.alice.call(id)["interaction_guid"].as_str().expect("a GUID").to_owned();
    let (name, _, signed) = seen(first);
    assert_eq!((name, signed), (guid.replace("int-", "msg_").as_str(), true));
    assert_eq!(seen(first), seen(second));
    let stamps: Vec<i64> = requests
        .iter()
        .map(|request| request.header("webhook-timestamp").and_then(|at| at.parse().ok()).expect("seconds"))
        .collect();
    assert!(stamps[1] >= stamps[0] + 4, "each attempt has its own moment: {stamps:?}");
    assert_ne!(first.header("webhook-signature"), second.header("webhook-signature"));
}

#[test]
fn sec_13_a_receiver_that_hangs_is_left_after_15_seconds_and_delays_nobody_else() {
    let stage = Stage::new();
    let well = Rude::always(Manner::status("204 No Content"));
    let hangs = Rude::always(Manner::SaysAndStays(String::new()));
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_owned();
    let trickles = Rude::always(Manner::Trickles(String::new(), head));
    let body = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n".to_owned();
    let dawdles = Rude::always(Manner::Trickles(body, "x".repeat(100)));

    let stuck: Vec<i64> = (0..10).map(|_| stage.call(&hangs.url("/cb"))).collect();
    let trickled = stage.call(&trickles.url("/cb"));
    let dawdled = stage.call(&dawdles.url("/cb"));
    until("a receiver's share of the slots to be taken", PATIENCE, || (hangs.begun() == 8).then_some(()));
    let quick = stage.call(&well.url("/cb"));
    let delivered = stage.event(quick, "callback.delivered");
    assert_eq!(hangs.begun(), 8, "one receiver has eight slots at most");

    let late = stage.event(stuck[0], "callback.attempted");
    assert_eq!(late.text("class"), "timeout");
    assert!(delivered.moment("at") < late.moment("at"), "{delivered:?} {late:?}");
    assert_eq!(stage.event(trickled, "callback.attempted").text("class"), "timeout");
    // The status was known: what trickles after it is not waited for.
    assert_eq!(stage.event(dawdled, "callback.delivered").0["status"], 200);
    for visit in [&hangs.wait_for(1)[0], &trickles.wait_for(1)[0]] {
        assert!((14.0..20.0).contains(&visit.stayed.as_secs_f64()), "{:?}", visit.stayed);
    }
    assert!(dawdles.wait_for(1)[0].stayed < Duration::from_secs(10));
}

#[test]
fn rel_4_who_is_gone_is_not_asked_again_and_who_asks_for_a_pause_gets_it() {
    let stage = Stage::new();
    let gone = Rude::always(Manner::status("410 Gone"));
    let id = stage.call(&gone.url("/cb"));
    let parked = stage.event(id, "callback.parked");
    assert_eq!((parked.text("why"), parked.text("class")), ("gone", "http-4xx"));
    assert_eq!(stage.callback(id), ("parked".to_owned(), 1));

    let pauses = |status, header: &str| Rude::always(Manner::with_headers(status, header));
    let busy = pauses("429 Too Many Requests", "Retry-After: 120\r\n");
    let id = stage.call(&busy.url("/cb"));
    let attempted = stage.event(id, "callback.attempted");
    assert!((120..=121).contains(&attempted.wait().as_secs()), "{attempted:?}");
    // What else is for this receiver waits with it, untried.
    let beside = stage.call(&busy.url("/other"));

    let plain = pauses("429 Too Many Requests", "");
    let id = stage.call(&plain.url("/cb"));
    assert!(stage.event(id, "callback.attempted").wait() >= Duration::from_secs(48), "a minute, less 20 %");
    let down = pauses("503 Service Unavailable", "Retry-After: 100\r\n");
    let id = stage.call(&down.url("/cb"));
    assert!(stage.event(id, "callback.attempted").wait() >= Duration::from_secs(100));

    let call = stage.scene.alice.call(id);
    let created: Timestamp = call["created_at"].as_str().and_then(|at| at.parse().ok()).expect("a time");
    let until = created + Duration::from_secs(300);
    let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&until).expect("a date");
    let dated = pauses("429 Too Many Requests", &format!("Retry-After: {date}\r\n"));
    let id = stage.call(&dated.url("/cb"));
    let next = stage.event(id, "callback.attempted").moment("next_at");
    assert!(next.as_second() >= until.as_second(), "{next} is before {until}");

    assert_eq!(stage.callback(beside), ("pending".to_owned(), 0));
    for receiver in [&gone, &busy, &plain, &down, &dated] {
        assert_eq!(receiver.begun(), 1);
    }
}

#[test]
fn rule_5_5_what_was_parked_can_be_sent_again_as_the_same_message() {
    let stage = Stage::new();
    let receiver = Rude::in_turn(&[Manner::status("410 Gone"), Manner::status("200 OK")]);
    let id = stage.call(&receiver.url("/cb"));
    stage.event(id, "callback.parked");
    stage.resend(id);
    assert_eq!(stage.event(id, "callback.delivered").0["attempt"], 2);
    assert_eq!(stage.callback(id), ("delivered".to_owned(), 2));
    let requests = two_requests(&receiver);
    assert_eq!(seen(&requests[0]), seen(&requests[1]));
    assert!(seen(&requests[1]).2, "signed");
}

#[test]
fn sec_13_a_redirect_is_not_followed() {
    let stage = Stage::new();
    let elsewhere = Rude::always(Manner::status("200 OK"));
    for status in [
        "301 Moved Permanently",
        "302 Found",
        "303 See Other",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let location = format!("Location: {}\r\n", elsewhere.url("/stolen"));
        let receiver = Rude::always(Manner::with_headers(status, &location));
        let id = stage.call(&receiver.url("/cb"));
        let attempted = stage.event(id, "callback.attempted");
        assert_eq!(attempted.text("class"), "http-3xx", "{status}");
        assert_eq!(stage.callback(id), ("pending".to_owned(), 1), "{status}");
        // SEC-14: no address of either in what is shown.
        assert!(!attempted.0.to_string().contains("127.0.0.1"), "{attempted:?}");
    }
    assert_eq!(elsewhere.begun(), 0, "it was followed");
}

/// What becomes of a callback.
enum Fate {
    Delivered,
    Failed(&'static str),
}

#[test]
fn sec_13_of_what_a_receiver_answers_little_is_read_and_only_its_status_counts() {
    let head = |status: &str, more: &str| format!("HTTP/1.1 {status}\r\n{more}\r\n");
    let gigabyte = format!("Content-Length: {GIGABYTE}\r\n");
    let much = "x".repeat(16 * 1024);
    let chunk = format!("4000\r\n{much}\r\n");
    let pours = |first: String, then: &str| Manner::Pours(first, then.to_owned());
    let says = |text: &str| Manner::Says(text.to_owned());
    let table = [
        ("a gigabyte after 200", pours(head("200 OK", &gigabyte), &much), Fate::Delivered),
        ("a gigabyte after 500", pours(head("500 No", &gigabyte), &much), Fate::Failed("http-5xx")),
        (
            "chunks without end",
            pours(head("200 OK", "Transfer-Encoding: chunked\r\n"), &chunk),
            Fate::Delivered,
        ),
        ("a body without length or end", pours(head("200 OK", ""), &much), Fate::Delivered),
        ("a body cut short", says(&head("200 OK", "Content-Length: 10\r\n")), Fate::Delivered),
        ("HTTP/1.0", says("HTTP/1.0 200 OK\r\n\r\nthanks"), Fate::Delivered),
        ("closes at once", Manner::Closes, Fate::Failed("connect")),
        ("closes without an answer", says(""), Fate::Failed("connect")),
        ("half a head", says("HTTP/1.1 200 OK\r\nContent-"), Fate::Failed("connect")),
        ("a reset", Manner::Resets, Fate::Failed("connect")),
        ("a head without end", pours("HTTP/1.1 200 OK\r\nX: ".to_owned(), &much), Fate::Failed("garbled")),
        (
            "headers without end",
            pours("HTTP/1.1 200 OK\r\n".to_owned(), &"X-A: b\r\n".repeat(2048)),
            Fate::Failed("garbled"),
        ),
        (
            "interim answers without end",
            pours(String::new(), &"HTTP/1.1 100 Continue\r\n\r\n".repeat(800)),
            Fate::Failed("garbled"),
        ),
        ("another protocol", says("SSH-2.0-OpenSSH_9.2\r\n"), Fate::Failed("garbled")),
        ("no number for a status", says("HTTP/1.1 fine\r\n\r\n"), Fate::Failed("garbled")),
    ];
    let stage = Stage::new();
    for (what, manner, fate) in table {
        let receiver = Rude::always(manner);
        let id = stage.call(&receiver.url("/cb"));
        let kinds = |event: &Value| {
            let kind = event["kind"].as_str().unwrap_or_default().to_owned();
            (kind.starts_with("callback.")).then_some((kind, event["class"].as_str().map(str::to_owned)))
        };
        let settled = |call: &Value| call["events"].as_array().into_iter().flatten().find_map(kinds);
        let call = stage.scene.alice.until(id, what, |call| settled(call).is_some());
        let expected = match fate {
            Fate::Delivered => ("callback.delivered".to_owned(), None),
            Fate::Failed(class) => ("callback.attempted".to_owned(), Some(class.to_owned())),
        };
        assert_eq!(settled(&call), Some(expected), "{what}");
        let Visit { said, stayed, .. } = receiver.wait_for(1)[0];
        assert!(said < MOST_SAID, "{what}: {said} bytes were taken");
        assert!(stayed < Duration::from_secs(10), "{what}: {stayed:?}");
    }
}

#[test]
fn rule_5_6_callbacks_that_are_retried_survive_five_kills() {
    const KILLS: usize = 5;
    let mut stage = Stage::new();
    // Each message meets a receiver that hangs (and the server is killed), then one that fails, then one that is well.
    let receiver = Rude::by_request(|_, before| match before {
        0 => Manner::SaysAndStays(String::new()),
        1 => Manner::status("500 Internal Server Error"),
        2.. => Manner::status("200 OK"),
    });
    let mut ids = BTreeSet::new();
    for _ in 0..KILLS {
        ids.insert(stage.call(&receiver.url("/cb")));
        until("its first attempt to hang", PATIENCE, || (receiver.messages() == ids.len()).then_some(()));
        stage.scene.server.restart();
    }
    for id in &ids {
        stage.event(*id, "callback.delivered");
    }
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for visit in receiver.wait_for(3 * KILLS) {
        // One that was cut off before it was whole is none.
        let Some(request) = visit.request else { continue };
        let (name, _, signed) = seen(&request);
        assert!(signed, "{request:?}");
        *times.entry(name.to_owned()).or_default() += 1;
    }
    assert_eq!(times.len(), ids.len(), "one message for each click: {times:?}");
    assert!(times.values().all(|times| *times >= 3), "{times:?}");
    let ledger = Ledger::of(&stage.scene.server);
    assert_eq!(ledger.entries("callback.delivered", ""), 5);
    assert_eq!(ledger.jobs_waiting(), 0);
}

/// Another tenant's secret.
const OTHER_SECRET: &str = "whsec_YW5vdGhlciB0ZW5hbnQncyBzZWNyZXQgaXMgbm90IG91cnM=";

#[test]
fn sec_16_the_reference_library_of_standard_webhooks_verifies_what_is_sent_and_nothing_else() {
    let judge_folder = prepared("webhooks");
    let stage = Stage::new();
    let receiver = Rude::in_turn(&[Manner::status("500 Internal Server Error"), Manner::status("200 OK")]);
    for userdata in ["[tx|$transaction_id$]", "[note|a & b = c + d; é 😀 %41]", ""] {
        stage.call_with(&receiver.url("/cb?x=[1]"), userdata);
    }
    // The first one comes twice: a repeat verifies as well.
    let deliveries: Vec<Value> = receiver
        .wait_for(4)
        .into_iter()
        .map(|visit| {
            let request = visit.request.expect("it was read");
            let headers: BTreeMap<String, String> = request.headers.into_iter().collect();
            json!({ "headers": headers, "body": BASE64.encode(request.body) })
        })
        .collect();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("deliveries.json");
    fs::write(&file, Value::from(deliveries).to_string()).expect("a temporary folder takes a file");

    let mut node = judge("node", &judge_folder);
    node.args(["--test", "--test-reporter=tap", "judge.test.mjs"])
        .env("DELIVERIES", &file)
        .env("SECRET", CALLBACK_SECRET)
        .env("OTHER_SECRET", OTHER_SECRET);
    let said = verdict(node);
    assert_eq!(
        (counted(&said, "# pass "), counted(&said, "# fail ")),
        (vec![8], vec![0]),
        "every test of the judge ran:\n{said}"
    );
}
