// report.html as a whole: of every verdict, of runs that were cut short, of runs whose nodes
// wrote what could do harm; with scripts and without, on paper, by its address.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { shot, withPage } from "./open.mjs";
import { call, reportOf, runOf, RUNS, scratch, swelkie } from "./runs.mjs";

const ready = (page) => page.waitForFunction(() => document.body.dataset.ready === "true");
const words = { 0: "Valid", 1: "Invalid", 2: "Unknown" };

for (const kind of ["valid", "lost", "unknown", "crashed", "guessed", "silent", "stormy"]) {
  test(`a run (${kind}) has a page that says its verdict, and opens without trouble`, async () => {
    await withPage(reportOf(kind), {}, async (page) => {
      await ready(page);
      assert.match(await page.locator("h1").innerText(), new RegExp(words[RUNS[kind].status]));
      assert.equal(await page.locator(".failure").count(), 0);
      assert.equal(await page.locator("#status").innerText(), "");
      for (const theme of ["dark", "light"]) {
        await page.emulateMedia({ colorScheme: theme });
        await shot(page, `page-${kind}-${theme}`);
      }
    });
  });
}

test("every button of the evidence shows its moment, and the address of it shows it again", async () => {
  const path = reportOf("lost");
  let address = "";
  await withPage(path, {}, async (page) => {
    await ready(page);
    const buttons = page.locator("#evidence .moment");
    assert.ok((await buttons.count()) > 1);
    for (let index = 0; index < (await buttons.count()); index += 1) {
      await buttons.nth(index).click();
      await page.waitForFunction((before) => location.hash !== before && location.hash !== "", address);
      address = await page.evaluate(() => location.hash);
      assert.match(address, /^#t=[\d.]+-[\d.]+&row=\d+&element=\d+&node=\d+&time=[\d.]+$/);
      assert.match(await page.locator("#status").innerText(), /^The diagram shows [\d.]+ s to [\d.]+ s\.$/);
    }
  });
  await withPage(path, { hash: address }, async (page) => {
    await ready(page);
    assert.equal(await page.evaluate(() => location.hash), address);
  });
});

test("an address of something that is not there is no trouble", async () => {
  for (const hash of ["#row=99999999&element=99999999&node=99", "#t=9-3", "#figures", "#t=1&%"]) {
    await withPage(reportOf("lost"), { hash }, ready);
  }
});

test("without scripts verdict, evidence, faults and figures are read as text", async () => {
  await withPage(reportOf("lost"), { javaScriptEnabled: false }, async (page) => {
    const text = await page.locator("body").innerText();
    for (const part of ["Invalid", "lost", "partition", "net.servers.msgs", "need JavaScript"]) assert.ok(text.includes(part), part);
    assert.ok(!(await page.locator("#diagram-section").isVisible()));
    await shot(page, "page-without-scripts");
  });
});

test("headlines, landmarks and names are there for those who do not see the page", async () => {
  await withPage(reportOf("lost"), {}, async (page) => {
    await ready(page);
    assert.equal(await page.locator("html").getAttribute("lang"), "en");
    for (const landmark of ["header", "main", "nav[aria-label]", "footer"]) assert.equal(await page.locator(landmark).count(), 1, landmark);
    assert.equal(await page.locator("h1").count(), 1);
    const nameless = await page.evaluate(() =>
      [...document.querySelectorAll("button, input, select, section")]
        .filter((one) => !(one.textContent.trim() || one.ariaLabel || one.labels?.length || one.hasAttribute("aria-labelledby")))
        .map((one) => one.outerHTML.slice(0, 200)));
    assert.deepEqual(nameless, []);
    await page.keyboard.press("Tab");
    assert.match(await page.evaluate(() => document.activeElement.textContent), /Skip/);
  });
});

test("a run whose harness was killed has a page of what was recorded", async () => {
  const directory = scratch();
  const args = ["test", "-w", "broadcast", "--builtin", "flood", "--time-limit", "60", "--rate", "50", "--seed", "1", "-q"];
  const run = spawn(swelkie(), args, { cwd: directory, stdio: "ignore" });
  const latest = join(directory, "store/latest");
  const messages = join(latest, "messages.jsonl");
  for (const end = Date.now() + 20000; Date.now() < end; await new Promise((wake) => setTimeout(wake, 100))) {
    if (existsSync(messages) && statSync(messages).size > 50000) break;
  }
  run.kill("SIGKILL");
  await new Promise((gone) => run.on("exit", gone));
  call(["report", latest], 0);
  await withPage(join(latest, "report.html"), {}, async (page) => {
    await ready(page);
    assert.match(await page.locator("h1").innerText(), /Unknown.*not over/);
    assert.equal(await page.locator(".failure").count(), 0);
  });
});

test("a page that was cut short says so, and shows what can be read", async () => {
  const path = join(scratch(), "cut.html");
  const html = readFileSync(reportOf("lost"), "utf8");
  const at = html.indexOf('<script id="data-run"');
  // The script is whole, the data is not.
  const script = html.slice(html.indexOf('<script type="module">'));
  writeFileSync(path, `${html.slice(0, at + 3000)}</script>${script}`);
  await withPage(path, { allow: /./ }, async (page) => {
    await page.waitForFunction(() => document.getElementById("status").textContent.includes("cannot be shown"));
    assert.match(await page.locator("h1").innerText(), /Invalid/);
  });
});

// What nodes and users may write: markup, what acts on a screen, too much of it.
const HOSTILE = {
  markup: '</script><img src=x onerror=alert(1)><!--<svg onload=alert(1)>"\' onclick=alert(1) ]]>',
  signs: "\u202egpj.exe\u2066\ufeff\u0000\u001b[31m\u0085\u2028",
  long: "<b>x</b>".repeat(1 << 17),
};

/** A copy of a run in which this text stands wherever a node or a user has a say. */
function poisoned(text) {
  const directory = scratch();
  cpSync(runOf("lost"), directory, { recursive: true });
  const element = JSON.stringify(text);
  const report = JSON.parse(readFileSync(join(directory, "results.json"), "utf8"));
  report.headline = report.plan.target = report.run.command = report.run.host = text;
  report.warnings.push(text);
  report.offences.push({ kind: text, node: text, count: 2, first_ns: 7, story: `${text}\n${text}`, stderr_tail: text });
  const lost = report.anomalies.find((one) => one.element).element;
  for (const anomaly of report.anomalies) Object.assign(anomaly, { text: `${text}\n${text}`, kind: text, element });
  for (const fault of report.faults) Object.assign(fault, { summary: text, notes: [text] });
  writeFileSync(join(directory, "results.json"), JSON.stringify(report));
  for (const name of ["history.jsonl", "messages.jsonl"]) {
    const path = join(directory, name);
    const lines = readFileSync(path, "utf8")
      .replaceAll(new RegExp(`"(value|message)":${lost}(?=[,}])`, "g"), (_, key) => `"${key}":${element}`)
      .replaceAll('"type":"topology_ok"', `"type":${element}`)
      .replaceAll('"dest":"c3"', `"dest":${element}`);
    writeFileSync(path, lines);
  }
  call(["report", directory], 0);
  return join(directory, "report.html");
}

for (const [kind, text] of Object.entries(HOSTILE)) {
  test(`what nodes wrote is text, wherever it stands in the page (${kind})`, async () => {
    const path = poisoned(text);
    assert.ok(statSync(path).size < 4 << 20, `${statSync(path).size} bytes`);
    await withPage(path, {}, async (page) => {
      await ready(page);
      assert.equal(await page.locator(".failure").count(), 0);
      for (const button of await page.locator(".moment").all()) await button.click();
      for (const section of await page.locator("section.part:not([hidden])").all()) await section.scrollIntoViewIfNeeded();
      await page.locator("#topology, #figures").last().scrollIntoViewIfNeeded();
      const found = await page.evaluate(() => {
        const text = document.body.innerText;
        return {
          markup: document.querySelectorAll("img, svg image, b, iframe, [onclick], [onload], [onerror]").length,
          scripts: document.querySelectorAll("script:not([type='application/octet-stream'])").length,
          acting: /[\u0000-\u0008\u001b\u0085\u202a-\u202e\u2066-\u2069\ufeff]/.exec(text)?.[0] ?? null,
          length: text.length,
        };
      });
      assert.deepEqual({ ...found, length: 0 }, { markup: 0, scripts: 1, acting: null, length: 0 });
      assert.ok(found.length < 400000, `${found.length} characters`);
      await shot(page, `page-hostile-${kind}`);
    });
  });
}

test("a page of a part of a run shows that part and says what it left out", async () => {
  const path = join(scratch(), "part.html");
  mkdirSync(join(path, ".."), { recursive: true });
  call(["report", runOf("lost"), "--from", "3s", "--to", "6s", "--out", path], 0);
  await withPage(path, {}, async (page) => {
    await ready(page);
    assert.match(await page.locator("#left-out").innerText(), /3\.000 s to 6\.000 s.*swelkie serve/);
    assert.equal(await page.locator(".failure").count(), 0);
    await page.locator("#evidence .moment").first().click();
  });
});

test("a page of 100,000 messages opens", async (context) => {
  const path = reportOf("large");
  await withPage(path, {}, async (page) => {
    await ready(page);
    const opened = await page.evaluate(() => performance.now());
    context.diagnostic(`ready ${opened.toFixed(0)} ms after it was opened, ${(statSync(path).size / 1e6).toFixed(1)} MB`);
    assert.ok(opened < 20000, `${opened} ms`);
  });
});
