//! The callback (semantics 5.5): what is posted to `ctl_callbackUrl`, and how it is signed.
//!
//! Promises: the body is exactly `ctl_userdata`, `resultCode`, `errorString`, in this order (and `ctl_userdata_json` where
//! the tenant switched it on); a transaction has one `webhook-id` for ever; the signature is the one of Standard Webhooks
//! (SEC-16). Leaves to others: rendering the URL and the user data (`completion`), when to try again (`retry`), sending
//! it (the server's `jobs` and `outbound`).

use crate::id::InteractionGuid;
use crate::redact::Secret;
use crate::tenant::Callbacks;
use crate::time::Timestamp;
use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD as BASE64};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use url::form_urlencoded;

/// The media type of the body.
pub const CONTENT_TYPE: &str = "application/x-www-form-urlencoded";

/// How a Standard Webhooks secret begins.
const SECRET_PREFIX: &str = "whsec_";

/// Secrets typed by hand come with and without their padding.
const LENIENT_BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// One callback as it is written down at completion and posted later, any number of times. Nothing in it depends on the
/// moment of the attempt, so that every attempt posts the same bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Callback {
    /// The URL with its tokens filled, their values percent-encoded (4.2).
    pub url: String,
    /// The user data with its tokens filled, `ctl_newRecordId` appended where a record was created (4.4).
    pub userdata: String,
    /// The same as exact pairs, where the tenant wants `ctl_userdata_json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub userdata_pairs: Option<Vec<(String, String)>>,
    /// `SUCCESS`, `FAIL` or `IGNORE` (5.1).
    pub result_code: String,
    /// Why, in words; empty after a success.
    pub error_string: String,
    /// The receiver's means to recognise a repeat; see [`webhook_id`].
    pub webhook_id: String,
}

/// The `webhook-id` of a transaction's callback: the same at every attempt and after every restart.
#[must_use]
pub fn webhook_id(guid: &InteractionGuid) -> String {
    format!("msg_{}", guid.0.strip_prefix("int-").unwrap_or(&guid.0))
}

impl Callback {
    /// The form body, to the byte as it is posted and signed.
    #[must_use]
    pub fn form_body(&self) -> String {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("ctl_userdata", &self.userdata)
            .append_pair("resultCode", &self.result_code)
            .append_pair("errorString", &self.error_string);
        if let Some(pairs) = &self.userdata_pairs {
            let json =
                serde_json::Value::from_iter(pairs.iter().map(|(name, value)| vec![name.as_str(), value]));
            form.append_pair("ctl_userdata_json", &json.to_string());
        }
        form.finish()
    }
}

/// The secret cannot sign. The text says what is accepted; it does not repeat the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a callback secret is \"whsec_\" and 1 to 64 bytes (24 or more are advised) in base64; leave it out and one is made"
)]
pub struct BadSecret;

/// A tenant's signing key.
pub struct SigningKey(Hmac<Sha256>);

impl SigningKey {
    /// Reads a secret of the form `whsec_…` (base64 of 1 to 64 bytes; what is made here has 32).
    ///
    /// # Errors
    /// [`BadSecret`] if it has another form.
    pub fn from_secret(secret: &Secret) -> Result<Self, BadSecret> {
        let encoded = secret.expose().strip_prefix(SECRET_PREFIX).ok_or(BadSecret)?;
        let key = zeroize::Zeroizing::new(LENIENT_BASE64.decode(encoded).map_err(|_| BadSecret)?);
        if !(1..=64).contains(&key.len()) {
            return Err(BadSecret);
        }
        Ok(Self(Hmac::new_from_slice(&key).map_err(|_| BadSecret)?))
    }

    /// Makes a secret of this form from 32 random bytes.
    #[must_use]
    pub fn make_secret(random: [u8; 32]) -> Secret {
        Secret::new(format!("{SECRET_PREFIX}{}", BASE64.encode(random)))
    }

    /// The headers that go with a body at this moment.
    #[must_use]
    pub fn headers(&self, webhook_id: &str, now: Timestamp, body: &str) -> SignedHeaders {
        let timestamp = now.as_seconds().to_string();
        let mut mac = self.0.clone();
        for part in [webhook_id, ".", &timestamp, ".", body] {
            mac.update(part.as_bytes());
        }
        let signature = format!("v1,{}", BASE64.encode(mac.finalize().into_bytes()));
        SignedHeaders { id: webhook_id.to_owned(), timestamp, signature }
    }
}

/// Signs a body with a tenant's secret, and with the one before it while that one holds: two signatures with a blank
/// between, the newest first, so that receivers with either secret take it.
///
/// # Errors
/// [`BadSecret`] if the tenant's secret cannot sign.
pub fn sign(
    callbacks: &Callbacks,
    webhook_id: &str,
    now: Timestamp,
    body: &str,
) -> Result<SignedHeaders, BadSecret> {
    let mut signed = SigningKey::from_secret(&callbacks.secret)?.headers(webhook_id, now, body);
    let previous = callbacks.previous.as_ref().filter(|previous| now < previous.until);
    // One that cannot sign any more must not keep the callback from going out.
    if let Some(key) = previous.and_then(|previous| SigningKey::from_secret(&previous.secret).ok()) {
        signed.signature = format!("{} {}", signed.signature, key.headers(webhook_id, now, body).signature);
    }
    Ok(signed)
}

/// The three headers of Standard Webhooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedHeaders {
    /// `webhook-id`
    pub id: String,
    /// `webhook-timestamp`: seconds since 1970 at this attempt, so that a receiver can refuse old recordings.
    pub timestamp: String,
    /// `webhook-signature`: `v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`; two of them while a secret is
    /// replaced.
    pub signature: String,
}

impl SignedHeaders {
    /// The headers with their names.
    #[must_use]
    pub fn pairs(&self) -> [(&'static str, &str); 3] {
        [
            ("webhook-id", &self.id),
            ("webhook-timestamp", &self.timestamp),
            ("webhook-signature", &self.signature),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn callback() -> Callback {
        Callback {
            url: "http://www.mycompany.com/clicktodial/callback?transaction=7".to_owned(),
            userdata: "[foreign_key|12345678]\n[note|a&b=c+d é]".to_owned(),
            userdata_pairs: None,
            result_code: "IGNORE".to_owned(),
            error_string: "no ctl_action, so nothing was to be done".to_owned(),
            webhook_id: "msg_00".to_owned(),
        }
    }

    #[test]
    fn the_body_is_exactly_the_three_documented_fields() {
        assert_eq!(
            callback().form_body(),
            "ctl_userdata=%5Bforeign_key%7C12345678%5D%0A%5Bnote%7Ca%26b%3Dc%2Bd+%C3%A9%5D\
             &resultCode=IGNORE&errorString=no+ctl_action%2C+so+nothing+was+to+be+done"
        );
    }

    #[test]
    fn an_empty_error_string_is_still_sent() {
        let success = Callback {
            userdata: String::new(),
            result_code: "SUCCESS".to_owned(),
            error_string: String::new(),
            ..callback()
        };
        assert_eq!(success.form_body(), "ctl_userdata=&resultCode=SUCCESS&errorString=");
    }

    #[test]
    fn the_pairs_go_along_as_json_only_where_switched_on() {
        let with_pairs = Callback {
            userdata_pairs: Some(vec![
                ("Subject".to_owned(), "a [b] | c".to_owned()),
                ("Subject".to_owned(), "\"".to_owned()),
            ]),
            userdata: "[x|y]".to_owned(),
            error_string: String::new(),
            ..callback()
        };
        let fields: Vec<(String, String)> =
            form_urlencoded::parse(with_pairs.form_body().as_bytes()).into_owned().collect();
        assert_eq!(
            fields,
            [
                ("ctl_userdata", "[x|y]"),
                ("resultCode", "IGNORE"),
                ("errorString", ""),
                ("ctl_userdata_json", r#"[["Subject","a [b] | c"],["Subject","\""]]"#),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
    }

    #[test]
    fn the_signature_is_the_published_vector_of_standard_webhooks() {
        let key = SigningKey::from_secret(&Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")).unwrap();
        let headers = key.headers(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            Timestamp::from_millis(1_614_265_330_999),
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(
            headers.pairs(),
            [
                ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
                ("webhook-timestamp", "1614265330"),
                ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
            ]
        );
    }

    #[test]
    fn while_a_secret_is_replaced_both_sign_and_the_newest_stands_first() {
        let [new, old] = [7, 9].map(|byte| SigningKey::make_secret([byte; 32]));
        let alone = |secret: &Secret, now| {
            SigningKey::from_secret(secret).unwrap().headers("msg_1", now, "body").signature
        };
        let until = Timestamp::from_millis(2_000_000);
        let callbacks = Callbacks {
            secret: new.clone(),
            previous: Some(crate::tenant::PreviousSecret { secret: old.clone(), until }),
            https_only: false,
            userdata_json: false,
        };
        let signature = |callbacks: &Callbacks, now| sign(callbacks, "msg_1", now, "body").unwrap().signature;
        let before = Timestamp::from_millis(1_999_999);
        assert_eq!(signature(&callbacks, before), format!("{} {}", alone(&new, before), alone(&old, before)));
        assert_eq!(signature(&callbacks, until), alone(&new, until), "its time is over");
        let mut broken = callbacks.clone();
        broken.previous = Some(crate::tenant::PreviousSecret { secret: Secret::new("x"), until });
        assert_eq!(signature(&broken, before), alone(&new, before));
        broken.secret = Secret::new("x");
        assert_eq!(sign(&broken, "msg_1", before, "body").err(), Some(BadSecret));
    }

    #[test]
    fn a_secret_of_another_form_is_refused_without_being_repeated() {
        for bad in ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_%%%", "whsec_a b"] {
            assert_eq!(SigningKey::from_secret(&Secret::new(bad)).err(), Some(BadSecret), "{bad}");
        }
        assert!(SigningKey::from_secret(&SigningKey::make_secret([7; 32])).is_ok());
        assert!(SigningKey::from_secret(&Secret::new("whsec_c2hvcnQ")).is_ok(), "padding is optional");
    }

    #[test]
    fn a_transaction_keeps_its_webhook_id() {
        let guid = InteractionGuid::from_random([0xab; 16]);
        assert_eq!(webhook_id(&guid), format!("msg_{}", "ab".repeat(16)));
        assert_eq!(webhook_id(&guid), webhook_id(&guid.clone()));
    }

    #[test]
    fn a_stored_callback_is_read_back_as_it_was() {
        let stored = serde_json::to_string(&callback()).unwrap();
        assert_eq!(serde_json::from_str::<Callback>(&stored).unwrap(), callback());
    }
}
