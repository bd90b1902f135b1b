// Latency and rate of operations: each operation as a point, quantiles over time, and
// how many completed per second.

import { binGrid, binMiddles, niceAbove, niceBelow, oneOfEachPixel, quantilesPerBin, ratePerBin } from "./bins.js";
import { build, choice, whenNear } from "./build.js";
import { timeChart } from "./charts.js";
import { binNote, binsIn, formatRate } from "./network.js";
import { operationLines, OPERATION_OUTCOMES } from "./lanes.js";
import { outcomeTallies } from "./tallies.js";
import { color, DASHES, isOutline, seriesColor, SHAPES, traceShape } from "./theme.js";
import { formatCount, formatDuration, visible } from "./model.js";
import { view } from "./time.js";

/// Puts the charts of operations' latency and rate into `container`; nothing if the run has none of it.
export function mountLatency(run, container) {
  if (run.operations.count === 0) return;
  whenNear(container, () => showLatency(run, container));
}

function showLatency(run, container) {
  const points = latencyPoints(run);
  mountPoints(run, container, points);
  mountQuantiles(run, container, points);
  mountRate(run, container);
}

/// Each completed operation as a point, in the order of invocation: `{ rows, at, value,
/// kind }` in ns; `kind` is an index into `kinds`, which are those of f and outcome that
/// occur: `{ f, outcome, count }`.
export function latencyPoints({ operations }) {
  const rows = [];
  for (let i = 0; i < operations.count; i++) {
    if (operations.outcome[i] < 3 && operations.completed[i] >= operations.invoked[i]) rows.push(i);
  }
  rows.sort((a, b) => operations.invoked[a] - operations.invoked[b]);
  const kinds = [];
  const known = new Map();
  const kind = new Uint8Array(rows.length);
  rows.forEach((row, i) => {
    const key = operations.fIndex[row] * 4 + operations.outcome[row];
    if (!known.has(key)) {
      known.set(key, kinds.length);
      kinds.push({ f: operations.fIndex[row], outcome: operations.outcome[row], count: 0 });
    }
    kind[i] = known.get(key);
    kinds[kind[i]].count++;
  });
  const at = Float64Array.from(rows, (row) => operations.invoked[row]);
  const value = Float64Array.from(rows, (row) => operations.completed[row] - operations.invoked[row]);
  return { rows, at, value, kind, kinds };
}

// What failed is a cross whatever it was, what is unknown a triangle: they stand out.
function seriesOfKind(run, { f, outcome }) {
  const shape = outcome === 1 ? "cross" : outcome === 2 ? "triangle" : SHAPES[f % 3];
  const name = outcome === 1 ? "--bad" : outcome === 2 ? "--doubt" : seriesColor(f);
  return { label: `${visible(run.operations.f[f], 30)} ${OPERATION_OUTCOMES[outcome]}`, color: name, shape };
}

function mountPoints(run, container, points) {
  const series = points.kinds.map((kind) => seriesOfKind(run, kind));
  const [floor, top] = logRange(points.value);
  const chart = { drawn: [], hovered: -1 };
  const { figure } = timeChart(run, container, {
    title: "Latency of each operation",
    unit: "invocation to completion, logarithmic",
    height: 210,
    log: true,
    // What took no time at all (in simulations) stands on the floor.
    format: (ms) => (ms <= floor && points.value.includes(0) ? "0 s" : formatDuration(ms * 1e6)),
    series,
    yRange: () => [floor, top],
    fill: ({ from, to }) => ({
      x: [from / 1e9, to / 1e9],
      columns: series.map(() => [null, null]),
      note: `${formatCount(points.rows.length)} operations, a point each; click one to see it`,
    }),
    paint: (plot) => paintPoints(plot, points, series, chart),
    click: (plot, left, top) => selectPoint(plot, chart, points, left, top),
  });
  const out = build("p", { class: "readout", role: "status" });
  figure.append(out);
  view.on("select", () => {
    const row = view.selection.operation;
    out.textContent = row >= 0 ? operationLines(run, row).join(" · ") : "";
  });
}

/// From the round number (ms) below the shortest to the one above the longest of values in
/// ns, for a logarithmic axis. Values of zero get room below the others.
export function logRange(values) {
  let [low, high] = [Infinity, 0];
  for (const value of values) {
    if (value > 0 && value < low) low = value;
    if (value > high) high = value;
  }
  if (!(high > 0)) return [0.1, 10];
  const bottom = values.includes(0) ? 10 ** (Math.floor(Math.log10(low / 1e6)) - 1) : niceBelow(low / 1e6);
  return [bottom, Math.max(niceAbove((high / 1e6) * 1.05), bottom * 2)];
}

function paintPoints(plot, points, series, chart) {
  const ratio = window.devicePixelRatio || 1;
  const { ctx, bbox } = plot;
  const floor = plot.scales.y.min;
  chart.drawn = [];
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top - 4 * ratio, bbox.width, bbox.height + 8 * ratio);
  ctx.clip();
  // The most frequent first, so that rare failures lie on top.
  const order = points.kinds.map((_, i) => i).sort((a, b) => points.kinds[b].count - points.kinds[a].count);
  for (const kind of order) {
    if (!plot.series[kind + 1].show) continue;
    const [rows, x, y] = [[], [], []];
    for (let i = 0; i < points.rows.length; i++) {
      if (points.kind[i] !== kind || points.at[i] < view.window.from || points.at[i] > view.window.to) continue;
      rows.push(i);
      x.push(plot.valToPos(points.at[i] / 1e9, "x", true));
      y.push(plot.valToPos(Math.max(floor, points.value[i] / 1e6), "y", true));
    }
    // Many points lie close: every second pixel is then enough.
    const side = rows.length > 5000 ? 2 * ratio : 1;
    const kept = oneOfEachPixel(x, y, ctx.canvas.width, ctx.canvas.height, side);
    const radius = (kept.length > 5000 ? 1.6 : kept.length > 500 ? 2.2 : 3) * ratio;
    strokePoints(ctx, series[kind], kept, x, y, radius, ratio);
    for (const i of kept) chart.drawn.push({ x: x[i] / ratio, y: y[i] / ratio, point: rows[i] });
  }
  ringSelected(plot, points, floor, ratio);
  ctx.restore();
}

// What stands for a shape where points are too many to be drawn in detail.
const GRAINS = { dot: [3, 3], diamond: [2, 5], square: [5, 2] };

// Each point is a copy of one that was drawn aside: a path of thousands takes seconds.
function strokePoints(ctx, look, kept, x, y, radius, ratio) {
  if (kept.length > 5000 && GRAINS[look.shape]) {
    const [width, height] = GRAINS[look.shape].map((side) => Math.round(side * ratio));
    ctx.fillStyle = color(look.color);
    for (const i of kept) ctx.fillRect(Math.round(x[i] - width / 2), Math.round(y[i] - height / 2), width, height);
    return;
  }
  const stamp = pointStamp(look, radius, ratio);
  const half = stamp.width / 2;
  ctx.globalAlpha = kept.length > 500 ? 0.6 : 0.85;
  for (const i of kept) ctx.drawImage(stamp, Math.round(x[i] - half), Math.round(y[i] - half));
  ctx.globalAlpha = 1;
}

function pointStamp({ shape, color: name }, radius, ratio) {
  const side = 2 * Math.ceil(radius * 1.4 + ratio) + 1;
  const stamp = build("canvas", { width: side, height: side });
  const pen = stamp.getContext("2d");
  pen.fillStyle = color(name);
  pen.strokeStyle = color(name);
  pen.lineWidth = 1.5 * ratio;
  pen.beginPath();
  traceShape(pen, shape, side / 2, side / 2, radius);
  if (isOutline(shape)) pen.stroke();
  else pen.fill();
  return stamp;
}

function ringSelected(plot, points, floor, ratio) {
  const i = points.rows.indexOf(view.selection.operation);
  if (i < 0) return;
  plot.ctx.strokeStyle = color("--ink");
  plot.ctx.lineWidth = 2 * ratio;
  plot.ctx.beginPath();
  const x = plot.valToPos(points.at[i] / 1e9, "x", true);
  traceShape(plot.ctx, "ring", x, plot.valToPos(Math.max(floor, points.value[i] / 1e6), "y", true), 7 * ratio);
  plot.ctx.stroke();
}

function selectPoint(plot, chart, points, x, y) {
  const ratio = window.devicePixelRatio || 1;
  const [left, top] = [x + plot.bbox.left / ratio, y + plot.bbox.top / ratio];
  let [best, distance] = [null, 14];
  for (const one of chart.drawn) {
    const away = Math.hypot(one.x - left, one.y - top);
    if (away < distance) [best, distance] = [one, away];
  }
  if (!best) return false;
  const row = points.rows[best.point];
  view.select({ operation: row, time: points.at[best.point] });
  plot.redraw(false);
  return true;
}

const QUANTILES = [
  ["p50", 0.5],
  ["p95", 0.95],
  ["p99", 0.99],
  ["max", 1],
];

function mountQuantiles(run, container, points) {
  const { operations } = run;
  const choices = [["", "all operations"], ...operations.f.map((f, i) => [String(i), visible(f, 30)])];
  const state = { f: "" };
  const { figure, redraw } = timeChart(run, container, {
    title: "Latency quantiles",
    unit: "of completed operations, by invocation",
    format: (ms) => formatDuration(ms * 1e6),
    series: QUANTILES.map(([label], i) => ({ label, color: seriesColor(i), dash: DASHES[i] })),
    fill: ({ from, to, width }) => {
      const grid = binGrid(from, to, binsIn(width) / 2);
      const wanted = (i) => points.kinds[points.kind[i]].outcome === 0 && (state.f === "" || operations.fIndex[points.rows[i]] === Number(state.f));
      const value = points.value.map((ns, i) => (wanted(i) ? ns / 1e6 : NaN));
      const columns = quantilesPerBin(points.at, value, grid, QUANTILES.map(([, q]) => q));
      return { x: binMiddles(grid), columns, note: `${binNote(grid)}, of operations that were ok` };
    },
  });
  if (operations.f.length < 2) return;
  const change = (value) => {
    state.f = value;
    redraw();
  };
  figure.querySelector(".keys").prepend(choice("of", choices, "", change));
}

function mountRate(run, container) {
  const tallies = outcomeTallies(run);
  const looks = ["--good", "--bad", "--doubt", "--quiet"];
  const kinds = tallies.map((events, i) => ({ events, i })).filter((one) => one.events.at.length > 0);
  timeChart(run, container, {
    title: "Rate of operations",
    unit: "completed per second, by outcome",
    format: formatRate,
    series: kinds.map(({ i }) => ({
      label: i === 3 ? "pending (by invocation)" : OPERATION_OUTCOMES[i],
      color: looks[i],
      dash: DASHES[i],
    })),
    fill: ({ from, to, width }) => {
      const grid = binGrid(from, to, binsIn(width));
      return { x: binMiddles(grid), columns: kinds.map(({ events }) => ratePerBin(events, grid)), note: binNote(grid) };
    },
  });
}
