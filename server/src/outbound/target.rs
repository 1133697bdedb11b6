//! A URL as we are willing to read it: parsed once, its host in the one spelling that every parser reads alike.
//!
//! Promises: a [`Target`] is http or https, has no user info, a host in canonical ASCII spelling and a port on which HTTP
//! is spoken; whatever any two URL parsers could understand differently is refused, not repaired (SEC-11, SEC-12). Leaves
//! to others: the addresses behind the name (`resolve`, `address`).

use super::address::Class;
use std::net::IpAddr;
use url::{Host, Url};

/// The longest URL, tokens filled.
const MOST_BYTES: usize = 2048;

/// The longest host name that DNS knows.
const MOST_HOST_BYTES: usize = 253;

/// Ports from 1024 up on which something else than HTTP answers, after the Fetch standard's list. Below 1024 only 80 and
/// 443 are open to us.
const OTHER_PROTOCOLS: [u16; 22] = [
    1719, 1720, 1723, 2049, 3306, 3659, 4045, 4190, 5060, 5061, 5432, 6000, 6379, 6566, 6665, 6666, 6667,
    6668, 6669, 6679, 6697, 10080,
];

/// Which schemes a tenant lets callbacks use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schemes {
    /// The reference's own Example 3 uses http.
    HttpAndHttps,
    /// The tenant's `https_only`.
    HttpsOnly,
}

/// Why a URL is refused, in words that name no address (SEC-14).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is longer than the limit.
    #[error("the URL is longer than 2048 bytes")]
    TooLong,
    /// It cannot be read as a URL.
    #[error("this is no URL; it must look like https://host/path")]
    NotUrl,
    /// Another scheme than http and https.
    #[error("only http: and https: URLs are called")]
    Scheme,
    /// http where only https is allowed.
    #[error("this tenant allows only https: URLs")]
    HttpsOnly,
    /// `user@` or `user:password@` before the host.
    #[error("the URL must not hold a user name or password")]
    UserInfo,
    /// A host in another than its canonical spelling.
    #[error(
        "the host must be a plain name in ASCII (xn--… for others), a dotted IPv4 address or a bracketed IPv6 address in its shortest form"
    )]
    HostSpelling,
    /// A port that is not HTTP's.
    #[error("the port must be 80, 443 or one above 1023 that belongs to no other protocol")]
    Port,
    /// An address of a special-purpose range.
    #[error(
        "the host has an address that is not public ({0}); the server's outbound.allow_private does not list it"
    )]
    Address(Class),
}

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Whether TLS is spoken.
    pub security: Security,
    /// The host.
    pub host: HostName,
    /// The port, also where the URL leaves it out.
    pub port: u16,
    /// Path and query as they stand in the request line.
    pub path_and_query: String,
}

/// Whether TLS is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// http
    Plain,
    /// https
    Tls,
}

/// A host in its canonical spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostName {
    /// A name to be resolved.
    Name(String),
    /// An address, written out.
    Address(IpAddr),
}

impl Target {
    /// Reads a URL.
    ///
    /// # Errors
    /// The rule it breaks.
    pub fn parse(text: &str, schemes: Schemes) -> Result<Self, Refused> {
        if text.len() > MOST_BYTES {
            return Err(Refused::TooLong);
        }
        let url = Url::parse(text).map_err(|_| unreadable(text))?;
        let (security, default_port) = match (url.scheme(), schemes) {
            ("https", Schemes::HttpAndHttps | Schemes::HttpsOnly) => (Security::Tls, 443),
            ("http", Schemes::HttpAndHttps) => (Security::Plain, 80),
            ("http", Schemes::HttpsOnly) => return Err(Refused::HttpsOnly),
            _ => return Err(Refused::Scheme),
        };
        let written = Written::find(text, url.scheme()).ok_or(Refused::HostSpelling)?;
        if written.user_info || !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::UserInfo);
        }
        if !url.host_str().is_some_and(|canonical| written.host.eq_ignore_ascii_case(canonical)) {
            return Err(Refused::HostSpelling);
        }
        let host = match url.host().ok_or(Refused::NotUrl)? {
            Host::Domain(name) if is_plain_name(name) => HostName::Name(name.to_owned()),
            Host::Domain(_) => return Err(Refused::HostSpelling),
            Host::Ipv4(address) => HostName::Address(address.into()),
            Host::Ipv6(address) => HostName::Address(address.into()),
        };
        let port = url.port().unwrap_or(default_port);
        if !(matches!(port, 80 | 443) || port >= 1024) || OTHER_PROTOCOLS.contains(&port) {
            return Err(Refused::Port);
        }
        let path_and_query = url[url::Position::BeforePath..url::Position::AfterQuery].to_owned();
        Ok(Self { security, host, port, path_and_query })
    }

    /// The value of the `Host` header.
    #[must_use]
    pub fn authority(&self) -> String {
        let host = match &self.host {
            HostName::Name(name) => name.clone(),
            HostName::Address(IpAddr::V4(address)) => address.to_string(),
            HostName::Address(IpAddr::V6(address)) => format!("[{address}]"),
        };
        match (self.security, self.port) {
            (Security::Plain, 80) | (Security::Tls, 443) => host,
            (Security::Plain | Security::Tls, port) => format!("{host}:{port}"),
        }
    }
}

/// What a URL that the parser refuses gets to hear: a host in a strange spelling is the likeliest reason.
fn unreadable(text: &str) -> Refused {
    if Written::find(text, "http").or_else(|| Written::find(text, "https")).is_some() {
        Refused::HostSpelling
    } else {
        Refused::NotUrl
    }
}

/// The authority as it is written, before any parser has interpreted it.
struct Written {
    user_info: bool,
    host: String,
}

impl Written {
    /// Finds it by the plainest reading: `scheme://`, then everything up to the next `/`, `?` or `#`. A `\`, which some
    /// parsers take for a `/`, stays in it and makes it no canonical host.
    fn find(text: &str, scheme: &str) -> Option<Self> {
        // The URL standard drops these wherever they stand; Example 3 has a line break in the middle of its URL.
        let text: String = text.chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect();
        let text = text.trim_matches(|c: char| c <= ' ');
        let (before, rest) = text.split_at_checked(scheme.len())?;
        let rest = rest.strip_prefix("://").filter(|_| before.eq_ignore_ascii_case(scheme))?;
        let authority = rest.split(['/', '?', '#']).next()?;
        let (user_info, host_and_port) = match authority.rsplit_once('@') {
            Some((_, after)) => (true, after),
            None => (false, authority),
        };
        let port_at = match host_and_port.rfind(']') {
            Some(bracket) => host_and_port.get(bracket..)?.find(':').map(|colon| bracket + colon),
            None => host_and_port.find(':'),
        };
        let host = port_at.map_or(host_and_port, |at| host_and_port.get(..at).unwrap_or_default());
        let port = port_at.map_or("", |at| host_and_port.get(at + 1..).unwrap_or_default());
        // A `\` behind the colon ends the authority for some parsers and not for others: then no host is canonical.
        let plain_port = port.bytes().all(|byte| byte.is_ascii_digit());
        let host = if plain_port { host } else { "" };
        Some(Self { user_info, host: host.to_owned() })
    }
}

/// Whether a name is labels of letters, digits, `-` and `_`, none of them empty: no trailing dot, no brackets.
fn is_plain_name(name: &str) -> bool {
    name.len() <= MOST_HOST_BYTES
        && name.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> Option<Refused> {
        Target::parse(text, Schemes::HttpAndHttps).err()
    }

    #[test]
    fn a_plain_url_is_taken_apart() {
        assert_eq!(
            Target::parse(
                "HTTP://WWW.MyCompany.com/clicktodial/callback?\ntransaction=7#x",
                Schemes::HttpAndHttps
            ),
            Ok(Target {
                security: Security::Plain,
                host: HostName::Name("www.mycompany.com".to_owned()),
                port: 80,
                path_and_query: "/clicktodial/callback?transaction=7".to_owned(),
            })
        );
        assert_eq!(
            Target::parse("https://[2606:4700::1111]:8443?a b", Schemes::HttpsOnly),
            Ok(Target {
                security: Security::Tls,
                host: HostName::Address("2606:4700::1111".parse().unwrap()),
                port: 8443,
                path_and_query: "/?a%20b".to_owned(),
            })
        );
    }

    #[test]
    fn the_host_header_leaves_out_the_schemes_own_port() {
        let authority = |text| Target::parse(text, Schemes::HttpAndHttps).unwrap().authority();
        assert_eq!(authority("http://a.example:80/"), "a.example");
        assert_eq!(authority("http://a.example:443/"), "a.example:443");
        assert_eq!(authority("https://[2606:4700::1111]/"), "[2606:4700::1111]");
        assert_eq!(authority("https://1.1.1.1:8443/"), "1.1.1.1:8443");
    }

    #[test]
    fn each_strange_url_is_refused_by_its_own_rule() {
        use Refused::{HostSpelling, NotUrl, Port, Scheme, UserInfo};
        let table: &[(&str, Refused)] = &[
            // No URL at all, or another scheme.
            ("", NotUrl),
            ("example.com", NotUrl),
            ("//example.com/", NotUrl),
            ("/callback", NotUrl),
            ("http", NotUrl),
            ("ftp://example.com/", Scheme),
            ("file:///etc/passwd", Scheme),
            ("gopher://example.com:70/_x", Scheme),
            ("javascript:alert(1)", Scheme),
            ("data:text/plain,x", Scheme),
            ("ws://example.com/", Scheme),
            ("dict://example.com:11211/stat", Scheme),
            ("ldap://example.com/", Scheme),
            ("unix:///var/run/docker.sock", Scheme),
            ("http+unix://%2Fvar%2Frun/", Scheme),
            ("jar:http://example.com!/", Scheme),
            ("mailto:a@example.com", Scheme),
            ("about:blank", Scheme),
            // User info, plain and as a trick.
            ("http://user@example.com/", UserInfo),
            ("http://user:secret@example.com/", UserInfo),
            ("http://@example.com/", UserInfo),
            ("http://:@example.com/", UserInfo),
            ("http://example.com@127.0.0.1/", UserInfo),
            ("http://example.com:80@127.0.0.1/", UserInfo),
            ("http://a@b@example.com/", UserInfo),
            ("http://example.com%40@127.0.0.1/", UserInfo),
            ("http://127.0.0.1:80@example.com:80/", UserInfo),
            // IPv4 in other spellings.
            ("http://0177.0.0.1/", HostSpelling),
            ("http://0x7f.0.0.1/", HostSpelling),
            ("http://0x7f000001/", HostSpelling),
            ("http://2130706433/", HostSpelling),
            ("http://017700000001/", HostSpelling),
            ("http://127.1/", HostSpelling),
            ("http://127.0.1/", HostSpelling),
            ("http://127.0.0.1./", HostSpelling),
            ("http://127.000.000.001/", HostSpelling),
            ("http://0/", HostSpelling),
            ("http://1/", HostSpelling),
            ("http://0x0/", HostSpelling),
            ("http://192.168.257/", HostSpelling),
            ("http://1.1.1.01/", HostSpelling),
            ("http://8.8.2056/", HostSpelling),
            ("http://256.1.1.1/", HostSpelling),
            ("http://1.2.3.4.5/", HostSpelling),
            ("http://0xffffffffff/", HostSpelling),
            ("http://1.2.3.0x/", HostSpelling),
            ("http://127。0。0。1/", HostSpelling),
            ("http://①②⑦.⓪.⓪.①/", HostSpelling),
            ("http://１２７.0.0.1/", HostSpelling),
            ("http://%31%32%37.0.0.1/", HostSpelling),
            ("http://127%2e0%2e0%2e1/", HostSpelling),
            // IPv6 in other spellings.
            ("http://[0:0:0:0:0:0:0:1]/", HostSpelling),
            ("http://[::0001]/", HostSpelling),
            ("http://[2606:4700:0:0:0:0:0:1111]/", HostSpelling),
            ("http://[::127.0.0.1]/", HostSpelling),
            ("http://[::ffff:127.0.0.1]/", HostSpelling),
            ("http://[::ffff:8.8.8.8]/", HostSpelling),
            ("http://[fe80::1%25eth0]/", HostSpelling),
            ("http://[fe80::1%eth0]/", HostSpelling),
            ("http://[::1%1]/", HostSpelling),
            ("http://[::1/", HostSpelling),
            ("http://::1/", HostSpelling),
            ("http://[example.com]/", HostSpelling),
            ("http://[127.0.0.1]/", HostSpelling),
            ("http://[v1.x]/", HostSpelling),
            ("http://[]/", HostSpelling),
            ("http://[::1]x/", HostSpelling),
            // Names in other spellings.
            ("http://example.com./", HostSpelling),
            ("http://example.com../", HostSpelling),
            ("http://.example.com/", HostSpelling),
            ("http://a..b/", HostSpelling),
            ("http://./", HostSpelling),
            ("http://ex%61mple.com/", HostSpelling),
            ("http://localhost%00.example.com/", HostSpelling),
            ("http://exa mple.com/", HostSpelling),
            ("http://example.com%20/", HostSpelling),
            ("http://example.com%23/", HostSpelling),
            ("http://bücher.example/", HostSpelling),
            ("http://ⓔxample.com/", HostSpelling),
            ("http://examp\u{ad}le.com/", HostSpelling),
            ("http://exam\u{200b}ple.com/", HostSpelling),
            ("http://ｌocalhost/", HostSpelling),
            ("http://exam!ple.com/", HostSpelling),
            ("http://exam;ple.com/", HostSpelling),
            ("http://a,b/", HostSpelling),
            ("http://$(id).example.com/", HostSpelling),
            ("http://{host}/", HostSpelling),
            ("http:///example.com/", HostSpelling),
            ("http:////example.com/", HostSpelling),
            ("http:example.com/", HostSpelling),
            ("http:/example.com/", HostSpelling),
            ("http:\\\\example.com\\", HostSpelling),
            ("http:\\/example.com/", HostSpelling),
            ("http://\\example.com/", HostSpelling),
            ("http://example.com\\.evil.example/", HostSpelling),
            ("http://example.com:\\", HostSpelling),
            ("http://example.com:80\\.evil.example/", HostSpelling),
            ("http://example.com\\@127.0.0.1/", UserInfo),
            ("http://", HostSpelling),
            ("https://", HostSpelling),
            ("https://?x", HostSpelling),
            ("https://#x", HostSpelling),
            // Ports.
            ("http://example.com:0/", Port),
            ("http://example.com:1/", Port),
            ("http://example.com:21/", Port),
            ("http://example.com:22/", Port),
            ("http://example.com:25/", Port),
            ("http://example.com:53/", Port),
            ("http://example.com:110/", Port),
            ("http://example.com:389/", Port),
            ("http://example.com:445/", Port),
            ("http://example.com:587/", Port),
            ("http://example.com:1023/", Port),
            ("http://example.com:3306/", Port),
            ("http://example.com:5060/", Port),
            ("http://example.com:5432/", Port),
            ("http://example.com:6379/", Port),
            ("http://example.com:6667/", Port),
            ("http://example.com:10080/", Port),
            ("http://example.com:65536/", HostSpelling),
            ("http://example.com:-1/", HostSpelling),
            ("http://example.com:8o/", HostSpelling),
            ("http://example.com:80:80/", HostSpelling),
        ];
        assert!(table.len() >= 100);
        for (text, rule) in table {
            assert_eq!(refusal(text), Some(*rule), "{text:?}");
        }
    }

    #[test]
    fn ordinary_urls_are_taken() {
        for text in [
            "http://example.com",
            "https://example.com/",
            "https://EXAMPLE.com/a?b=c",
            "https://my_host.internal-1.example:8443/x",
            "http://receiver:8080/",
            "http://localhost:49152/",
            "http://127.0.0.1:8080/",
            "https://[::1]:8443/",
            "https://xn--bcher-kva.example/",
            "http://1.1.1.1/",
            "http://example.com:80/",
            "http://example.com:00443/",
            " http://example.com/ ",
            "http://example.com/a\\b",
            "http://example.com/@127.0.0.1",
            "http://example.com?@127.0.0.1",
            "http://example.com#@127.0.0.1",
        ] {
            assert_eq!(refusal(text), None, "{text:?}");
        }
    }

    #[test]
    fn https_only_refuses_http_and_length_has_a_limit() {
        assert_eq!(Target::parse("http://example.com/", Schemes::HttpsOnly), Err(Refused::HttpsOnly));
        let long = format!("http://example.com/{}", "a".repeat(MOST_BYTES - 19));
        assert_eq!(refusal(&long), None);
        assert_eq!(refusal(&format!("{long}a")), Some(Refused::TooLong));
    }
}
