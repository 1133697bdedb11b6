//! The client against real sockets on loopback.

use super::*;
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use std::fmt::Write as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// What a scripted server does with a connection once the request's head has arrived.
#[derive(Clone)]
enum Script {
    Say(Vec<u8>),
    SayThenTrickle(Vec<u8>),
    Pour(Vec<u8>),
    Close,
    Hang,
}

/// A server that takes each connection through its script and reports what was sent to it.
async fn serve(script: Script) -> (SocketAddr, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, told) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(talk(stream, script.clone(), tell.clone()));
        }
    });
    (address, told)
}

async fn talk(mut stream: TcpStream, script: Script, tell: mpsc::UnboundedSender<String>) {
    let mut request = Vec::new();
    while !complete(&request) {
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(n) => request.extend_from_slice(&buffer[..n]),
        }
    }
    tell.send(String::from_utf8(request).unwrap()).unwrap();
    match script {
        Script::Say(bytes) => stream.write_all(&bytes).await.unwrap_or_default(),
        Script::SayThenTrickle(bytes) => {
            stream.write_all(&bytes).await.unwrap();
            let _ = stream.read(&mut [0]).await;
        }
        Script::Pour(bytes) => while stream.write_all(&bytes).await.is_ok() {},
        Script::Close => {}
        Script::Hang => {
            let _ = stream.read(&mut [0]).await;
        }
    }
}

/// Whether head and body have arrived.
fn complete(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
    body.len() >= length.parse().unwrap()
}

fn loopback_allowed() -> Rules {
    Rules { allow_private: vec!["127.0.0.0/8".parse().unwrap()], ..Rules::default() }
}

async fn post(rules: Rules, url: &str) -> Result<Answer, Error> {
    let client = Outbound::new(rules).unwrap();
    let headers = [("webhook-id", "msg_1")];
    client.post(url, Schemes::HttpAndHttps, "text/plain", &headers, "a=b".to_owned()).await
}

async fn answer_to(script: Script) -> Result<Answer, Error> {
    let (address, _told) = serve(script).await;
    post(loopback_allowed(), &format!("http://{address}/")).await
}

fn say(text: &str) -> Script {
    Script::Say(text.as_bytes().to_vec())
}

fn status(status: u16) -> Answer {
    Answer { status, retry_after: None }
}

#[tokio::test]
async fn the_request_is_these_bytes_and_no_others() {
    let (address, mut told) = serve(say("HTTP/1.1 204 No Content\r\n\r\n")).await;
    let answer = post(loopback_allowed(), &format!("http://{address}/cb?x=[1]&y=%20#frag")).await;
    assert_eq!(answer, Ok(status(204)));
    assert_eq!(
        told.recv().await.unwrap(),
        format!(
            "POST /cb?x=[1]&y=%20 HTTP/1.1\r\nhost: {address}\r\nuser-agent: Ringbridge/{}\r\nconnection: close\r\n\
             content-type: text/plain\r\nwebhook-id: msg_1\r\ncontent-length: 3\r\n\r\na=b",
            env!("CARGO_PKG_VERSION")
        )
    );
}

#[tokio::test]
async fn an_answer_of_any_status_is_an_answer_and_redirects_are_not_followed() {
    for code in [200, 299, 301, 302, 303, 307, 308, 404, 410, 429, 500, 502, 503, 504] {
        let (target, mut called) = serve(say("HTTP/1.1 200 OK\r\n\r\n")).await;
        let text = format!("HTTP/1.1 {code} X\r\nLocation: http://{target}/\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(answer_to(say(&text)).await, Ok(status(code)));
        assert!(called.try_recv().is_err(), "{code} was followed");
    }
}

#[tokio::test]
async fn retry_after_is_handed_on() {
    assert_eq!(
        answer_to(say("HTTP/1.1 429 Slow\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n")).await,
        Ok(Answer { status: 429, retry_after: Some("120".to_owned()) })
    );
}

#[tokio::test]
async fn a_receiver_that_breaks_off_before_an_answer_was_not_reached() {
    assert_eq!(answer_to(Script::Close).await, Err(Error::Connect));
    assert_eq!(answer_to(say("HTTP/1.1 20")).await, Err(Error::Connect));
}

#[tokio::test]
async fn what_is_no_http_is_garbled() {
    assert_eq!(answer_to(say("SSH-2.0-OpenSSH_9.2\r\n")).await, Err(Error::Garbled));
    assert_eq!(answer_to(say("HTTP/1.1 banana\r\n\r\n")).await, Err(Error::Garbled));
    let endless = format!("HTTP/1.1 200 OK\r\nX: {}", "a".repeat(1 << 20));
    assert_eq!(answer_to(say(&endless)).await, Err(Error::Garbled));
}

#[tokio::test]
async fn a_huge_or_broken_body_does_not_matter_once_the_status_is_known() {
    let huge = format!("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n{}", "x".repeat(1 << 20));
    assert_eq!(answer_to(say(&huge)).await, Ok(status(200)));
    assert_eq!(answer_to(say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx")).await, Ok(status(200)));
    assert_eq!(
        answer_to(say("HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\nzz")).await,
        Ok(status(500))
    );
}

#[tokio::test]
async fn an_answer_that_never_comes_to_its_point_is_left_when_enough_was_read() {
    let interim = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(1000);
    assert_eq!(answer_to(Script::Pour(interim)).await, Err(Error::Garbled));
    assert_eq!(answer_to(Script::Pour(b"\r\n".repeat(1000))).await, Err(Error::Garbled));
}

#[tokio::test]
async fn a_body_that_trickles_is_left_after_a_moment() {
    let script = Script::SayThenTrickle(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx".to_vec());
    assert_eq!(answer_to(script).await, Ok(status(200)));
}

#[tokio::test]
async fn a_receiver_that_never_answers_is_left_when_the_time_is_over() {
    let (address, _told) = serve(Script::Hang).await;
    let mut client = Outbound::new(loopback_allowed()).unwrap();
    assert_eq!(client.all_within, Duration::from_secs(15));
    client.all_within = Duration::from_millis(50);
    let url = format!("http://{address}/");
    let answer = client.post(&url, Schemes::HttpAndHttps, "text/plain", &[], String::new());
    assert_eq!(answer.await, Err(Error::Timeout));
}

#[tokio::test]
async fn a_port_without_listener_cannot_be_reached() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    assert_eq!(post(loopback_allowed(), &format!("http://{address}/")).await, Err(Error::Connect));
}

#[tokio::test]
async fn a_refused_url_reaches_no_listener() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut urls = String::new();
    for host in
        ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"]
    {
        writeln!(urls, "http://{host}:{port}/").unwrap();
    }
    for url in urls.lines() {
        let answer = post(Rules::default(), url).await;
        assert!(matches!(answer, Err(Error::Refused(_))), "{url} {answer:?}");
    }
    // A connection would be waiting in the listener's queue by now.
    let waiting =
        std::future::poll_fn(|cx| std::task::Poll::Ready(listener.poll_accept(cx).is_ready())).await;
    assert!(!waiting, "something connected");
}

#[tokio::test]
async fn a_name_goes_where_its_checked_address_is_and_nowhere_else() {
    let (address, mut told) = serve(say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")).await;
    let fixed_names = FixedNames::from([("www.mycompany.com".to_owned(), vec![address])]);
    let rules = Rules { fixed_names: fixed_names.clone(), ..loopback_allowed() };
    assert_eq!(
        post(rules, "http://www.mycompany.com/clicktodial/callback?transaction=7").await,
        Ok(status(200))
    );
    let request = told.recv().await.unwrap();
    assert!(
        request
            .starts_with("POST /clicktodial/callback?transaction=7 HTTP/1.1\r\nhost: www.mycompany.com\r\n")
    );

    let rules = Rules { fixed_names, ..Rules::default() };
    assert_eq!(
        post(rules, "http://www.mycompany.com/").await,
        Err(Error::Refused(Refused::Address(Class::Loopback)))
    );
}

#[tokio::test]
async fn the_second_address_is_tried_where_the_first_is_dead() {
    let dead = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dead_address = dead.local_addr().unwrap();
    drop(dead);
    let (address, _told) = serve(say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")).await;
    let fixed_names = FixedNames::from([("two.example".to_owned(), vec![dead_address, address])]);
    let rules = Rules { fixed_names, ..loopback_allowed() };
    assert_eq!(post(rules, "http://two.example/").await, Ok(status(200)));
}

/// A TLS server with a fresh certificate for `receiver.example`; gives its address and the certificate.
async fn serve_tls() -> (SocketAddr, CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed(vec!["receiver.example".to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
                let _ = stream.shutdown().await;
            }
        }
    });
    (address, certificate)
}

#[tokio::test]
async fn tls_is_verified_against_the_extra_roots_under_the_urls_own_name() {
    let (address, certificate) = serve_tls().await;
    let fixed_names = FixedNames::from([
        ("receiver.example".to_owned(), vec![address]),
        ("other.example".to_owned(), vec![address]),
    ]);
    let trusting = Rules { extra_roots: vec![certificate], fixed_names, ..loopback_allowed() };
    let strange = Rules { extra_roots: vec![], ..trusting.clone() };
    assert_eq!(post(trusting.clone(), "https://receiver.example/").await, Ok(status(200)));
    assert_eq!(post(trusting, "https://other.example/").await, Err(Error::Tls));
    assert_eq!(post(strange, "https://receiver.example/").await, Err(Error::Tls));
}

#[tokio::test]
async fn a_receiver_that_speaks_no_tls_is_a_tls_failure() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let plain = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    assert_eq!(post(loopback_allowed(), &format!("https://{plain}/")).await, Err(Error::Tls));
}

#[test]
fn roots_are_read_from_pem_files_and_a_wrong_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let good = folder.path().join("root.pem");
    let made = rcgen::generate_simple_self_signed(vec!["x.example".to_owned()]).unwrap();
    std::fs::write(&good, made.cert.pem()).unwrap();
    assert_eq!(read_roots(&[&good]).unwrap(), [made.cert.der().clone()]);

    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "nothing here").unwrap();
    assert_eq!(
        read_roots(&[&empty]).unwrap_err(),
        format!("outbound.trust_certificates: {} holds no certificate", empty.display())
    );
    assert!(
        read_roots(&[folder.path().join("absent.pem")]).unwrap_err().contains("absent.pem cannot be read")
    );
}
