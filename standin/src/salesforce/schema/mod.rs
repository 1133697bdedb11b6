//! Which objects an org has, and which fields they have.
//!
//! Promises: names are found whatever their case and given in their canonical one (salesforce.md 1.4); the one thing that
//! changes is what `Task.Transactionid__c` is. Leaves to others: the values.

mod catalog;
mod describe;

pub(super) use describe::{default_of, describe, summary};

use super::clock;
use jiff::{SignedDuration, Timestamp};

/// What `Task.Transactionid__c` is in the org: the field that the reference's Example 1 writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyField {
    /// There is no such field.
    Absent,
    /// A text field, no more.
    Plain,
    /// An external id that must be unique: fit for an upsert.
    UniqueExternalId,
    /// An external id that need not be unique: an upsert can be ambiguous.
    ExternalId,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Id,
    Text,
    Combobox,
    /// Cannot stand in a condition of a query.
    LongText,
    /// Suggests values, takes others.
    Picklist(&'static [&'static str]),
    /// Takes these values alone.
    Restricted(&'static [&'static str]),
    /// An id of one of these objects; any object when there is none.
    Reference(&'static [&'static str]),
    Date,
    DateTime,
    /// A whole number with at most so many digits as the field is long.
    Int,
    Double,
    Boolean,
    Phone,
    Email,
}

impl Kind {
    /// The type as a describe names it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Text => "string",
            Self::Combobox => "combobox",
            Self::LongText => "textarea",
            Self::Picklist(_) | Self::Restricted(_) => "picklist",
            Self::Reference(_) => "reference",
            Self::Date => "date",
            Self::DateTime => "datetime",
            Self::Int => "int",
            Self::Double => "double",
            Self::Boolean => "boolean",
            Self::Phone => "phone",
            Self::Email => "email",
        }
    }

    /// The type as SOAP and the JSON parser name it.
    pub(super) const fn wire_name(self) -> &'static str {
        match self {
            Self::Id | Self::Reference(_) => "reference",
            Self::Text
            | Self::Combobox
            | Self::LongText
            | Self::Picklist(_)
            | Self::Restricted(_)
            | Self::Phone
            | Self::Email => "string",
            Self::Date => "date",
            Self::DateTime => "dateTime",
            Self::Int => "int",
            Self::Double => "double",
            Self::Boolean => "boolean",
        }
    }
}

/// Who may write a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// The org alone.
    ReadOnly,
    /// Callers, when the record is made.
    OnCreate,
    /// Callers.
    Write,
}

/// Whether a value must be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    Optional,
    /// Not null, and nobody but the caller knows it.
    Required,
    /// Not null, but the org fills it in.
    Defaulted,
}

/// Whether a field can be a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    No,
    ExternalId,
    UniqueExternalId,
}

/// One field.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) kind: Kind,
    /// Characters of text, digits of numbers.
    pub(super) length: usize,
    pub(super) access: Access,
    pub(super) need: Need,
    pub(super) key: Key,
}

/// One object.
#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) plural: &'static str,
    /// The first three characters of its ids.
    pub(super) prefix: &'static str,
    /// Whether callers may make, change and delete its records.
    pub(super) access: Access,
    pub(super) fields: Vec<Field>,
}

impl Object {
    /// The field of that name, whatever its case.
    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))
    }
}

/// All objects.
#[derive(Debug)]
pub(super) struct Schema {
    objects: Vec<Object>,
    /// When something changed last.
    changed: Timestamp,
}

impl Schema {
    /// The objects every stand-in has.
    pub(super) fn new(key: KeyField) -> Self {
        // A describe that was read a moment after the start must not count as older than the start.
        let mut schema = Self { objects: catalog::objects(), changed: clock::now() };
        schema.set_key(key);
        schema.changed = clock::now() - SignedDuration::from_secs(1);
        schema
    }

    /// The object of that name, whatever its case.
    pub(super) fn object(&self, name: &str) -> Option<&Object> {
        self.objects.iter().find(|object| object.name.eq_ignore_ascii_case(name))
    }

    /// The object whose ids begin so.
    pub(super) fn of_id(&self, id: &str) -> Option<&Object> {
        self.objects.iter().find(|object| id.starts_with(object.prefix))
    }

    /// All of them.
    pub(super) fn objects(&self) -> &[Object] {
        &self.objects
    }

    /// When something changed last.
    pub(super) const fn changed(&self) -> Timestamp {
        self.changed
    }

    /// Makes `Task.Transactionid__c` what it is to be; values that are stored stay.
    pub(super) fn set_key(&mut self, key: KeyField) {
        let task =
            self.objects.iter_mut().find(|object| object.name == "Task").expect("the catalog has Task");
        task.fields.retain(|field| field.name != catalog::KEY_FIELD);
        let key = match key {
            KeyField::Absent => None,
            KeyField::Plain => Some(Key::No),
            KeyField::UniqueExternalId => Some(Key::UniqueExternalId),
            KeyField::ExternalId => Some(Key::ExternalId),
        };
        task.fields.extend(key.map(catalog::key_field));
        // HTTP dates have whole seconds: two changes within one must not look like one.
        self.changed = clock::now().max(self.changed + SignedDuration::from_secs(1));
    }
}
