//! The form of the first start: what was entered, as the tenant's document and back as the page shows it.
//!
//! Promises: what the form leaves open is safe: calls go to the home country alone (security SEC-8); passwords are never
//! shown again. Leaves to others: what a document may hold (`provision`), whose sentences stand beside the fields.

use crate::document::Step;
use crate::provision::FieldError;
use crate::web::body::Form;
use crate::web::words;
use serde_json::{Map, Value, json};

/// The fewest characters of the admin's password: what NIST SP 800-63B asks of passwords that people choose.
const PASSWORD_MIN: usize = 8;

/// The fields that are shown again as they were entered, with what stands in them at first.
const FIELDS: [(&str, &str); 9] = [
    ("name", ""),
    ("time_zone", "UTC"),
    ("country", "US"),
    ("login", ""),
    ("person", ""),
    ("caller_id", ""),
    ("phone_uri", ""),
    ("phone_name", ""),
    ("code", ""),
];

/// The fields that must not be empty.
const REQUIRED: [&str; 6] = ["name", "time_zone", "country", "login", "password", "password_again"];

/// What was entered, and what is wrong with it.
#[derive(Debug, Default)]
pub(super) struct Entered {
    values: Vec<(&'static str, String)>,
    errors: Vec<(&'static str, String)>,
}

impl Entered {
    /// A form that nobody has filled in yet.
    #[must_use]
    pub(super) fn nothing() -> Self {
        let values = FIELDS.iter().map(|(name, first)| (*name, (*first).to_owned()));
        Self { values: values.collect(), errors: Vec::new() }
    }

    /// What was sent.
    #[must_use]
    pub(super) fn of(form: &Form) -> Self {
        let values = FIELDS.iter().map(|(name, _)| (*name, form.get(name).trim().to_owned()));
        let mut entered = Self { values: values.collect(), errors: Vec::new() };
        for name in REQUIRED.into_iter().filter(|name| form.get(name).trim().is_empty()) {
            entered.refuse(name, words::SETUP_REQUIRED);
        }
        let password = form.get("password");
        if !password.is_empty() && password.chars().count() < PASSWORD_MIN {
            entered.refuse("password", words::SETUP_PASSWORD_SHORT);
        }
        if password != form.get("password_again") {
            entered.refuse("password_again", words::SETUP_PASSWORDS_DIFFER);
        }
        if !form.get("phone_name").trim().is_empty() && !form.get("phone_uri").trim().is_empty() {
            entered.refuse("phone_name", words::SETUP_ONE_PHONE);
        }
        entered
    }

    /// A field's value.
    #[must_use]
    pub(super) fn value(&self, name: &str) -> &str {
        self.values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    /// The first thing that is wrong with a field.
    #[must_use]
    pub(super) fn error(&self, name: &str) -> Option<&str> {
        self.errors.iter().find(|(known, _)| *known == name).map(|(_, text)| text.as_str())
    }

    /// What is wrong with none of the fields.
    #[must_use]
    pub(super) fn other_errors(&self) -> Vec<&str> {
        self.errors.iter().filter(|(name, _)| name.is_empty()).map(|(_, text)| text.as_str()).collect()
    }

    /// Whether nothing is wrong so far.
    #[must_use]
    pub(super) fn is_fine(&self) -> bool {
        self.errors.is_empty()
    }

    /// Notes what is wrong with a field.
    pub(super) fn refuse(&mut self, name: &'static str, text: impl Into<String>) {
        self.errors.push((name, text.into()));
    }

    /// Notes what the readers say, beside the fields that it is about.
    pub(super) fn refuse_all(&mut self, errors: Vec<FieldError>) {
        for error in errors {
            self.refuse(field_of(&error.path), error.text);
        }
    }

    /// The tenant that it asks for; the passwords are the form's, since nobody keeps them.
    #[must_use]
    pub(super) fn document(&self, form: &Form) -> Value {
        let mut phone = Map::new();
        if !self.value("phone_name").is_empty() {
            phone.insert("register".to_owned(), self.value("phone_name").into());
            phone.insert("password".to_owned(), form.get("phone_password").into());
        } else if !self.value("phone_uri").is_empty() {
            phone.insert("uri".to_owned(), self.value("phone_uri").into());
        }
        let phones = if phone.is_empty() { json!([]) } else { json!([phone]) };
        let mut tenant = json!({
            "name": self.value("name"),
            "time_zone": self.value("time_zone"),
            "country": self.value("country").to_ascii_uppercase(),
            "allowed_countries": [self.value("country").to_ascii_uppercase()],
            "agent": [{
                "login": self.value("login"),
                "password": form.get("password"),
                "name": if self.value("person").is_empty() { self.value("login") } else { self.value("person") },
                "role": "admin",
                "phone": phones,
            }],
        });
        let number = plain_number(self.value("caller_id"));
        if !number.is_empty() {
            tenant["channel"] = json!([{ "number": number, "name": words::SETUP_CHANNEL }]);
            tenant["default_caller_id"] = number.into();
        }
        tenant
    }
}

/// A number without what people write around its digits; anything else stays and is refused by the readers.
fn plain_number(text: &str) -> String {
    text.chars().filter(|char| !char.is_whitespace() && !"+-.()/".contains(*char)).collect()
}

/// The field that a way in the document leads to; empty where there is none.
fn field_of(path: &[Step]) -> &'static str {
    let names: Vec<&str> = path
        .iter()
        .filter_map(|step| match step {
            Step::Index(_) => None,
            Step::Key(key) => Some(&**key),
        })
        .collect();
    match names.as_slice() {
        ["name"] => "name",
        ["time_zone"] => "time_zone",
        ["country" | "allowed_countries"] => "country",
        ["default_caller_id"] | ["channel", ..] => "caller_id",
        ["agent", "login"] => "login",
        ["agent", "password"] => "password",
        ["agent", "name"] => "person",
        ["agent", "phone", "uri"] => "phone_uri",
        ["agent", "phone", "register"] => "phone_name",
        ["agent", "phone", "password"] => "phone_password",
        _ => "",
    }
}
