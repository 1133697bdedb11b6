//! Checks the values of a create or an update against the fields of the object, and makes them canonical.
//!
//! Promises: strict: nothing is taken that a real org might refuse (an unknown column, a number in quotes, a date in
//! another form, an id with a wrong check); names come out in their canonical case. Leaves to others: what needs other
//! records (references, unique fields: `records`).

use super::{
    body::Member,
    clock,
    errors::Refusal,
    ids,
    schema::{Access, Field, Kind, Need, Object, Schema},
};
use serde_json::Value;

/// What the values are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Write {
    /// A new record: required fields must be there.
    Create,
    /// A change of a record.
    Update,
}

/// Values under the canonical names of their fields.
pub(super) type Values = Vec<(&'static str, Value)>;

/// The values of the members for this object, or the first reason against them.
pub(super) fn check(
    schema: &Schema,
    object: &Object,
    members: &[Member],
    write: Write,
) -> Result<Values, Refusal> {
    // A type hint that some clients send with each record.
    let members: Vec<_> = members.iter().filter(|member| member.name != "attributes").collect();
    if members.iter().any(|member| member.name.eq_ignore_ascii_case("Id")) {
        return Err(Refusal::named_in_body("Id"));
    }
    let mut fields = Vec::with_capacity(members.len());
    for member in members {
        let field =
            object.field(&member.name).ok_or_else(|| Refusal::no_column(&member.name, object.name))?;
        fields.push((field, member));
    }
    let mut values = Vec::with_capacity(fields.len());
    for (field, member) in &fields {
        values.push((*field, typed(field, member)?));
    }
    let locked: Vec<_> = values
        .iter()
        .map(|(field, _)| *field)
        .filter(|field| match field.access {
            Access::ReadOnly => true,
            Access::OnCreate => write == Write::Update,
            Access::Write => false,
        })
        .map(|field| field.name)
        .collect();
    if !locked.is_empty() {
        return Err(Refusal::not_writable(&locked));
    }
    let absent: Vec<_> = object
        .fields
        .iter()
        .filter(|field| field.need == Need::Required)
        .filter(|field| match values.iter().find(|(given, _)| given.name == field.name) {
            Some((_, value)) => value.is_null(),
            None => write == Write::Create,
        })
        .map(|field| field.name)
        .collect();
    if !absent.is_empty() {
        return Err(Refusal::missing(&absent));
    }
    values.into_iter().map(|(field, value)| Ok((field.name, ruled(schema, field, value)?))).collect()
}

/// Checks one value that came outside a body, such as the key in the path of an upsert.
pub(super) fn check_text(schema: &Schema, field: &Field, text: &str) -> Result<Value, Refusal> {
    ruled(schema, field, Value::from(text))
}

/// The value if its JSON type fits the field; an empty text is null, as in a real org.
fn typed(field: &Field, member: &Member) -> Result<Value, Refusal> {
    let value = &member.value;
    let wrong = || {
        let (token, shown) = token_of(value);
        Err(Refusal::wrong_type(field.kind.wire_name(), token, &shown, member.line, member.column))
    };
    if value.is_null() {
        return Ok(Value::Null);
    }
    match field.kind {
        Kind::Boolean if value.is_boolean() => Ok(value.clone()),
        Kind::Double if value.is_number() => Ok(value.clone()),
        Kind::Int if value.is_i64() => Ok(value.clone()),
        Kind::Boolean | Kind::Double | Kind::Int => wrong(),
        Kind::Date => match value.as_str().and_then(clock::read_date) {
            Some(date) => Ok(Value::from(date.to_string())),
            None => wrong(),
        },
        Kind::DateTime => match value.as_str().and_then(clock::read_moment) {
            Some(moment) => Ok(Value::from(clock::written(moment))),
            None => wrong(),
        },
        Kind::Id
        | Kind::Text
        | Kind::Combobox
        | Kind::LongText
        | Kind::Picklist(_)
        | Kind::Restricted(_)
        | Kind::Reference(_)
        | Kind::Phone
        | Kind::Email => match value.as_str() {
            Some("") => Ok(Value::Null),
            Some(_) => Ok(value.clone()),
            None => wrong(),
        },
    }
}

/// The value's token and text as the parser of a real org names them.
fn token_of(value: &Value) -> (&'static str, String) {
    let number = if value.is_f64() { "VALUE_NUMBER_FLOAT" } else { "VALUE_NUMBER_INT" };
    match value {
        Value::Null => ("VALUE_NULL", "null".to_owned()),
        Value::Bool(true) => ("VALUE_TRUE", "true".to_owned()),
        Value::Bool(false) => ("VALUE_FALSE", "false".to_owned()),
        Value::Number(value) => (number, value.to_string()),
        Value::String(text) => ("VALUE_STRING", text.clone()),
        Value::Array(_) => ("START_ARRAY", "[".to_owned()),
        Value::Object(_) => ("START_OBJECT", "{".to_owned()),
    }
}

/// The value if it keeps the field's own rules.
fn ruled(schema: &Schema, field: &Field, value: Value) -> Result<Value, Refusal> {
    match field.kind {
        Kind::Int => {
            let digits = value.as_i64().map_or(0, |number| number.unsigned_abs().to_string().len());
            if digits > field.length {
                return Err(Refusal::out_of_range(field.label, field.name, &value.to_string()));
            }
        }
        Kind::Boolean => {
            if value.is_null() {
                let message = format!("{}: value not of required type: null", field.label);
                return Err(Refusal::of_fields(
                    400,
                    "INVALID_TYPE_ON_FIELD_IN_RECORD",
                    message,
                    &[field.name],
                ));
            }
        }
        Kind::Date | Kind::DateTime | Kind::Double => {}
        Kind::Id | Kind::Reference(_) => return reference(schema, field, value),
        Kind::Text
        | Kind::Combobox
        | Kind::LongText
        | Kind::Picklist(_)
        | Kind::Restricted(_)
        | Kind::Phone
        | Kind::Email => {
            let Some(text) = value.as_str() else { return Ok(value) };
            if text.encode_utf16().count() > field.length {
                return Err(Refusal::too_long(field.label, field.name, text, field.length));
            }
            if let Kind::Restricted(values) = field.kind
                && !values.contains(&text)
            {
                return Err(Refusal::picklist(field.label, field.name, text));
            }
            if field.kind == Kind::Email && !text.contains('@') {
                let message = format!("{}: invalid email address: {text}", field.label);
                return Err(Refusal::of_fields(400, "INVALID_EMAIL_ADDRESS", message, &[field.name]));
            }
        }
    }
    Ok(value)
}

/// The 18-character id, if it is one and of an object that the field can refer to.
fn reference(schema: &Schema, field: &Field, value: Value) -> Result<Value, Refusal> {
    let Some(text) = value.as_str() else { return Ok(value) };
    let id = ids::normalise(text).ok_or_else(|| Refusal::malformed_id(field.label, field.name, text))?;
    let Kind::Reference(objects) = field.kind else { return Ok(Value::from(id)) };
    if objects.contains(&"RecordType") {
        return Err(Refusal::record_type(text));
    }
    let object = schema.of_id(&id).map(|object| object.name);
    if object.is_some_and(|name| objects.contains(&name)) {
        Ok(Value::from(id))
    } else {
        Err(Refusal::wrong_prefix(field.label, field.name, text))
    }
}
