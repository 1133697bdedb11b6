// What the agent does: the status with its clock, and the buttons that choose it.
import { api, duration, serverNow } from "./live.js";
import { console as words } from "./words.js";

/** Takes the card; `changed` is called after a choice. Gives `show(me)` and `tick()`. */
export function statusCard(card, { changed, complain }) {
  const pill = card.querySelector("[data-status]");
  const clock = card.querySelector("[data-status-clock]");
  const then = card.querySelector("[data-status-then]");
  const buttons = [...card.querySelectorAll("[data-presence]")];
  let me = null;

  for (const button of buttons) {
    button.addEventListener("click", async () => {
      try { await api("/api/v1/me/status", { method: "PUT", body: { status: button.dataset.presence } }); complain(""); }
      catch (problem) { complain(problem); }
      changed();
    });
  }

  return {
    show(next) {
      me = next;
      // A break that was chosen in a call has not begun; the sentence beside the buttons says when it does.
      const waiting = me.on_call && me.presence !== "available";
      const text = waiting ? words.onCallNow : words.status[me.status] + (me.on_call && me.status !== "busy" ? words.onCall : "");
      if (pill.textContent !== text) pill.textContent = text;
      pill.className = `status ${me.on_call ? "on_call" : me.status}`;
      card.dataset.now = me.status;
      for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.presence === me.presence));
      // What was chosen during a call or a wrap-up counts when it ends.
      const waits = (me.on_call || me.status === "wrap_up") && me.presence !== "available";
      then.textContent = waits ? words.afterwards(words.status[me.presence], me.status === "wrap_up") : "";
      this.tick();
    },
    tick() {
      const since = me?.status_since ?? me?.since;
      clock.textContent = since ? duration((serverNow() - Date.parse(since)) / 1000) : "";
    },
  };
}
