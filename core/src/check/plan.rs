//! A dial plan tried out on one number, saved or not: what a click would make of it.
//!
//! Promises: the number is read as a link's `prefix` and `phone` are, and judged as admission judges it (semantics 1.4, 1.5,
//! 1.8). Leaves to others: reading the plan (the server's `provision`), which plan a click takes (`admission`).

use crate::admission;
use crate::dial_plan::{self, Explained, Outcome};
use crate::link::{self, Parameter, Source};
use crate::phone::Dialled;
use crate::refusal::{Refusal, Warning};
use crate::tenant::{DialPlan, Tenant};

/// What a plan makes of a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// The number before the plan, and the extension.
    pub phone: Dialled,
    /// The rules that were looked at, and what they come to.
    pub explained: Explained,
    /// The country of what would be dialled, where it is known.
    pub country: Option<String>,
    /// Why it would not be dialled all the same: its country is not allowed.
    pub forbidden: Option<Refusal>,
    /// What was tolerated in the number.
    pub warnings: Vec<Warning>,
}

/// Tries a plan out for a tenant.
///
/// # Errors
/// `prefix` or `phone` cannot be read, with the place.
pub fn try_plan(tenant: &Tenant, plan: &DialPlan, prefix: &str, phone: &str) -> Result<Trial, Refusal> {
    let parameter = |name: &str, value: &str| Parameter {
        name: name.to_owned(),
        value: value.as_bytes().to_vec(),
        source: Source::Query,
    };
    let link = link::parse(vec![parameter("prefix", prefix), parameter("phone", phone)])?;
    let explained = dial_plan::explain(plan, &link.phone.digits);
    let (country, forbidden) = match &explained.outcome {
        Outcome::Dial(dialled) => (
            admission::country_of(tenant, &link.phone, dialled),
            admission::check_country(tenant, &link.phone, dialled).err(),
        ),
        Outcome::Refused(_) => (None, None),
    };
    Ok(Trial { phone: link.phone, explained, country, forbidden, warnings: link.warnings })
}
