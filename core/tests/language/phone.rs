//! Numbers as people write them (semantics 1.4, 1.5; `security.md` decision 9).

use crate::scene::digits;
use ringbridge_core::country;
use ringbridge_core::phone::{self, Form};
use ringbridge_core::refusal::Code;

/// Dials without a prefix and gives number, extension and the codes of the warnings.
fn dialled(phone: &str) -> (String, Option<String>, Vec<String>) {
    dialled_with("", phone)
}

fn dialled_with(prefix: &str, phone: &str) -> (String, Option<String>, Vec<String>) {
    let (dialled, warnings) =
        phone::dial(Some(prefix), phone).unwrap_or_else(|refusal| panic!("{phone:?}: {}", refusal.text));
    let warnings = warnings.into_iter().map(|warning| warning.code).collect();
    (dialled.digits.expose().to_owned(), dialled.extension, warnings)
}

/// Refuses and gives the place and the sentence.
fn refused(phone: &str) -> (usize, String) {
    let refusal = phone::dial(None, phone).expect_err("a refusal");
    assert_eq!(refusal.code, Code::BadNumber);
    assert_eq!(refusal.parameter.as_deref(), Some("phone"));
    (refusal.offset.expect("a place"), refusal.text)
}

fn plain(number: &str) -> (String, Option<String>, Vec<String>) {
    (number.to_owned(), None, Vec::new())
}

fn with_extension(number: &str, extension: &str) -> (String, Option<String>, Vec<String>) {
    (number.to_owned(), Some(extension.to_owned()), Vec::new())
}

fn warned(number: &str, warnings: &[&str]) -> (String, Option<String>, Vec<String>) {
    (number.to_owned(), None, warnings.iter().map(|code| (*code).to_owned()).collect())
}

#[test]
fn rule_1_4_any_formatting_is_dialled_as_its_digits() {
    for (phone, number) in [
        ("(650) 292-8880", "6502928880"),
        ("650.292.8880", "6502928880"),
        ("650/292-8880", "6502928880"),
        ("  650 292 8880  ", "6502928880"),
        ("650\u{A0}292\u{2011}8880", "6502928880"),
        ("\u{202A}650-292-8880\u{202C}", "6502928880"),
        ("+44 20 7946 0958", "442079460958"),
        ("(+44) 20 7946 0958", "442079460958"),
        ("tel:+1-650-292-8880", "16502928880"),
        ("TEL:6502928880", "6502928880"),
        (" tel: 650 292 8880", "6502928880"),
        ("６５０２９２８８８０", "6502928880"),
        ("＋１ ６５０ ２９２ ８８８０", "16502928880"),
        ("٦٥٠٢٩٢٨٨٨٠", "6502928880"),
        ("۶۵۰۲۹۲۸۸۸۰", "6502928880"),
        ("6", "6"),
        ("911", "911"),
        ("0044 20 7946 0958", "00442079460958"),
    ] {
        assert_eq!(dialled(phone), plain(number), "{phone:?}");
    }
}

#[test]
fn rule_1_4_vanity_letters_are_dialled_by_the_keypad_with_a_warning() {
    for (phone, number) in [
        ("1-800-FLOWERS", "18003569377"),
        ("800-flowers", "8003569377"),
        ("1-800-GOT-JUNK?", "18004685865"),
        ("1-800-555-TELL", "18005558355"),
        ("(877) 4-NYCFIRE", "87746923473"),
        ("13 CATS", "132287"),
        ("８００－ＦＬＯＷＥＲＳ", "8003569377"),
    ] {
        assert_eq!(dialled(phone), warned(number, &["VANITY_LETTERS"]), "{phone:?}");
    }
}

#[test]
fn words_before_the_number_are_left_out_with_a_warning() {
    for phone in ["Tel. 650 292 8880", "Phone: (650) 292-8880", "電話 650-292-8880"] {
        assert_eq!(dialled(phone), warned("6502928880", &["PHONE_TEXT_IGNORED"]), "{phone:?}");
    }
}

#[test]
fn words_behind_a_whole_number_are_never_dialled_as_digits() {
    let sentence = "there are words behind the number; leave only the number, and write an extension as x123";
    for (phone, place) in [
        ("650 292 8880 home", 13),
        ("(650) 292-8880 (home)", 16),
        ("650 292 8880 or 650 292 8881", 13),
        ("089 123456 büro", 11),
        ("650 292 8880 自宅", 13),
    ] {
        assert_eq!(refused(phone), (place, sentence.to_owned()), "{phone:?}");
    }
}

#[test]
fn rule_1_4_an_extension_is_split_off_and_never_dialled() {
    for (phone, extension) in [
        ("650 292 8880 x123", "123"),
        ("650 292 8880x123", "123"),
        ("650 292 8880 X 123", "123"),
        ("650 292 8880 ext. 123", "123"),
        ("650 292 8880 ext 123", "123"),
        ("650 292 8880 Ext: 123", "123"),
        ("650 292 8880 extn 123", "123"),
        ("650 292 8880 extension 123", "123"),
        ("6502928880;ext=123", "123"),
        ("tel:6502928880;isub=9;ext=123;x=y", "123"),
        ("6502928880,,123", "123"),
        ("6502928880, 123", "123"),
        ("6502928880#123", "123"),
        ("6502928880,,123*4#", "123*4#"),
        ("650 292 8880 x１２３", "123"),
        ("650 292 8880 x12-34", "1234"),
    ] {
        assert_eq!(dialled(phone), with_extension("6502928880", extension), "{phone:?}");
    }
    assert_eq!(dialled("+1 650 292 8880 x7"), with_extension("16502928880", "7"));
    assert_eq!(
        dialled("1-800-FLOWERS x12"),
        ("18003569377".to_owned(), Some("12".to_owned()), vec!["VANITY_LETTERS".to_owned()])
    );
}

#[test]
fn an_extension_that_is_announced_and_missing_is_warned_of() {
    for phone in ["650 292 8880 x", "650 292 8880 ext.", "6502928880;ext=", "6502928880,,"] {
        assert_eq!(dialled(phone), warned("6502928880", &["EXTENSION_EMPTY"]), "{phone:?}");
    }
}

#[test]
fn an_extension_of_words_or_without_end_is_refused() {
    let words = "the extension holds more than digits; write it as x123 or leave it out".to_owned();
    assert_eq!(refused("6502928880,,12 ask Bob"), (15, words));
    let long = format!("6502928880 x{}", "1".repeat(33));
    assert_eq!(refused(&long), (12, "the extension has more than 32 digits".to_owned()));
}

#[test]
fn parameters_of_a_tel_uri_are_left_out_with_a_warning() {
    assert_eq!(dialled("tel:292-8880;phone-context=+1650"), warned("2928880", &["PHONE_TEXT_IGNORED"]));
    let sentence = "there is more than one number; put in one number only".to_owned();
    assert_eq!(refused("650 292 8880; 650 292 8881"), (12, sentence));
}

#[test]
fn rule_1_4_nothing_dialable_is_refused() {
    let sentence = "nothing here can be dialled; give a number such as (650) 292-8880".to_owned();
    for phone in ["", "   ", "hello?", "-", "n/a", "+", "tel:", "漢字", "FLOWERS", "[]|"] {
        assert_eq!(refused(phone), (0, sentence.clone()), "{phone:?}");
    }
}

#[test]
fn rule_1_4_thirty_two_digits_are_dialled_and_thirty_three_refused() {
    assert_eq!(dialled(&"1".repeat(32)), plain(&"1".repeat(32)));
    assert_eq!(refused(&"1".repeat(33)), (32, "the number has more than 32 digits".to_owned()));
    let (dialled, _) = phone::dial(Some("9"), &"1".repeat(31)).expect("32 digits");
    assert_eq!(dialled.digits.expose().len(), 32);
    let refusal = phone::dial(Some("9"), &"1".repeat(32)).expect_err("33 digits");
    assert_eq!(
        (refusal.code, refusal.text.as_str()),
        (Code::BadNumber, "the number has 33 digits; at most 32 can be dialled")
    );
}

#[test]
fn what_would_dial_another_number_is_refused() {
    let plus = "there is a + inside the number; put in one number only".to_owned();
    assert_eq!(refused("+1 650 292 8880 +1 650 292 8881"), (16, plus.clone()));
    assert_eq!(refused("++44"), (1, plus.clone()));
    assert_eq!(refused("00+44"), (2, plus));
    let star = "* and # cannot be dialled as part of a number; write an extension as x123".to_owned();
    assert_eq!(refused("*67 650 292 8880"), (0, star.clone()));
    assert_eq!(refused("650*292"), (3, star.clone()));
    assert_eq!(refused("#31#6502928880"), (0, star));
    assert_eq!(dialled("Phone #: 650-292-8880"), warned("6502928880", &["PHONE_TEXT_IGNORED"]));
    let short = "the letters do not make a number; put in digits".to_owned();
    assert_eq!(refused("5 AB"), (2, short));
}

#[test]
fn the_zero_in_brackets_after_a_country_code_is_not_dialled_from_abroad() {
    assert_eq!(dialled("+44 (0)20 7946 0958"), warned("442079460958", &["TRUNK_ZERO_LEFT_OUT"]));
    assert_eq!(dialled("＋44(0)2079460958"), warned("442079460958", &["TRUNK_ZERO_LEFT_OUT"]));
    assert_eq!(dialled("(0)20 7946 0958"), plain("02079460958"));
    assert_eq!(dialled("+39 (0)6 1234 5678"), plain("390612345678"));
}

#[test]
fn rule_1_5_the_prefix_stands_before_the_number() {
    assert_eq!(dialled_with("1", "6502928880"), plain("16502928880"));
    assert_eq!(dialled_with("", "6502928880"), plain("6502928880"));
    assert_eq!(dialled_with("9", "0044 20 7946 0958"), plain("900442079460958"));
}

#[test]
fn rule_1_5_a_number_with_plus_is_complete_and_the_prefix_is_warned_of() {
    let complete = warned("442079460958", &["PREFIX_NOT_APPLIED"]);
    assert_eq!(dialled_with("9", "+44 20 7946 0958"), complete);
    assert_eq!(dialled_with("9", "tel:+442079460958"), complete);
    assert_eq!(dialled_with("9", "＋442079460958"), complete);
}

#[test]
fn rule_1_4_a_blank_in_front_was_a_plus_where_the_digits_are_a_number_of_some_country() {
    assert_eq!(dialled_with("9", " 442079460958"), warned("442079460958", &["PREFIX_NOT_APPLIED"]));
    assert_eq!(dialled_with("1", " 16502928880"), warned("16502928880", &["PREFIX_NOT_APPLIED"]));
    // +65 0292 8880 is nobody's number: the blank is only a blank.
    assert_eq!(dialled_with("1", " 6502928880"), plain("16502928880"));
    assert_eq!(dialled_with("1", "  6502928880"), plain("16502928880"));
}

#[test]
fn a_merge_field_in_the_number_is_refused_at_its_place() {
    let sentence =
        "phone still holds a merge field: the CRM did not fill it in; check the field's name in the link"
            .to_owned();
    assert_eq!(refused("{!Account.Phone}"), (0, sentence.clone()));
    assert_eq!(refused("+1{{contact.phone2}}"), (2, sentence.clone()));
    assert_eq!(refused("${phone}"), (0, sentence));
}

#[test]
fn the_country_of_a_number_is_known_only_where_a_numbering_plan_knows_it() {
    let of = |number: &str, form: Form| country::of(&digits(number), form, "US");
    assert_eq!(of("16502928880", Form::International).as_deref(), Some("US"));
    assert_eq!(of("6502928880", Form::AsDialled).as_deref(), Some("US"));
    assert_eq!(of("16502928880", Form::AsDialled).as_deref(), Some("US"));
    assert_eq!(of("011442079460958", Form::AsDialled).as_deref(), Some("GB"));
    assert_eq!(of("442079460958", Form::AsDialled).as_deref(), Some("GB"));
    // +1 is 25 countries.
    assert_eq!(of("18765551234", Form::AsDialled).as_deref(), Some("JM"));
    assert_eq!(of("870773111632", Form::International).as_deref(), Some(country::NOWHERE));
    // Ten digits are a number of the US by length; without + they are not read as Cuba's.
    assert_eq!(of("5355566234", Form::AsDialled), None);
    assert_eq!(of("5355566234", Form::International).as_deref(), Some("CU"));
    assert_eq!(of("100", Form::AsDialled), None);
    assert_eq!(of("99999999999999999999999999999999", Form::AsDialled), None);
    assert_eq!(country::of(&digits("6502928880"), Form::AsDialled, "nowhere"), None);
}

#[test]
fn a_number_is_displayed_as_people_write_it_where_its_country_is_known() {
    let display = |number: &str, form| country::display(&digits(number), form, "US");
    assert_eq!(display("16502928880", Form::AsDialled), "+1 650-292-8880");
    assert_eq!(display("442079460958", Form::International), "+44 20 7946 0958");
    assert_eq!(display("100", Form::AsDialled), "100");
}

#[test]
fn rule_1_4_two_numbers_are_refused_where_they_part() {
    let several = "there is more than one number; put in one number only";
    for (phone, place) in [
        ("6502928880 / 6502928881", 11),
        ("(650) 292-8880/(650) 292-8881", 14),
        ("Tel. 6502928880 | 6502928881", 16),
        ("650-292-8880, 650-292-8881", 12),
        ("6502928880 6502928881", 11),
        ("tel:6502928880 6502928881", 15),
    ] {
        assert_eq!(refused(phone), (place, several.to_owned()), "{phone:?}");
    }
    // One number each, with what people and phones put into it.
    assert_eq!(dialled("030/1234567"), plain("0301234567"));
    assert_eq!(dialled("+86 138 12345678"), plain("8613812345678"));
    assert_eq!(dialled("12345678901234567890123456789012"), plain("12345678901234567890123456789012"));
    assert_eq!(dialled("6502928880,,1234567890"), with_extension("6502928880", "1234567890"));
    assert_eq!(dialled("6502928880, 123"), with_extension("6502928880", "123"));
    assert_eq!(dialled("6502928880 x1234567"), with_extension("6502928880", "1234567"));
}
