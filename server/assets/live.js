// What every live page needs: the API, the events, and elements made without innerHTML.
import { common, leg as words } from "./words.js";

/** No answer, or one that is not the server's (a proxy's): nothing is known of what was asked. */
export class Unreachable extends TypeError {}

/** Calls the API; gives the decoded body, or throws the problem document or `Unreachable`. */
export async function api(path, { method = "GET", body } = {}) {
  const headers = { "X-Requested-With": "ringbridge", Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  return send(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), credentials: "same-origin" });
}

/** Sends any request of ours that is answered in JSON, as `api` does. */
export async function send(path, request) {
  let answer;
  let value;
  try {
    answer = await fetch(path, request);
    const text = await answer.text();
    value = text ? JSON.parse(text) : null;
  } catch (cause) { throw new Unreachable(cause.message); }
  if (!answer.ok) throw value ?? { code: "UNKNOWN", detail: common.noReason };
  return value;
}

/** When the agent pressed “Log out”: the answer leads to the log-in by itself. */
let loggingOut = 0;
document.addEventListener("submit", ({ target }) => { if (target.getAttribute("action") === "/AGUI/logout") loggingOut = Date.now(); });

/** Where a session that is over can begin again: the log-in, which says so and leads back here. */
export function toLogin() {
  // The server ends the session before its answer is here; who did that is not told of it.
  if (Date.now() - loggingOut < 10_000) return;
  location.assign(`/AGUI/login?ended=1&next=${encodeURIComponent(location.pathname)}`);
}

/** Listens to the agent's events, or to those of another address; the browser resumes by Last-Event-ID on its own. */
export function events(onEvent, onState = () => {}, path = "/api/v1/events") {
  const source = new EventSource(path);
  for (const kind of ["status", "call", "wrap_up", "screen_pop"]) {
    source.addEventListener(kind, (event) => onEvent(kind, JSON.parse(event.data)));
  }
  source.onopen = () => onState("open");
  source.onerror = () => onState(source.readyState === EventSource.CLOSED ? "closed" : "waiting");
  return source;
}

/** Makes an element; text is text, never markup. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** Seconds as H:MM:SS or M:SS. */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** The tenant's time zone, which the page's header names. */
const zone = document.querySelector("[data-zone]")?.dataset.zone;
const format = (options) => new Intl.DateTimeFormat(undefined, { timeZone: zone, ...options });
const clock = format({ timeStyle: "medium" });
const day = format({ dateStyle: "medium" });
const both = format({ dateStyle: "medium", timeStyle: "medium" });

/** A moment of the API (RFC 3339) as its time of day in the tenant's zone. */
export const timeOfDay = (moment) => (moment ? clock.format(new Date(moment)) : "");

/** A moment as its day and time in the tenant's zone. */
export const when = (moment) => (moment ? both.format(new Date(moment)) : "");

/** A moment as short as it is clear: the time alone for today. */
export const shortly = (moment) => (moment && day.format(new Date(moment)) === day.format(new Date()) ? timeOfDay(moment) : when(moment));

/** How far the server's clock is ahead of this machine's, in milliseconds. */
let ahead = 0;

/** Takes the server's time (RFC 3339) as it came, where it came. */
export function setServerTime(moment) {
  if (moment) ahead = Date.parse(moment) - Date.now();
}

/** Now by the server's clock, as milliseconds: what clocks count by, since the moments they count from are the server's. */
export const serverNow = () => Date.now() + ahead;

/** Runs the function now and every second. */
export function everySecond(tick) {
  tick();
  return setInterval(tick, 1000);
}

/** Runs one at a time; further requests while it runs make one more run, so that the last state is always shown. */
export function latest(load) {
  let running = false;
  let again = false;
  return async function run() {
    if (running) { again = true; return; }
    running = true;
    try { do { again = false; await load(); } while (again); } finally { running = false; }
  };
}

/** Whether a call is over, wrap-up or not. */
export const isOver = (call) => call.state === "wrap_up" || call.state === "completed";

/** Both legs as boxes. */
export function legs(call) {
  return element("div", { class: "legs" }, legBox(words.agent, call.agent_leg, call), legBox(words.customer, call.customer_leg, call));
}

/** One leg as a box; with its call, a leg that was never called says so. */
export function legBox(title, leg, call = null) {
  const code = leg.sip_code ? ` (${leg.sip_code}${leg.reason ? " " + leg.reason : ""})` : leg.state === "failed" && leg.reason ? ` (${leg.reason})` : "";
  return element("div", { class: `leg ${leg.state}` }, element("strong", {}, title), (leg.state === "idle" && call && isOver(call) ? notCalled(call) : words.states[leg.state] ?? leg.state) + code);
}

/** The number is called when the agent's phone has answered. */
const notCalled = ({ events }) => (events?.some(({ kind, leg }) => kind === "leg.answered" && leg === "agent") ? words.notCalled : words.notCalledSince);

/** The four steps of a call as a list. */
export function steps(call) {
  const order = ["ringing_agent", "ringing_customer", "connected", "over"];
  const over = isOver(call);
  const now = over ? 3 : order.indexOf(call.state);
  const reached = over ? (call.answered_at ? 2 : call.customer_leg.state !== "idle" ? 1 : 0) : now;
  return element("ol", { class: "steps" }, ...words.steps.map((word, at) => {
    const failed = over && at === 3 && !call.answered_at;
    const kind = failed ? "failed" : at === now ? "now" : at <= reached ? "done" : "";
    return element("li", { class: kind, "aria-current": at === now ? "step" : null }, word);
  }));
}
