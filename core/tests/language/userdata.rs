//! The grammar of pairs (semantics 3.1 to 3.4).

use ringbridge_core::userdata::{Malformed, Slip, Userdata};

fn pairs(text: &str) -> Vec<(String, String)> {
    let userdata = Userdata::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
    userdata.pairs().map(|pair| (pair.name.to_owned(), pair.value.to_owned())).collect()
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn malformed(text: &str) -> (usize, Slip) {
    let Malformed { offset, slip } = Userdata::parse(text).expect_err("malformed");
    (offset, slip)
}

#[test]
fn rule_3_1_a_value_ends_at_the_bracket_before_the_end_or_another_pair() {
    assert_eq!(
        pairs("[Subject|Call [urgent] a|b][x|y]"),
        owned(&[("Subject", "Call [urgent] a|b"), ("x", "y")])
    );
    assert_eq!(pairs("[a|x]][b|y]"), owned(&[("a", "x]"), ("b", "y")]));
    assert_eq!(pairs("[a|x][ |y]"), owned(&[("a", "x][ |y")]));
    assert_eq!(pairs("[a|x][|y]"), owned(&[("a", "x][|y")]));
    assert_eq!(pairs("[a|]]"), owned(&[("a", "]")]));
    assert_eq!(pairs("[a||]"), owned(&[("a", "|")]));
    assert_eq!(pairs("[a|x]\u{A0}\r\n[b|y]"), owned(&[("a", "x"), ("b", "y")]));
}

#[test]
fn rule_3_1_names_are_trimmed_and_order_and_duplicates_are_kept() {
    assert_eq!(
        pairs(" [ a |1] [b\t|2][A|3][a|4] "),
        owned(&[("a", "1"), ("b", "2"), ("A", "3"), ("a", "4")])
    );
    assert_eq!(pairs("[first name|x y ]"), owned(&[("first name", "x y ")]));
}

#[test]
fn rule_3_1_there_is_no_limit_on_how_many_pairs() {
    let text = "[a|b]".repeat(200_000);
    assert_eq!(Userdata::parse(&text).expect("pairs").pairs().len(), 200_000);
}

#[test]
fn rule_3_2_the_place_is_the_first_character_of_no_complete_pair() {
    assert_eq!(malformed("[a|b]x"), (0, Slip::Unclosed));
    assert_eq!(malformed("[a|b"), (0, Slip::Unclosed));
    assert_eq!(malformed("[a|b] [c|d"), (6, Slip::Unclosed));
    assert_eq!(malformed("x[a|b]"), (0, Slip::TextOutside));
    assert_eq!(malformed("  x"), (2, Slip::TextOutside));
    assert_eq!(malformed("[|b]"), (0, Slip::EmptyName));
    assert_eq!(malformed("[ \t|b]"), (0, Slip::EmptyName));
    assert_eq!(malformed("[ab]"), (0, Slip::NoBar));
    assert_eq!(malformed("["), (0, Slip::NoBar));
    assert_eq!(malformed("[a[b|c]"), (0, Slip::NoBar));
    assert_eq!(malformed("[ü|b] [c|d"), (7, Slip::Unclosed));
    assert_eq!(malformed("]"), (0, Slip::TextOutside));
}

#[test]
fn rule_3_2_every_slip_says_what_to_do() {
    assert_eq!(
        [Slip::TextOutside, Slip::NoBar, Slip::EmptyName, Slip::Unclosed].map(Slip::sentence),
        [
            "text stands outside the pairs; write it as [name|value]",
            "this pair has no name; write it as [name|value]",
            "this pair has an empty name; write it as [name|value]",
            "this pair is not closed; end it with ], followed by the end or by another [name|value]",
        ]
    );
}

#[test]
fn rule_3_3_system_data_is_found_in_any_case_and_the_last_wins() {
    let userdata = Userdata::parse("[CTL_Action|a][ctl_action|b][action|c][ctl|d]").expect("pairs");
    assert_eq!(userdata.system("ctl_ACTION"), Some("b"));
    assert_eq!(userdata.system("ctl_intType"), None);
    let system: Vec<_> = userdata.pairs().filter(|pair| pair.is_system()).map(|pair| pair.value).collect();
    assert_eq!(system, ["a", "b"]);
}

#[test]
fn rule_3_4_everything_else_is_user_data() {
    let userdata = Userdata::parse("[Ctl_x|1][x|2][ct_x|3][ctlx|4]").expect("pairs");
    let user: Vec<_> = userdata.user().map(|pair| (pair.name, pair.value)).collect();
    assert_eq!(user, [("x", "2"), ("ct_x", "3"), ("ctlx", "4")]);
}

#[test]
fn a_pair_that_is_pushed_reads_back_and_cannot_forge_another() {
    let mut userdata = Userdata::parse("[a|b] ").expect("pairs");
    userdata.push("ctl_newRecordId", "00T1][ctl_callbackUrl|http://evil");
    assert_eq!(userdata.text(), "[a|b] [ctl_newRecordId|00T1)(ctl_callbackUrl/http://evil]");
    assert_eq!(Userdata::parse(userdata.text()), Ok(userdata));
}

#[test]
fn rule_3_3_a_name_that_is_taken_out_leaves_the_rest_byte_for_byte() {
    let mut userdata =
        Userdata::parse("[a|b]\n[CTL_newRecordId|1] y] [c|[d]][ctl_newrecordid|2]").expect("pairs");
    assert_eq!(userdata.remove_system("ctl_newRecordId"), Some(6));
    assert_eq!(userdata.text(), "[a|b]\n [c|[d]]");
    assert_eq!(Userdata::parse(userdata.text()), Ok(userdata.clone()));
    assert_eq!(userdata.remove_system("ctl_newRecordId"), None);
}

#[test]
fn what_is_stored_reads_back_as_the_same_pairs() {
    let userdata = Userdata::parse(" [a|x] y][b|\"ü\n]").expect("pairs");
    let stored = serde_json::to_string(&userdata).expect("JSON");
    assert_eq!(stored, r#"" [a|x] y][b|\"ü\n]""#);
    assert_eq!(serde_json::from_str::<Userdata>(&stored).expect("pairs"), userdata);
}

#[test]
fn reading_takes_time_in_proportion_to_the_text() {
    // Texts that make a parser that looks ahead too far take hours.
    let size = 1 << 20;
    for piece in ["][", "] ", "]", "[", "[a|", "[a]", "|", "\u{A0}", "][a"] {
        let text = format!("[a|{}", piece.repeat(size / piece.len()));
        let _ = Userdata::parse(&text);
        let _ = Userdata::parse(&format!("{text}]"));
    }
}
