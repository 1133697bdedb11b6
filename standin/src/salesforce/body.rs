//! The JSON object of a create or an update, with the place of each member.
//!
//! Promises: members in their order, each with line and column of its value, for errors that name the place; a name given
//! twice in any case is refused, since the outcome in a real org is undefined (salesforce.md 1.4). Leaves to others: what
//! the members mean.

use super::errors::Refusal;
use serde_json::Value;

/// One member of the object.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Member {
    /// The name as given.
    pub(super) name: String,
    /// Its value.
    pub(super) value: Value,
    /// Line of the value, from 1.
    pub(super) line: usize,
    /// Column of the value, from 1.
    pub(super) column: usize,
}

/// Reads the body of a request as one object.
pub(super) fn read(body: &[u8]) -> Result<Vec<Member>, Refusal> {
    let text = std::str::from_utf8(body).map_err(|_| Refusal::parser("Invalid UTF-8 in the entity body"))?;
    if text.trim().is_empty() {
        let message = "The HTTP entity body is required, but this request has no entity body.";
        return Err(Refusal::parser(message));
    }
    let mut reader = Reader { text, at: 0 };
    let members = reader.object()?;
    reader.skip_blanks();
    if reader.at < text.len() { Err(reader.unexpected()) } else { Ok(members) }
}

struct Reader<'a> {
    text: &'a str,
    /// The place in bytes.
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn skip_blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start_matches([' ', '\t', '\r', '\n']).len();
    }

    /// Line and column of a place, from 1.
    fn place(&self, at: usize) -> (usize, usize) {
        let before = &self.text[..at];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        (line, column)
    }

    fn unexpected(&self) -> Refusal {
        let (line, column) = self.place(self.at);
        match self.rest().chars().next() {
            Some(character) => Refusal::parser(format!(
                "Unexpected character ('{character}' (code {})) at [line:{line}, column:{column}]",
                u32::from(character)
            )),
            None => Refusal::parser(format!("Unexpected end-of-input at [line:{line}, column:{column}]")),
        }
    }

    fn take(&mut self, character: char) -> bool {
        self.skip_blanks();
        let found = self.rest().starts_with(character);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, character: char) -> Result<(), Refusal> {
        if self.take(character) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// The next JSON value, read by serde's parser.
    fn value(&mut self) -> Result<Value, Refusal> {
        let mut values = serde_json::Deserializer::from_str(self.rest()).into_iter::<Value>();
        let value = values.next();
        let length = values.byte_offset();
        match value {
            Some(Ok(value)) => {
                self.at += length;
                Ok(value)
            }
            Some(Err(_)) | None => Err(self.unexpected()),
        }
    }

    fn object(&mut self) -> Result<Vec<Member>, Refusal> {
        self.expect('{')?;
        let mut members: Vec<Member> = Vec::new();
        if self.take('}') {
            return Ok(members);
        }
        loop {
            self.skip_blanks();
            let named_at = self.place(self.at);
            let Value::String(name) = self.value()? else { return Err(self.unexpected()) };
            if members.iter().any(|member| member.name.eq_ignore_ascii_case(&name)) {
                let (line, column) = named_at;
                return Err(Refusal::parser(format!(
                    "Duplicate field '{name}' at [line:{line}, column:{column}]"
                )));
            }
            self.expect(':')?;
            self.skip_blanks();
            let (line, column) = self.place(self.at);
            let value = self.value()?;
            members.push(Member { name, value, line, column });
            if self.take('}') {
                return Ok(members);
            }
            self.expect(',')?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, value: Value, line: usize, column: usize) -> Member {
        Member { name: name.to_owned(), value, line, column }
    }

    #[test]
    fn members_come_in_their_order_with_their_places() {
        let members = read(b"{\"b\":\"x\",\n \"a\" : 1.5 , \"c\":{\"d\":[]}}").unwrap();
        let expected = vec![
            member("b", "x".into(), 1, 6),
            member("a", 1.5.into(), 2, 8),
            member("c", serde_json::json!({"d": []}), 2, 18),
        ];
        assert_eq!(members, expected);
        assert_eq!(read(b" {} "), Ok(vec![]));
    }

    #[test]
    fn what_is_no_object_is_refused_with_its_place() {
        for (body, place) in [
            ("", "no entity body"),
            ("[]", "('[' (code 91)) at [line:1, column:1]"),
            ("{\"a\":1,}", "[line:1, column:8]"),
            ("{\"a\":1", "end-of-input at [line:1, column:7]"),
            ("{\"a\":1} x", "('x' (code 120)) at [line:1, column:9]"),
            ("{\"Subject\":1,\"subject\":2}", "Duplicate field 'subject'"),
        ] {
            let refused = read(body.as_bytes()).unwrap_err().body();
            assert!(refused.contains(place) && refused.contains("JSON_PARSER_ERROR"), "{body}: {refused}");
        }
    }
}
