// The agent console: status, the current call, wrap-up, the last calls.
import { api, duration, element, events, everySecond, isOver, latest, legs, steps } from "./live.js";
import { externalLogin, screenPops } from "./screen_pops.js";
import { wrapUpForm } from "./wrap_up.js";

const current = document.querySelector("[data-current]");
const wrapUp = document.querySelector("[data-wrap-up-card]");
const wrapUpPlace = document.querySelector("[data-wrap-up-place]");
const history = document.querySelector("[data-history]");
const status = document.querySelector("[data-status]");
const choice = document.querySelector("[data-presence]");
const connection = document.querySelector("[data-connection]");
const complaint = document.querySelector("[data-complaint]");
const recordFailed = document.querySelector("[data-record-failed]");
const showExternal = externalLogin(document.querySelector("[data-external]"));
const showPops = screenPops(document.querySelector("[data-screen-pops]"), { changed: () => load() });
let me = null;
let call = null;

function showStatus() {
  status.textContent = me.status.replace("_", " ") + (me.on_call && me.status !== "busy" ? " · on a call" : "");
  status.className = `status ${me.on_call ? "on_call" : me.status}`;
  choice.value = me.presence;
}

function showCall() {
  if (!call || isOver(call)) {
    current.replaceChildren(element("p", { class: "quiet" }, call ? call.sentence : "No call. Click a number in your CRM to start one."));
    return;
  }
  const end = element("button", { class: "end", type: "button" }, call.state === "connected" ? "Hang up" : "Cancel");
  end.addEventListener("click", async () => {
    end.disabled = true;
    try { await api(`/api/v1/calls/${call.transaction_id}/${call.state === "connected" ? "hangup" : "cancel"}`, { method: "POST" }); }
    catch (problem) { if (problem.code !== "CALL_OVER") complaint.textContent = problem.detail; }
    load();
  });
  current.replaceChildren(
    element("p", { class: "big number" }, call.number), element("p", { class: "lead" }, call.sentence), steps(call),
    legs(call),
    element("div", { class: "actions" }, end, element("span", { class: "timer quiet", "data-talk-timer": true }),
      element("a", { href: `/AGUI/call/${call.transaction_id}` }, "Page of this call")));
}

function showWrapUp() {
  const open = call && (call.state === "wrap_up" || call.state === "connected");
  wrapUp.hidden = !open;
  if (!open) { wrapUpPlace.replaceChildren(); return; }
  // The form is kept while it is for the same call: what the agent types must not be replaced under their hands.
  const shown = wrapUpPlace.querySelector("[data-wrap-up]");
  if (shown?.dataset.wrapUp !== String(call.transaction_id)) wrapUpPlace.replaceChildren(wrapUpForm(call, load));
  wrapUpPlace.querySelector("button[type=submit]").hidden = call.state !== "wrap_up";
}

/** A record that the link asked for and the CRM did not take. */
function recordFailure(past) {
  return past.result_code === "FAIL" ? `The record was not created: ${past.error_string}` : "";
}

function showHistory(calls) {
  const failed = calls[0] ? recordFailure(calls[0]) : "";
  recordFailed.textContent = failed && `${calls[0].number}: ${failed}`;
  recordFailed.hidden = !failed;
  history.replaceChildren(...calls.map((past) => element("tr", {},
    element("td", {}, new Date(past.created_at).toLocaleTimeString()),
    element("td", { class: "number" }, element("a", { href: `/AGUI/call/${past.transaction_id}` }, past.number)),
    element("td", {}, past.sentence, recordFailure(past) && element("div", { class: "error" }, recordFailure(past))),
    element("td", { class: "timer" }, duration(past.duration_seconds)),
    element("td", {}, past.codes.map(({ list, code }) => `${list}: ${code}`).join(", ")))));
}

const load = latest(async () => {
  try {
    me = await api("/api/v1/me");
    call = me.call ? await api(`/api/v1/calls/${me.call}`) : null;
    showStatus(); showCall(); showWrapUp(); showPops(me.screen_pops); showExternal(me.external, () => load());
    showHistory((await api("/api/v1/calls")).calls);
    complaint.textContent = "";
  } catch (problem) {
    if (problem.code === "SESSION_REQUIRED") location.assign("/AGUI/login");
    complaint.textContent = problem.detail ?? "The server cannot be reached; trying again.";
  }
});

choice.addEventListener("change", async () => {
  try { await api("/api/v1/me/status", { method: "PUT", body: { status: choice.value } }); }
  catch (problem) { complaint.textContent = problem.detail; }
  load();
});

everySecond(() => {
  const talk = current.querySelector("[data-talk-timer]");
  if (talk && call?.answered_at) talk.textContent = duration((Date.now() - Date.parse(call.answered_at)) / 1000);
  const left = wrapUpPlace.querySelector("[data-wrap-timer]");
  if (left && call?.wrap_up?.ends_at) {
    const seconds = (Date.parse(call.wrap_up.ends_at) - Date.now()) / 1000;
    left.textContent = call.wrap_up.held ? "Time is over; pick the required code." : `${duration(seconds)} left`;
  } else if (left) left.textContent = "";
});

load();
events(() => load(), (state) => {
  connection.hidden = state === "open";
  connection.textContent = state === "closed" ? "Not connected; reload the page." : "Connecting …";
  if (state === "open") load();
});
