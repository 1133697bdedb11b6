//! What holds for any notes, any pairs, any number (G11, G13 of `security.md`); with shrinking. `random_links` has the
//! larger numbers.

use proptest::prelude::*;
use ringbridge_core::phone;
use ringbridge_core::token::{self, Style, Token, Values};
use ringbridge_core::userdata::Userdata;

/// Texts made of the pieces that matter to the parsers, with anything between them.
fn bracketed() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => Just("[".to_owned()),
        4 => Just("]".to_owned()),
        3 => Just("|".to_owned()),
        2 => Just("$".to_owned()),
        2 => Just(" ".to_owned()),
        1 => Just("\n".to_owned()),
        1 => Just("\u{A0}".to_owned()),
        3 => Just("[a|b]".to_owned()),
        2 => Just("[ctl_callbackUrl|http://h/".to_owned()),
        1 => Just("[ctl_newRecordId|".to_owned()),
        3 => proptest::sample::select(Token::ALL.to_vec()).prop_map(|token| format!("${}$", token.name())),
        1 => Just("$call_answered_time".to_owned()),
        3 => "[a-z0-9]{1,3}",
        1 => any::<char>().prop_map(|char| char.to_string()),
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// Rows of pairs that are well-formed by chance or by construction.
fn pairs() -> impl Strategy<Value = Userdata> {
    let row = proptest::collection::vec(("[a-z_$]{1,8}", bracketed()), 0..6)
        .prop_map(|row| row.into_iter().map(|(name, value)| format!("[{name}|{value}]")).collect::<String>());
    prop_oneof![row, bracketed()].prop_filter_map("malformed", |text| Userdata::parse(&text).ok())
}

/// Notes as agents and attackers write them.
fn notes() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[ \t\n]{0,3}", bracketed(), any::<String>()]
}

/// Values in which every token that people write has this text.
fn values(text: &str) -> Values {
    Token::ALL.into_iter().fold(Values::new(), |values, token| values.with(token, text))
}

fn names(userdata: &Userdata) -> Vec<String> {
    userdata.pairs().map(|pair| pair.name.to_owned()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn g13_no_notes_change_the_names_or_their_order(userdata in pairs(), notes in notes()) {
        let rendered = token::render(&userdata, &values(&notes));
        let again = Userdata::parse(&rendered).map_err(|error| TestCaseError::fail(format!("{error}: {rendered:?}")))?;
        prop_assert_eq!(names(&again), names(&userdata), "{:?}", rendered);
    }

    #[test]
    fn rule_4_1_what_is_put_in_is_never_scanned_again(text in bracketed()) {
        // Filling with token texts equals filling with marks and putting the token texts in for the marks.
        let marked = token::fill(&text, &values("\u{1}"), Style::Exact).replace('=', "\u{2}");
        let tokens = token::fill(&text, &values("$notes$"), Style::Exact).replace('=', "\u{2}");
        prop_assume!(!text.contains(['\u{1}', '\u{2}']));
        prop_assert_eq!(tokens, marked.replace('\u{1}', "$notes$"));
    }

    #[test]
    fn a_text_without_tokens_is_written_back_byte_for_byte(text in bracketed()) {
        let Ok(userdata) = Userdata::parse(&text) else { return Ok(()) };
        if userdata.pairs().all(|pair| token::tokens(pair.value).next().is_none()) {
            prop_assert_eq!(token::render(&userdata, &Values::new()), text);
        }
    }

    #[test]
    fn the_place_of_a_malformed_text_is_behind_its_last_complete_pair(text in bracketed()) {
        if let Err(error) = Userdata::parse(&text) {
            prop_assert!(text.is_char_boundary(error.offset) && error.offset < text.len());
            // What stands before it is a row of whole pairs, unless the broken part had ended its last one.
            let before = &text[..error.offset];
            prop_assert!(Userdata::parse(before).is_ok(), "{:?} {}", text, error.offset);
        }
    }

    #[test]
    fn what_is_stored_of_pairs_reads_back(userdata in pairs(), id in bracketed()) {
        let mut userdata = userdata;
        userdata.remove_system("ctl_newRecordId");
        userdata.push("ctl_newRecordId", &id);
        prop_assert_eq!(Userdata::parse(userdata.text()), Ok(userdata.clone()));
        prop_assert!(userdata.system_pair("ctl_newRecordId").is_some());
    }

    #[test]
    fn a_number_that_is_dialled_is_one_to_thirty_two_ascii_digits(phone in "\\PC{0,40}|[0-9+ ().x#,;=a-z-]{0,40}", prefix in "[0-9]{0,40}") {
        if let Ok((dialled, _)) = phone::dial(Some(&prefix), &phone) {
            let digits = dialled.digits.expose();
            prop_assert!((1..=32).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()));
            if let Some(extension) = dialled.extension {
                prop_assert!((1..=32).contains(&extension.len()));
                prop_assert!(extension.bytes().all(|byte| byte.is_ascii_digit() || b"*#".contains(&byte)));
            }
        }
    }
}
