//! One HTTP/1.1 request and its answer on an open connection.
//!
//! Promises: one request a connection; the answer's head is at most 64 KiB; of a callback's answer at most 64 KiB are
//! read and thrown away (SEC-13), another's body is read up to its request's limit; however it is framed, no more than that
//! is taken off the wire; redirects are answers like any other. Leaves to others: all judging of the status.

use super::connect::Stream;
use super::measured::{Measured, TooMuch};
use super::request::{Reply, Request};
use super::target::Target;
use super::{Answer, Error};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, CONTENT_TYPE, HOST, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT};
use hyper_util::rt::TokioIo;
use std::time::Duration;

/// The most of an answer that is read: its head, and then its body. Nobody looks at the body; reading it lets a receiver
/// finish in peace.
const MOST_READ: usize = 64 * 1024;

/// How long a body is read on after the head has arrived. The status is known by then: a receiver that trickles must not
/// hold a slot.
const BODY_WITHIN: Duration = Duration::from_secs(2);

/// Posts the body and reads the answer.
pub(super) async fn post(
    stream: Box<dyn Stream>,
    target: &Target,
    content_type: &'static str,
    headers: &[(&'static str, &str)],
    body: String,
) -> Result<Answer, Error> {
    let request = request(target, content_type, headers, body).map_err(|_| Error::Garbled)?;
    let (response, driver) = exchange(stream, request, MOST_READ).await?;
    let answer = Answer {
        status: response.status().as_u16(),
        retry_after: response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned),
    };
    let _ = tokio::time::timeout(BODY_WITHIN, throw_away(response.into_body())).await;
    drop(driver);
    Ok(answer)
}

/// Sends a request and reads the whole answer.
pub(super) async fn send(
    stream: Box<dyn Stream>,
    target: &Target,
    request: Request<'_>,
) -> Result<Reply, Error> {
    let mut sent = hyper::Request::builder()
        .method(request.method)
        .uri(target.path_and_query.as_str())
        .body(Full::new(Bytes::from(request.body)))
        .map_err(|_| Error::Garbled)?;
    *sent.headers_mut() = request.headers;
    let host = HeaderValue::from_str(&target.authority()).map_err(|_| Error::Garbled)?;
    sent.headers_mut().insert(HOST, host);
    sent.headers_mut().insert(USER_AGENT, HeaderValue::from_static(OURSELVES));
    sent.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    // The framing of a chunked body counts as well: it may be as long as the body itself.
    let (response, driver) = exchange(stream, sent, request.most_read.saturating_mul(2)).await?;
    let (head, body) = response.into_parts();
    // A body that ends early or is too long is no answer: half of what was said can mean something else.
    let body = Limited::new(body, request.most_read).collect().await.map_err(|_| Error::Garbled)?;
    drop(driver);
    Ok(Reply { status: head.status.as_u16(), headers: head.headers, body: body.to_bytes() })
}

/// Sends a request and waits for the head of its answer. What is read for the body, with its framing, is at most `body`
/// bytes.
async fn exchange(
    stream: Box<dyn Stream>,
    request: hyper::Request<Full<Bytes>>,
    body: usize,
) -> Result<(hyper::Response<Incoming>, AbortOnDrop), Error> {
    let stream = Measured::new(stream, MOST_READ.saturating_add(body));
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(MOST_READ)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| classify(&error))?;
    let driver = AbortOnDrop(tokio::spawn(async move {
        // What goes wrong here is told to the sender as well.
        let _ = connection.await;
    }));
    let response = sender.send_request(request).await.map_err(|error| classify(&error))?;
    Ok((response, driver))
}

/// Ends the connection's task when the exchange is over, however it ends.
struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Who we say we are.
const OURSELVES: &str = concat!("Ringbridge/", env!("CARGO_PKG_VERSION"));

/// Builds the request.
fn request(
    target: &Target,
    content_type: &'static str,
    headers: &[(&'static str, &str)],
    body: String,
) -> Result<hyper::Request<Full<Bytes>>, hyper::http::Error> {
    let mut request = hyper::Request::post(target.path_and_query.as_str())
        .header(HOST, target.authority())
        .header(USER_AGENT, OURSELVES)
        .header(CONNECTION, "close")
        .header(CONTENT_TYPE, content_type)
        .body(Full::new(Bytes::from(body)))?;
    for (name, value) in headers {
        request.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_str(value)?);
    }
    Ok(request)
}

/// Reads up to the limit and forgets it.
async fn throw_away(mut body: Incoming) {
    let mut read = 0;
    while let Some(Ok(frame)) = body.frame().await {
        read += frame.data_ref().map_or(0, Bytes::len);
        if read >= MOST_READ {
            return;
        }
    }
}

/// What an error of hyper's means to us.
fn classify(error: &hyper::Error) -> Error {
    if error.is_parse() || error.is_parse_too_large() || error.is_parse_status() || TooMuch::caused(error) {
        Error::Garbled
    } else {
        Error::Connect
    }
}
