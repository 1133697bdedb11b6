// Forms from a description of their fields: what is wrong stands beside each field, nothing is lost unasked.
//
// A field is { key, label, kind, … }:
//   text | long | number | many (texts, one a line) | flag | secret
//   choice { options: [[value, label, sentence?]] } | pick, picks { options: (config) => [[value, label]], none, nothing }
//   rows { fields, one: "rule", blank, most, ordered: false, map: true (a table of names and values) }
// and for any: required, unit, fixed (cannot be changed), always (sent though empty), default, echo(text), suggest, mono, rows,
// size, when(what stands above it, config), virtual with from(value) (steers others and is not sent), { heading, text } between.
// Hints come by key from `hints`; those of rows are { all, key: … }.
//
// Hooks for tests: form[data-form=NAME]; [data-field="phone.0.uri"] is the input (fieldset for rows and sets of choices),
// [data-option="queues=101"] one of a set's, [data-error="phone.0.uri"] what is wrong there; [data-errors] the summary,
// [data-save] [data-dry-run] [data-discard] [data-delete] [data-delete-yes] [data-delete-no] the buttons;
// [data-add="rule"] [data-row="rule.0"] [data-up="rule.0"] [data-down=…] [data-remove=…] of rows; [data-plan] what would change;
// [data-conflict] with [data-keep-mine] [data-take-theirs]; [data-new] of lists; [data-said] the page's status, [data-undo] in it;
// [data-made] secrets that are shown once, with [data-made-value] [data-copy] [data-made-done].
import { element } from "./live.js";
import { group } from "./fields.js";
import { explain, planLines } from "./config_api.js";
import { form as words } from "./words_config.js";

/** A button that does one thing at a time. */
export function button(text, kind, hook, act) {
  const made = element("button", { type: "button", class: kind, [`data-${hook}`]: true }, text);
  made.addEventListener("click", async () => {
    if (made.getAttribute("aria-disabled")) return;
    // Not `disabled`: a button that is disabled loses the focus.
    made.setAttribute("aria-disabled", "true");
    try { await act(made); } finally { made.removeAttribute("aria-disabled"); }
  });
  return made;
}

/**
 * A form. `save(value, dry)` and `remove(dry)` call the API and give its answer; `reload()` gives what is stored now;
 * `saved(answer)` and `removed(answer)` follow what was done; `above` and `below` are elements of the page's own.
 */
export function form({ name, fields, value, hints = {}, config, save, remove, removeWords, reload, saved, removed, fresh = false, below = [] }) {
  // What is wrong is said by the API with its keys; people know fields by their labels.
  const labels = new Map(fields.flatMap((field) => [field, ...(field.fields ?? [])]).filter(({ virtual, key }) => key && !virtual).map(({ key, label }) => [key, label]).reverse());
  let stored = value;
  let root;
  let before;
  const place = element("div");
  const summary = element("div", { class: "problems", tabindex: "-1", "data-errors": true, hidden: true });
  const plan = element("div", { class: "plan-box", role: "status", "data-plan": true });
  const conflict = element("div", { class: "problems", tabindex: "-1", "data-conflict": true, hidden: true });
  const asking = element("div", { class: "problems", hidden: true });
  const discard = button(words.discard, "plain", "discard", () => { build(stored); clear(); root.focus(); });
  const submit = element("button", { type: "submit", "data-save": true }, fresh ? words.create : words.save);
  const dry = button(words.dryRun, "plain", "dry-run", () => attempt(true));
  const deleting = remove ? button(words.delete, "plain end-quiet", "delete", () => ask()) : null;
  const bar = element("div", { class: "actions save-bar" }, submit, dry, discard, deleting);
  const node = element("form", { novalidate: true, "data-form": name }, conflict, summary, place, ...below, plan, asking, bar);

  function build(shown) {
    root = group(fields, shown, { hints, config });
    root.place([]);
    place.replaceChildren(root.node);
    before = JSON.stringify(root.read());
    refresh();
  }

  const dirty = () => JSON.stringify(root.read()) !== before;

  function refresh() {
    root.refresh();
    discard.disabled = !dirty();
    node.classList.toggle("dirty", dirty());
    for (const listener of listeners) listener(root.read());
  }

  const listeners = new Set();

  function clear() {
    root.say(null);
    summary.hidden = true;
    plan.replaceChildren();
  }

  /** Shows what is wrong: beside its fields, and all of it on top. */
  function refuse(errors, heading = words.wrong(errors.length)) {
    const told = new Map();
    const lines = errors.map(({ path, text: said }) => {
      const text = sentence(said.replace(/^([a-z_]+):/, (whole, key) => (words.elsewhere[key] ? `${words.elsewhere[key]}:` : whole)).replace(/"([a-z_]+)"/g, (quoted, key) => (labels.has(key) ? `“${labels.get(key)}”` : quoted)));
      const control = path.length ? root.find(path) : null;
      if (!control) return element("li", {}, [path.join(" "), text].filter(Boolean).join(": "));
      // Two errors of one field are both said.
      told.set(control.node, [...(told.get(control.node) ?? []), text]);
      control.say(told.get(control.node).join(" "));
      const link = element("a", { href: location.hash || "#" }, text);
      link.addEventListener("click", (event) => { event.preventDefault(); control.focus(); });
      return element("li", {}, link);
    });
    summary.replaceChildren(element("h2", {}, heading), element("ul", {}, ...lines));
    summary.hidden = false;
    const first = errors.map(({ path }) => (path.length ? root.find(path) : null)).find(Boolean);
    if (first) first.focus(); else summary.focus();
  }

  function failed(problem, heading) {
    if (problem.code === "CONFIG_CHANGED") return differ(problem);
    if (problem.errors?.length) refuse(problem.errors, heading);
    else refuse([{ path: [], text: explain(problem) }]);
  }

  async function attempt(onlyTry) {
    clear();
    try {
      const answer = await save(root.read(), stored, onlyTry);
      if (onlyTry) plan.replaceChildren(element("h2", {}, words.wouldChange), planLines(answer.lines));
      else { before = JSON.stringify(root.read()); await saved(answer); }
    } catch (problem) { failed(problem); }
  }

  /** Somebody else changed it: theirs beside mine, and the choice. */
  async function differ(problem) {
    let theirs;
    try { theirs = await reload(); } catch (worse) { refuse([{ path: [], text: explain(worse) }]); return; }
    const mine = root.read();
    const keys = theirs ? fields.filter(({ key, virtual }) => key && !virtual && JSON.stringify(theirs[key]) !== JSON.stringify(mine[key])) : [];
    const table = keys.length ? element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": words.compared },
      element("table", {}, element("thead", {}, element("tr", {}, ...[words.field, words.theirs, words.mine].map((text) => element("th", { scope: "col" }, text)))),
        element("tbody", {}, ...keys.map(({ key, label }) => element("tr", {}, element("th", { scope: "row" }, label), element("td", {}, shortly(theirs[key])), element("td", {}, shortly(mine[key]))))))) : null;
    const keep = button(words.keepMine, "", "keep-mine", () => { stored = theirs; conflict.hidden = true; submit.focus(); });
    const take = button(words.takeTheirs, "plain", "take-theirs", () => {
      stored = theirs;
      build(theirs);
      keep.remove();
      take.remove();
      root.focus();
    });
    conflict.replaceChildren(element("h2", {}, words.changed), element("p", {}, explain(problem)),
      ...(theirs ? [element("p", {}, words.changedWhat), table ?? element("p", {}, words.alike), element("div", { class: "actions" }, keep, take)] : [element("p", {}, words.goneMeanwhile)]));
    conflict.hidden = false;
    conflict.focus();
  }

  /** Asks before it deletes, with what would change. */
  async function ask() {
    clear();
    let lines;
    try { lines = planLines((await remove(stored, true)).lines); } catch (problem) { failed(problem, words.stillUsed); return; }
    const yes = button(words.deleteYes, "end", "delete-yes", async () => {
      asking.hidden = true;
      try {
        const answer = await remove(stored, false);
        before = JSON.stringify(root.read());
        await removed(answer);
      } catch (problem) { failed(problem); }
    });
    const no = button(words.deleteNo, "plain", "delete-no", () => { asking.hidden = true; deleting.focus(); });
    asking.replaceChildren(element("h2", {}, removeWords ?? words.deleteAsk), lines, element("div", { class: "actions" }, yes, no));
    asking.hidden = false;
    no.focus();
    asking.scrollIntoView({ block: "nearest" });
  }

  node.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (submit.getAttribute("aria-disabled")) return;
    submit.setAttribute("aria-disabled", "true");
    try { await attempt(false); } finally { submit.removeAttribute("aria-disabled"); }
  });
  for (const kind of ["input", "change"]) node.addEventListener(kind, refresh);
  build(value);
  return { node, dirty, read: () => root.read(), focus: () => root.focus(), onChange: (listener) => { listeners.add(listener); listener(root.read()); }, refuse };
}

/** With a capital and a full stop. */
const sentence = (text) => text.replace(/^[a-z]/, (first) => first.toUpperCase()).replace(/([^.!?])$/, "$1.");

/** A value in a few words, for comparing. */
function shortly(value) {
  if (value === undefined || value === null || value === "") return "–";
  if (value === true) return words.yes;
  if (value === false) return words.no;
  if (Array.isArray(value) && value.every((item) => typeof item !== "object")) return value.join(", ") || "–";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
