// The charts in a real browser: over a synthetic run, and in reports of real ones.
//
//     SHOTS=/tmp/shots node --test charts.test.mjs      keeps pictures of what was seen

import assert from "node:assert/strict";
import { test } from "node:test";
import { chartsPage } from "./charts-page.mjs";
import { shot, withPage } from "./open.mjs";
import { reportOf } from "./runs.mjs";

const PARTS = ["propagation", "matrix", "operations", "latency", "network", "links", "topology"];
const FILE = chartsPage({ messages: 5000 });

/** Scrolls a part into view and waits until it has drawn. */
async function visit(page, id) {
  await page.evaluate((id) => document.getElementById(id).scrollIntoView({ block: "start", behavior: "instant" }), id);
  await page.waitForFunction((id) => document.querySelector(`#${id} canvas, #${id} svg.graph`), id);
  await frames(page);
}

const frames = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 60)))));
const windowOf = (page) => page.evaluate(() => ({ ...view.window }));
const selectionOf = (page) => page.evaluate(() => ({ ...view.selection }));

/** How many different colours the pixels of an element's canvases have: nothing drawn has one. */
const inks = (page, selector) =>
  page.evaluate((selector) => [...document.querySelectorAll(selector)].map((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const seen = new Set();
    for (let i = 0; i < data.length; i += 4) seen.add((data[i] << 24) | (data[i + 1] << 16) | (data[i + 2] << 8) | data[i + 3]);
    return seen.size;
  }), selector);

for (const colorScheme of ["light", "dark"]) {
  for (const width of [400, 1280, 2500]) {
    test(`every chart is drawn on a ${colorScheme} page ${width} pixels wide, which does not overflow`, async () => {
      await withPage(FILE, { colorScheme, viewport: { width, height: 900 } }, async (page) => {
        for (const id of PARTS) {
          await visit(page, id);
          const drawn = await inks(page, `#${id} .plot canvas`);
          assert.ok(drawn.every((count) => count > 3), `${id}: ${drawn}`);
          await shot(page.locator(`#${id}-section`), `charts-${colorScheme}-${width}-${id}`);
        }
        assert.equal(await page.locator("#network .uplot").count(), 5);
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
      });
    });
  }
}

test("what is out of sight is drawn when one gets there, and not before", async () => {
  await withPage(FILE, {}, async (page) => {
    assert.equal(await page.locator("#topology svg.graph").count(), 0);
    await visit(page, "topology");
    assert.equal(await page.locator("#topology svg.graph").count(), 1);
  });
});

test("dragging over one chart zooms all of them, a double click shows all of it again", async () => {
  await withPage(FILE, {}, async (page) => {
    await visit(page, "network");
    const over = page.locator("#network .u-over").first();
    const box = await over.boundingBox();
    await page.mouse.move(box.x + box.width * 0.2, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.3, box.y + 40, { steps: 4 });
    await page.mouse.move(box.x + box.width * 0.4, box.y + 40, { steps: 4 });
    await page.mouse.up();
    await frames(page);
    const { from, to } = await windowOf(page);
    assert.ok(Math.abs(from / 2e9 - 1) < 0.02 && Math.abs(to / 4e9 - 1) < 0.02, `${from} to ${to}`);
    assert.ok(Number.isNaN((await selectionOf(page)).time), "the end of a drag is no click");
    for (const note of await page.locator("#network figure:nth-child(-n+2) .note").allTextContents()) {
      assert.match(note, /^bins of 20 ms$/);
    }
    await over.dblclick();
    await frames(page);
    assert.deepEqual(await windowOf(page), { from: 0, to: 10e9 });
  });
});

test("charts are moved by keyboard, and their keys turn lines off", async () => {
  await withPage(FILE, {}, async (page) => {
    await visit(page, "network");
    await page.locator("#network .plot").nth(1).focus();
    await page.keyboard.press("+");
    await frames(page);
    assert.deepEqual(await windowOf(page), { from: 2.5e9, to: 7.5e9 });
    await page.keyboard.press("ArrowRight");
    await frames(page);
    assert.deepEqual(await windowOf(page), { from: 3e9, to: 8e9 });
    await page.keyboard.press("0");
    await frames(page);
    assert.deepEqual(await windowOf(page), { from: 0, to: 10e9 });
    const key = page.locator("#network button.key").first();
    await key.press("Enter");
    assert.equal(await key.getAttribute("aria-pressed"), "false");
  });
});

test("a chart can be read as a table, and tells its values and faults at the pointer", async () => {
  await withPage(FILE, {}, async (page) => {
    await visit(page, "network");
    await page.locator("#network details").first().locator("summary").click();
    await page.waitForSelector("#network details[open] tbody tr");
    const rows = page.locator("#network details").first().locator("tbody tr");
    assert.ok((await rows.count()) > 20);
    const total = await page.evaluate(() => [...document.querySelectorAll("#network details tbody")[0].rows].reduce((sum, row) => sum + Number(row.cells[1].textContent), 0));
    const sent = await page.evaluate(() => {
      let count = 0;
      for (let row = 0; row < run.messages.count; row++) if (run.messages.src[row] < 5 && run.messages.dest[row] < 5) count++;
      return count;
    });
    const bins = await rows.count();
    assert.ok(Math.abs((total * 10) / bins / sent - 1) < 0.05, `${total} per second in ${bins} bins, ${sent} messages`);
    const over = page.locator("#network .u-over").first();
    const box = await over.boundingBox();
    await page.mouse.move(box.x + box.width * 0.3, box.y + 30);
    await frames(page);
    assert.match(await page.locator("#network .when").first().textContent(), /^3\.0\d\d s · partition-1: cut/);
    assert.notEqual(await page.locator("#network .value").first().textContent(), "");
  });
});

test("a click on a cell of the matrix selects its element and node, and the way to missing ones is short", async () => {
  await withPage(FILE, {}, async (page) => {
    await visit(page, "matrix");
    const grid = page.locator("#matrix .grid");
    const box = await grid.boundingBox();
    const elements = await page.evaluate(() => run.spread.elements.count);
    const inside = box.width - 66 - 2;
    const width = Math.min(18, inside / elements);
    await page.mouse.click(box.x + 66 + width * 10.5, box.y + 2 + 18 * 2.5);
    await frames(page);
    const { element, node } = await selectionOf(page);
    assert.deepEqual({ element, node }, { element: 10, node: 2 });
    assert.match(await page.locator("#matrix .tip").textContent(), /^10 at n2: /);

    await page.getByRole("button", { name: "next missing cell" }).click();
    await frames(page);
    const missing = await selectionOf(page);
    assert.equal(await page.evaluate(({ element, node }) => run.spread.shown.at(element, node), missing), 0);

    await grid.focus();
    await page.keyboard.press("n");
    await frames(page);
    const next = await selectionOf(page);
    assert.notDeepEqual([next.element, next.node], [missing.element, missing.node]);
    assert.match(await page.locator("#matrix .tip").textContent(), /MISSING/);
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    await frames(page);
    assert.equal((await selectionOf(page)).element, next.element + 1);
  });
});

test("the matrix is usable with 10,000 elements on 25 nodes, and a single hole is seen", async () => {
  const hole = "const real = run.spread.shown.at; run.spread.shown.at = (element, column) => (element === 7777 && column === 13 ? 0 : 1); run.spread.elements.acked.fill(1e9);";
  const file = chartsPage({ messages: 10_000 * 104, nodes: 25 }, hole);
  await withPage(file, {}, async (page) => {
    await visit(page, "matrix");
    assert.ok((await page.evaluate(() => run.spread.elements.count)) >= 10_000);
    const bad = await page.evaluate(() => {
      const canvas = document.querySelector("#matrix .plot canvas");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      for (let i = 0; i < data.length; i += 4) count += data[i] > 150 && data[i + 1] < 90 && data[i + 2] < 60 ? 1 : 0;
      return count;
    });
    assert.ok(bad >= 10 && bad <= 40, `${bad} pixels of the colour of missing cells`);
    await page.getByRole("button", { name: "next missing cell" }).click();
    await frames(page);
    const { element, node } = await selectionOf(page);
    assert.deepEqual({ element, node }, { element: 7777, node: 13 });
    await page.locator("#matrix select").nth(1).selectOption("12");
    await frames(page);
    await shot(page.locator("#matrix-section"), "charts-matrix-large");
    // All other parts have to cope with a million messages as well.
    for (const id of PARTS) await visit(page, id);
  });
});

test("operations tell themselves at the pointer and by keyboard, and a click shows their moment", async () => {
  await withPage(FILE, {}, async (page) => {
    await visit(page, "operations");
    const track = page.locator("#operations .track");
    await track.focus();
    await page.keyboard.press("ArrowRight");
    const first = await page.locator("#operations .tip").textContent();
    assert.match(first, /^(broadcast|read).*: (ok|info|pending)process \d+ at n0, \d/);
    await page.keyboard.press("ArrowDown");
    assert.match(await page.locator("#operations .tip").textContent(), / at n1, /);
    await page.keyboard.press("Enter");
    await frames(page);
    const { operation } = await selectionOf(page);
    assert.ok(operation >= 0);
    const { from, to } = await windowOf(page);
    const invoked = await page.evaluate((i) => run.operations.invoked[i], operation);
    assert.ok(invoked >= from && invoked <= to && to - from < 1e9, `${invoked} in ${from} to ${to}`);
    assert.match(await page.locator("#operations .readout").textContent(), / at n1, /);
    await page.locator("#operations select").selectOption({ label: "next info" });
    await frames(page);
    const next = (await selectionOf(page)).operation;
    assert.equal(await page.evaluate((i) => run.operations.outcome[i], next), 2);
    assert.match(await page.locator("#operations .readout").textContent(), /error: timeout/);
  });
});

test("dragging over the timeline zooms, and points of latency can be clicked", async () => {
  await withPage(FILE, {}, async (page) => {
    await visit(page, "operations");
    const box = await page.locator("#operations .track").boundingBox();
    const x = (share) => box.x + 66 + (box.width - 90) * share;
    await page.mouse.move(x(0.5), box.y + 60);
    await page.mouse.down();
    await page.mouse.move(x(0.55), box.y + 60, { steps: 3 });
    await page.mouse.move(x(0.6), box.y + 60, { steps: 3 });
    await page.mouse.up();
    await frames(page);
    const { from, to } = await windowOf(page);
    assert.ok(Math.abs(from / 5e9 - 1) < 0.02 && Math.abs(to / 6e9 - 1) < 0.02, `${from} to ${to}`);
    await visit(page, "latency");
    const row = await page.evaluate(() => Array.from(run.operations.invoked).findIndex((at, i) => at > 5.5e9 && run.operations.outcome[i] === 0));
    const place = await page.evaluate((row) => {
      const over = document.querySelector("#latency .u-over").getBoundingClientRect();
      const { invoked, completed } = run.operations;
      const ms = (completed[row] - invoked[row]) / 1e6;
      // From 0.5 ms to 1 ms, logarithmic.
      return { x: over.x + ((invoked[row] - view.window.from) / (view.window.to - view.window.from)) * over.width, y: over.y + (1 - Math.log(ms / 0.5) / Math.log(2)) * over.height };
    }, row);
    await page.mouse.click(place.x, place.y);
    await frames(page);
    assert.equal((await selectionOf(page)).operation, row);
  });
});

test("propagation is about the window, and its table selects elements", async () => {
  await withPage(FILE, {}, async (page) => {
    await visit(page, "propagation");
    const note = page.locator("#propagation .note").first();
    const all = await note.textContent();
    await page.evaluate(() => view.setWindow(4.2e9, 4.9e9));
    await page.waitForFunction((all) => document.querySelector("#propagation .note").textContent !== all, all);
    await page.waitForFunction(() => Number(document.querySelector("#propagation .slowest tbody tr")?.cells[1].textContent.split(" ")[0]) > 4.19);
    await page.locator("#propagation .pick").first().click();
    await frames(page);
    const { element } = await selectionOf(page);
    const invoked = await page.evaluate((e) => run.spread.elements.invoked[e], element);
    assert.ok(invoked >= 4.2e9 && invoked <= 4.9e9);
    assert.equal(await page.locator("#propagation tr.chosen").count(), 1);
    await page.evaluate(() => view.setWindow(9.99e9, 10e9));
    await page.waitForFunction(() => document.querySelector("#propagation .note").textContent === "no element got into a node within this window");
  });
});

test("a guess is called a guess", async () => {
  await withPage(chartsPage({ messages: 1000, exact: false }), {}, async (page) => {
    await visit(page, "propagation");
    assert.match(await page.locator("#propagation .guess").textContent(), /^≈ A guess: .* message/);
  });
});

test("links can be read as numbers, by each measure, and follow the window", async () => {
  await withPage(FILE, {}, async (page) => {
    await visit(page, "links");
    await page.locator("#links summary").click();
    const cell = async (row, column) => page.locator("#links tbody tr").nth(row).locator("th, td").nth(column).textContent();
    const count = async (from, to) => page.evaluate(([from, to]) => Array.from(run.messages.src).filter((src, row) => run.ends[src].name === from && run.ends[run.messages.dest[row]].name === to && run.messages.sent[row] >= view.window.from && run.messages.sent[row] < view.window.to).length, [from, to]);
    assert.equal(Number(await cell(0, 2)), await count(await cell(0, 0), await cell(0, 1)));
    await page.evaluate(() => view.setWindow(2e9, 4e9));
    await page.locator("#links select").selectOption("share");
    await frames(page);
    assert.equal(Number(await cell(0, 2)), await count(await cell(0, 0), await cell(0, 1)));
    assert.equal(await cell(0, 5), "100 %");
    await page.locator("#links input[type=checkbox]").check();
    await frames(page);
    const head = await page.locator("#links tbody th").allTextContents();
    assert.ok(head.includes("c1"));
  });
});

test("the topology plays, stops, steps, and shows who has the selected value", async () => {
  await withPage(FILE, {}, async (page) => {
    await visit(page, "topology");
    await page.evaluate(() => view.setWindow(0, 2e9));
    await frames(page);
    const slider = page.locator("#topology .moment-slider");
    const play = page.getByRole("button", { name: "play", exact: true });
    await play.click();
    await page.waitForFunction(() => view.selection.time > 0.02e9);
    await page.getByRole("button", { name: "pause" }).click();
    const { time } = await selectionOf(page);
    assert.ok(time > 0 && time < 2e9, `${time}`);
    await page.waitForTimeout(150);
    assert.equal((await selectionOf(page)).time, time, "it stands still");

    await page.getByRole("button", { name: "the next message event" }).click();
    await frames(page);
    const stepped = (await selectionOf(page)).time;
    const next = await page.evaluate((time) => Math.min(...[...run.messages.sent, ...run.messages.ended].filter((at) => at > time)), time);
    assert.equal(stepped, next);

    const element = await page.evaluate(() => Array.from({ length: run.spread.elements.count }, (_, e) => e).find((e) => run.spread.elements.invoked[e] > 0.5e9 && run.spread.arrivals.offset[e + 1] - run.spread.arrivals.offset[e] === 5));
    await page.evaluate((element) => view.select({ element }), element);
    const having = async (time) => {
      await page.evaluate((time) => view.select({ time }), time);
      await frames(page);
      return page.locator("#topology .node.has").count();
    };
    const at = await page.evaluate((e) => [...run.spread.arrivals.at.slice(run.spread.arrivals.offset[e], run.spread.arrivals.offset[e + 1])].sort((a, b) => a - b), element);
    assert.equal(await having(at[0] - 1), 0);
    assert.equal(await having(at[2]), 3);
    assert.equal(await having(at[4]), 5);

    await slider.focus();
    await page.keyboard.press("Home");
    await frames(page);
    assert.equal((await selectionOf(page)).time, 0);
    await page.evaluate(() => view.reset());
    await page.evaluate(() => view.select({ time: 5.5e9 }));
    await frames(page);
    assert.equal(await page.locator("#topology .node.down").count(), 1);
    await page.evaluate(() => view.select({ time: 3e9 }));
    await frames(page);
    assert.ok((await page.locator("#topology .severed").count()) > 0);
    await shot(page.locator("#topology-section"), "charts-topology-cut");
  });
});

test("with reduced motion the topology plays in steps", async () => {
  await withPage(FILE, { reducedMotion: "reduce" }, async (page) => {
    await visit(page, "topology");
    await page.locator("#topology select").selectOption("10");
    const seen = await page.evaluate(() => new Promise((done) => {
      const moments = new Set();
      document.querySelector("#topology .play").click();
      const look = () => {
        moments.add(document.querySelector("#topology .readout").textContent);
        if (document.querySelector("#topology .play").textContent.includes("play")) done(moments.size);
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    }));
    assert.ok(seen >= 1 && seen <= 5, `${seen} moments`);
  });
});

test("what nodes wrote is text wherever it is shown", async () => {
  const evil = `const bad = "</script><img src=x onerror=alert(1)>\\u202e\\u0000";
run.ends.forEach((end, i) => (end.name = bad + i));
run.operations.f = [bad + "a", bad + "b"]; run.operations.input = () => bad.repeat(100_000); run.operations.error = () => bad;
run.reasons = run.reasons.map((reason) => bad + reason); run.spread.elements.text = (i) => bad + i; run.spread.carriers = [bad];
run.spread.exact = false; run.report.faults.forEach((fault) => { fault.name = bad; fault.summary = bad; });`.replaceAll("</script", "<\\/script");
  await withPage(chartsPage({ messages: 1000 }, evil), {}, async (page) => {
    for (const id of PARTS) await visit(page, id);
    await page.locator("#operations .track").focus();
    await page.keyboard.press("ArrowRight");
    assert.match(await page.locator("#operations .tip").textContent(), /<img src=x onerror=alert\(1\)>\\u\{202e\}\\u\{0\}/);
    assert.equal(await page.locator("img").count(), 0);
    assert.ok(!(await page.evaluate(() => document.body.innerText)).includes("\u202e"));
  });
});

test("a run that has nothing to show leaves its parts empty", async () => {
  const nothing = `run.messages = Object.fromEntries(Object.entries(run.messages).map(([name, list]) => [name, name === "count" ? 0 : list.slice(0, 0)]));
run.operations.count = 0; run.spread = null; run.topology = null; run.lives = run.lives.map(() => []); run.report.faults = []; run.report.milestones = {}; delete run.report.plan.concurrency;`;
  await withPage(chartsPage({ messages: 100 }, nothing), {}, async (page) => {
    for (const id of ["propagation", "matrix", "operations", "latency", "network", "links"]) {
      assert.equal(await page.evaluate((id) => document.getElementById(id).childElementCount, id), 0, id);
    }
    await visit(page, "topology");
    assert.equal(await page.locator("#topology .node").count(), 5);
  });
});

test("a run without messages still shows operations, and one without final reads its matrix", async () => {
  const silent = `run.messages = Object.fromEntries(Object.entries(run.messages).map(([name, list]) => [name, name === "count" ? 0 : list.slice(0, 0)]));
run.spread.shown = null; run.topology = null;`;
  await withPage(chartsPage({ messages: 1000 }, silent), {}, async (page) => {
    for (const id of PARTS.filter((id) => id !== "links")) await visit(page, id);
    assert.match(await page.locator("#matrix .note").textContent(), /no final reads/);
    assert.match(await page.locator("#network").textContent(), /no messages to count/);
  });
});

test("on paper every chart is drawn, in light colours, without having been looked at", async () => {
  await withPage(FILE, { colorScheme: "dark" }, async (page) => {
    await page.pdf();
    const printed = await page.evaluate(async () => {
      dispatchEvent(new Event("beforeprint"));
      // uPlot draws in a microtask: after an event of the browser's own it has been run.
      await null;
      const dark = getComputedStyle(document.documentElement).getPropertyValue("--paper");
      const count = document.querySelectorAll(".uplot canvas, .track canvas, .grid canvas, svg.graph").length;
      const width = Math.max(...[...document.querySelectorAll(".uplot canvas")].map((canvas) => canvas.getBoundingClientRect().width));
      dispatchEvent(new Event("afterprint"));
      return { dark, count, width };
    });
    assert.equal(printed.dark, "#ffffff");
    assert.ok(printed.width > 300 && printed.width <= 680, `${printed.width} pixels`);
    assert.equal(printed.count, 14);
    await frames(page);
    assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue("--paper")), "#13171b");
  });
});

test("the table of contents stays in sight and says where one is", async () => {
  await withPage(FILE, {}, async (page) => {
    await visit(page, "latency");
    const nav = await page.locator("nav").boundingBox();
    assert.equal(nav.y, 0);
    await page.waitForFunction(() => document.querySelector("nav a[aria-current]")?.textContent === "latency");
  });
});

for (const kind of ["lost", "stormy", "guessed", "silent", "crashed"]) {
  test(`the parts of the report of a run of the kind "${kind}" are drawn`, async () => {
    await withPage(reportOf(kind), {}, async (page) => {
      await page.waitForSelector("body[data-ready]");
      for (const id of PARTS) {
        if (await page.evaluate((id) => document.getElementById(id).closest("section").hidden, id)) continue;
        await visit(page, id);
      }
      assert.equal(await page.locator(".failure").count(), 0);
      await shot(page, `charts-report-${kind}`);
    });
  });
}
