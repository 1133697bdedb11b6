// The codes of a wrap-up: found by typing, picked by keys, kept in the order they were picked.
import { element } from "./live.js";
import { console as words } from "./words.js";

/** What a filter looks at. */
const fold = (text) => text.toLocaleLowerCase();

/** Whether somebody is typing there, so that letters are theirs. */
export const isTyping = (target) => target.matches?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]") ?? false;

/** Makes the boxes of these lists; `changed()` is called when the agent picked. */
export function codePicker(lists, { picked: before, changed }) {
  // The order of picking matters ($transaction_codes$, $lastTcl…$), so it is kept apart from the boxes.
  let picked = before;
  const options = lists.flatMap((list, at) => list.codes.map((code) => option(list, code, at)));
  const filter = element("input", { type: "search", id: "code-filter", "data-code-filter": true, autocomplete: "off", spellcheck: "false", "aria-describedby": "code-found" });
  const found = element("p", { class: "quiet", id: "code-found", "data-code-found": true, role: "status" });
  const chips = element("ol", { class: "chips", "data-picked": true, "aria-label": words.picked });
  const fieldsets = lists.map((list, at) => element("fieldset", { "data-list": list.name },
    element("legend", {}, list.name, " ", element("span", { class: "quiet" }, words.listRule(list.multiple, list.required))),
    ...options.filter((one) => one.at === at).map(({ label }) => label)));
  const root = element("div", {}, ...(options.length ? [element("label", { for: "code-filter" }, words.findCode), filter, found, ...fieldsets, chips] : []));

  function option(list, code, at) {
    const box = element("input", { type: list.multiple ? "checkbox" : "radio", name: `list ${list.name}`, "data-code": code.short });
    const one = { list, code, at, box };
    box.addEventListener("change", () => pick(one, box.checked));
    // A radio button that is pressed again is picked no more: a slip must be mended without another code.
    box.addEventListener("click", () => { if (box.type === "radio" && isPicked(one) && box.dataset.was) { box.checked = false; pick(one, false); } });
    box.addEventListener("pointerdown", () => { box.dataset.was = box.checked ? "1" : ""; });
    box.addEventListener("keydown", (event) => keyInBoxes(event, one));
    one.label = element("label", { class: "choice" }, box, element("span", {}, code.menu), code.key ? element("kbd", {}, code.key) : null);
    one.words = fold([list.name, code.menu, code.short].join(" "));
    return one;
  }

  const isPicked = ({ list, code }) => picked.some((other) => other.list === list.name && other.code === code.short);

  function pick({ list, code }, on) {
    picked = picked.filter((other) => !(other.list === list.name && (other.code === code.short || !list.multiple)));
    if (on) picked.push({ list: list.name, code: code.short });
    draw();
    changed();
  }

  const toggle = (one) => pick(one, !isPicked(one));
  const shown = () => options.filter(({ label }) => !label.hidden);

  function draw() {
    for (const one of options) one.box.checked = isPicked(one);
    chips.replaceChildren(...picked.map(({ list, code }) => {
      const one = options.find((other) => other.list.name === list && other.code.short === code);
      const away = element("button", { type: "button", class: "chip", "aria-label": words.removeCode(list, one?.code.menu ?? code) }, `${list}: ${one?.code.menu ?? code}`, element("span", { "aria-hidden": "true" }, " ×"));
      away.addEventListener("click", () => {
        const at = [...chips.children].indexOf(away.parentElement);
        if (one) pick(one, false);
        (chips.children[Math.min(at, chips.children.length - 1)]?.firstElementChild ?? filter).focus();
      });
      return element("li", {}, away);
    }));
  }

  function narrow() {
    const wanted = fold(filter.value.trim()).split(/\s+/).filter(Boolean);
    for (const { label, words: text } of options) label.hidden = !wanted.every((word) => text.includes(word));
    for (const set of fieldsets) set.hidden = ![...set.querySelectorAll("label")].some((label) => !label.hidden);
    const first = shown()[0];
    for (const one of options) one.label.classList.toggle("first", wanted.length > 0 && one === first);
    found.textContent = wanted.length ? words.found(shown().length, first?.code.menu) : "";
  }
  filter.addEventListener("input", narrow);
  filter.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "ArrowDown") { event.preventDefault(); shown()[0]?.box.focus(); }
    if (event.key === "Escape") { event.preventDefault(); filter.value = ""; narrow(); }
    if (event.key === "Enter") {
      event.preventDefault();
      const first = shown()[0];
      if (!first || !filter.value.trim()) return;
      toggle(first);
      filter.value = "";
      narrow();
    }
  });

  /** Arrows go through the codes without picking; Enter picks. */
  function keyInBoxes(event, one) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      const all = shown();
      const next = all[all.indexOf(one) + step];
      (next?.box ?? (step < 0 ? filter : one.box)).focus();
    } else if (event.key === "Enter" || (event.key === " " && one.box.type === "radio")) {
      event.preventDefault();
      toggle(one);
    }
  }

  draw();
  return {
    root,
    picked: () => picked,
    /** Takes over what another tab picked. */
    set(codes) { picked = codes; draw(); },
    /** The names of required lists without a code. */
    missing: () => lists.filter((list) => list.required && !picked.some((other) => other.list === list.name)).map(({ name }) => name),
    /** Picks by the key of a code; true where it was one. */
    key(event) {
      const is = (match) => options.find(({ code }) => code.key && match(code.key, event.key));
      const one = is((key, pressed) => key === pressed) ?? is((key, pressed) => fold(key) === fold(pressed));
      if (!one) return false;
      event.preventDefault();
      toggle(one);
      return true;
    },
  };
}
