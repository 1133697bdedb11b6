// The contact center's own settings, and the limits of its calls.
import { element } from "./live.js";
import { options } from "./config_api.js";
import { settingsPage } from "./config_single.js";
import { limits as limitWords, settings as words } from "./words_config.js";

const regions = new Intl.DisplayNames("en", { type: "region" });

/** What countries are called; 001 are numbers of no country. */
export function countries(text) {
  const names = text.toUpperCase().split(/\s+/).filter(Boolean).map((code) => {
    if (code === "001") return limitWords.noCountry;
    if (!/^[A-Z]{2}$/.test(code)) return words.noSuchCountry(code);
    const name = regions.of(code);
    return name === code ? words.noSuchCountry(code) : name;
  });
  return names.join(", ");
}

const time = (zone) => {
  try { return words.timeThere(new Intl.DateTimeFormat("en", { timeZone: zone.trim(), dateStyle: "medium", timeStyle: "short" }).format(new Date())); } catch { return ""; }
};

export const settings = settingsPage({
  name: "settings", about: words.about, hints: words.hints,
  keys: ["hosts", "time_zone", "country", "default_caller_id", "default_dial_plan", "code_lists"],
  fields: () => [
    { key: "time_zone", label: "Time zone", kind: "text", required: true, suggest: Intl.supportedValuesOf?.("timeZone"), echo: time, size: "middling" },
    { key: "country", label: "Country", kind: "text", required: true, mono: true, size: "tiny", max: 2, echo: countries },
    { key: "default_caller_id", label: "Caller ID, where nothing else gives one", kind: "pick", options: options.channels, none: words.noCallerId },
    { key: "default_dial_plan", label: "Dial plan, where nothing else gives one", kind: "pick", options: options.plans, none: words.noPlan },
    { key: "code_lists", label: "Code lists of calls without a queue", kind: "picks", options: options.lists, nothing: words.noLists },
    { key: "hosts", label: "Host names", kind: "many" },
  ],
  below: (_, config) => [element("section", { class: "card" }, element("h2", {}, "The tenant file"), element("p", {}, words.file), element("pre", { class: "place plain-place", tabindex: "0", role: "region", "aria-label": "Command" }, `ringbridge export --tenant ${config.tenant.name} --config ringbridge.toml`))],
});

export const limits = settingsPage({
  name: "limits", about: limitWords.about, hints: limitWords.hints,
  keys: ["duplicate_window_seconds", "wrap_up_seconds", "allowed_countries"],
  fields: () => [
    { key: "duplicate_window_seconds", label: "The same click again is one click", kind: "number", unit: "seconds" },
    { key: "wrap_up_seconds", label: "Wrap-up of calls without a queue", kind: "number", unit: "seconds" },
    { key: "allowed_countries", label: "Countries that may be dialled", kind: "many", rows: 4, echo: countries },
  ],
});
