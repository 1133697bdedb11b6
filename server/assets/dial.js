// The dial box: what the dial plan makes of a number before it is called, and one call for one press.
import { api, send } from "./live.js";
import { console as words } from "./words.js";

/** What people type is read when they pause for so long. */
const PAUSE_MS = 250;

/** Places a call as a link of ours does; gives its document, or throws the problem. A tenant who wants every click confirmed
    gets the page that asks. */
export async function place(parameters) {
  try { return await send(address(parameters), { method: "POST", headers: { Accept: "application/json" } }); } catch (problem) {
    if (problem.code === "CONFIRMATION_REQUIRED") location.assign(address(parameters));
    throw problem;
  }
}

/** The click's address: a number stands in the query of a link, never in a body (semantics 1.2). */
const address = (parameters) => `/AGUI/make_call.php?${new URLSearchParams(parameters)}`;

/** What the form asks for, without what was left empty. */
const asked = (form) => Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));

/** Makes the form live; `placed(id)` is called with the call's number. */
export function dialBox(form, { placed, failed = () => false }) {
  const reading = form.querySelector("[data-dial-reading]");
  const complaint = form.querySelector("[data-dial-complaint]");
  const button = form.querySelector("button[type=submit]");
  const { phone, request_id: name } = form.elements;
  let timer = null;
  let run = 0;

  /** Another number is another call; the same one, sent again because no answer came, is not. */
  const renew = () => { name.value = crypto.randomUUID(); };
  renew();

  async function read() {
    run += 1;
    const mine = run;
    if (!phone.value.trim()) { reading.textContent = ""; form.dataset.reading = ""; return; }
    const parameters = asked(form);
    if (form.dataset.plan) parameters.dialplan_id = form.dataset.plan;
    try {
      const link = `${location.origin}/AGUI/make_call.php?${new URLSearchParams(parameters)}`;
      const found = await api("/api/v1/links/check", { method: "POST", body: { link } });
      if (mine !== run) return;
      const heeded = found.warnings.filter(({ parameter }) => parameter === "phone").map(({ text }) => text);
      reading.textContent = found.error ? found.error.text : [words.willDial(found.dial_plan?.number ?? found.number, found.extension), ...heeded].join(" ");
      form.dataset.reading = found.error ? found.error.code : found.dial_plan?.number ?? found.number ?? "";
    } catch (problem) { if (mine === run && !failed(problem)) reading.textContent = problem.detail; }
  }

  form.addEventListener("input", () => {
    renew();
    complaint.textContent = "";
    clearTimeout(timer);
    timer = setTimeout(read, PAUSE_MS);
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    complaint.textContent = "";
    try {
      const { transaction_id: id } = await place(asked(form));
      renew();
      phone.value = "";
      read();
      placed(id);
    } catch (problem) {
      if (problem.code) renew();
      complaint.textContent = failed(problem) || !problem.code ? words.notPlaced : problem.detail;
      // One sentence for one thing.
      if (reading.textContent === complaint.textContent) reading.textContent = "";
    }
    button.disabled = false;
  });
  if (phone.value) read();
  return { focus() { phone.focus(); phone.select(); } };
}

/** The button that asks the browser to hand `tel:` links to us. */
export function telLinks(button, said) {
  if (!navigator.registerProtocolHandler) { button.closest("details").hidden = true; return; }
  button.addEventListener("click", () => {
    try {
      navigator.registerProtocolHandler("tel", `${location.origin}/AGUI/dial?tel=%s`);
      said.textContent = words.telAsked;
    } catch { said.textContent = words.telRefused; }
  });
}
