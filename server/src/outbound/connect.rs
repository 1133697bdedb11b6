//! Connections to checked addresses, with or without TLS.
//!
//! Promises: connects to the very addresses it is given and to nothing else; no proxy, whatever the environment says. TLS
//! is verified against the public roots and `outbound.trust_certificates`, under the name of the URL. Leaves to others:
//! which addresses these are (`resolve`), HTTP (`exchange`).

use super::Error;
use super::target::{HostName, Security, Target};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Time for all of connecting: name, TCP, TLS (SEC-13).
pub(super) const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// The most addresses of a name that are tried. Each gets its share of the time, so that one dead address family does not
/// use it up.
const MOST_TRIES: usize = 4;

/// Either kind of stream.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// The TLS settings: the public roots and these.
///
/// # Errors
/// The certificate that is no root, as a sentence.
pub(super) fn tls(extra_roots: &[CertificateDer<'static>]) -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for (index, certificate) in extra_roots.iter().enumerate() {
        roots.add(certificate.clone()).map_err(|error| {
            format!(
                "certificate {} of outbound.trust_certificates cannot be used as a root: {error}",
                index + 1
            )
        })?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS cannot be set up: {error}"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Connects to the first of these addresses that answers.
pub(super) async fn open(
    target: &Target,
    addresses: &[SocketAddr],
    tls: &Arc<ClientConfig>,
) -> Result<Box<dyn Stream>, Error> {
    let stream = tcp(addresses).await?;
    match target.security {
        Security::Plain => Ok(Box::new(stream)),
        Security::Tls => {
            let name = match &target.host {
                HostName::Name(name) => ServerName::try_from(name.clone()).map_err(|_| Error::Tls)?,
                HostName::Address(address) => ServerName::IpAddress((*address).into()),
            };
            let connected = TlsConnector::from(Arc::clone(tls)).connect(name, stream).await;
            Ok(Box::new(connected.map_err(|_| Error::Tls)?))
        }
    }
}

/// Tries the addresses one after another.
async fn tcp(addresses: &[SocketAddr]) -> Result<TcpStream, Error> {
    let tries = addresses.len().clamp(1, MOST_TRIES);
    let share = CONNECT_WITHIN / u32::try_from(tries).unwrap_or(1);
    let mut last = Error::Connect;
    for address in addresses.iter().take(tries) {
        match tokio::time::timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // One small request, one small answer: nothing to gain by waiting for more.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) if error.kind() == io::ErrorKind::TimedOut => last = Error::Timeout,
            Ok(Err(_)) => last = Error::Connect,
            Err(_) => last = Error::Timeout,
        }
    }
    Err(last)
}
