//! The sockets of the org, and what goes wrong on them.
//!
//! Promises: hyper's connections without a framework in between, since a fault must be able to close a connection without
//! an answer or within one; at most [`CONNECTIONS_MAX`] connections and bodies of at most [`BODY_MAX`] bytes; a request
//! whose body arrived runs to its end though the client is gone, as at a real org. Leaves to others: what is answered.

use super::{
    Service, Shared, State,
    errors::Refusal,
    faults::Fault,
    log::Logged,
    oauth, pages,
    request::{Answer, Request},
    rest,
};
use http_body_util::{BodyExt as _, Limited};
use hyper::{
    Response,
    body::{Body, Bytes, Frame, Incoming, SizeHint},
    header::{HeaderName, HeaderValue},
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
};

/// The most connections at one time: more than any client here opens, fewer than handles run out.
const CONNECTIONS_MAX: usize = 512;
/// The largest body: an order of magnitude above the longest record.
const BODY_MAX: usize = 4 << 20;
/// How long a client may take to send its headers.
const HEADER_TIME: Duration = Duration::from_secs(30);

/// Takes connections until it is aborted; they end with it.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let free = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    loop {
        let Ok(permit) = Arc::clone(&free).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let shared = Arc::clone(&shared);
                connections.spawn(async move {
                    connection(stream, shared).await;
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "the stand-in org could not take a connection");
                // Out of handles most likely: others have to end first.
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn connection(stream: TcpStream, shared: Arc<Shared>) {
    // Answers are small and nobody should wait for more to send with them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection to the stand-in org was gone at once");
        return;
    }
    let service = service_fn(move |request| one(request, Arc::clone(&shared)));
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = served.await {
        tracing::debug!(%error, "a connection to the stand-in org ended early");
    }
}

/// Why a connection is closed without an answer; hyper closes it on any error.
type Closed = io::Error;

fn closed() -> Closed {
    io::Error::other("closed without an answer")
}

async fn one(request: hyper::Request<Incoming>, shared: Arc<Shared>) -> Result<Response<Sent>, Closed> {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, BODY_MAX).collect().await else { return Err(closed()) };
    let request = Request::new(parts, body.to_bytes());
    // A task of its own: a client that leaves ends its connection and not what it asked for.
    let outcome = tokio::spawn(carry_out(request, shared)).await;
    match outcome {
        Ok(Some(sent)) => response(sent),
        Ok(None) | Err(_) => Err(closed()),
    }
}

/// Carries out one request with the fault that it meets; none: the connection is closed without an answer.
async fn carry_out(request: Request, shared: Arc<Shared>) -> Option<(Answer, Length)> {
    let operation = request.operation();
    let fault = {
        let mut state = shared.state();
        state.log.begin();
        state.script.next(operation)
    };
    let outcome = meet(&request, &shared, fault.clone()).await;
    let status = outcome.as_ref().map(|(answer, _)| answer.status);
    let entry =
        Logged { method: request.method.clone(), target: request.target.clone(), operation, status, fault };
    shared.state().log.end(entry);
    shared.done.send_modify(|done| *done += 1);
    outcome
}

async fn meet(request: &Request, shared: &Arc<Shared>, fault: Option<Fault>) -> Option<(Answer, Length)> {
    let carried_out = || answer(&mut shared.state(), request);
    let whole = |answer: Answer| Some((answer, Length::Whole));
    let refused = |refusal: Refusal| Some((refusal.into(), Length::Whole));
    let Some(fault) = fault else { return whole(carried_out()) };
    match fault {
        Fault::LostAfterCommit => {
            carried_out();
            None
        }
        Fault::LostBeforeCommit => None,
        Fault::CommitLate(after) => {
            let (request, shared) = (request.clone(), Arc::clone(shared));
            tokio::spawn(async move {
                tokio::time::sleep(after).await;
                answer(&mut shared.state(), &request);
            });
            None
        }
        Fault::Expired => {
            if let Ok(token) = request.token() {
                shared.state().grants.revoke(token);
            }
            whole(carried_out())
        }
        Fault::DailyLimit => refused(Refusal::daily_limit()),
        Fault::LongTransactions => refused(Refusal::long_transactions()),
        Fault::LockedRowAs400 => refused(Refusal::locked_row(400, super::ACCOUNT)),
        Fault::LockedRowAs500 => refused(Refusal::locked_row(500, super::ACCOUNT)),
        Fault::Ambiguous => {
            let place =
                |number| format!("/services/data/v67.0/sobjects/Task/{}", super::ids::make("00T", number));
            let places = serde_json::json!([place(900_001), place(900_002)]);
            whole(Answer::json(300, places.to_string()))
        }
        Fault::Unavailable => whole(pages::unavailable()),
        Fault::ServerUnavailable => refused(Refusal::unavailable()),
        Fault::UnknownAfterCommit => {
            carried_out();
            refused(Refusal::unknown())
        }
        Fault::UnknownBeforeCommit => refused(Refusal::unknown()),
        Fault::Slow(after) => {
            let answer = carried_out();
            tokio::time::sleep(after).await;
            whole(answer)
        }
        Fault::TruncatedJson => {
            let mut answer = carried_out();
            let half = answer.body.floor_char_boundary(answer.body.len() / 2);
            answer.body.truncate(half);
            whole(answer)
        }
        Fault::CutBody => Some((carried_out(), Length::Half)),
        Fault::Refused { status, code, message, fields } => {
            let fields: Vec<_> = fields.iter().map(String::as_str).collect();
            refused(if fields.is_empty() {
                Refusal::plain(status, &code, message)
            } else {
                Refusal::of_fields(status, &code, message, &fields)
            })
        }
    }
}

/// The answer of the org itself.
fn answer(state: &mut State, request: &Request) -> Answer {
    match state.service {
        Service::Down => return pages::unavailable(),
        Service::Up => {}
    }
    let path: Vec<&str> = request.path.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["services", "data", rest @ ..] => rest::answer(state, request, rest),
        ["services", "oauth2", endpoint] => oauth::answer(state, request, endpoint),
        ["id", org, user] => oauth::identity(state, request, org, user),
        rest => pages::answer(state, request, rest),
    }
}

/// How much of an answer's body is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Length {
    Whole,
    /// The headers promise all of it; the connection is closed after half.
    Half,
    /// That half was sent.
    Over,
}

/// The body of an answer, which may break off.
struct Sent {
    rest: Option<Bytes>,
    promised: u64,
    end: Length,
}

impl Body for Sent {
    type Data = Bytes;
    type Error = Closed;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Closed>>> {
        if let Some(bytes) = self.rest.take() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        match self.end {
            Length::Whole => Poll::Ready(None),
            Length::Half => {
                // hyper sends what it has when a body lets it wait, and forgets it when a body fails.
                self.end = Length::Over;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Length::Over => Poll::Ready(Some(Err(closed()))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_none() && self.end == Length::Whole
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.promised)
    }
}

fn response((answer, end): (Answer, Length)) -> Result<Response<Sent>, Closed> {
    let whole = Bytes::from(answer.body);
    let promised = u64::try_from(whole.len()).unwrap_or(u64::MAX);
    let rest = match end {
        Length::Whole => whole,
        Length::Half | Length::Over => whole.slice(..whole.len() / 2),
    };
    let rest = if rest.is_empty() { None } else { Some(rest) };
    let mut response = Response::new(Sent { rest, promised, end });
    *response.status_mut() = hyper::StatusCode::from_u16(answer.status).map_err(|_| closed())?;
    let server = ("server", "ringbridge-standin".to_owned());
    for (name, value) in answer.headers.into_iter().chain([server]) {
        let value = HeaderValue::from_str(&value).map_err(|_| closed())?;
        response.headers_mut().insert(HeaderName::from_static(name), value);
    }
    Ok(response)
}
