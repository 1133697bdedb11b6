//! The configuration of a server: `ringbridge.toml` and the environment, read once at the start.
//!
//! Promises: every value is a type already; a key that is not known, or not served by this build, is refused with its
//! place and a sentence. Relative paths lie in the folder of the file, never in the caller's, so that the server finds
//! its data wherever it is started from.
//!
//! Leaves to others: whether files exist, ports are free, the database opens.

mod parse;
#[cfg(test)]
mod tests;

use crate::document::Problems;
use ipnet::IpNet;
use ringbridge_core::redact::Secret;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use url::Url;

/// Variables that begin like ours and are no configuration: the log's filter, and what the tests set.
const OTHER_VARIABLES: [&str; 2] = ["RINGBRIDGE_LOG", "RINGBRIDGE_BINARY"];

/// What every variable of ours begins with.
const PREFIX: &str = "RINGBRIDGE_";

/// The most bytes of a configuration file; it has some dozens of lines.
const BYTES_MAX: u64 = 1024 * 1024;

/// The configuration of a server.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where browsers reach it; scheme and host without a path.
    pub public_url: Url,
    /// Where its database, keys and certificate lie; absolute.
    pub data_dir: PathBuf,
    /// `[https]`
    pub https: Https,
    /// `[database]` url: `sqlite:FILE`, relative to `data_dir`.
    pub database_url: String,
    /// `[sip]`
    pub sip: Sip,
    /// `[call]`
    pub call: Calls,
    /// `[outbound]`
    pub outbound: Outbound,
    /// `[metrics]` listen; absent: off.
    pub metrics: Option<SocketAddr>,
}

/// `[https]`
#[derive(Clone, Debug)]
pub struct Https {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Where the certificate is; absent: a self-signed one is made in `data_dir`.
    pub certificate: Option<Certificate>,
    /// Proxies whose `X-Forwarded-For` and `-Proto` are believed.
    pub trusted_proxies: Vec<IpNet>,
}

/// A certificate with its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The PEM file of the chain.
    pub chain: PathBuf,
    /// The PEM file of the private key.
    pub private_key: PathBuf,
}

/// `[sip]`
#[derive(Clone, Debug)]
pub struct Sip {
    /// Where it listens.
    pub listen: Vec<SipListen>,
    /// The host in Contact and Via when it differs.
    pub advertise: Option<String>,
    /// The realm of digest challenges.
    pub realm: String,
    /// The trunks in the order of the file; the first is the default.
    pub trunks: Vec<Trunk>,
}

impl Sip {
    /// The trunk of this name; the first one for `None`.
    #[must_use]
    pub fn trunk(&self, name: Option<&str>) -> Option<&Trunk> {
        match name {
            Some(name) => self.trunks.iter().find(|trunk| trunk.name == name),
            None => self.trunks.first(),
        }
    }
}

/// One SIP listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SipListen {
    /// What it speaks.
    pub transport: SipTransport,
    /// Where.
    pub address: SocketAddr,
}

/// What a SIP listener speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SipTransport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// A way to the telephone network: a carrier, a PBX, an SBC.
#[derive(Clone, Debug, PartialEq)]
pub struct Trunk {
    /// Its name; dial plan rules name it.
    pub name: String,
    /// Where calls go: `sip:host[:port][;transport=udp|tcp]`.
    pub uri: String,
    /// The digest user name; empty: none.
    pub username: String,
    /// The digest password.
    pub password: Secret,
    /// The header that carries the caller ID.
    pub caller_id_header: CallerIdHeader,
    /// How often it is asked OPTIONS; 0: never.
    pub keep_alive_seconds: u32,
}

/// `[call]`: how long phones ring (semantics 2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calls {
    /// The agent's.
    pub agent_ring_seconds: u32,
    /// The customer's.
    pub customer_ring_seconds: u32,
}

/// The header that carries the caller ID toward a trunk (semantics 2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallerIdHeader {
    /// `From`.
    From,
    /// `P-Asserted-Identity`.
    Pai,
    /// `P-Preferred-Identity`.
    Ppi,
}

/// `[outbound]`
#[derive(Clone, Debug)]
pub struct Outbound {
    /// Private networks that callbacks, screen pops and CRM may reach all the same.
    pub allow_private: Vec<IpNet>,
    /// PEM files of extra roots; absolute.
    pub trust_certificates: Vec<PathBuf>,
}

/// Why there is no configuration: one or more sentences for whoever starts the server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Something in it is wrong.
    #[error(transparent)]
    Refused(#[from] Problems),
    /// The file cannot be read.
    #[error("the configuration {file} cannot be read: {reason}")]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        reason: String,
    },
}

impl Config {
    /// Reads the file and what the environment puts in its place.
    ///
    /// # Errors
    /// Everything that is wrong, one sentence a line.
    pub fn load(
        file: &Path,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let text = crate::document::read(file, BYTES_MAX)
            .map_err(|reason| ConfigError::Unreadable { file: file.to_owned(), reason })?;
        let whole = std::path::absolute(file)
            .map_err(|error| ConfigError::Unreadable { file: file.to_owned(), reason: error.to_string() })?;
        let folder = whole.parent().unwrap_or(Path::new("/"));
        Ok(Self::parse(&file.display().to_string(), &text, folder, environment)?)
    }

    /// Reads the text of a file called `name` in sentences, whose relative paths lie in `folder`.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of lines.
    pub fn parse(
        name: &str,
        text: &str,
        folder: &Path,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Problems> {
        parse::parse(name, text, folder, environment)
    }
}
