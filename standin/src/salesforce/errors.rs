//! What an org answers when it refuses, in its own words.
//!
//! Promises: each constructor is one row of the table in salesforce.md 1.2, with its status, code, wording and with or
//! without `fields`, as recorded. Leaves to others: when to refuse.

use serde_json::{Value, json};

/// One refusal of the REST API: an array with this one object.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Refusal {
    /// The HTTP status.
    pub(super) status: u16,
    code: String,
    message: String,
    /// Left out of the answer when `None`.
    fields: Option<Vec<String>>,
    /// The object `duplicateResut` (Salesforce's own spelling) of a duplicate rule.
    duplicates: Option<Value>,
}

impl Refusal {
    /// A refusal without `fields`.
    pub(super) fn plain(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into(), fields: None, duplicates: None }
    }

    /// A refusal that names fields, perhaps none.
    pub(super) fn of_fields(status: u16, code: &str, message: impl Into<String>, fields: &[&str]) -> Self {
        let fields = fields.iter().map(|&name| name.to_owned()).collect();
        Self { fields: Some(fields), ..Self::plain(status, code, message) }
    }

    /// The body, its keys in the order of real answers.
    pub(super) fn body(&self) -> String {
        let text = |text: &str| Value::from(text).to_string();
        let mut body = String::from("[{");
        if let Some(duplicates) = &self.duplicates {
            body += &format!("\"duplicateResut\":{duplicates},");
        }
        body += &format!("\"message\":{},\"errorCode\":{}", text(&self.message), text(&self.code));
        if let Some(fields) = &self.fields {
            body += &format!(",\"fields\":{}", json!(fields));
        }
        body + "}]"
    }

    pub(super) fn session() -> Self {
        Self::plain(401, "INVALID_SESSION_ID", "Session expired or invalid")
    }

    pub(super) fn auth_header() -> Self {
        Self::plain(401, "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE")
    }

    pub(super) fn daily_limit() -> Self {
        Self::plain(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
    }

    pub(super) fn long_transactions() -> Self {
        Self::plain(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded.")
    }

    pub(super) fn not_found() -> Self {
        Self::plain(404, "NOT_FOUND", "The requested resource does not exist")
    }

    pub(super) fn no_key_field(name: &str) -> Self {
        let message = format!("Provided external ID field does not exist or is not accessible: {name}");
        Self::plain(404, "NOT_FOUND", message)
    }

    pub(super) fn no_such_id() -> Self {
        Self::of_fields(404, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", &[])
    }

    pub(super) fn deleted() -> Self {
        Self::of_fields(404, "ENTITY_IS_DELETED", "entity is deleted", &[])
    }

    pub(super) fn no_column(column: &str, object: &str) -> Self {
        Self::plain(400, "INVALID_FIELD", format!("No such column '{column}' on sobject of type {object}"))
    }

    pub(super) fn named_in_body(field: &str) -> Self {
        let message = format!("The {field} field should not be specified in the sobject data.");
        Self::plain(400, "INVALID_FIELD", message)
    }

    pub(super) fn not_writable(fields: &[&str]) -> Self {
        let message = format!(
            "Unable to create/update fields: {}. Please check the security settings of this field and verify that it \
             is read/write for your profile or permission set.",
            fields.join(", ")
        );
        Self::of_fields(400, "INVALID_FIELD_FOR_INSERT_UPDATE", message, fields)
    }

    pub(super) fn missing(fields: &[&str]) -> Self {
        let message = format!("Required fields are missing: [{}]", fields.join(", "));
        Self::of_fields(400, "REQUIRED_FIELD_MISSING", message, fields)
    }

    pub(super) fn too_long(label: &str, field: &str, value: &str, length: usize) -> Self {
        let message = format!("{label}: data value too large: {value} (max length={length})");
        Self::of_fields(400, "STRING_TOO_LONG", message, &[field])
    }

    pub(super) fn parser(message: impl Into<String>) -> Self {
        Self::plain(400, "JSON_PARSER_ERROR", message)
    }

    /// A value of the wrong JSON type; the token is named as Jackson names it.
    pub(super) fn wrong_type(kind: &str, token: &str, value: &str, line: usize, column: usize) -> Self {
        Self::parser(format!(
            "Cannot deserialize instance of {kind} from {token} value {value} or request may be missing a required field \
             at [line:{line}, column:{column}]"
        ))
    }

    pub(super) fn malformed_id(label: &str, field: &str, value: &str) -> Self {
        let message = format!("{label}: id value of incorrect type: {value}");
        Self::of_fields(400, "MALFORMED_ID", message, &[field])
    }

    pub(super) fn wrong_prefix(label: &str, field: &str, value: &str) -> Self {
        let message = format!("{label}: id value of incorrect type: {value}");
        Self::of_fields(400, "FIELD_INTEGRITY_EXCEPTION", message, &[field])
    }

    pub(super) fn record_type(value: &str) -> Self {
        let message = format!("Record Type ID: this ID value isn't valid for the user: {value}");
        Self::of_fields(400, "INVALID_CROSS_REFERENCE_KEY", message, &["RecordTypeId"])
    }

    pub(super) fn no_access_to(id: &str) -> Self {
        let message = format!("insufficient access rights on cross-reference id: {id}");
        Self::of_fields(400, "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", message, &[])
    }

    pub(super) fn read_only() -> Self {
        let message = "insufficient access rights on object id";
        Self::of_fields(400, "INSUFFICIENT_ACCESS_OR_READONLY", message, &[])
    }

    pub(super) fn picklist(label: &str, field: &str, value: &str) -> Self {
        let message = format!("{label}: bad value for restricted picklist field: {value}");
        Self::of_fields(400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, &[field])
    }

    pub(super) fn out_of_range(label: &str, field: &str, value: &str) -> Self {
        let message = format!("{label}: value outside of valid range on numeric field: {value}");
        Self::of_fields(400, "NUMBER_OUTSIDE_VALID_RANGE", message, &[field])
    }

    pub(super) fn duplicate_value(field: &str, id: &str) -> Self {
        let message = format!("duplicate value found: {field} duplicates value on record with id: {id}");
        Self::of_fields(400, "DUPLICATE_VALUE", message, &[])
    }

    /// A duplicate rule found these records of the object; the URL is the record's own.
    pub(super) fn duplicates(object: &str, found: &[(String, String)]) -> Self {
        let records: Vec<_> = found
            .iter()
            .map(|(id, url)| {
                let record = json!({"attributes": {"type": object, "url": url}, "Id": id});
                json!({"additionalInformation": [], "fieldDiffs": [], "matchConfidence": 100.0, "record": record})
            })
            .collect();
        let rule = format!("Standard_{object}_Duplicate_Rule");
        let duplicates = json!({
            "allowSave": true,
            "duplicateRule": rule,
            "duplicateRuleEntityType": object,
            "errorMessage": "Use one of these records?",
            "matchResults": [{
                "entityType": object,
                "errors": [],
                "matchEngine": "ExactMatchEngine",
                "matchRecords": records,
                "rule": format!("Standard_{object}_Match_Rule_v1_0"),
                "size": found.len(),
                "success": true,
            }],
        });
        let plain = Self::plain(400, "DUPLICATES_DETECTED", "Use one of these records?");
        Self { duplicates: Some(duplicates), ..plain }
    }

    pub(super) fn locked_row(status: u16, id: &str) -> Self {
        let message = format!("unable to obtain exclusive access to this record or 1 records: {id}");
        Self::of_fields(status, "UNABLE_TO_LOCK_ROW", message, &[])
    }

    pub(super) fn method(method: &str, allowed: &str) -> Self {
        let message = format!("HTTP Method '{method}' not allowed. Allowed are {allowed}");
        Self::plain(405, "METHOD_NOT_ALLOWED", message)
    }

    pub(super) fn media_type(given: &str) -> Self {
        Self::plain(415, "UNSUPPORTED_MEDIA_TYPE", format!("Content type '{given}' not supported"))
    }

    pub(super) fn unknown() -> Self {
        let message = "An unexpected error occurred. Please include this ErrorId if you contact support: \
                       1316215357-20 (1482734298)";
        Self::plain(500, "UNKNOWN_EXCEPTION", message)
    }

    pub(super) fn unavailable() -> Self {
        Self::plain(503, "SERVER_UNAVAILABLE", "The server is temporarily unavailable")
    }

    pub(super) fn storage() -> Self {
        Self::of_fields(400, "STORAGE_LIMIT_EXCEEDED", "storage limit exceeded", &[])
    }

    pub(super) fn malformed_query(message: impl Into<String>) -> Self {
        Self::plain(400, "MALFORMED_QUERY", message)
    }
}
