//! Which addresses are not for callbacks: the table of special-purpose ranges (IANA's registries, RFC 6890 and its
//! successors), and the operator's exceptions.
//!
//! Promises: an address passes only if it is a global unicast address outside every range of the table, or inside
//! `outbound.allow_private`. An IPv6 address that carries an IPv4 address passes only by its own IPv6 form. Leaves to
//! others: finding the addresses behind a name (`resolve`).

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What a refused address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// "This network", or no address at all.
    Unspecified,
    /// The machine itself.
    Loopback,
    /// A private network (RFC 1918, ULA, site-local).
    Private,
    /// One link only; the metadata services of clouds live here.
    LinkLocal,
    /// Shared with a provider's customers (RFC 6598).
    CarrierNat,
    /// Many receivers.
    Multicast,
    /// Written in examples only.
    Documentation,
    /// Measuring only.
    Benchmark,
    /// Set apart for protocols, infrastructure or the future.
    Reserved,
    /// An IPv6 address that means an IPv4 address: mapped, compatible, NAT64, 6to4, Teredo.
    Embedded,
    /// A cloud's own service under an address that looks public.
    Platform,
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unspecified => "unspecified",
            Self::Loopback => "loopback",
            Self::Private => "private",
            Self::LinkLocal => "link-local",
            Self::CarrierNat => "carrier NAT",
            Self::Multicast => "multicast",
            Self::Documentation => "documentation",
            Self::Benchmark => "benchmark",
            Self::Reserved => "reserved",
            Self::Embedded => "IPv4 inside IPv6",
            Self::Platform => "cloud platform",
        })
    }
}

const fn v4(a: u8, b: u8, c: u8, d: u8, length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length)
}

const fn v6(segments: [u16; 8], length: u8) -> Ipv6Net {
    let [a, b, c, d, e, f, g, h] = segments;
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, e, f, g, h), length)
}

/// IPv4. The first range that holds the address names its class.
const V4: [(Ipv4Net, Class); 20] = [
    (v4(0, 0, 0, 0, 8), Class::Unspecified),
    (v4(10, 0, 0, 0, 8), Class::Private),
    (v4(100, 64, 0, 0, 10), Class::CarrierNat),
    (v4(127, 0, 0, 0, 8), Class::Loopback),
    (v4(168, 63, 129, 16, 32), Class::Platform),
    (v4(169, 254, 0, 0, 16), Class::LinkLocal),
    (v4(172, 16, 0, 0, 12), Class::Private),
    (v4(192, 0, 0, 0, 24), Class::Reserved),
    (v4(192, 0, 2, 0, 24), Class::Documentation),
    (v4(192, 31, 196, 0, 24), Class::Reserved),
    (v4(192, 52, 193, 0, 24), Class::Reserved),
    (v4(192, 88, 99, 0, 24), Class::Reserved),
    (v4(192, 168, 0, 0, 16), Class::Private),
    (v4(192, 175, 48, 0, 24), Class::Reserved),
    (v4(198, 18, 0, 0, 15), Class::Benchmark),
    (v4(198, 51, 100, 0, 24), Class::Documentation),
    (v4(203, 0, 113, 0, 24), Class::Documentation),
    (v4(233, 252, 0, 0, 24), Class::Documentation),
    (v4(224, 0, 0, 0, 4), Class::Multicast),
    (v4(240, 0, 0, 0, 4), Class::Reserved),
];

/// IPv6: what is not for us, inside and outside of 2000::/3. The first range that holds the address names its class.
const V6: [(Ipv6Net, Class); 21] = [
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 128), Class::Unspecified),
    (v6([0, 0, 0, 0, 0, 0, 0, 1], 128), Class::Loopback),
    (v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96), Class::Embedded),
    (v6([0, 0, 0, 0, 0xffff, 0, 0, 0], 96), Class::Embedded),
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 96), Class::Embedded),
    (v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96), Class::Embedded),
    (v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48), Class::Embedded),
    (v6([0x100, 0, 0, 0, 0, 0, 0, 0], 63), Class::Reserved),
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32), Class::Embedded),
    (v6([0x2001, 2, 0, 0, 0, 0, 0, 0], 48), Class::Benchmark),
    (v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), Class::Documentation),
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), Class::Reserved),
    (v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), Class::Embedded),
    (v6([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48), Class::Reserved),
    (v6([0x3ffe, 0, 0, 0, 0, 0, 0, 0], 16), Class::Reserved),
    (v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), Class::Documentation),
    (v6([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16), Class::Reserved),
    (v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7), Class::Private),
    (v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10), Class::LinkLocal),
    (v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10), Class::Private),
    (v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8), Class::Multicast),
];

/// The only part of IPv6 that is handed out as global unicast.
const GLOBAL_UNICAST: Ipv6Net = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

/// The class by which an address is refused; `None` for a public one.
#[must_use]
pub(super) fn special(address: IpAddr) -> Option<Class> {
    match address {
        IpAddr::V4(address) => V4.iter().find(|(range, _)| range.contains(&address)).map(|(_, class)| *class),
        IpAddr::V6(address) => V6
            .iter()
            .find(|(range, _)| range.contains(&address))
            .map(|(_, class)| *class)
            .or_else(|| isatap(address).then_some(Class::Embedded))
            .or_else(|| (!GLOBAL_UNICAST.contains(&address)).then_some(Class::Reserved)),
    }
}

/// Whether an address is ISATAP's: an IPv4 address behind `0:5efe` or `200:5efe` in the interface part.
fn isatap(address: Ipv6Addr) -> bool {
    let [.., a, b, _, _] = address.segments();
    matches!(a, 0 | 0x200) && b == 0x5efe
}

/// Refuses an address of the table that is not in the operator's exceptions.
///
/// # Errors
/// The class of the address.
pub(super) fn check(address: IpAddr, allow: &[IpNet]) -> Result<(), Class> {
    match special(address) {
        Some(class) if !allow.iter().any(|range| range.contains(&address)) => Err(class),
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Class::{
        Benchmark, CarrierNat, Documentation, Embedded, LinkLocal, Loopback, Multicast, Platform, Private,
        Reserved, Unspecified,
    };

    const TABLE: &[(&str, Option<Class>)] = &[
        // IPv4: the edges of every range and their neighbours.
        ("0.0.0.0", Some(Unspecified)),
        ("0.255.255.255", Some(Unspecified)),
        ("1.0.0.0", None),
        ("1.1.1.1", None),
        ("9.255.255.255", None),
        ("10.0.0.0", Some(Private)),
        ("10.255.255.255", Some(Private)),
        ("11.0.0.0", None),
        ("100.63.255.255", None),
        ("100.64.0.0", Some(CarrierNat)),
        ("100.100.100.200", Some(CarrierNat)),
        ("100.127.255.255", Some(CarrierNat)),
        ("100.128.0.0", None),
        ("126.255.255.255", None),
        ("127.0.0.0", Some(Loopback)),
        ("127.0.0.1", Some(Loopback)),
        ("127.255.255.255", Some(Loopback)),
        ("128.0.0.0", None),
        ("168.63.129.15", None),
        ("168.63.129.16", Some(Platform)),
        ("169.253.255.255", None),
        ("169.254.0.0", Some(LinkLocal)),
        ("169.254.169.254", Some(LinkLocal)),
        ("169.254.170.2", Some(LinkLocal)),
        ("169.255.0.0", None),
        ("172.15.255.255", None),
        ("172.16.0.0", Some(Private)),
        ("172.31.255.255", Some(Private)),
        ("172.32.0.0", None),
        ("191.255.255.255", None),
        ("192.0.0.0", Some(Reserved)),
        ("192.0.0.170", Some(Reserved)),
        ("192.0.0.192", Some(Reserved)),
        ("192.0.1.0", None),
        ("192.0.2.1", Some(Documentation)),
        ("192.0.3.0", None),
        ("192.31.196.1", Some(Reserved)),
        ("192.52.193.1", Some(Reserved)),
        ("192.88.99.1", Some(Reserved)),
        ("192.88.100.0", None),
        ("192.167.255.255", None),
        ("192.168.0.0", Some(Private)),
        ("192.168.255.255", Some(Private)),
        ("192.169.0.0", None),
        ("192.175.48.1", Some(Reserved)),
        ("198.17.255.255", None),
        ("198.18.0.0", Some(Benchmark)),
        ("198.19.255.255", Some(Benchmark)),
        ("198.20.0.0", None),
        ("198.51.99.255", None),
        ("198.51.100.1", Some(Documentation)),
        ("198.51.101.0", None),
        ("203.0.112.255", None),
        ("203.0.113.255", Some(Documentation)),
        ("203.0.114.0", None),
        ("223.255.255.255", None),
        ("224.0.0.1", Some(Multicast)),
        ("233.252.0.1", Some(Documentation)),
        ("239.255.255.255", Some(Multicast)),
        ("240.0.0.0", Some(Reserved)),
        ("255.255.255.255", Some(Reserved)),
        ("8.8.8.8", None),
        ("93.184.216.34", None),
        // IPv6.
        ("::", Some(Unspecified)),
        ("::1", Some(Loopback)),
        ("::2", Some(Embedded)),
        ("::127.0.0.1", Some(Embedded)),
        ("::8.8.8.8", Some(Embedded)),
        ("::ffff:127.0.0.1", Some(Embedded)),
        ("::ffff:8.8.8.8", Some(Embedded)),
        ("::ffff:169.254.169.254", Some(Embedded)),
        ("::ffff:0:127.0.0.1", Some(Embedded)),
        ("0:0:0:0:1::", Some(Reserved)),
        ("64:ff9b::7f00:1", Some(Embedded)),
        ("64:ff9b::808:808", Some(Embedded)),
        ("64:ff9b:1::a00:1", Some(Embedded)),
        ("64:ff9b:2::1", Some(Reserved)),
        ("100::1", Some(Reserved)),
        ("100:0:0:1::1", Some(Reserved)),
        ("200::1", Some(Reserved)),
        ("400::1", Some(Reserved)),
        ("1fff:ffff::1", Some(Reserved)),
        ("2000::1", None),
        ("2001::1", Some(Embedded)),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", Some(Embedded)),
        ("2001:1::1", Some(Reserved)),
        ("2001:2::1", Some(Benchmark)),
        ("2001:2:1::1", Some(Reserved)),
        ("2001:10::1", Some(Reserved)),
        ("2001:20::1", Some(Reserved)),
        ("2001:1ff:ffff::1", Some(Reserved)),
        ("2001:200::1", None),
        ("2001:4860:4860::8888", None),
        ("2001:db7:ffff::1", None),
        ("2001:db8::1", Some(Documentation)),
        ("2001:db9::1", None),
        ("2002::1", Some(Embedded)),
        ("2002:7f00:1::", Some(Embedded)),
        ("2002:a00:1::1", Some(Embedded)),
        ("2003::1", None),
        ("2606:4700:4700::1111", None),
        ("2620:4f:8000::1", Some(Reserved)),
        ("2a00:1450:4001::0:5efe:0a00:1", Some(Embedded)),
        ("2a00:1450:4001::200:5efe:a00:1", Some(Embedded)),
        ("2a00:1450:4001::5efe:1", None),
        ("3ffe::1", Some(Reserved)),
        ("3fff::1", Some(Documentation)),
        ("3fff:fff:ffff::1", Some(Documentation)),
        ("3fff:1000::1", None),
        ("4000::1", Some(Reserved)),
        ("5f00::1", Some(Reserved)),
        ("8000::1", Some(Reserved)),
        ("fbff::1", Some(Reserved)),
        ("fc00::1", Some(Private)),
        ("fd00:ec2::254", Some(Private)),
        ("fdff:ffff::1", Some(Private)),
        ("fe00::1", Some(Reserved)),
        ("fe80::1", Some(LinkLocal)),
        ("fe80::a9fe:a9fe", Some(LinkLocal)),
        ("febf::1", Some(LinkLocal)),
        ("fec0::1", Some(Private)),
        ("ff02::1", Some(Multicast)),
        ("ff0e::1", Some(Multicast)),
    ];

    #[test]
    fn every_address_has_its_exact_class() {
        for (text, class) in TABLE {
            assert_eq!(special(text.parse().expect(text)), *class, "{text}");
        }
    }

    #[test]
    fn an_exception_opens_its_own_range_and_nothing_else() {
        let allow = ["10.1.0.0/16".parse().unwrap(), "fd00:1::/32".parse().unwrap()];
        let verdict = |text: &str| check(text.parse().unwrap(), &allow);
        assert_eq!(verdict("10.1.2.3"), Ok(()));
        assert_eq!(verdict("10.2.0.1"), Err(Private));
        assert_eq!(verdict("fd00:1::9"), Ok(()));
        assert_eq!(verdict("fd00:2::9"), Err(Private));
        assert_eq!(verdict("::ffff:10.1.2.3"), Err(Embedded));
        assert_eq!(verdict("8.8.8.8"), Ok(()));
        assert_eq!(check("127.0.0.1".parse().unwrap(), &[]), Err(Loopback));
    }
}
