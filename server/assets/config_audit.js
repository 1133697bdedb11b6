// The audit trail: who changed what, when and how; taking a change back, with what that would change first.
import { api, element, when } from "./live.js";
import { asked, explain, planLines, undo } from "./config_api.js";
import { button } from "./form.js";
import { audit as words } from "./words_config.js";

export async function show(page) {
  page.title();
  const list = element("ol", { class: "trail", "data-audit": true });
  const empty = element("p", { class: "quiet", hidden: true }, words.empty);
  const more = button(words.more, "plain", "more", () => load());
  let last;
  async function load() {
    const { entries, more: others } = await asked(() => api(`/api/v1/config/audit${last === undefined ? "" : `?before=${last}`}`));
    if (!page.isCurrent()) return;
    const made = entries.map((one) => entry(one, page));
    list.append(...made);
    last = entries.at(-1)?.id ?? last;
    empty.hidden = list.children.length > 0;
    if (document.activeElement === more) made[0]?.focus();
    more.hidden = !others;
  }
  await load();
  page.place.replaceChildren(element("p", { class: "quiet" }, words.about), empty, list, element("div", { class: "actions" }, more));
}

/** How many lines of a change are read at a glance; an import may have hundreds. */
const GLANCE = 12;

/** The lines of a change; what is more than a glance is folded away. */
function told(lines, beyond) {
  if (lines.length <= GLANCE && !beyond) return [planLines(lines)];
  const rest = lines.length - GLANCE;
  return [planLines(lines.slice(0, GLANCE)), element("details", {}, element("summary", { class: "quiet" }, words.moreLines(rest + beyond)),
    planLines(lines.slice(GLANCE)), beyond ? element("p", { class: "quiet" }, words.unshown(beyond)) : null)];
}

/** One change. */
function entry({ id, at, who, how, lines, more_lines: moreLines, can_undo: canUndo, undone_by: undoneBy, undoes }, page) {
  const asking = element("div", { class: "problems", hidden: true });
  const start = canUndo ? button(words.undo, "plain small", "undo-start", ask) : null;
  start?.setAttribute("aria-label", words.undoOf(id));
  async function ask() {
    let would;
    try { would = await undo(id, true); } catch (problem) { refuse(problem); return; }
    const yes = button(words.undoYes, "", "undo-yes", async () => {
      try {
        const answer = await undo(id, false);
        await page.again();
        page.say(words.undone(id));
        if (!page.done({ ...answer, revision: null }, words.undone(id))) document.querySelector("h1").focus();
      } catch (problem) { refuse(problem); }
    });
    const no = button(words.undoNo, "plain", "undo-no", () => { asking.hidden = true; start.focus(); });
    asking.replaceChildren(element("h2", {}, words.wouldChange), planLines(would.lines), element("div", { class: "actions" }, yes, no));
    asking.hidden = false;
    no.focus();
  }
  function refuse(problem) {
    asking.replaceChildren(element("p", { class: "error", tabindex: "-1" }, [explain(problem), ...(problem.errors ?? []).map(({ text }) => text)].join(" ")));
    asking.hidden = false;
    asking.firstElementChild.focus();
  }
  const notes = [words.how[how] ?? how, undoes ? words.undoes(undoes) : "", undoneBy ? words.undoneBy(undoneBy) : ""].filter(Boolean).join(" · ");
  return element("li", { class: "card", "data-revision": String(id), tabindex: "-1", "aria-label": words.entry(id) },
    element("div", { class: "trail-head" }, element("span", {}, element("strong", {}, who ?? words.nobody), ` · ${when(at)}`, element("span", { class: "quiet" }, ` · ${notes} · #${id}`)), start), ...told(lines, moreLines ?? 0), asking);
}
