// Agents: the table with their forms, and many at once by CSV.
import { element } from "./live.js";
import { list } from "./config_list.js";
import { asked, explain, madeOnce, options, planLines } from "./config_api.js";
import { button } from "./form.js";
import { agent as words } from "./words_config.js";

const AUTO_ANSWER = [["none", "No"], ["call-info", "Call-Info"], ["alert-info", "Alert-Info"], ["answer-mode", "Answer-Mode"]];

const phones = {
  key: "phone", label: "Phones", kind: "rows", one: "phone", most: 8, blank: () => ({ auto_answer: "none" }), fields: [
    { key: "kind", label: "Kind", kind: "choice", virtual: true, from: ({ uri }) => (uri ? "fixed" : "registers"), options: words.phoneKinds, default: "registers" },
    { key: "uri", label: "SIP address", kind: "text", mono: true, always: true, placeholder: "sip:101@pbx.example.com", when: ({ kind }) => kind === "fixed" },
    { key: "register", label: "Registers as", kind: "text", mono: true, always: true, when: ({ kind }) => kind === "registers" },
    { key: "password", label: "Phone's password", kind: "secret", when: ({ kind }) => kind === "registers" },
    { key: "auto_answer", label: "Answers by itself", kind: "choice", options: AUTO_ANSWER },
  ],
};

export const { show } = list({
  part: "agent", key: "login", words,
  name: ({ login, name }) => (name && name !== login ? `${login} · ${name}` : login),
  columns: [
    { title: "Log-in", of: (item) => item.login },
    { title: "Name", of: (item) => item.name },
    { title: "Role", of: (item) => words.roles.find(([role]) => role === item.role)?.[1] ?? item.role },
    { title: "Queues", of: (item) => (item.queues ?? []).join(", "), kind: "number" },
    { title: "Phones", of: (item) => (item.phone ?? []).map(({ uri, register }) => uri ?? register).join(", ") || words.noPhone },
  ],
  blank: () => ({ role: "agent", phone: [] }),
  fields: (_, item) => [
    { key: "login", label: "Log-in", kind: "text", required: true, fixed: Boolean(item) },
    { key: "name", label: "Name", kind: "text" },
    { key: "password", label: "Password", kind: "secret", required: true },
    { key: "role", label: "Role", kind: "choice", options: words.roles },
    { key: "queues", label: "Queues", kind: "picks", options: options.queues, nothing: words.noQueues },
    phones,
    { key: "caller_id", label: "Caller ID", kind: "pick", options: options.channels, none: words.noCallerId },
    { key: "dial_plan", label: "Dial plan", kind: "pick", options: options.plans, none: words.noPlan },
    { heading: "At the CRM", text: words.atCrm },
    { key: "external_username", label: "User name", kind: "text" },
    { key: "external_password", label: "Password there", kind: "secret", removable: true },
  ],
  extra: () => element("a", { class: "button plain", href: "/api/v1/config/agents/export", download: "agents.csv", "data-export": true }, words.export),
  above: (_, page) => [bulk(page)],
});

/** Sends CSV; gives the answer or throws the problem. */
const send = (text, dry) => asked(async () => {
  const answer = await fetch(`/api/v1/config/agents/import${dry ? "?dry_run=1" : ""}`, {
    method: "POST", credentials: "same-origin", body: text,
    headers: { "X-Requested-With": "ringbridge", Accept: "application/json", "Content-Type": "text/csv; charset=utf-8" },
  });
  const value = JSON.parse((await answer.text()) || "null");
  if (!answer.ok) throw value ?? {};
  return value;
});

/** Many agents at once: a file or pasted text, tried first, then applied. */
function bulk(page) {
  const text = element("textarea", { id: "csv", rows: "6", spellcheck: "false", class: "number lines", wrap: "off", "aria-describedby": "csv-hint", "data-csv": true });
  const file = element("input", { type: "file", id: "csv-file", accept: ".csv,text/csv,text/plain", "data-csv-file": true });
  const result = element("div", { role: "status", tabindex: "-1", "data-csv-result": true });
  const apply = button(words.apply, "", "csv-apply", async () => {
    try {
      const answer = await send(text.value, false);
      await page.again();
      if (!page.done(answer, words.imported)) document.querySelector("h1").focus();
    } catch (problem) { refuse(problem); }
  });
  apply.hidden = true;
  const tryIt = button(words.tryCsv, "plain", "csv-dry-run", async () => {
    try {
      const { lines } = await send(text.value, true);
      result.replaceChildren(element("h2", {}, words.planned), planLines(lines));
      apply.hidden = lines.length === 0;
    } catch (problem) { refuse(problem); }
  });
  function refuse(problem) {
    apply.hidden = true;
    const errors = problem.errors ?? [];
    if (!errors.length) { result.replaceChildren(element("p", { class: "error" }, explain(problem))); result.focus(); return; }
    const rows = errors.map(({ line, column, text: said }) => element("tr", {}, element("td", { class: "number" }, String(line ?? "")), element("td", {}, String(column ?? "")), element("td", {}, said)));
    result.replaceChildren(element("h2", { class: "error" }, words.csvWrong(errors.length)), element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": words.csvErrors },
      element("table", {}, element("thead", {}, element("tr", {}, ...["Line", "Column", "What is wrong"].map((title) => element("th", { scope: "col" }, title)))), element("tbody", {}, ...rows))));
    result.focus();
  }
  // What was tried is what is applied: another text is tried again.
  text.addEventListener("input", () => { apply.hidden = true; result.replaceChildren(); });
  file.addEventListener("change", async () => {
    if (!file.files[0]) return;
    text.value = await file.files[0].text();
    text.dispatchEvent(new Event("input"));
  });
  return element("details", { class: "card", "data-bulk": true }, element("summary", {}, words.bulk), element("p", { class: "hint", id: "csv-hint" }, words.bulkHint),
    element("label", { for: "csv-file" }, words.csvFile), file, element("label", { for: "csv" }, words.csvText), text, result, element("div", { class: "actions" }, tryIt, apply));
}
