// The demo's page: both phones, the examples as links, the live call, the wrap-up and the callbacks as they arrived.
import { api, duration, element, events, everySecond, latest, legBox, setServerTime, steps } from "/AGUI/assets/live.js";
import { screenPops } from "/AGUI/assets/screen_pops.js";
import { console as words } from "/AGUI/assets/words.js";
import { wrapUp } from "/AGUI/assets/wrap_up.js";

const demo = document.querySelector("[data-demo]");
const callPlace = demo.querySelector("[data-call]");
const complaint = demo.querySelector("[data-complaint]");
const wrap = wrapUp(demo.querySelector("[data-wrap-up-card]"), {
  changed: () => loadCall(),
  failed: (problem) => !problem.code,
  lost: (ended, notes) => { complaint.textContent = `${words.tooLate(ended.number)} ${notes}`; },
});
const showPops = screenPops(demo.querySelector("[data-screen-pops]"), { changed: () => loadCall() });
const callbacks = demo.querySelector("[data-callbacks]");

// What a CRM puts in the place of its merge fields before anybody clicks.
const MERGE_FIELDS = { "{!Account.Phone}": "(650) 292-8880", "{!Account.Id}": "001D000000IqhSL" };

/** The link of an example: host and merge fields replaced, all else as the reference prints it, line breaks too. */
function linkOf(text) {
  let link = text.trim().replace("https://mycontactual.com", location.origin);
  for (const [field, value] of Object.entries(MERGE_FIELDS)) link = link.replaceAll(field, encodeURIComponent(value));
  return link;
}

for (const example of demo.querySelectorAll("[data-example]")) {
  const link = example.querySelector("[data-link]");
  // setAttribute, not a URL object: what the browser makes of line breaks and blanks is part of what is shown.
  link.setAttribute("href", linkOf(example.querySelector("[data-text]").textContent));
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const opened = window.open(link.href, link.target, "popup,width=720,height=720");
    if (opened) { event.preventDefault(); opened.focus(); }
  });
}

// The phones

const PHONES = {
  agent: { title: "Alice's phone", icon: "☎" },
  customer: { title: "The customer's phone", icon: "☎" },
};

/** Builds one phone; gives the function that shows its state. */
function phone(which) {
  const box = demo.querySelector(`[data-phone=${which}]`);
  const press = (act) => async () => {
    try { await fetch(`/demo/phone/${which}/${act}`, { method: "POST", headers: { "X-Requested-With": "ringbridge" } }); }
    catch { complaint.textContent = "The demo has ended."; }
    loadPhones();
  };
  const button = (word, act, kind) => {
    const made = element("button", { type: "button", class: kind, "data-act": act }, word);
    made.addEventListener("click", press(act));
    return made;
  };
  const state = element("div", { role: "status", "data-state": "" });
  const party = element("div", { class: "party number" });
  const more = element("div", { class: "quiet" });
  const sent = element("dd", { "data-sent": "" });
  const received = element("dd", { "data-received": "" });
  const rtp = element("dl", { class: "rtp" }, element("dt", {}, "RTP sent"), sent, element("dt", {}, "received"), received);
  const answer = button("Answer", "answer", "answer");
  const reject = button("Decline", "reject", "plain");
  const busy = button("Busy", "busy", "plain");
  const hangUp = button("Hang up", "hang-up", "end");
  const auto = element("input", { type: "checkbox" });
  auto.addEventListener("change", () => press(auto.checked ? "auto-on" : "auto-off")());
  box.replaceChildren(
    element("div", { class: "who" }, PHONES[which].title),
    element("div", { class: "screen" }, element("div", { class: "bell", "aria-hidden": "true" }, PHONES[which].icon), state, party, more, rtp),
    element("div", { class: "keys" }, answer, reject, busy, hangUp),
    element("label", { class: "choice" }, auto, "answers by itself"));

  return (view) => {
    const call = view.call;
    const phase = call?.phase ?? "idle";
    box.className = `card phone ${phase}`;
    box.dataset.phase = phase;
    state.textContent = { idle: "idle", ringing: "rings", talking: "talking" }[phase];
    party.textContent = call ? (which === "agent" ? call.display || call.from : call.from) : "";
    more.textContent = call
      ? (which === "agent" ? "the number to be called" : `${call.called} was called`) + (call.digits ? ` · DTMF ${call.digits}` : "")
      : view.last_end ? `last call: ${view.last_end}` : `sip:${view.address}`;
    rtp.hidden = phase !== "talking";
    sent.textContent = call?.rtp.sent ?? 0;
    received.textContent = call?.rtp.received ?? 0;
    answer.hidden = reject.hidden = busy.hidden = phase !== "ringing";
    hangUp.hidden = phase !== "talking";
    auto.checked = view.auto_answer !== "off";
  };
}

const showPhone = { agent: phone("agent"), customer: phone("customer") };

const loadPhones = latest(async () => {
  try {
    const answer = await fetch("/demo/state");
    if (!answer.ok) throw answer;
    const state = await answer.json();
    showPhone.agent(state.agent);
    showPhone.customer(state.customer);
    showTasks(state.tasks);
    await showCallbacks(state.callbacks);
  } catch { complaint.textContent = "The demo does not answer; was it ended?"; }
});

// The call

let call = null;

function showCall() {
  if (!call) return;
  const over = call.state === "wrap_up" || call.state === "completed";
  const end = element("button", { class: "end", type: "button" }, call.state === "connected" ? "Hang up" : "Cancel");
  end.hidden = over;
  end.addEventListener("click", async () => {
    end.disabled = true;
    try { await api(`/api/v1/calls/${call.transaction_id}/${call.state === "connected" ? "hangup" : "cancel"}`, { method: "POST" }); }
    catch (problem) { if (problem.code !== "CALL_OVER") complaint.textContent = problem.detail; }
    loadCall();
  });
  const result = call.result_code ? element("p", { class: call.result_code === "FAIL" ? "error" : "quiet" }, `Result ${call.result_code}${call.error_string ? ": " + call.error_string : ""} · callback ${call.callback.state}`) : null;
  callPlace.replaceChildren(
    element("p", { class: "big number" }, call.number), element("p", { class: "lead" }, call.sentence), steps(call),
    element("div", { class: "legs" }, legBox("Alice's phone", call.agent_leg), legBox("The customer", call.customer_leg)),
    ...[result].filter(Boolean),
    element("div", { class: "actions" }, end, element("span", { class: "timer quiet", "data-talk-timer": "" }),
      element("a", { href: `/AGUI/call/${call.transaction_id}`, target: "ringbridge-call" }, `Transaction ${call.transaction_id}`)));
  tick();
}

const loadCall = latest(async () => {
  try {
    const { calls } = await api("/api/v1/calls");
    call = calls.length ? await api(`/api/v1/calls/${calls[0].transaction_id}`) : null;
    complaint.textContent = "";
    const me = await api("/api/v1/me");
    setServerTime(me.server_time);
    showCall();
    wrap.show(call);
    showPops(me.screen_pops);
  } catch (problem) {
    if (problem.code === "SESSION_REQUIRED") location.reload();
    complaint.textContent = problem.detail ?? "The server cannot be reached; trying again.";
  }
});

function tick() {
  const talk = callPlace.querySelector("[data-talk-timer]");
  if (talk && call?.answered_at) {
    const end = call.hung_up_at ? Date.parse(call.hung_up_at) : Date.now();
    talk.textContent = duration((end - Date.parse(call.answered_at)) / 1000);
  }
  wrap.tick();
}

document.addEventListener("keydown", (event) => { if (!event.defaultPrevented && !event.isComposing && !event.repeat) wrap.key(event); });

// The callbacks

/** Checks a signature as a receiver would: Standard Webhooks, by the browser's own cryptography. */
async function signatureFits(received) {
  const header = (name) => received.headers.find(([other]) => other === name)?.[1] ?? "";
  const key = Uint8Array.from(atob(demo.dataset.secret.replace("whsec_", "")), (c) => c.charCodeAt(0));
  const hmac = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const signed = `${header("webhook-id")}.${header("webhook-timestamp")}.${received.body}`;
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", hmac, new TextEncoder().encode(signed)));
  return header("webhook-signature") === `v1,${btoa(String.fromCharCode(...mac))}`;
}

async function callbackBox(received) {
  const fits = await signatureFits(received);
  const row = ([name, value]) => element("tr", {}, element("td", {}, name), element("td", { class: "number" }, value));
  const fields = [...new URLSearchParams(received.body)];
  return element("div", { class: "callback", "data-callback": received.number },
    element("p", {}, element("strong", { class: "number" }, `${received.method} ${received.target}`), " ",
      element("span", { class: fits ? "verdict" : "verdict bad" }, fits ? "signature is right" : "signature is wrong")),
    element("div", { class: "scroll" }, element("table", {}, element("tbody", {}, ...fields.map(row)))),
    element("details", {}, element("summary", {}, "Body and headers as sent"),
      element("pre", { "data-body": "" }, received.body),
      element("div", { class: "scroll" }, element("table", {}, element("tbody", {}, ...received.headers.map(row))))));
}

const tasks = demo.querySelector("[data-tasks]");
let newestTask = null;
/** The org's tasks, each a table of its fields. */
function showTasks(list) {
  const newest = list[0]?.[0]?.[1] ?? null;
  if (newest === newestTask) return;
  const row = ([name, value]) => element("tr", {}, element("td", {}, name), element("td", { class: "task-value" }, value));
  tasks.replaceChildren(...list.map((fields) => element("div", { class: "callback", "data-task": fields[0][1] },
    element("div", { class: "scroll" }, element("table", {}, element("tbody", {}, ...fields.map(row)))))));
  newestTask = newest;
}

let newestShown = 0;
async function showCallbacks(list) {
  const newest = list[0]?.number ?? 0;
  if (newest === newestShown) return;
  callbacks.replaceChildren(...await Promise.all(list.map(callbackBox)));
  newestShown = newest;
}

// A phone changes by itself while it rings and talks; a few times a second is what an eye can follow.
setInterval(loadPhones, 400);
loadPhones();
loadCall();
everySecond(tick);
events(() => loadCall(), (state) => { if (state === "open") loadCall(); });
