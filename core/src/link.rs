//! A click-to-dial link: its parameters, decoded and read into one value (semantics 1.2 to 1.6, 3, 4.1).
//!
//! Promises: the same reading for a click and for the link checker; whatever bytes come, the answer is a [`Link`] or a
//! [`Refusal`] that names parameter, place and what to do; nothing tolerated is silent. Leaves to others: what the tenant
//! allows (`admission`), HTTP and multipart (the server's `web`).

use crate::id::{DialPlanId, QueueId};
use crate::phone::Dialled;
use crate::redact::Digits;
use crate::refusal::{Code, Refusal, Warning};
use crate::userdata::Userdata;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

mod compose;
mod decode;
mod reading;

pub use compose::{Composed, Draft, NamedField, Unwritable};
pub use decode::{MAX_PARAMETERS, Parameter, Source, decode_body, decode_query};
pub(crate) use reading::right_name;
pub use reading::{Phone, Purpose, Reading};

/// The most bytes of a URL (`security.md`, decision 4).
pub const MAX_URL: usize = 64 << 10;
/// The most bytes of a body (3.1).
pub const MAX_BODY: usize = 1 << 20;
/// The most bytes of a pair's name.
pub const MAX_NAME: usize = 128;
/// The most bytes of a pair's value.
pub const MAX_PAIR_VALUE: usize = 64 << 10;
/// The most bytes of `request_id`: room for a UUID and a name before it.
pub const MAX_REQUEST_ID: usize = 128;
/// The most warnings that are kept; a person reads no more, and they are stored with the call.
pub const MAX_WARNINGS: usize = 50;

/// What a link asks for. Stored with the transaction and never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The `prefix`, already part of the number.
    pub prefix: Option<String>,
    /// The number before the dial plan, and the extension.
    pub phone: Dialled,
    /// The caller ID asked for.
    pub caller_id: Option<Digits>,
    /// The dial plan asked for.
    pub dial_plan: Option<DialPlanId>,
    /// The queue asked for.
    pub queue: Option<QueueId>,
    /// `ctl_userdata`.
    pub userdata: Userdata,
    /// `extTransactionData`.
    pub ext: Userdata,
    /// The caller's own name for this click (1.12).
    pub request_id: Option<String>,
    /// What was tolerated.
    pub warnings: Vec<Warning>,
}

impl Link {
    /// What makes two clicks of one agent the same (1.12): a hash of caller ID, number, extension and both data.
    #[must_use]
    pub fn record_key(&self) -> String {
        let caller_id = self.caller_id.as_ref().map_or("", Digits::expose);
        let extension = self.phone.extension.as_deref().unwrap_or_default();
        let mut hash = Sha256::new();
        for part in [caller_id, self.phone.digits.expose(), extension, self.userdata.text(), self.ext.text()]
        {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        hash.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
            use std::fmt::Write as _;
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

/// Reads a click's parameters.
///
/// # Errors
/// The first thing that is wrong, with its parameter and place.
pub fn parse(parameters: Vec<Parameter>) -> Result<Link, Refusal> {
    of_reading(Reading::of(parameters, Purpose::Click))
}

/// The link that was read, if nothing was refused.
pub(crate) fn of_reading(reading: Reading) -> Result<Link, Refusal> {
    if let Some(refusal) = reading.refusals.into_iter().next() {
        return Err(refusal);
    }
    let (Phone::Number(phone), Some(userdata), Some(ext)) = (reading.phone, reading.userdata, reading.ext)
    else {
        // A reading without refusals has all three; should it ever not, no call is placed.
        return Err(Refusal::new(Code::BadParameter, "the link cannot be read"));
    };
    Ok(Link {
        prefix: reading.prefix,
        phone,
        caller_id: reading.caller_id,
        dial_plan: reading.dial_plan,
        queue: reading.queue,
        userdata,
        ext,
        request_id: reading.request_id,
        warnings: reading.warnings,
    })
}
