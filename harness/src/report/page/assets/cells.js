// What the matrix of nodes and elements shows in each cell, and how cells that share a
// pixel are drawn as one. Pure.

import { judgedNodes } from "./reach.js";
import { upperBound } from "./bins.js";

/// What a cell says. The higher number wins where cells share a pixel: what is missing is
/// the evidence, and one missing cell among thousands must be seen.
export const SHOWN = 0;
export const NO_READ = 1;
export const UNSEEN = 2;
export const ALLOWED = 3;
export const MISSING = 4;

/// Words for what cells say.
export const CELL_WORDS = [
  "shown in the final read",
  "no final read of this node",
  "not seen to arrive in the messages",
  "missing, but never acknowledged: allowed",
  "MISSING from the final read",
];

/// How many steps of shade there are for the time of arrival.
const SHADES = 5;

/// The cells of a run: `{ nodes, elements, state, after, judged }`; the cell of row `r`
/// and element `e` is at `r * elements + e`, `after` is the time (ns) from the
/// invocation to the arrival, NaN if it was not seen. `judged` tells whether there were
/// final reads at all.
export function cellsOf(run, reach) {
  const { spread } = run;
  const nodes = judgedNodes(run);
  const { count } = spread.elements;
  const state = new Uint8Array(nodes.length * count);
  const after = new Float32Array(nodes.length * count).fill(NaN);
  const rowOf = new Int32Array(run.ends.length).fill(-1);
  nodes.forEach((node, r) => (rowOf[node] = r));
  for (let e = 0; e < count; e++) {
    for (let i = reach.offset[e]; i < reach.offset[e + 1]; i++) after[rowOf[reach.place[i]] * count + e] = reach.after[i];
    for (let r = 0; r < nodes.length; r++) {
      const at = r * count + e;
      state[at] = stateOf(spread, e, r, !Number.isNaN(after[at]));
    }
  }
  return { nodes, elements: count, state, after, judged: Boolean(spread.shown) };
}

function stateOf({ shown, elements }, element, row, arrived) {
  if (!shown) return arrived ? SHOWN : UNSEEN;
  const seen = shown.at(element, row);
  if (seen === 1) return SHOWN;
  if (seen === 2) return NO_READ;
  return Number.isNaN(elements.acked[element]) || elements.failed[element] ? ALLOWED : MISSING;
}

/// The order of columns: by number, or what is missing anywhere first (most missing first).
export function columnOrder(cells, sort) {
  const order = Uint32Array.from({ length: cells.elements }, (_, e) => e);
  if (sort !== "missing") return order;
  const { missing } = missingCounts(cells);
  return order.sort((a, b) => missing[b] - missing[a] || a - b);
}

/// How many nodes miss each element, and how many cells are missing in all. Allowed ones
/// are not counted.
export function missingCounts({ nodes, elements, state, judged }) {
  const bad = judged ? MISSING : UNSEEN;
  const missing = new Uint32Array(elements);
  let all = 0;
  for (let r = 0; r < nodes.length; r++) {
    for (let e = 0; e < elements; e++) {
      if (state[r * elements + e] !== bad) continue;
      missing[e]++;
      all++;
    }
  }
  return { missing, all };
}

/// What is drawn for columns `first..last` of a row: `{ state, after }`, the worst state
/// and the latest arrival.
export function cellOfStrip({ elements, state, after }, order, row, first, last) {
  let worst = 0;
  let latest = NaN;
  for (let c = first; c < last; c++) {
    const at = row * elements + order[c];
    if (state[at] > worst) worst = state[at];
    if (!(after[at] <= latest)) latest = Number.isNaN(after[at]) ? latest : after[at];
  }
  return { state: worst, after: latest };
}

/// Bounds (ns) between the shades: the quintiles of all arrivals.
export function shadeBounds({ after }) {
  const step = Math.max(1, Math.floor(after.length / 200_000));
  const some = after.filter((value, i) => i % step === 0 && !Number.isNaN(value)).sort();
  if (some.length === 0) return [];
  return Array.from({ length: SHADES - 1 }, (_, i) => some[Math.floor(((i + 1) * some.length) / SHADES)]);
}

/// The shade of an arrival: 0 for the earliest fifth to 4 for the latest.
export const shadeOf = (bounds, after) => (Number.isNaN(after) ? 0 : upperBound(bounds, after));

/// The next missing cell after `[row, column]`, column by column: `[row, column]` or null.
export function nextMissing({ nodes, elements, state, judged }, order, from, step = 1) {
  const bad = judged ? MISSING : UNSEEN;
  const total = nodes.length * elements;
  const start = from ? from[1] * nodes.length + from[0] : step > 0 ? -1 : total;
  for (let k = 1; k <= total; k++) {
    const at = (((start + k * step) % total) + total) % total;
    const [row, column] = [at % nodes.length, Math.floor(at / nodes.length)];
    if (state[row * elements + order[column]] === bad) return [row, column];
  }
  return null;
}
