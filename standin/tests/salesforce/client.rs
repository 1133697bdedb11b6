//! The smallest HTTP client there is: what is sent and what comes back, to the byte.
//!
//! Promises: a connection a request, so that one that is closed without an answer is seen as such. Leaves to others:
//! understanding answers.

use ringbridge_standin::salesforce::{Org, OrgConfig};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// The API of the version that most tests use.
pub(crate) const BASE: &str = "/services/data/v67.0";

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The text of a member of the answer.
    pub(crate) fn text(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.body)).to_owned()
    }

    /// Status and body, for comparing.
    pub(crate) fn whole(&self) -> (u16, &str) {
        (self.status, &self.body)
    }
}

/// An org with a client that has a token.
pub(crate) struct Client {
    pub(crate) org: Org,
    pub(crate) token: String,
}

impl Client {
    /// A fresh org with its usual setup.
    pub(crate) async fn new() -> Self {
        Self::of(OrgConfig::default()).await
    }

    /// A fresh org with this setup.
    pub(crate) async fn of(config: OrgConfig) -> Self {
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}",
            config.consumer_key, config.client_secret
        );
        let org = Org::start(([127, 0, 0, 1], 0).into(), config).await.expect("a free port");
        let mut client = Self { org, token: String::new() };
        client.token = client.form("/services/oauth2/token", &form).await.text("access_token");
        client
    }

    /// Sends these bytes; none when the connection was closed without an answer.
    pub(crate) async fn raw(&self, request: &str) -> Option<Reply> {
        let mut stream = TcpStream::connect(self.org.address()).await.expect("it listens");
        stream.write_all(request.as_bytes()).await.expect("it reads");
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer).await;
        if answer.is_empty() {
            return None;
        }
        read.expect("bytes until the end");
        Some(parsed(&String::from_utf8(answer).expect("UTF-8")))
    }

    /// A request with these headers and a body; none when there was no answer.
    pub(crate) async fn try_send(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Option<Reply> {
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        self.raw(&format!(
            "{method} {target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            self.org.address(),
            body.len()
        ))
        .await
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Reply {
        self.try_send(method, target, headers, body).await.expect("an answer")
    }

    /// A request of the API (path below the version) with the token; a body is JSON.
    pub(crate) async fn try_api(&self, method: &str, path: &str, body: &str) -> Option<Reply> {
        let bearer = format!("Bearer {}", self.token);
        let mut headers = vec![("Authorization", bearer.as_str())];
        if !body.is_empty() {
            headers.push(("Content-Type", "application/json"));
        }
        self.try_send(method, &format!("{BASE}{path}"), &headers, body).await
    }

    pub(crate) async fn api(&self, method: &str, path: &str, body: &str) -> Reply {
        self.try_api(method, path, body).await.expect("an answer")
    }

    /// Posts a form.
    pub(crate) async fn form(&self, path: &str, form: &str) -> Reply {
        self.send("POST", path, &[("Content-Type", "application/x-www-form-urlencoded")], form).await
    }

    /// Runs a query.
    pub(crate) async fn query(&self, query: &str) -> Reply {
        self.api("GET", &format!("/query?q={}", encoded(query)), "").await
    }

    /// Makes a task; its id.
    pub(crate) async fn task(&self, body: &str) -> String {
        let reply = self.api("POST", "/sobjects/Task", body).await;
        assert_eq!(reply.status, 201, "{}", reply.body);
        reply.text("id")
    }
}

/// Percent encoding of everything but letters and digits.
pub(crate) fn encoded(text: &str) -> String {
    let byte = |byte: u8| {
        if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    text.bytes().map(byte).collect()
}

fn parsed(answer: &str) -> Reply {
    let (head, body) = answer.split_once("\r\n\r\n").expect("an empty line");
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    Reply { status: status.expect("a status"), headers, body: body.to_owned() }
}
