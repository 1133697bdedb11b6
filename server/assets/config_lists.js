// Queues, channels, code lists and API tokens: tables of items with a form each.
import { list } from "./config_list.js";
import { options } from "./config_api.js";
import { element } from "./live.js";
import { codeList, channel, queue, token } from "./words_config.js";

const id = (item) => ({ key: "id", label: "Id", kind: "number", required: true, fixed: Boolean(item) });
const names = (texts) => (texts ?? []).join(", ");

/** The queues that use it, agents that are in it … as the number of them. */
const usedBy = (count, one, several) => (count === 0 ? "" : `${count} ${count === 1 ? one : several}`);

/** A first id that is not taken. */
export const freeId = (items, first) => { const taken = new Set((items ?? []).map((item) => item.id)); let next = first; while (taken.has(next)) next += 1; return next; };

export const queues = list({
  part: "queue", key: "id", words: queue,
  name: ({ id: number, name }) => (name ? `Queue ${number} · ${name}` : `Queue ${number}`),
  columns: [
    { title: "Id", of: (item) => String(item.id), kind: "number" },
    { title: "Name", of: (item) => item.name },
    { title: "Caller ID", of: (item) => item.caller_id ?? "", kind: "number" },
    { title: "Code lists", of: (item) => names(item.code_lists) },
    { title: "Wrap-up", of: (item) => (item.wrap_up_seconds ? `${item.wrap_up_seconds} s` : queue.none) },
    { title: "Agents", of: (item, { tenant }) => usedBy(tenant.agent.filter(({ queues: own }) => (own ?? []).includes(item.id)).length, "agent", "agents") },
  ],
  blank: ({ tenant }) => ({ id: freeId(tenant.queue, 101), wrap_up_seconds: 60, wrap_up_after_failed: "full" }),
  fields: (_, item) => [
    id(item),
    { key: "name", label: "Name", kind: "text" },
    { key: "caller_id", label: "Caller ID", kind: "pick", options: options.channels, none: queue.noCallerId },
    { key: "code_lists", label: "Code lists", kind: "picks", options: options.lists, nothing: queue.noLists },
    { key: "wrap_up_seconds", label: "Wrap-up", kind: "number", unit: "seconds" },
    { key: "wrap_up_after_failed", label: "After a call that was not established", kind: "choice", options: queue.afterFailed },
  ],
});

export const channels = list({
  part: "channel", key: "number", words: channel,
  name: ({ number, name }) => (name ? `${number} · ${name}` : number),
  columns: [
    { title: "Number", of: (item) => item.number, kind: "number" },
    { title: "Name", of: (item) => item.name },
    { title: "Used by", of: (item, { tenant }) => users(item.number, tenant).join(", ") },
  ],
  blank: () => ({}),
  fields: (_, item) => [
    { key: "number", label: "Number", kind: "text", mono: true, required: true, fixed: Boolean(item), size: "middling" },
    { key: "name", label: "Name", kind: "text" },
  ],
});

/** Who shows a number. */
function users(number, tenant) {
  const queuesOfIt = (tenant.queue ?? []).filter((item) => item.caller_id === number).map((item) => `queue ${item.id}`);
  const agents = (tenant.agent ?? []).filter((item) => item.caller_id === number).map((item) => item.login);
  return [...(tenant.default_caller_id === number ? [channel.default] : []), ...queuesOfIt, ...agents];
}

export const codeLists = list({
  part: "code_list", key: "name", words: codeList,
  name: ({ name }) => name,
  columns: [
    { title: "Name", of: (item) => item.name },
    { title: "Codes", of: (item) => names((item.code ?? []).map(({ short }) => short)) },
    { title: "Choice", of: (item) => (item.multiple ? codeList.several : codeList.single) },
    { title: "Needed", of: (item) => (item.required ? codeList.yes : "") },
    { title: "Queues", of: (item, { tenant }) => names([...((tenant.code_lists ?? []).includes(item.name) ? [codeList.noQueue] : []), ...(tenant.queue ?? []).filter((one) => (one.code_lists ?? []).includes(item.name)).map((one) => one.id)]) },
  ],
  blank: () => ({ multiple: false, required: false, code: [{}] }),
  fields: (_, item) => [
    { key: "name", label: "Name", kind: "text", required: true, fixed: Boolean(item) },
    { key: "multiple", label: "More than one code can be picked", kind: "flag" },
    { key: "required", label: "Wrap-up ends only with a code of this list", kind: "flag" },
    { key: "code", label: "Codes", kind: "rows", one: "code", blank: {}, fields: [
      { key: "short", label: "Short code", kind: "text", required: true, mono: true },
      { key: "menu", label: "The agent reads", kind: "text" },
      { key: "report", label: "Reports say", kind: "text" },
      { key: "key", label: "Key", kind: "text", mono: true, size: "tiny", max: 1 },
    ] },
  ],
});

export const tokens = list({
  part: "token", key: "name", words: token,
  name: ({ name }) => name,
  columns: [
    { title: "Name", of: (item) => item.name },
    { title: "Kind", of: (item) => element("span", {}, token.kinds.find(([kind]) => kind === item.kind)?.[1] ?? item.kind) },
  ],
  blank: () => ({ kind: "data" }),
  fields: (_, item) => [
    { key: "name", label: "Name", kind: "text", required: true, fixed: Boolean(item) },
    { key: "kind", label: "Kind", kind: "choice", options: token.kinds },
    { key: "value", label: item ? "New value" : "Value", kind: "secret", made: !item },
  ],
});
