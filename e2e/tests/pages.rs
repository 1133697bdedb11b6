//! Every page, narrow and wide, light and dark: nothing for axe-core to find, nothing over another, all of it by keyboard, nothing
//! from elsewhere, and the first page light.
//!
//! Pictures of the pages come out of the same walk: into the folder that `RINGBRIDGE_PICTURES` names (from the workspace's
//! root, `docs/pictures` for those that the documents show), else below the target folder.

use ringbridge_e2e::{
    browser::{Browser, Loaded, Popups, Scheme, Width},
    center::Center,
    client::Session,
    report,
    setup::PASSWORD,
    site::Site,
};
use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// What the first page may weigh with all that it loads, in bytes on the wire.
const FIRST_PAGE_BYTES: u64 = 100_000;

/// Holds once nothing on the page is a dot dot dot any more.
const LOADED: &str = "new Promise((done) => { const since = performance.now(); const look = () => { \
    const open = [...document.querySelectorAll('main *')].some((one) => one.checkVisibility() && one.textContent.trim() === '…'); \
    if (!open) done(true); else if (performance.now() - since > 10000) done(false); else setTimeout(look, 20); }; look(); })";

/// A browser that goes through the pages and writes down what is wrong.
struct Walker {
    browser: Browser,
    base: String,
    /// Origins that the test itself opened pages of.
    others: Vec<String>,
    pictures: PathBuf,
    faults: Vec<String>,
}

impl Walker {
    fn start(center: &Center) -> Self {
        let pictures = env::var_os("RINGBRIDGE_PICTURES").map_or_else(
            || Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures"),
            |named| Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(named),
        );
        fs::create_dir_all(&pictures).expect("a folder for pictures");
        let mut browser = Browser::start(Popups::Allowed);
        browser.open("page", "about:blank");
        Self { browser, base: center.base(), others: Vec::new(), pictures, faults: Vec::new() }
    }

    /// Clicks on a link in a page of another origin, and looks at what comes.
    fn visit_from_elsewhere(&mut self, name: &str, path: &str) {
        let site = Site::start(&format!("<a href=\"{}{path}\">Call</a>", self.base));
        self.browser.width("page", Width::Wide);
        self.browser.go("page", &site.origin());
        self.browser.click("page", "a");
        self.browser.sees("page", "main");
        self.others.push(site.origin());
        self.look(name);
    }

    fn is_now(&mut self, session: &Session) {
        self.browser.cookie(&self.base, session.cookie());
    }

    /// Goes to a page and looks at it.
    fn visit(&mut self, name: &str, path: &str) {
        self.browser.width("page", Width::Wide);
        self.browser.go("page", &format!("{}{path}", self.base));
        self.look(name);
    }

    /// Looks at the page that is open.
    fn look(&mut self, name: &str) {
        if self.browser.run("page", LOADED) != true {
            self.faults.push(format!("{name}: it is still loading"));
        }
        for (width, word) in [(Width::Wide, "1440"), (Width::Narrow, "360")] {
            self.browser.width("page", width);
            let found = self.browser.layout("page");
            self.note(name, word, found);
            let found = self.browser.axe("page");
            self.note(name, word, found);
            self.browser.whole_picture("page", &self.pictures.join(format!("{name}-{word}.png")));
        }
        self.browser.scheme("page", Scheme::Dark);
        let found = self.browser.axe_contrast("page");
        self.note(name, "dark", found);
        self.browser.width("page", Width::Wide);
        let found = self.browser.axe_contrast("page");
        self.note(name, "dark and wide", found);
        self.browser.scheme("page", Scheme::Light);
        let found = self.browser.walk("page");
        self.note(name, "by keyboard", found);
    }

    fn note(&mut self, name: &str, how: &str, found: Vec<String>) {
        self.faults.extend(found.into_iter().map(|fault| format!("{name} ({how}): {fault}")));
    }

    /// Nothing was wrong, no script failed, no policy refused, nothing came from elsewhere.
    fn ends(mut self) {
        let mut faults = std::mem::take(&mut self.faults);
        faults.extend(self.browser.faults());
        self.others.extend([self.base.clone(), "data:".to_owned()]);
        let loaded = self.browser.loaded().into_iter();
        let foreign = loaded.filter(|one| !self.others.iter().any(|ours| one.url.starts_with(ours)));
        faults.extend(foreign.map(|one: Loaded| format!("{} loads {}", one.page, one.url)));
        assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    }
}

const PHONE: (&str, &str) = ("phone", "(650) 292-8880");
const OTHER_PHONE: (&str, &str) = ("phone", "(650) 202-2222");

/// Ends a call that nobody answers and its wrap-up, so that the last calls have something to show.
fn past_call(session: &Session) -> i64 {
    let id = session.click(&[PHONE]);
    let _ = session.cancel(id);
    session.until_state(id, "wrap_up");
    let saved = session.finish_wrap_up(id, &[("Outcome", "LATER")], "Nobody was there.");
    assert!((200..300).contains(&saved.status), "{saved:?}");
    session.completed(id);
    id
}

#[test]
fn the_agents_pages_are_right_in_every_state_of_a_call() {
    let center = Center::start();
    let mut walker = Walker::start(&center);
    walker.visit("log-in", "/AGUI/login");
    walker.browser.fill("page", "[name=login]", "alice");
    walker.browser.fill("page", "[name=password]", "wrong");
    walker.browser.click("page", "main button[type=submit]");
    walker.browser.sees("page", "[role=alert], .error");
    walker.look("log-in-refused");

    let [alice, bob, carol, dave] = ["alice", "bob", "carol", "dave"].map(|login| center.login(login));
    let past = past_call(&alice);
    walker.is_now(&alice);
    walker.visit("console-free", "/AGUI/");
    walker.visit_from_elsewhere("confirm", "/AGUI/make_call.php?phone=6502928880");
    walker.visit("call-over", &format!("/AGUI/call/{past}"));
    walker.visit("links", "/AGUI/links/");
    walker.visit("problem", "/AGUI/make_call.php?phone=&ctl_userdata=[a|b");
    walker.visit("not-found", "/AGUI/call/999999");
    walker.visit("admins-only", "/AGUI/config/agents");

    let ringing = bob.click(&[PHONE]);
    center.phones[1].rings();
    walker.is_now(&bob);
    walker.visit("console-ringing", "/AGUI/");
    walker.visit("call-ringing", &format!("/AGUI/call/{ringing}"));

    let connected = carol.click(&[PHONE]);
    center.phones[2].picks_up();
    center.customer.picks_up();
    carol.until_state(connected, "connected");
    walker.is_now(&carol);
    walker.visit("console-connected", "/AGUI/");
    walker.visit("call-connected", &format!("/AGUI/call/{connected}"));

    let wrapping = dave.click(&[PHONE]);
    center.phones[3].rings();
    let _ = dave.cancel(wrapping);
    dave.until_state(wrapping, "wrap_up");
    walker.is_now(&dave);
    walker.visit("console-wrap-up", "/AGUI/");
    walker.visit("call-wrap-up", &format!("/AGUI/call/{wrapping}"));
    walker.ends();
}

#[test]
fn the_pages_of_supervisors_and_admins_are_right() {
    let center = Center::start();
    let mut walker = Walker::start(&center);
    let alice = center.login("alice");
    let past = past_call(&alice);
    let _ = alice.click(&[OTHER_PHONE]);
    center.phones[0].rings();
    walker.is_now(&center.login("ada"));
    walker.visit("team", "/AGUI/team/");
    walker.visit("trace", &format!("/AGUI/trace/{past}"));
    for section in [
        "agents",
        "phones",
        "queues",
        "channels",
        "dial-plans",
        "code-lists",
        "limits",
        "screen-pop",
        "salesforce",
        "crm",
        "callbacks",
        "actions",
        "settings",
        "origins",
        "tokens",
        "audit",
    ] {
        walker.visit(&format!("config-{section}"), &format!("/AGUI/config/{section}"));
    }
    walker.ends();
}

#[test]
fn the_first_page_is_light() {
    let center = Center::start();
    let mut browser = Browser::start(Popups::Allowed);
    browser.open("page", &format!("{}/AGUI/", center.base()));
    browser.fill("page", "[name=login]", "alice");
    browser.fill("page", "[name=password]", PASSWORD);
    browser.press("page", "Enter");
    browser.until("page", "location.pathname === '/AGUI/'");
    assert_eq!(browser.run("page", LOADED), true);
    let loaded = browser.loaded();
    let bytes: u64 = loaded.iter().map(|one| one.bytes).sum();
    report::line(
        "weight of the first page, log-in with it",
        &format!("{bytes} bytes in {} requests", loaded.len()),
    );
    assert!(bytes < FIRST_PAGE_BYTES, "{bytes}: {loaded:#?}");
}

#[test]
fn what_is_wrong_with_a_page_is_found() {
    let site = Site::start(
        "<style>.on { position: absolute; top: 50px; left: 10px } .dim { color: #999; background: #fff } \
         .bare:focus { outline: none }</style><main><h1>Faults</h1><button class=on>One</button> \
         <button class=on>Other</button> <p class=dim>Hardly read</p> <input> <div style=\"width: 400px\">Wide</div> \
         <button class=bare>Unmarked</button> <span tabindex=0 style=\"position: absolute; left: -99px\">Out</span></main>\
         <script>undefined.fails</script>",
    );
    let mut browser = Browser::start(Popups::Allowed);
    browser.open("page", &site.origin());
    browser.width("page", Width::Narrow);
    let mut found = browser.layout("page");
    found.extend(browser.axe("page"));
    found.extend(browser.walk("page"));
    found.extend(browser.faults());
    for fault in [
        "px wide in a window of 360 px",
        "controls overlap: <button> One and <button> Other",
        "texts overlap: <button> One and <button> Other",
        "color-contrast",
        "label (Form elements must have labels): <input>",
        "the focus is not marked: <button class=\"bare\">",
        "the focus is out of sight: <span",
        "pageerror: TypeError",
    ] {
        assert!(found.iter().any(|one| one.contains(fault)), "{fault} is not in\n{}", found.join("\n"));
    }
}
