// A clock that runs through a stretch of a run, and what nodes and links were like at a
// moment of it. Pure.

import { lowerBound, upperBound } from "./bins.js";

/// How fast a run is played: seconds of the run per second; 0 is the window in 20 s.
export const SPEEDS = [
  [0, "window in 20 s"],
  [10, "10 × real time"],
  [1, "real time"],
  [0.1, "10 × slower"],
  [0.01, "100 × slower"],
  [0.001, "1000 × slower"],
];

/// The moment that is shown after `elapsed` milliseconds of playing at a speed, within a
/// window: `{ time, over }`.
export function playOn(time, elapsed, speed, { from, to }) {
  const perMs = speed > 0 ? speed * 1e6 : (to - from) / 20_000;
  const begin = time >= from && time < to ? time : from;
  const next = begin + elapsed * perMs;
  return next >= to ? { time: to, over: true } : { time: next, over: false };
}

/// The nearest moment after (or before, for a step of -1) `time` at which something is in
/// one of the sorted lists; the edge of the window if there is none.
export function stepTo(lists, time, step, { from, to }) {
  let best = step > 0 ? to : from;
  for (const list of lists) {
    const i = step > 0 ? upperBound(list, time) : lowerBound(list, time) - 1;
    if (i < 0 || i >= list.length) continue;
    best = step > 0 ? Math.min(best, list[i]) : Math.max(best, list[i]);
  }
  return best;
}

/// `up`, `paused` or `down`: what a node was at a moment.
export function nodeStateAt(run, bands, node, time) {
  const up = run.lives[node]?.some(({ from, to }) => time >= (from ?? 0) && (!endsBefore(to, run) || time < to));
  if (run.lives[node]?.length > 0 && !up) return "down";
  const name = run.ends[node].name;
  const paused = bands.some((band) => band.action === "pause" && band.from <= time && time < band.to && band.nodes.includes(name));
  return paused ? "paused" : "up";
}

// A node that was up until the end of the run did not go down.
const endsBefore = (to, run) => to != null && to < run.end;

/// Whether a fault that cuts links was on between two nodes at a moment, either way.
export function isCutAt(bands, a, b, time) {
  return bands.some((band) => {
    if (band.action !== "cut" || time < band.from || time >= band.to) return false;
    const side = (name) => band.sides.findIndex((names) => names.includes(name));
    if (band.sides.length > 0 && side(a) >= 0 && side(b) >= 0 && side(a) !== side(b)) return true;
    const goes = (x, y) => band.links.some(([sources, targets]) => sources.includes(x) && targets.includes(y));
    return goes(a, b) || goes(b, a);
  });
}

/// The edges to draw: those of the topology, and other pairs of nodes that had messages,
/// at most `most` of them: `{ a, b, told }` with a < b.
export function graphEdges(run, most = 800) {
  const nodes = run.ends.filter((end) => end.role === "node").length;
  const known = new Set();
  const edges = [];
  const add = (a, b, told) => {
    const key = Math.min(a, b) * nodes + Math.max(a, b);
    if (a === b || known.has(key)) return;
    known.add(key);
    edges.push({ a: Math.min(a, b), b: Math.max(a, b), told });
  };
  for (const [a, b] of run.topology?.edges ?? []) add(a, b, true);
  const { src, dest, count } = run.messages;
  for (let row = 0; row < count && edges.length < most; row++) {
    if (src[row] < nodes && dest[row] < nodes) add(src[row], dest[row], false);
  }
  return edges;
}

/// Messages and dropped ones of each edge, both ways together, out of `linkTotals`.
export function edgeTotals(edges, totals, ends) {
  const both = (list, { a, b }) => list[a * ends + b] + list[b * ends + a];
  return edges.map((edge) => ({ messages: both(totals.messages, edge), dropped: both(totals.dropped, edge) }));
}

/// Places in the unit square: those of the run's topology, else a circle.
export function nodePlaces(run) {
  const nodes = run.ends.filter((end) => end.role === "node").length;
  if (run.topology?.position?.length === nodes) return run.topology.position;
  return Array.from({ length: nodes }, (_, i) => {
    const angle = (2 * Math.PI * i) / Math.max(1, nodes) - Math.PI / 2;
    return [0.5 + 0.46 * Math.cos(angle), 0.5 + 0.46 * Math.sin(angle)];
  });
}

/// Where a message is between its ends: 0 at the sender, 1 at the receiver. One that never
/// ended is shown on the first half of its way.
export function wayOf(messages, row, time) {
  const { sent, ended } = messages;
  if (Number.isNaN(ended[row])) return 0.35;
  return ended[row] > sent[row] ? Math.min(1, Math.max(0, (time - sent[row]) / (ended[row] - sent[row]))) : 1;
}
