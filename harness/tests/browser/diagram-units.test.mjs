// The parts of the space-time diagram that need no page.

import assert from "node:assert/strict";
import { test } from "node:test";
import { randomFrom, synthetic } from "./synthetic.mjs";
import { causesOf, effectsOf, neighbourOnTrack } from "../../src/report/page/assets/diagram-causes.js";
import { arrowAt, boxAt, trackAt } from "../../src/report/page/assets/diagram-hit.js";
import { densityOf, indexMessages, rowsInWindow, shownRows } from "../../src/report/page/assets/diagram-index.js";
import { axisTicks, clientsByDefault, downTimes, faultsOf, laneCount, timeScale, tracksOf } from "../../src/report/page/assets/diagram-layout.js";
import { arrowOf } from "../../src/report/page/assets/diagram-messages.js";
import { inWords } from "../../src/report/page/assets/diagram-words.js";
import { maskOf, openFilter, rowsWith } from "../../src/report/page/assets/filter.js";
import { storyOf, windowOf } from "../../src/report/page/assets/follow.js";
import { prettyJson } from "../../src/report/page/assets/json-text.js";

const ALL = shownRows(0);

/** What the index must say, the slow way. */
function overlapping({ count, sent, ended }, { from, to }, mask) {
  const rows = [];
  for (let row = 0; row < count; row++) {
    if (sent[row] <= to && !(ended[row] < from) && (!mask || mask[row])) rows.push(row);
  }
  return rows;
}

test("a window has every message that was under way in it, however long before it was sent", () => {
  const { messages } = synthetic({ messages: 6000 });
  messages.ended[3] = NaN;
  messages.ended[2000] = messages.sent[4500];
  const index = indexMessages(messages);
  const random = randomFrom(7);
  for (let i = 0; i < 300; i++) {
    const from = random() * 10e9;
    const window = { from, to: from + random() ** 4 * 10e9 };
    const mask = i % 2 ? Uint8Array.from(messages.sent, () => (random() < 0.3 ? 1 : 0)) : null;
    const wanted = overlapping(messages, window, mask);
    const found = rowsInWindow(index, window, shownRows(messages.count, mask), 1e9);
    assert.deepEqual(found.rows, wanted, `window ${i}: ${JSON.stringify(window)}`);
    assert.equal(found.count, wanted.length);
    const few = rowsInWindow(index, window, shownRows(messages.count, mask), 10);
    assert.deepEqual([few.rows, few.count], [wanted.slice(0, 10), wanted.length]);
  }
});

test("the density counts what tracks sent, got and lost in a window, and nothing else", () => {
  const run = synthetic({ messages: 3000 });
  const { messages } = run;
  const { tracks, trackOf } = tracksOf(run, "each", 0);
  const window = { from: 2.5e9, to: 6.5e9 };
  const density = densityOf(indexMessages(messages), window, ALL, trackOf, tracks.length, 40);
  const sum = (counts, track) => counts.subarray(track * 40, track * 40 + 40).reduce((a, b) => a + b, 0);
  const inside = (time) => time >= window.from && time < window.to;
  const count = (test) => messages.sent.reduce((n, _, row) => n + (test(row) ? 1 : 0), 0);
  for (const [track, { ends }] of tracks.entries()) {
    const [end] = ends;
    assert.equal(sum(density.sent, track), count((row) => messages.src[row] === end && inside(messages.sent[row])));
    assert.equal(sum(density.got, track), count((row) => messages.fate[row] === 0 && messages.dest[row] === end && inside(messages.ended[row])));
    assert.equal(sum(density.lost, track), count((row) => messages.fate[row] === 2 && messages.dest[row] === end && inside(messages.ended[row])));
  }
});

// c1 asks n0, which tells n1; then something else comes, and then n0 answers.
//   0: c1→n0 10..20   1: n0→n1 25..40   2: n1→n0 22..30   3: n0→n1 35..50   4: n0→c1 36..38, replies to 0
function smallRun() {
  const table = { src: [2, 0, 1, 0, 0], dest: [0, 1, 0, 1, 2], sent: [10, 25, 22, 35, 36], ended: [20, 40, 30, 50, 38], cause: [-1, -1, -1, -1, 0] };
  const order = [0, 2, 1, 3, 4];
  const pick = (list, Type) => Type.from(order, (i) => list[i]);
  return {
    ends: [{ name: "n0", role: "node" }, { name: "n1", role: "node" }, { name: "c1", role: "client" }],
    messages: { count: 5, src: pick(table.src, Uint16Array), dest: pick(table.dest, Uint16Array), sent: pick(table.sent, Float64Array), ended: pick(table.ended, Float64Array), cause: pick(table.cause, Int32Array), fate: new Uint8Array(5) },
  };
}

test("a reply has its request for a cause; any message has what its sender had received before", () => {
  const run = smallRun();
  assert.deepEqual(causesOf(run, 4), { reply: 0, before: [1, 0] });
  assert.deepEqual(causesOf(run, 2), { reply: -1, before: [0] }, "what came later is no cause");
  assert.deepEqual(causesOf(run, 0), { reply: -1, before: [] });
});

test("a message may have caused what its receiver sent until the next delivery, and its reply whenever that came", () => {
  const run = smallRun();
  assert.deepEqual(effectsOf(run, 0), { replies: [4], sent: [2], more: 0 });
  assert.deepEqual(effectsOf(run, 1), { replies: [], sent: [3], more: 0 }, "the reply to another is none of its own");
  run.messages.fate[0] = 2;
  assert.deepEqual(effectsOf(run, 0), { replies: [], sent: [], more: 0 }, "what was dropped caused nothing");
});

test("steps along a track meet each of its messages once, there and back", () => {
  const run = synthetic({ messages: 600 });
  const end = 2;
  const there = [];
  for (let row = -1; ; ) {
    row = neighbourOnTrack(run, [end], row, 0, 1);
    if (row < 0) break;
    there.push(row);
  }
  const { src, dest, fate, count } = run.messages;
  const own = Array.from({ length: count }, (_, row) => row).filter((row) => src[row] === end || (dest[row] === end && fate[row] === 0));
  assert.deepEqual([...there].sort((a, b) => a - b), own);
  const back = [];
  for (let row = -1; ; ) {
    row = neighbourOnTrack(run, [end], row, Infinity, -1);
    if (row < 0) break;
    back.push(row);
  }
  assert.deepEqual(back.reverse(), there);
});

test("steps pass over what the filter hides", () => {
  const run = smallRun();
  const mask = Uint8Array.of(1, 0, 0, 1, 1);
  assert.equal(neighbourOnTrack(run, [0], 0, 0, 1, mask), 3);
  assert.equal(neighbourOnTrack(run, [0], 3, 0, -1, mask), 0);
});

test("the pointer finds the nearest line within reach, the one on top first", () => {
  const line = (row, x1, y1, x2, y2) => ({ row, x1, y1, x2, y2 });
  const arrows = [line(1, 0, 0, 100, 100), line(2, 0, 20, 100, 20), line(3, 0, 20, 100, 20)];
  assert.equal(arrowAt(arrows, 50, 52).row, 1);
  assert.equal(arrowAt(arrows, 80, 23).row, 3);
  assert.equal(arrowAt(arrows, 104, 104).row, 1, "beyond its end, but near");
  assert.equal(arrowAt(arrows, 120, 120), null);
  assert.equal(arrowAt(arrows, 10, 90), null);
  assert.equal(arrowAt([line(4, 5, 5, 5, 5)], 7, 5).row, 4, "a message that took no time on its own track");
});

test("boxes and tracks are found by where they are", () => {
  const boxes = [{ x: 0, y: 0, width: 10, height: 10, fault: "a" }, { x: 5, y: 0, width: 10, height: 10, fault: "b" }];
  assert.equal(boxAt(boxes, 7, 5).fault, "b");
  assert.equal(boxAt(boxes, 3, 5).fault, "a");
  assert.equal(boxAt(boxes, 30, 5), null);
  const tracks = [{ y: 20, room: 20 }, { y: 40, room: 20 }];
  assert.deepEqual([trackAt(tracks, 25), trackAt(tracks, 45), trackAt(tracks, 80)], [0, 1, -1]);
});

test("a dropped message ends between the tracks, later if its receiver was down", () => {
  const run = synthetic({ messages: 4000 });
  const layout = tracksOf(run, "each", 0);
  const scale = timeScale({ from: 0, to: run.end }, 1000);
  const share = (reason) => {
    const row = run.messages.why.findIndex((why) => run.reasons[why] === reason);
    const arrow = arrowOf(run, layout, scale, row);
    const [from, to] = [run.messages.src[row], run.messages.dest[row]].map((end) => layout.tracks[layout.trackOf[end]].y);
    return (arrow.y2 - from) / (to - from);
  };
  assert.ok(share("cut") > 0.3 && share("cut") < 0.7, `${share("cut")}`);
  assert.ok(share("node-down") > 0.8 && share("node-down") < 1, `${share("node-down")}`);
});

test("lines that reach far out of a deep window keep their slope and small numbers", () => {
  const run = synthetic({ messages: 500 });
  const layout = tracksOf(run, "each", 0);
  const row = run.messages.fate.findIndex((fate, row) => fate === 0 && run.messages.src[row] < 5 && run.messages.dest[row] < 5);
  const middle = (run.messages.sent[row] + run.messages.ended[row]) / 2;
  const arrow = arrowOf(run, layout, timeScale({ from: middle, to: middle + 1000 }, 1000), row);
  assert.ok(Math.abs(arrow.x1) < 1e4 && Math.abs(arrow.x2) < 1e4, JSON.stringify(arrow));
  const y = (run.messages.src[row] + run.messages.dest[row]) / 2;
  const half = (layout.tracks[Math.floor(y)].y + layout.tracks[Math.ceil(y)].y) / 2;
  assert.ok(Math.abs((arrow.y1 + arrow.y2) / 2 - half) < 3, `${JSON.stringify(arrow)} around ${half}`);
});

test("clients have a track each, one together, or none", () => {
  const run = synthetic({ messages: 500, nodes: 4 });
  const names = (mode) => tracksOf(run, mode, 2).tracks.map((track) => track.label);
  assert.deepEqual(names("each"), ["n0", "n1", "n2", "n3", "lin-kv", "c1", "c2", "c3", "c4"]);
  assert.deepEqual(names("together"), ["n0", "n1", "n2", "n3", "lin-kv", "clients"]);
  assert.deepEqual(names("hidden"), ["n0", "n1", "n2", "n3", "lin-kv"]);
  assert.equal(clientsByDefault(run), "each");
  assert.equal(clientsByDefault(synthetic({ messages: 500, nodes: 4, crowd: 3 })), "together");
  const { tracks, bottom } = tracksOf(synthetic({ messages: 500, nodes: 300 }), "each", 5);
  assert.ok(tracks.every((track, i) => i === 0 || track.y > tracks[i - 1].y) && bottom < 8000, `${bottom}`);
});

test("overlapping link faults get lanes of their own, seven at most", () => {
  const fault = (name, began_ns, ended_ns) => ({ name, began_ns, ended_ns, on_links: true, action: "loss" });
  const run = { end: 100, ends: [], endOf: () => -1, report: { faults: [fault("a", 0, 10), fault("b", 5, 20), fault("c", 10, 30), fault("late", null, null), ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((i) => fault(`d${i}`, 40, 50 + i))] } };
  const { lanes } = faultsOf(run);
  assert.deepEqual(lanes.slice(0, 3).map(({ name, lane }) => [name, lane]), [["a", 0], ["b", 1], ["c", 0]]);
  assert.equal(laneCount(lanes), 7);
  assert.equal(lanes.length, 12, "the one that never began is not shown");
});

test("a node is down between its lives, by the fault that ended one", () => {
  const run = { end: 100e9, report: {}, ends: [{ name: "n0" }], lives: [[{ from: 0, to: 10e9 }, { from: 12e9, to: 90e9 }]] };
  const faults = [{ name: "kill-1", action: "kill", nodes: ["n0"], from: 10e9, to: 12e9 }];
  assert.deepEqual(downTimes(run, 0, faults), [{ from: 10e9, to: 12e9, by: "kill-1" }, { from: 90e9, to: 100e9, by: null }]);
  run.report.anomalies = [{ kind: "crashed", node: "n0", time_ns: 5e9 }, { kind: "crashed", node: "n1", time_ns: 20e9 }];
  assert.deepEqual(downTimes(run, 0, faults)[0], { from: 5e9, to: 12e9, by: "itself" });
});

test("the axis has round times, with as many digits as they need", () => {
  const labels = (from, to) => axisTicks({ from, to }, 1000).map((tick) => tick.label);
  assert.deepEqual(labels(0, 10e9), ["0 s", "2 s", "4 s", "6 s", "8 s", "10 s"]);
  assert.deepEqual(labels(1.0015e9, 1.0045e9), ["1.0015 s", "1.0020 s", "1.0025 s", "1.0030 s", "1.0035 s", "1.0040 s", "1.0045 s"]);
  assert.ok(axisTicks({ from: 5e9, to: 5e9 + 1000 }, 1000).length > 2);
});

test("a filter leaves what has the type, the node, the value and the fate that are wanted", () => {
  const run = synthetic({ messages: 2000 });
  const { messages } = run;
  const rows = (change) => {
    const mask = maskOf(run, Object.assign(openFilter("each"), change));
    return Array.from({ length: messages.count }, (_, row) => row).filter((row) => mask[row]);
  };
  assert.equal(maskOf(run, openFilter("each")), null, "no filter, no mask");
  assert.ok(rows({ kinds: new Set([2]) }).every((row) => messages.kind[row] === 2));
  assert.ok(rows({ ends: new Set([1]) }).every((row) => messages.src[row] === 1 || messages.dest[row] === 1));
  assert.ok(rows({ dropped: true }).every((row) => messages.fate[row] === 2));
  assert.ok(rows({ clients: "hidden" }).every((row) => run.ends[messages.src[row]].role !== "client"));
  assert.deepEqual(rows({ rows: Uint32Array.of(3, 9) }), [3, 9]);
  const with4 = rows({ element: 4 });
  assert.ok(with4.length > 5);
  run.spread.carried = null;
  const known = rowsWith(run, 4);
  assert.ok(known.length > 1 && known.every((row) => with4.includes(row)), "less is known, nothing else");
  assert.deepEqual(rows({ dropped: true, kinds: new Set([2]), ends: new Set([1]), element: 4 }).filter((row) => !with4.includes(row)), []);
});

test("the story of a value has its arrivals in order, what was dropped, and who never got it", () => {
  const run = synthetic({ messages: 2000 });
  const lost = Number(run.report.anomalies[0].element);
  const story = storyOf(run, lost);
  assert.ok(story.never.length > 0 && story.drops.length > 0);
  assert.ok(story.steps.every((step, i) => i === 0 || step.at >= story.steps[i - 1].at));
  assert.equal(story.steps.length + story.never.length, 5);
  assert.equal(run.ends[story.steps[0].source].role, "client");
  const window = windowOf(run, story);
  for (const { at } of story.steps) assert.ok(at > window.from && at < window.to);
  for (const row of story.drops) assert.ok(run.messages.ended[row] < window.to, "few drops: all of them are shown");
  const kept = run.spread.shown.at;
  run.spread.shown.at = (element, column) => (column === run.spread.shown.node.indexOf(story.steps[0].place) ? 0 : kept(element, column));
    const [first] = story.steps;
  assert.deepEqual(storyOf(run, lost).missing, [{ end: first.place, since: first.at, down: null }], "it came, and was not shown in the end");
  const gap = { from: first.at + 1e6, to: first.at + 2e6 };
  run.lives[first.place] = [{ from: 0, to: gap.from }, { from: gap.to, to: run.end }];
  assert.deepEqual(storyOf(run, lost).missing, [{ end: first.place, since: first.at, down: { ...gap, by: null } }]);
});

test("a message is told in words", () => {
  const run = synthetic({ messages: 2000 });
  const row = run.messages.fate.findIndex((fate, row) => fate === 2 && run.reasons[run.messages.why[row]] === "cut");
  assert.match(inWords(run, row), /^gossip from n\d to n\d, sent at \d\.\d{3} s, dropped at \d\.\d{3} s, 1 ms later: cut off by partition-1, \d+ B, carried \d+$/);
});

test("JSON is laid out without changing a character of it", () => {
  const pretty = (json, limit) => prettyJson(json, limit).text;
  assert.equal(pretty('{"a":1,"b":[1,2,3],"c":{},"d":[]}'), '{\n  "a": 1,\n  "b": [1, 2, 3],\n  "c": {},\n  "d": []\n}');
  assert.equal(pretty('{"n":12345678901234567890123,"s":"a\\"b, {c: [\\\\"}'), '{\n  "n": 12345678901234567890123,\n  "s": "a\\"b, {c: [\\\\"\n}');
  assert.equal(pretty("[[1],[\"x\"]]"), '[\n  [1],\n  [\n    "x"\n  ]\n]');
  for (const torn of ['{"a":[1,{"b', '"\\', "}}}", "", "nonsense [", '{"a" 1'] ) assert.equal(typeof pretty(torn), "string");
});

test("megabytes of JSON are cut at the limit, at once", () => {
  const long = JSON.stringify({ text: "x".repeat(20e6), many: Array.from({ length: 1e5 }, (_, i) => ({ i })) });
  const began = performance.now();
  const { text, whole } = prettyJson(long, 3000);
  assert.equal(text.length, 3000);
  assert.equal(whole, false);
  assert.ok(prettyJson("[".repeat(1e5), 1e6).text.length > 1e5);
  assert.ok(performance.now() - began < 2000, `${performance.now() - began} ms`);
});
