// The wrap-up form: codes, notes, time left, finish. Saved while typing, so that the server's timer loses nothing; what
// cannot be sent is kept in this tab and sent when the connection is back.
import { api, duration, element, serverNow } from "./live.js";
import { codePicker, isTyping } from "./wrap_up_codes.js";
import { console as words } from "./words.js";

/** The most bytes of notes (NOTES_BYTES_MAX of the server). */
const NOTES_BYTES_MAX = 4096;

/** Notes are saved when the agent pauses for so long. */
const PAUSE_MS = 500;

const bytes = (text) => new TextEncoder().encode(text).length;
const draftOf = (id) => `ringbridge draft ${id}`;

/** Where the form stands open. */
export const isOpen = (call) => call?.state === "wrap_up" || call?.state === "connected";

/** Takes the card. `changed()` is called after it was finished, `failed(problem)` says whether a failure is the connection's.
    Gives `show(call)`, `tick()`, `key(event)` and `resend()`. */
export function wrapUp(card, { changed, failed, lost }) {
  const place = card.querySelector("[data-wrap-up-place]");
  let call = null;
  let form = null;

  return {
    show(next) {
      call = next;
      if (form && form.id !== call?.transaction_id) { form.leave(); form = null; place.replaceChildren(); }
      card.hidden = !isOpen(call);
      if (!isOpen(call)) {
        if (form) { const had = card.contains(document.activeElement); form.leave(call); form = null; place.replaceChildren(); if (had) document.querySelector("#call-title")?.focus(); }
        return;
      }
      if (!form) {
        form = makeForm(call, { changed, failed, lost });
        // The form is kept while it is for the same call: what the agent types must not be replaced under their hands.
        place.replaceChildren(form.root);
      }
      form.show(call);
      // At the end of the talk nobody types yet: then the codes' keys work at once.
      if (call.state === "wrap_up" && card.dataset.opened !== String(form.id)) {
        card.dataset.opened = form.id;
        if ([document.body, document.querySelector("#call-title")].includes(document.activeElement)) card.querySelector("h2").focus();
      }
    },
    tick() { form?.tick(); },
    resend() { form?.resend(); },
    /** A key that was pressed anywhere; true where it was the form's. */
    key(event) {
      if (!form) return false;
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); form.finish(); return true; }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return false;
      return form.key(event);
    },
  };
}

function makeForm(first, { changed, failed, lost }) {
  const id = first.transaction_id;
  let call = first;
  const kept = readDraft(id);
  const unsent = { codes: kept?.codes !== undefined, notes: kept?.notes !== undefined };
  let running = false;
  let writing = null;
  let over = false;

  const codes = codePicker(call.wrap_up.lists, { picked: (kept?.codes ?? call.codes).map(({ list, code }) => ({ list, code })), changed: () => edit("codes", 0) });
  const notes = element("textarea", { id: "notes", "data-notes": true, "aria-describedby": "notes-count" });
  notes.value = kept?.notes ?? call.notes;
  const count = element("span", { class: "quiet timer", id: "notes-count", "data-notes-count": true });
  const said = element("span", { class: "quiet", "data-saved": true, role: "status" });
  const missing = element("p", { class: "quiet", "data-missing": true });
  const complaint = element("p", { class: "error", role: "alert", "data-wrap-up-complaint": true });
  const bar = element("progress", { class: "time-bar", "aria-label": words.timeLeft, max: "1", value: "1" });
  const clock = element("span", { class: "timer", "data-wrap-timer": true });
  const moreTime = element("button", { type: "button", class: "plain small", "data-more-time": true, "data-server": true, hidden: true }, words.moreTime);
  const time = element("div", { class: "time-left" }, bar, clock, moreTime);
  const finish = element("button", { type: "submit", "data-server": true, "aria-keyshortcuts": "Control+Enter" }, words.finish);
  const finishKey = element("kbd", {}, words.finishKey);
  const root = element("form", { "data-wrap-up": id }, time, codes.root, element("label", { for: "notes" }, words.notes), notes,
    element("div", { class: "between" }, count, said), missing, element("div", { class: "actions" }, finish, finishKey), complaint);

  const say = (state, text) => { said.dataset.saved = state; if (said.textContent !== text) said.textContent = text; };

  function edit(part, pause) {
    unsent[part] = true;
    writeDraft();
    measure();
    clearTimeout(writing);
    writing = setTimeout(() => save(false), pause);
  }
  notes.addEventListener("input", () => edit("notes", PAUSE_MS));

  const body = () => ({ ...(unsent.codes ? { codes: codes.picked() } : {}), ...(unsent.notes ? { notes: notes.value } : {}) });
  const writeDraft = () => { try { sessionStorage.setItem(draftOf(id), JSON.stringify(body())); } catch { /* It is in the form still. */ } };

  function measure() {
    const long = bytes(notes.value);
    count.textContent = words.notesCount(long, NOTES_BYTES_MAX);
    count.classList.toggle("error", long > NOTES_BYTES_MAX);
    const lists = codes.missing();
    missing.textContent = lists.length ? words.missing(lists) : "";
    missing.hidden = !lists.length;
    return long <= NOTES_BYTES_MAX;
  }

  /** Sends what is not saved yet; other tabs keep what they changed, since the rest is left out. */
  async function save(finishing) {
    clearTimeout(writing);
    if (!measure()) { say("not", words.notSaved(words.notesTooLong)); return; }
    if (running) { running = finishing ? "finish" : running === true ? "again" : running; return; }
    if (over || (!finishing && !unsent.codes && !unsent.notes)) return;
    const sent = body();
    running = true;
    Object.assign(unsent, { codes: false, notes: false });
    say("saving", words.saving);
    try {
      await api(`/api/v1/calls/${id}/wrap-up`, { method: "PUT", body: { ...sent, finish: finishing } });
      complaint.textContent = "";
      say("saved", words.saved);
      if (!unsent.codes && !unsent.notes) sessionStorage.removeItem(draftOf(id));
    } catch (problem) {
      unsent.codes ||= sent.codes !== undefined;
      unsent.notes ||= sent.notes !== undefined;
      refused(problem, finishing);
    }
    const next = running;
    running = false;
    if (finishing) changed();
    else if (next === "finish") save(true);
    else if (next === "again") save(false);
  }

  function refused(problem, finishing) {
    // A finish that lacks a code was saved, but for its end.
    if (problem.code === "CODES_REQUIRED") { complaint.textContent = problem.detail; say("not", ""); save(false); return; }
    if (failed(problem)) { say("not", words.keptHere); return; }
    if (problem.code === "CALL_OVER") { changed(); return; }
    say("not", words.notSaved(problem.detail));
    if (finishing) complaint.textContent = problem.detail;
  }

  root.addEventListener("submit", (event) => { event.preventDefault(); end(); });
  moreTime.addEventListener("click", async () => {
    try { await api(`/api/v1/calls/${id}/more-time`, { method: "PUT" }); complaint.textContent = ""; }
    catch (problem) { if (!failed(problem)) complaint.textContent = problem.detail; }
    changed();
  });
  const end = () => { if (call.state === "wrap_up" && finish.getAttribute("aria-disabled") !== "true") save(true); };

  function tick() {
    const { ends_at: ends, held } = call.wrap_up;
    time.hidden = !ends;
    if (!ends) return;
    const left = (Date.parse(ends) - serverNow()) / 1000;
    const started = call.events.findLast(({ kind }) => kind === "wrap_up.started");
    const whole = (Date.parse(ends) - Date.parse(started?.at ?? ends)) / 1000;
    bar.max = Math.max(whole, 1);
    bar.value = held ? 0 : Math.max(0, left);
    bar.classList.toggle("short", left < 10);
    const text = held ? words.held : words.left(duration(left));
    if (clock.textContent !== text) clock.textContent = text;
  }

  measure();
  return {
    id,
    root,
    tick,
    finish: end,
    key: codes.key,
    resend: () => { if (unsent.codes || unsent.notes) save(false); },
    /** Shows what the server has; not over what was changed here and is on its way. */
    show(next) {
      call = next;
      const idle = !running && next.state;
      if (idle && !unsent.codes && JSON.stringify(next.codes) !== JSON.stringify(codes.picked())) codes.set(next.codes.map(({ list, code }) => ({ list, code })));
      if (idle && !unsent.notes && next.notes !== notes.value) notes.value = next.notes;
      for (const part of [finish, finishKey]) part.hidden = next.state !== "wrap_up";
      moreTime.hidden = !next.wrap_up.more_time;
      measure();
      tick();
    },
    /** The form goes away; what was not saved any more is not lost silently. */
    leave(last) {
      over = true;
      clearTimeout(writing);
      sessionStorage.removeItem(draftOf(id));
      const { codes: picked, notes: text } = body();
      const unsaved = (picked && last && JSON.stringify(picked) !== JSON.stringify(last.codes)) || (text !== undefined && last && text !== last.notes);
      if (unsaved) lost(last, text ?? "", picked ?? []);
    },
  };
}

function readDraft(id) {
  try { return JSON.parse(sessionStorage.getItem(draftOf(id))); } catch { return null; }
}
