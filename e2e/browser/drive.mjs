// Drives Chromium for a test: one JSON command a line in, one JSON answer a line out. The test decides; this only does.
import { chromium } from "playwright-core";
import { createInterface } from "node:readline";

const [executablePath, popups] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath,
  // As root there is no sandbox; only pages of the test itself are opened.
  args: ["--no-sandbox"],
  // The library switches the blocker off; people have it on.
  ignoreDefaultArgs: popups === "blocked" ? ["--disable-popup-blocking"] : [],
});
const context = await browser.newContext({ ignoreHTTPSErrors: true });
const tabs = new Map();
const said = [];

function watch(page) {
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
}
context.on("page", watch);

/** The tab of that name; `popup N`: the Nth window that was opened by a page. */
function tab(name) {
  const [, at] = /^popup (\d+)$/.exec(name) ?? [];
  return at ? context.pages().filter((page) => ![...tabs.values()].includes(page))[Number(at)] : tabs.get(name);
}

const commands = {
  cookie: ({ name, value, url }) => context.addCookies([{ name, value, url, httpOnly: true, secure: true, sameSite: "Lax" }]),
  open: async ({ name, url }) => { const page = await context.newPage(); tabs.set(name, page); await page.goto(url); },
  close: async ({ name }) => { await tab(name).close(); tabs.delete(name); },
  front: ({ name }) => tab(name).bringToFront(),
  click: ({ name, selector }) => tab(name).click(selector),
  wait: ({ name, selector, state }) => tab(name).waitForSelector(selector, { state }).then(() => null),
  text: ({ name, selector }) => tab(name).innerText(selector),
  url: ({ name }) => tab(name).url(),
  run: ({ name, script }) => tab(name).evaluate(script),
  popups: () => context.pages().length - tabs.size,
  said: () => said,
};

for await (const line of createInterface({ input: process.stdin })) {
  const { what, ...rest } = JSON.parse(line);
  let answer;
  try { answer = { value: (await commands[what](rest)) ?? null }; } catch (error) { answer = { error: String(error) }; }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await browser.close();
