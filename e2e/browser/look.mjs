// Looks at a page as people do: what axe-core finds, what lies over what, what the Tab key reaches. Each answers with sentences.
import { readFile } from "node:fs/promises";

const source = await readFile(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

/** Runs in every page before its own scripts: what its policy refused is said where the test hears it. */
export function reported() {
  document.addEventListener("securitypolicyviolation", (event) =>
    console.error(`policy: ${event.effectiveDirective} refused ${event.blockedURI || event.sample} in ${event.sourceFile}:${event.lineNumber}`));
}

/** What axe-core finds, one sentence an element. The driver's evaluation is not bound by the page's policy. */
export async function axe(page, options) {
  if (!(await page.evaluate("'axe' in window"))) await page.evaluate(source);
  const { violations } = await page.evaluate((given) => window.axe.run(document, given), { ...options, resultTypes: ["violations"] });
  return violations.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id} (${help}): ${node.html.slice(0, 160)} | ${detail(node)}`));
}

/** Of a contrast, the numbers; of the rest, what to do. */
function detail(node) {
  const measured = node.any.find(({ data }) => data?.contrastRatio)?.data;
  return measured ? `${measured.fgColor} on ${measured.bgColor} is ${measured.contrastRatio}` : node.failureSummary.split("\n").slice(1).join(";").trim();
}

/** Runs in the page: what is too wide, and what lies over what. */
export function layout() {
  const faults = [];
  const name = (element) => {
    const words = (element.getAttribute("aria-label") ?? element.textContent ?? "").trim().replace(/\s+/g, " ").slice(0, 30);
    const hook = [...element.attributes].find((one) => one.name.startsWith("data-") || one.name === "id" || one.name === "name");
    return `<${element.localName}${hook ? ` ${hook.name}="${hook.value}"` : ""}> ${words}`;
  };
  const wide = document.scrollingElement.scrollWidth;
  if (wide > innerWidth) {
    const widest = [...document.body.querySelectorAll("*")].filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !scrolls(one.parentElement));
    faults.push(`the page is ${wide} px wide in a window of ${innerWidth} px: ${widest.slice(0, 3).map(name).join("; ")}`);
  }
  /** Whether it lies in something that scrolls by itself. */
  function scrolls(element) {
    for (let at = element; at && at !== document.body; at = at.parentElement) if (getComputedStyle(at).overflowX !== "visible") return true;
    return false;
  }
  /** What is seen of these boxes: each cut by everything around it that cuts. */
  function seen(element, boxes) {
    if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return [];
    let cut = boxes.map(({ left, top, right, bottom }) => ({ left, top, right, bottom }));
    for (let at = element; at; at = at.parentElement) {
      if (at === document.body || getComputedStyle(at).overflowX === "visible") continue;
      const around = at.getBoundingClientRect();
      cut = cut.map((box) => ({
        left: Math.max(box.left, around.left), right: Math.min(box.right, around.right), top: Math.max(box.top, around.top), bottom: Math.min(box.bottom, around.bottom),
      }));
    }
    return cut.filter((box) => box.right - box.left > 1 && box.bottom - box.top > 1 && box.right > 0 && box.bottom + scrollY > 0);
  }
  const meet = (one, other, x, y) => Math.min(one.right, other.right) - Math.max(one.left, other.left) > x && Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > y;
  /** What stays where it is while the page scrolls: what it covers can be scrolled out, so it is compared with its own kind. */
  function stays(element) {
    for (let at = element; at; at = at.parentElement) if (["sticky", "fixed"].includes(getComputedStyle(at).position)) return true;
    return false;
  }
  /** Says of each two that meet, unless one holds the other. Boxes of letters are higher than what is seen of them: `y` pixels are let pass. */
  function compare(things, what, x, y) {
    things.forEach((one, at) => things.slice(at + 1).forEach((other) => {
      if (one.stays !== other.stays || one.element === other.element || one.element.contains(other.element) || other.element.contains(one.element)) return;
      if (one.boxes.some((box) => other.boxes.some((its) => meet(box, its, x, y)))) faults.push(`${what} overlap: ${name(one.element)} and ${name(other.element)}`);
    }));
  }
  const controls = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button], [tabindex='0']")];
  compare(controls.map((element) => ({ element, stays: stays(element), boxes: seen(element, [...element.getClientRects()]) })).filter(({ boxes }) => boxes.length > 0), "controls", 1, 1);
  const texts = [];
  const nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (nodes.nextNode()) {
    const element = nodes.currentNode.parentElement;
    if (!nodes.currentNode.data.trim() || ["SCRIPT", "STYLE", "OPTION", "NOSCRIPT"].includes(element.tagName)) continue;
    const range = document.createRange();
    range.selectNodeContents(nodes.currentNode);
    const boxes = seen(element, [...range.getClientRects()]);
    if (boxes.length > 0) texts.push({ element, stays: stays(element), boxes });
  }
  compare(texts, "texts", 2, 6);
  return faults;
}

/** The most steps of a walk: more controls than any page has. */
const STEPS = 300;

/** Walks through the page by Tab alone: each control must be reached, seen, and be seen to have the focus. */
export async function walk(page) {
  await page.evaluate(() => {
    window.walked = new Set();
    document.activeElement?.blur();
    getSelection().removeAllRanges();
    scrollTo(0, 0);
  });
  const faults = [];
  // Where a page puts the focus itself the walk begins there, leaves at the end and comes back at the start.
  for (let step = 0; step < STEPS; step += 1) {
    await page.keyboard.press("Tab");
    const { again, fault } = await page.evaluate(() => {
      const at = document.activeElement;
      if (!at || at === document.body) return {};
      if (window.walked.has(at)) return { again: true };
      window.walked.add(at);
      const box = at.getBoundingClientRect();
      const style = getComputedStyle(at);
      const inside = box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
      const marked = (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== "none";
      // Something that stays at the edge of the window may lie over it (WCAG 2.4.11). Where a link breaks, its middle is its parent's.
      const [part] = at.getClientRects();
      const over = inside && document.elementFromPoint(part.left + part.width / 2, part.top + part.height / 2);
      const covered = over && !at.contains(over) && !over.contains(at);
      const fault = !inside ? "the focus is out of sight" : covered ? "the focus is covered" : !marked ? "the focus is not marked" : null;
      return fault ? { fault: `${fault}: ${at.outerHTML.slice(0, 160)}` } : {};
    });
    if (again) break;
    if (fault) faults.push(fault);
  }
  const missed = await page.evaluate(() => {
    const named = new Set([...window.walked].filter((one) => one.type === "radio").map((one) => one.name));
    const all = document.querySelectorAll("a[href], button:not(:disabled), input:not(:disabled):not([type=hidden]), select:not(:disabled), textarea:not(:disabled), summary, [tabindex='0']");
    return [...all].filter((one) => one.checkVisibility({ visibilityProperty: true }) && one.getClientRects().length > 0)
      // Of the choices of one question Tab reaches one; the arrows reach the others.
      .filter((one) => !window.walked.has(one) && one.tabIndex >= 0 && !(one.type === "radio" && named.has(one.name)))
      .map((one) => `Tab does not reach it: ${one.outerHTML.slice(0, 160)}`);
  });
  return [...faults, ...missed];
}
