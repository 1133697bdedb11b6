//! One OPTIONS, asked once, from outside of the engine: what `doctor` knows of a trunk and of a taken port.
//!
//! Promises: any answer at all means that SIP is spoken there; the question is repeated over UDP as RFC 3261 asks and
//! given up after [`WITHIN`]. Leaves to others: the keep-alive of a running server (`trunk`).

use crate::chance;
use ringbridge_sip::header::{Headers, NameAddr, Via};
use ringbridge_sip::ids::IdSource;
use ringbridge_sip::message::{Message, Request};
use ringbridge_sip::method::Method;
use ringbridge_sip::parse::parse;
use ringbridge_sip::text::Invalid;
use ringbridge_sip::transport::Transport;
use ringbridge_sip::uri::{SipUri, Uri};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket, lookup_host};

/// The longest wait for an answer. A trunk that needs longer for OPTIONS would lose calls.
pub const WITHIN: Duration = Duration::from_secs(4);

/// The first pause before the question is repeated over UDP (T1 of RFC 3261).
const T1: Duration = Duration::from_millis(500);

/// The most of an answer that is read.
const MOST_READ: usize = 64 * 1024;

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The URI cannot be used.
    #[error("\"{0}\" is no SIP address")]
    Address(String),
    /// The network says no.
    #[error("it cannot be reached: {0}")]
    Io(#[from] io::Error),
    /// Something answered that is no SIP.
    #[error("what answers there does not speak SIP")]
    NotSip,
    /// Nothing answered.
    #[error("nothing answered within {} s", WITHIN.as_secs())]
    Silence,
}

/// Asks the SIP URI and gives the status of the answer.
///
/// # Errors
/// [`ProbeError`], a sentence.
pub async fn options(uri: &str) -> Result<u16, ProbeError> {
    let address = || ProbeError::Address(uri.to_owned());
    let parsed: SipUri = uri.parse().map_err(|_| address())?;
    let host = parsed.host.to_string();
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let remote = lookup_host((name, parsed.port.unwrap_or(5060))).await?.next().ok_or_else(address)?;
    let transport = Transport::of_params(&parsed.params).unwrap_or(Transport::Udp);
    ask(&parsed, remote, transport).await
}

/// Asks whatever listens at an address.
///
/// # Errors
/// [`ProbeError`], a sentence.
pub async fn options_at(remote: SocketAddr, transport: Transport) -> Result<u16, ProbeError> {
    ask(&SipUri::at(None, remote), remote, transport).await
}

async fn ask(uri: &SipUri, remote: SocketAddr, transport: Transport) -> Result<u16, ProbeError> {
    let answered = tokio::time::timeout(WITHIN, async {
        match transport {
            Transport::Udp => over_udp(uri, remote).await,
            Transport::Tcp => over_tcp(uri, remote).await,
        }
    });
    answered.await.map_err(|_| ProbeError::Silence)?
}

async fn over_udp(uri: &SipUri, remote: SocketAddr) -> Result<u16, ProbeError> {
    let any: SocketAddr = if remote.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0_u16; 8], 0).into() };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(remote).await?;
    let question = question(uri, socket.local_addr()?, Transport::Udp).map_err(|_| ProbeError::NotSip)?;
    let mut pause = T1;
    let mut buffer = vec![0; MOST_READ];
    loop {
        socket.send(&question).await?;
        if let Ok(received) = tokio::time::timeout(pause, socket.recv(&mut buffer)).await {
            return status_of(buffer.get(..received?).unwrap_or_default());
        }
        pause *= 2;
    }
}

async fn over_tcp(uri: &SipUri, remote: SocketAddr) -> Result<u16, ProbeError> {
    let mut stream = TcpStream::connect(remote).await?;
    let question = question(uri, stream.local_addr()?, Transport::Tcp).map_err(|_| ProbeError::NotSip)?;
    stream.write_all(&question).await?;
    let mut received = Vec::new();
    while !received.windows(4).any(|window| window == b"\r\n\r\n") {
        if received.len() >= MOST_READ || stream.read_buf(&mut received).await? == 0 {
            return Err(ProbeError::NotSip);
        }
    }
    // Only the status matters: the body, if there is one, may still be on its way.
    let line = received.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let code =
        std::str::from_utf8(line).ok().and_then(|line| line.strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok());
    code.ok_or(ProbeError::NotSip)
}

/// The OPTIONS request, printed.
fn question(uri: &SipUri, local: SocketAddr, transport: Transport) -> Result<Vec<u8>, Invalid> {
    let mut ids = IdSource::new(u64::from_ne_bytes(chance::bytes()));
    let host = local.ip().into();
    let call_id = ids.call_id("doctor", &host)?;
    let request = Request {
        method: Method::Options,
        uri: Uri::Sip(uri.clone()),
        via: Via::new(transport, host, local.port(), ids.branch()),
        more_via: vec![],
        max_forwards: Some(70),
        from: NameAddr::new(SipUri::at(Some("doctor"), local)).with_tag(ids.tag()),
        to: NameAddr::new(uri.clone()),
        call_id,
        cseq: 1,
        headers: Headers::default(),
        body: vec![],
    };
    Ok(request.to_bytes())
}

fn status_of(bytes: &[u8]) -> Result<u16, ProbeError> {
    match parse(bytes) {
        Ok(Message::Response(response)) => Ok(response.status.code()),
        Ok(Message::Request(_)) | Err(_) => Err(ProbeError::NotSip),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Answers one datagram with what the function makes of it.
    pub(crate) async fn answer_udp(answer: impl Fn(&str) -> String + Send + 'static) -> SocketAddr {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        tokio::spawn(async move {
            let mut buffer = vec![0; 4096];
            let (read, from) = socket.recv_from(&mut buffer).await.unwrap();
            let answer = answer(std::str::from_utf8(&buffer[..read]).unwrap());
            socket.send_to(answer.as_bytes(), from).await.unwrap();
        });
        address
    }

    /// A 404 to an OPTIONS, its headers copied as a peer would.
    pub(crate) fn not_found(question: &str) -> String {
        let copied = question.lines().filter(|line| {
            ["Via", "From", "To", "Call-ID", "CSeq"].iter().any(|name| line.starts_with(&format!("{name}:")))
        });
        format!(
            "SIP/2.0 404 Not Found\r\n{}\r\nContent-Length: 0\r\n\r\n",
            copied.collect::<Vec<_>>().join("\r\n")
        )
    }

    #[tokio::test]
    async fn any_sip_answer_is_an_answer() {
        let address = answer_udp(not_found).await;
        assert_eq!(options(&format!("sip:{address}")).await.unwrap(), 404);
        let address = answer_udp(not_found).await;
        assert_eq!(options_at(address, Transport::Udp).await.unwrap(), 404);
    }

    #[tokio::test]
    async fn an_answer_that_is_no_sip_is_told_apart() {
        let address = answer_udp(|_| "hello".to_owned()).await;
        assert!(matches!(options(&format!("sip:{address}")).await, Err(ProbeError::NotSip)));
    }

    #[tokio::test]
    async fn a_closed_port_and_a_wrong_address_are_sentences() {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        drop(socket);
        let error = options(&format!("sip:{address}")).await.unwrap_err();
        assert!(error.to_string().starts_with("it cannot be reached: "), "{error}");
        assert_eq!(options("mailto:a").await.unwrap_err().to_string(), "\"mailto:a\" is no SIP address");
    }
}
