// The agent's own phones: where each is reached, and a test call that rings them.
import { api, element, timeOfDay } from "./live.js";
import { console as words } from "./words.js";

/** What a phone's state means for the agent, in words. */
export function phoneWords(phone) {
  if (phone.state === "fixed") return words.phoneFixed(phone.address);
  if (phone.state === "not_registered") return words.phoneAway(phone.address);
  return phone.contacts.map(({ address, user_agent: name, expires_at: until }) => words.phoneHere(phone.address, address, name, timeOfDay(until))).join(" ");
}

/** Takes the card. Gives `show(me)`; without the server's word about phones nothing is shown. */
export function phoneCard(card, { changed, failed }) {
  const list = card.querySelector("[data-phones]");
  const button = card.querySelector("[data-phone-test]");
  const said = card.querySelector("[data-phone-test-said]");
  let refused = "";

  button.addEventListener("click", async () => {
    refused = "";
    try { await api("/api/v1/me/phone-test", { method: "POST" }); }
    catch (problem) { if (!failed(problem)) refused = problem.detail; }
    changed();
  });
  return {
    show(me) {
      card.hidden = !me.phones;
      if (!me.phones) return;
      const key = JSON.stringify(me.phones);
      if (list.dataset.shown !== key) {
        list.dataset.shown = key;
        list.replaceChildren(...me.phones.map((phone) => element("li", { "data-phone": phone.state, class: phone.state === "not_registered" ? "error" : null }, phoneWords(phone))));
        if (!me.phones.length) list.append(me.role === "admin" ? element("li", {}, words.noPhoneHere, " ", element("a", { href: `/AGUI/config/agents#/${encodeURIComponent(me.agent)}` }, words.addPhone)) : element("li", { class: "error" }, words.noPhone));
      }
      const test = me.phone_test;
      button.hidden = me.phones.length === 0;
      button.disabled = me.on_call || test?.state === "ringing" || test?.state === "answered";
      const text = refused || (test ? test.text : me.on_call ? words.noTestNow : "");
      if (said.textContent !== text) said.textContent = text;
      said.dataset.phoneTestSaid = test?.state ?? "";
      said.className = refused || test?.state === "failed" ? "error" : "quiet";
    },
  };
}
