//! The three forms say the same of the same sheet, whatever stands in its texts; each is read by another's parser.

use super::sheet::{Cell, Sheet};
use super::{codes, csv, json, xml};
use proptest::prelude::*;
use ringbridge_core::tenant::{Choice, Code, CodeList, Need};

fn sheet(rows: Vec<Vec<Cell>>) -> Sheet {
    let about = vec![("count", Cell::count(rows.len())), ("next", Cell::Empty)];
    Sheet { rows_name: "calls", row_name: "call", about, names: vec!["id", "notes"], rows }
}

fn written(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("UTF-8")
}

fn example() -> Sheet {
    sheet(vec![
        vec![Cell::Number(7), Cell::text("a <b> & \"c\",\r\nd\u{0}é")],
        vec![Cell::Flag(true), Cell::Empty],
    ])
}

#[test]
fn json_has_its_members_in_order_and_its_texts_exactly() {
    assert_eq!(
        written(json::write(&example()).expect("written")),
        r#"{"count":2,"next":null,"calls":[{"id":7,"notes":"a <b> & \"c\",\r\nd\u0000é"},{"id":true,"notes":null}]}"#
    );
}

#[test]
fn xml_escapes_and_has_an_element_for_every_cell() {
    assert_eq!(
        written(xml::write(&example()).expect("written")),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><calls count=\"2\">\
         <call><id>7</id><notes>a &lt;b&gt; &amp; &quot;c&quot;,&#13;\nd\u{FFFD}é</notes></call>\
         <call><id>true</id><notes/></call></calls>"
    );
}

#[test]
fn csv_quotes_as_rfc_4180_and_ends_its_lines_with_cr_lf() {
    assert_eq!(
        written(csv::write(&example()).expect("written")),
        "id,notes\r\n7,\"a <b> & \"\"c\"\",\r\nd\u{FFFD}é\"\r\ntrue,\r\n"
    );
    assert_eq!(written(csv::write(&sheet(vec![])).expect("written")), "id,notes\r\n", "a header alone");
}

#[test]
fn sec_26_no_text_is_a_formula() {
    let cell = |text: &str| {
        let bytes = csv::write(&sheet(vec![vec![Cell::Number(-1), Cell::text(text)]])).expect("written");
        let mut reader = ::csv::Reader::from_reader(bytes.as_slice());
        let record = reader.records().next().expect("a row").expect("well-formed");
        (record[0].to_owned(), record[1].to_owned())
    };
    for text in ["=1+1", "+1", "-1", "@A1", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠1"] {
        assert_eq!(cell(text), ("-1".to_owned(), format!("'{text}")), "a number of ours stays a number");
    }
    for text in ["16502928880", "a=b", "'=1", "2026/11/01 07:13:20 -0700", ""] {
        assert_eq!(cell(text).1, text);
    }
}

/// Every text of a parsed document's rows, in order.
fn texts(document: &str) -> Vec<String> {
    let parsed = roxmltree::Document::parse(document).unwrap_or_else(|error| panic!("{error}: {document}"));
    let cells = parsed.descendants().filter(|node| node.has_tag_name("notes"));
    cells.map(|node| node.text().unwrap_or("").to_owned()).collect()
}

#[test]
fn xml_has_no_way_to_write_some_characters_and_shows_that_they_were_there() {
    for forbidden in ["\u{0}", "\u{1}", "\u{8}", "\u{B}", "\u{C}", "\u{1F}", "\u{FFFE}", "\u{FFFF}"] {
        let bytes = xml::write(&sheet(vec![vec![Cell::Empty, Cell::text(forbidden)]])).expect("written");
        assert_eq!(texts(&written(bytes)), ["\u{FFFD}"], "{forbidden:?}");
    }
}

proptest! {
    #[test]
    fn xml_gives_back_every_text_that_it_can_write(notes in proptest::collection::vec("[\t\n\r<>&\"'\\]a-c\u{20}-\u{FF}\u{2028}\u{D7FF}\u{E000}\u{10FFFF}]{0,20}", 0..4)) {
        let rows = notes.iter().map(|text| vec![Cell::Number(1), Cell::text(text)]).collect();
        let document = written(xml::write(&sheet(rows)).expect("written"));
        prop_assert_eq!(texts(&document), notes);
    }

    #[test]
    fn whatever_an_agent_types_all_three_forms_are_well_formed(notes in proptest::collection::vec(any::<String>(), 1..4)) {
        let sheet = sheet(notes.iter().map(|text| vec![Cell::Number(1), Cell::text(text)]).collect());
        prop_assert_eq!(texts(&written(xml::write(&sheet).expect("written"))).len(), notes.len());
        let document: serde_json::Value = serde_json::from_slice(&json::write(&sheet).expect("written")).expect("JSON");
        for (place, text) in notes.iter().enumerate() {
            prop_assert_eq!(document["calls"][place]["notes"].as_str(), Some(text.as_str()));
        }
        let bytes = csv::write(&sheet).expect("written");
        let rows: Vec<_> = ::csv::Reader::from_reader(bytes.as_slice()).into_records().map(|row| row.map(|row| row.len()).ok()).collect();
        prop_assert_eq!(rows, vec![Some(2); notes.len()]);
    }
}

#[test]
fn a_code_is_named_by_its_list_and_itself() {
    let code = Code {
        short: "SOLD".to_owned(),
        menu: "Sold it".to_owned(),
        report: "Sale made".to_owned(),
        key: Some("s".to_owned()),
    };
    let list = CodeList {
        name: "Outcome".to_owned(),
        choice: Choice::Multiple,
        need: Need::Optional,
        codes: vec![Code { key: None, short: "CB".to_owned(), ..code.clone() }, code],
    };
    let written = written(csv::write(&codes::sheet(&[list])).expect("written"));
    assert_eq!(
        written.lines().collect::<Vec<_>>(),
        [
            "list_id,list_name,code_id,short_code,menu_text,report_text,hot_key,multiple,required",
            "Outcome,Outcome,Outcome:CB,CB,Sold it,Sale made,,true,false",
            "Outcome,Outcome,Outcome:SOLD,SOLD,Sold it,Sale made,s,true,false",
        ]
    );
}
