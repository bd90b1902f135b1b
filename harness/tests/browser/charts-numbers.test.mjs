// The numbers behind the charts, against the obvious way to count them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { randomFrom, synthetic } from "./synthetic.mjs";
import * as bins from "../../src/report/page/assets/bins.js";
import * as tallies from "../../src/report/page/assets/tallies.js";
import { latencyPoints, logRange } from "../../src/report/page/assets/latency.js";
import { bandsOf, faultCover, marksOf, stripCount } from "../../src/report/page/assets/bands.js";
import { heatEnds, measureOf } from "../../src/report/page/assets/heat.js";
import { secondsLabel } from "../../src/report/page/assets/charts.js";

const RUN = synthetic({ messages: 4000, nodes: 6 });
const all = (count) => Array.from({ length: count }, (_, i) => i);

/** Times out of order, with ties and some that never come. */
function times(seed, count, most = 1000) {
  const random = randomFrom(seed);
  return Float64Array.from({ length: count }, () => (random() < 0.05 ? NaN : Math.floor(random() * most)));
}

test("bounds are where a sorted list would be cut", () => {
  const sorted = Float64Array.from(times(1, 300, 40).filter((x) => !Number.isNaN(x))).sort();
  for (let x = -1; x < 42; x += 0.5) {
    assert.equal(bins.lowerBound(sorted, x), sorted.filter((value) => value < x).length, `lower ${x}`);
    assert.equal(bins.upperBound(sorted, x), sorted.filter((value) => value <= x).length, `upper ${x}`);
  }
});

test("round numbers are 1, 2 or 5 times a power of ten and as near as can be", () => {
  for (const [x, above, below] of [[1, 1, 1], [1.1, 2, 1], [3, 5, 2], [6, 10, 5], [0.03, 0.05, 0.02], [4e9, 5e9, 2e9]]) {
    assert.ok(Math.abs(bins.niceAbove(x) / above - 1) < 1e-9, `above ${x}: ${bins.niceAbove(x)}`);
    assert.ok(Math.abs(bins.niceBelow(x) / below - 1) < 1e-9, `below ${x}: ${bins.niceBelow(x)}`);
  }
});

test("bins cover the window, have a round width and are about as many as wanted", () => {
  const random = randomFrom(3);
  for (let round = 0; round < 200; round++) {
    const from = random() * 1e10;
    const to = from + 1e4 + random() * 10 ** (4 + 6 * random());
    const grid = bins.binGrid(from, to, 100);
    assert.ok(grid.edge(0) <= from && grid.edge(grid.count) >= to, `${from} to ${to}`);
    assert.ok(grid.count <= 102, `${grid.count} bins for ${from} to ${to}`);
    assert.equal(bins.niceAbove(grid.width), grid.width);
    assert.equal(grid.edge(0), grid.start);
  }
});

test("counts, rates and sums per bin are those of the events in the bin", () => {
  const at = times(5, 2000, 1e6);
  const weights = Float64Array.from(at, (_, i) => i % 7);
  const events = bins.tally(at, Uint32Array.from(all(at.length)), weights);
  const grid = bins.binGrid(123_456, 900_000, 40);
  const counts = bins.countPerBin(events, grid);
  const sums = bins.weightPerBin(events, grid);
  const rates = bins.ratePerBin(events, grid);
  for (let bin = 0; bin < grid.count; bin++) {
    const inside = all(at.length).filter((i) => at[i] >= grid.edge(bin) && at[i] < grid.edge(bin + 1));
    assert.equal(counts[bin], inside.length, `bin ${bin}`);
    assert.equal(rates[bin], inside.length / (grid.width / 1e9));
    const sum = inside.reduce((total, i) => total + weights[i], 0);
    assert.ok(Math.abs(sums[bin] - sum / (grid.width / 1e9)) < 1e-6 * (1 + sums[bin]), `bin ${bin}`);
  }
});

test("what is on its way at a moment began at it or before and ends after it", () => {
  const { sent, ended, count } = RUN.messages;
  const grid = bins.binGrid(0, RUN.end, 60);
  const [flight] = [tallies.flightTallies(RUN)];
  const classes = tallies.messageClasses(RUN);
  for (const { label, begins, ends } of flight) {
    const levels = bins.levelPerBin(begins, ends, grid);
    for (let bin = 0; bin < grid.count; bin += 7) {
      const at = grid.edge(bin);
      const rows = all(count).filter((row) => tallies.CLASSES[classes[row]] === label && sent[row] <= at && !(ended[row] <= at));
      assert.equal(levels[bin], rows.length, `${label} at ${at}`);
    }
  }
});

test("levels count what begins at the very moment, and not what ends at it", () => {
  const begin = times(31, 400, 50).map((x) => (Number.isNaN(x) ? 7 : x * 1000));
  const end = begin.map((x, i) => (i % 9 === 0 ? NaN : x + (i % 5) * 1000));
  const grid = bins.binGrid(0, 60_000, 60);
  const rows = Uint32Array.from(all(400));
  const levels = bins.levelPerBin(bins.tally(begin, rows).at, bins.tally(end, rows).at, grid);
  for (let bin = 0; bin < grid.count; bin++) {
    const at = grid.edge(bin);
    assert.equal(levels[bin], all(400).filter((i) => begin[i] <= at && !(end[i] <= at)).length, `at ${at}`);
  }
});

test("the messages on their way are found without looking at all of them", () => {
  const { sent, ended, count } = RUN.messages;
  for (let time = 0; time <= RUN.end; time += RUN.end / 97) {
    const rows = all(count).filter((row) => sent[row] <= time && !(ended[row] <= time));
    assert.deepEqual(tallies.onTheirWay(RUN, time, 1e9), rows.reverse(), `at ${time}`);
    assert.deepEqual(bins.stabbing(sent, ended, 3)(time), rows, `at ${time}, small blocks`);
  }
  assert.equal(bins.stabbing(sent, ended, 16)(RUN.end / 2, 3).length, 3);
});

test("a quantile is a value that was measured, and at least its share is not above it", () => {
  const random = randomFrom(9);
  for (let n = 1; n < 60; n++) {
    const values = Float64Array.from({ length: n }, () => Math.floor(random() * 30)).sort();
    for (const q of [0, 0.1, 0.5, 0.95, 0.99, 1]) {
      const value = bins.quantileOf(values, q);
      const notAbove = values.filter((one) => one <= value).length;
      const below = values.filter((one) => one < value).length;
      assert.ok(values.includes(value) && notAbove >= q * n - 1e-9 && (below < q * n || below === 0), `${q} of ${[...values]}: ${value}`);
    }
  }
  assert.ok(Number.isNaN(bins.quantileOf(new Float64Array(), 0.5)));
});

test("quantiles per bin are those of the values of the bin", () => {
  const at = times(11, 3000, 1e6);
  const values = times(12, 3000, 500);
  const grid = bins.binGrid(0, 1e6, 30);
  const [half, most] = bins.quantilesPerBin(at, values, grid, [0.5, 1]);
  for (let bin = 0; bin < grid.count; bin++) {
    const inside = all(at.length).filter((i) => at[i] >= grid.edge(bin) && at[i] < grid.edge(bin + 1) && !Number.isNaN(values[i]));
    const sorted = Float64Array.from(inside, (i) => values[i]).sort();
    assert.ok(Object.is(half[bin], bins.quantileOf(sorted, 0.5)), `bin ${bin}`);
    assert.ok(Object.is(most[bin], sorted.length ? sorted[sorted.length - 1] : NaN), `bin ${bin}`);
  }
});

test("of points on one pixel one is kept, and none off the picture", () => {
  const random = randomFrom(21);
  const x = Array.from({ length: 500 }, () => random() * 24 - 2);
  const y = Array.from({ length: 500 }, () => random() * 14 - 2);
  const kept = bins.oneOfEachPixel(x, y, 20, 10);
  const pixel = (i) => `${Math.round(x[i])},${Math.round(y[i])}`;
  const inside = all(500).filter((i) => Math.round(x[i]) >= 0 && Math.round(x[i]) < 20 && Math.round(y[i]) >= 0 && Math.round(y[i]) < 10);
  assert.deepEqual(new Set(kept.map(pixel)), new Set(inside.map(pixel)));
  assert.equal(kept.length, new Set(kept.map(pixel)).size);
});

test("ticks of time are round, within the window and not too close", () => {
  const { step, at } = bins.timeTicks(1.234e9, 7.9e9, 900);
  assert.ok(at.length >= 4 && at.length <= 11 && at[0] >= 1.234e9 && at[at.length - 1] <= 7.9e9);
  assert.ok(at.every((time) => Math.abs(time / step - Math.round(time / step)) < 1e-6));
  assert.equal(secondsLabel(6.25, 0.25), "6.25 s");
  assert.equal(secondsLabel(2, 1), "2 s");
  assert.equal(secondsLabel(0.000123, 0.000001), "0.000123 s");
});

test("messages and bytes of all classes together are all messages and bytes", () => {
  const traffic = tallies.trafficTallies(RUN);
  const sum = (list) => list.reduce((total, one) => total + one, 0);
  assert.equal(sum(traffic.map(({ events }) => events.at.length)), RUN.messages.count);
  assert.equal(sum(traffic.map(({ events }) => events.sums[events.at.length])), sum(RUN.messages.size));
  assert.deepEqual(traffic.map((one) => one.label), ["between nodes", "with clients"]);
});

test("drops are counted by reason, the most frequent first, with unknown reasons kept", () => {
  const run = synthetic({ messages: 4000, nodes: 6 });
  const row = run.messages.fate.indexOf(2);
  run.messages.why[row] = 255;
  const drops = tallies.dropTallies(run);
  const sizes = drops.map(({ events }) => events.at.length);
  assert.deepEqual(sizes, [...sizes].sort((a, b) => b - a));
  assert.equal(sizes.reduce((a, b) => a + b), run.messages.fate.filter((fate) => fate === 2).length);
  assert.equal(drops.find((one) => one.label === "unknown reason").events.at.length, 1);
});

test("links have the messages, bytes and drops of the window, and the median of what arrived", () => {
  const { messages, ends } = RUN;
  const [from, to] = [RUN.end * 0.15, RUN.end * 0.45];
  const totals = tallies.linkTotals(RUN, from, to);
  const medians = measureOf(RUN, totals, "median");
  const shares = measureOf(RUN, totals, "share");
  for (let src = 0; src < 6; src++) {
    for (let dest = 0; dest < 6; dest++) {
      const link = src * ends.length + dest;
      const rows = all(messages.count).filter((row) => messages.src[row] === src && messages.dest[row] === dest && messages.sent[row] >= from && messages.sent[row] < to);
      const dropped = rows.filter((row) => messages.fate[row] === 2).length;
      const took = Float64Array.from(rows.filter((row) => messages.fate[row] === 0), (row) => messages.ended[row] - messages.sent[row]).sort();
      assert.equal(totals.messages[link], rows.length, `${src} to ${dest}`);
      assert.equal(totals.dropped[link], dropped);
      assert.equal(totals.bytes[link], rows.reduce((sum, row) => sum + messages.size[row], 0));
      assert.ok(Object.is(medians[link], bins.quantileOf(took, 0.5)));
      assert.ok(Object.is(shares[link], rows.length ? dropped / rows.length : NaN));
    }
  }
});

test("the heat map has nodes, clients only if asked, and services only if they had messages", () => {
  const names = (clients) => heatEnds(RUN, clients).map((end) => RUN.ends[end].name);
  assert.deepEqual(names(false), ["n0", "n1", "n2", "n3", "n4", "n5"]);
  assert.ok(names(true).includes("c1") && !names(true).includes("lin-kv"));
});

test("a node is counted as up in its lives, and until the end if it did not go down", () => {
  const run = { end: 100, lives: [[{ from: 0, to: 100 }], [{ from: 0, to: 40 }, { from: 60, to: 100 }], []] };
  const steps = tallies.nodesUp(run);
  assert.deepEqual(steps, { at: [0, 40, 60], up: [2, 1, 2] });
  assert.deepEqual(tallies.stepsWithin(steps, 20, 80), { x: [20e-9, 40e-9, 60e-9, 80e-9], y: [2, 1, 2, 2] });
  assert.deepEqual(tallies.stepsWithin(steps, 40, 50), { x: [40e-9, 50e-9], y: [1, 1] });
});

test("operations are points by f and outcome, and those without an answer are not", () => {
  const points = latencyPoints(RUN);
  const { operations } = RUN;
  const completed = all(operations.count).filter((i) => operations.outcome[i] !== 3);
  assert.equal(points.rows.length, completed.length);
  for (let i = 0; i < points.rows.length; i++) {
    const row = points.rows[i];
    assert.equal(points.value[i], operations.completed[row] - operations.invoked[row]);
    const { f, outcome } = points.kinds[points.kind[i]];
    assert.deepEqual([f, outcome], [operations.fIndex[row], operations.outcome[row]]);
  }
  assert.equal(points.kinds.reduce((sum, kind) => sum + kind.count, 0), points.rows.length);
  const [low, high] = logRange(points.value);
  assert.ok(points.value.every((ns) => ns / 1e6 >= low && ns / 1e6 <= high));
  assert.deepEqual(logRange([]), [0.1, 10]);
  assert.deepEqual(logRange([0, 0]), [0.1, 10]);
  assert.deepEqual(logRange([3e6, 0, 70e6]), [0.1, 100], "zero has room below");
});

test("faults that overlap get strips of their own, others share one", () => {
  const fault = (name, began_ns, ended_ns) => ({ name, summary: "", began_ns, ended_ns });
  const faults = [fault("b", 5, 15), fault("a", 0, 10), fault("c", 10, 20), fault("never", null, null), fault("open", 30, null)];
  const run = { end: 100, report: { faults, milestones: { zero_ns: 10, healed_ns: 20, recovered_ns: null }, plan: { time_limit_s: 40e-9 } } };
  const bands = bandsOf(run);
  assert.deepEqual(bands.map(({ name, strip, to }) => [name, strip, to]), [["a", 0, 10], ["b", 1, 15], ["c", 0, 20], ["open", 0, 100]]);
  assert.equal(stripCount(bands), 2);
  const depth = (time) => faultCover(bands).find(({ from, to }) => from <= time && time < to)?.depth ?? 0;
  for (let time = 0; time < 100; time++) {
    assert.equal(depth(time), bands.filter(({ from, to }) => from <= time && time < to).length, `at ${time}`);
  }
  assert.deepEqual(marksOf(run), [{ at: 20, label: "faults over" }, { at: 50, label: "time limit" }]);
});
