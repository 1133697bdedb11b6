// After the call: what is parked and what waits, with retry, edit and give up.
import { api, element, latest } from "./live.js";

const complaint = document.querySelector("[data-complaint]");
const KINDS = { record: "Record", auto_log: "Auto log", callback: "Callback" };
const time = (text) => (text ? new Date(text).toLocaleString() : "");

/** Runs one act and shows what came of it, or what is wrong with it: then a form stays as it was filled. */
async function act(path, options, box) {
  complaint.textContent = "";
  try { await api(path, options); }
  catch (problem) {
    complaint.textContent = problem.detail ?? "The server cannot be reached.";
    complaint.scrollIntoView({ block: "nearest" });
    for (const button of box.querySelectorAll("button")) button.disabled = false;
    return;
  }
  for (const form of box.querySelectorAll("details")) form.open = false;
  load();
}

function button(words, kind, onClick) {
  const made = element("button", { type: "button", class: kind }, words);
  made.addEventListener("click", () => { made.disabled = true; onClick(made.closest("article")); });
  return made;
}

/** One name and its value, both to be mended: a field's name is what most refused records have wrong. */
function pair(name, value) {
  const named = element("input", { type: "text", "aria-label": "Field", spellcheck: "false" });
  const valued = element("textarea", { "aria-label": "Value", rows: "1", spellcheck: "false" });
  [named.value, valued.value] = [name, value];
  return element("div", { class: "pair" }, named, valued);
}

/** The form in which a step is mended; it is tried again when it is saved. */
function editor(action) {
  const ofCallback = action.kind === "callback";
  const main = element("textarea", { rows: "1", spellcheck: "false" });
  main.value = ofCallback ? action.url : action.object;
  const pairs = element("div", { class: "pairs" }, ...(ofCallback ? [] : action.fields.map(([name, value]) => pair(name, value))));
  const add = element("button", { type: "button", class: "plain" }, "Add a field");
  add.addEventListener("click", () => { pairs.append(pair("", "")); pairs.lastElementChild.firstElementChild.focus(); });
  const save = element("button", { type: "submit" }, "Save and try again");
  const form = element("form", {},
    element("label", {}, ofCallback ? "Address" : "ObjectType", main),
    ofCallback ? null : element("p", { class: "quiet" }, "Fields and their values. A field without a name is left out."),
    pairs, element("div", { class: "actions" }, save, ofCallback ? null : add));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const fields = [...pairs.children].map(({ children: [name, value] }) => [name.value.trim(), value.value]);
    const body = ofCallback ? { url: main.value } : { object: main.value, fields: fields.filter(([name]) => name) };
    save.disabled = true;
    act(`/api/v1/actions/${action.id}`, { method: "PUT", body }, form.closest("article"));
  });
  return form;
}

function card(action) {
  const path = `/api/v1/actions/${action.id}`;
  const unsure = action.state === "parked" && action.in_doubt && action.kind !== "callback";
  const what = action.kind === "callback" ? action.url : `${action.object || "log"} · ${action.integration}`;
  return element("article", { class: "leg" },
    element("strong", {}, `${KINDS[action.kind] ?? action.kind} · `, element("a", { href: `/AGUI/call/${action.transaction_id}` }, `call ${action.transaction_id}`)),
    element("p", {}, what),
    element("p", { class: action.state === "parked" ? "error" : "quiet" }, action.reason ?? "not tried yet"),
    element("p", { class: "quiet" }, `tried ${action.attempts === 1 ? "once" : `${action.attempts} times`} · asked for ${time(action.created_at)}` +
      (action.state === "pending" ? ` · next ${time(action.due_at)}` : ` · parked ${time(action.settled_at)}`)),
    unsure ? element("p", {}, "It may exist: look for it in the CRM before you try again.") : null,
    element("div", { class: "actions" },
      button("Try again", "", (box) => act(`${path}/retry`, { method: "POST" }, box)),
      unsure ? button("I looked, it is not there: try again", "plain", (box) => act(`${path}/retry`, { method: "POST", body: { record: "absent" } }, box)) : null,
      button("Give up", "end", (box) => act(`${path}/give-up`, { method: "POST" }, box))),
    element("details", {}, element("summary", {}, "Edit"), editor(action)));
}

function show(place, actions, words) {
  place.replaceChildren(...(actions.length ? actions.map(card) : [element("p", { class: "quiet" }, words)]));
}

function showConnections(connections) {
  document.querySelector("[data-connections-card]").hidden = connections.length === 0;
  document.querySelector("[data-connections]").replaceChildren(...connections.map((lane) => element("tr", {},
    element("td", {}, `${lane.kind} ${lane.name}`), element("td", {}, lane.reason), element("td", {}, time(lane.since)),
    element("td", {}, time(lane.held_until)), element("td", {}, String(lane.waiting)))));
}

let unreachable = false;

const load = latest(async () => {
  // An open form is not replaced under somebody's hands.
  if (document.querySelector("details[open]")) return;
  try {
    const { actions, connections } = await api("/api/v1/actions");
    show(document.querySelector("[data-parked]"), actions.filter((action) => action.state === "parked"), "Nothing is parked.");
    show(document.querySelector("[data-waiting]"), actions.filter((action) => action.state === "pending"), "Nothing waits.");
    showConnections(connections);
    if (unreachable) { unreachable = false; complaint.textContent = ""; }
  } catch (problem) {
    if (problem.code === "SESSION_REQUIRED") location.assign("/AGUI/login");
    unreachable = true;
    complaint.textContent = problem.detail ?? "The server cannot be reached; trying again.";
  }
});

load();
setInterval(load, 10_000);
