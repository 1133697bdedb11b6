// The link builder and checker: the form, what the server reads in the link it makes, and the ways to take it along.
import { api, element, latest } from "./live.js";
import { links as words } from "./words.js";
import { builder } from "./builder.js";

const at = (name) => document.querySelector(`[data-${name}]`);
const page = at("links");
const bytes = new TextEncoder();
const text = new TextDecoder();

/** What tokens stand for while one tries. */
const tokens = Object.fromEntries([...page.querySelectorAll("[data-token]")].map((token) => [token.dataset.token, token.dataset.sample]));

/** How long the form rests before it is read. */
const REST = 250;
let waiting = null;
const soon = () => { clearTimeout(waiting); waiting = setTimeout(read, REST); };
const form = builder(at("builder"), soon);

/** The samples that were typed or guessed, by the names of their merge fields. */
const samples = new Map();

function guess(name) {
  const short = name.toLowerCase();
  if (/phone|mobile|number|tel/.test(short)) return words.samplePhone;
  if (/id$/.test(short)) return words.sampleId;
  return words.sampleText(name);
}

/** One field for each merge field; those that stay are not touched. */
function showSamples(fields) {
  const box = at("samples");
  const names = fields.map((field) => field.name);
  for (const old of [...box.children]) if (!names.includes(old.dataset.field)) old.remove();
  fields.forEach((field, index) => {
    if ([...box.children].some((one) => one.dataset.field === field.name)) return;
    const id = `sample-${index}-${Date.now()}`;
    const input = element("input", { type: "text", id, value: samples.get(field.name), class: "number", autocomplete: "off" });
    input.addEventListener("input", () => { samples.set(field.name, input.value); soon(); });
    box.append(element("div", { "data-field": field.name }, element("label", { for: id }, field.field), input));
  });
  at("samples-card").hidden = fields.length === 0;
}

/** A value with its marks: slips first, samples where they are. Places are bytes of UTF-8. */
function marked(value, marks) {
  const raw = bytes.encode(value);
  const part = (from, to) => text.decode(raw.slice(from, to));
  const pieces = [];
  let from = 0;
  for (const mark of [...marks].sort((one, other) => one.offset - other.offset || other.length - one.length)) {
    if (mark.offset < from) continue;
    pieces.push(part(from, mark.offset));
    from = mark.offset + mark.length;
    const inside = part(mark.offset, from);
    pieces.push(element(mark.kind === "sample" ? "span" : "mark", { class: mark.kind, title: mark.title, "data-mark": mark.code ?? null }, inside || words.hereEnds));
  }
  return [...pieces, part(from, raw.length)];
}

function slipMarks(found, parameter) {
  const slips = [...found.errors.map((error) => ({ ...error, kind: "wrong" })), ...found.warnings.map((warning) => ({ ...warning, kind: "odd" }))];
  return slips.filter((slip) => slip.parameter === parameter && slip.length !== undefined).map((slip) => ({ ...slip, title: slip.text }));
}

const sampleMarks = (found, parameter) => (found.filled ?? []).filter((one) => one.parameter === parameter).map((one) => ({ ...one, kind: "sample", title: one.field }));

/** One slip: its sentence, and the text it is about with the place marked. */
function slip(found, one, kind) {
  const value = found.params[one.parameter];
  const item = element("li", { class: kind, "data-slip": one.code }, element("strong", {}, kind === "wrong" ? words.wrong : words.note), ` ${one.text} `, element("code", {}, one.code));
  if (value !== undefined && one.length !== undefined) {
    item.append(element("pre", { class: "marked", tabindex: "0", "aria-label": words.placeIn(one.parameter) }, ...marked(value, [{ ...one, kind }])));
  }
  return item;
}

function fact(title, ...content) { return [element("dt", {}, title), element("dd", {}, ...content)]; }

/** The reading of the whole link. */
function showReading(found) {
  const plan = found.dial_plan;
  const error = found.error;
  const verdict = error ? element("p", { class: "error lead" }, words.refused)
    : found.number ? element("p", { class: "lead" }, words.calls, " ", element("span", { class: "number" }, plan?.number ?? found.number))
    : element("p", { class: "lead" }, words.template);
  at("verdict").replaceChildren(verdict);
  at("slips").replaceChildren(...found.errors.map((one) => slip(found, one, "wrong")), ...found.warnings.map((one) => slip(found, one, "odd")));
  const facts = [];
  if (found.number) facts.push(...fact(words.number, element("span", { class: "number" }, found.number)));
  if (found.extension) facts.push(...fact(words.extension, element("span", { class: "number" }, found.extension)));
  if (plan) {
    const name = document.querySelector(`#plans option[value="${CSS.escape(String(plan.id ?? ""))}"]`)?.textContent;
    facts.push(...fact(words.plan, plan.id === null ? words.noPlan : `${name ?? ""} (${plan.id})`.trim()));
    for (const step of plan.steps) facts.push(...fact(words.rule(step.rule), element("code", {}, step.match), ` ${words.steps[step.result] ?? step.result}`, step.number ? ` → ${step.number}` : ""));
  }
  for (const [name, value] of Object.entries(found.params)) {
    if (value) facts.push(...fact(name, element("code", { class: "value" }, ...marked(value, [...slipMarks(found, name), ...sampleMarks(found, name)]))));
  }
  if (found.rendered) facts.push(...fact(words.rendered, element("code", { class: "value" }, found.rendered)));
  at("reading").replaceChildren(element("dl", { class: "facts" }, ...facts));
}

function showUnread(sentences, place = "verdict") {
  at(place).replaceChildren(...sentences.map((sentence) => element("p", { class: "error" }, sentence)));
}

const read = latest(async () => {
  if (form.isEmpty()) { for (const name of ["slips", "reading"]) at(name).replaceChildren(); at("verdict").replaceChildren(element("p", { class: "quiet" }, words.nothing)); showSamples([]); for (const name of ["copies", "test-card"]) at(name).hidden = true; return; }
  const body = () => ({ draft: form.draft(), label: at("label").value, values: tokens, merge: Object.fromEntries(samples) });
  try {
    let made = await api("/api/v1/links/compose", { method: "POST", body: body() });
    const fresh = made.fields.filter((field) => !samples.has(field.name));
    if (fresh.length) {
      for (const field of fresh) samples.set(field.name, guess(field.name));
      made = await api("/api/v1/links/compose", { method: "POST", body: body() });
    }
    showSamples(made.fields);
    const homeless = form.complain(made.errors).map((error) => error.text);
    const written = made.url !== null;
    at("copies").hidden = !written;
    at("test-card").hidden = !(written && made.test && !made.checked.error && made.checked.number);
    if (!written) {
      for (const name of ["slips", "reading"]) at(name).replaceChildren();
      showUnread([words.unwritable, ...homeless]);
      return;
    }
    at("url").value = made.url;
    at("anchor").value = made.anchor;
    if (made.test) at("test").href = made.test;
    at("test-number").textContent = made.checked.dial_plan?.number ?? made.checked.number ?? "";
    showReading(made.checked);
  } catch (problem) {
    showUnread([problem.detail ?? words.notRead]);
  }
});

/** Takes a link apart into the form. */
async function take(link) {
  try {
    const found = await api("/api/v1/links/check", { method: "POST", body: { link } });
    form.load(found.draft);
    // What the form's link will no longer show: slips of the address, and pairs that are none.
    const lost = found.warnings.filter((warning) => ["FRAGMENT_CUT", "NOT_HTTPS", "DUPLICATE_PARAMETER", "MISSPELT_PARAMETER", "NEW_RECORD_ID_DROPPED", "URL_TOO_LONG"].includes(warning.code));
    at("paste-said").replaceChildren(words.taken, ...lost.flatMap((warning) => [" ", element("strong", {}, warning.text)]));
    await read();
  } catch (problem) {
    showUnread([problem.detail ?? words.notRead], "paste-said");
  }
}

let pasted = null;
at("paste").addEventListener("input", () => {
  clearTimeout(pasted);
  pasted = setTimeout(() => { if (at("paste").value.trim()) take(at("paste").value); }, REST);
});
for (const button of page.querySelectorAll("[data-example]")) {
  button.addEventListener("click", () => {
    at("paste").value = button.dataset.example.replace("HOST", location.host);
    take(at("paste").value);
  });
}
at("label").addEventListener("input", soon);
for (const button of page.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    const field = document.getElementById(button.dataset.copy);
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      at("copied").textContent = words.copied;
    } catch {
      at("copied").textContent = words.copyYourself;
    }
  });
}
