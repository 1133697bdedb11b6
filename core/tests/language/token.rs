//! Tokens (semantics 4.1, 4.2, 4.4; `security.md` decision 5).

use ringbridge_core::token::{self, Flaw, Lookalike, MAX_RENDERED, Style, Token, Values};
use ringbridge_core::userdata::Userdata;

fn userdata(text: &str) -> Userdata {
    Userdata::parse(text).expect("pairs")
}

fn render(text: &str, values: &Values) -> String {
    token::render(&userdata(text), values)
}

fn notes(text: &str) -> Values {
    Values::new().with(Token::Notes, text)
}

fn lookalikes(text: &str) -> Vec<(usize, String, Flaw)> {
    token::lookalikes(text).into_iter().map(|Lookalike { offset, word, flaw }| (offset, word, flaw)).collect()
}

#[test]
fn the_twenty_tokens_are_the_references_and_read_back_from_their_names() {
    let names = Token::ALL.map(Token::name);
    assert_eq!(
        names,
        [
            "caller_id",
            "transaction_id",
            "call_answered_time",
            "call_hangup_time",
            "callAnsweredTenantTT",
            "callHangupTenantTT",
            "callDuration",
            "equal",
            "interaction_guid",
            "year",
            "month",
            "date",
            "hours",
            "minutes",
            "seconds",
            "transaction_codes",
            "notes",
            "lastTclListName",
            "lastTclCodeDesc",
            "lastTclCodeShort"
        ]
    );
    assert_eq!(names.map(Token::named), Token::ALL.map(Some));
}

#[test]
fn every_token_is_replaced_by_its_own_value() {
    for token in Token::ALL {
        let values = Values::new().with(token, "here");
        let expected = if token == Token::Equal { "<=>" } else { "<here>" };
        assert_eq!(token::fill(&format!("<${}$>", token.name()), &values, Style::Exact), expected);
    }
}

#[test]
fn rule_4_1_a_token_has_both_dollars_a_listed_name_and_its_case() {
    let values = Values::new().with(Token::Year, "2026");
    for (text, filled) in [
        ("$year$", "2026"),
        ("$$year$$", "$2026$"),
        ("$year$year$", "2026year$"),
        ("$year$$year$", "20262026"),
        ("$nope$year$", "$nope2026"),
        ("$Year$ $ year$ $year $", "$Year$ $ year$ $year $"),
        ("$5 and $6", "$5 and $6"),
        ("$", "$"),
        ("", ""),
        ("$years$ $yea$", "$years$ $yea$"),
        ("漢$year$漢", "漢2026漢"),
        ("$callAnsweredTenantTTx$year$", "$callAnsweredTenantTTx2026"),
    ] {
        assert_eq!(token::fill(text, &values, Style::Exact), filled, "{text:?}");
    }
}

#[test]
fn rule_4_1_what_was_put_in_is_never_scanned_again() {
    let values = notes("$year$ $notes$").with(Token::Year, "2026").with(Token::CallerId, "$");
    assert_eq!(render("[a|$notes$]", &values), "[a|$year$ $notes$]");
    assert_eq!(render("[a|$caller_id$year$caller_id$]", &values), "[a|$year$]");
}

#[test]
fn rule_4_1_what_looks_like_a_token_and_is_none_is_found() {
    assert_eq!(lookalikes("a $call_answered_time"), [(2, "call_answered_time".to_owned(), Flaw::Unclosed)]);
    assert_eq!(lookalikes("$year-$month$"), [(0, "year".to_owned(), Flaw::Unclosed)]);
    assert_eq!(lookalikes("$nope$"), [(0, "nope".to_owned(), Flaw::Unknown(None))]);
    assert_eq!(lookalikes("$Notes$"), [(0, "Notes".to_owned(), Flaw::Unknown(Some(Token::Notes)))]);
    assert_eq!(lookalikes("$nope$year$"), [(0, "nope".to_owned(), Flaw::Unknown(None))]);
    for fine in
        ["$5 and $6", "$", "$$", "$5$", "$year$", "$years", "US$ and CAD$", "$ notes $", "$notes$$year$"]
    {
        assert_eq!(lookalikes(fine), [], "{fine:?}");
    }
}

#[test]
fn rule_4_2_a_callback_url_takes_values_as_query_components() {
    let values = notes("a b&c=d/é?#%+[x]|\n~-._");
    assert_eq!(
        render("[CTL_CallbackURL|https://h/?n=$notes$&e=$equal$]", &values),
        "[CTL_CallbackURL|https://h/?n=a%20b%26c%3Dd%2F%C3%A9%3F%23%25%2B%5Bx%5D%7C%0A~-._&e=%3D]"
    );
    assert_eq!(
        token::filled_pairs(&userdata("[ctl_callbackUrl|https://h/?n=$notes$][x|$notes$]"), &notes("a b")),
        [("ctl_callbackUrl".to_owned(), "https://h/?n=a%20b".to_owned()), ("x".to_owned(), "a b".to_owned())]
    );
}

#[test]
fn rule_4_4_text_outside_tokens_is_kept_byte_for_byte() {
    let text = " [ a |\u{7}x[y]|$z][b|$5]\r\n\t[c|漢]\n";
    assert_eq!(render(text, &Values::new()), text);
    assert_eq!(render("", &Values::new()), "");
    assert_eq!(render("  ", &Values::new()), "  ");
}

#[test]
fn rule_4_4_brackets_and_bars_in_a_value_become_round_and_controls_blanks() {
    assert_eq!(
        render("[a|$notes$][b|c]", &notes("]x[y|z]\t\u{0}\u{7f}\u{85}\r\n")),
        "[a|)x(y/z)    \r\n][b|c]"
    );
}

#[test]
fn rule_4_4_records_get_the_exact_value() {
    let exact = "]x[y|z]\t\n";
    assert_eq!(
        token::filled_pairs(&userdata("[a|<$notes$>][$notes$|b]"), &notes(exact)),
        [("a".to_owned(), format!("<{exact}>")), ("$notes$".to_owned(), "b".to_owned())]
    );
}

#[test]
fn rule_4_4_a_value_that_is_empty_cannot_make_two_pairs_of_one() {
    let text = "[a|x]$notes$[b|y]";
    assert_eq!(userdata(text).pairs().len(), 1);
    assert_eq!(render(text, &notes("")), "[a|x]-[b|y]");
    assert_eq!(render(text, &notes(" \n")), "[a|x]-[b|y]");
    assert_eq!(render(text, &notes("fine")), "[a|x]fine[b|y]");
    assert_eq!(render("[a|x] $notes$ $transaction_codes$ [b|y]", &notes("")), "[a|x] - - [b|y]");
    assert_eq!(render("[ctl_callbackUrl|x]$notes$[b|y]", &notes("")), "[ctl_callbackUrl|x]-[b|y]");
    // Elsewhere an empty value is empty.
    assert_eq!(render("[a|x]$notes$]", &notes("")), "[a|x]]");
    assert_eq!(render("[a|$notes$][b|y]", &notes("")), "[a|][b|y]");
}

#[test]
fn what_is_written_back_is_never_larger_than_its_limit() {
    let many = format!("[a|{}]", "$notes$".repeat(2000));
    let values = notes(&"[".repeat(4096));
    let written = render(&many, &values);
    assert!(written.len() <= MAX_RENDERED, "{}", written.len());
    // The tokens themselves are reckoned as text that stays.
    assert!(written.len() > MAX_RENDERED - 4096 - many.len());
    assert!(token::longest_rendering(&userdata(&many)) > MAX_RENDERED);
    assert_eq!(token::longest_rendering(&userdata("[a|b]")), 5);
    assert_eq!(token::longest_rendering(&userdata("[ctl_callbackUrl|$notes$]")), 25 + 3 * 4096);
}

#[test]
fn looking_for_tokens_takes_time_in_proportion_to_the_text() {
    for piece in ["$", "$a", "$notes", "$callAnsweredTenantT", "a$"] {
        let text = piece.repeat((1 << 20) / piece.len());
        let _ = token::fill(&text, &Values::new(), Style::Exact);
        let _ = token::lookalikes(&text);
    }
}
