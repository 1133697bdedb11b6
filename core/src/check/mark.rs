//! How much of a text belongs to a slip: what a page marks where it says that something is wrong.
//!
//! Promises: an offset beyond the text or inside a character marks something all the same, or nothing at the end. Leaves to
//! others: the slips.

use crate::merge_field;
use std::ops::Range;

/// The part of a parameter's value to mark for a slip at this byte: a token, a merge field, a pair or a word.
#[must_use]
pub fn marked(value: &str, offset: usize) -> Range<usize> {
    let start = (0..=offset.min(value.len())).rev().find(|at| value.is_char_boundary(*at)).unwrap_or(0);
    let rest = &value[start..];
    if let Some(field) = merge_field::fields(rest).first().filter(|field| field.place.start == 0) {
        return start..start + field.place.end;
    }
    let end = match rest.chars().next() {
        // A pair, or what should be one: up to its bracket or the next one's.
        Some('[') => match rest[1..].find(['[', ']']) {
            Some(at) if rest[1 + at..].starts_with(']') => at + 2,
            Some(at) => at + 1,
            None => rest.len(),
        },
        Some('$') => {
            let word = rest[1..].find(|char: char| !char.is_ascii_alphanumeric() && char != '_');
            let end = word.map_or(rest.len(), |at| at + 1);
            if rest[end..].starts_with('$') { end + 1 } else { end }
        }
        Some(first) => {
            let stops = |char: char| char.is_whitespace() || matches!(char, '[' | ']' | '|');
            rest.find(stops).unwrap_or(rest.len()).max(first.len_utf8())
        }
        None => 0,
    };
    start..start + end
}

#[cfg(test)]
mod tests {
    use super::marked;

    #[test]
    fn a_token_a_field_a_pair_and_a_word_are_marked_whole() {
        let part = |text: &'static str, offset| &text[marked(text, offset)];
        assert_eq!(part("[a|$call_answered_time][b|c]", 3), "$call_answered_time");
        assert_eq!(part("[a|$nots$ x]", 3), "$nots$");
        assert_eq!(part("[a|b] [c", 6), "[c");
        assert_eq!(part("[a|b][c|d]", 5), "[c|d]");
        assert_eq!(part("[a[b|c]", 0), "[a");
        assert_eq!(part("x {!A.b}", 2), "{!A.b}");
        assert_eq!(part("[u|http://h/x y]", 3), "http://h/x");
        assert_eq!(part("12ä3", 3), "ä3");
        assert_eq!((part("ab", 2), part("ab", 99), part("a b", 1)), ("", "", " "));
    }
}
