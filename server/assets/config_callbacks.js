// Callbacks: the settings, a new secret with overlap, and the log of deliveries.
import { api, element, shortly, when } from "./live.js";
import { asked, explain, read } from "./config_api.js";
import { button } from "./form.js";
import { part } from "./config_single.js";
import { callbacks as words } from "./words_crm.js";

const fields = [
  { key: "https_only", label: "Only to https:// addresses", kind: "flag" },
  { key: "userdata_json", label: "Send the user data as JSON too", kind: "flag" },
  { key: "secret", label: "Signing secret", kind: "secret", made: true },
];

export async function show(page) {
  const config = await read();
  if (!page.isCurrent()) return;
  page.title();
  const shown = part(page, config, { name: "callbacks", fields, hints: words.hints, stored: ({ callbacks }) => callbacks ?? { https_only: false, userdata_json: false } });
  page.place.replaceChildren(element("p", { class: "quiet" }, words.about), shown.node, rotation(page, config.tenant.callbacks), await deliveries());
}

/** A new secret; for a while both sign, so that no receiver misses one. */
function rotation(page, { previous_secret_until: until } = {}) {
  const hours = element("input", { type: "text", inputmode: "numeric", id: "overlap", value: "24", class: "number", "aria-describedby": "overlap-hint overlap-error", "data-overlap": true });
  const error = element("p", { class: "error", id: "overlap-error", hidden: true });
  const asking = element("div", { class: "problems", hidden: true });
  const yes = button(words.rotateYes, "", "rotate-yes", async () => {
    const text = hours.value.trim();
    asking.hidden = true;
    error.hidden = true;
    hours.removeAttribute("aria-invalid");
    try {
      const answer = await asked(() => api("/api/v1/config/callbacks/rotate", { method: "POST", body: { overlap_hours: /^\d{1,6}$/.test(text) ? Number(text) : text } }));
      await page.again();
      page.done(answer, words.rotated);
    } catch (problem) {
      error.textContent = problem.errors?.map(({ text: said }) => said).join(" ") || explain(problem);
      error.hidden = false;
      hours.setAttribute("aria-invalid", "true");
      hours.focus();
    }
  });
  const start = button(words.rotate, "plain", "rotate", () => { asking.hidden = false; no.focus(); });
  const no = button(words.rotateNo, "plain", "rotate-no", () => { asking.hidden = true; start.focus(); });
  asking.append(element("p", {}, words.rotateAsk), element("div", { class: "actions" }, yes, no));
  return element("section", { class: "card" }, element("h2", {}, "New secret"), until && Date.parse(until) > Date.now() ? element("p", { "data-overlap-until": true }, words.overlapUntil(when(until))) : null,
    element("div", { class: "field" }, element("label", { for: "overlap" }, "Overlap"),
    element("div", { class: "with-unit short" }, hours, element("span", { class: "unit" }, "hours")), element("p", { class: "hint", id: "overlap-hint" }, words.overlap), error), asking, element("div", { class: "actions" }, start));
}

/** What was sent where, newest first. */
async function deliveries() {
  const body = element("tbody");
  const said = element("p", { class: "quiet", role: "status", tabindex: "-1" });
  const more = button(words.more, "plain", "more", () => load());
  const table = element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Deliveries" }, element("table", { class: "listed" },
    element("thead", {}, element("tr", {}, ...["Call", "State", "Address", "Tries", "When", ""].map((title) => (title ? element("th", { scope: "col" }, title) : element("td"))))), body));
  let last;
  async function load() {
    try {
      const { deliveries: found, more: others } = await asked(() => api(`/api/v1/config/callbacks/deliveries${last === undefined ? "" : `?before=${last}`}`));
      const rows = found.map((one) => row(one));
      body.append(...rows);
      last = found.at(-1)?.id ?? last;
      more.hidden = !others;
      table.hidden = !body.children.length;
      said.textContent = body.children.length ? "" : words.noDeliveries;
      if (document.activeElement === more && more.hidden) rows[0]?.querySelector("a")?.focus();
    } catch (problem) { said.textContent = explain(problem); }
  }
  function row(delivery) {
    const state = element("td");
    const show = (now) => state.replaceChildren(element("span", { class: `badge ${now === "delivered" ? "good" : now === "pending" ? "" : "bad"}` }, words.states[now] ?? now), delivery.last_error && now !== "delivered" ? element("span", { class: "hint" }, delivery.last_error) : "");
    show(delivery.state);
    const resend = button(words.resend, "plain small", "resend", async () => {
      try {
        await asked(() => api(`/api/v1/config/callbacks/deliveries/${delivery.id}/resend`, { method: "POST" }));
        show("pending");
        said.textContent = words.resent(delivery.transaction_id);
      } catch (problem) { said.textContent = explain(problem); }
    });
    resend.setAttribute("aria-label", words.resendOf(delivery.transaction_id));
    return element("tr", { "data-delivery": String(delivery.id) }, element("td", {}, element("a", { href: `/AGUI/trace/${delivery.transaction_id}` }, String(delivery.transaction_id))), state,
      element("td", { class: "address" }, delivery.url), element("td", { class: "number" }, String(delivery.attempts)), element("td", {}, shortly(delivery.settled_at ?? delivery.due_at ?? delivery.created_at)), element("td", {}, delivery.state === "pending" ? "" : resend));
  }
  await load();
  return element("section", { class: "card", "data-deliveries": true }, element("h2", {}, "Deliveries"), element("p", { class: "hint" }, words.deliveries), said, table, element("div", { class: "actions" }, more));
}
