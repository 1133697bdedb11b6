// The page of one call: it lives until the call is over, then says why and what to do.
import { callCard, newest } from "./call_card.js";
import { connect } from "./connection.js";
import { place } from "./dial.js";
import { api, everySecond, isOver, latest, timeOfDay, Unreachable } from "./live.js";
import { screenPops } from "./screen_pops.js";
import { console as words } from "./words.js";

const page = document.querySelector("[data-call]");
const id = Number(page.dataset.call);
const banner = document.querySelector("[data-connection]");
const complaint = page.querySelector("[data-complaint]");
const goesOn = page.querySelector("[data-goes-on]");
const wrapsUp = page.querySelector("[data-wraps-up]");
const redial = page.querySelector("[data-redial]");
// The console goes first, if one is open.
const showPops = screenPops(page.querySelector("[data-screen-pops]"), { patience: 1200, changed: () => loadPops() });
let call = JSON.parse(document.querySelector("[data-first]").textContent);
let connection = null;
/** The name of the next redial: one press is one call, however often its answer is lost. */
let name = null;

const failed = (problem) => connection?.failed(problem) ?? problem instanceof Unreachable;
function complain(problem) {
  if (problem && !failed(problem) && !problem.detail) { reportError(problem); return; }
  complaint.textContent = !problem || failed(problem) ? "" : problem.detail;
}
const card = callCard(page, { changed: () => load(), complain });

function show() {
  card.show(call);
  goesOn.hidden = isOver(call);
  wrapsUp.hidden = call.state !== "wrap_up";
  redial.hidden = call.state !== "completed";
  document.title = `${words.title(call, null)} · Ringbridge`;
}

const guarded = (work) => latest(async () => { try { await work(); } catch (problem) { if (!failed(problem)) complain(problem); } });

const load = guarded(async () => {
  const got = await api(`/api/v1/calls/${id}`);
  if (newest(got) < newest(call)) return;
  call = got;
  show();
  if (isOver(call)) loadPops();
});
const loadPops = guarded(async () => showPops((await api("/api/v1/me")).screen_pops.filter((pop) => pop.transaction_id === id)));

redial.addEventListener("click", async () => {
  if (redial.disabled) return;
  redial.disabled = true;
  complain(null);
  name ??= crypto.randomUUID();
  try {
    const placed = await place({ ...call.redial, request_id: name });
    name = null;
    if (placed.transaction_id === id) complaint.textContent = words.sameClick;
    else location.assign(`/AGUI/call/${placed.transaction_id}`);
  } catch (problem) {
    if (problem.code) name = null;
    complain(problem);
  }
  redial.disabled = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "F8" || !event.shiftKey || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  event.preventDefault();
  if (!connection.isLost()) card.end();
});

show();
if (isOver(call)) loadPops();
connection = connect({
  onEvent: (kind, event) => {
    if (event.transaction_id !== id) return;
    if (kind === "screen_pop") loadPops();
    else load();
  },
  onState: (state, since) => {
    banner.hidden = state === "open";
    banner.textContent = state === "lost" ? words.lost(timeOfDay(since)) : state === "polling" ? words.polling : "";
  },
  load: () => load(),
});
everySecond(() => card.tick());
