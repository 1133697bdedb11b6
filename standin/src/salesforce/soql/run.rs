//! Answers a query from the records.
//!
//! Promises: every name is checked before a record is looked at; records come in the order in which they were made unless
//! the query sorts them. Leaves to others: how the answer is written.

use super::{
    super::{
        clock,
        errors::Refusal,
        ids,
        records::{Records, Row},
        schema::{Field, Kind, Object, Schema},
    },
    parse::{Condition, Direction, How, Literal, Name, Nulls, Query, Select, parse},
    token::Piece,
};
use serde_json::Value;
use std::cmp::Ordering;

/// Which records a query sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Scope {
    /// Those that are there: `query`.
    Live,
    /// Those in the recycle bin too: `queryAll`.
    All,
}

/// What a query found.
#[derive(Debug, PartialEq)]
pub(in super::super) struct Found {
    /// The canonical name of the object.
    pub(in super::super) object: &'static str,
    /// How many records it is about; more than there are rows when it only counts.
    pub(in super::super) total: usize,
    /// One row a record: its id, and names and values in the order of the SELECT.
    pub(in super::super) rows: Vec<(String, Vec<(&'static str, Value)>)>,
}

/// Runs a query.
pub(in super::super) fn run(
    schema: &Schema,
    records: &Records,
    query: &str,
    scope: Scope,
) -> Result<Found, Refusal> {
    let Query { select, from, condition, order, limit, offset } = parse(query)?;
    let Some(object) = schema.object(&from.text) else {
        let message = format!(
            "sObject type '{}' is not supported. If you are attempting to use a custom object, be sure to append the \
             '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.",
            from.text
        );
        return Err(Refusal::plain(400, "INVALID_TYPE", in_context(query, from.column, &message)));
    };
    let asked = Asked { query, object };
    let names: Vec<_> = match &select {
        Select::Count => Vec::new(),
        Select::Fields(names) => names.iter().map(|name| asked.field(name)).collect::<Result<_, _>>()?,
    };
    let test = condition.map(|condition| asked.test(condition)).transpose()?;
    let mut sorts = Vec::with_capacity(order.len());
    for sort in &order {
        let field = asked.field(&sort.field)?;
        if field.kind == Kind::LongText {
            let message = format!("field '{}' can not be sorted in a query call", field.name);
            return Err(asked.refuse(&sort.field, &message));
        }
        sorts.push((field.name, sort.direction, sort.nulls));
    }
    let mut found: Vec<&Row> = records
        .rows()
        .iter()
        .filter(|row| row.object == object.name && (scope == Scope::All || row.deleted.is_none()))
        .filter(|row| test.as_ref().is_none_or(|test| test.holds(row)))
        .collect();
    found.sort_by(|a, b| {
        let orders = sorts
            .iter()
            .map(|(name, direction, nulls)| by_field(a.value(name), b.value(name), *direction, *nulls));
        orders.fold(Ordering::Equal, Ordering::then)
    });
    let found: Vec<_> = found.into_iter().skip(offset).take(limit.unwrap_or(usize::MAX)).collect();
    let rows = match select {
        Select::Count => Vec::new(),
        Select::Fields(_) => found
            .iter()
            .map(|row| {
                let values = names.iter().map(|field| (field.name, row.value(field.name).clone()));
                (row.id.clone(), values.collect())
            })
            .collect(),
    };
    Ok(Found { object: object.name, total: found.len(), rows })
}

/// A message with the place in the query, as a real org shows it.
fn in_context(query: &str, column: usize, message: &str) -> String {
    let shown: String = query.replace(['\n', '\r', '\t'], " ");
    let arrow = format!("{}^", " ".repeat(column.saturating_sub(1)));
    format!("\n{shown}\n{arrow}\nERROR at Row:1:Column:{column}\n{message}")
}

/// Sorts two values of one field; without a value they go where they are to.
fn by_field(a: &Value, b: &Value, direction: Direction, nulls: Nulls) -> Ordering {
    let empty_first = match nulls {
        Nulls::First => Ordering::Less,
        Nulls::Last => Ordering::Greater,
    };
    match (a.is_null(), b.is_null()) {
        (true, true) => Ordering::Equal,
        (true, false) => empty_first,
        (false, true) => empty_first.reverse(),
        (false, false) => {
            let order = compare(a, b).unwrap_or(Ordering::Equal);
            if direction == Direction::Up { order } else { order.reverse() }
        }
    }
}

/// Compares two values of one field; `None` where one is null or they are of different types.
fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    if let (Some(a), Some(b)) = (a.as_f64(), b.as_f64()) {
        return a.partial_cmp(&b);
    }
    if let (Some(a), Some(b)) = (a.as_bool(), b.as_bool()) {
        return Some(a.cmp(&b));
    }
    Some(a.as_str()?.to_lowercase().cmp(&b.as_str()?.to_lowercase()))
}

/// A condition whose names and values were checked.
enum Test {
    And(Vec<Test>),
    Or(Vec<Test>),
    Not(Box<Test>),
    Compare(&'static str, How, Value),
    Like(&'static str, Vec<Piece>),
    In(&'static str, Vec<Value>),
}

impl Test {
    fn holds(&self, row: &Row) -> bool {
        match self {
            Self::And(all) => all.iter().all(|test| test.holds(row)),
            Self::Or(any) => any.iter().any(|test| test.holds(row)),
            Self::Not(test) => !test.holds(row),
            Self::Compare(name, how, with) => {
                let value = row.value(name);
                let same =
                    (value.is_null() && with.is_null()) || compare(value, with) == Some(Ordering::Equal);
                match how {
                    How::Equal => same,
                    How::Different => !same,
                    How::Less => compare(value, with).is_some_and(Ordering::is_lt),
                    How::LessOrEqual => compare(value, with).is_some_and(Ordering::is_le),
                    How::Greater => compare(value, with).is_some_and(Ordering::is_gt),
                    How::GreaterOrEqual => compare(value, with).is_some_and(Ordering::is_ge),
                }
            }
            Self::Like(name, pattern) => row.value(name).as_str().is_some_and(|text| {
                let text: Vec<char> = text.chars().collect();
                like(&text, pattern)
            }),
            Self::In(name, values) => {
                let value = row.value(name);
                values.iter().any(|with| compare(value, with) == Some(Ordering::Equal))
            }
        }
    }
}

/// Whether the text fits the pattern, in time of text by pattern.
fn like(text: &[char], pattern: &[Piece]) -> bool {
    // fits[i]: the first i characters fit the pieces so far.
    let mut fits = vec![false; text.len() + 1];
    fits[0] = true;
    for piece in pattern {
        let mut next = vec![false; text.len() + 1];
        for place in 0..=text.len() {
            next[place] = match piece {
                Piece::Any => fits[place] || (place > 0 && next[place - 1]),
                Piece::One => place > 0 && fits[place - 1],
                Piece::Char(character) => {
                    place > 0
                        && fits[place - 1]
                        && text[place - 1].to_lowercase().eq(character.to_lowercase())
                }
            };
        }
        fits = next;
    }
    fits[text.len()]
}

/// What names and values are checked against.
struct Asked<'a> {
    query: &'a str,
    object: &'a Object,
}

impl<'a> Asked<'a> {
    fn refuse(&self, name: &Name, message: &str) -> Refusal {
        Refusal::plain(400, "INVALID_FIELD", in_context(self.query, name.column, message))
    }

    fn field(&self, name: &Name) -> Result<&'a Field, Refusal> {
        if let Some((relationship, _)) = name.text.split_once('.') {
            let message = format!(
                "Didn't understand relationship '{relationship}' in field path. If you are attempting to use a custom \
                 relationship, be sure to append the '__r' after the custom relationship name. Please reference your \
                 WSDL or the describe call for the appropriate names."
            );
            return Err(self.refuse(name, &message));
        }
        self.object.field(&name.text).ok_or_else(|| {
            let message = format!(
                "No such column '{}' on entity '{}'. If you are attempting to use a custom field, be sure to append the \
                 '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate \
                 names.",
                name.text, self.object.name
            );
            self.refuse(name, &message)
        })
    }

    /// A field that can stand in a condition.
    fn filterable(&self, name: &Name) -> Result<&'a Field, Refusal> {
        let field = self.field(name)?;
        if field.kind == Kind::LongText {
            let message = format!("field '{}' can not be filtered in a query call", field.name);
            return Err(self.refuse(name, &message));
        }
        Ok(field)
    }

    fn test(&self, condition: Condition) -> Result<Test, Refusal> {
        let tests =
            |all: Vec<Condition>| all.into_iter().map(|one| self.test(one)).collect::<Result<Vec<_>, _>>();
        Ok(match condition {
            Condition::And(all) => Test::And(tests(all)?),
            Condition::Or(any) => Test::Or(tests(any)?),
            Condition::Not(condition) => Test::Not(Box::new(self.test(*condition)?)),
            Condition::Compare { field: name, how, with } => {
                let field = self.filterable(&name)?;
                let ordered = !matches!(how, How::Equal | How::Different);
                if ordered && matches!(field.kind, Kind::Id | Kind::Reference(_) | Kind::Boolean) {
                    let message = format!("invalid operator on {} field", field.kind.name());
                    let message = in_context(self.query, name.column, &message);
                    return Err(Refusal::plain(400, "INVALID_QUERY_FILTER_OPERATOR", message));
                }
                Test::Compare(field.name, how, self.value(field, &name, with)?)
            }
            Condition::Like { field: name, pattern } => {
                let field = self.filterable(&name)?;
                if field.kind.wire_name() != "string" {
                    let message = format!("invalid operator on {} field", field.kind.name());
                    let message = in_context(self.query, name.column, &message);
                    return Err(Refusal::plain(400, "INVALID_QUERY_FILTER_OPERATOR", message));
                }
                Test::Like(field.name, pattern)
            }
            Condition::In { field: name, values } => {
                let field = self.filterable(&name)?;
                let values = values.into_iter().map(|value| self.value(field, &name, value));
                Test::In(field.name, values.collect::<Result<_, _>>()?)
            }
        })
    }

    /// The value as records store it, if it is of the field's type.
    fn value(&self, field: &Field, name: &Name, literal: Literal) -> Result<Value, Refusal> {
        let kind = field.kind.wire_name();
        let value = match (kind, literal) {
            (_, Literal::Null) => Some(Value::Null),
            ("boolean", Literal::Boolean(value)) => Some(Value::from(value)),
            ("int" | "double", Literal::Number(value)) => Some(Value::from(value)),
            ("date", Literal::Date(date)) => Some(Value::from(date.to_string())),
            ("dateTime", Literal::Moment(moment)) => Some(Value::from(clock::written(moment))),
            ("string", Literal::Text(text)) => Some(Value::from(text)),
            ("reference", Literal::Text(text)) => {
                let id = ids::normalise(&text).ok_or_else(|| {
                    let message = in_context(self.query, name.column, &format!("invalid ID field: {text}"));
                    Refusal::plain(400, "INVALID_QUERY_FILTER_OPERATOR", message)
                })?;
                Some(Value::from(id))
            }
            _ => None,
        };
        value.ok_or_else(|| {
            let quotes = if matches!(kind, "string" | "reference") { "should be" } else { "should not be" };
            let message = format!(
                "value of filter criterion for field '{}' must be of type {kind} and {quotes} enclosed in quotes",
                field.name
            );
            self.refuse(name, &message)
        })
    }
}
