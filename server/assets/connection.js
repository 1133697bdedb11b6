// The connection of a page that lives: it listens to the agent's events, notices when they stop, and comes back by itself.
//
// A page that listens again loads the truth then, so no event has to be caught up with. Everything marked data-server is
// greyed out while the server cannot be reached; it stays focusable, so that nobody loses their place.
import { api, toLogin, Unreachable } from "./live.js";

/** The first wait before another try, and the longest: a server that restarts is back in seconds, and thousands of consoles
    must not keep one busy that is not. */
const WAIT_FIRST_MS = 500;
const WAIT_MAX_MS = 15_000;

/** The server gives a sign of life every 15 seconds; a stream that is silent for so long has died without a word. */
const SILENT_MS = 40_000;

/** How often the state is asked for where the server takes no further stream of this agent. */
const POLL_MS = 4_000;

/** How often the watch looks; a look that comes much later means that the machine slept. */
const WATCH_MS = 5_000;

export const KINDS = ["status", "call", "wrap_up", "screen_pop"];

/** Listens. `onEvent(kind, event)` for each event, `load()` whenever everything may have changed, and `onState(state, since)`
    with "open", "lost" (and since when) or "polling". Gives `isLost()`, and `failed(problem)` for calls that did not get through. */
export function connect({ onEvent, load, onState = () => {} }) {
  let source = null;
  let state = "opening";
  let since = null;
  let wait = WAIT_FIRST_MS;
  let timer = null;
  let heard = Date.now();
  let looked = Date.now();
  let refused = 0;

  function say(next) {
    if (next === state) return;
    state = next;
    since = next === "lost" ? new Date() : null;
    document.body.dataset.connected = next;
    for (const part of document.querySelectorAll("[data-server]")) {
      if (next === "lost") part.setAttribute("aria-disabled", "true");
      else part.removeAttribute("aria-disabled");
    }
    onState(next, since);
  }

  function later(milliseconds, what) {
    clearTimeout(timer);
    timer = setTimeout(what, milliseconds);
  }

  function drop() {
    clearTimeout(timer);
    source?.close();
    source = null;
  }

  function open() {
    drop();
    heard = Date.now();
    const mine = new EventSource("/api/v1/events");
    source = mine;
    const hears = (what) => (event) => { heard = Date.now(); what(event); };
    for (const kind of KINDS) mine.addEventListener(kind, hears((event) => onEvent(kind, JSON.parse(event.data))));
    mine.addEventListener("alive", hears(() => {}));
    mine.onopen = hears(() => { wait = WAIT_FIRST_MS; refused = 0; say("open"); load(); });
    mine.onerror = () => { if (source === mine) ended(); };
  }

  /** Why it ended, an EventSource does not say: a log-out, a refusal and a dead server look the same. */
  async function ended() {
    drop();
    try { await api("/api/v1/me"); } catch (problem) { if (isOut(problem)) return; if (problem instanceof Unreachable) { unreachable(); return; } }
    // It answers, so only the stream is missing.
    refused += 1;
    if (refused > 1) { say("polling"); load(); }
    later(refused > 1 ? POLL_MS : WAIT_FIRST_MS, open);
  }

  function unreachable() {
    drop();
    say("lost");
    // Spread, so that all consoles do not come back in one moment.
    later(wait * (0.5 + Math.random() / 2), open);
    wait = Math.min(wait * 2, WAIT_MAX_MS);
  }

  function now() {
    wait = WAIT_FIRST_MS;
    open();
  }

  setInterval(() => {
    const slept = Date.now() - looked > WATCH_MS * 6;
    looked = Date.now();
    if (source?.readyState === EventSource.OPEN && Date.now() - heard > SILENT_MS) ended();
    else if (slept && state === "open") load();
  }, WATCH_MS);
  addEventListener("offline", unreachable);
  addEventListener("online", now);
  addEventListener("pageshow", (event) => { if (event.persisted) now(); });
  addEventListener("pagehide", drop);
  document.addEventListener("visibilitychange", () => { if (!document.hidden && state === "lost") now(); });
  for (const kind of ["click", "submit"]) {
    document.addEventListener(kind, (event) => {
      if (state !== "lost" || !event.target.closest("[data-server]")) return;
      event.preventDefault();
      event.stopPropagation();
    }, true);
  }
  open();
  return {
    isLost: () => state === "lost",
    /** Takes a failure of a call to the API; true where it is the connection's and needs no other word. */
    failed: (problem) => {
      if (isOut(problem)) return true;
      if (!(problem instanceof Unreachable)) return false;
      if (state !== "lost") unreachable();
      return true;
    },
  };
}

/** Whether the session is over; then the page goes where it can begin again, and comes back. */
function isOut(problem) {
  if (problem.code !== "SESSION_REQUIRED") return false;
  toLogin();
  return true;
}
