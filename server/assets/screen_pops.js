// Screen pops: of all tabs of an agent one opens each; where the browser forbids it, a button waits in all of them.
import { api, element } from "./live.js";
import { common, screenPop as words } from "./words.js";

/** A pop whose call has been complete for longer (the CRM was down) does not open by itself any more: the agent is at something
    else. */
const BY_ITSELF_SECONDS = 120;

/** A tab that was given a pop and has not opened it after so long will not any more. */
const OPENING_SECONDS = 10;

/** The empty frame that opens the windows. It is their opener, so that a later pop of the same name finds them again; a
    window's page can do nothing through it, as it could through the console itself. It is there before anybody clicks: a
    person's click counts only for the frames that there were. */
const frame = element("iframe", { hidden: true, "aria-hidden": "true", title: "" });
document.body.append(frame);

const open = (page, name) => frame.contentWindow.open(page, name);

const path = (pop, what) => `/api/v1/screen-pops/${pop.transaction_id}/${what}`;

/** How long this tab lets others go first, in milliseconds: the one that the agent has just clicked in is let through by the
    browser's blocker, so it does not wait; after it comes the one that they look at. */
function courtesy(patience) {
  if (navigator.userActivation?.isActive) return 0;
  if (document.visibilityState !== "visible") return patience + 800;
  return patience + (document.hasFocus() ? 150 : 400);
}

/** Takes part in opening pops, and shows buttons in `place`. Gives a function that is told the pops there are. */
export function screenPops(place, { patience = 0, changed = () => {} } = {}) {
  const tried = new Set();
  let timer = null;

  async function byItself(pop) {
    await new Promise((done) => setTimeout(done, courtesy(patience)));
    let given;
    try { given = await api(path(pop, "open"), { method: "POST", body: {} }); }
    catch { changed(); return; } // Another tab has it.
    if (!open(given.page, pop.window)) await api(path(pop, "blocked"), { method: "POST" }).catch(() => {});
    changed();
  }

  async function pressed(pop, box) {
    try {
      const { page } = await api(path(pop, "open"), { method: "POST", body: { again: true } });
      if (open(page, pop.window)) return;
      // Not even for a click: then the agent goes there.
      await api(path(pop, "blocked"), { method: "POST" });
      box.append(element("p", {}, words.blocked, " ", element("a", { href: pop.page, target: "_blank" }, words.asPage)));
    } catch (problem) { box.append(element("p", { class: "error" }, problem.detail ?? common.unreachableNow)); }
  }

  function box(pop) {
    const made = element("div", { class: "pop", "data-screen-pop": pop.transaction_id, role: "alert" });
    const away = element("button", { type: "button", class: "plain" }, words.dismiss);
    away.addEventListener("click", () => api(path(pop, "dismiss"), { method: "POST" }).catch(() => {}).then(changed));
    if (pop.state === "nothing") {
      made.append(element("p", {}, `${pop.title}: ${pop.reason}`), element("div", { class: "actions" }, away));
      return made;
    }
    const button = element("button", { type: "button", class: "wanted" }, words.open[pop.opens] ?? words.open.page);
    button.addEventListener("click", () => pressed(pop, made));
    made.append(element("p", {}, pop.title), element("div", { class: "actions" }, button, away));
    return made;
  }

  /** Whether it is for a person to open, now. */
  function waits(pop) {
    if (pop.state === "opening") return pop.unchanged_seconds >= OPENING_SECONDS;
    return pop.state !== "offered" || pop.age_seconds >= BY_ITSELF_SECONDS;
  }

  return (pops) => {
    for (const pop of pops) {
      if (pop.state !== "offered" || pop.age_seconds >= BY_ITSELF_SECONDS || tried.has(pop.transaction_id)) continue;
      tried.add(pop.transaction_id);
      byItself(pop);
    }
    const shown = pops.filter(waits);
    const key = JSON.stringify(shown.map((pop) => [pop.transaction_id, pop.state]));
    if (place.dataset.shown !== key) {
      // Only then: a button under somebody's finger must not be replaced.
      place.dataset.shown = key;
      place.replaceChildren(...shown.map(box));
      // Nor is the agent to be torn from what they type.
      if (document.activeElement === document.body) place.querySelector("button.wanted")?.focus();
    }
    place.hidden = shown.length === 0;
    clearTimeout(timer);
    if (pops.some((pop) => !waits(pop))) timer = setTimeout(changed, (OPENING_SECONDS + 1) * 1000);
  };
}

/** The agent's account at the target, in a form of the console. */
export function externalLogin(form) {
  if (!form) return () => {};
  const said = form.querySelector("[data-external-said]");
  const forget = form.querySelector("[data-external-forget]");
  let again = () => {};
  const send = async (request) => {
    try { await api("/api/v1/me/external", request); form.reset(); again(); }
    catch (problem) { said.textContent = problem.detail ?? common.unreachableNow; }
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { username, password, remember } = form.elements;
    send({ method: "PUT", body: { username: username.value, password: password.value, remember: remember.checked } });
  });
  forget.addEventListener("click", () => send({ method: "DELETE" }));
  return (external, changed) => {
    again = changed;
    said.textContent = words.login[external.kept](external.username);
    forget.hidden = external.kept !== "session" && external.kept !== "remembered";
  };
}
