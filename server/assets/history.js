// The last calls: a row for each call that is over, with a redial.
import { api, duration, element, shortly } from "./live.js";
import { place } from "./dial.js";
import { console as words } from "./words.js";

/** Takes the list. Gives `show(document)` for its newest page, `load()` that fetches it, and `has(id)`. */
export function history(list, { more, none, complaint, failure, placed, failed }) {
  /** Each call's row with what it was made of, newest first. */
  const rows = new Map();

  function row(call) {
    const redial = element("button", { type: "button", class: "plain small", "data-redial": call.transaction_id, "data-server": true,
      "aria-label": words.redialOf(call.number) }, words.redial);
    // One press is one call, however often its answer is lost: the name goes with every try until it was heard.
    let name = null;
    redial.addEventListener("click", async () => {
      if (redial.disabled) return;
      redial.disabled = true;
      complaint.textContent = "";
      name ??= crypto.randomUUID();
      try {
        const { transaction_id: id } = await place({ ...call.redial, request_id: name });
        name = null;
        if (rows.has(id)) complaint.textContent = words.sameClick;
        else placed(id);
      } catch (problem) {
        if (problem.code) name = null;
        if (!failed(problem)) complaint.textContent = problem.detail;
      }
      redial.disabled = false;
      redial.focus();
    });
    const record = call.result_code === "FAIL" ? words.recordFailed(call.error_string) : call.result_code === "SUCCESS" ? words.recordMade : "";
    const codes = call.codes.map(({ list, code }) => `${list}: ${code}`).join(", ");
    return element("li", { "data-past": call.transaction_id },
      element("span", { class: "past-when timer" }, shortly(call.created_at)),
      element("span", { class: "past-what" },
        element("a", { class: "number", href: `/AGUI/call/${call.transaction_id}` }, call.number), element("span", { class: "past-how" }, call.sentence),
        codes ? element("span", { class: "quiet", "data-past-codes": true }, codes) : null,
        record ? element("span", { class: call.result_code === "FAIL" ? "error" : "quiet", "data-past-record": true }, record) : null),
      element("span", { class: "past-long timer" }, call.answered_at ? duration(call.duration_seconds) : "–"),
      element("span", { class: "past-do" }, call.redial ? redial : null, element("a", { href: `/AGUI/trace/${call.transaction_id}`, "aria-label": words.traceOf(call.number) }, words.trace)));
  }

  /** Puts a page of calls in; rows that say the same stay as they are, whoever is on them. */
  function put(calls) {
    for (const call of calls.filter(({ state }) => state === "completed")) {
      const key = JSON.stringify(call);
      const old = rows.get(call.transaction_id);
      if (old?.key === key) continue;
      const made = row(call);
      rows.set(call.transaction_id, { key, made });
      if (!old) { insert(call.transaction_id, made); continue; }
      const focused = [...old.made.querySelectorAll("a, button")].indexOf(document.activeElement);
      old.made.replaceWith(made);
      made.querySelectorAll("a, button")[focused]?.focus();
    }
    none.hidden = rows.size > 0;
  }

  function insert(id, made) {
    const before = [...list.children].find((other) => Number(other.dataset.past) < id);
    list.insertBefore(made, before ?? null);
  }

  function show({ calls, more: older }) {
    const first = rows.size === 0;
    put(calls);
    if (first) more.hidden = !older;
    const newest = calls.find(({ state }) => state === "completed");
    const text = newest?.result_code === "FAIL" ? `${newest.number}: ${words.recordFailed(newest.error_string)}` : "";
    if (failure.textContent !== text) failure.textContent = text;
    failure.hidden = !text;
  }

  async function load() {
    try { show(await api("/api/v1/calls")); } catch (problem) { if (!failed(problem)) complaint.textContent = problem.detail; }
  }

  more.addEventListener("click", async () => {
    const oldest = list.lastElementChild;
    try {
      const page = await api(`/api/v1/calls?before=${oldest?.dataset.past ?? ""}`);
      put(page.calls);
      more.hidden = !page.more;
      oldest?.nextElementSibling?.querySelector("a")?.focus();
    } catch (problem) { if (!failed(problem)) complaint.textContent = problem.detail; }
  });
  return { show, load };
}
