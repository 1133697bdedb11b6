// What all pages of Configuration Manager share: the tenant as it is, changing it, and what an answer means in words.
import { api, element, toLogin } from "./live.js";
import { common } from "./words.js";
import { form as words } from "./words_config.js";

/** Reads the whole tenant: { tenant, trunks, version }. */
export const read = () => asked(() => api("/api/v1/config"));

/** Runs a request; one who is logged out goes to the log-in page. */
export async function asked(request) {
  try { return await request(); } catch (problem) {
    if (problem.code === "SESSION_REQUIRED") toLogin();
    throw problem;
  }
}

/** Changes a part, or says what would change. */
export function change(method, [part, key], body, dry) {
  const path = ["/api/v1/config", part, ...(key === undefined ? [] : [encodeURIComponent(key)])].join("/");
  return asked(() => api(dry ? `${path}?dry_run=1` : path, { method, body }));
}

/** Takes a change back, or says what that would change. */
export const undo = (id, dry) => asked(() => api(`/api/v1/config/audit/${id}/undo${dry ? "?dry_run=1" : ""}`, { method: "POST" }));

/** Why something did not go, in a sentence. */
export const explain = (problem) => problem.detail ?? (problem instanceof TypeError ? common.unreachable : common.noReason);

const SIGNS = { "+": ["added", words.added], "-": ["removed", words.goes], "~": ["changed", words.differs] };

/** The lines of a plan as a list. */
export function planLines(lines) {
  if (!lines.length) return element("p", { class: "quiet" }, words.nothingChanges);
  return element("ul", { class: "plan" }, ...lines.map((line) => {
    const [kind, word] = SIGNS[line[0]] ?? ["changed", ""];
    // Every line names the tenant, and here there is one.
    return element("li", { class: kind }, element("span", { class: "sign" }, word), " ", line.replace(/^[+~-] /, "").replace(/^tenant \S+:? (?=\S)/, ""));
  }));
}

/** Secrets that were made, shown this once. */
export function madeOnce(made) {
  if (!made?.length) return null;
  const box = element("section", { class: "card made", tabindex: "-1", "data-made": true, "aria-label": words.madeTitle }, element("h2", {}, words.madeTitle), element("p", {}, words.madeOnce));
  for (const { what, value } of made) {
    const code = element("code", { class: "secret-value", "data-made-value": true }, value);
    const copy = element("button", { type: "button", class: "plain", "data-copy": true }, words.copy);
    const said = element("span", { class: "quiet", role: "status" });
    copy.addEventListener("click", async () => {
      try { await navigator.clipboard.writeText(value); said.textContent = words.copied; } catch {
        // Without the right to the clipboard it is marked, ready to be copied by hand.
        getSelection().selectAllChildren(code);
        said.textContent = words.copyByHand;
      }
    });
    box.append(element("p", {}, element("strong", {}, what)), code, element("div", { class: "actions" }, copy, said));
  }
  const done = element("button", { type: "button", "data-made-done": true }, words.madeDone);
  done.addEventListener("click", () => { box.remove(); document.querySelector("h1")?.focus(); });
  box.append(element("div", { class: "actions" }, done));
  return box;
}

/** Choices of another part's items, for `pick` and `picks`. */
export const options = {
  channels: ({ tenant }) => (tenant.channel ?? []).map(({ number, name }) => [number, name ? `${number} · ${name}` : number]),
  plans: ({ tenant }) => (tenant.dial_plan ?? []).map(({ id, name }) => [id, name ? `${id} · ${name}` : String(id)]),
  lists: ({ tenant }) => (tenant.code_list ?? []).map(({ name }) => [name, name]),
  queues: ({ tenant }) => (tenant.queue ?? []).map(({ id, name }) => [id, name ? `${id} · ${name}` : String(id)]),
  trunks: ({ trunks }) => trunks.map((name) => [name, name]),
};

/** The hash at which an item stands. */
export const hashOf = (key) => `#/${encodeURIComponent(key)}`;
