// A call as it stands: number, sentence, steps, both legs, clocks, and the button that ends it. For the console and the
// page of one call; what both show is the same.
import { api, duration, element, isOver, legs, serverNow, steps } from "./live.js";
import { call as words } from "./words.js";

/** The newest thing that a call's document tells of. */
export const newest = (call) => call.events.reduce((newest, event) => Math.max(newest, event.seq), 0);

const happened = (call, kind, leg) => call.events.findLast((event) => event.kind === kind && (!leg || event.leg === leg));

/** Where a call is, as one word: what it is called by its state, and its ending where it has one. */
export const stateOf = (call) => (call ? (isOver(call) && call.state !== "wrap_up" ? "over" : call.state) : "none");

/** What a person can do about an ending, in words; empty where nothing is wrong. */
export const adviceOf = (call) => (isOver(call) ? words.advice[call.end_reason] ?? "" : "");

/** Takes the card with the parts of `call_box.html`. Gives `show(call)`, `tick()` and `end()`. */
export function callCard(card, { changed, complain }) {
  const part = (name) => card.querySelector(`[data-${name}]`);
  const [number, sentence, advice, live, timer, actions, end, facts, warnings, page] =
    ["number", "sentence", "advice", "live", "timer", "call-actions", "end", "facts", "warnings", "call-page"].map(part);
  let call = null;
  let drawn = "";

  const put = (place, text) => { if (place && place.textContent !== text) place.textContent = text; };

  async function hangUp() {
    if (!call || isOver(call) || end.disabled) return;
    const { transaction_id: id, state } = call;
    end.disabled = true;
    try { await api(`/api/v1/calls/${id}/${state === "connected" ? "hangup" : "cancel"}`, { method: "POST" }); complain(""); }
    catch (problem) { end.disabled = false; if (problem.code !== "CALL_OVER") complain(problem); }
    changed();
  }
  end.addEventListener("click", hangUp);

  function known() {
    const event = happened(call, "dial.extension");
    const dialled = happened(call, "click.accepted")?.dialled;
    const pairs = [
      [words.dialled, dialled !== call.number && dialled],
      [words.extension, call.extension && (event ? words.extensionResult(call.extension, event.sent) : words.extensionWaits(call.extension))],
      [words.callerId, [call.caller_name, call.caller_id].filter(Boolean).join(" · ")],
      [words.queue, call.queue_name ?? call.queue_id],
      [words.dialPlan, call.dial_plan && (call.dial_plan.name ?? call.dial_plan.id)],
      [words.record, recordOf(call)],
      [words.callback, call.state === "completed" && words.callbacks[call.callback.state]?.(call.callback.attempts)],
    ];
    return pairs.filter(([, text]) => text).flatMap(([name, text]) => [element("dt", {}, name), element("dd", {}, text)]);
  }

  function draw() {
    live.replaceChildren(steps(call), legs(call));
    facts.replaceChildren(...known());
    warnings.replaceChildren(...call.warnings.map((warning) => element("li", {}, warning.text)));
    warnings.hidden = call.warnings.length === 0;
  }

  return {
    end: hangUp,
    /** The call, or null for none. */
    show(next) {
      const other = next?.transaction_id !== call?.transaction_id;
      const moved = other || next?.state !== call?.state;
      call = next;
      card.dataset.state = stateOf(call);
      if (call) card.dataset.seq = newest(call);
      card.dataset.ended = call?.end_reason ?? "";
      const over = !call || isOver(call);
      const [text, hint] = call ? [call.sentence, adviceOf(call)] : [words.none, ""];
      put(number, call ? call.number + (call.extension ? ` ext. ${call.extension}` : "") : "");
      put(sentence, text);
      put(advice, hint);
      advice.hidden = !hint;
      // The button is never replaced: it may have the focus, or a finger on it.
      const hadFocus = document.activeElement === end;
      if (moved) end.disabled = false;
      put(end, call?.state === "connected" ? words.hangUp : words.cancel);
      for (const only of [end, part("end-key")]) if (only) only.hidden = over;
      actions.hidden = !call;
      if (hadFocus && over) card.querySelector("h1[tabindex], h2[tabindex]")?.focus();
      if (page && call) page.href = `/AGUI/call/${call.transaction_id}`;
      const key = JSON.stringify([call, stateOf(call)]);
      if (key !== drawn) {
        drawn = key;
        if (call) draw();
        else for (const place of [live, facts, warnings]) place.replaceChildren();
      }
      if (!call) warnings.hidden = true;
      this.tick();
    },
    tick() { put(timer, call ? clockText(call) : ""); },
  };
}

/** The clock of a call: how long it rings, how long they talk, how long they talked. */
export function clockText(call) {
  const from = (moment) => clock((serverNow() - Date.parse(moment)) / 1000);
  const clock = duration;
  if (isOver(call)) return call.answered_at ? words.lasted(duration(call.duration_seconds)) : "";
  if (call.answered_at) return words.talking(from(call.answered_at));
  const ringing = call.state === "ringing_customer" ? "customer" : "agent";
  const since = happened(call, "leg.ringing", ringing);
  return since ? words.ringing(from(since.at)) : "";
}

/** What became of the record that the link asked for. */
function recordOf(call) {
  if (call.state !== "completed") return "";
  if (call.result_code === "SUCCESS") return words.recordMade(call.record_id);
  if (call.result_code === "FAIL") return words.recordFailed(call.error_string);
  return call.result_code === null ? words.recordWaits : "";
}
