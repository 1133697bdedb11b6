//! What a person's hands do in a browser: the mouse, the keyboard, forms, files.
//!
//! Promises: each waits until the element is there and can be used. Leaves to others: what is seen then (`look`).

use super::Browser;
use serde_json::json;
use std::path::Path;

/// More controls than any page has.
const TABS: usize = 150;

impl Browser {
    /// Clicks, as a person does, once the element is there.
    #[track_caller]
    pub fn click(&mut self, tab: &str, selector: &str) {
        self.ask(&json!({ "what": "click", "name": tab, "selector": selector }));
    }

    /// Puts the focus on an element.
    #[track_caller]
    pub fn focus(&mut self, tab: &str, selector: &str) {
        self.ask(&json!({ "what": "focus", "name": tab, "selector": selector }));
    }

    /// Presses a key or several at once, for example `Tab`, `Shift+Tab`, `Control+Enter`, `ArrowDown`, `?`.
    #[track_caller]
    pub fn press(&mut self, tab: &str, keys: &str) {
        self.ask(&json!({ "what": "press", "name": tab, "keys": keys }));
    }

    /// Presses Tab until the element has the focus, as who has no mouse.
    ///
    /// # Panics
    /// When it is not reached.
    #[track_caller]
    pub fn tabs_to(&mut self, tab: &str, selector: &str) {
        let there = format!("document.activeElement.matches({})", json!(selector));
        for _ in 0..TABS {
            if self.run(tab, &there) == true {
                return;
            }
            self.press(tab, "Tab");
        }
        panic!("{TABS} presses of Tab did not lead to {selector}");
    }

    /// Types where the focus is.
    #[track_caller]
    pub fn types(&mut self, tab: &str, text: &str) {
        self.ask(&json!({ "what": "type", "name": tab, "text": text }));
    }

    /// Replaces what stands in an input.
    #[track_caller]
    pub fn fill(&mut self, tab: &str, selector: &str, text: &str) {
        self.ask(&json!({ "what": "fill", "name": tab, "selector": selector, "text": text }));
    }

    /// Chooses in a `select`, by value or label.
    #[track_caller]
    pub fn select(&mut self, tab: &str, selector: &str, choice: &str) {
        self.ask(&json!({ "what": "select", "name": tab, "selector": selector, "choice": choice }));
    }

    /// Chooses a file in a file input.
    #[track_caller]
    pub fn file(&mut self, tab: &str, selector: &str, path: &Path) {
        self.ask(&json!({ "what": "file", "name": tab, "selector": selector, "path": path }));
    }

    /// Drags an element to another.
    #[track_caller]
    pub fn drag(&mut self, tab: &str, selector: &str, to: &str) {
        self.ask(&json!({ "what": "drag", "name": tab, "selector": selector, "to": to }));
    }

    /// Answers yes to what pages ask in a dialog of the browser from now on. Until then the answer is no.
    pub fn says_yes(&mut self) {
        self.ask(&json!({ "what": "answer", "yes": true }));
    }
}
