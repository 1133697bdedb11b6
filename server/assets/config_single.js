// A part that is there once: its form, or the offer to set it up where it is not set.
import { element } from "./live.js";
import { change, read } from "./config_api.js";
import { button, form } from "./form.js";
import { config as words } from "./words_config.js";

/** Some keys of an object; those that are absent stay absent. */
export const pickKeys = (from, keys) => Object.fromEntries(keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]]));

/**
 * The form of a part. `stored(tenant)` is what is stored of it (undefined: it is not set up), `sent(value)` what is sent for
 * it; with `removable` it can be taken away. Gives { node, form }; `form` is missing where the offer is shown.
 */
export function part(page, config, { name, part: partName = name, fields, hints, stored, sent = (value) => value, blank = {}, removable = false, offer, below, removeWords }) {
  const box = element("div", { class: "card" });
  const made = { node: box };
  function open(value, fresh) {
    const one = form({
      name, fields, hints, config, value, below: below?.() ?? [],
      save: (now, was, dry) => change("PUT", [partName], { value: sent(now), was: fresh ? null : was }, dry),
      remove: removable && !fresh ? (was, dry) => change("DELETE", [partName], { was }, dry) : undefined,
      removeWords,
      reload: async () => stored((await read()).tenant),
      saved: async (answer) => { page.guard(null); await page.again(); if (!page.done(answer)) focusOn(name); },
      removed: async (answer) => { page.guard(null); await page.again(); if (!page.done(answer, words.deleted)) document.querySelector("h1").focus(); },
    });
    box.replaceChildren(...(made.before ?? []), one.node);
    made.form = one;
    page.guard(one);
    return one;
  }
  const value = stored(config.tenant);
  if (value !== undefined) open(value, false);
  else box.append(element("p", {}, offer.text), element("div", { class: "actions" }, button(offer.button, "", `start-${name}`, () => open(blank, true).focus())));
  return made;
}

const focusOn = (name) => document.querySelector(`form[data-form="${name}"] [data-save]`)?.focus();

/** The module of a page that is one part of the settings. */
export function settingsPage({ name, keys, fields, hints, about, below }) {
  return {
    async show(page) {
      const config = await read();
      if (!page.isCurrent()) return;
      page.title();
      const shown = part(page, config, {
        name, part: "settings", hints, fields: fields(config), stored: (tenant) => pickKeys(tenant, keys),
        // A key that is left out stays; an empty text takes it away.
        sent: (value) => Object.fromEntries(keys.map((key) => [key, value[key] ?? ""])),
      });
      page.place.replaceChildren(element("p", { class: "quiet" }, about), shown.node, ...(below ? await below(page, config, shown.form) : []));
    },
  };
}
