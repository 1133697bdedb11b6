//! Digest challenges and credentials as headers (RFC 3261 22, RFC 7616, RFC 8760).
//!
//! Promises: values come out without quotes and go in with the quotes the grammar wants; `nc` is eight hexadecimal digits.
//! Leaves to others: computing and judging them ([`crate::digest`]).

use crate::scan::{Scan, unquote};
use crate::text::{Invalid, has_control, stored_as_text, write_quoted};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A digest algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// MD5, what every phone knows.
    Md5,
    /// MD5-sess.
    Md5Sess,
    /// SHA-256 (RFC 8760).
    Sha256,
    /// SHA-256-sess.
    Sha256Sess,
}

impl Algorithm {
    /// The name in headers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Md5Sess => "MD5-sess",
            Self::Sha256 => "SHA-256",
            Self::Sha256Sess => "SHA-256-sess",
        }
    }

    fn named(text: &str) -> Option<Self> {
        [Self::Md5, Self::Md5Sess, Self::Sha256, Self::Sha256Sess]
            .into_iter()
            .find(|known| known.as_str().eq_ignore_ascii_case(text))
    }
}

/// What a server asks for: `WWW-Authenticate` and `Proxy-Authenticate`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// Whose password is asked for.
    pub realm: String,
    /// The server's nonce.
    pub nonce: String,
    /// To be given back as it is.
    pub opaque: Option<String>,
    /// Absent: MD5.
    pub algorithm: Algorithm,
    /// The server accepts `qop=auth`.
    pub qop_auth: bool,
    /// The last nonce was too old; the password was right.
    pub stale: bool,
}

/// What a client answers: `Authorization` and `Proxy-Authorization`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Credentials {
    /// Who.
    pub username: String,
    /// The challenge's realm.
    pub realm: String,
    /// The challenge's nonce.
    pub nonce: String,
    /// The URI that was hashed.
    pub uri: String,
    /// The digest, lower-case hexadecimal.
    pub response: String,
    /// Absent: MD5.
    pub algorithm: Algorithm,
    /// The challenge's opaque.
    pub opaque: Option<String>,
    /// With `qop=auth`: the client's nonce and its count.
    pub auth: Option<QopAuth>,
}

/// What `qop=auth` adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QopAuth {
    /// The client's nonce.
    pub cnonce: String,
    /// How often the server's nonce was used, from 1; eight hexadecimal digits in the header.
    pub count: u32,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("realm", &self.realm).finish_non_exhaustive()
    }
}

/// Reads `Digest name=value, …` into pairs, quotes undone; a name given twice is refused.
fn pairs(text: &str) -> Result<Vec<(&str, String)>, Invalid> {
    let mut scan = Scan::new(text);
    scan.blanks();
    if !scan.token().is_some_and(|scheme| scheme.eq_ignore_ascii_case("Digest")) || !scan.eat(b' ') {
        return Err(Invalid("not Digest"));
    }
    scan.blanks();
    let mut pairs: Vec<(&str, String)> = Vec::new();
    loop {
        let name = scan.token().ok_or(Invalid("a digest parameter without a name"))?;
        if pairs.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
            return Err(Invalid("a digest parameter given twice"));
        }
        if !scan.eat_spaced(b'=') {
            return Err(Invalid("a digest parameter without a value"));
        }
        let value = if scan.peek() == Some(b'"') {
            unquote(scan.quoted()?)
        } else {
            scan.token().ok_or(Invalid("a digest parameter without a value"))?.to_owned()
        };
        if has_control(&value) {
            return Err(Invalid("a control character in a digest parameter"));
        }
        pairs.push((name, value));
        if !scan.eat_spaced(b',') {
            break;
        }
    }
    scan.blanks();
    if scan.at_end() { Ok(pairs) } else { Err(Invalid("something behind the digest parameters")) }
}

fn take(pairs: &mut Vec<(&str, String)>, name: &str) -> Option<String> {
    let at = pairs.iter().position(|(known, _)| known.eq_ignore_ascii_case(name))?;
    Some(pairs.swap_remove(at).1)
}

fn algorithm(pairs: &mut Vec<(&str, String)>) -> Result<Algorithm, Invalid> {
    match take(pairs, "algorithm") {
        None => Ok(Algorithm::Md5),
        Some(name) => Algorithm::named(&name).ok_or(Invalid("a digest algorithm we do not know")),
    }
}

impl std::str::FromStr for Challenge {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let mut pairs = pairs(text)?;
        let qop = take(&mut pairs, "qop");
        let qop_auth = qop
            .as_deref()
            .is_some_and(|qop| qop.split(',').any(|item| item.trim().eq_ignore_ascii_case("auth")));
        if qop.is_some() && !qop_auth {
            return Err(Invalid("a challenge for a qop we do not know"));
        }
        Ok(Self {
            realm: take(&mut pairs, "realm").ok_or(Invalid("a challenge without a realm"))?,
            nonce: take(&mut pairs, "nonce").ok_or(Invalid("a challenge without a nonce"))?,
            opaque: take(&mut pairs, "opaque"),
            algorithm: algorithm(&mut pairs)?,
            qop_auth,
            stale: take(&mut pairs, "stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true")),
        })
    }
}

impl std::str::FromStr for Credentials {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let mut pairs = pairs(text)?;
        let auth = match take(&mut pairs, "qop") {
            None => None,
            Some(qop) if qop.eq_ignore_ascii_case("auth") => {
                let cnonce = take(&mut pairs, "cnonce").ok_or(Invalid("qop=auth without a cnonce"))?;
                let digits = take(&mut pairs, "nc").ok_or(Invalid("qop=auth without nc"))?;
                // Exactly eight digits and in hexadecimal: reading them as decimal locks phones out at the tenth request.
                let hex = digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
                let count = u32::from_str_radix(&digits, 16).ok().filter(|_| hex);
                Some(QopAuth {
                    cnonce,
                    count: count.ok_or(Invalid("an nc that is not eight hexadecimal digits"))?,
                })
            }
            Some(_) => return Err(Invalid("credentials for a qop we do not know")),
        };
        let mut need = |name, why| take(&mut pairs, name).ok_or(Invalid(why));
        Ok(Self {
            username: need("username", "credentials without a username")?,
            realm: need("realm", "credentials without a realm")?,
            nonce: need("nonce", "credentials without a nonce")?,
            uri: need("uri", "credentials without a uri")?,
            response: need("response", "credentials without a response")?,
            algorithm: algorithm(&mut pairs)?,
            opaque: take(&mut pairs, "opaque"),
            auth,
        })
    }
}

/// Writes `name="value"`; control bytes, which no value of ours holds, are left out.
fn quoted(f: &mut fmt::Formatter<'_>, name: &str, value: &str) -> fmt::Result {
    write!(f, "{name}=")?;
    if has_control(value) {
        let clean: String = value.chars().filter(|c| !c.is_control()).collect();
        return write_quoted(f, &clean);
    }
    write_quoted(f, value)
}

impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest ")?;
        quoted(f, "realm", &self.realm)?;
        quoted(f, ", nonce", &self.nonce)?;
        if let Some(opaque) = &self.opaque {
            quoted(f, ", opaque", opaque)?;
        }
        write!(f, ", algorithm={}", self.algorithm.as_str())?;
        if self.qop_auth {
            f.write_str(", qop=\"auth\"")?;
        }
        if self.stale {
            f.write_str(", stale=true")?;
        }
        Ok(())
    }
}

impl fmt::Display for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest ")?;
        quoted(f, "username", &self.username)?;
        quoted(f, ", realm", &self.realm)?;
        quoted(f, ", nonce", &self.nonce)?;
        quoted(f, ", uri", &self.uri)?;
        quoted(f, ", response", &self.response)?;
        write!(f, ", algorithm={}", self.algorithm.as_str())?;
        if let Some(opaque) = &self.opaque {
            quoted(f, ", opaque", opaque)?;
        }
        if let Some(auth) = &self.auth {
            quoted(f, ", qop=auth, cnonce", &auth.cnonce)?;
            write!(f, ", nc={:08x}", auth.count)?;
        }
        Ok(())
    }
}

stored_as_text!(Credentials);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_read_with_its_quotes_undone() {
        let challenge: Challenge =
            r#"Digest realm="a \"b\"", qop="auth,auth-int" , nonce="n1",algorithm=SHA-256, stale=TRUE"#
                .parse()
                .expect("one");
        assert_eq!(
            challenge,
            Challenge {
                realm: "a \"b\"".to_owned(),
                nonce: "n1".to_owned(),
                opaque: None,
                algorithm: Algorithm::Sha256,
                qop_auth: true,
                stale: true
            }
        );
    }

    #[test]
    fn a_nonce_count_is_eight_hexadecimal_digits() {
        let text = |nc: &str| {
            format!(
                "Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"sip:h\", response=\"00\", algorithm=MD5, qop=auth, cnonce=\"c\", nc={nc}"
            )
        };
        for (nc, count) in [("0000000a", 10), ("00000100", 256), ("ffffffff", u32::MAX)] {
            let credentials: Credentials = text(nc).parse().expect("well-formed");
            assert_eq!(credentials.auth.as_ref().map(|auth| auth.count), Some(count));
            assert_eq!(credentials.to_string(), text(nc));
        }
        for nc in ["1", "0000000g", "+0000001", "000000001"] {
            assert!(text(nc).parse::<Credentials>().is_err(), "{nc}");
        }
    }
}
