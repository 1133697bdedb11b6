//! A walk through pages: each is looked at narrow and wide, light and dark, and by the Tab key.
//!
//! Promises: what is wrong is kept as a sentence that names the page, until `ends` compares all of them with none; a picture of
//! each page comes out of it. Leaves to others: which pages there are, and in which state.

use crate::{
    browser::{Browser, Loaded, Popups, Scheme, Width},
    client::Session,
    site::Site,
};
use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// Holds once nothing on the page is a dot dot dot any more.
pub const LOADED: &str = "new Promise((done) => { const since = performance.now(); const look = () => { \
    const open = [...document.querySelectorAll('main *')].some((one) => one.checkVisibility() && one.textContent.trim() === '…'); \
    if (!open) done(true); else if (performance.now() - since > 10000) done(false); else setTimeout(look, 20); }; look(); })";

/// The pages whose pictures the documents show (`docs/screens.md`).
const SHOWN: &[&str] =
    &["console-connected", "console-wrap-up", "call-connected", "confirm", "team", "config-agents", "setup"];

/// Where pictures go.
enum Pictures {
    /// Of the pages in [`SHOWN`], into the documents.
    Documents(PathBuf),
    /// Of all pages, for who looks into a run.
    Run(PathBuf),
}

impl Pictures {
    /// The file for a picture of that page, if one is taken.
    fn file(&self, page: &str, width: &str) -> Option<PathBuf> {
        let (folder, taken) = match self {
            Self::Documents(folder) => (folder, SHOWN.contains(&page)),
            Self::Run(folder) => (folder, true),
        };
        taken.then(|| folder.join(format!("{page}-{width}.png")))
    }
}

/// A browser that goes through the pages and writes down what is wrong.
pub struct Walker {
    /// The browser; its tab is `page`.
    pub browser: Browser,
    base: String,
    /// Origins that the test itself opened pages of.
    others: Vec<String>,
    pictures: Pictures,
    faults: Vec<String>,
}

impl Walker {
    /// Starts it for the pages of that server. Pictures go into `pictures`, or with `RINGBRIDGE_PICTURES` those for the documents
    /// into the folder that it names from the workspace's root.
    #[must_use]
    pub fn start(base: &str, pictures: &Path) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let pictures = env::var_os("RINGBRIDGE_PICTURES").map_or_else(
            || Pictures::Run(pictures.to_owned()),
            |named| Pictures::Documents(root.join(named)),
        );
        let (Pictures::Documents(folder) | Pictures::Run(folder)) = &pictures;
        fs::create_dir_all(folder).expect("a folder for pictures");
        let mut browser = Browser::start(Popups::Allowed);
        browser.open("page", "about:blank");
        Self { browser, base: base.to_owned(), others: Vec::new(), pictures, faults: Vec::new() }
    }

    /// Clicks on a link in a page of another origin, and looks at what comes.
    pub fn visit_from_elsewhere(&mut self, name: &str, path: &str) {
        let site = Site::start(&format!("<a href=\"{}{path}\">Call</a>", self.base));
        self.browser.width("page", Width::Wide);
        self.browser.go("page", &site.origin());
        self.browser.click("page", "a");
        self.browser.sees("page", "main");
        self.others.push(site.origin());
        self.look(name);
    }

    /// Takes over somebody's session.
    pub fn is_now(&mut self, session: &Session) {
        self.browser.cookie(&self.base, session.cookie());
    }

    /// Goes to a page and looks at it.
    pub fn visit(&mut self, name: &str, path: &str) {
        self.browser.width("page", Width::Wide);
        self.browser.go("page", &format!("{}{path}", self.base));
        self.look(name);
    }

    /// Looks at the page that is open.
    pub fn look(&mut self, name: &str) {
        if self.browser.run("page", LOADED) != true {
            self.faults.push(format!("{name}: it is still loading"));
        }
        for (width, word) in [(Width::Wide, "1440"), (Width::Narrow, "360")] {
            self.browser.width("page", width);
            let found = self.browser.layout("page");
            self.note(name, word, found);
            let found = self.browser.axe("page");
            self.note(name, word, found);
            if let Some(file) = self.pictures.file(name, word) {
                self.browser.whole_picture("page", &file);
            }
        }
        self.browser.width("page", Width::Wide);
        // Nothing but its colours can be wrong with a page in the dark only.
        self.browser.scheme("page", Scheme::Dark);
        let found = self.browser.axe_contrast("page");
        self.note(name, "dark", found);
        self.browser.scheme("page", Scheme::Light);
        let found = self.browser.walk("page");
        self.note(name, "by keyboard", found);
    }

    fn note(&mut self, name: &str, how: &str, found: Vec<String>) {
        self.faults.extend(found.into_iter().map(|fault| format!("{name} ({how}): {fault}")));
    }

    /// Nothing was wrong, no script failed, no policy refused, nothing came from elsewhere.
    #[track_caller]
    pub fn ends(mut self) {
        let mut faults = std::mem::take(&mut self.faults);
        faults.extend(self.browser.faults());
        self.others.extend([self.base.clone(), "data:".to_owned()]);
        let loaded = self.browser.loaded().into_iter();
        let foreign = loaded.filter(|one| !self.others.iter().any(|ours| one.url.starts_with(ours)));
        faults.extend(foreign.map(|one: Loaded| format!("{} loads {}", one.page, one.url)));
        assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    }
}
