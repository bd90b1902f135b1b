// The view that all parts share, and the texts that people read.

import assert from "node:assert/strict";
import { test } from "node:test";
import { formatBytes, formatCount, formatDuration, formatTime, visible } from "../../src/report/page/assets/text.js";
import { hashOf, makeView, readHash } from "../../src/report/page/assets/time.js";

/** A view whose frames come when they are told to. */
function framed(end) {
  const frames = [];
  const view = makeView((callback) => frames.push(callback));
  view.setEnd(end);
  const frame = () => frames.splice(0).forEach((callback) => callback());
  frame();
  return { view, frame };
}

test("many changes in one frame are told once, and no change not at all", () => {
  const { view, frame } = framed(10e9);
  const told = [];
  view.on("window", () => told.push("window"));
  const stop = view.on("select", () => told.push("select"));
  view.setWindow(1e9, 2e9);
  view.pan(0.5);
  view.select({ row: 3 });
  view.select({ element: 4 });
  assert.deepEqual(told, []);
  frame();
  assert.deepEqual(told.sort(), ["select", "window"]);
  assert.deepEqual([view.selection.row, view.selection.element], [3, 4]);
  stop();
  view.setWindow(1.5e9, 2.5e9);
  view.clear();
  frame();
  assert.equal(told.length, 2);
});

test("a window stays in the run, keeps its span when it is moved, and is never empty", () => {
  const { view } = framed(10e9);
  view.setWindow(-5e9, 1e9);
  assert.deepEqual(view.window, { from: 0, to: 6e9 });
  view.setWindow(9e9, 12e9);
  assert.deepEqual(view.window, { from: 7e9, to: 10e9 });
  view.pan(10);
  assert.deepEqual(view.window, { from: 7e9, to: 10e9 });
  view.setWindow(5e9, 5e9);
  assert.equal(view.window.to - view.window.from, 1000);
  view.setWindow(NaN, 3);
  assert.equal(view.window.from, 5e9);
  view.reset();
  assert.deepEqual(view.window, { from: 0, to: 10e9 });
});

test("zooming keeps the moment under the pointer where it is", () => {
  const { view } = framed(10e9);
  view.zoom(0.5, 4e9);
  assert.deepEqual(view.window, { from: 2e9, to: 7e9 });
  view.zoom(100, 3e9);
  assert.deepEqual(view.window, { from: 0, to: 10e9 });
});

test("a part that fails when it is told takes none of the others with it", (context) => {
  context.mock.method(console, "error", () => {});
  const { view, frame } = framed(10e9);
  let told = 0;
  view.on("window", () => {
    throw new Error("broken");
  });
  view.on("window", () => (told += 1));
  view.setWindow(1e9, 2e9);
  frame();
  assert.equal(told, 1);
});

test("what is looked at can be written into an address and read back", () => {
  const { view } = framed(30e9);
  view.setWindow(5.123456789e9, 8e9);
  view.select({ row: 17, element: 3, time: 6.3e9 });
  const hash = hashOf(view);
  assert.equal(hash, "t=5.123456789-8&row=17&element=3&time=6.3");
  const { window, selection } = readHash(`#${hash}`);
  assert.ok(Math.abs(window.from - 5.123456789e9) < 1 && window.to === 8e9);
  assert.deepEqual(selection, { row: 17, element: 3, time: 6.3e9 });
  for (const other of ["", "#", "#figures", "#t=1", "#row=x", "#row=1&x=2", "#t=1-2-3"]) assert.equal(readHash(other), null, other);
});

test("what could act on a screen is escaped, and long text is cut with its length told", () => {
  assert.equal(visible("a\u202eb\u0000\u001b[31m\ufeff\u2066\n\u200b\ud800"), "a\\u{202e}b\\u{0}\\u{1b}[31m\\u{feff}\\u{2066}\\u{a}\\u{200b}\\u{d800}");
  assert.equal(visible("naïve → 日本"), "naïve → 日本");
  assert.equal(visible("x".repeat(12345), 3), "xxx… (12,345 characters)");
  assert.equal(visible(null), "null");
});

test("numbers have their units and the digits that a person needs", () => {
  assert.equal(formatTime(6307000000), "6.307 s");
  assert.equal(formatTime(NaN), "never");
  assert.deepEqual([0, 12, 1500, 81_200_000, 1.4e9, 125e9, -3e6, NaN].map(formatDuration), ["0 s", "12 ns", "1.50 µs", "81.2 ms", "1.40 s", "2 min 5 s", "-3 ms", "–"]);
  assert.deepEqual([0, 999, 12345, 1234567.8, 0.512, NaN].map(formatCount), ["0", "999", "12,345", "1,234,568", "0.51", "–"]);
  assert.deepEqual([0, 512, 1536, 5 << 20].map(formatBytes), ["0 B", "512 B", "1.50 KiB", "5 MiB"]);
});
