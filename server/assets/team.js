// The supervisor's view: who is where since when, live calls, and what can be done about both.
import { api, duration, element, events, everySecond, latest, shortly, toLogin } from "./live.js";
import { common, team as words } from "./words.js";
import { answerRate, callsChart, reasonsChart } from "./charts.js";

const at = (name) => document.querySelector(`[data-${name}]`);
const place = at("place");
const complaint = at("complaint");

/** However much happens, the page asks once in this time: a hundred agents make dozens of events a second. */
const PAUSE = 1000;
/** Charts change slowly. */
const CHARTS_EVERY = 30_000;

let team = null;
/** How far the server's clock is ahead of this one, in milliseconds: ages are the server's. */
let ahead = 0;
let only = null;

const since = (moment) => (Date.now() + ahead - Date.parse(moment)) / 1000;

/** The state as people say it: who is in a call that changes no status (semantics 1.10) is in a call all the same. */
function stateOf(agent) {
  return agent.call && agent.status !== "wrap_up" && agent.status !== "busy" ? "on_call" : agent.status;
}

const phoneOf = ({ phones }) => (phones.length === 0 ? "none" : phones.some((phone) => phone.state !== "not_registered") ? "reachable" : "not_registered");

/** A supervisor without a phone is none of trouble's signs; an agent without one is. */
const cannotRing = (agent) => stateOf(agent) !== "logged_out" && (phoneOf(agent) === "not_registered" || (phoneOf(agent) === "none" && agent.role === "agent"));

/** Who takes calls but cannot be rung is seen first; then those in calls, then the rest by how long. */
function rank(agent) {
  const state = stateOf(agent);
  if (state === "logged_out") return 9;
  if (cannotRing(agent)) return 0;
  return { wrap_up: 1, busy: 2, on_call: 2, on_break: 3, available: 4, working_offline: 5 }[state] ?? 6;
}

const inOrder = (agents) => [...agents].sort((a, b) => rank(a) - rank(b) || a.status_since.localeCompare(b.status_since) || a.name.localeCompare(b.name));

/** Sets an attribute or a text only where it changes: what has focus is left alone, and nothing is read out twice. */
function put(node, text) { if (node.textContent !== text) node.textContent = text; }

/** Keeps one line for each item; lines stay where somebody is in them. */
function lines(list, items, keyOf, make, fill) {
  const had = new Map([...list.children].map((line) => [line.dataset.key, line]));
  const wanted = items.map((item) => {
    const key = String(keyOf(item));
    let line = had.get(key);
    if (!line) { line = make(item); line.dataset.key = key; }
    had.delete(key);
    fill(line, item);
    return line;
  });
  for (const gone of had.values()) gone.remove();
  const settled = wanted.every((line, index) => list.children[index] === line);
  if (settled) return;
  if (list.contains(document.activeElement)) {
    // Moving lines would take the focus away: new ones go to the end until it has left.
    for (const line of wanted) if (!line.isConnected) list.append(line);
  } else list.append(...wanted);
}

const part = (line, name) => line.querySelector(`[data-part=${name}]`);
const slot = (name, kind = "span", attributes = {}) => element(kind, { "data-part": name, ...attributes });

function memberLine(agent) {
  const force = element("button", { type: "button", class: "plain small", "aria-label": words.forceWhose(agent.name) }, words.force);
  force.addEventListener("click", () => forceState(agent.login));
  return element("li", { class: "entry member", "data-login": agent.login },
    element("div", { class: "who" }, slot("name", "strong"), slot("login", "span", { class: "quiet" })),
    element("div", {}, slot("state", "span", { class: "status" }), " ", slot("since", "span", { class: "timer", "data-since": "" })),
    slot("phone", "div"), slot("call", "div"), element("div", { class: "deeds" }, force));
}

function fillMember(line, agent) {
  const state = stateOf(agent);
  const phone = phoneOf(agent);
  put(part(line, "name"), agent.name);
  put(part(line, "login"), agent.name === agent.login ? "" : agent.login);
  put(part(line, "state"), words.states[state] ?? state);
  part(line, "state").className = `status ${state}`;
  line.dataset.state = state;
  // Who never logged in has been away since no moment that means anything.
  part(line, "since").dataset.since = Date.parse(agent.status_since) > 0 ? agent.status_since : "";
  part(line, "since").title = Date.parse(agent.status_since) > 0 ? words.sinceWhen(shortly(agent.status_since)) : "";
  put(part(line, "phone"), words.phones[phone]);
  part(line, "phone").className = cannotRing(agent) ? "error" : "quiet";
  part(line, "phone").title = agent.phones.map((one) => one.address).join(", ");
  const call = part(line, "call");
  if (call.dataset.of !== String(agent.call)) {
    call.dataset.of = String(agent.call);
    call.replaceChildren(...(agent.call ? [element("a", { href: `/AGUI/trace/${agent.call}` }, words.call(agent.call))] : []));
  }
}

function callLine(call) {
  const end = element("button", { type: "button", class: "end small", "aria-label": words.endWhose(call.agent.name) }, words.end);
  end.addEventListener("click", () => endCall(call));
  return element("li", { class: "entry live-call", "data-call": call.transaction_id },
    element("div", { class: "who" }, element("strong", {}, call.agent.name), element("span", { class: "number" }, call.number)),
    element("div", {}, slot("stage", "span", { class: "status" }), " ", slot("since", "span", { class: "timer" })),
    element("div", { class: "quiet" }, slot("agent_leg", "div"), slot("customer_leg", "div")),
    element("div", { class: "quiet" }, element("div", {}, call.queue_name ?? (call.queue_id ? words.queue(call.queue_id) : words.noQueue)), element("div", {}, call.dial_plan ? words.plan(call.dial_plan) : words.noPlan)),
    element("div", { class: "deeds" }, element("a", { href: `/AGUI/trace/${call.transaction_id}` }, words.trace), end));
}

function fillCall(line, call) {
  put(part(line, "stage"), words.stages[call.state] ?? call.state);
  part(line, "stage").className = `status ${call.state === "connected" ? "" : "busy"}`;
  part(line, "since").dataset.since = call.answered_at ?? call.created_at;
  const leg = (name, { state, sip_code: code }) => `${name} ${words.legs[state] ?? state}${code ? ` (${code})` : ""}`;
  put(part(line, "agent_leg"), leg(words.agentsPhone, call.agent_leg));
  put(part(line, "customer_leg"), leg(words.otherPhone, call.customer_leg));
}

function showStates(agents) {
  const counts = new Map();
  for (const agent of agents) counts.set(stateOf(agent), (counts.get(stateOf(agent)) ?? 0) + 1);
  const unreachable = agents.filter((agent) => rank(agent) === 0).length;
  const wanted = [["all", agents.length], ...(unreachable ? [["unreachable", unreachable]] : []), ...Object.keys(words.states).filter((state) => counts.has(state)).map((state) => [state, counts.get(state)])];
  if (only && !wanted.some(([state]) => state === only)) only = null;
  lines(at("states"), wanted, ([state]) => state,
    ([state]) => {
      const chip = element("button", { type: "button", class: `tally ${state}` });
      chip.addEventListener("click", () => { only = state === "all" ? null : state; show(); });
      return chip;
    },
    (chip, [state, count]) => {
      put(chip, `${words.states[state] ?? words.sieves[state]} ${count}`);
      chip.setAttribute("aria-pressed", String((only ?? "all") === state));
    });
}

function matches(agent) {
  const asked = at("filter").value.trim().toLowerCase();
  const text = [agent.name, agent.login, ...agent.phones.map((phone) => phone.address)].join("\n").toLowerCase();
  const chosen = only === null || (only === "unreachable" ? rank(agent) === 0 : stateOf(agent) === only);
  return chosen && text.includes(asked);
}

function show() {
  if (!team) return;
  showStates(team.agents);
  const shown = inOrder(team.agents).filter(matches);
  lines(at("agents"), shown, (agent) => agent.login, memberLine, fillMember);
  put(at("no-agents"), shown.length ? "" : team.agents.length ? words.noMatch : words.noAgents);
  lines(at("calls"), team.calls, (call) => call.transaction_id, callLine, fillCall);
  put(at("calls-count"), team.calls.length ? String(team.calls.length) : "");
  put(at("no-calls"), team.calls.length ? "" : words.noCalls);
  showSteps(team.actions);
  tick();
}

function showSteps({ parked }) {
  const note = at("steps");
  note.hidden = parked === 0;
  if (note.dataset.parked === String(parked)) return;
  note.dataset.parked = String(parked);
  const text = words.parked(parked);
  note.replaceChildren(place.hasAttribute("data-administers") ? element("a", { href: "/AGUI/config/actions" }, text) : text);
}

function tick() {
  for (const clock of place.querySelectorAll("[data-since]")) put(clock, clock.dataset.since ? duration(since(clock.dataset.since)) : "");
}

/** Asks in a dialog of the page; gives the form's data when it is confirmed. */
function ask(title, yes, ...body) {
  const dialog = at("dialog");
  put(dialog.querySelector("h2"), title);
  put(at("dialog-do"), yes);
  put(at("dialog-cancel"), words.cancel);
  at("dialog-body").replaceChildren(...body);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "do" ? new FormData(dialog.querySelector("form")) : null), { once: true }));
}

/** Does something and says what came of it. */
async function act(path, options, done) {
  put(complaint, ""); put(at("done"), "");
  try { await api(path, options); put(at("done"), done); }
  catch (problem) { put(complaint, problem.detail ?? common.unreachableNow); }
  load();
}

async function endCall(call) {
  const form = await ask(words.endAsk(call.agent.name), words.end, element("p", {}, words.endHint(call.number)));
  if (form) act(`/api/v1/calls/${call.transaction_id}/hangup`, { method: "POST" }, words.ended(call.agent.name));
}

async function forceState(login) {
  const agent = team.agents.find((one) => one.login === login);
  if (!agent) return;
  const choice = (state, hint) => element("label", { class: "choice" },
    element("input", { type: "radio", name: "status", value: state, required: true, checked: state === agent.presence }),
    element("span", {}, element("strong", {}, words.states[state]), " ", element("span", { class: "quiet" }, hint)));
  const form = await ask(words.forceAsk(agent.name), words.forceDo,
    element("fieldset", {}, element("legend", {}, words.forceLegend), ...Object.entries(words.forceHints).map(([state, hint]) => choice(state, hint))),
    element("p", { class: "quiet" }, words.forceNote));
  const status = form?.get("status");
  if (status) act(`/api/v1/team/${encodeURIComponent(login)}/status`, { method: "PUT", body: { status } }, words.forced(agent.name, words.states[status]));
}

let unreachable = false;
function failed(problem) {
  if (problem.code === "SESSION_REQUIRED") toLogin();
  unreachable = true;
  put(complaint, problem.detail ?? common.unreachable);
}

const load = latest(async () => {
  try {
    team = await api("/api/v1/team");
    ahead = Date.parse(team.server_time) - Date.now();
    if (unreachable) { unreachable = false; put(complaint, ""); }
    show();
  } catch (problem) { failed(problem); }
});

const loadCharts = latest(async () => {
  const hours = document.querySelector("[name=hours]:checked").value;
  try {
    const figures = await api(`/api/v1/team/charts?hours=${hours}`);
    const open = at("charts").querySelector("details")?.open ?? false;
    at("charts").replaceChildren(...(figures.calls ? [answerRate(figures), callsChart(figures, open), reasonsChart(figures)] : [element("p", { class: "quiet" }, words.noFigures)]));
  } catch (problem) { failed(problem); }
});

const loadRefused = latest(async () => {
  try {
    const { clicks } = await api("/api/v1/team/refused");
    const key = (click) => `${click.at} ${click.agent?.login} ${click.code} ${click.phone}`;
    lines(at("refused"), clicks, key, (click) => element("li", { class: "entry refused" },
      element("div", { class: "who" }, element("strong", {}, click.agent?.name ?? words.nobody), element("span", { class: "quiet" }, shortly(click.at))),
      element("div", {}, element("code", {}, click.code), click.phone ? element("div", { class: "number" }, click.phone) : null),
      element("div", { class: "wide-cell" }, element("div", {}, click.text),
        element("div", { class: "quiet" }, [click.parameter ? words.placed(click.parameter, click.offset) : null, click.origin ? words.from(click.origin) : null].filter(Boolean).join(" · ")))), () => {});
    put(at("no-refused"), clicks.length ? "" : words.noRefused);
  } catch (problem) { failed(problem); }
});

/** Loads soon, and not more often than that. */
let soon = null;
function reload() { soon ??= setTimeout(() => { soon = null; load(); }, PAUSE); }

// A chart that is being read is not replaced.
const quietly = () => { if (!at("charts").contains(document.activeElement)) loadCharts(); loadRefused(); };

at("filter").addEventListener("input", show);
at("hours").addEventListener("change", loadCharts);
let resized = null;
addEventListener("resize", () => { clearTimeout(resized); resized = setTimeout(loadCharts, 300); });
events(reload, (state) => { put(at("connection"), state === "open" ? words.live : words.waiting); if (state === "open") load(); }, "/api/v1/events?scope=tenant");
everySecond(tick);
load(); loadCharts(); loadRefused();
setInterval(quietly, CHARTS_EVERY);
// A phone that goes away makes no event of its own.
setInterval(load, 10_000);
