// A part with many items: the table of them, and one item's form under an address of its own.
import { element } from "./live.js";
import { change, read } from "./config_api.js";
import { form } from "./form.js";
import { config as words } from "./words_config.js";

/** From how many rows on a table is searched rather than read. */
const SEARCHED_FROM = 10;

/**
 * The module of a part. `part` and `key` name it and the key of its items; `columns` are [{ title, of(item, config), kind }];
 * `fields(config, item)` describe the form (item: undefined for a new one); `blank(config)` is what a new one begins with;
 * `name(item)` its name for people; `above(config, page)` comes over the table, `beside(form, config, item)` into the form.
 */
export function list(part) {
  const items = (config) => config.tenant[part.part] ?? [];
  const find = (config, key) => items(config).find((item) => String(item[part.key]) === key);

  async function show(page) {
    const config = await read();
    if (!page.isCurrent()) return;
    if (page.key === undefined) { table(page, config); return; }
    const fresh = page.key === "new";
    const item = fresh ? undefined : find(config, page.key);
    if (!fresh && !item) {
      page.title(words.notThere);
      page.place.replaceChildren(element("p", {}, words.notThereWhy(page.key)), element("p", {}, element("a", { href: "#/" }, words.toList)));
      return;
    }
    page.title(fresh ? part.words.new : part.name(item));
    const one = form({
      name: part.form ?? part.part, fresh, value: item ?? part.blank(config), hints: part.words.hints, config, fields: part.fields(config, item),
      save: (value, was, dry) => (fresh ? change("POST", [part.part], { value }, dry) : change("PUT", [part.part, item[part.key]], { value, was }, dry)),
      remove: fresh ? undefined : (was, dry) => change("DELETE", [part.part, item[part.key]], { was }, dry),
      removeWords: fresh ? undefined : words.deleteAsk(part.name(item)),
      reload: async () => find(await read(), page.key),
      saved: async (answer) => {
        const key = fresh ? one.read()[part.key] : item[part.key];
        await page.go(key);
        if (!page.done(answer)) page.place.querySelector("[data-save]")?.focus();
      },
      removed: async (answer) => { await page.go(); if (!page.done(answer, words.deleted)) document.querySelector("h1").focus(); },
    });
    page.place.replaceChildren(element("div", { class: "card" }, one.node));
    page.guard(one);
    part.beside?.(one, config, item, page);
  }

  function table(page, config) {
    page.title();
    page.guard(null);
    const all = items(config);
    const add = element("a", { class: "button", href: "#/new", "data-new": true }, part.words.new);
    if (!all.length) {
      page.place.replaceChildren(element("div", { class: "card" }, element("p", {}, part.words.about), element("p", {}, part.words.empty), element("div", { class: "actions" }, add, part.extra?.(config, page))), ...(part.above?.(config, page) ?? []));
      return;
    }
    const rows = all.map((item) => element("tr", { "data-item": String(item[part.key]) }, ...part.columns.map(({ of, kind, title }, at) => {
      const shown = of(item, config);
      return element("td", { class: kind ?? null, "data-title": title }, at === 0 ? element("a", { href: `#/${encodeURIComponent(item[part.key])}` }, shown) : shown);
    })));
    const head = element("thead", {}, element("tr", {}, ...part.columns.map(({ title }) => element("th", { scope: "col" }, title))));
    const table = element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": document.querySelector("h1").textContent }, element("table", { class: "listed" }, head, element("tbody", {}, ...rows)));
    page.place.replaceChildren(element("p", { class: "quiet" }, part.words.about),
      element("div", { class: "list-head" }, all.length > SEARCHED_FROM ? search(rows) : null, element("div", { class: "actions" }, add, part.extra?.(config, page))),
      element("div", { class: "card listing" }, table), ...(part.above?.(config, page) ?? []));
  }

  return { show };
}

/** A box that leaves the rows in which each of its words stands. */
export function search(rows) {
  const input = element("input", { type: "search", autocomplete: "off", "data-search": true });
  const said = element("span", { class: "quiet", role: "status" });
  const texts = rows.map((row) => row.textContent.toLowerCase());
  input.addEventListener("input", () => {
    const wanted = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    rows.forEach((row, at) => { row.hidden = !wanted.every((word) => texts[at].includes(word)); });
    said.textContent = wanted.length ? words.found(rows.filter((row) => !row.hidden).length, rows.length) : "";
  });
  return element("div", { class: "search" }, element("label", {}, words.search, input), said);
}
