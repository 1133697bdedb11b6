// The page of one call: it lives until the call is over.
import { api, duration, events, everySecond, isOver, latest, legs, steps } from "./live.js";
import { screenPops } from "./screen_pops.js";

const page = document.querySelector("[data-call]");
const id = Number(page.dataset.call);
const sentence = page.querySelector("[data-sentence]");
const live = page.querySelector("[data-live]");
const timer = page.querySelector("[data-timer]");
const cancel = page.querySelector("[data-cancel]");
const complaint = page.querySelector("[data-complaint]");
const goesOn = page.querySelector("[data-goes-on]");
// The console goes first, if one is open.
const showPops = screenPops(page.querySelector("[data-screen-pops]"), { patience: 1200, changed: () => load() });
let call = null;

function show() {
  sentence.textContent = call.sentence;
  live.replaceChildren(steps(call), legs(call));
  const over = isOver(call);
  cancel.hidden = over;
  cancel.textContent = call.state === "connected" ? "Hang up" : "Cancel";
  cancel.disabled = false;
  goesOn.hidden = over;
}

const load = latest(async () => {
  try {
    call = await api(`/api/v1/calls/${id}`);
    complaint.textContent = "";
    show();
    if (isOver(call)) showPops((await api("/api/v1/me")).screen_pops.filter((pop) => pop.transaction_id === id));
  } catch (problem) {
    complaint.textContent = problem.detail ?? "The server cannot be reached; trying again.";
  }
});

cancel.addEventListener("click", async () => {
  cancel.disabled = true;
  try {
    await api(`/api/v1/calls/${id}/${call?.state === "connected" ? "hangup" : "cancel"}`, { method: "POST" });
  } catch (problem) {
    if (problem.code !== "CALL_OVER") complaint.textContent = problem.detail;
  }
  load();
});

everySecond(() => {
  if (!call?.answered_at) { timer.textContent = ""; return; }
  const end = call.hung_up_at ? Date.parse(call.hung_up_at) : Date.now();
  timer.textContent = duration((end - Date.parse(call.answered_at)) / 1000);
});

load();
events((_kind, event) => { if (event.transaction_id === id) load(); }, (state) => { if (state === "open") load(); });
