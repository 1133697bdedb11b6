//! The words and marks of a query.
//!
//! Promises: quoted text with its escapes undone; an escape that SOQL does not know is refused. Leaves to others: what
//! the words mean.

use super::super::errors::Refusal;

/// One token and where it begins.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) what: What,
    /// The column, from 1.
    pub(super) column: usize,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    /// A name, a keyword, a number, a date.
    Word(String),
    /// Text in quotes, as it reads and as a LIKE pattern.
    Text { plain: String, pattern: Vec<Piece> },
    /// `(`, `)`, `,` or an operator.
    Mark(&'static str),
}

/// One part of a LIKE pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// This character, whatever its case.
    Char(char),
    /// `%`: any characters.
    Any,
    /// `_`: one character.
    One,
}

/// The tokens of a query.
pub(super) fn tokens(query: &str) -> Result<Vec<Token>, Refusal> {
    let characters: Vec<char> = query.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&character) = characters.get(at) {
        let column = at + 1;
        let next = characters.get(at + 1).copied();
        let mark = match (character, next) {
            ('!', Some('=')) => Some("!="),
            ('<', Some('>')) => Some("!="),
            ('<', Some('=')) => Some("<="),
            ('>', Some('=')) => Some(">="),
            ('<', _) => Some("<"),
            ('>', _) => Some(">"),
            ('=', _) => Some("="),
            ('(', _) => Some("("),
            (')', _) => Some(")"),
            (',', _) => Some(","),
            _ => None,
        };
        if character.is_whitespace() {
            at += 1;
        } else if let Some(mark) = mark {
            at += if mark.len() == 2 { 2 } else { 1 };
            tokens.push(Token { what: What::Mark(mark), column });
        } else if character == '\'' {
            let (what, end) = text(&characters, at + 1)?;
            tokens.push(Token { what, column });
            at = end;
        } else if is_of_word(character) {
            let word: String = characters[at..].iter().take_while(|c| is_of_word(**c)).collect();
            at += word.chars().count();
            tokens.push(Token { what: What::Word(word), column });
        } else {
            return Err(Refusal::malformed_query(format!("unexpected token: '{character}'")));
        }
    }
    Ok(tokens)
}

fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '.' | ':' | '-' | '+')
}

/// Reads quoted text from behind its first quote; the text and the place behind its last.
fn text(characters: &[char], start: usize) -> Result<(What, usize), Refusal> {
    let mut plain = String::new();
    let mut pattern = Vec::new();
    let mut at = start;
    loop {
        let unfinished = || Refusal::malformed_query("unexpected token: '<EOF>' (mismatched quote)");
        let character = *characters.get(at).ok_or_else(unfinished)?;
        at += 1;
        let (read, piece) = match character {
            '\'' => return Ok((What::Text { plain, pattern }, at)),
            '%' => ('%', Piece::Any),
            '_' => ('_', Piece::One),
            '\\' => {
                let escaped = *characters.get(at).ok_or_else(unfinished)?;
                at += 1;
                let read = match escaped {
                    '\\' | '\'' | '"' | '%' | '_' => escaped,
                    'n' | 'N' => '\n',
                    'r' | 'R' => '\r',
                    't' | 'T' => '\t',
                    'b' | 'B' => '\u{8}',
                    'f' | 'F' => '\u{c}',
                    _ => {
                        let message = format!("Illegal escape sequence '\\{escaped}' in string");
                        return Err(Refusal::malformed_query(message));
                    }
                };
                (read, Piece::Char(read))
            }
            other => (other, Piece::Char(other)),
        };
        plain.push(read);
        pattern.push(piece);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_with_its_escapes_undone() {
        let tokens = tokens(r"Name='it\'s \\ \n 50\%_'").unwrap();
        assert_eq!(tokens[0].what, What::Word("Name".to_owned()));
        assert_eq!(tokens[1].what, What::Mark("="));
        let What::Text { plain, pattern } = &tokens[2].what else { panic!("text") };
        assert_eq!(plain, "it's \\ \n 50%_");
        assert_eq!(pattern[pattern.len() - 2..], [Piece::Char('%'), Piece::One]);
        assert_eq!(tokens[2].column, 6);
    }

    #[test]
    fn unknown_escapes_open_quotes_and_strange_marks_are_refused() {
        for query in [r"'\x'", "'open", "Name # 1"] {
            let refused = tokens(query).unwrap_err().body();
            assert!(refused.contains("MALFORMED_QUERY"), "{query}: {refused}");
        }
    }
}
