// Configuration Manager: finds the section of the page and shows it; addresses within it, the title, the focus and the question
// about unsaved changes are kept here.
import { element } from "./live.js";
import { explain, hashOf, madeOnce, undo } from "./config_api.js";
import { button } from "./form.js";
import { config as words, form as formWords } from "./words_config.js";

/** Each section's module shows itself by `show(page)`; only the one that is looked at is loaded. */
const SECTIONS = {
  agents: () => import("./config_agents.js"),
  phones: () => import("./config_phones.js"),
  queues: () => import("./config_lists.js").then(({ queues }) => queues),
  channels: () => import("./config_lists.js").then(({ channels }) => channels),
  "code-lists": () => import("./config_lists.js").then(({ codeLists }) => codeLists),
  tokens: () => import("./config_lists.js").then(({ tokens }) => tokens),
  "dial-plans": () => import("./config_dial_plans.js"),
  limits: () => import("./config_settings.js").then(({ limits }) => limits),
  settings: () => import("./config_settings.js").then(({ settings }) => settings),
  origins: () => import("./config_origins.js"),
  "screen-pop": () => import("./config_crm.js").then(({ screenPop }) => screenPop),
  salesforce: () => import("./config_salesforce.js"),
  crm: () => import("./config_crm.js").then(({ others }) => others),
  callbacks: () => import("./config_callbacks.js"),
  audit: () => import("./config_audit.js"),
};

const frame = document.querySelector("[data-config]");
const heading = frame.querySelector("h1");
const complaint = frame.querySelector("[data-complaint]");
const place = frame.querySelector("[data-place]");
const section = { name: frame.dataset.config, title: heading.textContent };

const crumb = element("p", { class: "crumb", hidden: true }, element("a", { href: "#/" }, section.title), " ›");
const said = element("div", { class: "said", role: "status", "data-said": true });
const made = element("div");
const leaving = element("div", { class: "problems", tabindex: "-1", "data-leaving": true, hidden: true });
heading.before(crumb);
heading.tabIndex = -1;
place.before(said, made, leaving);

/** What of `#/key` is shown: undefined for the list. */
const keyOf = (hash) => { const text = hash.replace(/^#\/?/, ""); return text === "" ? undefined : decodeURIComponent(text); };

let module;
let shownAt = location.hash;
let shownForm = null;
let run = 0;

const page = {
  place,
  /** Sets the heading and the title of an item; without one, those of the section. */
  title(text) {
    heading.textContent = text ?? section.title;
    crumb.hidden = text === undefined;
    document.title = [text, section.title, "Ringbridge"].filter(Boolean).join(" · ");
  },
  /** The form whose changes must not be lost. */
  guard(form) { shownForm = form; },
  /** Tells what was done, with the way back where there is one. */
  done(answer, text = formWords.saved) {
    tell(answer.lines?.length === 0 ? formWords.nothingChanged : text);
    if (answer.revision) {
      said.append(" ", button(formWords.undo, "plain small", "undo", async () => {
        try { await undo(answer.revision, false); tell(formWords.undone); await show(); heading.focus(); } catch (problem) { page.complain(problem); }
      }));
    }
    const box = madeOnce(answer.made);
    if (box) { made.replaceChildren(box); box.focus(); }
    return Boolean(box);
  },
  say: tell,
  complain(problem) { complaint.textContent = explain(problem); complaint.scrollIntoView({ block: "nearest" }); },
  /** Shows another item without asking: what was typed is saved or gone. */
  async go(key) {
    shownForm = null;
    history.replaceState(null, "", key === undefined ? "#/" : hashOf(key));
    shownAt = location.hash;
    await show();
  },
  /** Reads again and shows what is stored. */
  again: () => show(),
};

function tell(text) { said.replaceChildren(text); }

async function show() {
  const mine = ++run;
  try {
    module ??= await SECTIONS[section.name]();
    const key = keyOf(location.hash);
    shownForm = null;
    await module.show({ ...page, key, isCurrent: () => mine === run });
    complaint.textContent = "";
  } catch (problem) {
    if (problem instanceof Error && !(problem instanceof TypeError)) throw problem;
    console.error(problem);
    page.complain(problem);
    if (place.querySelector("p.quiet:only-child")) place.replaceChildren(button(words.again, "plain", "again", () => show()));
  }
}

/** Asks what becomes of unsaved changes before another item is shown. */
function askBeforeLeaving(to) {
  // The address stays what is shown; the step back is not lost, it is done when the answer is given.
  history.pushState(null, "", shownAt || "#/");
  const go = button(formWords.leave, "end", "leave", () => { leaving.hidden = true; shownForm = null; location.hash = to || "#/"; });
  const stay = button(formWords.stay, "plain", "stay", () => { leaving.hidden = true; (shownForm ?? heading).focus(); });
  leaving.replaceChildren(element("h2", {}, formWords.unsaved), element("div", { class: "actions" }, stay, go));
  leaving.hidden = false;
  leaving.focus();
}

addEventListener("hashchange", async () => {
  if (location.hash === shownAt) return;
  if (shownForm?.dirty()) { askBeforeLeaving(location.hash); return; }
  shownAt = location.hash;
  leaving.hidden = true;
  tell("");
  made.replaceChildren();
  await show();
  heading.focus();
});
addEventListener("beforeunload", (event) => { if (shownForm?.dirty()) event.preventDefault(); });

show();
