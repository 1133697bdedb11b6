// All that is known of one call, as a picture: the click, the dial plan, both phones, tokens and what came after.
import { api, duration, element, events, latest, toLogin, when } from "./live.js";
import { common, trace as words } from "./words.js";
import { roomIn } from "./charts.js";
import { arrows, ladder, stageBar } from "./ladder.js";

const at = (name) => document.querySelector(`[data-${name}]`);
const root = at("trace");
const id = Number(root.dataset.trace);
const complaint = at("complaint");

let trace = null;

/** Replaces a part only when what it shows has changed, and never under somebody's hands. */
const shown = new Map();
function fill(name, value, make) {
  const place = at(name);
  const text = JSON.stringify(value);
  if (shown.get(name) === text || place.contains(document.activeElement)) return;
  shown.set(name, text);
  place.replaceChildren(...[make(value)].flat().filter((part) => part !== null));
}

const facts = (pairs) => element("dl", { class: "facts" }, ...pairs.filter(([, value]) => value !== null && value !== undefined && value !== "").flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
const number = (text) => (text ? element("span", { class: "number" }, text) : null);
const quiet = (text) => element("p", { class: "quiet" }, text);

/** A table in a region of its own, so that it may be wider than the page. */
function table(label, columns, rows) {
  return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label },
    element("table", { class: columns.length > 2 ? "wide-table" : null }, element("thead", {}, element("tr", {}, ...columns.map((name) => element("th", { scope: "col" }, name)))),
      element("tbody", {}, ...rows.map(([first, ...rest]) => element("tr", {}, element("th", { scope: "row" }, first), ...rest.map((cell) => element("td", {}, cell ?? "")))))));
}

/** Milliseconds from the click, as people read them. */
export function offset(moment) {
  const millis = Date.parse(moment) - Date.parse(trace.created_at);
  return millis < 60_000 ? `+${(millis / 1000).toFixed(3)} s` : `+${duration(millis / 1000)}`;
}

function summary({ agent, queue, created_at: created, interaction_guid: guid, end_reason: reason, ended_by: by, version }) {
  return facts([[words.agent, agent.name === agent.login ? agent.name : `${agent.name} (${agent.login})`], [words.queue, queue ? (queue.name ?? String(queue.id)) : null], [words.clicked, when(created)],
    [words.ended, reason ? words.endedBy(reason, by) : null], [words.guid, element("code", {}, guid)], [words.version, version]]);
}

function request({ origin, address, decision, why, parameters }) {
  return [element("p", {}, element("span", { class: "status" }, words.decisions[decision] ?? decision ?? words.unknown), " ", why),
    facts([[words.origin, origin ?? words.noOrigin], [words.address, address], ...parameters.map(([name, value]) => [element("code", {}, name), number(value)])])];
}

/** The dial plan as the steps that the number took. */
function plan({ admission, warnings }) {
  const steps = admission.steps.map((step) => element("li", { class: `plan-step ${step.result}` },
    element("div", {}, element("strong", {}, words.rule(step.rule)), " ", element("span", { class: "status" }, words.results[step.result] ?? step.result)),
    element("code", {}, step.match), step.number ? number(step.number) : null, step.comment ? element("div", { class: "quiet" }, step.comment) : null));
  return [
    element("ol", { class: "plan-steps", "aria-label": words.planSteps }, element("li", { class: "plan-step end-of-plan" }, element("strong", {}, words.asked), number(admission.number)), ...steps,
      element("li", { class: "plan-step end-of-plan" }, element("strong", {}, words.dialled), number(admission.dialled))),
    facts([[words.plan, admission.dial_plan ? `${admission.dial_plan.name ?? ""} (${admission.dial_plan.id})` : words.noPlan], [words.trunk, admission.trunk ?? words.defaultTrunk], [words.callerId, number(admission.caller_id)], [words.extension, number(admission.extension)]]),
    warnings.length ? element("ul", { class: "warnings", "aria-label": words.warnings }, ...warnings.map((warning) => element("li", {}, warning.text))) : null];
}

function bothPhones(value) {
  if (value.ladder.length === 0) return [quiet(words.noMessages)];
  const drawn = arrows(value.ladder, value.created_at, offset);
  return [
    value.ladder.some((message) => message.from === "event") ? quiet(words.fromEvents) : null,
    element("div", { class: "scroll ladder", tabindex: "0", role: "region", "aria-label": words.ladder }, ladder(drawn, Math.max(520, Math.min(900, roomIn(at("ladder")))))),
    element("details", {}, element("summary", {}, words.asTable),
      table(words.asTable, words.messageColumns, drawn.map((arrow) => [arrow.offset, words.fromTo(arrow.leg, arrow.dir), arrow.what, [arrow.cseq ? words.cseq(arrow.cseq) : null, arrow.sdp].filter(Boolean).join(" · ")])))];
}

const timeline = (list) => list.map((event) => element("li", { "data-kind": event.kind }, element("span", { class: "timer quiet" }, offset(event.at)), element("div", {}, event.text, " ", element("code", { class: "quiet" }, event.kind))));

function data({ userdata, ext, complete }) {
  const rows = (pairs) => pairs.map((pair) => [pair.name, pair.value, complete ? (pair.filled === pair.value ? words.same : pair.filled) : words.later]);
  const one = (name, pairs) => [element("h3", {}, element("code", {}, name)), pairs.length ? table(name, words.dataColumns, rows(pairs)) : quiet(words.none)];
  return [...one("ctl_userdata", userdata), ...one("extTransactionData", ext)];
}

function tokens({ list, complete }) {
  if (!complete) return [quiet(words.tokensLater)];
  const used = list.filter((token) => token.used);
  const rest = list.filter((token) => !token.used);
  const rows = (some) => some.map((token) => [element("code", {}, `$${token.name}$`), token.value === "" ? words.empty : token.value]);
  return [used.length ? table(words.usedTokens, words.tokenColumns, rows(used)) : quiet(words.noTokens),
    element("details", {}, element("summary", {}, words.otherTokens), table(words.otherTokens, words.tokenColumns, rows(rest)))];
}

function after({ attempts, result, screen_pop: pop, complete }) {
  const times = (attempt) => [words.asked_at(when(attempt.created_at)), attempt.due_at ? words.due(when(attempt.due_at)) : null, attempt.settled_at ? words.settled(when(attempt.settled_at)) : null].filter(Boolean).join(" · ");
  return [
    facts([[words.result, result.code ? `${result.code}${result.error_string ? `: ${result.error_string}` : ""}` : complete ? words.waits : words.later], [words.record, result.record_id],
      [words.pop, pop ? `${words.opens[pop.opens] ?? pop.opens}, ${words.popStates[pop.state] ?? pop.state}${pop.reason ? `: ${pop.reason}` : ""}` : words.none], [words.popUrl, pop?.url]]),
    attempts.length ? table(words.attempts, words.attemptColumns, attempts.map((attempt) => [
      words.kinds[attempt.kind] ?? attempt.kind, attempt.to, element("span", { class: `status ${attempt.state}` }, words.states[attempt.state] ?? attempt.state), String(attempt.attempts), attempt.last_error, times(attempt)]))
      : quiet(complete ? words.noAttempts : words.attemptsLater)];
}

function show() {
  const complete = trace.completed_at !== null;
  at("sentence").textContent = trace.sentence;
  fill("summary", { agent: trace.agent, queue: trace.queue, created_at: trace.created_at, interaction_guid: trace.interaction_guid, end_reason: trace.end_reason, ended_by: trace.ended_by, version: trace.version }, summary);
  fill("stages", { stages: trace.stages, now: complete ? null : trace.server_time, width: roomIn(at("stages")) }, (value) => stageBar(value));
  fill("request", trace.request, request);
  fill("plan", { admission: trace.admission, warnings: trace.admission.warnings }, plan);
  fill("ladder", { ladder: trace.ladder, created_at: trace.created_at, width: roomIn(at("ladder")) }, bothPhones);
  fill("events", trace.events, timeline);
  fill("data", { userdata: trace.userdata, ext: trace.ext, complete }, data);
  fill("tokens", { list: trace.tokens, complete }, tokens);
  fill("after", { attempts: trace.attempts, result: trace.result, screen_pop: trace.screen_pop, complete }, after);
}

let unreachable = false;
const load = latest(async () => {
  try {
    trace = await api(`/api/v1/calls/${id}/trace`);
    if (unreachable) { unreachable = false; complaint.textContent = ""; }
    show();
  } catch (problem) {
    if (problem.code === "SESSION_REQUIRED") toLogin();
    unreachable = true;
    complaint.textContent = problem.detail ?? common.unreachable;
  }
});

/** Puts the bundle on the clipboard; where the browser forbids that, into a field to copy it from. */
async function copy() {
  const said = at("copied");
  said.textContent = "";
  let text;
  try {
    const answer = await fetch(`/api/v1/calls/${id}/bundle`, { credentials: "same-origin" });
    if (!answer.ok) throw await answer.json();
    text = await answer.text();
  } catch (problem) { complaint.textContent = problem.detail ?? common.unreachableNow; return; }
  try {
    await navigator.clipboard.writeText(text);
    said.textContent = words.copied;
  } catch {
    at("bundle").hidden = false;
    at("bundle-text").value = text;
    at("bundle-text").select();
    said.textContent = words.copyByHand;
  }
}

at("copy").addEventListener("click", copy);
let soon = null;
events((_, event) => { if (event.transaction_id === id) soon ??= setTimeout(() => { soon = null; load(); }, 250); },
  (state) => { at("connection").textContent = state === "open" ? words.live : words.waiting; if (state === "open") load(); }, `/api/v1/events?scope=${root.dataset.scope}`);
let resized = null;
addEventListener("resize", () => { clearTimeout(resized); resized = setTimeout(() => trace && show(), 300); });
load();
