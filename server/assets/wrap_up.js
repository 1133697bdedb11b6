// The wrap-up form: codes by list, notes, finish. Saved while typing, so that the server's timer loses nothing.
import { api, element } from "./live.js";

/** Makes the form of a call; `done` is called after it was finished. */
export function wrapUpForm(call, done) {
  const complaint = element("p", { class: "error", role: "alert" });
  // The order of picking matters ($transaction_codes$, $lastTcl…$), so it is kept apart from the boxes.
  let picked = call.codes.map(({ list, code }) => ({ list, code }));
  const notes = element("textarea", { id: "notes", maxlength: "4000" });
  notes.value = call.notes;

  const pick = (list, code, on) => {
    picked = picked.filter((other) => !(other.list === list.name && (other.code === code.short || !list.multiple)));
    if (on) picked.push({ list: list.name, code: code.short });
    save(false);
  };
  const lists = call.wrap_up.lists.map((list) => element("fieldset", {},
    element("legend", {}, list.name + (list.required ? " (required)" : "")),
    ...list.codes.map((code) => {
      const box = element("input", {
        type: list.multiple ? "checkbox" : "radio", name: `list ${list.name}`,
        checked: picked.some((other) => other.list === list.name && other.code === code.short),
      });
      box.addEventListener("change", () => pick(list, code, box.checked));
      return element("label", { class: "choice" }, box, code.menu, code.key ? element("span", { class: "key" }, code.key) : null);
    })));

  let writing = null;
  notes.addEventListener("input", () => { clearTimeout(writing); writing = setTimeout(() => save(false), 600); });

  async function save(finish) {
    clearTimeout(writing);
    try {
      await api(`/api/v1/calls/${call.transaction_id}/wrap-up`, { method: "PUT", body: { codes: picked, notes: notes.value, finish } });
      complaint.textContent = "";
      if (finish) done();
    } catch (problem) {
      complaint.textContent = problem.detail;
      if (problem.code === "CALL_OVER") done();
    }
  }
  const finish = element("button", { type: "submit" }, "Finish");
  const form = element("form", { "data-wrap-up": call.transaction_id }, ...lists, element("label", { for: "notes" }, "Notes"), notes,
    element("div", { class: "actions" }, finish, element("span", { class: "quiet timer", "data-wrap-timer": true })), complaint);
  form.addEventListener("submit", (event) => { event.preventDefault(); save(true); });
  form.addEventListener("keydown", (event) => {
    if (event.target === notes || event.ctrlKey || event.metaKey || event.altKey) return;
    call.wrap_up.lists.forEach((list, at) => list.codes.forEach((code, which) => {
      if (code.key && code.key === event.key) form.querySelectorAll("fieldset")[at].querySelectorAll("input")[which].click();
    }));
  });
  return form;
}
