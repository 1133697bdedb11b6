//! The records of the org.
//!
//! Promises: a write is checked whole before anything changes; unique fields are unique; a deleted record is kept, as in
//! the recycle bin, and found by `queryAll` alone; at most [`RECORDS_MAX`] records. Leaves to others: checking single
//! values (`values`), asking (`soql`).

use super::{
    clock,
    errors::Refusal,
    ids,
    schema::{Field, Key, Kind, Need, Object, Schema, default_of},
    values::Values,
};
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};

/// The most records: a long load test makes some ten thousand.
pub(super) const RECORDS_MAX: usize = 200_000;

/// One record of the org, as a test sees it: every field that holds a value, under its canonical name.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    fields: Map<String, Value>,
}

impl Record {
    /// The 18-character id.
    #[must_use]
    pub fn id(&self) -> &str {
        self.text("Id").unwrap_or_default()
    }

    /// The text of a field; `None` when it is null, another type or no field.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<&str> {
        self.fields.get(field).and_then(Value::as_str)
    }

    /// The value of a field; null when it holds none.
    #[must_use]
    pub fn value(&self, field: &str) -> &Value {
        self.fields.get(field).unwrap_or(&Value::Null)
    }

    /// All fields that hold a value.
    #[must_use]
    pub const fn fields(&self) -> &Map<String, Value> {
        &self.fields
    }
}

/// One record as it is stored.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) object: &'static str,
    fields: BTreeMap<&'static str, Value>,
    /// When it was put into the recycle bin.
    pub(super) deleted: Option<Timestamp>,
    pub(super) changed: Timestamp,
}

impl Row {
    /// The value of a field, under its canonical name.
    pub(super) fn value(&self, field: &str) -> &Value {
        self.fields.get(field).unwrap_or(&Value::Null)
    }

    pub(super) fn record(&self) -> Record {
        let fields = self.fields.iter().filter(|(_, value)| !value.is_null());
        Record { fields: fields.map(|(name, value)| ((*name).to_owned(), value.clone())).collect() }
    }
}

/// Whether a duplicate rule may be overridden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Duplicates {
    Refuse,
    /// The header `Sforce-Duplicate-Rule-Header: allowSave=true`.
    Allow,
}

/// Who writes, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Author<'a> {
    /// The id of the user.
    pub(super) user: &'a str,
    pub(super) duplicates: Duplicates,
}

/// All records.
#[derive(Debug, Default)]
pub(super) struct Records {
    rows: Vec<Row>,
    by_id: HashMap<String, usize>,
    made: u64,
}

impl Records {
    /// All rows in the order in which they were made, those in the recycle bin too.
    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The row with this 18-character id, even when it is in the recycle bin.
    pub(super) fn row(&self, id: &str) -> Option<&Row> {
        self.by_id.get(id).map(|&place| &self.rows[place])
    }

    /// The live row of an object with this id, or why there is none for a write.
    pub(super) fn live(&self, object: &Object, id: &str) -> Result<&Row, Refusal> {
        match self.row(id) {
            Some(row) if row.object != object.name => Err(Refusal::no_such_id()),
            Some(row) if row.deleted.is_some() => Err(Refusal::deleted()),
            Some(row) => Ok(row),
            None => Err(Refusal::no_such_id()),
        }
    }

    /// The ids of live records whose text in this field is the same but for case.
    pub(super) fn with_value(&self, object: &Object, field: &Field, value: &Value) -> Vec<String> {
        let same = |stored: &Value| match (stored.as_str(), value.as_str()) {
            // Most values are ASCII, and a load test compares millions of them.
            (Some(a), Some(b)) if a.is_ascii() && b.is_ascii() => a.eq_ignore_ascii_case(b),
            (Some(a), Some(b)) => a.to_lowercase() == b.to_lowercase(),
            _ => !stored.is_null() && stored == value,
        };
        let rows = self.rows.iter().filter(|row| row.object == object.name && row.deleted.is_none());
        rows.filter(|row| same(row.value(field.name))).map(|row| row.id.clone()).collect()
    }

    /// Makes a record; its 18-character id.
    pub(super) fn create(
        &mut self,
        schema: &Schema,
        object: &Object,
        values: Values,
        author: Author<'_>,
    ) -> Result<String, Refusal> {
        let id = ids::make(object.prefix, self.made + 1);
        self.insert(schema, object, id, values, author)
    }

    /// Makes a record with this id, which is 18 characters long.
    pub(super) fn insert(
        &mut self,
        schema: &Schema,
        object: &Object,
        id: String,
        values: Values,
        author: Author<'_>,
    ) -> Result<String, Refusal> {
        if self.rows.len() >= RECORDS_MAX {
            return Err(Refusal::storage());
        }
        self.permit(schema, object, None, &values, author.duplicates)?;
        self.made += 1;
        let now = clock::now();
        let stamp = Value::from(clock::written(now));
        let mut fields: BTreeMap<&'static str, Value> = BTreeMap::from([
            ("Id", Value::from(id.as_str())),
            ("IsDeleted", Value::from(false)),
            ("CreatedDate", stamp.clone()),
            ("CreatedById", Value::from(author.user)),
            ("LastModifiedDate", stamp.clone()),
            ("LastModifiedById", Value::from(author.user)),
            ("SystemModstamp", stamp),
        ]);
        for field in object.fields.iter().filter(|field| field.need == Need::Defaulted) {
            let default = if field.kind == Kind::Boolean {
                Some(Value::from(field.name == "IsActive"))
            } else if field.name == "OwnerId" {
                Some(Value::from(author.user))
            } else {
                default_of(object.name, field.name).map(Value::from)
            };
            if let Some(default) = default {
                fields.entry(field.name).or_insert(default);
            }
        }
        if object.name == "Case" {
            fields.insert("CaseNumber", Value::from(format!("{:08}", self.made)));
        }
        // A null does not undo a default: a field that is not nillable keeps one.
        fields.extend(values.into_iter().filter(|(_, value)| !value.is_null()));
        let mut row = Row { id: id.clone(), object: object.name, fields, deleted: None, changed: now };
        self.derive(&mut row);
        self.by_id.insert(id.clone(), self.rows.len());
        self.rows.push(row);
        Ok(id)
    }

    /// Changes a live record.
    pub(super) fn update(
        &mut self,
        schema: &Schema,
        object: &Object,
        id: &str,
        values: Values,
        author: Author<'_>,
    ) -> Result<(), Refusal> {
        let mut row = self.live(object, id)?.clone();
        self.permit(schema, object, Some(id), &values, author.duplicates)?;
        let now = clock::now();
        let stamp = Value::from(clock::written(now));
        row.fields.extend(values);
        row.fields.insert("LastModifiedDate", stamp.clone());
        row.fields.insert("LastModifiedById", Value::from(author.user));
        row.fields.insert("SystemModstamp", stamp);
        row.changed = now;
        self.derive(&mut row);
        self.replace(row);
        Ok(())
    }

    /// Puts a live record into the recycle bin.
    pub(super) fn delete(&mut self, object: &Object, id: &str) -> Result<(), Refusal> {
        let mut row = self.live(object, id)?.clone();
        let now = clock::now();
        row.fields.insert("IsDeleted", Value::from(true));
        row.fields.insert("SystemModstamp", Value::from(clock::written(now)));
        row.deleted = Some(now);
        row.changed = now;
        self.replace(row);
        Ok(())
    }

    fn replace(&mut self, row: Row) {
        let place = self.by_id[&row.id];
        self.rows[place] = row;
    }

    /// Whether other records allow these values; `itself` is the record that is changed.
    fn permit(
        &self,
        schema: &Schema,
        object: &Object,
        itself: Option<&str>,
        values: &Values,
        duplicates: Duplicates,
    ) -> Result<(), Refusal> {
        for (name, value) in values {
            let field = object.field(name).expect("values are of fields of the object");
            if let (Kind::Reference(_), Some(id)) = (field.kind, value.as_str()) {
                match self.row(id) {
                    Some(row) if row.deleted.is_some() => {
                        return Err(Refusal::of_fields(
                            400,
                            "ENTITY_IS_DELETED",
                            "entity is deleted",
                            &[name],
                        ));
                    }
                    Some(_) => {}
                    None => return Err(Refusal::no_access_to(&id[..15])),
                }
            }
            if field.key == Key::UniqueExternalId && !value.is_null() {
                let found = self.with_value(object, field, value);
                if let Some(other) = found.iter().find(|other| Some(other.as_str()) != itself) {
                    return Err(Refusal::duplicate_value(field.name, other));
                }
            }
        }
        self.related(object, itself, values)?;
        if duplicates == Duplicates::Refuse && itself.is_none() {
            self.ruled_out(schema, object, values)?;
        }
        Ok(())
    }

    /// A lead in `WhoId` forbids `WhatId` (salesforce.md 1.5; the wording is not confirmed).
    fn related(&self, object: &Object, itself: Option<&str>, values: &Values) -> Result<(), Refusal> {
        if !matches!(object.name, "Task" | "Event") {
            return Ok(());
        }
        let stored = itself.and_then(|id| self.row(id));
        let value_of = |name: &str| match values.iter().find(|(field, _)| *field == name) {
            Some((_, value)) => value.clone(),
            None => stored.map_or(Value::Null, |row| row.value(name).clone()),
        };
        let lead = value_of("WhoId").as_str().is_some_and(|id| id.starts_with("00Q"));
        if lead && !value_of("WhatId").is_null() {
            let message = "Related To ID: a record cannot be related to a lead and to another record";
            return Err(Refusal::of_fields(400, "FIELD_INTEGRITY_EXCEPTION", message, &["WhatId"]));
        }
        Ok(())
    }

    /// The org's duplicate rule: people are told apart by their mail address.
    fn ruled_out(&self, schema: &Schema, object: &Object, values: &Values) -> Result<(), Refusal> {
        if !matches!(object.name, "Contact" | "Lead") {
            return Ok(());
        }
        let Some((_, value)) = values.iter().find(|(name, value)| *name == "Email" && !value.is_null())
        else {
            return Ok(());
        };
        let email = schema.object(object.name).and_then(|object| object.field("Email"));
        let found = self.with_value(object, email.expect("people have a mail address"), value);
        if found.is_empty() {
            return Ok(());
        }
        let url = |id: &String| format!("/services/data/v67.0/sobjects/{}/{id}", object.name);
        let found: Vec<_> = found.into_iter().map(|id| (id.clone(), url(&id))).collect();
        Err(Refusal::duplicates(object.name, &found))
    }

    /// Sets the fields that follow from others.
    fn derive(&self, row: &mut Row) {
        match row.object {
            "Task" => {
                let closed = row.value("Status") == "Completed";
                let done = if closed { row.fields["LastModifiedDate"].clone() } else { Value::Null };
                let since = row.fields.get("CompletedDateTime").filter(|value| closed && !value.is_null());
                let done = since.cloned().unwrap_or(done);
                let high = row.value("Priority") == "High";
                let account = self.account_of(row);
                row.fields.insert("IsClosed", Value::from(closed));
                row.fields.insert("CompletedDateTime", done);
                row.fields.insert("IsHighPriority", Value::from(high));
                row.fields.insert("AccountId", account);
            }
            "Contact" | "Lead" | "User" => {
                let parts = [row.value("FirstName").as_str(), row.value("LastName").as_str()];
                let name = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
                row.fields.insert("Name", Value::from(name));
            }
            _ => {}
        }
    }

    /// The account that a task belongs to: its own or that of its contact or parent.
    fn account_of(&self, task: &Row) -> Value {
        let what = task.value("WhatId");
        if what.as_str().is_some_and(|id| id.starts_with("001")) {
            return what.clone();
        }
        let parents = [what, task.value("WhoId")].into_iter().filter_map(Value::as_str);
        let accounts = parents.filter_map(|id| self.row(id)).map(|row| row.value("AccountId"));
        accounts.into_iter().find(|account| !account.is_null()).cloned().unwrap_or(Value::Null)
    }
}
