//! The grammar of queries: `SELECT … FROM … [WHERE …] [ORDER BY …] [LIMIT …] [OFFSET …]`.
//!
//! Promises: conditions nest at most [`DEPTH_MAX`] deep; AND and OR do not mix without parentheses, as in SOQL.
//! Leaves to others: whether fields exist and what they hold.

use super::{
    super::{clock, errors::Refusal},
    token::{Piece, Token, What, tokens},
};
use jiff::{Timestamp, civil::Date};

/// How deep conditions nest: what no honest query needs must not exhaust the stack.
const DEPTH_MAX: usize = 64;

/// A query, read.
#[derive(Debug)]
pub(super) struct Query {
    pub(super) select: Select,
    pub(super) from: Name,
    pub(super) condition: Option<Condition>,
    pub(super) order: Vec<Order>,
    pub(super) limit: Option<usize>,
    pub(super) offset: usize,
}

/// What is asked for.
#[derive(Debug)]
pub(super) enum Select {
    Fields(Vec<Name>),
    /// `COUNT()`.
    Count,
}

/// A name with its place, for errors.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub(super) text: String,
    pub(super) column: usize,
}

/// One field to sort by.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) field: Name,
    pub(super) direction: Direction,
    pub(super) nulls: Nulls,
}

/// Which way to sort.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Up,
    Down,
}

/// Where records without a value go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nulls {
    First,
    Last,
}

/// What records must fulfil.
#[derive(Debug)]
pub(super) enum Condition {
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
    Compare { field: Name, how: How, with: Literal },
    Like { field: Name, pattern: Vec<Piece> },
    In { field: Name, values: Vec<Literal> },
}

/// How values compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    Equal,
    Different,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A value in a query.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    Null,
    Boolean(bool),
    Number(f64),
    Text(String),
    Date(Date),
    Moment(Timestamp),
}

/// Reads a query.
pub(super) fn parse(query: &str) -> Result<Query, Refusal> {
    let tokens = tokens(query)?;
    let mut parser = Parser { tokens, at: 0 };
    let query = parser.query()?;
    if parser.at < parser.tokens.len() { Err(parser.unexpected()) } else { Ok(query) }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn unexpected(&self) -> Refusal {
        let shown = match self.tokens.get(self.at).map(|token| &token.what) {
            Some(What::Word(word)) => word.clone(),
            Some(What::Text { plain, .. }) => plain.clone(),
            Some(What::Mark(mark)) => (*mark).to_owned(),
            None => "<EOF>".to_owned(),
        };
        Refusal::malformed_query(format!("unexpected token: '{shown}'"))
    }

    fn is_word(&self, expected: &str) -> bool {
        let token = self.tokens.get(self.at).map(|token| &token.what);
        matches!(token, Some(What::Word(word)) if word.eq_ignore_ascii_case(expected))
    }

    fn take_word(&mut self, expected: &str) -> bool {
        let found = self.is_word(expected);
        self.at += usize::from(found);
        found
    }

    fn expect_word(&mut self, expected: &str) -> Result<(), Refusal> {
        if self.take_word(expected) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn take_mark(&mut self, expected: &str) -> bool {
        let token = self.tokens.get(self.at).map(|token| &token.what);
        let found = matches!(token, Some(What::Mark(mark)) if *mark == expected);
        self.at += usize::from(found);
        found
    }

    fn expect_mark(&mut self, expected: &str) -> Result<(), Refusal> {
        if self.take_mark(expected) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn name(&mut self) -> Result<Name, Refusal> {
        match self.tokens.get(self.at) {
            Some(Token { what: What::Word(word), column })
                if word.starts_with(|first: char| first.is_ascii_alphabetic()) =>
            {
                let name = Name { text: word.clone(), column: *column };
                self.at += 1;
                Ok(name)
            }
            Some(_) | None => Err(self.unexpected()),
        }
    }

    fn number(&mut self) -> Result<usize, Refusal> {
        let number = match self.tokens.get(self.at).map(|token| &token.what) {
            Some(What::Word(word)) => word.parse().ok(),
            Some(What::Text { .. } | What::Mark(_)) | None => None,
        };
        let number = number.ok_or_else(|| self.unexpected())?;
        self.at += 1;
        Ok(number)
    }

    fn query(&mut self) -> Result<Query, Refusal> {
        self.expect_word("SELECT")?;
        let select = self.select()?;
        self.expect_word("FROM")?;
        let from = self.name()?;
        let condition = if self.take_word("WHERE") { Some(self.any_of(DEPTH_MAX)?) } else { None };
        let order = if self.take_word("ORDER") { self.order()? } else { Vec::new() };
        let limit = if self.take_word("LIMIT") { Some(self.number()?) } else { None };
        let offset = if self.take_word("OFFSET") { self.number()? } else { 0 };
        Ok(Query { select, from, condition, order, limit, offset })
    }

    fn select(&mut self) -> Result<Select, Refusal> {
        let first = self.name()?;
        if first.text.eq_ignore_ascii_case("COUNT") && self.take_mark("(") {
            self.expect_mark(")")?;
            return Ok(Select::Count);
        }
        let mut fields = vec![first];
        while self.take_mark(",") {
            fields.push(self.name()?);
        }
        Ok(Select::Fields(fields))
    }

    fn order(&mut self) -> Result<Vec<Order>, Refusal> {
        self.expect_word("BY")?;
        let mut order = Vec::new();
        loop {
            let field = self.name()?;
            let direction = if self.take_word("DESC") {
                Direction::Down
            } else {
                self.take_word("ASC");
                Direction::Up
            };
            let mut nulls = if direction == Direction::Up { Nulls::First } else { Nulls::Last };
            if self.take_word("NULLS") {
                nulls = if self.take_word("LAST") {
                    Nulls::Last
                } else {
                    self.expect_word("FIRST")?;
                    Nulls::First
                };
            }
            order.push(Order { field, direction, nulls });
            if !self.take_mark(",") {
                return Ok(order);
            }
        }
    }

    /// Conditions joined by one kind of word: SOQL wants parentheses where AND and OR meet.
    fn any_of(&mut self, depth: usize) -> Result<Condition, Refusal> {
        let first = self.one(depth)?;
        let (word, join): (&str, fn(Vec<Condition>) -> Condition) = if self.is_word("AND") {
            ("AND", Condition::And)
        } else if self.is_word("OR") {
            ("OR", Condition::Or)
        } else {
            return Ok(first);
        };
        let mut all = vec![first];
        while self.take_word(word) {
            all.push(self.one(depth)?);
        }
        Ok(join(all))
    }

    fn one(&mut self, depth: usize) -> Result<Condition, Refusal> {
        let deeper =
            depth.checked_sub(1).ok_or_else(|| Refusal::malformed_query("query is too complicated"))?;
        if self.take_word("NOT") {
            return Ok(Condition::Not(Box::new(self.one(deeper)?)));
        }
        if self.take_mark("(") {
            let inner = self.any_of(deeper)?;
            self.expect_mark(")")?;
            return Ok(inner);
        }
        let field = self.name()?;
        if self.take_word("LIKE") {
            let Some(What::Text { pattern, .. }) = self.tokens.get(self.at).map(|token| token.what.clone())
            else {
                return Err(self.unexpected());
            };
            self.at += 1;
            return Ok(Condition::Like { field, pattern });
        }
        if self.take_word("NOT") {
            self.expect_word("IN")?;
            return Ok(Condition::Not(Box::new(self.list(field)?)));
        }
        if self.take_word("IN") {
            return self.list(field);
        }
        let how = [
            ("=", How::Equal),
            ("!=", How::Different),
            ("<=", How::LessOrEqual),
            (">=", How::GreaterOrEqual),
            ("<", How::Less),
            (">", How::Greater),
        ];
        let how = how.into_iter().find(|(mark, _)| self.take_mark(mark));
        let (_, how) = how.ok_or_else(|| self.unexpected())?;
        Ok(Condition::Compare { field, how, with: self.literal()? })
    }

    fn list(&mut self, field: Name) -> Result<Condition, Refusal> {
        self.expect_mark("(")?;
        let mut values = vec![self.literal()?];
        while self.take_mark(",") {
            values.push(self.literal()?);
        }
        self.expect_mark(")")?;
        Ok(Condition::In { field, values })
    }

    fn literal(&mut self) -> Result<Literal, Refusal> {
        let literal = match self.tokens.get(self.at).map(|token| &token.what) {
            Some(What::Text { plain, .. }) => Some(Literal::Text(plain.clone())),
            Some(What::Word(word)) => bare(word),
            Some(What::Mark(_)) | None => None,
        };
        let literal = literal.ok_or_else(|| self.unexpected())?;
        self.at += 1;
        Ok(literal)
    }
}

/// A value without quotes.
fn bare(word: &str) -> Option<Literal> {
    if word.eq_ignore_ascii_case("null") {
        return Some(Literal::Null);
    }
    for value in [true, false] {
        if word.eq_ignore_ascii_case(&value.to_string()) {
            return Some(Literal::Boolean(value));
        }
    }
    if word.eq_ignore_ascii_case("TODAY") {
        return Some(Literal::Date(clock::now().to_zoned(jiff::tz::TimeZone::UTC).date()));
    }
    if let Some(moment) = clock::read_moment(word) {
        return Some(Literal::Moment(moment));
    }
    if let Some(date) = clock::read_date(word) {
        return Some(Literal::Date(date));
    }
    let number = word.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '-' | '+' | '.'));
    if number { word.parse().ok().map(Literal::Number) } else { None }
}
