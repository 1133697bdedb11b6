//! The sentences of this layer, in one place: what pages and problem documents say beyond what the core says.
//!
//! Promises: plain words, what to do next where there is something to do, no cause of an internal error.

use axum::http::StatusCode;

/// Something of ours failed.
pub const INTERNAL: &str =
    "Something failed on our side; try again, and tell your administrator if it stays so.";
/// Absent, or somebody else's: the two look the same.
pub const NOT_FOUND: &str = "There is nothing at this address, or it is not yours to see.";
/// No session.
pub const SESSION_REQUIRED: &str = "You are not logged in, so nothing was dialled. Log in, then place the call with the button that appears.";
/// No session, for everything but a click.
pub const LOG_IN_FIRST: &str = "You are not logged in, or your session has ended. Log in and try again.";
/// The request came in clear.
pub const HTTPS_REQUIRED: &str =
    "Ringbridge answers over HTTPS only. Nothing was dialled; use the address with https:// instead.";
/// Another tenant's host.
pub const WRONG_HOST: &str =
    "This host name is not one of your contact center's. Use the address you normally log in at.";
/// The target of the request.
pub const URL_TOO_LONG: &str =
    "The link is longer than 64 KiB. Send ctl_userdata and extTransactionData by POST instead.";
/// The body of the request.
pub const BODY_TOO_LARGE: &str = "The request is larger than 1 MiB, the most that is taken.";
/// A load nobody asked for.
pub const SPECULATIVE: &str =
    "The browser loaded this link ahead of a click. Nothing was dialled; click the link to call.";
/// A person must press the button.
pub const CONFIRMATION_REQUIRED: &str = "This click came from a page that is not listed for dialling at once; a person must confirm it on the page that a browser is shown.";
/// The button was pressed too late or twice.
pub const CONFIRMATION_USED: &str =
    "This confirmation was used already or is older than its time. Click the link again.";
/// The parked click of a log-in is gone.
pub const PARKED_GONE: &str =
    "The click that waited here was placed already or is too old. Click the link again.";
/// Too many clicks are parked for one address.
pub const PARKED_TOO_MANY: &str =
    "Too many clicks from your address wait for a log-in. Try again in a minute.";
/// A state-changing call by cookie without the header that other sites cannot send.
pub const CSRF: &str = "Calls that change something need the header X-Requested-With: ringbridge when they are made with the session cookie.";
/// A form of ours was posted by another site.
pub const FOREIGN_FORM: &str =
    "This form was sent by another site, so it was not used. Open the page here and send it again.";
/// The log-in is wrong; the same for unknown users.
pub const LOGIN_WRONG: &str = "The contact center, the log-in or the password is wrong.";
/// The same, where nobody is asked for a contact center.
pub const LOGIN_WRONG_HERE: &str = "The log-in or the password is wrong.";
/// Throttled.
pub const LOGIN_THROTTLED: &str = "Too many log-ins failed. Wait a minute and try again.";
/// The server checks as many passwords as it can.
pub const LOGIN_OVERLOADED: &str = "Too many people log in at this moment. Try again in a few seconds.";
/// The body is not JSON of the right shape.
pub const BAD_JSON: &str = "The body is not the JSON this address takes";
/// An API token that opens nothing here.
pub const TOKEN_WRONG: &str = "The token is none of this tenant's action tokens.";
/// No data token, or one that opens nothing here.
pub const DATA_TOKEN_WRONG: &str = "Statistics are read by HTTP Basic: the tenant's name as the user, one of its data tokens as the password.";
/// Throttled.
pub const TOKENS_THROTTLED: &str =
    "Too many wrong tokens came from this address. Correct the token, then wait five minutes.";
/// The server is going down.
pub const STOPPING: &str = "The server is about to stop and takes no new calls. Try again in a minute.";

/// What stands in a link: a problem about one of these is the link's.
const LINK: [&str; 8] = [
    "prefix",
    "phone",
    "callerId",
    "dialplan_id",
    "queue_id",
    "ctl_userdata",
    "extTransactionData",
    "request_id",
];

/// The heading of a problem, by its status, its code and the parameter it is about.
#[must_use]
pub fn title(status: StatusCode, code: &str, parameter: Option<&str>) -> &'static str {
    let of_link = parameter.is_some_and(|parameter| LINK.contains(&parameter));
    match (status.as_u16(), code) {
        (_, "BAD_NUMBER") => "This number cannot be called",
        (_, "DIALPLAN_REFUSED" | "NUMBER_NOT_ALLOWED") => "This number is not called from here",
        (_, "AGENT_BUSY" | "AGENT_NOT_AVAILABLE") => "You cannot call now",
        (_, "AGENT_PHONE_UNREACHABLE") => "Your phone cannot be reached",
        (_, "NO_CALLER_ID") => "No caller ID is set",
        (_, "CODES_REQUIRED") => "A transaction code is missing",
        (400, _) if of_link => "This link cannot be used as it is",
        (400, _) => "This request cannot be used as it is",
        (401, _) => "Log in first",
        (403, _) => "This is not allowed",
        (404, _) => "Not here",
        (405, _) => "Wrong method",
        (409, _) => "Not now",
        (410, _) => "It is over",
        (413 | 414, _) => "Too large",
        (415, _) => "Wrong kind of body",
        (422, _) => "This cannot be saved as it is",
        (429, _) => "Too many requests",
        (503, _) => "Not at this moment",
        _ => "Something went wrong",
    }
}

/// A refusal's sentence as pages and programs get it: with a capital, unless it begins with the parameter's own name, and
/// with a full stop. On the command line refusals stand behind a colon.
#[must_use]
pub fn sentence(text: &str, parameter: Option<&str>) -> String {
    let first = text.split([' ', ':']).next().unwrap_or_default();
    let is_name = parameter == Some(first) || first.contains('_') || first.contains('"');
    let mut chars = text.chars();
    let mut out: String = match chars.next() {
        Some(letter) if !is_name => letter.to_uppercase().chain(chars).collect(),
        Some(_) | None => text.to_owned(),
    };
    if !out.is_empty() && !out.ends_with(['.', '!', '?', '…']) {
        out.push('.');
    }
    out
}

/// The call is committed, for somebody who is not in it.
pub const STARTED: &str = "The agent's phone is about to ring.";
/// The agent is rung, for somebody who is not in the call.
pub const RINGS_AN_AGENT: &str = "The agent is being rung.";
/// Why a click could dial: a person confirmed it.
pub const WHY_CONFIRMED: &str = "A person confirmed the call on Ringbridge's own page.";
/// Why a click could dial: it came from no page.
pub const WHY_NO_PAGE: &str = "It came from no page: it was typed, bookmarked, opened from another program, or sent by a program that is logged in.";
/// Why a click could dial: it came from a page of ours.
pub const WHY_OWN_PAGE: &str = "It came from a page of Ringbridge itself.";
/// Why a click could dial: the tenant trusts the page.
pub const WHY_TRUSTED_PAGE: &str =
    "The tenant's settings let this page dial at once: its origin was listed, or every page may.";
/// On a link to the log-in page.
pub const TO_LOGIN: &str = "Log in";
/// A page or an act for admins.
pub const ADMINS_ONLY: &str = "Only administrators can do this. Log in as one.";
/// A page or an act for those who look after others.
pub const SUPERVISORS_ONLY: &str = "Only supervisors and administrators can do this. Log in as one.";
/// Another method works at this address.
pub const WRONG_METHOD: &str =
    "This address does not take that method; the Allow header names those it takes.";
/// The database has more to do than it can.
pub const OVERLOADED: &str =
    "The server has more to do than it can at this moment. Try again in a few seconds.";
/// A body that broke off, was late or cannot be read.
pub const BODY_BROKEN: &str = "The body of the request could not be read to its end; send it again.";
/// A body of another kind.
pub const BODY_KIND: &str = "A body must be application/x-www-form-urlencoded or multipart/form-data.";
/// A form with more fields than anyone needs.
pub const TOO_MANY_FIELDS: &str = "The form has more than 1,000 fields, the most that is taken.";
/// A click that waits may not be as large as one that is placed.
pub const PARKED_TOO_LARGE: &str = "The link is larger than 256 KiB, the most that is kept until you have logged in. Log in first and click again.";
/// Too many open event streams.
pub const TOO_MANY_STREAMS: &str = "Too many windows of yours listen for events. Close some and try again.";
/// The origin of a click is not known.
pub const ORIGIN_UNKNOWN: &str = "a page that does not say where it is";
/// Why a confirmation is asked for: the page is not listed.
pub const WHY_UNLISTED: &str =
    "The page you clicked on is not listed for dialling at once, so you are asked first.";
/// Why a confirmation is asked for: the click waited for a log-in.
pub const WHY_AFTER_LOGIN: &str = "You had to log in first, so the call was not placed by itself.";
/// The call is committed, no phone rings yet.
pub const STARTING: &str = "Your phone is about to ring.";
/// The agent's phone was called and has not said that it rings.
pub const CALLING_AGENT: &str = "Calling your phone; pick it up when it rings.";
/// The agent's phone rings.
pub const AGENT_RINGS: &str = "Your phone rings; pick it up.";
/// The customer is called.
pub const CALLING_CUSTOMER: &str = "Calling the number.";
/// The customer's phone rings.
pub const CUSTOMER_RINGS: &str = "The other phone rings.";
/// Both talk.
pub const CONNECTED: &str = "Connected.";
/// Another tab opens the screen pop.
pub const POP_TAKEN: &str = "Another window of yours has this screen pop already, or there is nothing to open; its button opens it again.";
/// A stored address that no browser can open; for the log.
pub const POP_ADDRESS: &str = "a screen pop's address is neither http nor https";
/// It is over, for whatever reason.
pub const OVER: &str = "The call is over.";
/// A trial of a connection that has no settings.
pub const SALESFORCE_UNSET: &str = "Salesforce is not connected yet; save its settings first.";
/// Somebody else changed it; what follows is the thing's name.
pub const CONFIG_CHANGED: &str = "Nothing was saved: in the meantime somebody changed";
/// What to do then.
pub const LOOK_AGAIN: &str = "Look at what is there now and make your change again.";
/// A sheet in another encoding.
pub const SHEET_ENCODING: &str = "this file is not UTF-8; save it as \"CSV UTF-8\"";
/// Nobody could administer the tenant any more.
pub const LAST_ADMIN: &str =
    "This is the last administrator. Make somebody else one first, else nobody could change anything here.";
/// An undo that comes too late.
pub const NOT_UNDOABLE: &str =
    "This change was undone already, was the first of all, or is too old to be undone.";
/// How a moment stands in a sentence, in the tenant's zone.
pub const MOMENT: &str = "%Y-%m-%d %H:%M";
/// First start: a wrong code.
pub const SETUP_CODE_WRONG: &str = "This is not the code that the server printed when it was started.";
/// First start: an empty field.
pub const SETUP_REQUIRED: &str = "Fill this in.";
/// First start: a password that is soon guessed.
pub const SETUP_PASSWORD_SHORT: &str = "Take 8 characters or more.";
/// First start: a slip in a password.
pub const SETUP_PASSWORDS_DIFFER: &str = "The two passwords are not the same.";
/// First start: two phones.
pub const SETUP_ONE_PHONE: &str =
    "Give either an address or a name to register under; more phones can be added later.";
/// First start: what the first channel is called.
pub const SETUP_CHANNEL: &str = "Main line";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_headed_by_what_it_is_about() {
        let of =
            |status, code, parameter| title(StatusCode::from_u16(status).expect("a status"), code, parameter);
        assert_eq!(of(400, "USERDATA_MALFORMED", Some("ctl_userdata")), "This link cannot be used as it is");
        assert_eq!(of(400, "BAD_PARAMETER", Some("d")), "This request cannot be used as it is");
        assert_eq!(of(400, "BAD_PARAMETER", None), "This request cannot be used as it is");
        assert_eq!(of(400, "DIALPLAN_REFUSED", Some("phone")), "This number is not called from here");
        assert_eq!(of(409, "AGENT_BUSY", None), "You cannot call now");
        assert_eq!(of(422, "CONFIG_REFUSED", None), "This cannot be saved as it is");
    }

    #[test]
    fn sentences_begin_with_a_capital_unless_with_a_name_and_end_with_a_full_stop() {
        assert_eq!(sentence("there is no queue 9", Some("queue_id")), "There is no queue 9.");
        assert_eq!(sentence("phone is missing", Some("phone")), "phone is missing.");
        assert_eq!(sentence("request_id is too long", None), "request_id is too long.");
        assert_eq!(sentence("No.", None), "No.");
        assert_eq!(sentence("", None), "");
    }
}
