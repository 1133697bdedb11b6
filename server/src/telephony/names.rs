//! What we call ourselves toward a peer.
//!
//! Promises: the advertised host where one is configured, else the address we listen on, else the address the system would
//! send from. Leaves to others: whether a peer can reach that.

use crate::config::{SipListen, SipTransport};
use ringbridge_sip::transport::{Destination, Local, Transport};
use ringbridge_sip::uri::Host;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

/// Our host and ports.
#[derive(Clone, Debug)]
pub(super) struct Names {
    /// The configured host.
    pub(super) advertise: Option<Host>,
    /// What we really listen on.
    pub(super) listen: Vec<SipListen>,
}

/// The transport of a listener in the words of the SIP crate.
pub(super) const fn transport_of(listen: &SipListen) -> Transport {
    match listen.transport {
        SipTransport::Tcp => Transport::Tcp,
        SipTransport::Udp => Transport::Udp,
    }
}

impl Names {
    pub(super) fn local_for(&self, destination: &Destination) -> Local {
        let transport = destination.transport();
        let listen =
            self.listen.iter().find(|listen| transport_of(listen) == transport).or(self.listen.first());
        let port = listen.map_or(5060, |listen| listen.address.port());
        let host = match (&self.advertise, listen) {
            (Some(host), _) => host.clone(),
            (None, Some(listen)) if !listen.address.ip().is_unspecified() => listen.address.ip().into(),
            (None, _) => source_toward(destination).into(),
        };
        Local { host, port, transport }
    }

    /// An address for media of ours that any peer may be given.
    pub(super) fn media_ip(&self) -> IpAddr {
        let advertised = self.advertise.as_ref().and_then(Host::address);
        let listening = self.listen.iter().map(|listen| listen.address.ip()).find(|ip| !ip.is_unspecified());
        // 192.0.2.1 is nobody; asking for the way there tells the address of the default route.
        advertised.or(listening).unwrap_or_else(|| source_address((Ipv4Addr::new(192, 0, 2, 1), 9).into()))
    }
}

impl Names {
    /// The address of the first listener, whatever it is.
    pub(super) fn listening_ip(&self) -> IpAddr {
        self.listen.first().map_or(Ipv4Addr::UNSPECIFIED.into(), |listen| listen.address.ip())
    }
}

/// The address the system would send from to reach this destination.
fn source_toward(destination: &Destination) -> IpAddr {
    let known = destination.flow.map(|flow| flow.remote);
    let literal = destination.uri.host.address().map(|ip| SocketAddr::new(ip, 5060));
    source_address(known.or(literal).unwrap_or((Ipv4Addr::new(192, 0, 2, 1), 9).into()))
}

/// Asks the system for its way to an address; nothing is sent.
fn source_address(remote: SocketAddr) -> IpAddr {
    let any: SocketAddr =
        if remote.is_ipv4() { (Ipv4Addr::UNSPECIFIED, 0).into() } else { ([0_u16; 8], 0).into() };
    let asked =
        UdpSocket::bind(any).and_then(|socket| socket.connect(remote).and_then(|()| socket.local_addr()));
    asked.map_or(Ipv4Addr::LOCALHOST.into(), |local| local.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(advertise: Option<&str>, listen: &str) -> Names {
        let address = listen.parse().unwrap();
        Names {
            advertise: advertise.map(|host| host.parse().unwrap()),
            listen: vec![
                SipListen { transport: SipTransport::Udp, address },
                SipListen { transport: SipTransport::Tcp, address: SocketAddr::new(address.ip(), 5061) },
            ],
        }
    }

    fn toward(names: &Names, uri: &str) -> String {
        let Local { host, port, transport } = names.local_for(&Destination::new(uri.parse().unwrap()));
        format!("{transport:?} {host}:{port}")
    }

    #[test]
    fn the_advertised_host_comes_first_then_the_one_we_listen_on_then_the_way_there() {
        let advertised = names(Some("pbx.example.com"), "0.0.0.0:5060");
        assert_eq!(toward(&advertised, "sip:127.0.0.1"), "Udp pbx.example.com:5060");
        let listening = names(None, "127.0.0.2:5060");
        assert_eq!(toward(&listening, "sip:127.0.0.1;transport=tcp"), "Tcp 127.0.0.2:5061");
        let any = names(None, "0.0.0.0:5060");
        assert_eq!(toward(&any, "sip:127.0.0.1"), "Udp 127.0.0.1:5060");
    }
}
