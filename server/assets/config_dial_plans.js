// Dial plans: ordered rules, and a box that shows what the rules as they stand in the form do to a number.
import { api, element } from "./live.js";
import { list } from "./config_list.js";
import { asked, explain, options } from "./config_api.js";
import { freeId } from "./config_lists.js";
import { dialPlan as words } from "./words_config.js";

/** How long typing rests before the number is tried, in milliseconds. */
const REST = 250;

const does = ({ rewrite, refuse }) => (refuse !== undefined ? "refuse" : rewrite !== undefined ? "rewrite" : "pass");

export const { show } = list({
  part: "dial_plan", key: "id", words,
  name: ({ id, name }) => (name ? `Dial plan ${id} · ${name}` : `Dial plan ${id}`),
  columns: [
    { title: "Id", of: (item) => String(item.id), kind: "number" },
    { title: "Name", of: (item) => item.name },
    { title: "Rules", of: (item) => String((item.rule ?? []).length) },
    { title: "Used by", of: (item, { tenant }) => [...(tenant.default_dial_plan === item.id ? [words.default] : []), ...(tenant.agent ?? []).filter(({ dial_plan: own }) => own === item.id).map(({ login }) => login)].join(", ") },
  ],
  blank: ({ tenant }) => ({ id: freeId(tenant.dial_plan, 1), rule: [] }),
  fields: (config, item) => [
    { key: "id", label: "Id", kind: "number", required: true, fixed: Boolean(item) },
    { key: "name", label: "Name", kind: "text" },
    { key: "rule", label: "Rules, in order", kind: "rows", one: "rule", blank: () => ({ rewrite: "" }), fields: [
      { key: "match", label: "When the digits match", kind: "text", mono: true, required: true, raw: true },
      { key: "does", label: "Then", kind: "choice", virtual: true, from: does, options: words.does },
      { key: "rewrite", label: "Dial this instead", kind: "text", mono: true, always: true, when: (rule) => rule.does === "rewrite" },
      { key: "refuse", label: "Say this to the agent", kind: "text", always: true, when: (rule) => rule.does === "refuse" },
      { key: "trunk", label: "Trunk", kind: "pick", options: options.trunks, none: words.firstTrunk(config.trunks[0]), when: (rule) => rule.does !== "refuse" },
      { key: "comment", label: "Comment", kind: "text" },
    ] },
  ],
  beside: (form, _, item, page) => page.place.append(testBox(form, item)),
});

/** What becomes of a number, as the rules stand in the form now, saved or not. */
function testBox(form, item) {
  const number = element("input", { type: "text", inputmode: "tel", id: "plan-number", autocomplete: "off", class: "number", placeholder: "(650) 292-8880", "data-plan-number": true });
  const prefix = element("input", { type: "text", inputmode: "numeric", id: "plan-prefix", autocomplete: "off", class: "number", "aria-describedby": "plan-prefix-hint", "data-plan-prefix": true });
  const result = element("div", { role: "status", "data-plan-result": true }, element("p", { class: "quiet" }, words.typeNumber));
  let waiting;
  let asking = 0;
  async function ask() {
    const mine = ++asking;
    for (const row of document.querySelectorAll("[data-row].matched")) row.classList.remove("matched");
    if (!number.value.trim()) { result.replaceChildren(element("p", { class: "quiet" }, words.typeNumber)); return; }
    const plan = form.read();
    // A plan that has no id yet is tried all the same.
    const body = { plan: { ...plan, id: Number.isInteger(plan.id) ? plan.id : item?.id ?? 0 }, number: number.value, ...(prefix.value ? { prefix: prefix.value } : {}) };
    try {
      const answer = await asked(() => api("/api/v1/config/dial_plan/test", { method: "POST", body }));
      if (mine === asking) result.replaceChildren(...shown(answer));
    } catch (problem) {
      if (mine !== asking) return;
      const texts = problem.errors?.map(({ path, text }) => (path[0] === "rule" ? words.inRule(path[1] + 1, text) : text)) ?? [explain(problem)];
      result.replaceChildren(...texts.map((text) => element("p", { class: "error" }, text)));
    }
  }
  const soon = () => { clearTimeout(waiting); waiting = setTimeout(ask, REST); };
  number.addEventListener("input", soon);
  prefix.addEventListener("input", soon);
  form.onChange(soon);
  return element("section", { class: "card", "aria-labelledby": "plan-test" }, element("h2", { id: "plan-test" }, "Try a number"),
    element("div", { class: "fields in-row" },
      element("div", { class: "field" }, element("label", { for: "plan-number" }, "Number, as on a page"), number),
      element("div", { class: "field short" }, element("label", { for: "plan-prefix" }, "Prefix of the link"), prefix, element("p", { class: "hint", id: "plan-prefix-hint" }, words.prefix))), result);
}

/** Each step and the end of it. */
function shown({ number, extension, steps, result, refused, country, warnings = [] }) {
  for (const step of steps) if (step.matched) document.querySelector(`[data-row="rule.${step.rule - 1}"]`)?.classList.add("matched");
  const code = (text) => element("code", {}, text);
  const list = steps.map((step) => element("li", { class: step.matched ? "matched" : "", "data-step": String(step.rule) },
    words.rule(step.rule), " ", code(step.match), " ", step.matched ? words.matches : words.matchesNot, ...(step.matched && step.after && step.after !== step.before ? [": ", code(step.before), " → ", code(step.after)] : [])));
  const end = refused
    ? element("p", { class: "end-of-plan error", "data-plan-end": "refused" }, words.refused, element("strong", {}, refused))
    : element("p", { class: "end-of-plan", "data-plan-end": "dialled" }, words.dialled, element("strong", { class: "number" }, result?.number ?? number), result?.trunk ? words.over(result.trunk) : "", country ? words.inCountry(country) : "");
  return [element("p", {}, words.digits, code(number), extension ? words.extension(extension) : ""), steps.length ? element("ol", { class: "plan-steps" }, ...list) : element("p", { class: "quiet" }, words.noRules), end, ...warnings.map((warning) => element("p", { class: "quiet" }, warning.text ?? String(warning)))];
}
