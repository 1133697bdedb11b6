// Allowed origins: the pages whose links dial at once, what happens with others, and who was asked lately.
import { api, element, when } from "./live.js";
import { asked, change, explain } from "./config_api.js";
import { button } from "./form.js";
import { settingsPage } from "./config_single.js";
import { origins as words } from "./words_config.js";

const page = settingsPage({
  name: "origins", about: words.about, hints: words.hints,
  keys: ["origin_policy", "allowed_origins"],
  fields: () => [
    { key: "origin_policy", label: "What a click does", kind: "choice", options: words.policies },
    { key: "allowed_origins", label: "Allowed origins", kind: "many", rows: 4 },
  ],
  below: async (shown, config, form) => [await refused(shown, config.tenant, form)],
});

export const { show } = page;

/** Those that were not let through lately, each with a button that lists it. */
async function refused(shown, tenant, form) {
  const box = element("section", { class: "card", "data-refused": true }, element("h2", {}, "Not let through at once, last 30 days"));
  let origins;
  try { ({ origins } = await asked(() => api("/api/v1/config/origins/refused"))); } catch (problem) {
    box.append(element("p", { class: "error" }, explain(problem)));
    return box;
  }
  const listed = new Set(tenant.allowed_origins ?? []);
  const rows = origins.map(({ origin, times, last_at: at, last_code: code }) => element("tr", { "data-origin": origin ?? "" },
    element("td", {}, origin ?? words.unknown), element("td", { class: "number" }, String(times)), element("td", {}, when(at)), element("td", {}, words.codes[code] ?? code ?? ""),
    element("td", {}, listed.has(origin) ? words.listedNow : /^https?:\/\//.test(origin ?? "") ? add(origin) : words.cannot)));
  function add(origin) {
    return button(words.list, "plain small", "list-origin", async () => {
      // What somebody is typing in the form is not saved along with it, and not lost.
      if (form.dirty()) { shown.say(words.saveFirst); form.focus(); return; }
      try {
        const now = tenant.allowed_origins ?? [];
        const answer = await change("PUT", ["settings"], { value: { allowed_origins: [...now, origin] }, was: { allowed_origins: now } }, false);
        await shown.again();
        shown.done(answer, words.added(origin));
        document.querySelector("[data-refused]")?.querySelector("h2")?.setAttribute("tabindex", "-1");
        document.querySelector("[data-refused] h2")?.focus();
      } catch (problem) { shown.complain(problem.errors?.length ? { detail: problem.errors.map(({ text }) => text).join(" ") } : problem); }
    });
  }
  if (!rows.length) { box.append(element("p", { class: "quiet" }, words.none)); return box; }
  const head = element("tr", {}, ...["Origin", "Times", "Last", "Why", ""].map((title) => (title ? element("th", { scope: "col" }, title) : element("td"))));
  box.append(element("p", { class: "hint" }, words.refusedAbout), element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Not let through at once" }, element("table", { class: "listed" }, element("thead", {}, head), element("tbody", {}, ...rows))));
  return box;
}
