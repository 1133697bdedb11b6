//! Undoing a revision: what it changed is put back as it was.
//!
//! Promises: only what is still as the revision left it is put back, item by item and setting by setting, secrets included;
//! the result goes through the readers that every change goes through, so that no undo leaves what no change could have
//! made; an undo is a revision and can be undone. Leaves to others: what is kept of a revision (`snapshot`).

use super::change::{ChangeError, again_if_stale, files_of, keeps_an_admin, key_folder, last_to_touch};
use super::file::{self, Files};
use super::part::{self, Kind, Part};
use super::snapshot::{self, Today};
use super::tree::{self, Secrets};
use super::{Mode, Outcome, Site, Stamp, carry_out, load, resolve, with_lines};
use crate::document::Problems;
use crate::store::revision::{self, RevisionId};
use crate::store::tenant;
use ringbridge_core::id::TenantId;
use ringbridge_core::tenant::Tenant;
use serde_json::Value;

use super::change::FieldError;

/// Undoes a revision of a tenant. Blocks; not for the runtime's own threads.
///
/// # Errors
/// [`ChangeError::Changed`] naming what is not as the revision left it; [`ChangeError::NotUndoable`] where it was undone
/// already or is too old; or why the tenant cannot be as it was.
pub fn undo(
    site: &Site<'_>,
    tenant: TenantId,
    id: RevisionId,
    stamp: &Stamp,
    mode: Mode,
) -> Result<Outcome, ChangeError> {
    again_if_stale(|| {
        let (version, mut tenants) = load(site.store, site.keys)?;
        let index = tenants.iter().position(|known| known.id == tenant).ok_or(ChangeError::Missing)?;
        let current = tenants.get(index).cloned().ok_or(ChangeError::Missing)?;
        let name = current.name.clone();
        let (row, found) = site
            .store
            .read_blocking(move |tx| Ok((tenant::find(tx, &name)?, revision::find(tx, tenant, id)?)))?;
        let (revision, bodies) = found.ok_or(ChangeError::Missing)?;
        let row = row.ok_or(ChangeError::Missing)?;
        let bodies = bodies.filter(|_| revision.undone_by.is_none()).ok_or(ChangeError::NotUndoable)?;
        let logins = snapshot::logins(&bodies);
        let today = Today { row: &row, tenant: &current, touched: &logins };
        let before = snapshot::then(&bodies.before, &today, site.keys)?;
        let after = snapshot::then(&bodies.after, &today, site.keys)?;

        let goal = back(&before, &after, &current).map_err(|thing| ChangeError::Changed {
            by: last_to_touch(site.store, &current, &thing),
            what: if thing.is_empty() { Part::Settings.as_str().to_owned() } else { thing },
        })?;
        let (folder, mut kept) = (key_folder(site, &current.name), files_of(&current));
        kept.extend(files_of(&before));
        let mut trunks = site.trunks.to_vec();
        trunks.extend(
            current.dial_plans.iter().flat_map(|plan| &plan.rules).filter_map(|rule| rule.trunk.clone()),
        );
        let files = Files::Within { folder: &folder, kept: &kept };
        let read = file::read_json(&goal.document, &trunks, files);
        if let Some(slot) = tenants.get_mut(index) {
            *slot = goal.secrets;
        }
        let resolved = read.and_then(|read| resolve::resolve(vec![read], &tenants, mode)).map_err(refused)?;
        let mut changes = resolved.changes;
        for change in &mut changes {
            change.current = Some(current.clone());
        }
        let planned = with_lines(changes, Some(id));
        keeps_an_admin(&planned)?;
        Ok(carry_out(site, planned, resolved.made, version, stamp, mode)?)
    })
}

fn refused(Problems(problems): Problems) -> ChangeError {
    let elsewhere = |problem: crate::document::Problem| FieldError {
        edit: None,
        path: Vec::new(),
        text: problem.to_string(),
    };
    ChangeError::Refused(problems.into_iter().map(elsewhere).collect())
}

/// What a tenant shall be.
struct Goal {
    /// Its document, secrets masked.
    document: Value,
    /// A tenant that has the secrets.
    secrets: Tenant,
}

/// A thing that can be put back by itself.
#[derive(Clone, Debug, PartialEq)]
struct Item {
    part: Part,
    /// The item of a list, or the setting.
    key: Option<String>,
    /// Everything of it, secrets open.
    value: Value,
    place: usize,
}

impl Item {
    fn is_same_thing(&self, other: &Self) -> bool {
        self.part == other.part && self.key == other.key
    }
}

/// The tenant of now with what differs between before and after as it was before; else what is not as after has it.
fn back(before: &Tenant, after: &Tenant, now: &Tenant) -> Result<Goal, String> {
    let [was, became, is] = [before, after, now].map(items);
    let mut goal = Goal { document: super::export::json(now), secrets: now.clone() };
    let masked = super::export::json(before);
    let find = |items: &[Item], wanted: &Item| items.iter().find(|item| item.is_same_thing(wanted)).cloned();
    let value = |item: Option<Item>| item.map(|item| item.value);
    let gone_since = was.iter().filter(|old| find(&became, old).is_none());
    for thing in became.iter().chain(gone_since) {
        let (old, new) = (find(&was, thing), value(find(&became, thing)));
        if value(old.clone()) == new {
            continue;
        }
        if value(find(&is, thing)) != new {
            return Err(thing.part.thing(thing.key.as_deref()));
        }
        put_back(&mut goal.document, &masked, thing, old.as_ref());
        secrets_back(&mut goal.secrets, before, thing);
    }
    Ok(goal)
}

fn items(tenant: &Tenant) -> Vec<Item> {
    let document = tree::of(tenant, Secrets::Open).json();
    let mut found = Vec::new();
    for (name, value) in document.as_object().into_iter().flatten() {
        match Part::named(name).map(|part| (part, part.kind())) {
            Some((part, Kind::List(key))) => {
                let items = value.as_array().into_iter().flatten().enumerate();
                found.extend(items.map(|(place, item)| Item {
                    part,
                    key: part::key_of(item, key),
                    value: item.clone(),
                    place,
                }));
            }
            Some((part, Kind::Maybe | Kind::One)) => {
                found.push(Item { part, key: None, value: value.clone(), place: 0 });
            }
            None => {
                let key = Some(name.clone());
                found.push(Item { part: Part::Settings, key, value: value.clone(), place: 0 });
            }
        }
    }
    found
}

/// Puts a thing into the document as it was, or takes it out if it was not there.
fn put_back(document: &mut Value, masked: &Value, thing: &Item, old: Option<&Item>) {
    let (name, key) = match (thing.part.kind(), &thing.key) {
        (Kind::List(name), Some(key)) => (name, key),
        (Kind::Maybe | Kind::One, key) => {
            let name = key.as_deref().unwrap_or(thing.part.as_str());
            document[name] = masked.get(name).cloned().unwrap_or_default();
            return;
        }
        (Kind::List(_), None) => return,
    };
    let place = part::place_of(document, thing.part, name, key);
    let was =
        old.and_then(|old| part::items(masked, thing.part).get(old.place).cloned().zip(Some(old.place)));
    let Some(list) = document.get_mut(thing.part.as_str()).and_then(Value::as_array_mut) else { return };
    match (place, was) {
        (Some(place), Some((was, _))) => {
            if let Some(item) = list.get_mut(place) {
                *item = was;
            }
        }
        (Some(place), None) => drop(list.remove(place)),
        (None, Some((was, at))) => list.insert(at.min(list.len()), was),
        (None, None) => {}
    }
}

/// Gives the tenant from which secrets are kept those that the thing had.
fn secrets_back(secrets: &mut Tenant, before: &Tenant, thing: &Item) {
    let key = thing.key.as_deref().unwrap_or_default();
    match thing.part {
        Part::Agent => {
            secrets.agents.retain(|agent| agent.login != key);
            secrets.agents.extend(before.agent_by_login(key).cloned());
        }
        Part::Token => {
            secrets.tokens.retain(|token| token.name != key);
            secrets.tokens.extend(before.tokens.iter().find(|token| token.name == key).cloned());
        }
        Part::Callbacks => secrets.callbacks = before.callbacks.clone(),
        Part::Dynamics => secrets.connectors.dynamics = before.connectors.dynamics.clone(),
        Part::Hubspot => secrets.connectors.hubspot = before.connectors.hubspot.clone(),
        Part::Rest => secrets.connectors.rest = before.connectors.rest.clone(),
        Part::Salesforce => secrets.salesforce = before.salesforce.clone(),
        Part::Zendesk => secrets.connectors.zendesk = before.connectors.zendesk.clone(),
        Part::Channel | Part::CodeList | Part::DialPlan | Part::Queue | Part::ScreenPop | Part::Settings => {}
    }
}
