// The controls of a form: one for each kind of field. A control knows its value, its place, and what is wrong with it.
//
// A control is { node, read(), place(path), find(path), say(text), focus(), refresh() }: `read` gives the value as the API
// wants it (undefined: the key is left out), `place` tells it the path it stands at, `find` gives the innermost control at a
// path below it, `say` shows what is wrong beside it. Kinds, hooks and the description of fields: form.js.
import { element } from "./live.js";
import { rows } from "./form_rows.js";
import { form as words } from "./words_config.js";

/** How a secret that is stored stands in what the API gives. */
export const KEPT = "***";

let ids = 0;
/** An id that no other element of the page has. */
export const nextId = () => `f${++ids}`;

const errorPlace = (id) => element("p", { class: "error", id: `${id}-error`, "data-error": true, hidden: true });

/** What is wrong, beside the inputs that it is about. */
export function complain(error, inputs, text) {
  error.textContent = text ?? "";
  error.hidden = !text;
  for (const input of inputs) {
    if (text) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }
}

/** A label, what explains it, the input, and a place for what is wrong with it. */
function single(field, input, read, context, ...after) {
  const id = nextId();
  const hint = context.hints[field.key];
  const error = errorPlace(id);
  const unit = field.unit ? element("span", { class: "unit", id: `${id}-unit` }, field.unit) : null;
  input.id = id;
  input.setAttribute("aria-describedby", [hint && `${id}-hint`, unit && `${id}-unit`, `${id}-error`].filter(Boolean).join(" "));
  if (field.required) input.setAttribute("aria-required", "true");
  const label = element("label", { for: id }, field.label, field.required && !field.fixed ? element("span", { class: "quiet" }, words.required) : null);
  const node = element("div", { class: `field ${field.size ?? ""}` }, label,
    unit ? element("div", { class: "with-unit" }, input, unit) : input, ...after,
    hint ? element("p", { class: "hint", id: `${id}-hint` }, hint) : null, error);
  return leaf(node, read, input, (path) => { input.dataset.field = path; error.dataset.error = path; }, (text) => complain(error, [input], text));
}

/** A control without others in it. */
function leaf(node, read, input, named, say) {
  return { node, read, place: (path) => named(path.join(".")), find: () => null, say, focus: () => input.focus(), refresh() {} };
}

function textInput(field, value, more = {}) {
  const input = element("input", { type: "text", autocomplete: "off", spellcheck: "false", autocapitalize: "none", class: field.mono ? "number" : null,
    readonly: field.fixed, placeholder: field.placeholder, maxlength: field.max, ...more });
  input.value = value ?? "";
  return input;
}

/** What is typed, or nothing where nothing is typed and nothing is an answer. */
const typed = (field, text) => (text === "" && !field.always ? undefined : text);

function text(field, value, context) {
  const input = textInput(field, value, { "aria-keyshortcuts": null });
  const after = [];
  if (field.suggest) {
    const list = element("datalist", { id: nextId() }, ...field.suggest.map((option) => element("option", { value: option })));
    input.setAttribute("list", list.id);
    after.push(list);
  }
  if (field.echo) after.push(echo(field, input));
  return single(field, input, () => typed(field, field.raw ? input.value : input.value.trim()), context, ...after);
}

/** What an entry means, said below it while it is typed. */
function echo(field, input) {
  const said = element("p", { class: "echo", "aria-live": "polite" });
  const show = () => { said.textContent = field.echo(input.value); };
  input.addEventListener("input", show);
  show();
  return said;
}

function long(field, value, context) {
  const input = element("textarea", { rows: String(field.rows ?? 4), spellcheck: "false", class: field.mono ? "number" : null });
  input.value = value ?? "";
  return single({ size: "whole", ...field }, input, () => typed(field, input.value), context);
}

/** A whole number; what is none goes to the server as it is, which says so. */
function number(field, value, context) {
  const input = textInput({ ...field, mono: true }, value, { inputmode: "numeric" });
  const read = () => { const text = input.value.trim(); return /^\d{1,15}$/.test(text) ? Number(text) : typed(field, text); };
  return single({ size: "short", ...field }, input, read, context);
}

/** Texts, one a line. */
function many(field, value, context) {
  const input = element("textarea", { rows: String(Math.min(12, Math.max(field.rows ?? 3, (value ?? []).length + 1))), spellcheck: "false", class: "number lines" });
  input.value = (value ?? []).join("\n");
  const read = () => input.value.split("\n").map((line) => line.trim()).filter(Boolean);
  const control = single({ size: "whole", ...field }, input, read, context, field.echo ? echo(field, input) : null);
  const { say } = control;
  // An error of one of its texts says which.
  control.find = ([at]) => ({ ...control, find: () => null, say: (said) => say(said && Number.isInteger(at) ? words.line(read()[at] ?? at + 1, said) : said) });
  return control;
}

/** A secret: what is stored is never shown, and stays unless something is typed. */
function secret(field, value, context) {
  const stored = value === KEPT;
  const input = element("input", { type: "password", autocomplete: "new-password", spellcheck: "false" });
  const forget = stored && field.removable ? element("input", { type: "checkbox", "data-forget": true }) : null;
  const read = () => (input.value !== "" ? input.value : stored && !forget?.checked ? KEPT : undefined);
  const shown = { ...field, required: field.required && !stored };
  const said = stored ? words.stored : field.made ? words.made : null;
  const hints = { ...context.hints, [field.key]: [said, context.hints[field.key]].filter(Boolean).join(" ") };
  return single(shown, input, read, { ...context, hints }, forget ? element("label", { class: "choice" }, forget, words.forget) : null);
}

function flag(field, value, context) {
  const id = nextId();
  const hint = context.hints[field.key];
  const error = errorPlace(id);
  const input = element("input", { type: "checkbox", id, "aria-describedby": [hint && `${id}-hint`, `${id}-error`].filter(Boolean).join(" ") });
  input.checked = value ?? field.default ?? false;
  const node = element("div", { class: "field whole" }, element("label", { class: "choice" }, input, field.label),
    hint ? element("p", { class: "hint", id: `${id}-hint` }, hint) : null, error);
  return leaf(node, () => input.checked, input, (path) => { input.dataset.field = path; error.dataset.error = path; }, (text) => complain(error, [input], text));
}

const optionsOf = (field, context) => (typeof field.options === "function" ? field.options(context.config) : field.options);

/** One of several: radio buttons where each needs a sentence, else a list. */
function choice(field, value, context) {
  const options = optionsOf(field, context);
  return options.some(([, , sentence]) => sentence) ? radios(field, options, value ?? field.default, context) : listed(field, options, value ?? field.default, context);
}

function listed(field, options, value, context) {
  const known = value === undefined || options.some(([option]) => option === value);
  // What is stored but no longer there is shown as it is, so that saving does not change it unseen.
  const all = known ? options : [...options, [value, words.gone(value)]];
  const input = element("select", {}, ...all.map(([, label], at) => element("option", { value: String(at) }, label)));
  input.selectedIndex = Math.max(0, all.findIndex(([option]) => option === value));
  return single({ size: "middling", ...field }, input, () => all[input.selectedIndex]?.[0], context);
}

/** One item of another part, or none. */
const pick = (field, value, context) => listed(field, [[undefined, field.none ?? words.none], ...optionsOf(field, context)], value, context);

function set(field, inputs, labels, read, context) {
  const id = nextId();
  const hint = context.hints[field.key];
  const error = errorPlace(id);
  const node = element("fieldset", { class: "field whole", tabindex: inputs.length ? null : "-1", "aria-describedby": [hint && `${id}-hint`, `${id}-error`].filter(Boolean).join(" ") },
    element("legend", {}, field.label), hint ? element("p", { class: "hint", id: `${id}-hint` }, hint) : null,
    element("div", { class: "choices", role: inputs.length > 12 ? "region" : null, tabindex: inputs.length > 12 ? "0" : null, "aria-label": inputs.length > 12 ? field.label : null }, ...labels), error);
  const named = (path) => {
    node.dataset.field = path;
    error.dataset.error = path;
    for (const input of inputs) input.dataset.option = `${path}=${input.value}`;
  };
  return leaf(node, read, inputs.find((input) => input.checked) ?? inputs[0] ?? node, named, (text) => complain(error, inputs, text));
}

function radios(field, options, value, context) {
  const name = nextId();
  const inputs = options.map(([option]) => element("input", { type: "radio", name, value: option, checked: option === (value ?? options[0][0]) }));
  const labels = options.map(([, label, sentence], at) => element("label", { class: "choice" }, inputs[at],
    element("span", {}, label, sentence ? element("span", { class: "hint" }, sentence) : null)));
  return set(field, inputs, labels, () => options[inputs.findIndex((input) => input.checked)]?.[0], context);
}

/** Several items of another part. */
function picks(field, value, context) {
  const options = optionsOf(field, context);
  const chosen = value ?? [];
  const lost = chosen.filter((item) => !options.some(([option]) => option === item)).map((item) => [item, words.gone(item)]);
  const all = [...options, ...lost];
  const inputs = all.map(([option]) => element("input", { type: "checkbox", value: String(option), checked: chosen.includes(option) }));
  const labels = all.map(([, label], at) => element("label", { class: "choice" }, inputs[at], label));
  // In the order in which they stand in what is stored; those that are new come last.
  const read = () => {
    const now = all.map(([option]) => option).filter((_, at) => inputs[at].checked);
    return [...chosen.filter((item) => now.includes(item)), ...now.filter((item) => !chosen.includes(item))];
  };
  return set(field, inputs, all.length ? labels : [element("p", { class: "hint" }, field.nothing ?? words.nothing)], read, context);
}

const KINDS = { text, long, number, many, secret, flag, choice, pick, picks, rows: (field, value, context) => rows(field, value, context, group) };

/** A group of fields: the whole form, or one row of it. */
export function group(fields, value, context) {
  const controls = new Map();
  const node = element("div", { class: context.class ?? "fields" });
  for (const field of fields) {
    if (field.heading) { node.append(...headed(field)); continue; }
    const control = KINDS[field.kind](field, field.from ? field.from(value) : value[field.key], { ...context, class: undefined });
    controls.set(field, control);
    node.append(control.node);
  }
  const shown = () => [...controls].filter(([, control]) => !control.node.hidden);
  const by = (key) => shown().find(([field]) => field.key === key)?.[1];
  /** What stands in the form, virtual fields too. */
  function raw() {
    const read = {};
    for (const [field, control] of controls) {
      control.node.hidden = Boolean(field.when && !field.when(read, context.config));
      const now = control.node.hidden ? undefined : control.read();
      if (now !== undefined) read[field.key] = now;
    }
    return read;
  }
  function read() {
    const known = fields.map((field) => field.key);
    const rest = Object.entries(value).filter(([key]) => !known.includes(key));
    const now = raw();
    for (const field of fields) if (field.virtual) delete now[field.key];
    return { ...Object.fromEntries(rest), ...now };
  }
  raw();
  return {
    node, read,
    place: (path) => { for (const [field, control] of controls) control.place([...path, field.key]); },
    find: ([key, ...rest]) => { const control = by(key); return control ? (rest.length ? control.find(rest) ?? control : control) : null; },
    say: (text) => { for (const [, control] of controls) if (!text) control.say(null); },
    focus: () => shown()[0]?.[1].focus(),
    refresh: () => { raw(); for (const [, control] of controls) control.refresh(); },
  };
}

const headed = (field) => [element("h2", {}, field.heading), field.text ? element("p", { class: "hint" }, field.text) : null].filter(Boolean);
