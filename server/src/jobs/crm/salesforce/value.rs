//! One value of a link as the field's type wants it (`salesforce.md` 1.4, 1.7).
//!
//! Promises: what Salesforce would refuse is refused here, under Salesforce's own code and with the field's name, before
//! a request is spent on it; texts for people are cut rather than lost, and it is said. An empty value sets nothing: a new
//! record has nothing there, or the org's default. Leaves to others: which fields there are (`record`).

use super::describe::{Field, Kind};
use super::fault::refused;
use super::ids::{self, RecordId};
use super::moment;
use ringbridge_core::crm::Failure;
use serde_json::Value;

/// What stands at the end of a text that was cut.
const CUT: &str = " …[cut]";

/// Fields for people, where the beginning is better than nothing. Long text areas are cut as well.
const MAY_BE_CUT: [&str; 3] = ["Subject", "Description", "CallDisposition"];

/// A value to be sent.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fitted {
    /// The value.
    pub(super) value: Value,
    /// What was done to it, if somebody should know.
    pub(super) note: Option<String>,
}

impl From<Value> for Fitted {
    fn from(value: Value) -> Self {
        Self { value, note: None }
    }
}

/// Fits a value into its field; nothing where it sets nothing.
pub(super) fn fit(field: &Field, text: &str) -> Result<Option<Fitted>, Failure> {
    let bare = text.trim();
    if bare.is_empty() {
        return Ok(None);
    }
    let fitted = match field.kind {
        Kind::Text | Kind::Textarea => fit_text(field, text)?,
        Kind::Date => {
            no_call(bare, || moment::date(bare).map_err(|why| unreadable(field, "date", bare, why)))?
        }
        Kind::DateTime => {
            no_call(bare, || moment::date_time(bare).map_err(|why| unreadable(field, "datetime", bare, why)))?
        }
        Kind::Int => whole(field, bare)?,
        Kind::Double | Kind::Currency | Kind::Percent => decimal(field, bare)?,
        Kind::Boolean => boolean(field, bare)?,
        Kind::Picklist => Value::from(choice(field, bare)?).into(),
        Kind::MultiPicklist => {
            let parts = bare.split(';').map(str::trim).filter(|part| !part.is_empty());
            let chosen: Vec<String> = parts.map(|part| choice(field, part)).collect::<Result<_, _>>()?;
            Value::from(chosen.join(";")).into()
        }
        Kind::Reference | Kind::Id => Value::from(reference(field, bare)?.as_str()).into(),
    };
    Ok(Some(fitted).filter(|fitted| !fitted.value.is_null()))
}

/// `$call_answered_time$` is 0 for a call that was not established: no moment at all.
fn no_call(text: &str, read: impl FnOnce() -> Result<String, Failure>) -> Result<Fitted, Failure> {
    match text {
        "0" => Ok(Value::Null.into()),
        _ => read().map(|text| Value::from(text).into()),
    }
}

fn unreadable(field: &Field, kind: &str, text: &str, why: &str) -> Failure {
    refused("JSON_PARSER_ERROR", format!("{}: \"{}\" is no {kind}: {why}", field.name, shown(text)))
}

/// The beginning of a value, for a sentence.
fn shown(text: &str) -> String {
    let mut beginning: String = text.chars().take(40).collect();
    if beginning.len() < text.len() {
        beginning.push('…');
    }
    beginning
}

fn fit_text(field: &Field, text: &str) -> Result<Fitted, Failure> {
    let Field { name, length, .. } = field;
    let characters = text.chars().count();
    if *length == 0 || characters <= *length {
        return Ok(Value::from(text).into());
    }
    let may_be_cut =
        field.kind == Kind::Textarea || MAY_BE_CUT.iter().any(|known| name.eq_ignore_ascii_case(known));
    let kept = length.saturating_sub(CUT.chars().count());
    if !may_be_cut || kept == 0 {
        let why = format!("{name}: data value too large: {characters} characters (max length={length})");
        return Err(refused("STRING_TOO_LONG", why));
    }
    let cut: String = text.chars().take(kept).chain(CUT.chars()).collect();
    let note = format!("{name} was cut from {characters} to {length} characters");
    Ok(Fitted { value: cut.into(), note: Some(note) })
}

fn whole(field: &Field, text: &str) -> Result<Fitted, Failure> {
    let number = text.parse::<i64>().map_err(|_| unreadable(field, "int", text, "write digits alone"))?;
    Ok(Value::from(number).into())
}

fn decimal(field: &Field, text: &str) -> Result<Fitted, Failure> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+'));
    let number = text.parse::<f64>().ok().filter(|_| plain).and_then(serde_json::Number::from_f64);
    let number =
        number.ok_or_else(|| unreadable(field, "number", text, "write digits with a decimal point"))?;
    Ok(Value::Number(number).into())
}

fn boolean(field: &Field, text: &str) -> Result<Fitted, Failure> {
    let is = |words: [&str; 3]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    match (is(["true", "yes", "1"]), is(["false", "no", "0"])) {
        (true, _) => Ok(Value::Bool(true).into()),
        (_, true) => Ok(Value::Bool(false).into()),
        _ => Err(unreadable(field, "boolean", text, "write true or false")),
    }
}

/// The picklist's own spelling of a value or label; Salesforce does not promise to fold case (`completed`).
fn choice(field: &Field, text: &str) -> Result<String, Failure> {
    let wanted = text.to_lowercase();
    let active = || field.picklist_values.iter().filter(|choice| choice.active);
    let exact = active().find(|choice| choice.value == text);
    let folded = || active().find(|choice| choice.value.to_lowercase() == wanted);
    let labelled =
        || active().find(|choice| choice.label.as_ref().is_some_and(|l| l.to_lowercase() == wanted));
    match exact.or_else(folded).or_else(labelled) {
        Some(choice) => Ok(choice.value.clone()),
        None if field.restricted_picklist => Err(refused(
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            format!("{}: bad value for restricted picklist field: {}", field.name, shown(text)),
        )),
        None => Ok(text.to_owned()),
    }
}

fn reference(field: &Field, text: &str) -> Result<RecordId, Failure> {
    let wrong = |code| refused(code, format!("{}: id value of incorrect type: {}", field.name, shown(text)));
    let id = RecordId::parse(text).ok_or_else(|| wrong("MALFORMED_ID"))?;
    let prefixes: Option<Vec<_>> = field.reference_to.iter().map(|object| ids::prefix_of(object)).collect();
    // Where one of the objects is the org's own, its prefix is not known, and Salesforce says what is wrong.
    match prefixes {
        Some(known) if !known.is_empty() && !known.contains(&id.prefix()) => {
            Err(wrong("FIELD_INTEGRITY_EXCEPTION"))
        }
        Some(_) | None => Ok(id),
    }
}

#[cfg(test)]
mod tests {
    use super::super::describe::Choice;
    use super::*;
    use serde_json::json;

    fn field(kind: Kind) -> Field {
        Field { name: "F__c".into(), kind, createable: true, ..Field::default() }
    }

    fn value(field: &Field, text: &str) -> Result<Value, String> {
        match fit(field, text) {
            Ok(fitted) => Ok(fitted.map_or(Value::Null, |fitted| fitted.value)),
            Err(failure) => Err(failure.sentence()),
        }
    }

    #[test]
    fn each_type_takes_what_links_write_for_it() {
        let table = [
            (Kind::Text, " as it is ", json!(" as it is ")),
            (Kind::Text, "  ", Value::Null),
            (Kind::Date, "2026/11/22 10:00:00 -0800", json!("2026-11-22")),
            (Kind::Date, "", Value::Null),
            (Kind::DateTime, "2026/11/22 10:00:00 -0800", json!("2026-11-22T10:00:00.000-08:00")),
            (Kind::DateTime, "0", Value::Null),
            (Kind::Int, " 61 ", json!(61)),
            (Kind::Currency, "12.50", json!(12.5)),
            (Kind::Percent, "-3", json!(-3.0)),
            (Kind::Boolean, "Yes", json!(true)),
            (Kind::Boolean, "0", json!(false)),
            (Kind::Reference, "001D000000IqhSL", json!("001D000000IqhSLIAZ")),
        ];
        for (kind, text, expected) in table {
            assert_eq!(value(&field(kind), text), Ok(expected), "{kind:?} {text:?}");
        }
    }

    #[test]
    fn what_salesforce_would_refuse_is_refused_under_its_code() {
        let table = [
            (
                Kind::Date,
                "soon",
                "JSON_PARSER_ERROR: F__c: \"soon\" is no date: a date is written 2026-11-22",
            ),
            (Kind::Int, "00:01:16", "JSON_PARSER_ERROR: F__c: \"00:01:16\" is no int: write digits alone"),
            (
                Kind::Double,
                "inf",
                "JSON_PARSER_ERROR: F__c: \"inf\" is no number: write digits with a decimal point",
            ),
            (
                Kind::Double,
                "1e5",
                "JSON_PARSER_ERROR: F__c: \"1e5\" is no number: write digits with a decimal point",
            ),
            (Kind::Boolean, "maybe", "JSON_PARSER_ERROR: F__c: \"maybe\" is no boolean: write true or false"),
            (Kind::Reference, "zzz", "MALFORMED_ID: F__c: id value of incorrect type: zzz"),
        ];
        for (kind, text, expected) in table {
            assert_eq!(value(&field(kind), text), Err(expected.to_owned()));
        }
    }

    fn picklist(kind: Kind, restricted: bool) -> Field {
        let choice = |value: &str, label: Option<&str>, active| Choice {
            active,
            label: label.map(str::to_owned),
            value: value.into(),
        };
        Field {
            restricted_picklist: restricted,
            picklist_values: vec![
                choice("Completed", Some("Erledigt"), true),
                choice("Deferred", None, true),
                choice("Old", None, false),
            ],
            ..field(kind)
        }
    }

    #[test]
    fn a_picklist_has_its_own_spelling_and_a_restricted_one_takes_nothing_else() {
        let (free, restricted) = (picklist(Kind::Picklist, false), picklist(Kind::Picklist, true));
        for text in ["completed", "Completed", "erledigt"] {
            assert_eq!(value(&restricted, text), Ok(json!("Completed")), "{text}");
        }
        assert_eq!(value(&free, "Called back"), Ok(json!("Called back")));
        let refusal =
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST: F__c: bad value for restricted picklist field: old";
        assert_eq!(value(&restricted, "old"), Err(refusal.to_owned()));
        let several = picklist(Kind::MultiPicklist, true);
        assert_eq!(value(&several, "completed; DEFERRED;"), Ok(json!("Completed;Deferred")));
        assert_eq!(value(&several, "completed;old"), Err(refusal.to_owned()));
    }

    #[test]
    fn texts_for_people_are_cut_on_a_character_and_others_are_refused() {
        let subject = Field { name: "Subject".into(), length: 12, ..field(Kind::Text) };
        assert_eq!(
            fit(&subject, "ääääääääääääää"),
            Ok(Some(Fitted {
                value: json!("äääää …[cut]"),
                note: Some("Subject was cut from 14 to 12 characters".to_owned())
            }))
        );
        assert_eq!(value(&subject, "ääääääääääää"), Ok(json!("ääääääääääää")));
        let code = Field { length: 3, ..field(Kind::Text) };
        assert_eq!(
            value(&code, "ABCD"),
            Err("STRING_TOO_LONG: F__c: data value too large: 4 characters (max length=3)".to_owned())
        );
    }

    #[test]
    fn a_reference_points_to_its_own_objects_where_their_prefixes_are_known() {
        let to = |objects: &[&str]| Field {
            name: "WhoId".into(),
            reference_to: objects.iter().map(|&object| object.to_owned()).collect(),
            ..field(Kind::Reference)
        };
        assert_eq!(
            value(&to(&["Contact", "Lead"]), "0015w000029KTYHAA4"),
            Err("FIELD_INTEGRITY_EXCEPTION: WhoId: id value of incorrect type: 0015w000029KTYHAA4".to_owned())
        );
        assert!(value(&to(&["Contact", "Own__c"]), "0015w000029KTYHAA4").is_ok());
    }

    const KINDS: [Kind; 13] = [
        Kind::Text,
        Kind::Textarea,
        Kind::Date,
        Kind::DateTime,
        Kind::Int,
        Kind::Double,
        Kind::Currency,
        Kind::Percent,
        Kind::Boolean,
        Kind::Picklist,
        Kind::MultiPicklist,
        Kind::Reference,
        Kind::Id,
    ];

    proptest::proptest! {
        #[test]
        fn whatever_stands_in_a_link_is_sent_within_the_fields_length_or_refused(
            text in proptest::prop_oneof!["\\PC{0,40}", "[0-9/: TZ.+-]{0,30}", "[a-zA-Z0-9]{15,18}"],
            length in 0_usize..40,
            kind in 0..KINDS.len(),
        ) {
            let field = Field { name: "Description".into(), length, ..field(KINDS[kind]) };
            match fit(&field, &text) {
                Ok(Some(Fitted { value: Value::String(sent), .. })) if matches!(field.kind, Kind::Text | Kind::Textarea) => {
                    proptest::prop_assert!(length == 0 || sent.chars().count() <= length);
                    proptest::prop_assert!(sent == text || sent.ends_with(CUT));
                }
                Ok(_) => {}
                Err(failure) => proptest::prop_assert!(failure.sentence().contains("Description")),
            }
        }
    }
}
