//! The HTTPS listener: takes connections, speaks TLS, and hands requests to the router.
//!
//! Promises: a taken port is one sentence; every wait has a limit; requests carry a [`Connection`] that says where they
//! came from and whether TLS was spoken. Plain HTTP on this port is served too, so that the router can refuse it in words
//! (semantics 1.1) or believe a trusted proxy. When told to stop it takes no new connection, lets answers under way end
//! for [`DRAIN_SECONDS`], then closes. Leaves to others: certificates (`tls`), all answers (the router).

use super::request_line::Mended;
use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

/// Connections at once: enough for a browser of every agent of a big contact center, below the usual 4,096 to 65,536
/// file handles. Further ones wait in the kernel.
const CONNECTIONS_MAX: usize = 3_000;

/// A TLS handshake or a request's head that takes longer is given up: slow clients must not collect connections.
const HEAD_SECONDS: u64 = 15;

/// What the head of a request may measure in all: the longest link and as much again for headers.
const HEAD_BYTES: usize = 160 * 1024;

/// How long answers under way may take when the server stops.
pub const DRAIN_SECONDS: u64 = 5;

/// Where a request came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connection {
    /// The address at the other end of the socket.
    pub peer: SocketAddr,
    /// What was spoken on it.
    pub transport: Transport,
}

/// Whether the bytes of a request were encrypted on their last hop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// TLS.
    Tls,
    /// HTTP in clear.
    Plain,
}

/// The port cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address} ({cause}); is another program using that port? change {key} or stop it")]
pub struct BindError {
    address: SocketAddr,
    cause: std::io::Error,
    key: &'static str,
}

/// A port that is ours, not served yet.
#[derive(Debug)]
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
}

/// Takes the port; `key` names the setting for the error's sentence.
///
/// # Errors
/// One sentence, for example when the port is taken.
pub async fn bind(address: SocketAddr, key: &'static str) -> Result<Bound, BindError> {
    let fail = |cause| BindError { address, cause, key };
    let listener = TcpListener::bind(address).await.map_err(fail)?;
    let address = listener.local_addr().map_err(fail)?;
    Ok(Bound { listener, address })
}

impl Bound {
    /// The address, with the real port where the setting said 0.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves the router over TLS until `stop` says true, then drains.
    pub async fn serve(self, tls: Arc<ServerConfig>, router: Router, stop: watch::Receiver<bool>) {
        self.run(Some(TlsAcceptor::from(tls)), router, stop).await;
    }

    /// Serves the router in plain HTTP until `stop` says true: only for the metrics listener.
    pub async fn serve_plain(self, router: Router, stop: watch::Receiver<bool>) {
        self.run(None, router, stop).await;
    }

    async fn run(self, tls: Option<TlsAcceptor>, router: Router, mut stop: watch::Receiver<bool>) {
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = told(&mut stop) => break,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file handles, most likely: a short rest instead of a hot loop.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            let (tls, router, stop) = (tls.clone(), router.clone(), stop.clone());
            tokio::spawn(async move {
                connection(stream, peer, tls, router, stop).await;
                drop(place);
            });
        }
        drop(self.listener);
        let all = u32::try_from(CONNECTIONS_MAX).unwrap_or(u32::MAX);
        let _ = tokio::time::timeout(Duration::from_secs(DRAIN_SECONDS), places.acquire_many(all)).await;
    }
}

/// One connection from its first byte to its end.
async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    router: Router,
    stop: watch::Receiver<bool>,
) {
    let _ = stream.set_nodelay(true);
    let head = Duration::from_secs(HEAD_SECONDS);
    let plain = Connection { peer, transport: Transport::Plain };
    let Some(tls) = tls else {
        return http1(Mended::new(stream), plain, router, stop).await;
    };
    let mut first = [0; 1];
    match tokio::time::timeout(head, stream.peek(&mut first)).await {
        Ok(Ok(1)) => {}
        Ok(_) | Err(_) => return,
    }
    // 22 is the type of a TLS handshake record; a client that speaks HTTP begins with a letter.
    if first[0] != 22 {
        return http1(Mended::new(stream), plain, router, stop).await;
    }
    let Ok(Ok(stream)) = tokio::time::timeout(head, tls.accept(stream)).await else { return };
    let connection = Connection { peer, transport: Transport::Tls };
    if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
        http2(stream, connection, router, stop).await;
    } else {
        http1(Mended::new(stream), connection, router, stop).await;
    }
}

async fn http1<S>(stream: S, from: Connection, router: Router, mut stop: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(from);
        service.call(request)
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(HEAD_SECONDS))
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    let mut served = pin!(served);
    tokio::select! {
        _ = &mut served => {}
        () = told(&mut stop) => {
            served.as_mut().graceful_shutdown();
            let _ = tokio::time::timeout(Duration::from_secs(DRAIN_SECONDS), served).await;
        }
    }
}

async fn http2<S>(stream: S, from: Connection, router: Router, mut stop: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(from);
        service.call(request)
    });
    let served = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(Duration::from_secs(HEAD_SECONDS))
        .max_concurrent_streams(100)
        .max_header_list_size(u32::try_from(HEAD_BYTES).unwrap_or(u32::MAX))
        .serve_connection(TokioIo::new(stream), service);
    let mut served = pin!(served);
    tokio::select! {
        _ = &mut served => {}
        () = told(&mut stop) => {
            served.as_mut().graceful_shutdown();
            let _ = tokio::time::timeout(Duration::from_secs(DRAIN_SECONDS), served).await;
        }
    }
}

/// Waits until the server is told to stop (or nobody is left who could tell).
pub async fn told(stop: &mut watch::Receiver<bool>) {
    // The guard that `wait_for` gives is dropped here: it cannot be held across other waits.
    let _ = stop.wait_for(|stop| *stop).await;
}
