//! `ringbridge check-link`: what a link will do, without calling.
//!
//! Promises: one answer a link, in the order given; exit 0 where every link is fine, 1 where a click would be refused, 2 where
//! the arguments are wrong. Leaves to others: what is found (`ringbridge_core::check`), the command line (`main`), opening the
//! tenant (`main`, by `--config` and `--tenant`).

use ringbridge_core::check::{self, Checked, Context};
use ringbridge_core::link::MAX_BODY;
use ringbridge_core::merge_field::Samples;
use ringbridge_core::tenant::Tenant;
use ringbridge_core::token::Values;
use std::io::{self, BufRead, Read as _, Write};
use std::path::PathBuf;

/// Standard input as a list of links.
const FROM_INPUT: &str = "-";

/// The most bytes of a line that is read: a link of the largest size, percent-encoded throughout.
const LINE_MAX: usize = 3 * MAX_BODY;

/// What the command line says.
#[derive(Debug)]
pub struct Arguments {
    /// The links; `-` stands for the lines of standard input.
    pub links: Vec<String>,
    /// How to answer.
    pub form: Form,
    /// The file with the tokens' values.
    pub values: Option<PathBuf>,
}

/// How to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For people: several lines a link; one line each for links from standard input.
    Words,
    /// One JSON object a line.
    Json,
}

/// The process's streams.
pub struct Streams<'a> {
    /// Standard input.
    pub input: &'a mut dyn BufRead,
    /// Standard output.
    pub output: &'a mut dyn Write,
    /// Standard error.
    pub errors: &'a mut dyn Write,
}

/// Checks the links and gives the exit code.
///
/// # Errors
/// Where a stream breaks.
pub fn run(arguments: &Arguments, tenant: Option<&Tenant>, streams: Streams<'_>) -> io::Result<u8> {
    let Streams { input, output, errors } = streams;
    let values = match read_values(arguments, errors)? {
        Ok(values) => values,
        Err(sentence) => {
            writeln!(errors, "{sentence}")?;
            return Ok(2);
        }
    };
    if arguments.links.is_empty() {
        writeln!(errors, "give at least one link, or - to read them from standard input")?;
        return Ok(2);
    }
    let none = Samples::new();
    let mut checker = Checker {
        context: Context { values: &values, merge: &none, tenant },
        form: arguments.form,
        refused: 0,
    };
    for link in &arguments.links {
        if link != FROM_INPUT {
            checker.answer(link, Length::Full, output)?;
            continue;
        }
        let mut line = Vec::new();
        while next_line(input, &mut line)? {
            if line.len() > LINE_MAX {
                writeln!(errors, "a line is longer than {LINE_MAX} bytes; no link is")?;
                return Ok(2);
            }
            checker.answer(&readable(&line), Length::Line, output)?;
        }
    }
    output.flush()?;
    Ok(u8::from(checker.refused > 0))
}

/// How much is said to people.
#[derive(Clone, Copy)]
enum Length {
    Full,
    Line,
}

struct Checker<'a> {
    context: Context<'a>,
    form: Form,
    refused: usize,
}

impl Checker<'_> {
    fn answer(&mut self, link: &str, length: Length, output: &mut dyn Write) -> io::Result<()> {
        let checked: Checked = check::check(link, self.context);
        self.refused += usize::from(checked.error.is_some());
        match (self.form, length) {
            (Form::Json, Length::Full | Length::Line) => {
                serde_json::to_writer(&mut *output, &checked)?;
                writeln!(output)
            }
            (Form::Words, Length::Full) => writeln!(output, "{}", checked.for_people()),
            (Form::Words, Length::Line) => writeln!(output, "{}", checked.in_one_line()),
        }
    }
}

fn read_values(arguments: &Arguments, errors: &mut dyn Write) -> io::Result<Result<Values, String>> {
    let Some(path) = &arguments.values else { return Ok(Ok(Values::new())) };
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => return Ok(Err(format!("{} cannot be read: {error}", path.display()))),
    };
    let (values, unknown) = match check::values_from_json(&text) {
        Ok(read) => read,
        Err(sentence) => return Ok(Err(format!("{}: {sentence}", path.display()))),
    };
    for name in unknown {
        writeln!(errors, "{}: there is no token \"{name}\"; its value is not used", path.display())?;
    }
    Ok(Ok(values))
}

/// Reads a line without its end, at most a little longer than [`LINE_MAX`]; `false` at the end of the input.
fn next_line(input: &mut dyn BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    let most = u64::try_from(LINE_MAX).unwrap_or(u64::MAX).saturating_add(2);
    let read = input.take(most).read_until(b'\n', line)?;
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    Ok(read > 0)
}

/// The line as text; bytes that are no UTF-8 are percent-encoded, so that the parser sees and refuses them as in a click.
fn readable(line: &[u8]) -> String {
    let mut text = String::with_capacity(line.len());
    for chunk in line.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the command and gives exit code, output and errors.
    fn run_with(links: &[&str], form: Form, values: Option<&str>, input: &[u8]) -> (u8, String, String) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("values.json");
        if let Some(values) = values {
            std::fs::write(&path, values).expect("written");
        }
        let arguments = Arguments {
            links: links.iter().map(|link| (*link).to_owned()).collect(),
            form,
            values: values.map(|_| path.clone()),
        };
        let (mut output, mut errors) = (Vec::new(), Vec::new());
        let streams = Streams { input: &mut &*input, output: &mut output, errors: &mut errors };
        let exit = run(&arguments, None, streams).expect("streams");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        (exit, text(output), text(errors).replace(&path.display().to_string(), "values.json"))
    }

    #[test]
    fn the_json_object_of_a_link_is_the_contracts() {
        let link = "https://h/AGUI/make_call.php?prefix=1&phone=650%20292%208880%20x12&ctl_userdata=[a|$notes$][b|$x$]\
                    &extTransactionData=[extRecordId|7]";
        let (exit, output, errors) = run_with(&[link], Form::Json, Some(r#"{"notes": "[hi]"}"#), b"");
        assert_eq!((exit, errors.as_str()), (0, ""));
        assert_eq!(
            output,
            concat!(
                r#"{"number":"16502928880","extension":"12","params":{"prefix":"1","phone":"650 292 8880 x12","#,
                r#""ctl_userdata":"[a|$notes$][b|$x$]","extTransactionData":"[extRecordId|7]"},"#,
                r#""userdata":[["a","$notes$"],["b","$x$"]],"ext":[["extRecordId","7"]],"tokens":["notes"],"#,
                r#""rendered":"[a|(hi)][b|$x$]","warnings":[{"code":"TOKEN_UNKNOWN","#,
                r#""text":"$x$ stays as it is: there is no such token.","parameter":"ctl_userdata","offset":14}],"#,
                r#""error":null}"#,
                "\n"
            )
        );
    }

    #[test]
    fn links_from_standard_input_get_one_line_each_and_one_refusal_makes_exit_1() {
        let input = b"phone=6502928880\r\nphone=hello%3F\n\nphone=\xFF1\nphone={!Account.Phone}";
        let (exit, output, errors) = run_with(&["-"], Form::Words, None, input);
        assert_eq!((exit, errors.as_str()), (1, ""));
        assert_eq!(
            output,
            "ok 6502928880, 0 pairs\n\
             error BAD_NUMBER in phone, byte 0: nothing here can be dialled; give a number such as (650) \
             292-8880\n\
             error BAD_NUMBER in phone: phone is missing; give the number to call: make_call.php?phone=…\n\
             error BAD_PARAMETER in phone, byte 0: phone is not UTF-8; percent-encode its text as UTF-8\n\
             ok template, 0 pairs, 1 warning (MERGE_FIELD)\n"
        );
    }

    #[test]
    fn people_see_a_caret_under_the_place() {
        let (exit, output, _) =
            run_with(&["phone=6502928880&ctl_userdata=[a|b][c|d"], Form::Words, None, b"");
        assert_eq!(exit, 1);
        assert_eq!(
            output,
            "number     6502928880\n\
             error USERDATA_MALFORMED in ctl_userdata, byte 5: this pair is not closed; end it with ], followed by the end \
             or by another [name|value]\n    \
             [a|b][c|d\n         ^\n\n"
        );
    }

    #[test]
    fn wrong_arguments_make_exit_2_and_say_what_to_do() {
        assert_eq!(
            run_with(&[], Form::Words, None, b""),
            (2, String::new(), "give at least one link, or - to read them from standard input\n".to_owned())
        );
        assert_eq!(
            run_with(&["phone=1"], Form::Words, Some(r#"{"notes": 1}"#), b""),
            (
                2,
                String::new(),
                "values.json: the value of \"notes\" is no text; write it in quotes\n".to_owned()
            )
        );
        let (exit, _, errors) = run_with(&["phone=1"], Form::Json, Some(r#"{"note": "x"}"#), b"");
        assert_eq!(
            (exit, errors.as_str()),
            (0, "values.json: there is no token \"note\"; its value is not used\n")
        );
    }
}
