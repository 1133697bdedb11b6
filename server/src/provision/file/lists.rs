//! `[[tenant.code_list]]` and `[[tenant.queue]]`.
//!
//! Promises: names, ids, short codes and hot keys are unique where they must be. Leaves to others: picking codes
//! (`core::wrap_up`).

use super::tenants::{Known, WRAP_UP_SECONDS_MAX, seconds};
use super::{Reader, plans, values, words};
use crate::document::{At, Section};
use ringbridge_core::id::QueueId;
use ringbridge_core::tenant::{Choice, Code, CodeList, Need, Queue, WrapUpAfterFailed};

/// Wrap-up of a queue's calls, where the file does not say.
const WRAP_UP_SECONDS: u32 = 60;

pub(super) fn code_lists(section: &Section<'_>, reader: &Reader<'_>) -> Vec<CodeList> {
    let mut lists = Vec::new();
    for list in section.sections("code_list") {
        let name = list.required("name").and_then(|text| list.understand(text, words::name));
        let choice = if list.flag("multiple").unwrap_or(false) { Choice::Multiple } else { Choice::Single };
        let need = if list.flag("required").unwrap_or(false) { Need::Required } else { Need::Optional };
        let codes = codes(&list, reader);
        if codes.is_empty() && need == Need::Required {
            list.refuse("a required code list needs codes, else no wrap-up could end");
        }
        lists.extend(name.map(|at| at.map(|name| CodeList { name, choice, need, codes })));
    }
    let names: Vec<_> = lists.iter().map(|at| at.clone().map(|list| list.name)).collect();
    reader.unique(&names, |name| format!("the code list \"{name}\" stands there twice"));
    values(lists)
}

fn codes(list: &Section<'_>, reader: &Reader<'_>) -> Vec<Code> {
    let (mut codes, mut keys) = (Vec::new(), Vec::new());
    for code in list.sections("code") {
        let short = code.required("short").and_then(|text| code.understand(text, words::name));
        let menu = code.parsed("menu", words::name).map(|at| at.value);
        let report = code.parsed("report", words::name).map(|at| at.value);
        let key = code.parsed("key", words::hot_key);
        keys.extend(key.clone());
        codes.extend(short.map(|at| {
            at.map(|short| {
                // A menu text left out is the short code; a report text left out is the menu's.
                let menu = menu.unwrap_or_else(|| short.clone());
                let report = report.unwrap_or_else(|| menu.clone());
                Code { short, menu, report, key: key.map(|at| at.value) }
            })
        }));
    }
    let shorts: Vec<_> = codes.iter().map(|at: &At<Code>| at.clone().map(|code| code.short)).collect();
    reader.unique(&shorts, |short| format!("the code \"{short}\" stands in its list twice"));
    reader.unique(&keys, |key| format!("the key \"{key}\" picks two codes of the list"));
    values(codes)
}

pub(super) fn queues(section: &Section<'_>, known: &Known, reader: &Reader<'_>) -> Vec<Queue> {
    let after_failed = [("full", WrapUpAfterFailed::Full), ("none", WrapUpAfterFailed::None)];
    let mut queues = Vec::new();
    for queue in section.sections("queue") {
        let id = queue.whole("id", 0..=plans::ID_MAX);
        if !queue.has("id") {
            queue.missing("id", "");
        }
        let name = queue.parsed("name", words::name).map(|at| at.value).unwrap_or_default();
        let caller_id = known.caller_id(&queue, "caller_id", reader);
        let code_lists = known.code_lists(&queue, reader);
        let wrap_up_seconds = seconds(&queue, "wrap_up_seconds", WRAP_UP_SECONDS_MAX, WRAP_UP_SECONDS);
        let wrap_up_after_failed = queue.choice("wrap_up_after_failed", &after_failed).unwrap_or_default();
        queues.extend(id.map(|at| {
            at.map(|id| Queue {
                id: QueueId(id),
                name,
                caller_id,
                code_lists,
                wrap_up_seconds,
                wrap_up_after_failed,
            })
        }));
    }
    let ids: Vec<_> = queues.iter().map(|at| at.clone().map(|queue| queue.id)).collect();
    reader.unique(&ids, |id| format!("the queue {id} stands there twice"));
    values(queues)
}
