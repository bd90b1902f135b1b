// Opens pages from disk in a real Chromium and tells everything that must not happen there:
// an error on the console, an exception, a request for anything but the page itself.
//
//     const report = await open(path);              // { page, troubles, … }
//     await report.page.click("#evidence .moment");
//     await report.close();                         // throws if there was trouble
//
// The browser is started once for a test file; it is $CHROMIUM, or /usr/bin/chromium.

import { after } from "node:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

let browser = null;

/** The one browser of this process; it ends when the tests of the file do. */
export async function launch() {
  browser ??= chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
  return browser;
}

// Here, not in `launch`: within a test it would belong to that test.
after(async () => (await browser)?.close());

/**
 * Opens a file. `options` are those of a Playwright context (`colorScheme`, `viewport`, …), and
 * `allow`: a pattern of troubles that this test provokes.
 */
export async function open(path, { allow = null, hash = "", ...options } = {}) {
  const url = pathToFileURL(path).href;
  const context = await (await launch()).newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const troubles = [];
  const trouble = (text) => allow?.test(text) || troubles.push(text);
  page.on("console", (line) => line.type() === "error" && trouble(`console: ${line.text()}`));
  page.on("pageerror", (error) => trouble(`exception: ${error.stack ?? error}`));
  page.on("dialog", (dialog) => (trouble(`dialog: ${dialog.message()}`), dialog.dismiss()));
  page.on("popup", (popup) => trouble(`a window was opened: ${popup.url()}`));
  page.on("request", (request) => isOwn(request.url(), url) || trouble(`request: ${request.url()}`));
  await page.goto(url + hash);
  const close = async () => {
    await context.close();
    if (troubles.length > 0) throw new Error(`${path}: ${troubles.length} troubles\n  ${troubles.join("\n  ")}`);
  };
  return { page, troubles, close };
}

function isOwn(requested, url) {
  return requested.split("#")[0] === url || /^(data|blob):/.test(requested);
}

/** Opens a file, lets `act` use its page, and fails if there was trouble. */
export async function withPage(path, options, act) {
  const { page, close } = await open(path, options);
  try {
    await act(page);
  } catch (error) {
    await shot(page, "failed").catch(() => {});
    throw error;
  } finally {
    await close();
  }
}

/** Keeps a picture of a page in $SHOTS, if that is set. */
export async function shot(target, name) {
  if (!process.env.SHOTS) return;
  mkdirSync(process.env.SHOTS, { recursive: true });
  await target.screenshot({ path: join(process.env.SHOTS, `${name}.png`) });
}

/** Milliseconds between frames while `act` goes on in the page (a function, sent there, that returns a promise). */
export async function frameTimes(page, act) {
  return page.evaluate(async (source) => {
    const times = [];
    let last = performance.now();
    let going = true;
    const tick = (now) => {
      times.push(now - last);
      last = now;
      if (going) requestAnimationFrame(tick);
    };
    requestAnimationFrame((now) => ((last = now), requestAnimationFrame(tick)));
    await new Function(`return (${source})()`)();
    going = false;
    return times.sort((a, b) => a - b);
  }, act.toString());
}
