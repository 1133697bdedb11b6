//! One table of a document, read key by key.
//!
//! Promises: whatever was not asked for is reported as unknown when the section goes; a value of the wrong type is
//! reported where it stands. Leaves to others: rules between values.

use super::{At, Field, Item, Node, Place, Problem, Problems};
use std::cell::{Cell, RefCell};
use std::ops::RangeInclusive;

/// Collects problems, so that one run tells them all.
#[derive(Debug, Default)]
pub struct Report {
    problems: RefCell<Vec<Problem>>,
}

impl Report {
    /// Notes a problem.
    pub fn add(&self, problem: Problem) {
        self.problems.borrow_mut().push(problem);
    }

    /// How many there are so far.
    pub fn len(&self) -> usize {
        self.problems.borrow().len()
    }

    /// Whether nothing is wrong so far.
    pub fn is_empty(&self) -> bool {
        self.problems.borrow().is_empty()
    }

    /// Everything that was noted, in the order of lines.
    ///
    /// # Errors
    /// If anything was.
    pub fn finish(self) -> Result<(), Problems> {
        let mut problems = self.problems.into_inner();
        if problems.is_empty() {
            return Ok(());
        }
        problems.sort();
        problems.dedup();
        Err(Problems(problems))
    }
}

/// Whether a section's keys are known beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keys {
    Free,
    Known,
}

/// A table being read.
#[derive(Debug)]
pub struct Section<'a> {
    /// What sentences call it, for example `[https]`.
    name: String,
    place: &'a Place,
    fields: &'a [Field],
    asked: RefCell<Vec<&'static str>>,
    free: Cell<Keys>,
    report: &'a Report,
}

impl<'a> Section<'a> {
    /// The whole document as a section.
    pub fn of(document: &'a super::Document, report: &'a Report) -> Self {
        Self::new("the file".to_owned(), &document.root, report)
    }

    /// In a JSON document a section is called what people call its place.
    fn new(name: String, node: &'a Node, report: &'a Report) -> Self {
        let name = node.place.way().map_or(name, ToString::to_string);
        let fields = match &node.item {
            Item::Table(fields) => fields.as_slice(),
            Item::Flag(_) | Item::List(_) | Item::Other | Item::Raw(_) | Item::Text(_) | Item::Whole(_) => {
                report.add(Problem { place: node.place.clone(), text: format!("{name} must be a table") });
                &[]
            }
        };
        Self {
            name,
            place: &node.place,
            fields,
            asked: RefCell::default(),
            free: Cell::new(Keys::Known),
            report,
        }
    }

    /// Where the section begins.
    pub fn place(&self) -> &'a Place {
        self.place
    }

    /// Reports that something is wrong with the section as a whole.
    pub fn refuse(&self, text: impl Into<String>) {
        self.report.add(Problem { place: self.place.clone(), text: text.into() });
    }

    /// Reports that something is wrong with the section, which a form shows beside one of its fields.
    pub fn refuse_at(&self, key: &str, text: impl Into<String>) {
        self.report.add(Problem { place: self.place.below(key), text: text.into() });
    }

    fn field(&self, key: &'static str) -> Option<&'a Field> {
        self.asked.borrow_mut().push(key);
        self.fields.iter().find(|field| field.name == key)
    }

    fn wrong(&self, place: &Place, key: &str, wanted: &str) {
        self.report.add(Problem { place: place.clone(), text: format!("\"{key}\" must be {wanted}") });
    }

    /// Whether the key is there and says something: an empty text is what a form sends for nothing.
    pub fn has(&self, key: &'static str) -> bool {
        self.field(key).is_some_and(|field| !is_blank(&field.node))
    }

    /// Reports that a key is missing; `more` is what there is to say beyond.
    pub fn missing(&self, key: &'static str, more: &str) {
        let text = format!("\"{key}\" is missing in {}{more}", self.name);
        self.report.add(Problem { place: self.place.below(key), text });
    }

    /// Text.
    pub fn text(&self, key: &'static str) -> Option<At<&'a str>> {
        let field = self.field(key)?;
        let text = text_of(&field.node);
        if text.is_none() {
            self.wrong(&field.node.place, key, text_wanted(&field.node));
        }
        text
    }

    /// Text that says something: empty, it is as if the key were not there.
    pub fn filled(&self, key: &'static str) -> Option<At<&'a str>> {
        self.text(key).filter(|at| !at.value.is_empty())
    }

    /// Text that must be there and not be empty.
    pub fn required(&self, key: &'static str) -> Option<At<&'a str>> {
        if self.field(key).is_none() {
            self.missing(key, "");
            return None;
        }
        let text = self.text(key)?;
        if text.value.trim().is_empty() {
            self.report.add(text.problem(format!("\"{key}\" must not be empty")));
            return None;
        }
        Some(text)
    }

    /// Text that a function understands; its error is the sentence. An empty text is as if the key were not there.
    pub fn parsed<T>(
        &self,
        key: &'static str,
        parse: impl FnOnce(&'a str) -> Result<T, String>,
    ) -> Option<At<T>> {
        let text = self.filled(key)?;
        self.understand(text, parse)
    }

    /// Understands a text that was read before.
    pub fn understand<T>(
        &self,
        text: At<&'a str>,
        parse: impl FnOnce(&'a str) -> Result<T, String>,
    ) -> Option<At<T>> {
        match parse(text.value) {
            Ok(value) => Some(At { value, place: text.place }),
            Err(sentence) => {
                self.report.add(text.problem(sentence));
                None
            }
        }
    }

    /// A whole number within limits.
    pub fn whole(&self, key: &'static str, range: RangeInclusive<i64>) -> Option<At<i64>> {
        let field = self.field(key).filter(|field| !is_blank(&field.node))?;
        let number = whole_of(&field.node).filter(|number| range.contains(&number.value));
        if number.is_none() {
            let wanted = format!("a whole number from {} to {}", range.start(), range.end());
            self.wrong(&field.node.place, key, &wanted);
        }
        number
    }

    /// `true` or `false`.
    pub fn flag(&self, key: &'static str) -> Option<bool> {
        let field = self.field(key).filter(|field| !is_blank(&field.node))?;
        let flag = match &field.node.item {
            Item::Flag(flag) => Some(*flag),
            Item::Raw(text) => text.parse().ok(),
            Item::List(_) | Item::Other | Item::Table(_) | Item::Text(_) | Item::Whole(_) => None,
        };
        if flag.is_none() {
            self.wrong(&field.node.place, key, "true or false");
        }
        flag
    }

    /// One of a few words.
    pub fn choice<T: Copy>(&self, key: &'static str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.filled(key)?;
        let found = choices.iter().find(|(word, _)| *word == text.value);
        if found.is_none() {
            let words: Vec<_> = choices.iter().map(|(word, _)| format!("\"{word}\"")).collect();
            self.wrong(&text.place, key, &format!("one of {}", words.join(", ")));
        }
        found.map(|(_, value)| *value)
    }

    /// A list of texts. From the environment: separated by commas.
    pub fn texts(&self, key: &'static str) -> Vec<At<&'a str>> {
        self.items(key, "a list of texts", text_of, |raw, place| {
            raw.split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .map(|value| At { value, place: place.clone() })
                .collect()
        })
    }

    /// A list of texts that a function understands one by one.
    pub fn parsed_list<T>(
        &self,
        key: &'static str,
        parse: impl Fn(&'a str) -> Result<T, String>,
    ) -> Vec<At<T>> {
        self.texts(key).into_iter().filter_map(|text| self.understand(text, &parse)).collect()
    }

    /// A list of whole numbers. From the environment: separated by commas.
    pub fn wholes(&self, key: &'static str) -> Vec<At<i64>> {
        self.items(key, "a list of whole numbers", whole_of, |raw, place| {
            raw.split(',')
                .filter_map(|part| part.trim().parse().ok())
                .map(|value| At { value, place: place.clone() })
                .collect()
        })
    }

    fn items<T>(
        &self,
        key: &'static str,
        wanted: &str,
        read: impl Fn(&'a Node) -> Option<At<T>>,
        split: impl FnOnce(&'a str, &Place) -> Vec<At<T>>,
    ) -> Vec<At<T>> {
        let Some(field) = self.field(key) else { return Vec::new() };
        match &field.node.item {
            Item::List(nodes) => {
                let mut items = Vec::with_capacity(nodes.len());
                for node in nodes {
                    match read(node) {
                        Some(item) => items.push(item),
                        None => self.wrong(&node.place, key, wanted),
                    }
                }
                items
            }
            Item::Raw(raw) => split(raw, &field.node.place),
            Item::Flag(_) | Item::Other | Item::Table(_) | Item::Text(_) | Item::Whole(_) => {
                self.wrong(&field.node.place, key, wanted);
                Vec::new()
            }
        }
    }

    /// A table below this one.
    pub fn section(&self, key: &'static str) -> Option<Section<'a>> {
        let field = self.field(key)?;
        Some(Section::new(format!("[{}]", self.path(key)), &field.node, self.report))
    }

    /// The tables of a list (`[[key]]`).
    pub fn sections(&self, key: &'static str) -> Vec<Section<'a>> {
        let Some(field) = self.field(key) else { return Vec::new() };
        let name = format!("[[{}]]", self.path(key));
        match &field.node.item {
            Item::List(nodes) => {
                nodes.iter().map(|node| Section::new(name.clone(), node, self.report)).collect()
            }
            Item::Flag(_) | Item::Other | Item::Raw(_) | Item::Table(_) | Item::Text(_) | Item::Whole(_) => {
                let wanted = match field.place.way() {
                    Some(_) => "a list of objects".to_owned(),
                    None => format!("a list of tables; write {name}"),
                };
                self.wrong(&field.place, key, &wanted);
                Vec::new()
            }
        }
    }

    /// The tables below a key whose names are free (`[sip.trunk.NAME]`), in the order of the file.
    pub fn named_sections(&self, key: &'static str) -> Vec<(At<&'a str>, Section<'a>)> {
        let Some(field) = self.field(key) else { return Vec::new() };
        let Item::Table(fields) = &field.node.item else {
            self.wrong(&field.place, key, &format!("tables; write [{}.NAME]", self.path(key)));
            return Vec::new();
        };
        let named = |inner: &'a Field| {
            let name = format!("[{}.{}]", self.path(key), inner.name);
            let section = Section::new(name, &inner.node, self.report);
            (At { value: inner.name.as_str(), place: inner.place.clone() }, section)
        };
        fields.iter().map(named).collect()
    }

    /// All texts of a section whose keys are free (`[tenant.rest.headers]`), in the order of the file.
    pub fn free_texts(&self) -> Vec<(At<&'a str>, At<&'a str>)> {
        let mut texts = Vec::with_capacity(self.fields.len());
        for field in self.fields {
            match text_of(&field.node) {
                Some(text) => {
                    texts.push((At { value: field.name.as_str(), place: field.place.clone() }, text));
                }
                None => self.wrong(&field.node.place, &field.name, text_wanted(&field.node)),
            }
        }
        self.free.set(Keys::Free);
        texts
    }

    fn path(&self, key: &str) -> String {
        let own = self.name.trim_matches(['[', ']']);
        if self.name.starts_with('[') { format!("{own}.{key}") } else { key.to_owned() }
    }
}

impl Drop for Section<'_> {
    fn drop(&mut self) {
        if self.free.get() == Keys::Free {
            return;
        }
        let asked = self.asked.borrow();
        // A form may send its empty fields along, whatever was chosen in it.
        let said = |field: &&Field| field.place.way().is_none() || !is_blank(&field.node);
        let unknown = |field: &&Field| !asked.contains(&field.name.as_str());
        for field in self.fields.iter().filter(unknown).filter(said) {
            let mut known: Vec<&str> = asked.clone();
            known.sort_unstable();
            known.dedup();
            let text =
                format!("unknown key \"{}\" in {}; known are {}", field.name, self.name, known.join(", "));
            self.report.add(Problem { place: field.place.clone(), text });
        }
    }
}

/// Whether there is nothing in it.
fn is_blank(node: &Node) -> bool {
    matches!(&node.item, Item::Text(text) | Item::Raw(text) if text.is_empty())
}

/// What is said of a value that is no text.
fn text_wanted(node: &Node) -> &'static str {
    if node.place.way().is_some() { "text" } else { "text in quotes" }
}

fn text_of(node: &Node) -> Option<At<&str>> {
    match &node.item {
        Item::Raw(value) | Item::Text(value) => Some(At { value, place: node.place.clone() }),
        Item::Flag(_) | Item::List(_) | Item::Other | Item::Table(_) | Item::Whole(_) => None,
    }
}

fn whole_of(node: &Node) -> Option<At<i64>> {
    let value = match &node.item {
        Item::Whole(number) => Some(*number),
        Item::Raw(text) => text.parse().ok(),
        Item::Flag(_) | Item::List(_) | Item::Other | Item::Table(_) | Item::Text(_) => None,
    };
    value.map(|value| At { value, place: node.place.clone() })
}
