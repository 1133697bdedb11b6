// Screen pop, and the CRMs beside Salesforce, each at an address of its own.
import { element } from "./live.js";
import { hashOf, read } from "./config_api.js";
import { part } from "./config_single.js";
import { crm as words, screenPop as popWords } from "./words_crm.js";

const popFields = [
  { key: "enabled", label: "Open a page when the agent is done", kind: "flag" },
  { key: "target", label: "What is opened", kind: "choice", options: popWords.targets },
  { key: "url", label: "Address", kind: "text", mono: true },
  { key: "account", label: "Account", kind: "text", size: "middling" },
  { key: "role", label: "Role", kind: "text", size: "middling" },
  { key: "send_password", label: "Send the agent's password along", kind: "flag" },
];

export const screenPop = {
  async show(page) {
    const config = await read();
    if (!page.isCurrent()) return;
    page.title();
    const shown = part(page, config, { name: "screen_pop", fields: popFields, hints: popWords.hints, stored: ({ screen_pop: pop }) => pop, blank: { enabled: true, target: "url" }, removable: true, removeWords: popWords.remove, offer: popWords.offer });
    page.place.replaceChildren(element("p", { class: "quiet" }, popWords.about), shown.node);
  },
};

const test = { key: "test_endpoint", label: "This is a test endpoint", kind: "flag" };
const isTest = (value) => value.test_endpoint === true;

const FIELDS = {
  rest: [
    { heading: "The request", text: words.templates },
    { key: "method", label: "Method", kind: "choice", options: ["POST", "PUT", "PATCH"].map((method) => [method, method]), default: "POST" },
    { key: "content_type", label: "Kind of body", kind: "choice", options: ["application/json", "application/x-www-form-urlencoded", "application/xml", "text/xml", "text/plain"].map((type) => [type, type]), default: "application/json" },
    { key: "url", label: "Address", kind: "text", mono: true, required: true, size: "whole" },
    { key: "body", label: "Body", kind: "long", mono: true, rows: 8, required: true },
    { key: "headers", label: "Headers", kind: "rows", map: true, ordered: false, one: "header", most: 32, blank: {}, fields: [{ key: "name", label: "Name", kind: "text", mono: true }, { key: "value", label: "Value", kind: "text", mono: true }] },
    { heading: "The new record", text: words.newRecord },
    { key: "found", label: "Where its id is", kind: "choice", virtual: true, from: (value) => (value.id_header ? "id_header" : value.id ? "id" : "id_pointer"), options: words.idFrom },
    { key: "id_pointer", label: "JSON pointer", kind: "text", mono: true, always: true, size: "whole half", when: ({ found }) => found === "id_pointer", placeholder: "/id" },
    { key: "id_header", label: "Header of the answer", kind: "text", mono: true, always: true, size: "whole half", when: ({ found }) => found === "id_header", placeholder: "Location" },
    { key: "id", label: "Id", kind: "text", mono: true, always: true, size: "whole half", when: ({ found }) => found === "id" },
    { key: "record_url", label: "Page of the record", kind: "text", mono: true },
    { key: "edit_url", label: "Page to edit it", kind: "text", mono: true },
    { heading: "If an answer is lost" },
    { key: "repeat", label: "What makes a repetition safe", kind: "choice", options: words.repeats, default: "idempotency-key" },
    { key: "idempotency_header", label: "Header that carries the GUID", kind: "text", mono: true, when: ({ repeat }) => repeat === "idempotency-key" },
    { key: "look_up_url", label: "Address to look it up", kind: "text", mono: true, always: true, when: ({ repeat }) => repeat === "look-up" },
    { key: "look_up_pointer", label: "JSON pointer to the id found", kind: "text", mono: true, always: true, when: ({ repeat }) => repeat === "look-up" },
    { heading: "Logging in" },
    { key: "auth", label: "How", kind: "choice", options: words.auths, default: "none" },
    { key: "user", label: "User", kind: "text", always: true, when: ({ auth }) => auth === "basic" },
    { key: "auth_header", label: "Header", kind: "text", mono: true, always: true, when: ({ auth }) => auth === "header" },
    { key: "token_url", label: "Address of the token", kind: "text", mono: true, always: true, when: ({ auth }) => auth === "oauth" },
    { key: "client_id", label: "Client id", kind: "text", mono: true, always: true, when: ({ auth }) => auth === "oauth" },
    { key: "scope", label: "Scope", kind: "text", mono: true, when: ({ auth }) => auth === "oauth" },
    { key: "secret", label: "Secret", kind: "secret", required: true, when: ({ auth }) => auth !== "none" },
    { key: "signing_secret", label: "Signing secret", kind: "secret", removable: true },
    test,
  ],
  hubspot: [
    { key: "access_token", label: "Access token", kind: "secret", required: true },
    { key: "portal", label: "Account number", kind: "text", mono: true, size: "middling" },
    { key: "unique_property", label: "Unique property", kind: "text", mono: true, size: "middling" },
    test,
    { key: "base_url", label: "Address of the test endpoint", kind: "text", mono: true, when: isTest },
  ],
  zendesk: [
    { key: "subdomain", label: "Subdomain", kind: "text", mono: true, required: true, size: "middling" },
    { key: "email", label: "E-mail of the agent it writes as", kind: "text", required: true },
    { key: "api_token", label: "API token", kind: "secret", required: true },
    test,
    { key: "base_url", label: "Address of the test endpoint", kind: "text", mono: true, when: isTest },
  ],
  dynamics: [
    { key: "url", label: "Address", kind: "text", mono: true, required: true, placeholder: "https://contoso.crm.dynamics.com" },
    { key: "directory", label: "Directory", kind: "text", mono: true, required: true },
    { key: "client_id", label: "Client id", kind: "text", mono: true, required: true },
    { key: "client_secret", label: "Client secret", kind: "secret", required: true },
    test,
    { key: "token_url", label: "Address of the token", kind: "text", mono: true, when: isTest },
  ],
};

export const others = {
  async show(page) {
    const config = await read();
    if (!page.isCurrent()) return;
    const of = words.kinds[page.key];
    if (of) {
      page.title(of.name);
      const shown = part(page, config, { name: page.key, fields: FIELDS[page.key], hints: of.hints, stored: (tenant) => tenant[page.key], removable: true, removeWords: words.remove(of.name), offer: { text: of.about, button: words.start(of.name) } });
      page.place.replaceChildren(config.tenant[page.key] ? element("p", { class: "quiet" }, of.about) : "", shown.node);
      return;
    }
    page.title();
    page.guard(null);
    const rows = Object.entries(words.kinds).map(([name, { name: title, about }]) => element("tr", { "data-item": name },
      element("td", {}, element("a", { href: hashOf(name) }, title)), element("td", {}, element("span", { class: config.tenant[name] ? "badge good" : "badge" }, config.tenant[name] ? words.set : words.notSet)), element("td", {}, about)));
    page.place.replaceChildren(element("p", { class: "quiet" }, words.about), element("div", { class: "card listing" }, element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "CRMs" },
      element("table", { class: "listed" }, element("thead", {}, element("tr", {}, ...["CRM", "State", "What it does"].map((title) => element("th", { scope: "col" }, title)))), element("tbody", {}, ...rows)))));
  },
};
