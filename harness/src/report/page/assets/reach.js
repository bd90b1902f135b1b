// How far elements got and how fast, out of their arrivals. Pure.
//
//   share of the judged nodes            An element has reached a node from the first
//   that have it                         moment on that the node took it in. Nodes that
//     1 ┤        ┌────                   lose it later (a restart) still count as
//       │    ┌───┘                       reached: this is about spreading, the matrix
//     0 ┼────┴──────► since invocation   about what was left in the end.

import { quantileOf, upperBound } from "./bins.js";

/// For each element the times (ns since its invocation, ascending) at which it reached
/// one more judged node, and which node that was:
/// `{ nodes, offset, after, place }`; element `e` has `offset[e]..offset[e + 1]`.
export function reachOf(run) {
  const { elements, arrivals } = run.spread;
  const judged = judgedNodes(run);
  const isJudged = new Uint8Array(run.ends.length);
  for (const node of judged) isJudged[node] = 1;
  const offset = new Uint32Array(elements.count + 1);
  const [after, place] = [[], []];
  const seen = new Int32Array(run.ends.length).fill(-1);
  for (let e = 0; e < elements.count; e++) {
    const order = [];
    for (let i = arrivals.offset[e]; i < arrivals.offset[e + 1]; i++) order.push(i);
    order.sort((a, b) => arrivals.at[a] - arrivals.at[b]);
    for (const i of order) {
      const node = arrivals.place[i];
      if (!isJudged[node] || seen[node] === e) continue;
      seen[node] = e;
      after.push(Math.max(0, arrivals.at[i] - elements.invoked[e]));
      place.push(node);
    }
    offset[e + 1] = after.length;
  }
  return { nodes: judged.length, offset, after: Float64Array.from(after), place: Uint16Array.from(place) };
}

/// The nodes that elements have to reach: those with final reads, else all nodes.
export function judgedNodes(run) {
  const shown = run.spread?.shown?.node ?? [];
  if (shown.length > 0) return Array.from(shown);
  return run.ends.map((_, i) => i).filter((i) => run.ends[i].role === "node");
}

/// How long each of `elements` took to reach a share of the nodes (ns); NaN if it never did.
export function timesToShare(reach, elements, share) {
  const wanted = Math.max(1, Math.ceil(share * reach.nodes - 1e-9));
  return Float64Array.from(elements, (e) => {
    const count = reach.offset[e + 1] - reach.offset[e];
    return count >= wanted ? reach.after[reach.offset[e] + wanted - 1] : NaN;
  });
}

/// The share of the nodes that the elements have reached at each of `times` (ns after
/// their invocation): one array for each of `quantiles` over the elements.
///
/// How many elements have reached exactly k nodes is counted for all times at once, from
/// the differences at the times at which an element goes from k to k + 1.
export function shareQuantiles(reach, elements, times, quantiles) {
  const levels = reach.nodes + 1;
  const change = new Int32Array(levels * (times.length + 1));
  const at = (level, when) => level * (times.length + 1) + when;
  for (const e of elements) {
    change[at(0, 0)]++;
    for (let i = reach.offset[e], level = 0; i < reach.offset[e + 1]; i++, level++) {
      const when = firstNotBefore(times, reach.after[i]);
      change[at(level, when)]--;
      change[at(level + 1, when)]++;
    }
  }
  const now = new Int32Array(levels);
  const out = quantiles.map(() => new Float64Array(times.length));
  for (let when = 0; when < times.length; when++) {
    for (let level = 0; level < levels; level++) now[level] += change[at(level, when)];
    quantiles.forEach((q, k) => (out[k][when] = levelAt(now, q, elements.length) / reach.nodes));
  }
  return out;
}

function firstNotBefore(times, x) {
  let i = upperBound(times, x);
  while (i > 0 && times[i - 1] >= x) i--;
  return i;
}

function levelAt(counts, q, total) {
  const rank = Math.max(1, Math.ceil(q * total));
  let below = 0;
  for (let level = 0; level < counts.length; level++) {
    below += counts[level];
    if (below >= rank) return level;
  }
  return 0;
}

/// The share of the nodes that one element has reached at each of `times`.
export function shareOf(reach, element, times) {
  const mine = reach.after.subarray(reach.offset[element], reach.offset[element + 1]);
  return Float64Array.from(times, (time) => upperBound(mine, time) / reach.nodes);
}

/// The share of `values` that is at most x, for each x of `grid`; values of NaN are never.
export function cumulativeShare(values, grid) {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  return Float64Array.from(grid, (x) => (values.length ? upperBound(sorted, x) / values.length : NaN));
}

/// The elements invoked within a window that got into any node: what never did, such as
/// what a client could not hand over, has no way to spread.
export function elementsWithin(run, reach, from, to) {
  const { count, invoked } = run.spread.elements;
  const out = [];
  for (let e = 0; e < count; e++) {
    if (invoked[e] >= from && invoked[e] <= to && reach.offset[e + 1] > reach.offset[e]) out.push(e);
  }
  return out;
}

/// The slowest of `elements`, those that never got everywhere first:
/// `{ element, reached, to90, toAll, last }`; `last` is the node that was reached last.
export function slowest(reach, elements, most) {
  const to90 = timesToShare(reach, elements, 0.9);
  const toAll = timesToShare(reach, elements, 1);
  const rows = elements.map((element, i) => {
    const end = reach.offset[element + 1];
    const reached = end - reach.offset[element];
    return { element, reached, to90: to90[i], toAll: toAll[i], last: reached > 0 ? reach.place[end - 1] : -1 };
  });
  const key = (row) => (Number.isNaN(row.toAll) ? Infinity : row.toAll);
  rows.sort((a, b) => a.reached - b.reached || (key(b) === key(a) ? a.element - b.element : key(b) - key(a)));
  return rows.slice(0, most);
}

/// The judged nodes that an element never reached.
export function missedNodes(run, reach, element) {
  const has = new Set(reach.place.subarray(reach.offset[element], reach.offset[element + 1]));
  return judgedNodes(run).filter((node) => !has.has(node));
}

/// Times (ns) to draw curves at: from zero to a little beyond what nearly all needed.
export function reachGrid(reach, elements, points = 240) {
  const last = Float64Array.from(elements, (e) => {
    const end = reach.offset[e + 1];
    return end > reach.offset[e] ? reach.after[end - 1] : NaN;
  }).filter((value) => !Number.isNaN(value)).sort();
  const most = last.length ? Math.max(quantileOf(last, 1), 1e6) : 1e6;
  return Float64Array.from({ length: points + 1 }, (_, i) => (i / points) * most * 1.02);
}
