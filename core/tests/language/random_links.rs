//! A hundred thousand random links and notes, made of the pieces that matter to the parsers (issue 2, items 7 and 8).
//!
//! The dice are seeded, so that a failure comes again; the seed of a case is in its message.

use crate::scene::acme;
use ringbridge_core::admission::{self, Caller};
use ringbridge_core::check::{self, Context};
use ringbridge_core::link::{self, Link, MAX_WARNINGS};
use ringbridge_core::merge_field::Samples;
use ringbridge_core::token::{self, MAX_RENDERED, Token, Values};
use ringbridge_core::userdata::Userdata;

const CASES: u64 = 100_000;

/// SplitMix64: enough for tests, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % (sides as u64)).expect("small")
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.roll(from.len())]
    }

    /// Up to `most` pieces in a row.
    fn row(&mut self, pieces: &[&[u8]], most: usize) -> Vec<u8> {
        (0..self.roll(most + 1)).flat_map(|_| self.pick(pieces)).copied().collect()
    }
}

const NAMES: [&[u8]; 15] = [
    b"prefix",
    b"phone",
    b"phone",
    b"callerId",
    b"dialplan_id",
    b"queue_id",
    b"ctl_userdata",
    b"ctl_userdata",
    b"extTransactionData",
    b"exTransactionData",
    b"request_id",
    b" phone",
    b"CTL_USERDATA",
    b"%FF",
    b"",
];

const NUMBER: [&[u8]; 24] = [
    b"1",
    b"650",
    b"2928880",
    b"+",
    b"%2B",
    b"-",
    b"(",
    b")",
    b" ",
    b"x",
    b"ext. ",
    b";ext=",
    b",,",
    b"#",
    b"tel:",
    b"FLOWERS",
    b"%EF%BC%96",
    b"%D9%A6",
    b"*",
    b"(0)",
    b"44",
    b"{!A.B}",
    b"%FF",
    b"\n",
];

const DATA: [&[u8]; 34] = [
    b"[",
    b"]",
    b"|",
    b"[a|",
    b"[a|b]",
    b"][",
    b"]  [",
    b"$",
    b"$notes$",
    b"$year$",
    b"$transaction_codes$",
    b"$call_answered_time",
    b"$nope$",
    b"[ctl_callbackUrl|http://h/?x=",
    b"[ctl_newRecordId|1]",
    b"[ctl_action|create]",
    b"[ctl_intType|sfdc]",
    b"[ctl_launchopt|true]",
    b"[ctl_x|y]",
    b"%5B",
    b"%7C",
    b"%5D",
    b"%0A",
    b"%00",
    b"%FF",
    b"%C3%BC",
    b"\xC2\xA0",
    b"\n",
    b" ",
    b"x",
    b"%",
    b"%2",
    b"=",
    b"{!Account.Id}",
];

fn query(dice: &mut Dice) -> Vec<u8> {
    if dice.roll(20) == 0 {
        return (0..dice.roll(60)).map(|_| u8::try_from(dice.roll(256)).expect("a byte")).collect();
    }
    let mut query = Vec::new();
    if dice.roll(2) == 0 {
        query.extend_from_slice(b"phone=6502928880");
    }
    for _ in 0..dice.roll(6) {
        query.push(b'&');
        let name = dice.pick(&NAMES);
        query.extend_from_slice(name);
        query.push(b'=');
        let value = match dice.roll(3) {
            0 => dice.row(&NUMBER, 6),
            1 => dice.row(&[b"1", b"2", b"101", b"5251990"], 2),
            _ => dice.row(&DATA, 14),
        };
        query.extend_from_slice(&value);
    }
    query
}

fn values(text: &str) -> Values {
    Token::ALL.into_iter().fold(Values::new(), |values, token| values.with(token, text))
}

#[test]
fn a_hundred_thousand_random_links_are_read_or_refused_with_a_sentence() {
    let tenant = acme();
    let mut read = 0;
    for seed in 0..CASES {
        let mut dice = Dice(seed);
        let (in_url, in_body) = (query(&mut dice), query(&mut dice));
        let mut parameters = link::decode_query(&in_url);
        if dice.roll(3) == 0 {
            parameters.extend(link::decode_body(&in_body));
        }
        match link::parse(parameters) {
            Ok(link) => {
                read += 1;
                assert!(link.warnings.len() <= MAX_WARNINGS, "seed {seed}");
                assert!(token::render(&link.userdata, &values("]x[")).len() <= MAX_RENDERED, "seed {seed}");
                let stored = serde_json::to_string(&link).expect("JSON");
                assert_eq!(serde_json::from_str::<Link>(&stored).expect("a link"), link, "seed {seed}");
                // Patterns are compiled for each call, which takes long in a build for tests.
                if seed % 100 == 0 {
                    match admission::route(&tenant, Caller::Anyone, &link) {
                        Ok(admitted) => assert_eq!(admitted.number, link.phone.digits, "seed {seed}"),
                        Err(refusal) => assert!(!refusal.text.is_empty(), "seed {seed}"),
                    }
                }
            }
            Err(refusal) => {
                let readable = !refusal.text.is_empty() && !refusal.text.contains(char::is_control);
                assert!(readable, "seed {seed}: {:?}", refusal.text);
            }
        }
    }
    // The dice are no good if nearly all links are refused.
    assert!((10_000..90_000).contains(&read), "{read} were read");
}

#[test]
fn the_checker_and_the_click_agree_about_random_links() {
    for seed in 0..CASES / 10 {
        let mut dice = Dice(seed);
        let Ok(text) = String::from_utf8(query(&mut dice)) else { continue };
        // What only the checker knows: addresses, fragments, blanks around a pasted link, templates.
        if text.contains(['#', '?', '{']) || text.contains("://") || text.trim() != text {
            continue;
        }
        let click = link::parse(link::decode_query(text.as_bytes()));
        let checked =
            check::check(&text, Context { values: &Values::new(), merge: &Samples::new(), tenant: None });
        assert_eq!(click.as_ref().err(), checked.error.as_ref(), "seed {seed}: {text:?}");
        if let Ok(link) = click {
            assert_eq!(Some(link.phone.digits.expose()), checked.number.as_deref(), "seed {seed}");
            assert_eq!(link.warnings, checked.warnings, "seed {seed}");
        }
        let _ = checked.for_people();
    }
}

#[test]
fn g13_a_hundred_thousand_notes_change_neither_names_nor_their_order() {
    let mut filled = 0;
    for seed in 0..CASES {
        let mut dice = Dice(seed);
        let mut text = String::from_utf8_lossy(&dice.row(&DATA, 12)).into_owned();
        if dice.roll(2) == 0 {
            text = format!("[a|{text}]");
        }
        let Ok(userdata) = Userdata::parse(&text) else { continue };
        let notes = String::from_utf8_lossy(&dice.row(&DATA, 3)).into_owned();
        let rendered = token::render(&userdata, &values(&notes));
        let names =
            |userdata: &Userdata| userdata.pairs().map(|pair| pair.name.to_owned()).collect::<Vec<_>>();
        let again = Userdata::parse(&rendered).map(|again| names(&again));
        assert_eq!(again, Ok(names(&userdata)), "seed {seed}: {text:?} with {notes:?} gave {rendered:?}");
        filled += usize::from(rendered != text);
    }
    assert!(filled > 10_000, "only {filled} had tokens");
}
