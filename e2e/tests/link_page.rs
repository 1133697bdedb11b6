//! The link builder in a real Chromium: the reference's slips at their place, and a link made by form that calls.

use ringbridge_e2e::browser::{Browser, Popups};
use ringbridge_e2e::center::Center;

const TAB: &str = "links";

#[test]
fn slips_are_marked_where_they_are_and_a_link_made_by_form_calls() {
    let center = Center::start();
    let alice = center.login("alice");
    let mut browser = Browser::start(Popups::Allowed);
    browser.cookie(&center.base(), alice.cookie());
    browser.open(TAB, &format!("{}/AGUI/links/", center.base()));

    // The reference's own Examples 2 and 3, as it prints them.
    let slip = "[data-slip=TOKEN_NOT_CLOSED] mark";
    for (example, number) in [
        (include_str!("../../core/tests/reference/example-2.txt"), "6502022222"),
        (include_str!("../../core/tests/reference/example-3.txt"), "5355566234"),
    ] {
        browser.fill(TAB, "[data-paste]", example);
        browser.until(TAB, &format!("document.querySelector('#p-phone').value === '{number}'"));
        browser.sees(TAB, slip);
        assert_eq!(browser.text(TAB, slip), "$call_answered_time");
    }
    browser.sees(TAB, "[data-slip=CALLBACK_NOT_ENCRYPTED] mark");
    assert_eq!(
        browser.text(TAB, "[data-slip=CALLBACK_NOT_ENCRYPTED] mark"),
        "http://www.mycompany.com/clicktodial/callback?transaction=$transaction_id$"
    );

    // From nothing: a merge field with a sample, and a token out of the list.
    browser.click(TAB, "button[type=reset]");
    browser.until(TAB, "document.querySelector('#p-phone').value === ''");
    browser.fill(TAB, "#p-phone", "{!Account.Phone}");
    browser.click(TAB, "[data-tokens] summary");
    browser.click(TAB, "[data-token=notes]");
    browser.until(TAB, "document.querySelector('[data-url]').value.endsWith('?phone={!Account.Phone}&ctl_userdata=%5Bnotes%7C$notes$%5D')");
    assert_eq!(browser.text(TAB, "[data-test-number]"), "16502928880");

    // The test call is a real one: the agent's own phone rings.
    browser.click(TAB, "[data-test]");
    center.phones[0].rings();
}
