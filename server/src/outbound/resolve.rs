//! From a target to the socket addresses that may be called.
//!
//! Promises: a name is resolved once; every address it has is checked, and one that is not allowed refuses the whole name,
//! so that an attacker's name cannot hide a private address behind a public one. A resolver that fails closes the door
//! (SEC-13). What is returned is what is connected to: nothing is resolved a second time. Leaves to others: time limits.

use super::address;
use super::target::{HostName, Refused, Target};
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// The most addresses of one name that are looked at; a name with more of them is not a receiver of callbacks.
const MOST_ADDRESSES: usize = 64;

/// Names with addresses of their own, before any resolver is asked. Only the demo and tests have some.
pub type FixedNames = BTreeMap<String, Vec<SocketAddr>>;

/// Why a target has no addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unresolved {
    /// A rule forbids it.
    Refused(Refused),
    /// The name has no address, or the resolver failed.
    Unknown,
}

/// Finds and checks the addresses of a target.
///
/// # Errors
/// [`Unresolved`].
pub(super) async fn addresses(
    target: &Target,
    fixed: &FixedNames,
    allow: &[IpNet],
) -> Result<Vec<SocketAddr>, Unresolved> {
    let found: Vec<SocketAddr> = match &target.host {
        HostName::Address(address) => vec![SocketAddr::new(*address, target.port)],
        HostName::Name(name) => match fixed.get(name) {
            Some(addresses) => addresses.clone(),
            None => tokio::net::lookup_host((name.as_str(), target.port))
                .await
                .map_err(|_| Unresolved::Unknown)?
                .take(MOST_ADDRESSES + 1)
                .collect(),
        },
    };
    if found.is_empty() || found.len() > MOST_ADDRESSES {
        return Err(Unresolved::Unknown);
    }
    for address in &found {
        address::check(address.ip(), allow).map_err(|class| Unresolved::Refused(Refused::Address(class)))?;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbound::address::Class;
    use crate::outbound::target::Schemes;

    async fn look(text: &str, fixed: &FixedNames, allow: &[&str]) -> Result<Vec<SocketAddr>, Unresolved> {
        let target = Target::parse(text, Schemes::HttpAndHttps).unwrap();
        let allow: Vec<IpNet> = allow.iter().map(|net| net.parse().unwrap()).collect();
        addresses(&target, fixed, &allow).await
    }

    fn names(entries: &[(&str, &[&str])]) -> FixedNames {
        entries
            .iter()
            .map(|(name, list)| ((*name).to_owned(), list.iter().map(|a| a.parse().unwrap()).collect()))
            .collect()
    }

    #[tokio::test]
    async fn a_literal_address_is_checked_without_any_resolver() {
        let none = FixedNames::new();
        assert_eq!(look("http://1.1.1.1:8080/", &none, &[]).await, Ok(vec!["1.1.1.1:8080".parse().unwrap()]));
        assert_eq!(
            look("http://127.0.0.1/", &none, &[]).await,
            Err(Unresolved::Refused(Refused::Address(Class::Loopback)))
        );
        assert_eq!(
            look("http://[fd00:ec2::254]/", &none, &[]).await,
            Err(Unresolved::Refused(Refused::Address(Class::Private)))
        );
        assert_eq!(
            look("http://127.0.0.1/", &none, &["127.0.0.0/8"]).await,
            Ok(vec!["127.0.0.1:80".parse().unwrap()])
        );
    }

    #[tokio::test]
    async fn one_private_address_refuses_a_name_whatever_else_it_has() {
        let fixed = names(&[
            ("both.example", &["1.1.1.1:80", "169.254.169.254:80"]),
            ("mapped.example", &["[::ffff:10.0.0.1]:80"]),
            ("public.example", &["1.1.1.1:80", "[2606:4700::1111]:80"]),
            ("none.example", &[]),
        ]);
        let refused = |class| Err(Unresolved::Refused(Refused::Address(class)));
        assert_eq!(look("http://both.example/", &fixed, &[]).await, refused(Class::LinkLocal));
        assert_eq!(look("http://mapped.example/", &fixed, &["10.0.0.0/8"]).await, refused(Class::Embedded));
        assert_eq!(
            look("http://public.example/", &fixed, &[]).await,
            Ok(vec!["1.1.1.1:80".parse().unwrap(), "[2606:4700::1111]:80".parse().unwrap()])
        );
        assert_eq!(look("http://none.example/", &fixed, &[]).await, Err(Unresolved::Unknown));
    }

    #[tokio::test]
    async fn the_machines_own_name_is_refused_like_its_address() {
        assert_eq!(
            look("http://localhost/", &FixedNames::new(), &[]).await,
            Err(Unresolved::Refused(Refused::Address(Class::Loopback)))
        );
    }

    #[tokio::test]
    async fn a_name_that_does_not_exist_is_unknown() {
        assert_eq!(look("http://nobody.invalid/", &FixedNames::new(), &[]).await, Err(Unresolved::Unknown));
    }
}
