//! Any user data with any token values: what is written back has the same pairs with the same names (semantics 3 and 4).
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringbridge_core::{
    token::{MAX_RENDERED, Token, Values, filled_pairs, lookalikes, render},
    userdata::Userdata,
};

fuzz_target!(|input: (&str, &str)| {
    let (text, value) = input;
    let userdata = match Userdata::parse(text) {
        Ok(userdata) => userdata,
        Err(malformed) => {
            assert!(malformed.offset <= text.len() && text.is_char_boundary(malformed.offset));
            return;
        }
    };
    assert_eq!(userdata.text(), text);
    let mut values = Values::new();
    for token in Token::ALL {
        values.set(token, value);
    }
    let _ = lookalikes(text);
    let rendered = render(&userdata, &values);
    assert!(rendered.len() <= MAX_RENDERED.max(text.len()));
    let again = Userdata::parse(&rendered).expect("what is written back is user data");
    let names = |userdata: &Userdata| userdata.pairs().map(|pair| pair.name.to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&again), names(&userdata), "notes can forge no pair");
    assert_eq!(filled_pairs(&userdata, &values).len(), names(&userdata).len());
});
