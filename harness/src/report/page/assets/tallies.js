// What the charts of messages and operations count: times of events, by kind, prepared
// once per run when the first chart that needs them is seen.

import { lowerBound, quantileOf, stabbing, tally } from "./bins.js";

/// Whom messages go between.
export const CLASSES = ["between nodes", "with clients", "with services", "with strangers"];

/// The class of each message: 0 between nodes, 1 with clients, 2 with services, 3 to
/// names that nobody has.
export function messageClasses(run) {
  const { messages, ends } = run;
  const rank = ends.map(({ role }) => ({ node: 0, client: 1, service: 2 })[role] ?? 3);
  const out = new Uint8Array(messages.count);
  for (let row = 0; row < messages.count; row++) {
    out[row] = Math.max(rank[messages.src[row]], rank[messages.dest[row]]);
  }
  return out;
}

/// Rows by what `which(row)` says (a number below `kinds`).
export function rowsBy(count, kinds, which) {
  const sizes = new Uint32Array(kinds);
  for (let row = 0; row < count; row++) sizes[which(row)]++;
  const out = Array.from(sizes, (size) => new Uint32Array(size));
  sizes.fill(0);
  for (let row = 0; row < count; row++) {
    const kind = which(row);
    out[kind][sizes[kind]++] = row;
  }
  return out;
}

/// Messages and bytes by class: `[{ label, events }]`, with classes that have messages.
export function trafficTallies(run) {
  const classes = messageClasses(run);
  const rows = rowsBy(run.messages.count, CLASSES.length, (row) => classes[row]);
  return CLASSES.map((label, i) => ({ label, rows: rows[i] }))
    .filter((one) => one.rows.length > 0)
    .map(({ label, rows }) => ({ label, events: tally(run.messages.sent, rows, run.messages.size) }));
}

/// When messages between nodes (and with others) set out and when they ended, by class:
/// `[{ label, begins, ends }]`, both sorted.
export function flightTallies(run) {
  const { messages } = run;
  const classes = messageClasses(run);
  const rows = rowsBy(messages.count, CLASSES.length, (row) => classes[row]);
  return CLASSES.map((label, i) => ({
    label,
    begins: tally(messages.sent, rows[i]).at,
    ends: tally(messages.ended, rows[i]).at,
  })).filter((one) => one.begins.length > 0);
}

/// Dropped messages by reason, most frequent first: `[{ label, events }]`.
export function dropTallies(run) {
  const { messages } = run;
  const rows = run.reasons.map(() => []);
  const unknown = [];
  for (let row = 0; row < messages.count; row++) {
    if (messages.fate[row] === 2) (rows[messages.why[row]] ?? unknown).push(row);
  }
  const out = run.reasons.map((label, i) => ({ label, rows: rows[i] }));
  out.push({ label: "unknown reason", rows: unknown });
  return out
    .filter((one) => one.rows.length > 0)
    .sort((a, b) => b.rows.length - a.rows.length)
    .map(({ label, rows }) => ({ label, events: tally(messages.ended, rows) }));
}

/// How many nodes were up from which moment on: `{ at, up }`, ns ascending.
export function nodesUp(run) {
  const steps = [];
  for (const lives of run.lives) {
    for (const { from, to } of lives) {
      steps.push([from ?? 0, 1]);
      // Who was up until the end did not go down.
      if (to != null && to < run.end) steps.push([to, -1]);
    }
  }
  steps.sort((a, b) => a[0] - b[0]);
  const at = [];
  const up = [];
  let level = 0;
  for (const [time, change] of steps) {
    level += change;
    if (at[at.length - 1] === time) up[up.length - 1] = level;
    else {
      at.push(time);
      up.push(level);
    }
  }
  return { at, up };
}

/// The steps of `{ at, up }` within a window, with its edges: `{ x, y }` in seconds.
export function stepsWithin({ at, up }, from, to) {
  const first = lowerBound(at, from);
  const last = lowerBound(at, to);
  const before = first > 0 ? up[first - 1] : 0;
  const x = [from / 1e9];
  const y = [before];
  for (let i = first; i < last; i++) {
    if (at[i] === from) y[0] = up[i];
    else {
      x.push(at[i] / 1e9);
      y.push(up[i]);
    }
  }
  x.push(to / 1e9);
  y.push(y[y.length - 1]);
  return { x, y };
}

/// Operations by outcome: `[ok, fail, info, pending]`, each a tally of when they
/// completed (of pending ones, when they were invoked).
export function outcomeTallies(run) {
  const { operations } = run;
  const rows = rowsBy(operations.count, 4, (row) => operations.outcome[row]);
  return rows.map((these, i) => tally(i === 3 ? operations.invoked : operations.completed, these));
}

/// The messages of each link sent within a window. Links are numbered
/// `src * ends + dest`; gives `{ messages, dropped, bytes, first, last }`, arrays by link,
/// where `first..last` are the rows of the window.
export function linkTotals(run, from, to) {
  const { messages, ends } = run;
  const links = ends.length * ends.length;
  const out = { messages: new Uint32Array(links), dropped: new Uint32Array(links), bytes: new Float64Array(links) };
  out.first = lowerBound(messages.sent, from);
  out.last = lowerBound(messages.sent, to);
  for (let row = out.first; row < out.last; row++) {
    const link = messages.src[row] * ends.length + messages.dest[row];
    out.messages[link]++;
    out.bytes[link] += messages.size[row];
    if (messages.fate[row] === 2) out.dropped[link]++;
  }
  return out;
}

/// The median time from sending to delivery (ns) of each link within rows `first..last`;
/// NaN where nothing was delivered.
export function linkMedians(run, { first, last }) {
  const { messages, ends } = run;
  const links = ends.length * ends.length;
  const offset = new Uint32Array(links + 1);
  const delivered = (row) => messages.fate[row] === 0 && !Number.isNaN(messages.ended[row]);
  const link = (row) => messages.src[row] * ends.length + messages.dest[row];
  for (let row = first; row < last; row++) if (delivered(row)) offset[link(row) + 1]++;
  for (let i = 0; i < links; i++) offset[i + 1] += offset[i];
  const times = new Float64Array(offset[links]);
  const next = offset.slice();
  for (let row = first; row < last; row++) {
    if (delivered(row)) times[next[link(row)]++] = messages.ended[row] - messages.sent[row];
  }
  return Float64Array.from({ length: links }, (_, i) => quantileOf(times.subarray(offset[i], offset[i + 1]).sort(), 0.5));
}

const flightIndexByRun = new WeakMap();

/// The messages between nodes that are on their way at a moment, newest first, at most
/// `limit`. The index is made when it is first asked.
export function onTheirWay(run, time, limit) {
  if (!flightIndexByRun.has(run)) {
    flightIndexByRun.set(run, stabbing(run.messages.sent, run.messages.ended));
  }
  return flightIndexByRun.get(run)(time, limit);
}
