//! Changing one part of a tenant, as screens and programs do.
//!
//! Promises: the tenant's exported document with one part replaced goes through the very readers that read a tenant file,
//! so that a tenant changed so exports to a file that applies back to nothing; a wrong value is said with its way inside
//! the part; what somebody else changed in the meantime is not overwritten unseen. Leaves to others: HTTP (`web`), undoing
//! (`undo`).

use super::file::{self, Files};
use super::part::{self, Kind, Part};
use super::{
    Mode, Outcome, Site, Stamp, Step as Planned, TRIES, carry_out, export, load, receiver, resolve,
    with_lines,
};
use crate::document::{Problem, Problems, Step};
use crate::store::revision::{self, How, Revision};
use crate::store::{Store, StoreError};
use ringbridge_core::id::TenantId;
use ringbridge_core::tenant::{DialPlan, Role, Tenant};
use serde_json::{Map, Value};
use std::path::PathBuf;

/// One change.
#[derive(Clone, Debug)]
pub enum Edit {
    /// A new item at the end of its list.
    Add {
        /// The list.
        part: Part,
        /// The item, as the tenant's document has it.
        value: Value,
    },
    /// A part as it shall be. Of [`Part::Settings`], keys that are not in the value stay as they are.
    Put {
        /// The part.
        part: Part,
        /// The item of a list.
        key: Option<String>,
        /// As it shall be; `"***"` keeps a secret.
        value: Value,
        /// As it was when it was read: if it is not so any more, nothing is changed. `Null`: it was not there. Of settings,
        /// keys that are not in it are not compared.
        was: Option<Value>,
    },
    /// A part that goes.
    Remove {
        /// The part.
        part: Part,
        /// The item of a list.
        key: Option<String>,
        /// As in `Put`.
        was: Option<Value>,
    },
}

/// What is wrong with an edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Which edit, from 0; none: something elsewhere does not fit.
    pub edit: Option<usize>,
    /// The way inside the edit's value; empty: the value as a whole.
    pub path: Vec<Step>,
    /// One sentence.
    pub text: String,
}

/// Why a tenant was not changed. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The part is not what the change was made for; the newest revision that touched it, if there is one.
    #[error("{what} was changed in the meantime")]
    Changed {
        /// What people call it.
        what: String,
        /// Who did it and when.
        by: Option<Box<Revision>>,
    },
    /// No active agent would be an admin.
    #[error("nobody would be left who administers this tenant")]
    LastAdmin,
    /// What is stored cannot be read.
    #[error(transparent)]
    Load(#[from] super::stored::LoadError),
    /// There is no such tenant, item or revision.
    #[error("there is no such thing")]
    Missing,
    /// A revision that cannot be undone (any more).
    #[error("this change cannot be undone")]
    NotUndoable,
    /// Something is wrong.
    #[error("the change was refused")]
    Refused(Vec<FieldError>),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Changes a tenant by edits, all of them or none. Blocks, and hashes new passwords, which takes some 50 ms each: not for
/// the runtime's own threads.
///
/// # Errors
/// Why it was not changed.
pub fn change(
    site: &Site<'_>,
    tenant: TenantId,
    edits: &[Edit],
    stamp: &Stamp,
    mode: Mode,
) -> Result<Outcome, ChangeError> {
    again_if_stale(|| {
        let (version, tenants) = load(site.store, site.keys)?;
        let current = tenants.iter().find(|known| known.id == tenant).ok_or(ChangeError::Missing)?;
        let mut draft = Draft::of(current);
        for edit in edits {
            draft.apply(edit).map_err(|wrong| wrong.with(site.store, current))?;
        }
        let refused = |problems| ChangeError::Refused(draft.errors(problems));
        let read = draft.read(site, current).map_err(refused)?;
        if !draft.astray.is_empty() {
            return Err(ChangeError::Refused(draft.astray));
        }
        let resolved = resolve::resolve(vec![read], &tenants, mode).map_err(refused)?;
        let planned = with_lines(resolved.changes, None);
        keeps_an_admin(&planned)?;
        Ok(carry_out(site, planned, resolved.made, version, stamp, mode)?)
    })
}

/// Makes a new tenant from a whole document, `{"name": …, "agent": […], …}`. With [`How::Setup`] only while the server has
/// none. Blocks as [`change`] does.
///
/// # Errors
/// Why it was not made; a way in an error is that in the document.
pub fn create(site: &Site<'_>, document: &Value, stamp: &Stamp, mode: Mode) -> Result<Outcome, ChangeError> {
    let name = document.get("name").and_then(Value::as_str).unwrap_or_default();
    let folder = key_folder(site, name);
    again_if_stale(|| {
        let (version, tenants) = load(site.store, site.keys)?;
        if stamp.how == How::Setup && !tenants.is_empty() {
            return Err(ChangeError::Changed { what: "the server".to_owned(), by: None });
        }
        if tenants.iter().any(|known| known.name == name) {
            let path = vec![Step::Key("name".into())];
            let text = format!("there is a contact center \"{name}\" already");
            return Err(ChangeError::Refused(vec![FieldError { edit: Some(0), path, text }]));
        }
        let files = Files::Within { folder: &folder, kept: &[] };
        let read = file::read_json(document, site.trunks, files);
        let resolved = read.and_then(|read| resolve::resolve(vec![read], &tenants, mode));
        let resolved = resolved.map_err(|Problems(problems)| {
            let own = |problem: Problem| {
                let path = problem.place.way().map(|way| way.steps().to_vec()).unwrap_or_default();
                FieldError { edit: Some(0), path, text: problem.text }
            };
            ChangeError::Refused(problems.into_iter().map(own).collect())
        })?;
        let planned = with_lines(resolved.changes, None);
        Ok(carry_out(site, planned, resolved.made, version, stamp, mode)?)
    })
}

/// A dial plan as a form holds it, saved or not, read as the tenant file's are; one without an id gets 0.
///
/// # Errors
/// What is wrong; a way in an error is that in the plan.
pub fn dial_plan(value: &Value, trunks: &[String]) -> Result<DialPlan, Vec<FieldError>> {
    file::read_plan(value, trunks).map_err(|Problems(problems)| {
        let own = |problem: Problem| {
            let path = problem.place.way().and_then(|way| way.steps().get(2..)).unwrap_or_default().to_vec();
            FieldError { edit: Some(0), path, text: problem.text }
        };
        problems.into_iter().map(own).collect()
    })
}

/// Makes a plan anew when somebody else changed the tenants in the meantime.
pub(super) fn again_if_stale(
    mut make: impl FnMut() -> Result<Outcome, ChangeError>,
) -> Result<Outcome, ChangeError> {
    let mut tries = 1;
    loop {
        match make() {
            Err(ChangeError::Store(StoreError::Stale { .. })) if tries < TRIES => tries += 1,
            outcome => return outcome,
        }
    }
}

/// Refuses what would leave a tenant that has an admin without one: nobody could put it right on the screens.
pub(super) fn keeps_an_admin(planned: &[Planned]) -> Result<(), ChangeError> {
    let has = |tenant: &Tenant| tenant.agents.iter().any(|agent| agent.role == Role::Admin);
    let lost = planned
        .iter()
        .map(|step| &step.change)
        .any(|change| change.current.as_ref().is_some_and(has) && !has(&change.wanted));
    if lost { Err(ChangeError::LastAdmin) } else { Ok(()) }
}

/// The folder in which a tenant's admins may name files.
pub(super) fn key_folder(site: &Site<'_>, tenant: &str) -> PathBuf {
    let folder = site.key_files.join(tenant);
    std::path::absolute(&folder).unwrap_or(folder)
}

/// The files that a tenant names already.
pub(super) fn files_of(tenant: &Tenant) -> Vec<String> {
    use ringbridge_core::tenant::salesforce::Login;
    let login = tenant.salesforce.as_ref().map(|salesforce| &salesforce.login);
    match login {
        Some(Login::Jwt { key_file, .. }) => vec![key_file.clone()],
        Some(Login::ClientCredentials { .. }) | None => Vec::new(),
    }
}

/// The newest revision that touched a thing, among the last few.
pub(super) fn last_to_touch(store: &Store, tenant: &Tenant, thing: &str) -> Option<Box<Revision>> {
    /// Whoever is surprised by a change is surprised by a recent one.
    const LOOKED_AT: u32 = 50;
    let id = tenant.id;
    let revisions = store.read_blocking(move |tx| revision::page(tx, id, None, LOOKED_AT)).ok()?;
    let begin = match thing {
        "" => format!("tenant {} ", tenant.name),
        thing => format!("tenant {}: {thing}", tenant.name),
    };
    let touches = |line: &String| {
        let rest = line.get(2..).and_then(|line| line.strip_prefix(&begin));
        rest.is_some_and(|rest| thing.is_empty() || rest.is_empty() || rest.starts_with(' '))
    };
    revisions.into_iter().find(|revision| revision.lines.iter().any(touches)).map(Box::new)
}

/// Why an edit cannot be put into the document.
enum Wrong {
    Changed(String),
    Missing,
    Refused(FieldError),
}

impl Wrong {
    fn with(self, store: &Store, tenant: &Tenant) -> ChangeError {
        match self {
            Self::Changed(thing) => {
                let by = last_to_touch(store, tenant, &thing);
                let what = if thing.is_empty() { Part::Settings.as_str().to_owned() } else { thing };
                ChangeError::Changed { what, by }
            }
            Self::Missing => ChangeError::Missing,
            Self::Refused(error) => ChangeError::Refused(vec![error]),
        }
    }
}

/// A tenant's document while it is edited.
struct Draft {
    document: Value,
    /// As it was before the first edit.
    before: Value,
    /// For each edit the way to its value; none where it left none.
    ways: Vec<Option<Vec<Step>>>,
    /// The items of dial plans that were edited.
    plans: Vec<String>,
    /// Secrets that would go to somebody new. Told when nothing else is wrong: what is no address goes to nobody.
    astray: Vec<FieldError>,
}

impl Draft {
    fn of(tenant: &Tenant) -> Self {
        let document = export::json(tenant);
        Self { before: document.clone(), document, ways: Vec::new(), plans: Vec::new(), astray: Vec::new() }
    }

    fn apply(&mut self, edit: &Edit) -> Result<(), Wrong> {
        let way = match edit {
            Edit::Add { part, value } => Some(self.add(*part, value)?),
            Edit::Put { part, key, value, was } => {
                Some(self.put(*part, key.as_deref(), value, was.as_ref())?)
            }
            Edit::Remove { part, key, was } => {
                self.remove(*part, key.as_deref(), was.as_ref())?;
                None
            }
        };
        self.ways.push(way);
        Ok(())
    }

    fn refused(&self, path: Vec<Step>, text: impl Into<String>) -> Wrong {
        Wrong::Refused(FieldError { edit: Some(self.ways.len()), path, text: text.into() })
    }

    fn object(&self, value: &Value) -> Result<Map<String, Value>, Wrong> {
        value.as_object().cloned().ok_or_else(|| self.refused(Vec::new(), "the value must be an object"))
    }

    fn add(&mut self, part: Part, value: &Value) -> Result<Vec<Step>, Wrong> {
        let Kind::List(name) = part.kind() else { return Err(Wrong::Missing) };
        let item = Value::Object(self.object(value)?);
        if let Some(key) = part::key_of(&item, name) {
            if part::place_of(&self.document, part, name, &key).is_some() {
                let thing = part.thing(Some(&key));
                let article = if thing.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
                let text = format!("there is {article} {thing} already");
                return Err(self.refused(vec![Step::Key(name.into())], text));
            }
            self.touch(part, &key);
        }
        let place = part::items(&self.document, part).len();
        if let Some(items) = self.document.get_mut(part.as_str()).and_then(Value::as_array_mut) {
            items.push(item);
        }
        Ok(vec![Step::Key(part.as_str().into()), Step::Index(place)])
    }

    fn put(
        &mut self,
        part: Part,
        key: Option<&str>,
        value: &Value,
        was: Option<&Value>,
    ) -> Result<Vec<Step>, Wrong> {
        let mut object = self.object(value)?;
        match (part.kind(), key) {
            (Kind::List(name), Some(key)) => {
                let place = self.item(part, name, key, was)?;
                match part::key_of(value, name) {
                    Some(given) if given != key => {
                        let text = format!(
                            "\"{name}\" cannot be changed, since links and records name it; make a new item and remove this one"
                        );
                        return Err(self.refused(vec![Step::Key(name.into())], text));
                    }
                    Some(_) => {}
                    None => {
                        let own =
                            part::items(&self.document, part).get(place).and_then(|item| item.get(name));
                        object.insert(name.to_owned(), own.cloned().unwrap_or_default());
                    }
                }
                self.touch(part, key);
                let way = vec![Step::Key(part.as_str().into()), Step::Index(place)];
                if let Some(item) = self.document.get_mut(part.as_str()).and_then(|list| list.get_mut(place))
                {
                    *item = Value::Object(object);
                }
                Ok(way)
            }
            (Kind::Maybe, None) | (Kind::One, None) if part != Part::Settings => {
                self.check_section(part, was)?;
                let before = self.before.get(part.as_str()).unwrap_or(&Value::Null);
                if let Some((key, text)) = receiver::refusal(part, before, value) {
                    let path = vec![Step::Key(key.into())];
                    self.astray.push(FieldError { edit: Some(self.ways.len()), path, text });
                }
                self.document[part.as_str()] = Value::Object(object);
                Ok(vec![Step::Key(part.as_str().into())])
            }
            (Kind::One, None) => self.put_settings(object, was),
            (Kind::List(_), None) | (Kind::Maybe | Kind::One, Some(_)) | (Kind::Maybe, None) => {
                Err(Wrong::Missing)
            }
        }
    }

    fn put_settings(&mut self, object: Map<String, Value>, was: Option<&Value>) -> Result<Vec<Step>, Wrong> {
        for (key, was) in was.and_then(Value::as_object).into_iter().flatten() {
            if self.document.get(key).unwrap_or(&Value::Null) != was {
                return Err(Wrong::Changed(String::new()));
            }
        }
        for (key, value) in object {
            if key == "name" && self.document.get("name") == Some(&value) {
                continue;
            }
            if !part::is_setting(&key) {
                let text = match key.as_str() {
                    "name" => {
                        "a contact center's name cannot be changed: log-ins and reports use it".to_owned()
                    }
                    key => format!("\"{key}\" is no setting; it is a part of its own"),
                };
                return Err(self.refused(vec![Step::Key(key.into())], text));
            }
            self.document[&key] = value;
        }
        Ok(Vec::new())
    }

    fn remove(&mut self, part: Part, key: Option<&str>, was: Option<&Value>) -> Result<(), Wrong> {
        match (part.kind(), key) {
            (Kind::List(name), Some(key)) => {
                let place = self.item(part, name, key, was)?;
                self.touch(part, key);
                if let Some(items) = self.document.get_mut(part.as_str()).and_then(Value::as_array_mut) {
                    items.remove(place);
                }
                let list = Step::Key(part.as_str().into());
                for way in self.ways.iter_mut().flatten().filter(|way| way.first() == Some(&list)) {
                    if let Some(Step::Index(index)) = way.get_mut(1)
                        && *index > place
                    {
                        *index -= 1;
                    }
                }
                Ok(())
            }
            (Kind::Maybe, None) => {
                self.check_section(part, was)?;
                let removed = self.document.as_object_mut().and_then(|object| object.remove(part.as_str()));
                removed.map(drop).ok_or(Wrong::Missing)
            }
            (Kind::List(_), None) | (Kind::Maybe, Some(_)) | (Kind::One, _) => Err(Wrong::Missing),
        }
    }

    /// Where an item stands that is as it was.
    fn item(&self, part: Part, name: &str, key: &str, was: Option<&Value>) -> Result<usize, Wrong> {
        let was = was.filter(|was| !was.is_null());
        let changed = || Wrong::Changed(part.thing(Some(key)));
        let Some(place) = part::place_of(&self.document, part, name, key) else {
            return Err(if was.is_some() { changed() } else { Wrong::Missing });
        };
        let is = part::items(&self.document, part).get(place);
        if was.is_some() && was != is { Err(changed()) } else { Ok(place) }
    }

    fn check_section(&self, part: Part, was: Option<&Value>) -> Result<(), Wrong> {
        let is = self.document.get(part.as_str()).unwrap_or(&Value::Null);
        let asked = was.filter(|was| !was.is_null() || part.kind() == Kind::Maybe);
        if asked.is_some_and(|was| was != is) { Err(Wrong::Changed(part.thing(None))) } else { Ok(()) }
    }

    fn touch(&mut self, part: Part, key: &str) {
        if part == Part::DialPlan {
            self.plans.push(key.to_owned());
        }
    }

    fn read(&self, site: &Site<'_>, tenant: &Tenant) -> Result<file::TenantDraft, Problems> {
        // A trunk that the server's configuration lost must not stand against all other changes.
        let mut trunks = site.trunks.to_vec();
        let others = tenant.dial_plans.iter().filter(|plan| !self.plans.contains(&plan.id.0.to_string()));
        trunks.extend(others.flat_map(|plan| &plan.rules).filter_map(|rule| rule.trunk.clone()));
        let (folder, kept) = (key_folder(site, &tenant.name), files_of(tenant));
        file::read_json(&self.document, &trunks, Files::Within { folder: &folder, kept: &kept })
    }

    /// The problems as the edits' own, where they are.
    fn errors(&self, problems: Problems) -> Vec<FieldError> {
        problems.0.into_iter().map(|problem| self.error(problem)).collect()
    }

    fn error(&self, problem: Problem) -> FieldError {
        let steps = problem.place.way().map(|way| way.steps()).unwrap_or_default();
        let inside = |way: &[Step]| match way {
            [] => part::leads_to_setting(steps).then(|| steps.to_vec()),
            way => steps.strip_prefix(way).map(<[Step]>::to_vec),
        };
        let own = self.ways.iter().enumerate().find_map(|(edit, way)| {
            let path = inside(way.as_deref()?)?;
            Some((edit, path))
        });
        match own {
            Some((edit, path)) => FieldError { edit: Some(edit), path, text: problem.text },
            None => FieldError { edit: None, path: Vec::new(), text: problem.to_string() },
        }
    }
}
