// The agent console: its parts, what each event changes in them, and the keys.
import { connect } from "./connection.js";
import { callCard, newest } from "./call_card.js";
import { dialBox, telLinks } from "./dial.js";
import { history } from "./history.js";
import { api, element, everySecond, isOver, latest, setServerTime, timeOfDay, Unreachable } from "./live.js";
import { phoneCard } from "./phone_test.js";
import { externalLogin, screenPops } from "./screen_pops.js";
import { statusCard } from "./status.js";
import { console as words } from "./words.js";
import { wrapUp } from "./wrap_up.js";

const part = (name) => document.querySelector(`[data-${name}]`);
const first = JSON.parse(part("first").textContent);
let me = first.me;
/** The call that is shown: the live one, or the last one until the next. */
let call = first.call;
let wanted = call?.transaction_id ?? null;
let connection = null;

const banner = part("connection");
const complaint = part("complaint");

/** Shows what is wrong with something the agent just did, if anything; what is wrong with the connection stands in its own
    place. */
function complain(problem) {
  if (problem && !failed(problem) && !problem.detail) { reportError(problem); return; }
  const text = !problem || failed(problem) ? "" : problem.detail;
  complaint.textContent = text;
  complaint.hidden = !text;
}

const failed = (problem) => connection?.failed(problem) ?? problem instanceof Unreachable;

const status = statusCard(part("status-card"), { changed: () => loadMe(), complain });
const card = callCard(part("call-card"), { changed: () => loadCall(), complain });
const wrap = wrapUp(part("wrap-up-card"), { changed: () => { loadCall(); loadMe(); }, failed, lost: keepDraft });
const phones = phoneCard(part("phone-card"), { changed: () => loadMe(), failed });
const showPops = screenPops(part("screen-pops"), { changed: () => loadMe() });
const showExternal = externalLogin(part("external"));
const past = history(part("history"), {
  more: part("history-more"), none: part("history-none"), complaint: part("history-complaint"), failure: part("record-failed"),
  placed: (id) => want(id), failed,
});
// Who dialled is done with the box: in it, the codes' keys of the wrap-up would be letters of the next number.
const dial = dialBox(part("dial"), { placed: (id) => { want(id); document.querySelector("#call-title").focus(); }, failed });
telLinks(part("tel-links"), part("tel-said"));

function showMe() {
  setServerTime(me.server_time);
  status.show(me);
  phones.show(me);
  showPops(me.screen_pops);
  showExternal(me.external, () => loadMe());
}

function showCall() {
  card.show(call);
  wrap.show(call);
  document.title = `${words.title(call, me)} · Ringbridge`;
}

/** What was typed too late: the wrap-up had ended before it could be sent. */
function keepDraft(ended, notes, codes) {
  const text = [codes.map(({ list, code }) => `${list}: ${code}`).join(", "), notes].filter(Boolean).join("\n");
  const place = part("lost-draft");
  const away = element("button", { type: "button", class: "plain" }, words.dismiss);
  away.addEventListener("click", () => { place.hidden = true; place.replaceChildren(); });
  place.replaceChildren(element("p", { class: "error" }, words.tooLate(ended.number)), element("pre", { class: "kept" }, text), element("div", { class: "actions" }, away));
  place.hidden = false;
}

/** Loads and shows; the connection's failures are the connection's to show. */
const loading = (load) => latest(async () => {
  try { await load(); } catch (problem) { if (!failed(problem)) complain(problem); }
});

const loadMe = loading(async () => {
  me = await api("/api/v1/me");
  showMe();
  if (me.call && me.call !== wanted) want(me.call);
  document.title = `${words.title(call, me)} · Ringbridge`;
});

const loadCall = loading(async () => {
  if (!wanted) return;
  const got = await api(`/api/v1/calls/${wanted}`);
  // An older picture must not come over a newer one.
  if (got.transaction_id !== wanted || (got.transaction_id === call?.transaction_id && newest(got) < newest(call))) return;
  call = got;
  showCall();
});

const loadHistory = latest(() => past.load());

function want(id) {
  wanted = id;
  loadCall();
}

/** Loads only what an event changes. */
function happened(kind, event) {
  if (kind === "status" || kind === "screen_pop") { loadMe(); return; }
  const { transaction_id: id, kind: what } = event;
  if (what === "click.accepted") want(id);
  else if (id === wanted) loadCall();
  if (["click.accepted", "call.ended", "wrap_up.started", "transaction.completed"].includes(what)) loadMe();
  // After its completion a call changes by its record and its callback.
  if (what === "transaction.completed" || id !== wanted || (call && isOver(call) && call.state === "completed")) loadHistory();
}

function showConnection(state, since) {
  banner.hidden = state === "open";
  banner.textContent = state === "lost" ? words.lost(timeOfDay(since)) : state === "polling" ? words.polling : "";
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.repeat) return;
  if (event.key === "F8" && !event.ctrlKey && !event.altKey && !event.metaKey) {
    event.preventDefault();
    if (!event.shiftKey) dial.focus();
    else if (!connection.isLost()) card.end();
    return;
  }
  wrap.key(event);
});

showMe();
showCall();
past.show(first.history);
connection = connect({
  onEvent: happened,
  onState: showConnection,
  load: () => { complain(""); loadMe(); loadCall(); loadHistory(); wrap.resend(); },
});
everySecond(() => {
  status.tick();
  card.tick();
  wrap.tick();
});
