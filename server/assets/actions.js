// After the call: what is parked and what waits, with retry, edit and give up.
import { api, element, latest, toLogin, when } from "./live.js";
import { actions as words, common } from "./words.js";

const complaint = document.querySelector("[data-complaint]");

/** Runs one act and shows what came of it, or what is wrong with it: then a form stays as it was filled. */
async function act(path, options, box) {
  complaint.textContent = "";
  try { await api(path, options); }
  catch (problem) {
    complaint.textContent = problem.detail ?? common.unreachableNow;
    complaint.scrollIntoView({ block: "nearest" });
    for (const button of box.querySelectorAll("button")) button.disabled = false;
    return;
  }
  for (const form of box.querySelectorAll("details")) form.open = false;
  load();
}

function button(label, kind, onClick) {
  const made = element("button", { type: "button", class: kind }, label);
  made.addEventListener("click", () => { made.disabled = true; onClick(made.closest("article")); });
  return made;
}

/** One name and its value, both to be mended: a field's name is what most refused records have wrong. */
function pair(name, value) {
  const named = element("input", { type: "text", "aria-label": words.field, spellcheck: "false" });
  const valued = element("textarea", { "aria-label": words.value, rows: "1", spellcheck: "false" });
  [named.value, valued.value] = [name, value];
  return element("div", { class: "pair" }, named, valued);
}

/** The form in which a step is mended; it is tried again when it is saved. */
function editor(action) {
  const ofCallback = action.kind === "callback";
  const main = element("textarea", { rows: "1", spellcheck: "false" });
  main.value = ofCallback ? action.url : action.object;
  const pairs = element("div", { class: "pairs" }, ...(ofCallback ? [] : action.fields.map(([name, value]) => pair(name, value))));
  const add = element("button", { type: "button", class: "plain" }, words.addField);
  add.addEventListener("click", () => { pairs.append(pair("", "")); pairs.lastElementChild.firstElementChild.focus(); });
  const save = element("button", { type: "submit" }, words.saveAndRetry);
  const form = element("form", {},
    element("label", {}, ofCallback ? words.address : words.object, main),
    ofCallback ? null : element("p", { class: "quiet" }, words.fieldsHint),
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
  const what = action.kind === "callback" ? action.url : `${action.object || words.log} · ${action.integration}`;
  return element("article", { class: "leg" },
    element("strong", {}, `${words.kinds[action.kind] ?? action.kind} · `, element("a", { href: `/AGUI/call/${action.transaction_id}` }, words.call(action.transaction_id))),
    element("p", {}, what),
    element("p", { class: action.state === "parked" ? "error" : "quiet" }, action.reason ?? words.notTried),
    element("p", { class: "quiet" }, words.course(action.attempts, when(action.created_at)) +
      (action.state === "pending" ? words.next(when(action.due_at)) : words.parkedAt(when(action.settled_at)))),
    unsure ? element("p", {}, words.mayExist) : null,
    element("div", { class: "actions" },
      button(words.retry, "", (box) => act(`${path}/retry`, { method: "POST" }, box)),
      unsure ? button(words.absent, "plain", (box) => act(`${path}/retry`, { method: "POST", body: { record: "absent" } }, box)) : null,
      button(words.giveUp, "end", (box) => act(`${path}/give-up`, { method: "POST" }, box))),
    element("details", {}, element("summary", {}, words.edit), editor(action)));
}

function show(place, actions, none) {
  place.replaceChildren(...(actions.length ? actions.map(card) : [element("p", { class: "quiet" }, none)]));
}

function showConnections(connections) {
  document.querySelector("[data-connections-card]").hidden = connections.length === 0;
  document.querySelector("[data-connections]").replaceChildren(...connections.map((lane) => element("tr", {},
    element("td", {}, `${lane.kind} ${lane.name}`), element("td", {}, lane.reason), element("td", {}, when(lane.since)),
    element("td", {}, when(lane.held_until)), element("td", {}, String(lane.waiting)))));
}

let unreachable = false;

const load = latest(async () => {
  // An open form is not replaced under somebody's hands.
  if (document.querySelector("details[open]")) return;
  try {
    const { actions, connections } = await api("/api/v1/actions");
    show(document.querySelector("[data-parked]"), actions.filter((action) => action.state === "parked"), words.nothingParked);
    show(document.querySelector("[data-waiting]"), actions.filter((action) => action.state === "pending"), words.nothingWaits);
    showConnections(connections);
    if (unreachable) { unreachable = false; complaint.textContent = ""; }
  } catch (problem) {
    if (problem.code === "SESSION_REQUIRED") toLogin();
    unreachable = true;
    complaint.textContent = problem.detail ?? common.unreachable;
  }
});

load();
setInterval(load, 10_000);
