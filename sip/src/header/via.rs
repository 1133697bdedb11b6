//! The Via header: one hop of the way back.
//!
//! Promises: what a server must add on receipt (RFC 3261 18.2.1, RFC 3581) is one call, and where a response goes is
//! another. Leaves to others: sending it there.

use crate::params::{Params, Place};
use crate::scan::Scan;
use crate::text::{Invalid, SipToken, stored_as_text};
use crate::transport::Transport;
use crate::uri::Host;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// The transport a Via names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are SIP's own")]
pub enum ViaTransport {
    Udp,
    Tcp,
    Tls,
    Ws,
    Wss,
    /// Any other.
    Other(SipToken),
}

impl ViaTransport {
    fn as_str(&self) -> &str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Ws => "WS",
            Self::Wss => "WSS",
            Self::Other(token) => token.as_str(),
        }
    }

    fn named(token: &str) -> Result<Self, Invalid> {
        let known = [Self::Udp, Self::Tcp, Self::Tls, Self::Ws, Self::Wss];
        match known.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(token)) {
            Some(known) => Ok(known),
            None => SipToken::new(token).map(Self::Other),
        }
    }
}

impl From<Transport> for ViaTransport {
    fn from(transport: Transport) -> Self {
        match transport {
            Transport::Udp => Self::Udp,
            Transport::Tcp => Self::Tcp,
        }
    }
}

/// What a Via says about `rport` (RFC 3581).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rport {
    /// Nothing.
    Absent,
    /// It asks for the port the request came from.
    Asked,
    /// This one.
    Port(u16),
}

/// One hop of the way back.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Via {
    /// How the message travelled.
    pub transport: ViaTransport,
    /// The host the sender gives for itself.
    pub host: Host,
    /// The port the sender gives for itself.
    pub port: Option<u16>,
    /// `branch`, `received`, `rport` and others.
    pub params: Params,
}

/// What every branch of RFC 3261 begins with; branches without it come from older elements.
pub const MAGIC_COOKIE: &str = "z9hG4bK";

impl Via {
    /// A Via for a request of ours: with this branch, and asking for `rport`.
    #[must_use]
    pub fn new(transport: Transport, host: Host, port: u16, branch: SipToken) -> Self {
        let mut params = Params::new();
        params.set(SipToken::constant("branch"), Some(branch.into()));
        params.set(SipToken::constant("rport"), None);
        Self { transport: transport.into(), host, port: Some(port), params }
    }

    /// The branch.
    #[must_use]
    pub fn branch(&self) -> Option<&str> {
        self.params.get("branch")
    }

    /// What it says about `rport`.
    #[must_use]
    pub fn rport(&self) -> Rport {
        match (self.params.has("rport"), self.params.get("rport").and_then(crate::scan::number)) {
            (false, _) => Rport::Absent,
            (true, None) => Rport::Asked,
            (true, Some(port)) => Rport::Port(port),
        }
    }

    /// The address the request came from, as the receiver noted it.
    #[must_use]
    pub fn received(&self) -> Option<IpAddr> {
        let value = self.params.get("received")?;
        value.trim_start_matches('[').trim_end_matches(']').parse().ok()
    }

    /// Notes where the request really came from: `received` always where the host says otherwise or `rport` is asked for,
    /// the port only where it is asked for.
    pub fn stamp(&mut self, source: SocketAddr) {
        let asked = self.rport() != Rport::Absent;
        if asked || self.host.address() != Some(source.ip()) {
            self.params.set(SipToken::constant("received"), Some(source.ip().into()));
        } else {
            // A `received` the sender wrote itself would lead responses astray.
            self.params.remove("received");
        }
        if asked {
            self.params.set(SipToken::constant("rport"), Some(u32::from(source.port()).into()));
        }
    }

    /// Where a response goes on an unreliable transport (RFC 3261 18.2.2, RFC 3581): `None` where only a host name says it.
    /// `maddr` is not followed: it would let anybody aim our responses at anybody.
    #[must_use]
    pub fn reply_address(&self) -> Option<SocketAddr> {
        let address = self.received().or_else(|| self.host.address())?;
        let port = match self.rport() {
            Rport::Port(port) => port,
            Rport::Absent | Rport::Asked => self.port.unwrap_or(5060),
        };
        Some(SocketAddr::new(address, port))
    }

    /// `host:port` as the sender gives them, for matching (RFC 3261 17.2.3).
    #[must_use]
    pub fn sent_by(&self) -> String {
        format!("{}:{}", self.host, self.port.unwrap_or(5060)).to_ascii_lowercase()
    }

    /// Reads a comma-separated list to the end.
    pub(crate) fn parse_list(text: &str, vias: &mut Vec<Self>) -> Result<(), Invalid> {
        let mut scan = Scan::new(text);
        loop {
            vias.push(Self::scan(&mut scan)?);
            if !scan.eat_spaced(b',') {
                break;
            }
        }
        scan.blanks();
        if scan.at_end() { Ok(()) } else { Err(Invalid("something behind the Via")) }
    }

    fn scan(scan: &mut Scan<'_>) -> Result<Self, Invalid> {
        let bad = Invalid("a Via without SIP/2.0/transport");
        let is =
            |token: Option<&str>, word: &str| token.is_some_and(|token| token.eq_ignore_ascii_case(word));
        if !is(scan.token(), "SIP")
            || !scan.eat_spaced(b'/')
            || !is(scan.token(), "2.0")
            || !scan.eat_spaced(b'/')
        {
            return Err(bad);
        }
        let transport = ViaTransport::named(scan.token().ok_or(bad)?)?;
        if !scan.eat(b' ') {
            return Err(bad);
        }
        scan.blanks();
        let (host, port) = Host::scan_with_port(scan, Place::Header)?;
        let params = Params::scan(scan, Place::Header)?;
        Ok(Self { transport, host, port, params })
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SIP/2.0/{} {}", self.transport.as_str(), self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        self.params.fmt(f)
    }
}

impl std::str::FromStr for Via {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let mut scan = Scan::new(text);
        let via = Self::scan(&mut scan)?;
        if scan.at_end() { Ok(via) } else { Err(Invalid("something behind the Via")) }
    }
}

stored_as_text!(Via);

#[cfg(test)]
mod tests {
    use super::*;

    fn via(text: &str) -> Via {
        text.parse().expect("a Via")
    }

    #[test]
    fn a_via_with_blanks_around_its_slashes_is_read() {
        assert_eq!(
            via("SIP  / 2.0 /UDP    192.0.2.2;branch=390skdjuw").to_string(),
            "SIP/2.0/UDP 192.0.2.2;branch=390skdjuw"
        );
    }

    #[test]
    fn the_receiver_notes_address_and_port_where_rport_asks_for_them() {
        let mut hop = via("SIP/2.0/UDP 10.0.0.1:5062;branch=z9hG4bK1;rport");
        hop.stamp("192.0.2.7:40000".parse().expect("an address"));
        assert_eq!(
            hop.to_string(),
            "SIP/2.0/UDP 10.0.0.1:5062;branch=z9hG4bK1;rport=40000;received=192.0.2.7"
        );
        assert_eq!(hop.reply_address(), Some("192.0.2.7:40000".parse().expect("an address")));
    }

    #[test]
    fn without_rport_the_reply_goes_to_the_source_address_and_the_port_the_sender_gives() {
        let mut hop = via("SIP/2.0/UDP pc33.example.com:5062;branch=z9hG4bK1");
        hop.stamp("192.0.2.7:40000".parse().expect("an address"));
        assert_eq!(hop.reply_address(), Some("192.0.2.7:5062".parse().expect("an address")));
    }

    #[test]
    fn a_received_that_the_sender_wrote_itself_is_not_believed() {
        let mut hop = via("SIP/2.0/UDP 192.0.2.7:5062;branch=z9hG4bK1;received=203.0.113.9");
        hop.stamp("192.0.2.7:5062".parse().expect("an address"));
        assert_eq!(hop.reply_address(), Some("192.0.2.7:5062".parse().expect("an address")));
    }
}
