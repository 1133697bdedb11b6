//! A small HTTP/1.1 client that sends exactly what a test writes, and a browser that keeps its cookie.

use crate::scene::Scene;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::Value;
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    /// Reads a whole answer off its bytes.
    fn of(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        let mut lines = head.lines();
        let status =
            lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).expect("a status line");
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
        Self { status, headers, body: body.to_owned() }
    }

    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Status and problem code, or the status alone.
    pub(crate) fn outcome(&self) -> (u16, String) {
        let code = serde_json::from_str::<Value>(&self.body).ok();
        let code = code.and_then(|document| Some(document.get("code")?.as_str()?.to_owned()));
        (self.status, code.unwrap_or_default())
    }

    /// What the status line and `Location` say.
    pub(crate) fn leads_to(&self) -> (u16, &str) {
        (self.status, self.header("location").unwrap_or(""))
    }

    /// The value of a hidden field or attribute of a page, by the text before it.
    pub(crate) fn after<'a>(&'a self, before: &str) -> &'a str {
        let at = self.body.find(before).unwrap_or_else(|| panic!("no {before:?} in {}", self.body));
        let rest = &self.body[at + before.len()..];
        rest.split('"').next().unwrap_or("")
    }
}

/// Opens a TLS connection as a browser that trusts the server's own certificate.
pub(crate) async fn connect(scene: &Scene, alpn: &[u8]) -> TlsStream<TcpStream> {
    let mut roots = rustls::RootCertStore::empty();
    let certificate = scene.folder.path().join("self-signed.pem");
    roots.add(CertificateDer::from_pem_file(certificate).expect("the certificate")).expect("a root");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![alpn.to_vec()];
    let stream = TcpStream::connect(scene.address).await.expect("a connection");
    let name = ServerName::try_from("localhost").expect("a name");
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.expect("TLS")
}

/// Sends bytes over TLS and reads until the server closes.
pub(crate) async fn raw(scene: &Scene, request: &[u8]) -> Answer {
    exchange(connect(scene, b"http/1.1").await, request.to_vec()).await
}

/// Sends bytes over a connection and reads until the server closes.
pub(crate) async fn exchange(mut stream: TlsStream<TcpStream>, request: Vec<u8>) -> Answer {
    stream.write_all(&request).await.expect("sent");
    Answer::of(&until_closed(stream).await)
}

/// Sends bytes in clear and reads until the server closes.
pub(crate) async fn clear(scene: &Scene, request: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(scene.address).await.expect("a connection");
    stream.write_all(request).await.expect("sent");
    Answer::of(&until_closed(stream).await)
}

async fn until_closed(mut stream: impl tokio::io::AsyncRead + Unpin) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A server that closes without a TLS goodbye has still said all it had to say.
    let _ = stream.read_to_end(&mut bytes).await;
    bytes
}

/// A request under construction.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    line: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    pub(crate) fn new(method: &str, target: &str) -> Self {
        Self { line: format!("{method} {target} HTTP/1.1"), headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    pub(crate) fn post(target: &str) -> Self {
        Self::new("POST", target)
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn json(self) -> Self {
        self.header("Accept", "application/json")
    }

    pub(crate) fn form(mut self, body: &str) -> Self {
        self.body = body.as_bytes().to_vec();
        self.header("Content-Type", "application/x-www-form-urlencoded")
    }

    pub(crate) fn body(mut self, kind: &str, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self.header("Content-Type", kind)
    }

    /// As a browser sends it after a click on a page of another site.
    pub(crate) fn clicked_on(self, site: &str) -> Self {
        self.header("Accept", "text/html,application/xhtml+xml")
            .header("Sec-Fetch-Site", "cross-site")
            .header("Sec-Fetch-Mode", "navigate")
            .header("Sec-Fetch-Dest", "document")
            .header("Sec-Fetch-User", "?1")
            .header("Referer", &format!("{site}/"))
    }

    /// As a browser sends what a person typed.
    pub(crate) fn typed(self) -> Self {
        self.header("Accept", "text/html,application/xhtml+xml")
            .header("Sec-Fetch-Site", "none")
            .header("Sec-Fetch-Mode", "navigate")
            .header("Sec-Fetch-Dest", "document")
            .header("Sec-Fetch-User", "?1")
    }

    pub(crate) fn bytes(&self, host: &str) -> Vec<u8> {
        let mut text = format!("{}\r\nConnection: close\r\n", self.line);
        if !self.headers.iter().any(|(name, _)| name == "Host") {
            text += &format!("Host: {host}\r\n");
        }
        for (name, value) in &self.headers {
            text += &format!("{name}: {value}\r\n");
        }
        if !self.body.is_empty() || self.line.starts_with('P') {
            text += &format!("Content-Length: {}\r\n", self.body.len());
        }
        let mut bytes = (text + "\r\n").into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// Somebody's browser, or a program with a cookie.
#[derive(Clone)]
pub(crate) struct Browser<'a> {
    pub(crate) scene: &'a Scene,
    pub(crate) cookie: Option<String>,
}

impl<'a> Browser<'a> {
    /// Nobody is logged in.
    pub(crate) fn new(scene: &'a Scene) -> Self {
        Self { scene, cookie: None }
    }

    /// Logs in with the right password.
    pub(crate) async fn logged_in(scene: &'a Scene, login: &str) -> Self {
        let mut browser = Self::new(scene);
        let answer = browser.log_in(login, "correct horse").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        browser
    }

    /// Logs in as a program does; keeps the cookie.
    pub(crate) async fn log_in(&mut self, login: &str, password: &str) -> Answer {
        let form = format!("tenant=acme&login={login}&password={}", password.replace(' ', "+"));
        self.send(Request::post("/AGUI/login").json().form(&form)).await
    }

    /// Sends a request with the cookie, and keeps the one that comes back.
    pub(crate) async fn send(&mut self, mut request: Request) -> Answer {
        if let Some(cookie) = &self.cookie {
            request = request.header("Cookie", &format!("__Host-agui={cookie}"));
        }
        let answer = raw(self.scene, &request.bytes(&self.scene.host())).await;
        if let Some(set) = answer.header("set-cookie") {
            let value = set.trim_start_matches("__Host-agui=").split(';').next().unwrap_or("");
            self.cookie = (!value.is_empty()).then(|| value.to_owned());
        }
        answer
    }

    /// Clicks a link as a program does: JSON, without the headers of a browser.
    pub(crate) async fn click(&mut self, query: &str) -> Answer {
        self.send(Request::get(&format!("/AGUI/make_call.php?{query}")).json()).await
    }

    /// Calls the API with the header that it asks for.
    pub(crate) async fn api(&mut self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let request = Request::new(method, path).header("X-Requested-With", "ringbridge");
        match body {
            Some(body) => self.send(request.body("application/json", body.to_string().as_bytes())).await,
            None => self.send(request).await,
        }
    }
}
