//! The only HTTP client of the project: callbacks and what is said to a CRM leave through here.
//!
//! Promises (SEC-11 to SEC-14): a URL is parsed once and its host taken only in canonical spelling; a name is resolved
//! once and every address checked; the connection goes to the checked address; http and https only, no user info, no
//! redirects, no proxy from the environment, no cookies, no connection used twice; 5 s to connect, 15 s in all, 64 KiB
//! read unless a [`Request`] says otherwise. Errors are classes without addresses, and say whether the request may have
//! arrived. Leaves to others: what is sent, and what an answer means (`jobs`).

mod address;
mod connect;
mod exchange;
mod measured;
mod request;
mod resolve;
mod target;

pub use address::Class;
pub use request::{Arrival, Reply, Request, Unanswered};
pub use resolve::FixedNames;
pub use target::{Refused, Schemes, Target};

use ipnet::IpNet;
use resolve::Unresolved;
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Time for everything, from the name to the last byte.
const ALL_WITHIN: Duration = Duration::from_secs(15);

/// The operator's rules (`[outbound]`).
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Ranges that may be called although they are not public.
    pub allow_private: Vec<IpNet>,
    /// Roots beside the public ones.
    pub extra_roots: Vec<CertificateDer<'static>>,
    /// Names with addresses of their own; the demo's and tests'.
    pub fixed_names: FixedNames,
}

/// An answer: all that is kept of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// `Retry-After` as it was sent.
    pub retry_after: Option<String>,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A rule forbids it; nothing was sent.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The name is unknown, nobody listens, or the connection broke before an answer.
    #[error("the receiver could not be reached")]
    Connect,
    /// The time was over.
    #[error("the receiver did not answer in time")]
    Timeout,
    /// The TLS handshake failed.
    #[error("no trusted TLS connection to the receiver")]
    Tls,
    /// What came back is not HTTP, or too large to be an answer.
    #[error("the receiver's answer is no HTTP")]
    Garbled,
}

/// The client. Clones share everything.
#[derive(Clone)]
pub struct Outbound {
    rules: Arc<Rules>,
    tls: Arc<ClientConfig>,
    all_within: Duration,
}

impl Outbound {
    /// Makes the client.
    ///
    /// # Errors
    /// A root certificate that cannot be used, as a sentence.
    pub fn new(rules: Rules) -> Result<Self, String> {
        let tls = connect::tls(&rules.extra_roots)?;
        Ok(Self { rules: Arc::new(rules), tls, all_within: ALL_WITHIN })
    }

    /// The same without patience: whoever does not answer at once does not answer in time.
    #[cfg(test)]
    pub(crate) fn impatient(self) -> Self {
        Self { all_within: Duration::from_millis(50), ..self }
    }

    /// Posts a body once and reads the answer. An answer of any status is an answer.
    ///
    /// # Errors
    /// [`Error`], which names no address.
    pub async fn post(
        &self,
        url: &str,
        schemes: Schemes,
        content_type: &'static str,
        headers: &[(&'static str, &str)],
        body: String,
    ) -> Result<Answer, Error> {
        let target = Target::parse(url, schemes)?;
        let exchange = async {
            let stream = self.connect(&target).await?;
            exchange::post(stream, &target, content_type, headers, body).await
        };
        tokio::time::timeout(self.all_within, exchange).await.map_err(|_| Error::Timeout)?
    }

    /// Sends a request once and reads the whole answer. An answer of any status is an answer.
    ///
    /// # Errors
    /// [`Unanswered`], which names no address.
    pub async fn send(&self, request: Request<'_>) -> Result<Reply, Unanswered> {
        let target = Target::parse(request.url, request.schemes)?;
        let end = tokio::time::Instant::now() + self.all_within;
        let stream = self.connect(&target).await.map_err(Unanswered::before)?;
        let exchange = exchange::send(stream, &target, request);
        match tokio::time::timeout_at(end, exchange).await {
            Ok(answer) => answer.map_err(Unanswered::after),
            Err(_) => Err(Unanswered::after(Error::Timeout)),
        }
    }

    /// A connection to the first checked address that answers.
    async fn connect(&self, target: &Target) -> Result<Box<dyn connect::Stream>, Error> {
        let stream = tokio::time::timeout(connect::CONNECT_WITHIN, async {
            let addresses = self.addresses(target).await?;
            connect::open(target, &addresses, &self.tls).await
        });
        stream.await.map_err(|_| Error::Timeout)?
    }

    /// Checks a URL as [`Self::post`] would, without calling it.
    ///
    /// # Errors
    /// The same as [`Self::post`]'s up to the connection.
    pub async fn check(&self, url: &str, schemes: Schemes) -> Result<(), Error> {
        let target = Target::parse(url, schemes)?;
        let found = tokio::time::timeout(connect::CONNECT_WITHIN, self.addresses(&target)).await;
        found.map_err(|_| Error::Timeout)?.map(drop)
    }

    /// The checked addresses of a target.
    async fn addresses(&self, target: &Target) -> Result<Vec<SocketAddr>, Error> {
        let found = resolve::addresses(target, &self.rules.fixed_names, &self.rules.allow_private).await;
        found.map_err(|why| match why {
            Unresolved::Refused(refused) => Error::Refused(refused),
            Unresolved::Unknown => Error::Connect,
        })
    }
}

/// Reads the PEM files of `outbound.trust_certificates`.
///
/// # Errors
/// The file that cannot be read or holds no certificate, as a sentence.
pub fn read_roots<P: AsRef<Path>>(files: &[P]) -> Result<Vec<CertificateDer<'static>>, String> {
    let mut roots = Vec::new();
    for file in files {
        let shown = file.as_ref().display();
        let pem = std::fs::read(file)
            .map_err(|error| format!("outbound.trust_certificates: {shown} cannot be read: {error}"))?;
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
        let found = found.map_err(|_| format!("outbound.trust_certificates: {shown} is no PEM file"))?;
        if found.is_empty() {
            return Err(format!("outbound.trust_certificates: {shown} holds no certificate"));
        }
        roots.extend(found);
    }
    Ok(roots)
}

#[cfg(test)]
mod spellings;
#[cfg(test)]
mod tests;
