//! An agent's browser without the browser: HTTPS that trusts the server's own certificate, a session cookie, the API.
//!
//! Promises: waits hang on the event stream, not on sleeps, and end. Leaves to others: what the answers should be.

use crate::patience::{Deadline, PATIENCE};
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use serde_json::{Value, json};
use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::Path,
    time::Duration,
};
use ureq::{
    Agent,
    http::Response,
    tls::{Certificate, RootCerts, TlsConfig},
};

/// An HTTP client for plain loopback ports (readiness, metrics).
#[must_use]
pub fn plain() -> Agent {
    Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(5)))
        .http_status_as_error(false)
        .build()
        .into()
}

/// The certificates in a data folder, as PEM.
fn certificates(data: &Path) -> Vec<Vec<u8>> {
    fs::read_dir(data)
        .expect("the data folder")
        .filter_map(|entry| fs::read(entry.ok()?.path()).ok())
        .filter(|bytes| bytes.starts_with(b"-----BEGIN CERTIFICATE"))
        .collect()
}

/// TLS that trusts the certificate which the server made for itself in its data folder.
///
/// # Panics
/// When it cannot be read.
#[must_use]
pub fn tls(data: &Path) -> rustls::ClientConfig {
    let mut roots = rustls::RootCertStore::empty();
    for pem in certificates(data) {
        let certificate = CertificateDer::from_pem_slice(&pem).expect("a certificate");
        roots.add(certificate).expect("a root");
    }
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

/// Sends bytes over TLS as they are, as no HTTP library would, and gives what comes back.
///
/// # Panics
/// When there is no TLS with the server's own certificate.
#[must_use]
pub fn raw(https: SocketAddr, data: &Path, request: &[u8]) -> String {
    let config = tls(data);
    let name = ServerName::try_from("localhost").expect("a name");
    let connection = rustls::ClientConnection::new(std::sync::Arc::new(config), name).expect("TLS");
    let socket = TcpStream::connect(https).expect("the server listens");
    socket.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    let mut stream = rustls::StreamOwned::new(connection, socket);
    stream.write_all(request).expect("sent");
    let mut answer = Vec::new();
    // A server may close without a TLS farewell; what came before counts.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// A client that trusts the certificate which the server made for itself in its data folder.
#[must_use]
pub fn trusting(data: &Path) -> Agent {
    let certificates: Vec<Certificate<'static>> = certificates(data)
        .iter()
        .filter_map(|bytes| Certificate::from_pem(bytes).ok().map(|one| one.to_owned()))
        .collect();
    assert!(!certificates.is_empty(), "the server made itself a certificate");
    let tls = TlsConfig::builder().root_certs(RootCerts::new_with_certs(&certificates)).build();
    Agent::config_builder()
        .tls_config(tls)
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(PATIENCE))
        .build()
        .into()
}

/// An answer: status and body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body; `Value::Null` where it is not JSON.
    pub json: Value,
    /// The body as text.
    pub text: String,
    /// The `Location` header.
    pub location: Option<String>,
}

impl Answer {
    /// Reads an answer to its end.
    #[must_use]
    pub fn read(mut response: Response<ureq::Body>) -> Self {
        let status = response.status().as_u16();
        let location =
            response.headers().get("location").and_then(|value| value.to_str().ok()).map(ToOwned::to_owned);
        let text = response.body_mut().read_to_string().unwrap_or_default();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Self { status, json, text, location }
    }

    /// The code of a problem document.
    #[must_use]
    pub fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or("")
    }
}

/// A logged-in agent.
#[derive(Clone, Debug)]
pub struct Session {
    agent: Agent,
    base: String,
    cookie: String,
}

impl Session {
    /// Logs in. Panics with the answer when that fails.
    #[track_caller]
    #[must_use]
    pub fn login(https: SocketAddr, data: &Path, tenant: &str, login: &str, password: &str) -> Self {
        let agent = trusting(data);
        let base = format!("https://localhost:{}", https.port());
        let response = agent
            .post(format!("{base}/AGUI/login"))
            .send_form([("tenant", tenant), ("login", login), ("password", password)])
            .expect("the server answers a log-in");
        let cookie = response
            .headers()
            .get_all("set-cookie")
            .iter()
            .filter_map(|value| value.to_str().ok()?.split(';').next())
            .find(|pair| pair.starts_with("__Host-agui="))
            .map(ToOwned::to_owned);
        let Some(cookie) = cookie else { panic!("no session for {login}: {:?}", Answer::read(response)) };
        Self { agent, base, cookie }
    }

    /// Clicks a link: what stands after `make_call.php?`, as a program with the agent's cookie.
    #[must_use]
    pub fn click_raw(&self, query: &str) -> Answer {
        self.try_click_raw(query).expect("the server answers a click")
    }

    /// The same where the server may be gone.
    pub fn try_click_raw(&self, query: &str) -> Result<Answer, ureq::Error> {
        let url = format!("{}/AGUI/make_call.php?{query}", self.base);
        let request = self.agent.get(url).header("cookie", &self.cookie).header("accept", "application/json");
        let mut response = request.call()?;
        let status = response.status().as_u16();
        let text = response.body_mut().read_to_string()?;
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Answer { status, json, text, location: None })
    }

    /// The value of the `Cookie` header.
    #[must_use]
    pub fn cookie(&self) -> &str {
        &self.cookie
    }

    /// Clicks a link that must be accepted; the transaction's number.
    #[track_caller]
    #[must_use]
    pub fn click(&self, parameters: &[(&str, &str)]) -> i64 {
        let answer = self.click_raw(&query(parameters));
        assert_eq!(answer.status, 202, "{answer:?}");
        id_of(&answer.json)
    }

    /// Reads a path of the API.
    #[must_use]
    pub fn get(&self, path: &str) -> Answer {
        let request = self.agent.get(format!("{}{path}", self.base)).header("cookie", &self.cookie);
        Answer::read(request.header("accept", "application/json").call().expect("the server answers"))
    }

    /// Posts to a path of the API, without a body.
    #[must_use]
    pub fn post(&self, path: &str) -> Answer {
        let request = self.agent.post(format!("{}{path}", self.base)).header("cookie", &self.cookie);
        let request = request.header("x-requested-with", "ringbridge");
        Answer::read(request.send_empty().expect("the server answers"))
    }

    /// Puts JSON to a path of the API.
    #[must_use]
    pub fn put(&self, path: &str, body: &Value) -> Answer {
        let request = self.agent.put(format!("{}{path}", self.base)).header("cookie", &self.cookie);
        let request = request.header("x-requested-with", "ringbridge");
        Answer::read(request.send_json(body).expect("the server answers"))
    }

    /// The transaction as the API shows it.
    #[must_use]
    pub fn call(&self, id: i64) -> Value {
        self.get(&format!("/api/v1/calls/{id}")).json
    }

    /// Cancels the call; the status of the answer.
    #[must_use]
    pub fn cancel(&self, id: i64) -> u16 {
        self.post(&format!("/api/v1/calls/{id}/cancel")).status
    }

    /// Cancels where the server may be gone.
    pub fn try_cancel(&self, id: i64) -> Result<u16, ureq::Error> {
        let request =
            self.agent.post(format!("{}/api/v1/calls/{id}/cancel", self.base)).header("cookie", &self.cookie);
        Ok(request.header("x-requested-with", "ringbridge").send_empty()?.status().as_u16())
    }

    /// Hangs up; the status of the answer.
    #[must_use]
    pub fn hang_up(&self, id: i64) -> u16 {
        self.post(&format!("/api/v1/calls/{id}/hangup")).status
    }

    /// Saves the wrap-up and finishes it.
    #[must_use]
    pub fn finish_wrap_up(&self, id: i64, codes: &[(&str, &str)], notes: &str) -> Answer {
        let codes: Vec<Value> =
            codes.iter().map(|(list, code)| json!({"list": list, "code": code})).collect();
        let body = json!({"codes": codes, "notes": notes, "finish": true});
        self.put(&format!("/api/v1/calls/{id}/wrap-up"), &body)
    }

    /// Waits on the event stream until the transaction is as the question asks.
    #[track_caller]
    pub fn until(&self, id: i64, what: &str, asks: impl Fn(&Value) -> bool) -> Value {
        let deadline = Deadline::after(PATIENCE);
        let request = self.agent.get(format!("{}/api/v1/events", self.base)).header("cookie", &self.cookie);
        let stream = request.header("accept", "text/event-stream").call().expect("the server streams events");
        assert_eq!(stream.status(), 200, "the event stream");
        let mut lines = BufReader::new(stream.into_body().into_reader()).lines();
        let mut seen = self.call(id);
        while !asks(&seen) {
            let line = lines.next();
            let live = matches!(line, Some(Ok(_))) && deadline.left().is_some();
            assert!(live, "waited for transaction {id}: {what}; {line:?}; it is {seen:#}");
            if line.and_then(Result::ok).is_some_and(|line| line.is_empty()) {
                seen = self.call(id);
            }
        }
        seen
    }

    /// Waits until the transaction is in that state.
    #[track_caller]
    pub fn until_state(&self, id: i64, state: &str) -> Value {
        self.until(id, state, |call| call["state"] == state)
    }

    /// Waits until the transaction is completed.
    #[track_caller]
    pub fn completed(&self, id: i64) -> Value {
        self.until_state(id, "completed")
    }
}

/// A query string of these parameters.
#[must_use]
pub fn query(parameters: &[(&str, &str)]) -> String {
    let pairs: Vec<String> =
        parameters.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    pairs.join("&")
}

/// The number of the transaction in a click's answer, whether it is a number or text.
#[must_use]
pub fn id_of(answer: &Value) -> i64 {
    let id = &answer["transaction_id"];
    id.as_i64()
        .or_else(|| id.as_str()?.parse().ok())
        .unwrap_or_else(|| panic!("no transaction_id in {answer}"))
}

/// Percent-encodes a query component.
#[must_use]
pub fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
