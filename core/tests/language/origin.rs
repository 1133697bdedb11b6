//! Who may dial by a link: every row of what browsers really send (`security.md` 0.1, decision 1, SEC-1, SEC-2).

use crate::scene::acme;
use ringbridge_core::origin::{self, Decision, Headers, Wants};
use ringbridge_core::refusal::Code;
use ringbridge_core::tenant::{OriginPolicy, Tenant};

const OWN: &str = "https://localhost:8443";
const LISTED: &str = "https://acme.lightning.force.com";
const FOREIGN: &str = "https://evil.example";

/// A navigation in a window, from a page of this relation.
fn window(site: &'static str) -> Headers<'static> {
    Headers {
        fetch_site: Some(site),
        fetch_mode: Some("navigate"),
        fetch_dest: Some("document"),
        ..Headers::default()
    }
}

/// The same, by a person's click.
fn click(site: &'static str) -> Headers<'static> {
    Headers { fetch_user: Some("?1"), ..window(site) }
}

fn decide(headers: Headers<'_>) -> Decision {
    origin::decide(&headers, OWN, &acme())
}

fn confirm(origin: &str) -> Decision {
    Decision::Confirm { origin: Some(origin.to_owned()) }
}

const ASK: Decision = Decision::Confirm { origin: None };

fn is_refused(decision: &Decision) -> bool {
    matches!(decision, Decision::Refuse(refusal) if refusal.code == Code::ConfirmationRequired)
}

#[test]
fn sec_1_a_browser_that_loads_ahead_starts_nothing_whatever_else_it_says() {
    for headers in [
        Headers { sec_purpose: Some("prefetch"), ..click("none") },
        Headers { sec_purpose: Some("prefetch;prerender"), ..click("same-origin") },
        Headers { purpose: Some("prefetch"), ..click("same-origin") },
        Headers { x_purpose: Some("preview"), ..Headers::default() },
        Headers { x_moz: Some("prefetch"), referer: Some(LISTED), ..click("cross-site") },
        Headers { sec_purpose: Some("something-new"), ..Headers::default() },
    ] {
        for policy in [OriginPolicy::Listed, OriginPolicy::ConfirmAll, OriginPolicy::Any] {
            let tenant = Tenant { origin_policy: policy, ..acme() };
            assert_eq!(origin::decide(&headers, OWN, &tenant), Decision::Speculative, "{headers:?}");
        }
    }
}

#[test]
fn decision_1_a_typed_or_bookmarked_link_dials_if_a_person_opened_it() {
    assert_eq!(decide(click("none")), Decision::Dial);
    assert_eq!(decide(window("none")), ASK);
}

#[test]
fn decision_1_our_own_pages_dial() {
    assert_eq!(decide(click("same-origin")), Decision::Dial);
    assert_eq!(decide(window("same-origin")), Decision::Dial);
    let script = Headers { fetch_mode: Some("cors"), fetch_dest: Some("empty"), ..window("same-origin") };
    assert_eq!(decide(script), Decision::Dial);
    let old_browser = Headers { referer: Some("https://LOCALHOST:8443/AGUI/links/"), ..Headers::default() };
    assert_eq!(decide(old_browser), Decision::Dial);
}

#[test]
fn sec_2_a_listed_page_dials_if_a_person_clicked_there() {
    let referer = Some("https://acme.lightning.force.com/lightning/r/Account/001/view");
    assert_eq!(decide(Headers { referer, ..click("cross-site") }), Decision::Dial);
    assert_eq!(decide(Headers { origin: Some(LISTED), ..click("cross-site") }), Decision::Dial);
    // A script that sets `location`, a meta refresh, a form that submits itself: no person.
    assert_eq!(decide(Headers { referer, ..window("cross-site") }), confirm(LISTED));
    // A browser from before Sec-Fetch-* cannot tell.
    assert_eq!(decide(Headers { referer, ..Headers::default() }), Decision::Dial);
}

#[test]
fn sec_2_every_other_page_asks_and_is_named() {
    for site in ["cross-site", "same-site"] {
        let referer = Some("https://evil.example/path?phone=1");
        assert_eq!(decide(Headers { referer, ..click(site) }), confirm(FOREIGN), "{site}");
        assert_eq!(decide(click(site)), ASK, "{site}, no Referer");
    }
    assert_eq!(decide(Headers { referer: Some(FOREIGN), ..Headers::default() }), confirm(FOREIGN));
    assert_eq!(decide(Headers { origin: Some("null"), ..Headers::default() }), ASK);
    assert_eq!(decide(Headers { origin: Some("null"), ..click("cross-site") }), ASK);
    // The Origin counts, not the Referer beside it.
    let both = Headers { origin: Some(FOREIGN), referer: Some(LISTED), ..click("cross-site") };
    assert_eq!(decide(both), confirm(FOREIGN));
}

#[test]
fn sec_2_an_origin_is_listed_only_as_scheme_host_and_port_together() {
    for (referer, listed) in [
        ("https://acme.lightning.force.com", true),
        ("https://ACME.lightning.FORCE.com:443/x", true),
        ("https://acme.lightning.force.com.evil.example/", false),
        ("https://acme.lightning.force.com./", false),
        ("https://evil-acme.lightning.force.com/", false),
        ("https://x.acme.lightning.force.com/", false),
        ("https://lightning.force.com/", false),
        ("http://acme.lightning.force.com/", false),
        ("https://acme.lightning.force.com:8443/", false),
        ("https://acme.lightning.force.com@evil.example/", false),
        ("https://user:pass@acme.lightning.force.com/", true),
        ("https://crm.example.com:8443/a", true),
        ("https://crm.example.com/a", false),
        ("https://a.trusted.example/", true),
        ("https://b.a.trusted.example/", true),
        ("https://trusted.example/", false),
        ("https://nottrusted.example/", false),
        ("https://.trusted.example/", false),
        ("http://a.trusted.example/", false),
        ("https://a.trusted.example:444/", false),
        ("https://a.trusted.example.evil.example/", false),
        ("not a url", false),
        ("data:text/html,x", false),
    ] {
        let decision = decide(Headers { referer: Some(referer), ..click("cross-site") });
        assert_eq!(decision == Decision::Dial, listed, "{referer}");
    }
}

#[test]
fn sec_1_a_frame_an_image_or_a_script_of_another_page_is_refused() {
    for (mode, dest) in [
        ("navigate", "iframe"),
        ("navigate", "embed"),
        ("no-cors", "image"),
        ("no-cors", "empty"),
        ("cors", "empty"),
    ] {
        for site in ["cross-site", "same-site", "none"] {
            let headers = Headers {
                fetch_mode: Some(mode),
                fetch_dest: Some(dest),
                referer: Some(LISTED),
                ..click(site)
            };
            assert!(is_refused(&decide(headers)), "{mode} {dest} {site}");
        }
    }
    assert!(is_refused(&decide(Headers { fetch_dest: Some("image"), ..Headers::default() })));
}

#[test]
fn a_script_that_asks_for_json_from_another_page_is_asked_like_any_page() {
    let script = Headers {
        fetch_mode: Some("cors"),
        fetch_dest: Some("empty"),
        origin: Some(FOREIGN),
        wants: Wants::Json,
        ..window("cross-site")
    };
    assert_eq!(decide(script), confirm(FOREIGN));
}

#[test]
fn a_program_with_the_agents_cookie_is_no_page_and_dials() {
    assert_eq!(decide(Headers::default()), Decision::Dial);
    assert_eq!(decide(Headers { wants: Wants::Json, ..Headers::default() }), Decision::Dial);
}

#[test]
fn a_post_of_another_site_that_was_sent_on_to_our_own_get_still_asks() {
    let referer = Some("https://evil.example/");
    assert_eq!(decide(Headers { referer, ..window("cross-site") }), confirm(FOREIGN));
}

#[test]
fn the_policy_confirm_all_asks_everyone_and_any_asks_nobody() {
    let everyone = [
        click("none"),
        click("same-origin"),
        Headers { referer: Some(LISTED), ..click("cross-site") },
        Headers { referer: Some(FOREIGN), ..window("cross-site") },
        Headers::default(),
    ];
    let confirm_all = Tenant { origin_policy: OriginPolicy::ConfirmAll, ..acme() };
    let any = Tenant { origin_policy: OriginPolicy::Any, ..acme() };
    for headers in everyone {
        assert!(
            matches!(origin::decide(&headers, OWN, &confirm_all), Decision::Confirm { .. }),
            "{headers:?}"
        );
        assert_eq!(origin::decide(&headers, OWN, &any), Decision::Dial, "{headers:?}");
    }
    let frame = Headers { fetch_dest: Some("iframe"), ..click("cross-site") };
    assert!(is_refused(&origin::decide(&frame, OWN, &any)));
}

#[test]
fn an_entry_of_the_list_is_an_origin_and_nothing_more() {
    for fine in
        ["https://a.example", "https://a.example:8443", "https://*.a.example", "http://localhost:8080/"]
    {
        assert_eq!(origin::check_listed(fine), Ok(()), "{fine}");
    }
    for wrong in
        ["a.example", "https://a.example/path", "https://a.example?x", "*", "null", "https://u@a.example", ""]
    {
        assert_eq!(
            origin::check_listed(wrong),
            Err(format!(
                "\"{wrong}\" is no origin; give scheme and host such as \"https://acme.lightning.force.com\""
            ))
        );
    }
}
