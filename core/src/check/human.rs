//! The checker's answer in words: what will happen, then every slip with a caret under its place.
//!
//! Promises: control characters of the link never reach the terminal; a long text is shown around its place only. Leaves to
//! others: where it is printed.

use super::Checked;
use crate::dial_plan::StepResult;
use std::fmt::Write as _;

/// How many columns of a text are shown before and behind a caret: together with the margin a line of a wide terminal.
const AROUND: usize = 45;

/// The answer over several lines.
pub(super) fn report(checked: &Checked) -> String {
    let mut out = String::new();
    let mut row = |name: &str, text: &str| {
        let _ = writeln!(out, "{name:<10} {}", printable(text));
    };
    match (&checked.number, &checked.error) {
        (Some(number), _) => row("number", number),
        (None, None) => row("number", "filled in by the CRM"),
        (None, Some(_)) => row("number", "none"),
    }
    if let Some(extension) = &checked.extension {
        row("extension", &format!("{extension} (sent as tones after the answer)"));
    }
    if let Some(plan) = &checked.dial_plan {
        let name = plan.id.map_or_else(|| "none".to_owned(), |id| id.to_string());
        row("dial plan", &format!("{name}: dials {}", plan.number.as_deref().unwrap_or("nothing")));
        for step in &plan.steps {
            let did = match step.result {
                StepResult::NoMatch => "no match",
                StepResult::Rewritten => "matched, rewritten",
                StepResult::Passed => "matched, passed on",
                StepResult::Refused => "matched, refused",
            };
            row("", &format!("rule {} {}: {did}", step.rule, step.pattern));
        }
    }
    for (title, pairs) in [("userdata", &checked.userdata), ("ext", &checked.ext)] {
        for (index, (name, value)) in pairs.iter().enumerate() {
            row(if index == 0 { title } else { "" }, &format!("{name} = {value}"));
        }
    }
    if !checked.tokens.is_empty() {
        row("tokens", &checked.tokens.join(" "));
    }
    if let Some(rendered) = checked.rendered.as_deref().filter(|rendered| !rendered.is_empty()) {
        row("posted", rendered);
    }
    for warning in &checked.warnings {
        let place = Place { parameter: warning.parameter.as_deref(), offset: warning.offset };
        slip(&mut out, checked, "warning", (&warning.code, &warning.text), place);
    }
    if let Some(error) = &checked.error {
        let place = Place { parameter: error.parameter.as_deref(), offset: error.offset };
        slip(&mut out, checked, "error", (error.code.as_str(), &error.text), place);
    }
    out
}

/// The answer in one line.
pub(super) fn line(checked: &Checked) -> String {
    let warnings = match checked.warnings.len() {
        0 => String::new(),
        1 => format!(", 1 warning ({})", checked.warnings[0].code),
        many => format!(", {many} warnings"),
    };
    match (&checked.error, &checked.number) {
        (Some(error), _) => {
            let place = Place { parameter: error.parameter.as_deref(), offset: error.offset };
            format!("error {}{}: {}{warnings}", error.code, place.words(), printable(&error.text))
        }
        (None, Some(number)) => format!("ok {number}, {} pairs{warnings}", checked.userdata.len()),
        (None, None) => format!("ok template, {} pairs{warnings}", checked.userdata.len()),
    }
}

/// Where a slip is.
#[derive(Clone, Copy)]
struct Place<'a> {
    parameter: Option<&'a str>,
    offset: Option<usize>,
}

impl Place<'_> {
    fn words(self) -> String {
        match (self.parameter, self.offset) {
            (Some(parameter), Some(offset)) => format!(" in {}, byte {offset}", printable(parameter)),
            (Some(parameter), None) => format!(" in {}", printable(parameter)),
            (None, _) => String::new(),
        }
    }
}

fn slip(out: &mut String, checked: &Checked, kind: &str, (code, text): (&str, &str), place: Place<'_>) {
    let _ = writeln!(out, "{kind} {code}{}: {}", place.words(), printable(text));
    let value = place.parameter.and_then(|name| checked.params.iter().find(|(given, _)| given == name));
    if let (Some((_, value)), Some(offset)) = (value, place.offset) {
        let (shown, caret) = excerpt(value, offset);
        let _ = writeln!(out, "    {shown}\n    {}^", " ".repeat(caret));
    }
}

/// The text around a place, on one line, and the column of the place in it.
fn excerpt(text: &str, offset: usize) -> (String, usize) {
    let at = (0..=offset.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let before: Vec<char> = text[..at].chars().rev().take(AROUND).collect();
    let mut shown = String::new();
    if before.len() < text[..at].chars().count() {
        shown.push('…');
    }
    shown.extend(before.into_iter().rev().map(visible));
    let caret = shown.chars().map(columns).sum();
    let behind: Vec<char> = text[at..].chars().take(AROUND).collect();
    let is_cut = text[at..].chars().nth(behind.len()).is_some();
    shown.extend(behind.into_iter().map(visible));
    if is_cut {
        shown.push('…');
    }
    (shown, caret)
}

/// The text without control characters.
fn printable(text: &str) -> String {
    text.chars().map(visible).collect()
}

/// A character that a terminal shows as itself; line breaks are drawn as an arrow, other controls as a blank. Directional
/// marks would turn the line around, so they are none.
fn visible(char: char) -> char {
    match char {
        '\n' => '↵',
        '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => ' ',
        other if other.is_control() => ' ',
        other => other,
    }
}

/// How many columns a terminal gives a character: two for East Asian wide forms and pictures.
fn columns(char: char) -> usize {
    match u32::from(char) {
        0x0300..=0x036F | 0x200B..=0x200D | 0xFE00..=0xFE0F => 0,
        0x1100..=0x115F
        | 0x2E80..=0xA4CF
        | 0xAC00..=0xD7A3
        | 0xF900..=0xFAFF
        | 0xFE30..=0xFE6F
        | 0xFF00..=0xFF60
        | 0xFFE0..=0xFFE6
        | 0x1F300..=0x1FAFF => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::excerpt;

    #[test]
    fn the_caret_stands_under_the_place_whatever_is_before_it() {
        assert_eq!(excerpt("[a|b]x", 0), ("[a|b]x".to_owned(), 0));
        assert_eq!(excerpt("[ü|b][c", 6), ("[ü|b][c".to_owned(), 5));
        assert_eq!(excerpt("[漢|b][c", 7), ("[漢|b][c".to_owned(), 6));
        assert_eq!(excerpt("[a\n|b][c", 6), ("[a↵|b][c".to_owned(), 6));
        assert_eq!(excerpt("[a|b", 99), ("[a|b".to_owned(), 4));
    }

    #[test]
    fn a_long_text_is_shown_around_the_place_only() {
        let text = format!("{}!{}", "a".repeat(100), "b".repeat(100));
        let (shown, caret) = excerpt(&text, 100);
        assert_eq!(shown, format!("…{}!{}…", "a".repeat(45), "b".repeat(44)));
        assert_eq!(shown.chars().nth(caret), Some('!'));
    }
}
