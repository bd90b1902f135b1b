// Operations in lanes: which line of the timeline an operation is on, and which bars are
// drawn for a window. Pure.
//
//   n0  ├─0─┤ ├────────0────────┤  ├─5─┤      A lane is a client of a node. When an
//   n1  ├─1─┤   ├─1─┤                         operation stays without an answer (info),
//   n2    ├──────2──────┤                     its process retires and another goes on in
//                                             its lane.

import { lowerBound } from "./bins.js";
import { formatDuration, formatTime, visible } from "./model.js";

/// Outcomes by number.
export const OPERATION_OUTCOMES = ["ok", "fail", "info", "pending"];

/// Whether operations of this name only look.
export const isReading = (f) => /^(read|get|poll|list|size|scan|watch)/.test(f);

/// The lanes of a run: `[{ node, rows, begin, end }]` by node; the rows of a lane do not
/// overlap in time and are in order.
export function lanesOf(run) {
  const { operations } = run;
  const processes = new Map();
  for (let row = 0; row < operations.count; row++) {
    const process = operations.process[row];
    if (!processes.has(process)) processes.set(process, []);
    processes.get(process).push(row);
  }
  const concurrency = run.report.plan?.concurrency ?? 0;
  const lives = [...processes].map(([process, rows]) => processLife(run, process, rows, concurrency));
  lives.sort((a, b) => a.node - b.node || a.from - b.from || a.process - b.process);
  const lanes = [];
  for (const life of lives) laneFor(lanes, life).lives.push(life);
  return lanes.map(({ node, lives }) => {
    const rows = Uint32Array.from(lives.flatMap((life) => life.rows));
    const begin = Float64Array.from(rows, (row) => operations.invoked[row]);
    const end = Float64Array.from(rows, (row) => endOfOperation(run, row));
    return { node, rows, begin, end };
  });
}

/// When an operation ended; a pending one goes on until the end of the run.
function endOfOperation(run, row) {
  const { completed, invoked } = run.operations;
  const end = Number.isNaN(completed[row]) ? run.end : completed[row];
  return Math.max(end, invoked[row]);
}

function processLife(run, process, rows, concurrency) {
  const { operations } = run;
  rows.sort((a, b) => operations.invoked[a] - operations.invoked[b]);
  const node = operations.node[rows[0]];
  const slot = concurrency > 0 ? process % concurrency : process;
  const to = rows.reduce((latest, row) => Math.max(latest, endOfOperation(run, row)), 0);
  return { process, node, slot, rows, from: operations.invoked[rows[0]], to };
}

// The lane of the process it follows, else any free one of its node, else a new one.
function laneFor(lanes, life) {
  const free = lanes.filter((lane) => lane.node === life.node && lane.lives[lane.lives.length - 1].to <= life.from);
  const lane = free.find((one) => one.lives[one.lives.length - 1].slot === life.slot) ?? free[0];
  if (lane) return lane;
  lanes.push({ node: life.node, lives: [] });
  return lanes[lanes.length - 1];
}

/// The operations of a lane that touch a window: indices `[first, last)` into its rows.
function withinLane(lane, from, to) {
  const first = lowerBound(lane.end, from);
  const last = lowerBound(lane.begin, to);
  return [first, Math.max(first, last)];
}

// Of bars on one pixel the one that tells most is drawn.
const WEIGHT = [0, 2, 3, 4];

/// The bars to draw of a lane: `{ left, right, row, many }` in pixels of a window that is
/// `width` wide. Bars narrower than a pixel that share one become one bar of `many`
/// operations, which shows the row that went worst.
export function barsOf(run, lane, from, to, width) {
  const { outcome } = run.operations;
  const scale = width / (to - from);
  const [first, last] = withinLane(lane, from, to);
  const bars = [];
  let current = null;
  for (let i = first; i < last; i++) {
    const row = lane.rows[i];
    const left = (lane.begin[i] - from) * scale;
    const right = (lane.end[i] - from) * scale;
    if (current && right - left < 1 && current.right - current.left < 1 && Math.floor(left) === Math.floor(current.left)) {
      current.many++;
      current.right = Math.max(current.right, right);
      if (WEIGHT[outcome[row]] > WEIGHT[outcome[current.row]]) current.row = row;
      continue;
    }
    current = { left, right, row, many: 1 };
    bars.push(current);
  }
  return bars;
}

/// The row of a lane whose operation is at a moment, or the nearest one that is at most
/// `slack` away; -1 if there is none.
export function rowAt(lane, time, slack) {
  const i = lowerBound(lane.end, time);
  let [best, away] = [-1, slack];
  for (const k of [i - 1, i, i + 1]) {
    if (k < 0 || k >= lane.rows.length) continue;
    const distance = Math.max(lane.begin[k] - time, time - lane.end[k], 0);
    if (distance <= away && (distance < away || best < 0)) [best, away] = [k, distance];
  }
  return best;
}

/// What there is to say about an operation, line by line.
export function operationLines(run, row) {
  const { operations, ends } = run;
  const outcome = operations.outcome[row];
  const node = ends[operations.node[row]]?.name ?? "?";
  const took = outcome === 3 ? "no answer until the end" : formatDuration(operations.completed[row] - operations.invoked[row]);
  const input = operations.input(row);
  const output = operations.output(row);
  const error = operations.error(row);
  const has = (text) => text != null && text !== "" && text !== "null";
  return [
    `${visible(operations.f[operations.fIndex[row]], 40)}${has(input) ? ` ${visible(input, 120)}` : ""}: ${OPERATION_OUTCOMES[outcome]}`,
    `process ${operations.process[row]} at ${visible(node, 40)}, ${formatTime(operations.invoked[row])}, ${took}`,
    has(output) && output !== input ? `result: ${visible(output, 200)}` : "",
    has(error) ? `error: ${visible(error, 200)}` : "",
    operations.recovery?.[row] ? "part of the recovery at the end" : "",
  ].filter(Boolean);
}
