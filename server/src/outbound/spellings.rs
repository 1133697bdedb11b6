//! Properties of the outbound rules over generated hosts: whatever the spelling, a special-purpose address is never
//! reached, and two parsers never see two hosts.

use super::address::special;
use super::resolve::{FixedNames, Unresolved, addresses};
use super::target::{HostName, Refused, Schemes, Target};
use proptest::prelude::*;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// One number in one of the bases that `inet_aton` reads.
fn number(value: u32, base: u8) -> String {
    match base {
        0 => format!("{value}"),
        1 => format!("0{value:o}"),
        2 => format!("0x{value:x}"),
        3 => format!("0X{value:X}"),
        4 => format!("00000{value:o}"),
        _ => format!("0x0000{value:x}"),
    }
}

/// An IPv4 address in one of the spellings that some parser understands: 1 to 4 parts, each in a base of its own, plain or
/// in characters that are mapped to ASCII, with and without a dot at the end.
fn spelling() -> impl Strategy<Value = (u32, String)> {
    (any::<u32>(), 1_usize..=4, prop::array::uniform4(0_u8..6), 0_u8..4).prop_map(
        |(address, parts, bases, look)| {
            let [a, b, c, d] = address.to_be_bytes().map(u32::from);
            let numbers = match parts {
                1 => vec![address],
                2 => vec![a, address & 0x00ff_ffff],
                3 => vec![a, b, address & 0xffff],
                _ => vec![a, b, c, d],
            };
            let written: Vec<String> = numbers.iter().zip(bases).map(|(n, base)| number(*n, base)).collect();
            let plain = written.join(".");
            let host = match look {
                0 => plain,
                1 => format!("{plain}."),
                2 => plain.chars().map(|c| if c == '.' { '。' } else { c }).collect(),
                _ => plain.bytes().map(|b| format!("%{b:02x}")).collect(),
            };
            (address, host)
        },
    )
}

/// What becomes of a URL before anything is sent.
fn verdict(url: &str) -> Result<Vec<IpAddr>, Refused> {
    let target = Target::parse(url, Schemes::HttpAndHttps)?;
    // Names would need a resolver; these hosts are addresses or nothing.
    let HostName::Address(_) = target.host else { return Ok(vec![]) };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    match runtime.block_on(addresses(&target, &FixedNames::new(), &[])) {
        Ok(found) => Ok(found.iter().map(|address| address.ip()).collect()),
        Err(Unresolved::Refused(refused)) => Err(refused),
        Err(Unresolved::Unknown) => Ok(vec![]),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn an_ipv4_address_passes_only_in_its_plain_spelling_and_only_if_it_is_public((address, host) in spelling()) {
        let plain = Ipv4Addr::from(address);
        let public = special(plain.into()).is_none();
        match verdict(&format!("http://{host}:8080/")) {
            Ok(found) => {
                prop_assert_eq!(&host, &plain.to_string());
                prop_assert!(public);
                prop_assert_eq!(found, vec![IpAddr::V4(plain)]);
            }
            Err(Refused::HostSpelling) => prop_assert_ne!(host, plain.to_string()),
            Err(Refused::Address(_)) => prop_assert!(!public),
            Err(other) => prop_assert!(false, "{other}"),
        }
    }

    #[test]
    fn an_ipv6_address_passes_only_in_its_shortest_spelling_and_only_if_it_is_public(
        segments in prop::array::uniform8(prop_oneof![Just(0_u16), Just(0xffff), Just(0x2001), Just(0x64), any::<u16>()]),
        long in any::<bool>(),
    ) {
        let address = Ipv6Addr::from(segments);
        let host = if long {
            segments.map(|segment| format!("{segment:04x}")).join(":")
        } else {
            address.to_string()
        };
        if let Ok(found) = verdict(&format!("https://[{host}]/")) {
            prop_assert_eq!(found, vec![IpAddr::V6(address)]);
            prop_assert!(special(address.into()).is_none());
            prop_assert!(!long || host == address.to_string());
        }
    }

    #[test]
    fn another_parser_sees_the_same_host(
        host in "[a-zA-Z0-9.\\-_@:%\\[\\]\\\\/?#。①x0 ]{1,24}",
        path in "[/?#@:\\\\a-z%]{0,8}",
    ) {
        let url = format!("http://{host}{path}");
        if let Ok(target) = Target::parse(&url, Schemes::HttpAndHttps) {
            let ours = match &target.host {
                HostName::Name(name) => name.clone(),
                HostName::Address(IpAddr::V4(address)) => address.to_string(),
                HostName::Address(IpAddr::V6(address)) => format!("[{address}]"),
            };
            // The other parser takes no blanks and no characters beyond ASCII in what follows the host; the host counts.
            let authority_ends = url[7..].find(['/', '?', '#']).map_or(url.len(), |at| at + 7);
            let theirs: hyper::Uri = url[..authority_ends].trim().parse().unwrap();
            prop_assert_eq!(theirs.host().map(str::to_ascii_lowercase), Some(ours));
        }
    }
}
