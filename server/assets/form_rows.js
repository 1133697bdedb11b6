// Repeated groups of fields: a plan's rules, a list's codes, an agent's phones. Added, removed, and put in order by buttons,
// by Alt and the arrow keys, and by dragging.
import { element } from "./live.js";
import { form as words } from "./words_config.js";
import { complain } from "./fields.js";

let ids = 0;

/** Rows of the fields `field.fields`; with `field.map` they are the keys (name) and values (value) of a table. */
export function rows(field, value, context, group) {
  const id = `r${++ids}`;
  const list = element("ol", { class: "items" });
  const said = element("p", { class: "quiet", role: "status" });
  const error = element("p", { class: "error", id: `${id}-error`, "data-error": true, hidden: true });
  const add = element("button", { type: "button", class: "plain", "aria-describedby": `${id}-error` }, words.add(field.one));
  const hints = context.hints[field.key] ?? {};
  const node = element("fieldset", { class: "field whole" }, element("legend", {}, field.label),
    hints.all ? element("p", { class: "hint" }, hints.all) : null, list, add, said, error);
  let items = [];
  let path = [];

  const changed = () => { node.dispatchEvent(new Event("input", { bubbles: true })); };

  function item(now) {
    const inner = group(field.fields, now, { ...context, hints, class: "fields in-row" });
    const wrong = element("p", { class: "error", "data-error": true, hidden: true });
    const title = element("strong");
    const button = (sign, act) => { const made = element("button", { type: "button", class: "plain small" }, sign); made.addEventListener("click", act); return made; };
    const up = button("↑", () => move(own, -1, up));
    const down = button("↓", () => move(own, 1, down));
    const remove = button("✕", () => drop(own));
    const handle = element("span", { class: "handle", "aria-hidden": "true", title: words.drag }, "⠿");
    const row = element("li", {}, element("div", { class: "row-head" }, field.ordered === false ? null : handle, title, wrong,
      element("span", { class: "row-buttons" }, ...(field.ordered === false ? [remove] : [up, down, remove]))), inner.node);
    const own = { row, inner, wrong, title, up, down, remove };
    row.addEventListener("keydown", (event) => {
      // In a list of choices these keys open it.
      if (!event.altKey || field.ordered === false || !["ArrowUp", "ArrowDown"].includes(event.key) || event.target.matches("select")) return;
      event.preventDefault();
      event.stopPropagation();
      move(own, event.key === "ArrowUp" ? -1 : 1, document.activeElement);
    });
    if (field.ordered !== false) draggable(own, handle);
    return own;
  }

  /** Moves a row; what had the focus keeps it. */
  function move(own, by, focus) {
    const from = items.indexOf(own);
    const to = from + by;
    if (to < 0 || to >= items.length) return;
    items.splice(to, 0, ...items.splice(from, 1));
    // The other row is moved around this one, so that the focus stays where it is.
    const other = items[from];
    if (by < 0) own.row.after(other.row); else own.row.before(other.row);
    said.textContent = words.moved(field.one, to + 1, items.length);
    number();
    (focus?.disabled ? (by < 0 ? own.down : own.up) : focus)?.focus();
    changed();
  }

  function drop(own) {
    const at = items.indexOf(own);
    items = items.filter((known) => known !== own);
    own.row.remove();
    said.textContent = words.removed(field.one, at + 1);
    number();
    (items[Math.min(at, items.length - 1)]?.remove ?? add).focus();
    changed();
  }

  /** Lets a row be dragged by its handle over the others. */
  function draggable(own, handle) {
    handle.addEventListener("pointerdown", () => { own.row.draggable = true; });
    handle.addEventListener("pointerup", () => { own.row.draggable = false; });
    own.row.addEventListener("dragstart", (event) => { event.dataTransfer.effectAllowed = "move"; event.dataTransfer.setData("text/plain", ""); own.row.classList.add("dragged"); });
    own.row.addEventListener("dragend", () => { own.row.draggable = false; own.row.classList.remove("dragged"); });
    own.row.addEventListener("dragover", (event) => {
      const dragged = items.find(({ row }) => row.classList.contains("dragged"));
      if (!dragged) return;
      event.preventDefault();
      if (dragged === own) return;
      const box = own.row.getBoundingClientRect();
      const [from, over] = [items.indexOf(dragged), items.indexOf(own)];
      // It goes past a row only past its middle: rows of different heights would jump back and forth.
      const below = event.clientY > box.top + box.height / 2;
      const to = from < over ? (below ? over : over - 1) : below ? over + 1 : over;
      for (let at = from; at !== to; at += Math.sign(to - from)) move(dragged, Math.sign(to - from), null);
    });
  }

  /** Tells each row its place. */
  function number() {
    items.forEach((own, at) => {
      const name = words.place(field.one, at + 1);
      const here = [...path, field.map ? own.inner.read().name ?? "" : at];
      own.title.textContent = name;
      own.row.dataset.row = here.join(".");
      own.wrong.dataset.error = here.join(".");
      own.inner.place([...path, at]);
      own.row.setAttribute("aria-label", name);
      for (const [button, label, kind] of [[own.up, words.up, "up"], [own.down, words.down, "down"], [own.remove, words.remove, "remove"]]) {
        button.setAttribute("aria-label", label(name));
        button.title = label(name);
        button.dataset[kind] = here.join(".");
      }
      own.up.disabled = at === 0;
      own.down.disabled = at === items.length - 1;
    });
    add.dataset.add = path.join(".");
    add.disabled = items.length >= (field.most ?? Infinity);
    list.hidden = items.length === 0;
  }

  const start = field.map ? Object.entries(value ?? {}).map(([name, text]) => ({ name, value: text })) : value ?? [];
  for (const now of start) { const own = item(now); items.push(own); list.append(own.row); }
  add.addEventListener("click", () => {
    const own = item(typeof field.blank === "function" ? field.blank() : { ...field.blank });
    items.push(own);
    list.append(own.row);
    number();
    own.inner.focus();
    changed();
  });
  number();

  /** The row that a step of a path names, as a control. */
  const rowAt = (step) => {
    const own = field.map ? items.find(({ inner }) => inner.read().name === step) : items[step];
    return own && { ...own.inner, node: own.row, say: (text) => { complain(own.wrong, [], text); if (!text) own.inner.say(null); } };
  };
  return {
    node,
    read: () => {
      const read = items.map(({ inner }) => inner.read());
      if (field.map) return read.length ? Object.fromEntries(read.filter(({ name }) => name).map(({ name, value: text }) => [name, text ?? ""])) : undefined;
      return read;
    },
    place: (now) => { path = now; error.dataset.error = now.join("."); node.dataset.field = now.join("."); number(); },
    find: ([step, ...rest]) => { const row = rowAt(step); return row ? (rest.length ? row.find(rest) ?? row : row) : null; },
    say: (text) => { complain(error, [], text); if (!text) items.forEach((own) => { complain(own.wrong, [], null); own.inner.say(null); }); },
    focus: () => (items[0]?.inner ?? add).focus(),
    refresh: () => items.forEach(({ inner }) => inner.refresh()),
  };
}
