//! What is looked at in a browser: sizes and colours, pictures, faults of a page, what it said and loaded.
//!
//! Promises: faults are sentences that name the element, so that a test compares them with none. Leaves to others: how they are
//! found (`browser/look.mjs`).

use super::Browser;
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::Path;

/// How wide the window is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// 360 px, beside a CRM or on a telephone.
    Narrow,
    /// 1440 px.
    Wide,
}

/// Which colours the system asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// Something that a page asked the network for.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Loaded {
    /// The page that asked, where it stood when it asked.
    pub page: String,
    /// What it asked for.
    pub url: String,
    /// What for, in the browser's words: `document`, `script`, `fetch`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// The status; 0 without an answer.
    pub status: u16,
    /// Bytes that came over the wire, headers with them; 0 while it lasts.
    pub bytes: u64,
}

/// One line of a page's console.
#[derive(Clone, Debug, Deserialize)]
struct Said {
    kind: String,
    text: String,
    page: String,
}

/// What axe-core looks at: WCAG 2.1 A and AA, and what its authors call good practice. No rule is switched off.
const RULES: [&str; 6] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

impl Browser {
    /// Makes the window as wide as that.
    pub fn width(&mut self, tab: &str, width: Width) {
        let (width, height) = match width {
            Width::Narrow => (360, 740),
            Width::Wide => (1440, 900),
        };
        self.ask(&json!({ "what": "size", "name": tab, "width": width, "height": height }));
    }

    /// Asks for these colours.
    pub fn scheme(&mut self, tab: &str, scheme: Scheme) {
        let scheme = match scheme {
            Scheme::Light => "light",
            Scheme::Dark => "dark",
        };
        self.ask(&json!({ "what": "scheme", "name": tab, "scheme": scheme }));
    }

    /// Takes a picture of the window.
    pub fn picture(&mut self, tab: &str, path: &Path) {
        self.ask(&json!({ "what": "picture", "name": tab, "path": path, "whole": false }));
    }

    /// Takes a picture of the whole page.
    pub fn whole_picture(&mut self, tab: &str, path: &Path) {
        self.ask(&json!({ "what": "picture", "name": tab, "path": path, "whole": true }));
    }

    /// What axe-core finds wrong.
    #[track_caller]
    pub fn axe(&mut self, tab: &str) -> Vec<String> {
        self.axe_with(tab, &json!({ "runOnly": RULES }))
    }

    /// What axe-core finds wrong with the contrast of colours: all that can differ between light and dark.
    #[track_caller]
    pub fn axe_contrast(&mut self, tab: &str) -> Vec<String> {
        self.axe_with(tab, &json!({ "runOnly": { "type": "rule", "values": ["color-contrast"] } }))
    }

    #[track_caller]
    fn axe_with(&mut self, tab: &str, options: &Value) -> Vec<String> {
        self.sentences(&json!({ "what": "axe", "name": tab, "options": options }))
    }

    /// What is too wide for the window, and what lies over what.
    #[track_caller]
    pub fn layout(&mut self, tab: &str) -> Vec<String> {
        self.sentences(&json!({ "what": "layout", "name": tab }))
    }

    /// Walks through the page by Tab: what is not reached, out of sight, or not marked while it has the focus.
    #[track_caller]
    pub fn walk(&mut self, tab: &str) -> Vec<String> {
        self.sentences(&json!({ "what": "walk", "name": tab }))
    }

    /// What consoles and errors of all pages said.
    pub fn said(&mut self) -> Vec<String> {
        self.console().into_iter().map(|said| said.text).collect()
    }

    /// Errors of scripts, what a page's policy refused, and what else consoles complained of, each with its page. An answer of
    /// the API that refuses something is none of them, and neither is a request that found no connection.
    pub fn faults(&mut self) -> Vec<String> {
        let wrong = |said: &Said| match said.kind.as_str() {
            "pageerror" => true,
            "error" | "warning" => !said.text.starts_with("Failed to load resource"),
            _ => false,
        };
        let lines = self.console().into_iter().filter(wrong);
        lines.map(|said| format!("{}: {}: {}", said.page, said.kind, said.text)).collect()
    }

    /// Everything that pages asked the network for, in order.
    pub fn loaded(&mut self) -> Vec<Loaded> {
        serde_json::from_value(self.ask(&json!({ "what": "loaded" }))).expect("what was loaded")
    }

    fn console(&mut self) -> Vec<Said> {
        serde_json::from_value(self.ask(&json!({ "what": "said" }))).expect("what was said")
    }

    #[track_caller]
    fn sentences(&mut self, command: &Value) -> Vec<String> {
        serde_json::from_value(self.ask(command)).expect("sentences")
    }
}
