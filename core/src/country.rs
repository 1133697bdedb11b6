//! Which country a number belongs to, by the numbering plans of 245 regions.
//!
//! Promises: says a country only where the number is valid in it; everything else is unknown, never guessed. Leaves to
//! others: what follows from it (`admission`), and the plans themselves (libphonenumber's, through `rlibphonenumber`).

use crate::phone::Form;
use crate::redact::Digits;
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, Region};

/// The code of numbers that belong to no country, such as satellite telephones (+881).
pub const NOWHERE: &str = "001";

/// The country of digits that start with a country code, or [`NOWHERE`].
#[must_use]
pub fn of_international(digits: &str) -> Option<String> {
    let number = PHONE_NUMBER_UTIL.parse(format!("+{digits}"), None).ok()?;
    country_of(&number)
}

/// The country of a number in a tenant that lives in `home`.
///
/// With `+` the country code is the number's own. Without, it is read as it would be dialled in `home`, international
/// prefix (`011`, `00`) included; only where it cannot be a number of `home` by its length, its first digits are tried as a
/// country code. A number that fits `home`'s length but is not assigned there stays unknown.
#[must_use]
pub fn of(digits: &Digits, form: Form, home: &str) -> Option<String> {
    let digits = digits.expose();
    match form {
        Form::International => of_international(digits),
        Form::AsDialled => {
            let national = region(home).and_then(|home| PHONE_NUMBER_UTIL.parse(digits, Some(home)).ok());
            match national {
                Some(number) if PHONE_NUMBER_UTIL.is_possible_number(&number) => country_of(&number),
                Some(_) | None => of_international(digits),
            }
        }
    }
}

/// Whether a code (ISO 3166 alpha-2) names a country with a numbering plan.
#[must_use]
pub fn exists(code: &str) -> bool {
    region(code).is_some_and(|region| PHONE_NUMBER_UTIL.get_country_code_for_region(region).is_some())
}

/// The number as people write it, `+1 650-292-8880` where its country is known, else the digits.
#[must_use]
pub fn display(digits: &Digits, form: Form, home: &str) -> String {
    let parsed = match form {
        Form::International => PHONE_NUMBER_UTIL.parse(format!("+{}", digits.expose()), None),
        Form::AsDialled => PHONE_NUMBER_UTIL.parse(digits.expose(), region(home)),
    };
    match parsed {
        Ok(number) if number.is_valid() => number.format_as(PhoneNumberFormat::International).into_owned(),
        Ok(_) | Err(_) => digits.expose().to_owned(),
    }
}

fn country_of(number: &rlibphonenumber::PhoneNumber) -> Option<String> {
    if !number.is_valid() {
        return None;
    }
    number.get_region_code().map(|region| region.to_string())
}

fn region(code: &str) -> Option<Region> {
    code.to_ascii_uppercase().parse().ok()
}
