// Salesforce: what to do in its Setup, the settings, and a test of the connection as it is saved.
import { api, element } from "./live.js";
import { asked, explain, read } from "./config_api.js";
import { button } from "./form.js";
import { part } from "./config_single.js";
import { salesforce as words } from "./words_crm.js";

const jwt = ({ flow }) => flow === "jwt";

const fields = [
  { heading: "Logging in" },
  { key: "login_url", label: "Log-in address", kind: "text", mono: true, required: true, suggest: ["https://login.salesforce.com", "https://test.salesforce.com"] },
  { key: "flow", label: "How Ringbridge logs in", kind: "choice", options: words.flows },
  { key: "client_id", label: "Consumer key", kind: "text", mono: true, required: true },
  { key: "client_secret", label: "Consumer secret", kind: "secret", required: true, when: ({ flow }) => flow === "client_credentials" },
  { key: "username", label: "User name of the integration's user", kind: "text", always: true, required: true, when: jwt },
  { key: "key_file", label: "File of the private key", kind: "text", mono: true, always: true, required: true, when: jwt },
  { key: "audience", label: "Audience", kind: "text", mono: true, when: jwt },
  { key: "per_agent", label: "Write as the agent, where they have a user of their own", kind: "flag", when: jwt },
  { key: "org_id", label: "Org that must answer", kind: "text", mono: true, size: "middling" },
  { heading: "What is written" },
  { key: "external_id_field", label: "Field for the GUID", kind: "text", mono: true, size: "middling" },
  { key: "enhanced", label: "Link logs to the record that was clicked on", kind: "flag" },
  { key: "auto_log", label: "Log calls whose link creates nothing", kind: "flag" },
  { key: "enrich", label: "Fill the call fields that the link leaves alone", kind: "flag" },
  { key: "allowed_fields", label: "Fields that links may set although they are kept from them", kind: "many", rows: 2 },
  { key: "allow_duplicates", label: "Write although a duplicate rule warns", kind: "flag" },
  { heading: "Pages and version" },
  { key: "interface", label: "Pages that are opened", kind: "choice", options: words.interfaces, default: "auto" },
  { key: "api_version", label: "API version", kind: "text", mono: true, size: "short" },
  { key: "test_endpoint", label: "This is a test endpoint", kind: "flag" },
];

export async function show(page) {
  const config = await read();
  if (!page.isCurrent()) return;
  page.title();
  const set = config.tenant.salesforce;
  const shown = part(page, config, { name: "salesforce", fields, hints: words.hints, stored: ({ salesforce }) => salesforce, blank: { login_url: "https://login.salesforce.com", flow: "jwt", interface: "auto" }, removable: true, removeWords: words.remove, offer: words.offer });
  page.place.replaceChildren(element("p", { class: "quiet" }, words.about), guide(!set), shown.node, ...(set ? [testBox(shown.form)] : []));
}

/** What is done in Salesforce's Setup, before and beside the form. */
function guide(open) {
  const paragraphs = words.guide.map(({ title, steps }) => element("div", {}, element("h2", {}, title), element("ol", {}, ...steps.map((step) => element("li", {}, step)))));
  return element("details", { class: "card guide", open, "data-guide": true }, element("summary", {}, words.guideTitle), ...paragraphs);
}

/** Logs in and looks, with the settings as they are saved. */
function testBox(form) {
  const result = element("div", { role: "status", "data-test-result": true });
  const run = button(words.test, "", "test", async () => {
    result.replaceChildren(element("p", { class: "quiet" }, words.testing));
    try {
      const { steps } = await asked(() => api("/api/v1/config/salesforce/test", { method: "POST" }));
      result.replaceChildren(element("ol", { class: "test-steps" }, ...steps.map(({ step, ok, text }) => element("li", { class: ok ? "ok" : "bad" }, element("strong", {}, `${ok ? words.ok : words.failed} ${step}`), text ? element("span", {}, text) : null))),
        element("p", { class: steps.every(({ ok }) => ok) ? "" : "error" }, steps.every(({ ok }) => ok) ? words.works : words.worksNot));
    } catch (problem) { result.replaceChildren(element("p", { class: "error" }, explain(problem))); }
  });
  const unsaved = element("p", { class: "hint" });
  form.onChange(() => { unsaved.textContent = form.dirty() ? words.testSaved : ""; });
  return element("section", { class: "card" }, element("h2", {}, "Test connection"), element("p", { class: "hint" }, words.testAbout), unsaved, element("div", { class: "actions" }, run), result);
}
