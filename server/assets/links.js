// The link checker: what a link will do, without calling.
import { api, element } from "./live.js";

const form = document.querySelector("form[data-check]");
const result = document.querySelector("[data-result]");

function pairs(title, list) {
  return list.length ? [element("dt", {}, title), element("dd", {}, ...list.map(([name, value]) => element("div", {}, element("code", {}, name), ` ${value}`)))] : [];
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const found = await api("/api/v1/links/check", { method: "POST", body: { link: form.link.value } });
    const facts = element("dl", { class: "facts" },
      ...(found.number ? [element("dt", {}, "Number"), element("dd", { class: "number" }, found.number)] : []),
      ...(found.extension ? [element("dt", {}, "Extension"), element("dd", {}, found.extension)] : []),
      ...pairs("ctl_userdata", found.userdata), ...pairs("extTransactionData", found.ext),
      ...(found.tokens.length ? [element("dt", {}, "Tokens"), element("dd", {}, found.tokens.join(", "))] : []));
    const problem = found.error ? [element("p", { class: "error" }, `${found.error.text} (${found.error.code}${found.error.parameter ? ", " + found.error.parameter : ""})`),
      ...(found.error.place ? [element("pre", { class: "place" }, found.error.place)] : [])] : [element("p", { class: "lead" }, "This link places a call.")];
    result.replaceChildren(...problem, facts, element("ul", { class: "warnings" }, ...found.warnings.map((warning) => element("li", {}, warning.text))));
  } catch (problem) {
    result.replaceChildren(element("p", { class: "error" }, problem.detail));
  }
});
