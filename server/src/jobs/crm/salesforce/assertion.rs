//! The signed assertion of the JWT bearer flow (RFC 7523, `salesforce.md` 1.1).
//!
//! Promises: RS256, good for three minutes; the key is read for each assertion and kept nowhere, so that a new one is used
//! at once. Leaves to others: sending it (`grant`).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ringbridge_core::redact::Secret;
use ringbridge_core::time::Timestamp;
use rustls::SignatureScheme;
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::json;
use std::path::Path;

/// Seconds that an assertion is good for: as long as Salesforce takes, so that clocks may differ.
const GOOD_FOR: i64 = 180;

/// Who speaks for whom to whom.
#[derive(Clone, Debug)]
pub(super) struct Claims {
    /// The app's consumer key.
    pub(super) issuer: String,
    /// The user.
    pub(super) subject: String,
    /// Where it is accepted.
    pub(super) audience: String,
}

/// Signs the claims with the key in a file. Reads the file: not for the runtime's own threads.
///
/// # Errors
/// What is wrong with the key, as a sentence.
pub(super) fn sign(claims: &Claims, key_file: &Path, now: Timestamp) -> Result<Secret, String> {
    // Without the file's path: callbacks carry this sentence.
    let unusable = |why: String| format!("the key of salesforce.key_file cannot be used: {why}");
    let key = PrivateKeyDer::from_pem_file(key_file).map_err(|error| unusable(error.to_string()))?;
    let key = any_supported_type(&key).map_err(|error| unusable(error.to_string()))?;
    let signer = key
        .choose_scheme(&[SignatureScheme::RSA_PKCS1_SHA256])
        .ok_or_else(|| unusable("it is no RSA key".to_owned()))?;
    let header = BASE64.encode(br#"{"alg":"RS256","typ":"JWT"}"#);
    let claims = json!({
        "iss": claims.issuer,
        "sub": claims.subject,
        "aud": claims.audience,
        "exp": now.as_seconds() + GOOD_FOR,
    });
    let signed = format!("{header}.{}", BASE64.encode(claims.to_string()));
    let signature = signer.sign(signed.as_bytes()).map_err(|error| unusable(error.to_string()))?;
    Ok(Secret::new(format!("{signed}.{}", BASE64.encode(signature))))
}
