//! Assertions of the JWT bearer flow (salesforce.md 1.1, RFC 7523).
//!
//! Promises: the signature is verified by RS256 against the certificate that was registered, before any claim is believed.
//! The certificate is read by rustls-webpki, which is in the tree under rustls: it parses and verifies in one, so there is
//! no second X.509 parser. Leaves to others: whether the user approved.

use super::{clock, oauth::OauthError};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use serde_json::Value;

/// The furthest an assertion may end in the future, in seconds: what two clients were seen to send (salesforce.md 1.1).
const LIFE_MAX: i64 = 300;

/// What an assertion says, once it is believed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Claims {
    /// The consumer key.
    pub(super) issuer: String,
    /// The username.
    pub(super) subject: String,
}

fn invalid() -> OauthError {
    OauthError::grant("invalid assertion")
}

/// Reads an assertion and checks signature, audience and time.
pub(super) fn verify(
    assertion: &str,
    certificate: Option<&str>,
    audiences: &[String],
) -> Result<Claims, OauthError> {
    let (signed, signature) = assertion.rsplit_once('.').ok_or_else(invalid)?;
    let (header, claims) = signed.split_once('.').ok_or_else(invalid)?;
    if decoded(header)?.get("alg").and_then(Value::as_str) != Some("RS256") {
        return Err(invalid());
    }
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| invalid())?;
    let pem = certificate.ok_or_else(invalid)?;
    let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| invalid())?;
    let certificate = webpki::EndEntityCert::try_from(&certificate).map_err(|_| invalid())?;
    certificate
        .verify_signature(webpki::aws_lc_rs::RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature)
        .map_err(|_| invalid())?;

    let claims = decoded(claims)?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned).ok_or_else(invalid);
    // One client sends the time as a string, and real orgs take it.
    let ends = claims.get("exp");
    let ends =
        ends.and_then(|exp| exp.as_i64().or_else(|| exp.as_str()?.parse().ok())).ok_or_else(invalid)?;
    let audience = text("aud")?;
    if !audiences.iter().any(|known| known.trim_end_matches('/') == audience.trim_end_matches('/')) {
        return Err(OauthError::grant("audience is invalid"));
    }
    let now = clock::now().as_second();
    if ends <= now {
        return Err(OauthError::grant("expired authorization code"));
    }
    if ends > now + LIFE_MAX {
        return Err(invalid());
    }
    Ok(Claims { issuer: text("iss")?, subject: text("sub")? })
}

fn decoded(part: &str) -> Result<Value, OauthError> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| invalid())?;
    serde_json::from_slice(&bytes).map_err(|_| invalid())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, RsaKeySize, SigningKey as _};
    use serde_json::json;
    use std::sync::LazyLock;

    static KEY: LazyLock<(KeyPair, String)> = LazyLock::new(|| {
        let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
        let certificate = CertificateParams::new(vec![]).unwrap().self_signed(&key).unwrap();
        (key, certificate.pem())
    });

    fn signed(header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = KEY.0.sign(signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn outcome(claims: &Value) -> Result<Claims, String> {
        let audiences = ["https://login.salesforce.com".to_owned()];
        let assertion = signed(&json!({"alg": "RS256"}), claims);
        verify(&assertion, Some(&KEY.1), &audiences).map_err(|error| error.description)
    }

    fn claims(audience: &str, seconds: i64) -> Value {
        json!({"iss": "key", "sub": "api@example.org", "aud": audience, "exp": clock::now().as_second() + seconds})
    }

    #[test]
    fn an_assertion_signed_with_the_registered_key_is_believed() {
        let expected = Claims { issuer: "key".to_owned(), subject: "api@example.org".to_owned() };
        assert_eq!(outcome(&claims("https://login.salesforce.com", 180)).as_ref(), Ok(&expected));
        let mut text = claims("https://login.salesforce.com/", 180);
        text["exp"] = json!(text["exp"].to_string());
        assert_eq!(outcome(&text).as_ref(), Ok(&expected));
    }

    #[test]
    fn another_audience_and_another_time_are_refused_by_name() {
        let refused = |claims| outcome(&claims).unwrap_err();
        assert_eq!(refused(claims("https://example.org", 180)), "audience is invalid");
        assert_eq!(refused(claims("https://login.salesforce.com", -1)), "expired authorization code");
        assert_eq!(refused(claims("https://login.salesforce.com", 900)), "invalid assertion");
    }

    #[test]
    fn a_signature_of_another_key_over_other_words_or_of_another_kind_is_refused() {
        let audiences = ["https://login.salesforce.com".to_owned()];
        let good = signed(&json!({"alg": "RS256"}), &claims(&audiences[0], 180));
        let other = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
        let other = CertificateParams::new(vec![]).unwrap().self_signed(&other).unwrap().pem();
        let (signed_part, signature) = good.rsplit_once('.').unwrap();
        let other_words = signed(&json!({"alg": "RS256"}), &claims(&audiences[0], 181));
        let mixed = format!("{}.{signature}", other_words.rsplit_once('.').unwrap().0);
        let none = signed(&json!({"alg": "none"}), &claims(&audiences[0], 180));
        for (assertion, certificate) in [
            (good.as_str(), Some(other.as_str())),
            (good.as_str(), None),
            (mixed.as_str(), Some(KEY.1.as_str())),
            (none.as_str(), Some(KEY.1.as_str())),
            (signed_part, Some(KEY.1.as_str())),
            ("", Some(KEY.1.as_str())),
        ] {
            assert_eq!(verify(assertion, certificate, &audiences), Err(invalid()), "{assertion}");
        }
        assert!(verify(&good, Some(&KEY.1), &audiences).is_ok());
    }
}
