// Drives Chromium for a test: one JSON command a line in, one JSON answer a line out. The test decides; this only does.
import { chromium } from "playwright-core";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { axe, layout, reported, walk } from "./look.mjs";

/** How long a page may take to become as a test expects, and how often it is looked at. */
const PATIENCE_MS = 30_000;
const LOOK_MS = 10;

const [executablePath, popups] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath,
  // As root there is no sandbox; only pages of the test itself are opened.
  args: ["--no-sandbox"],
  // The library switches the blocker off; people have it on.
  ignoreDefaultArgs: popups === "blocked" ? ["--disable-popup-blocking"] : [],
});
/** Who sits at the browser: each person has cookies and a cache of their own. The first is there from the start. */
const people = new Map();
const tabs = new Map();
/** What pages said and loaded, in order. */
const said = [];
const loaded = [];
/** What a page's question ("leave without saving?") is answered with. */
let answersYes = false;

async function person(name) {
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    reducedMotion: "reduce",
    locale: "en-US",
    // Far from every tenant of the tests: a time that is shown in the browser's zone is seen to be wrong.
    timezoneId: "Asia/Tokyo",
    permissions: ["clipboard-read", "clipboard-write"],
  });
  await context.addInitScript(reported);
  context.on("page", watch);
  people.set(name, context);
  return context;
}

function watch(page) {
  const say = (kind) => (thing) => said.push({ kind: kind ?? thing.type(), text: kind ? String(thing) : thing.text(), page: page.url() });
  page.on("console", say());
  page.on("pageerror", say("pageerror"));
  page.on("dialog", (dialog) => (answersYes ? dialog.accept() : dialog.dismiss()));
  const entries = new Map();
  /** The entry of a request; the first of a window may be heard of when it is answered. */
  function entry(request) {
    if (!entries.has(request)) {
      entries.set(request, { page: page.url(), url: request.url(), type: request.resourceType(), status: 0, bytes: 0 });
      loaded.push(entries.get(request));
    }
    return entries.get(request);
  }
  page.on("request", entry);
  // An event stream never finishes: its bytes are not counted, its address is.
  page.on("response", (response) => { entry(response.request()).status = response.status(); });
  page.on("requestfinished", async (request) => {
    const sizes = await request.sizes().catch(() => null);
    if (sizes) entry(request).bytes = sizes.responseHeadersSize + sizes.responseBodySize;
  });
}

/** The tab of that name; `popup N`: the Nth window that was opened by a page. */
function tab(name) {
  const [, at] = /^popup (\d+)$/.exec(name) ?? [];
  const found = at ? opened()[Number(at)] : tabs.get(name);
  if (!found) throw new Error(`there is no tab ${name}`);
  return found;
}
const opened = () => [...people.values()].flatMap((context) => context.pages()).filter((page) => ![...tabs.values()].includes(page));

const commands = {
  person: async ({ who }) => { await person(who); },
  cookie: ({ who, name, value, url }) => people.get(who).addCookies([{ name, value, url, httpOnly: true, secure: true, sameSite: "Lax" }]),
  forget: ({ who }) => people.get(who).clearCookies(),
  offline: ({ who, offline }) => people.get(who).setOffline(offline),
  leave: async ({ who }) => {
    const context = people.get(who);
    for (const [name, page] of tabs) if (page.context() === context) tabs.delete(name);
    people.delete(who);
    await context.close();
  },

  open: async ({ who, name, url }) => { const page = await people.get(who).newPage(); tabs.set(name, page); await page.goto(url); },
  go: async ({ name, url }) => { await tab(name).goto(url); },
  reload: async ({ name }) => { await tab(name).reload(); },
  close: async ({ name }) => { await tab(name).close(); tabs.delete(name); },
  front: ({ name }) => tab(name).bringToFront(),
  size: ({ name, width, height }) => tab(name).setViewportSize({ width, height }),
  scheme: ({ name, scheme }) => tab(name).emulateMedia({ colorScheme: scheme }),

  click: ({ name, selector }) => tab(name).click(selector),
  focus: ({ name, selector }) => tab(name).focus(selector),
  press: ({ name, keys }) => tab(name).keyboard.press(keys),
  type: ({ name, text }) => tab(name).keyboard.type(text),
  fill: ({ name, selector, text }) => tab(name).fill(selector, text),
  select: async ({ name, selector, choice }) => { await tab(name).selectOption(selector, choice); },
  file: ({ name, selector, path }) => tab(name).setInputFiles(selector, path),
  drag: ({ name, selector, to }) => tab(name).dragAndDrop(selector, to),
  answer: ({ yes }) => { answersYes = yes; },

  wait: ({ name, selector, state }) => tab(name).waitForSelector(selector, { state }).then(() => null),
  until: async ({ name, script }) => {
    // Playwright's own waiting evaluates in the page, whose policy forbids it; the driver's evaluation it does not bind.
    const end = Date.now() + PATIENCE_MS;
    // A page that is just left for another answers nothing; the other is asked.
    while (!(await tab(name).evaluate(script).catch((error) => { if (!/navigation/.test(String(error))) throw error; }))) {
      if (Date.now() > end) throw new Error(`it did not become so in ${PATIENCE_MS} ms`);
      await setTimeout(LOOK_MS);
    }
  },
  text: ({ name, selector }) => tab(name).innerText(selector),
  value: ({ name, selector }) => tab(name).inputValue(selector),
  url: ({ name }) => tab(name).url(),
  run: ({ name, script }) => tab(name).evaluate(script),
  clipboard: ({ name }) => tab(name).evaluate("navigator.clipboard.readText()"),
  picture: async ({ name, path, whole }) => { await tab(name).screenshot({ path, fullPage: whole, animations: "disabled", caret: "hide" }); },
  popups: () => opened().length,
  said: () => said,
  loaded: () => loaded,

  axe: ({ name, options }) => axe(tab(name), options),
  layout: ({ name }) => tab(name).evaluate(layout),
  walk: ({ name }) => walk(tab(name)),
};

await person("agent");
for await (const line of createInterface({ input: process.stdin })) {
  const { what, ...rest } = JSON.parse(line);
  let answer;
  try { answer = { value: (await commands[what](rest)) ?? null }; } catch (error) { answer = { error: String(error) }; }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await browser.close();
