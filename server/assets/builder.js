// The form of the link builder: what stands in a link, as rows and fields. It knows the names of parameters, not their rules:
// reading and writing links is the API's.
import { element } from "./live.js";
import { links as words } from "./words.js";

const LISTS = ["userdata", "ext", "other"];
/** What `ctl_` rows the selects stand for; the text fields carry their own names. */
const CREATE = ["ctl_action", "ctl_intType"];
const LAUNCH = ["ctl_launchopt", "ctl_launchext"];

/** Runs the form; `changed` is called after each change. Gives `load(draft)`, `draft()` and `isEmpty()`. */
export function builder(form, changed) {
  const rows = { userdata: [], ext: [], other: [] };
  const fields = [...form.querySelectorAll("[data-parameter]")];
  const paired = [...form.querySelectorAll("[data-pair]")];
  const create = form.querySelector("[data-create]");
  const launch = form.querySelector("[data-launch]");
  const spelling = form.querySelector("[data-spelling]");
  const others = form.querySelector("[data-others]");
  const folds = [...form.querySelectorAll("[data-fold]")];
  let lastValue = null;
  let made = 0;

  const same = (one, other) => one.toLowerCase() === other.toLowerCase();
  const named = (name) => rows.userdata.filter((row) => same(row.name, name));

  /** What the fields of the form stand for: the row of that name, if there is just one. */
  const only = (name) => (named(name).length === 1 ? named(name)[0] : null);

  function put(name, value) {
    const row = only(name);
    if (value === "" && row) rows.userdata.splice(rows.userdata.indexOf(row), 1);
    else if (row) row.value = value;
    else if (value !== "" && named(name).length === 0) rows.userdata.push({ name, value, id: ++made });
  }

  /** Whether the selects can say what the rows say; if not, the rows are shown as they are. */
  const says = () => {
    const of = (name) => named(name).map((row) => row.value);
    const [action, kind, open, how] = [...CREATE, ...LAUNCH].map(of);
    return {
      create: (action.length === 0 && kind.length === 0) || (action.join() === "create" && [...create.options].some((option) => option.value && option.value === kind.join())),
      launch: (open.length === 0 && how.length === 0) || (open.join() === "true" && (how.length === 0 || how.join() === "edit")),
    };
  };

  function inFields(row) {
    const said = says();
    if (CREATE.some((name) => same(name, row.name))) return said.create;
    if (LAUNCH.some((name) => same(name, row.name))) return said.launch;
    return paired.some((field) => same(field.dataset.pair, row.name)) && only(row.name) === row && !row.value.includes("\n");
  }

  /** Shows the fields that stand for rows, and the rows that no field stands for. */
  function show() {
    const said = says();
    create.value = said.create ? only("ctl_intType")?.value ?? "" : "";
    launch.value = said.launch ? (only("ctl_launchext") ? "edit" : only("ctl_launchopt") ? "true" : "") : "";
    for (const field of paired) {
      const row = only(field.dataset.pair);
      field.value = row && inFields(row) ? row.value : "";
      field.disabled = named(field.dataset.pair).length > 0 && !(row && inFields(row));
    }
    create.disabled = !said.create;
    launch.disabled = !said.launch;
    for (const list of LISTS) showRows(list);
    others.hidden = rows.other.length === 0;
    unfold();
  }

  /** What is seldom used is folded, but never what the link says. */
  function unfold() {
    for (const fold of folds) {
      const says = [...fold.querySelectorAll("input, textarea")].some(({ value }) => value !== "");
      if (says) fold.open = true;
    }
  }

  function showRows(list) {
    const shown = rows[list].filter((row) => list !== "userdata" || !inFields(row));
    form.querySelector(`[data-rows=${list}]`).replaceChildren(...shown.map((row, at) => {
      const name = element("input", { type: "text", value: row.name, "aria-label": words.pairName(at + 1), autocomplete: "off", spellcheck: "false", class: "number" });
      const value = element("textarea", { rows: "1", "aria-label": words.pairValue(at + 1), spellcheck: "false", class: "number" }, row.value);
      const remove = element("button", { type: "button", class: "plain", "aria-label": words.removePair(row.name || at + 1) }, words.remove);
      name.addEventListener("input", () => { row.name = name.value; changed(); });
      // A name that a field stands for moves there once it is written, not under the writer's hands.
      name.addEventListener("change", () => { if (list === "userdata" && inFields(row)) { show(); form.querySelector(`[data-add=${list}]`).focus(); } });
      value.addEventListener("input", () => { row.value = value.value; changed(); });
      value.addEventListener("focus", () => { lastValue = value; });
      remove.addEventListener("click", () => {
        rows[list].splice(rows[list].indexOf(row), 1);
        show();
        (form.querySelector(`[data-add=${list}]`) ?? spelling).focus();
        changed();
      });
      const box = element("div", { class: "pair", "data-list": list, "data-row": String(row.id) }, name, value, remove, element("p", { class: "error", hidden: true }));
      return box;
    }));
  }

  form.addEventListener("input", (event) => {
    if (event.target.dataset.pair) put(event.target.dataset.pair, event.target.value);
    if (event.target.dataset.parameter || event.target.dataset.pair) changed();
  });
  form.addEventListener("change", (event) => {
    if (event.target === create) {
      put("ctl_action", create.value ? "create" : "");
      put("ctl_intType", create.value);
    } else if (event.target === launch) {
      put("ctl_launchopt", launch.value ? "true" : "");
      put("ctl_launchext", launch.value === "edit" ? "edit" : "");
    } else if (event.target !== spelling) return;
    changed();
  });
  for (const add of form.querySelectorAll("[data-add]")) {
    add.addEventListener("click", () => {
      rows[add.dataset.add].push({ name: "", value: "", id: ++made });
      show();
      form.querySelector(`[data-rows=${add.dataset.add}] > :last-child input`).focus();
    });
  }
  for (const token of form.querySelectorAll("[data-token]")) {
    token.addEventListener("click", () => {
      if (!lastValue?.isConnected) {
        rows.userdata.push({ name: token.dataset.token, value: "", id: ++made });
        show();
        lastValue = form.querySelector("[data-rows=userdata] > :last-child textarea");
      }
      lastValue.setRangeText(`$${token.dataset.token}$`, lastValue.selectionStart, lastValue.selectionEnd, "end");
      lastValue.dispatchEvent(new Event("input", { bubbles: true }));
      lastValue.focus();
    });
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => { load({ parameters: [], userdata: [], ext: [], spelling: spelling.value || null }); changed(); }));

  function load(draft) {
    const known = new Map(draft.parameters);
    for (const field of fields) {
      field.value = known.get(field.dataset.parameter) ?? "";
      known.delete(field.dataset.parameter);
    }
    const made_of = (pairs) => pairs.map(([name, value]) => ({ name, value, id: ++made }));
    Object.assign(rows, { userdata: made_of(draft.userdata), ext: made_of(draft.ext), other: made_of([...known]) });
    // A link without merge fields says nothing of how they are written.
    if (draft.spelling) spelling.value = draft.spelling;
    for (const fold of folds) fold.open = false;
    show();
  }

  const asPairs = (list) => list.filter((row) => row.name.trim() || row.value).map((row) => [row.name, row.value]);
  const draft = () => ({
    parameters: [...fields.map((field) => [field.dataset.parameter, field.value]), ...asPairs(rows.other)],
    userdata: asPairs(rows.userdata),
    ext: asPairs(rows.ext),
    spelling: spelling.value || null,
  });

  /** Shows what no link can hold beside its row; gives the sentences that have no row on the page. */
  function complain(errors) {
    for (const line of form.querySelectorAll(".pair .error")) line.hidden = true;
    return errors.filter(({ list, row, text }) => {
      const wrong = (rows[list] ?? []).filter((one) => one.name.trim() || one.value)[row];
      const line = wrong && form.querySelector(`[data-list=${list}][data-row="${wrong.id}"] .error`);
      if (!line) return true;
      line.textContent = text;
      line.hidden = false;
      return false;
    });
  }

  show();
  return { load, draft, complain, isEmpty: () => { const now = draft(); return now.parameters.every(([, value]) => !value) && !now.userdata.length && !now.ext.length; } };
}
