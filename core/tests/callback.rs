//! The callback of the reference's Example 3, from the link as it is printed to the bytes that are posted.

use ringbridge_core::call::{EndReason, Initiator, Outcome};
use ringbridge_core::callback::Callback;
use ringbridge_core::completion::{
    AfterCall, AgentFacts, Decided, Facts, UserdataForm, Wish, complete, follow_up,
};
use ringbridge_core::id::{AgentId, InteractionGuid, TransactionId};
use ringbridge_core::link::{self, decode_query};
use ringbridge_core::redact::Digits;
use ringbridge_core::time::{Timestamp, Zone};
use ringbridge_core::wrap_up::{Picked, Selection};

/// Example 3 exactly as the reference prints it, line breaks, blank and missing `$` included.
const EXAMPLE_3: &str = include_str!("reference/example-3.txt");

/// The callback of a link whose call was answered, lasted 76 seconds and got two codes.
fn callback_of(link: &str) -> Callback {
    let (_, query) = link.trim_end().split_once('?').expect("a query");
    let link = link::parse(decode_query(query.as_bytes())).expect("a link that is taken");
    let picked = |short: &str| Picked { list: "Outcome".into(), short: short.into(), report: "x".into() };
    let facts = Facts {
        caller_id: &Digits::new("5251990").expect("digits"),
        transaction: TransactionId(4711),
        guid: &InteractionGuid::from_random([0x0a; 16]),
        agent: AgentFacts { id: AgentId(7), login: "alice", name: "Alice" },
        number: &Digits::new("5355566234").expect("digits"),
        outcome: &Outcome {
            reason: EndReason::HungUp,
            by: Initiator::Customer,
            answered_at: Some(Timestamp::from_millis(1_790_000_000_000)),
            hung_up_at: Timestamp::from_millis(1_790_000_076_500),
        },
        selection: &Selection { codes: vec![picked("SOLD"), picked("BACK")], notes: "a [note]".into() },
        zone: &Zone::named("America/Los_Angeles").expect("a zone"),
        now: Timestamp::from_millis(1_790_000_090_000),
    };
    let wish = Wish { userdata: &link.userdata, ext: &link.ext };
    let Decided::Settled(result) = complete(wish, &facts, &AfterCall::default()).action else {
        panic!("nothing is connected")
    };
    follow_up(wish, &facts, UserdataForm::Brackets, &result).callback.expect("the link asks for one")
}

const BODY: &str = "ctl_userdata=%5Bforeign_key%7C12345678%5D\
    %5BTransactionid%7Cint-0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a%5D\
    %5Bstart_time%7C%24call_answered_time%5D%5Bend_time%7C1790000076%5D\
    %5Btransaction_codes%7COutcome%3ASOLD%2COutcome%3ABACK%5D\
    %5Bctl_callbackUrl%7Chttp%3A%2F%2Fwww.mycompany.com%2Fclicktodial%2Fcallback%3Ftransaction%3D4711%5D\
    &resultCode=IGNORE&errorString=no+ctl_action+was+given";

#[test]
fn example_3_clicked_in_a_browser_posts_exactly_these_bytes() {
    // A browser drops the line breaks of an address and writes its blanks as %20.
    let callback = callback_of(&EXAMPLE_3.trim_end().replace('\n', "").replace(' ', "%20"));
    assert_eq!(callback.url, "http://www.mycompany.com/clicktodial/callback?transaction=4711");
    assert_eq!(callback.form_body(), BODY);
}

#[test]
fn example_3_sent_as_it_is_printed_posts_the_same_bytes() {
    let callback = callback_of(EXAMPLE_3);
    assert_eq!(callback.url, "http://www.mycompany.com/clicktodial/callback?transaction=4711");
    assert_eq!(callback.form_body(), BODY);
}

#[test]
fn rule_4_4_line_breaks_that_belong_to_the_text_are_posted_back() {
    let callback =
        callback_of("x?phone=1&ctl_userdata=[a|b]%0A[ctl_callbackUrl|http://h.example/?%0An=$notes$]");
    assert_eq!(callback.url, "http://h.example/?\nn=a%20%5Bnote%5D");
    assert_eq!(
        callback.form_body(),
        "ctl_userdata=%5Ba%7Cb%5D%0A%5Bctl_callbackUrl%7Chttp%3A%2F%2Fh.example%2F%3F%0An%3Da%2520%255Bnote%255D%5D\
         &resultCode=IGNORE&errorString=no+ctl_action+was+given"
    );
}
