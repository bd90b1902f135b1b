// Timeline, propagation, matrix and topology: what they work out, against the obvious way.

import assert from "node:assert/strict";
import { test } from "node:test";
import { randomFrom, synthetic } from "./synthetic.mjs";
import * as lanes from "../../src/report/page/assets/lanes.js";
import * as reaches from "../../src/report/page/assets/reach.js";
import * as cells from "../../src/report/page/assets/cells.js";
import * as playback from "../../src/report/page/assets/playback.js";
import { bandsOf } from "../../src/report/page/assets/bands.js";
import { gridColumns, gridStrips } from "../../src/report/page/assets/grid.js";
import { quantileOf } from "../../src/report/page/assets/bins.js";
import { linkTotals } from "../../src/report/page/assets/tallies.js";

const RUN = synthetic({ messages: 4000, nodes: 6 });
const all = (count) => Array.from({ length: count }, (_, i) => i);

/** Operations of `slots` clients, with processes that retire after an info. */
function crowded(seed, count, slots) {
  const random = randomFrom(seed);
  const process = all(slots);
  const free = process.map(() => 0);
  const list = [];
  for (let i = 0; i < count; i++) {
    const slot = Math.floor(random() * slots);
    const invoked = free[slot] + random() * 10;
    const outcome = Math.floor(random() * 8) < 6 ? 0 : 1 + Math.floor(random() * 2);
    const completed = invoked + random() * 20;
    list.push({ process: process[slot], node: slot % 3, invoked, completed, outcome });
    free[slot] = completed;
    if (outcome === 2) process[slot] += slots;
  }
  list.sort((a, b) => a.invoked - b.invoked);
  const end = Math.max(...free);
  list.push({ process: process[0], node: 0, invoked: free[0], completed: NaN, outcome: 3 });
  const column = (name, Type) => Type.from(list, (one) => one[name]);
  const operations = { count: list.length, process: column("process", Float64Array), node: column("node", Uint16Array), invoked: column("invoked", Float64Array), completed: column("completed", Float64Array), outcome: column("outcome", Uint8Array) };
  return { operations, end: end + 50, report: { plan: { concurrency: slots } } };
}

test("each operation is on one line, of its node, and operations of a line do not overlap", () => {
  for (let seed = 1; seed < 20; seed++) {
    const run = crowded(seed, 300, 7);
    const made = lanes.lanesOf(run);
    const rows = made.flatMap((lane) => [...lane.rows]).sort((a, b) => a - b);
    assert.deepEqual(rows, all(run.operations.count), `seed ${seed}`);
    assert.equal(made.length, 7, `seed ${seed}: a line for each client`);
    for (const lane of made) {
      assert.ok([...lane.rows].every((row) => run.operations.node[row] === lane.node));
      for (let i = 1; i < lane.rows.length; i++) assert.ok(lane.begin[i] >= lane.end[i - 1], `seed ${seed}`);
    }
  }
});

test("the bars of a window are its operations, and of those on one pixel the worst is shown", () => {
  const run = crowded(5, 2000, 3);
  const { operations } = run;
  for (const lane of lanes.lanesOf(run)) {
    const [from, to] = [run.end * 0.3, run.end * 0.6];
    const inside = [...lane.rows].filter((row, i) => lane.end[i] >= from && lane.begin[i] < to);
    for (const width of [40, 400, 1e6]) {
      const bars = lanes.barsOf(run, lane, from, to, width);
      assert.equal(bars.reduce((sum, bar) => sum + bar.many, 0), inside.length, `${width} pixels`);
      const worst = (rows) => Math.max(...rows.map((row) => [0, 2, 3, 4][operations.outcome[row]]));
      assert.equal(worst(bars.map((bar) => bar.row)), worst(inside));
    }
    assert.ok(lanes.barsOf(run, lane, from, to, 1e6).length === inside.length);
    assert.ok(lanes.barsOf(run, lane, 0, run.end, 40).length <= 40 * 2 + 1);
  }
});

test("the operation at a moment is found, or the nearest one within reach", () => {
  const lane = { rows: Uint32Array.of(7, 8, 9), begin: Float64Array.of(10, 20, 40), end: Float64Array.of(15, 30, 41) };
  assert.deepEqual([12, 16, 19, 25, 35, 100].map((time) => lanes.rowAt(lane, time, 2)), [0, 0, 1, 1, -1, -1]);
});

/** When each judged node first had an element, by node. */
function firstArrivals(run, element) {
  const { arrivals, elements } = run.spread;
  const first = new Map();
  for (let i = arrivals.offset[element]; i < arrivals.offset[element + 1]; i++) {
    const after = arrivals.at[i] - elements.invoked[element];
    first.set(arrivals.place[i], Math.min(after, first.get(arrivals.place[i]) ?? Infinity));
  }
  return first;
}

test("an element has reached a node from its first arrival there", () => {
  const reach = reaches.reachOf(RUN);
  for (let e = 0; e < RUN.spread.elements.count; e++) {
    const first = firstArrivals(RUN, e);
    const mine = all(reach.offset[e + 1] - reach.offset[e]).map((i) => [reach.place[reach.offset[e] + i], reach.after[reach.offset[e] + i]]);
    assert.deepEqual(new Map(mine), first, `element ${e}`);
    assert.ok(mine.every(([, after], i) => i === 0 || after >= mine[i - 1][1]));
    const missed = reaches.missedNodes(RUN, reach, e);
    assert.deepEqual(missed, all(6).filter((node) => !first.has(node)));
  }
});

test("a node that takes an element in again is reached once, and a service is none to be reached", () => {
  const ends = ["n0", "n1", "n2"].map((name) => ({ name, role: "node" })).concat({ name: "lin-kv", role: "service" });
  const arrivals = { offset: [0, 5], place: [0, 3, 1, 0, 1], at: [110, 120, 150, 140, 130], life: [0, 0, 0, 1, 1] };
  const run = { ends, spread: { elements: { count: 1, invoked: [100] }, arrivals, shown: null } };
  const reach = reaches.reachOf(run);
  assert.deepEqual([reach.nodes, [...reach.place], [...reach.after]], [3, [0, 1], [10, 30]]);
  assert.deepEqual(reaches.missedNodes(run, reach, 0), [2]);
});

test("quantiles of the share reached are those of the elements' shares at that time", () => {
  const reach = reaches.reachOf(RUN);
  const elements = reaches.elementsWithin(RUN, reach, RUN.end * 0.1, RUN.end * 0.7);
  assert.ok(elements.length > 50);
  const times = reaches.reachGrid(reach, elements, 60);
  const quantiles = [0.1, 0.5, 0.9];
  const got = reaches.shareQuantiles(reach, elements, times, quantiles);
  times.forEach((time, when) => {
    const shares = Float64Array.from(elements, (e) => [...firstArrivals(RUN, e).values()].filter((after) => after <= time).length / 6).sort();
    quantiles.forEach((q, k) => assert.ok(Math.abs(got[k][when] - quantileOf(shares, q)) < 1e-12, `${q} at ${time}`));
  });
  const one = reaches.shareOf(reach, elements[3], times);
  times.forEach((time, when) => assert.equal(one[when], [...firstArrivals(RUN, elements[3]).values()].filter((after) => after <= time).length / 6));
});

test("the time to a share of the nodes is when so many had it, and never if they never had", () => {
  const reach = reaches.reachOf(RUN);
  const elements = all(RUN.spread.elements.count);
  for (const share of [0.5, 0.9, 1]) {
    const times = reaches.timesToShare(reach, elements, share);
    for (const e of elements) {
      const after = [...firstArrivals(RUN, e).values()].sort((a, b) => a - b);
      assert.ok(Object.is(times[e], after[Math.ceil(share * 6) - 1] ?? NaN), `${share} of element ${e}`);
    }
  }
  const never = reaches.timesToShare(reach, elements, 1).filter(Number.isNaN).length;
  assert.ok(never > 0);
  const [share] = reaches.cumulativeShare(reaches.timesToShare(reach, elements, 1), [Infinity]);
  assert.ok(Math.abs(share - (elements.length - never) / elements.length) < 1e-12);
});

test("the slowest elements are those that reached fewest nodes, then those that took longest", () => {
  const reach = reaches.reachOf(RUN);
  const rows = reaches.slowest(reach, all(RUN.spread.elements.count), 1e9);
  for (let i = 1; i < rows.length; i++) {
    const [before, row] = [rows[i - 1], rows[i]];
    assert.ok(before.reached < row.reached || (before.reached === row.reached && !(before.toAll < row.toAll)), `place ${i}`);
  }
  const { element, last } = rows.find((row) => row.reached === 6);
  const first = firstArrivals(RUN, element);
  assert.equal(first.get(last), Math.max(...first.values()));
});

test("cells say missing only of what was acknowledged", () => {
  const run = synthetic({ messages: 4000, nodes: 6 });
  run.spread.elements.acked[3] = NaN;
  const { at } = run.spread.shown;
  run.spread.shown.at = (element, column) => (column === 2 ? 2 : element === 3 || element === 4 ? 0 : at(element, column));
  const made = cells.cellsOf(run, reaches.reachOf(run));
  const cell = (row, element) => made.state[row * made.elements + element];
  assert.equal(cell(0, 3), cells.ALLOWED);
  assert.equal(cell(0, 4), cells.MISSING);
  assert.equal(cell(2, 4), cells.NO_READ);
  const { missing, all: total } = cells.missingCounts(made);
  assert.equal(missing[3], 0);
  assert.equal(missing[4], 5);
  assert.equal(total, made.state.filter((state) => state === cells.MISSING).length);
});

test("without final reads cells tell what arrived", () => {
  const run = synthetic({ messages: 4000, nodes: 6 });
  run.spread.shown = null;
  const made = cells.cellsOf(run, reaches.reachOf(run));
  for (let e = 0; e < made.elements; e++) {
    const first = firstArrivals(run, e);
    for (let r = 0; r < 6; r++) assert.equal(made.state[r * made.elements + e], first.has(r) ? cells.SHOWN : cells.UNSEEN);
  }
});

test("a missing cell is seen however narrow the columns are, and can be gone to", () => {
  const made = cells.cellsOf(RUN, reaches.reachOf(RUN));
  for (const sort of ["order", "missing"]) {
    const order = cells.columnOrder(made, sort);
    assert.deepEqual([...order].sort((a, b) => a - b), all(made.elements));
    for (const width of [7, 40, 150]) {
      const strips = gridStrips(made.elements, gridColumns(made.elements, width, 0, 18), 0);
      for (let r = 0; r < 6; r++) {
        const seen = strips.some(([first, last]) => cells.cellOfStrip(made, order, r, first, last).state === cells.MISSING);
        const is = all(made.elements).some((e) => made.state[r * made.elements + e] === cells.MISSING);
        assert.equal(seen, is, `row ${r}, ${width} pixels`);
      }
    }
    const found = [];
    let at = null;
    for (let i = 0; i < cells.missingCounts(made).all; i++) {
      at = cells.nextMissing(made, order, at);
      found.push(at.join());
    }
    assert.equal(new Set(found).size, found.length);
    assert.deepEqual(cells.nextMissing(made, order, cells.nextMissing(made, order, at, 1), -1), at);
  }
  assert.equal(cells.nextMissing({ ...made, state: made.state.map(() => 0) }, cells.columnOrder(made), null), null);
});

test("cells that share a pixel show the worst of them and the latest arrival", () => {
  const random = randomFrom(8);
  const state = Uint8Array.from({ length: 600 }, () => (random() < 0.7 ? 0 : Math.floor(random() * 5)));
  const after = Float32Array.from({ length: 600 }, () => (random() < 0.3 ? NaN : random() * 100));
  const order = Uint32Array.from(all(200)).sort((a, b) => ((a * 37) % 200) - ((b * 37) % 200));
  for (let first = 0; first < 195; first += 3) {
    const last = first + 1 + (first % 5);
    const inside = all(last - first).map((i) => 2 * 200 + order[first + i]);
    const latest = Math.max(...inside.map((at) => after[at]).filter((x) => !Number.isNaN(x)));
    const strip = cells.cellOfStrip({ elements: 200, state, after }, order, 2, first, last);
    assert.equal(strip.state, Math.max(...inside.map((at) => state[at])), `columns ${first} to ${last}`);
    assert.ok(Object.is(strip.after, Number.isFinite(latest) ? latest : NaN), `columns ${first} to ${last}`);
  }
});

test("strips cover all columns, also when they are scrolled", () => {
  for (const [columns, inside, wanted] of [[10, 300, 0], [1000, 300, 0], [100_000, 300, 0], [1000, 300, 12]]) {
    const layout = gridColumns(columns, inside, wanted, 18);
    const covered = new Set();
    for (let left = 0; left <= Math.max(0, layout.all - inside); left += inside / 2) {
      for (const [first, last, x, width] of gridStrips(columns, layout, left)) {
        assert.ok(width >= 1 && x + width > 0 && x <= inside, `${columns} columns at ${left}: ${x}`);
        for (let c = first; c < last; c++) covered.add(c);
      }
    }
    assert.equal(covered.size, columns, `${columns} columns, ${inside} pixels, ${wanted} wide`);
  }
});

test("playing goes on from the moment that is shown, and ends with the window", () => {
  const window = { from: 100e9, to: 120e9 };
  assert.deepEqual(playback.playOn(105e9, 1000, 1, window), { time: 106e9, over: false });
  assert.deepEqual(playback.playOn(NaN, 1000, 0, window), { time: 101e9, over: false });
  assert.deepEqual(playback.playOn(119.9e9, 1000, 10, window), { time: 120e9, over: true });
  assert.deepEqual(playback.playOn(120e9, 0, 1, window), { time: 100e9, over: false });
  const lists = [[1, 5, 9], [4, 6]];
  assert.deepEqual([playback.stepTo(lists, 5, 1, { from: 0, to: 10 }), playback.stepTo(lists, 5, -1, { from: 0, to: 10 })], [6, 4]);
  assert.deepEqual([playback.stepTo(lists, 9, 1, { from: 0, to: 10 }), playback.stepTo(lists, 1, -1, { from: 0, to: 10 })], [10, 0]);
});

test("nodes are down between their lives and paused while a fault says so", () => {
  const bands = bandsOf(RUN);
  const kill = bands.find((band) => band.action === "kill");
  const pause = bands.find((band) => band.action === "pause");
  const middle = (band) => (band.from + band.to) / 2;
  assert.equal(playback.nodeStateAt(RUN, bands, 5, middle(kill)), "down");
  assert.equal(playback.nodeStateAt(RUN, bands, 0, middle(kill)), "up");
  assert.equal(playback.nodeStateAt(RUN, bands, 0, middle(pause)), "paused");
  assert.equal(playback.nodeStateAt(RUN, bands, 0, pause.to), "up");
  assert.equal(playback.nodeStateAt(RUN, bands, 5, RUN.end), "up");
});

test("links are cut between the sides of a partition while it lasts", () => {
  const bands = bandsOf(RUN);
  const cut = bands.find((band) => band.action === "cut");
  const during = (cut.from + cut.to) / 2;
  assert.equal(playback.isCutAt(bands, "n0", "n5", during), true);
  assert.equal(playback.isCutAt(bands, "n0", "n1", during), false);
  assert.equal(playback.isCutAt(bands, "n0", "n5", cut.to), false);
  const oneWay = [{ action: "cut", from: 0, to: 9, sides: [], links: [[["n0"], ["n1", "n2"]]] }];
  assert.deepEqual([playback.isCutAt(oneWay, "n2", "n0", 5), playback.isCutAt(oneWay, "n1", "n2", 5)], [true, false]);
});

test("edges of the graph have the messages of both ways, those outside of the topology too", () => {
  const run = synthetic({ messages: 2000, nodes: 8 });
  run.topology.edges = run.topology.edges.slice(1);
  const edges = playback.graphEdges(run);
  const pairs = new Set(edges.map(({ a, b }) => `${a}-${b}`));
  assert.equal(pairs.size, edges.length);
  assert.equal(edges.filter((edge) => !edge.told).length, 1);
  const totals = playback.edgeTotals(edges, linkTotals(run, 0, run.end), run.ends.length);
  const { src, dest, count } = run.messages;
  const between = all(count).filter((row) => src[row] < 8 && dest[row] < 8).length;
  assert.equal(totals.reduce((sum, one) => sum + one.messages, 0), between);
  assert.equal(playback.nodePlaces({ ...run, topology: null }).length, 8);
});

test("a message is on its way from its sender to its receiver", () => {
  const messages = { sent: [10, 10, 10], ended: [20, NaN, 10] };
  assert.deepEqual([playback.wayOf(messages, 0, 15), playback.wayOf(messages, 1, 15), playback.wayOf(messages, 2, 15)], [0.5, 0.35, 1]);
});
