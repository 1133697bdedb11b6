//! Agents as a spreadsheet: what goes out comes in as nothing, and what is wrong has its line and column.

use super::changing::full;
use super::{Server, stamp};
use crate::provision::sheet::{self, CellError, ImportError};
use crate::provision::{How, Mode, Outcome};

impl Server {
    fn import(&self, text: &str, mode: Mode) -> Result<Outcome, ImportError> {
        let acme = self.tenant("acme").id;
        self.at_site(|site| sheet::import(site, acme, text, &stamp(How::Import), mode))
    }

    fn sheet(&self) -> String {
        String::from_utf8(sheet::write(&self.tenant("acme")).expect("written")).expect("text")
    }

    fn import_errors(&self, text: &str) -> Vec<String> {
        let Err(ImportError::Refused(errors)) = self.import(text, Mode::Apply) else {
            panic!("it is not refused")
        };
        let shown = |CellError { line, column, text }: &CellError| {
            format!("{} {}: {text}", line.unwrap_or_default(), column.as_deref().unwrap_or("-"))
        };
        errors.iter().map(shown).collect()
    }
}

#[test]
fn what_is_exported_is_imported_as_no_change_and_shows_no_secret() {
    let server = full();
    let sheet = server.sheet();
    let expected = "login,name,role,password,queues,caller_id,dial_plan,phone_uri,phone_register,phone_password,auto_answer,external_username,external_password\r\n\
        alice,Alice,agent,***,101,,,sip:alice@127.0.0.1:5070,,,none,alice@crm,***\r\n\
        bob,Bob,admin,***,101,5251990,1,,bob,***,call-info,,\r\n\
        zoe,zoe,admin,***,,,2,,,,,,\r\n";
    assert_eq!(sheet, expected);
    for text in [sheet.clone(), format!("\u{feff}{sheet}"), sheet.replace(',', ";")] {
        assert_eq!(server.import(&text, Mode::Apply).expect("taken").lines, Vec::<String>::new());
    }
}

#[test]
fn agents_come_and_change_and_those_without_a_row_stay() {
    let server = full();
    let text = "Queues,login,phone_register,phone_password,name\n101 102,new,desk7,q,'=cmd\n,bob,,,Robert\n";
    let lines = [
        "~ tenant acme: agent bob name Bob → Robert",
        "~ tenant acme: agent bob queues [101] → []",
        "+ tenant acme: agent new",
        "+ tenant acme: agent new phone 1",
        "- tenant acme: agent bob phone 1",
    ];
    let dry = server.import(text, Mode::DryRun).expect("told");
    assert_eq!((dry.lines, dry.made), (lines.map(str::to_owned).to_vec(), vec![]));
    let done = server.import(text, Mode::Apply).expect("taken");
    assert_eq!(done.lines, lines);
    let made: Vec<_> = done.made.iter().map(|(what, value)| (what.as_str(), value.expose().len())).collect();
    assert_eq!(made, [("password of agent new", 16)]);
    let acme = server.tenant("acme");
    assert_eq!(acme.agents.len(), 4);
    assert_eq!(acme.agent_by_login("new").map(|new| new.name.as_str()), Some("=cmd"));
    assert!(server.sheet().contains("new,'=cmd,agent,***,101 102,"), "{}", server.sheet());
    assert_eq!(server.last().how, How::Import);
    let undone = server.undo(server.last().id).expect("undone");
    assert_eq!(undone.lines.len(), 5);
}

#[test]
fn what_is_wrong_in_a_sheet_has_its_line_and_column_and_nothing_is_applied() {
    let server = full();
    assert_eq!(server.import_errors(""), ["0 -: the first row must name the columns"]);
    let known = sheet::COLUMNS.join(", ");
    assert_eq!(
        server.import_errors("name,name,colour\n"),
        [
            "1 name: the column \"name\" stands there twice".to_owned(),
            format!("1 colour: unknown column \"colour\"; known are {known}"),
            "1 login: the column \"login\" is missing; it says whose row it is".to_owned(),
        ]
    );
    assert_eq!(
        server.import_errors("login,queues,dial_plan\nnew,x,y\nnew,,\nzoe\n\n,1,\n"),
        [
            "2 queues: \"x\" is no number of a queue",
            "2 dial_plan: \"y\" is no number of a dial plan",
            "3 login: \"new\" stands on line 2 already",
            "4 -: this row has 1 cells, the first row has 3",
            "6 login: \"login\" must not be empty",
        ]
    );
    let mut wrong = server.import_errors(
        "login,role,queues,caller_id,phone_uri,phone_register,phone_password,auto_answer\n\
         zoe,boss,7,1,sip:z@h,,,\nn e w,agent,,,,,,\nbob,admin,,,,desk,,never\nmax,,,,x,,,\n",
    );
    wrong.sort();
    assert_eq!(
        wrong,
        [
            "2 caller_id: \"1\" is no channel of this tenant",
            "2 queues: there is no queue 7 in this tenant",
            "2 role: \"role\" must be one of \"agent\", \"supervisor\", \"admin\"",
            "3 login: \"n e w\" must have no blanks",
            "4 auto_answer: \"auto_answer\" must be one of \"none\", \"call-info\", \"alert-info\", \"answer-mode\"",
            "4 phone_password: a phone that registers needs a \"password\"",
            "5 phone_uri: \"x\" must be a SIP address such as \"sip:alice@127.0.0.1:5070\": a URI without a scheme",
        ]
    );
    assert_eq!(server.tenant("acme").agents.len(), 3);
    let many: String = (0..1001).map(|n| format!("a{n}\n")).collect();
    assert_eq!(
        server.import_errors(&format!("login\n{many}")),
        ["0 -: a sheet sets at most 1000 passwords; send it in parts"]
    );
    let many: String = (0..10_001).map(|n| format!("a{n}\n")).collect();
    assert_eq!(
        server.import_errors(&format!("login\n{many}")),
        ["0 -: a sheet has at most 10000 rows; send it in parts"]
    );
}
