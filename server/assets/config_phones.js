// All phones of all agents, and whether they can be reached now.
import { api, element, when } from "./live.js";
import { asked, explain, hashOf, read } from "./config_api.js";
import { search } from "./config_list.js";
import { phone as words } from "./words_config.js";

/** How often the state is read again, in milliseconds: a phone registers every minute or less often. */
const AGAIN = 10_000;

/** A phone's name as the state and the settings both have it. */
const addressOf = ({ uri, register }) => uri ?? register;

export async function show(page) {
  const { tenant } = await read();
  if (!page.isCurrent()) return;
  page.title();
  const phones = (tenant.agent ?? []).flatMap((agent) => (agent.phone ?? []).map((phone, at) => ({ agent, phone, at })));
  if (!phones.length) {
    page.place.replaceChildren(element("div", { class: "card" }, element("p", {}, words.about), element("p", {}, words.empty), element("div", { class: "actions" }, element("a", { class: "button", href: "/AGUI/config/agents" }, words.toAgents))));
    return;
  }
  const states = new Map();
  const rows = phones.map(({ agent, phone, at }) => {
    const state = element("td", { "data-phone-state": `${agent.login}.${at}` }, "…");
    states.set(state, { agent, phone });
    return element("tr", {}, element("td", { class: "number" }, addressOf(phone)),
      element("td", {}, element("a", { href: `/AGUI/config/agents${hashOf(agent.login)}` }, agent.name && agent.name !== agent.login ? `${agent.login} · ${agent.name}` : agent.login)),
      element("td", {}, phone.uri ? words.fixed : words.registers), element("td", {}, words.order(at + 1)), element("td", {}, phone.auto_answer === "none" || !phone.auto_answer ? "" : phone.auto_answer), state);
  });
  const head = element("tr", {}, ...["Phone", "Agent", "Kind", "Tried", "Answers by itself", "Now"].map((title) => element("th", { scope: "col" }, title)));
  page.place.replaceChildren(element("p", { class: "quiet" }, words.about), rows.length > 10 ? search(rows) : "",
    element("div", { class: "card listing" }, element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Phones" }, element("table", { class: "listed" }, element("thead", {}, head), element("tbody", {}, ...rows)))));
  const refresh = async () => {
    if (!page.isCurrent()) return;
    try {
      const team = await asked(() => api("/api/v1/team"));
      for (const [cell, { agent, phone }] of states) {
        const live = team.agents.find(({ login }) => login === agent.login)?.phones?.find(({ address }) => address === addressOf(phone));
        cell.replaceChildren(stateOf(live, phone));
      }
    } catch (problem) { for (const cell of states.keys()) cell.textContent = explain(problem); }
    setTimeout(refresh, AGAIN);
  };
  await refresh();
}

/** What is known of a phone now. */
function stateOf(live, phone) {
  if (phone.uri) return element("span", { class: "quiet" }, words.fixedState);
  if (live?.state !== "registered") return element("span", { class: "badge bad" }, words.notRegistered);
  const contact = live.contacts?.[0];
  return element("span", {}, element("span", { class: "badge good" }, words.registered), contact ? element("span", { class: "hint" }, words.contact(contact.address, contact.user_agent, when(contact.expires_at))) : null);
}
