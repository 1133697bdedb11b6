//! `ringbridge demo` and the reference's own examples, copied from it to the byte: each places a call that connects, and the
//! callback of Example 3 is right.

use ringbridge_e2e::{
    client::{Answer, Session, encode, id_of, raw},
    patience::{PATIENCE, until},
    ports,
    server::binary,
};
use serde_json::Value;
use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

const EXAMPLES: [&str; 3] = [
    include_str!("../../core/tests/reference/example-1.txt"),
    include_str!("../../core/tests/reference/example-2.txt"),
    include_str!("../../core/tests/reference/example-3.txt"),
];

/// A running demo, and alice logged in.
struct Demo {
    child: Child,
    folder: TempDir,
    https: SocketAddr,
    alice: Session,
}

impl Demo {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let https = ports::loopback();
        let mut child = Command::new(binary())
            .args(["demo", "--port", &https.port().to_string(), "--data"])
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary was built");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let url = format!("https://localhost:{}", https.port());
        let printed = lines.any(|line| line.is_ok_and(|line| line.contains(&url)));
        assert!(printed, "the demo prints its URL");
        // Nobody reads on: what it prints later must not block it.
        std::thread::spawn(move || lines.count());
        let alice = Session::login(https, folder.path(), "demo", "alice", "alice");
        let demo = Self { child, folder, https, alice };
        for phone in ["agent", "customer"] {
            assert_eq!(demo.alice.post(&format!("/demo/phone/{phone}/auto-on")).status, 204);
        }
        demo
    }

    fn data(&self) -> &Path {
        self.folder.path()
    }

    /// The call connects, the customer hangs up, the agent finishes wrap-up; the completed transaction.
    fn call(&self, id: i64) -> Value {
        self.alice.until_state(id, "connected");
        assert_eq!(self.alice.post("/demo/phone/customer/hang-up").status, 204);
        self.alice.until_state(id, "wrap_up");
        let saved = self.alice.finish_wrap_up(id, &[("Outcome", "SOLD")], "ok");
        assert!((200..300).contains(&saved.status), "{saved:?}");
        self.alice.completed(id)
    }

    /// The newest callback that arrived.
    fn callback(&self) -> Value {
        until("the callback", PATIENCE, || {
            self.alice.get("/demo/state").json["callbacks"].as_array().and_then(|all| all.first().cloned())
        })
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The link behind `make_call.php?`, with the number that a CRM puts where its own field stands.
fn query_of(example: &str) -> String {
    let query = example.split_once("make_call.php?").expect("a link").1.trim_end();
    query.replace("{!Account.Phone}", "(650) 292-8880")
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
fn control_c_ends_the_demo_well() {
    let mut demo = Demo::start();
    let sent = Command::new("kill").args(["-INT", &demo.child.id().to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "kill -INT");
    let status = until("the demo to end", PATIENCE, || demo.child.try_wait().expect("its state"));
    assert!(status.success(), "{status}");
}
