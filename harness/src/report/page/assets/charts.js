// A chart over time: the frame that every one of them has, around uPlot.
//
//   title, what is counted                      note: how wide the bins are
//   ── p50  ╌╌ p99   (keys: what a line is, its value at the pointer, on and off)
//   ┌──────────────────────────────────────┐
//   │ fault bands, data, milestones        │  drag: zoom · double click: all of it
//   └──────────────────────────────────────┘  arrows, + and -: the same by keyboard
//   ▸ as a table
//
// All of them show `view.window`, so that they and the diagram move together. What they
// show is asked for per window: `fill({ from, to, width })` gives `{ x, columns, note }`
// with x in seconds.

import { build, lazily } from "./build.js";
import { bandsOf, faultCover, drawBands, faultsAt, marksOf, STRIP_HEIGHT, stripCount } from "./bands.js";
import { chartKeys } from "./keys.js";
import { numbersTable } from "./numbers.js";
import { canvasFont, color, onThemeChange } from "./theme.js";
import { formatTime } from "./model.js";
import { view } from "./time.js";

/// How far the data of every chart is from its left and right edge, in CSS pixels: the
/// same everywhere, so that a moment is at the same place in all charts.
export const GUTTER = { left: 66, right: 24 };

const surroundingsByRun = new WeakMap();

/// The bands of a run, what they cover, and its marks; made once.
export function surroundings(run) {
  if (!surroundingsByRun.has(run)) {
    const bands = bandsOf(run);
    surroundingsByRun.set(run, { bands, cover: faultCover(bands), marks: marksOf(run) });
  }
  return surroundingsByRun.get(run);
}

/// Puts a chart into `container`.
///
/// `options`: `title`, `unit` (what y is), `series` (`{ label, color, dash, step, shape }`),
/// `fill` (see above), `format` (y as text), and if wanted `height`, `log`, `incrs` (steps of y), `yRange(min,
/// max)`, `paint(plot)` (draws more onto the data), `click(plot, left, top)` (true if it was
/// for something).
/// Gives `{ redraw, figure }`.
export function timeChart(run, container, options) {
  const frame = chartFrame(options);
  container.append(frame.figure);
  const chart = { run, options, frame, plot: null, shown: null, zoomed: -Infinity, around: surroundings(run) };
  chart.head = stripCount(chart.around.bands) * STRIP_HEIGHT + 4;
  const redraw = lazily(frame.plot, () => drawChart(chart));
  chart.keys = chartKeys(frame.keys, options.series, options.format, (i, on) => {
    chart.plot?.setSeries(i + 1, { show: on });
  });
  chart.table = numbersTable(frame.figure, options, () => chart.shown);
  listenToKeys(frame.plot);
  view.on("window", redraw);
  view.on("select", () => placeNow(chart));
  onThemeChange(redraw);
  return { redraw, figure: frame.figure };
}

function chartFrame({ title, unit, about }) {
  const note = build("span", { class: "note" });
  const keys = build("div", { class: "keys" });
  const plot = build("div", {
    class: "plot",
    tabindex: 0,
    role: "group",
    "aria-label": `${title}${unit ? `, ${unit}` : ""}: chart over time. Arrow keys move, plus and minus zoom, 0 shows all.`,
  });
  const head = build("figcaption", {}, build("h3", {}, title), build("span", { class: "unit" }, unit ?? ""), note);
  const figure = build("figure", { class: "chart" }, head);
  if (about) figure.append(build("p", { class: "about" }, about));
  figure.append(keys, plot);
  return { figure, plot, keys, note };
}

function drawChart(chart) {
  const { plot: host, note } = chart.frame;
  const width = Math.max(200, Math.floor(host.clientWidth));
  const { from, to } = view.window;
  const inside = Math.max(50, width - GUTTER.left - GUTTER.right);
  chart.shown = chart.options.fill({ from, to, width: inside });
  note.textContent = chart.shown.note ?? "";
  const data = [chart.shown.x, ...chart.shown.columns.map(withGaps)];
  if (chart.plot) {
    if (chart.plot.width !== width) chart.plot.setSize({ width, height: chartHeight(chart) });
    chart.plot.setData(data, true);
  } else {
    chart.plot = new uPlot(plotOptions(chart, width), data, host);
    chart.now = build("div", { class: "now" });
    chart.plot.over.append(chart.now);
    chart.plot.over.addEventListener("click", (event) => {
      const box = chart.plot.over.getBoundingClientRect();
      clickChart(chart, chart.plot, event.clientX - box.left, event.clientY - box.top);
    });
  }
  chart.keys.show(chart.shown, null);
  chart.table.refresh();
  placeNow(chart);
}

// uPlot's word for "nothing here" is null.
const withGaps = (column) => Array.from(column, (value) => (Number.isNaN(value) ? null : value));

const chartHeight = (chart) => (chart.options.height ?? 150) + chart.head + 30;

function plotOptions(chart, width) {
  const { options } = chart;
  return {
    width,
    height: chartHeight(chart),
    padding: [chart.head, GUTTER.right, 0, 0],
    legend: { show: false },
    focus: { alpha: 0.25 },
    scales: {
      x: { time: false, range: () => [view.window.from / 1e9, view.window.to / 1e9] },
      y: options.log ? { distr: 3, log: 10, range: options.yRange } : { range: options.yRange ?? fromZero },
    },
    axes: [timeAxis(), valueAxis(options)],
    series: [{}, ...options.series.map(lineOf)],
    cursor: cursorOf(chart),
    hooks: {
      drawAxes: [(plot) => drawBehind(chart, plot)],
      draw: [(plot) => options.paint?.(plot)],
      setSelect: [(plot) => zoomTo(chart, plot)],
      setCursor: [(plot) => tellCursor(chart, plot)],
    },
  };
}

/// From zero to a little above the highest value; one if there is none.
function fromZero(plot, low, high) {
  return [0, high > 0 ? high * 1.08 : 1];
}

function lineOf({ label, color: name, dash = [], step = false, shape, hidden }) {
  return {
    label,
    show: !hidden,
    stroke: () => color(name),
    width: 1.6,
    dash,
    spanGaps: false,
    paths: shape ? () => null : step ? uPlot.paths.stepped({ align: 1 }) : uPlot.paths.linear(),
    // A bin alone between empty ones has no line: it gets a point.
    points: { show: !shape, size: 5, fill: () => color(name), filter: loneOnly },
  };
}

function loneOnly(plot, series, show, gaps) {
  const values = plot.data[series];
  const lone = [];
  const [from, to] = plot.series[0].idxs ?? [0, -1];
  const is = (i) => i >= 0 && i < values.length && !Number.isNaN(values[i]) && values[i] != null;
  for (let i = from; i <= to; i++) {
    if (is(i) && !is(i - 1) && !is(i + 1)) lone.push(i);
  }
  return lone;
}

const axisLook = () => ({
  stroke: () => color("--quiet"),
  font: canvasFont(11),
  grid: { stroke: () => color("--grid"), width: 1 },
  ticks: { stroke: () => color("--grid"), width: 1, size: 4 },
});

function timeAxis() {
  return {
    ...axisLook(),
    size: 30,
    space: (plot, axis, low, high) => (high - low < 0.01 ? 130 : 80),
    values: (plot, splits, axis, space, step) => splits.map((value) => secondsLabel(value, step)),
  };
}

/// Seconds with as many digits as steps of `step` seconds need: `6.25 s`.
export function secondsLabel(value, step) {
  const whole = (x) => Math.round(x) > 0 && Math.abs(x / Math.round(x) - 1) < 1e-6;
  let digits = 0;
  while (digits < 9 && !whole(step * 10 ** digits)) digits++;
  return `${value.toFixed(digits)} s`;
}

function valueAxis({ format, log, incrs }) {
  const look = axisLook();
  return {
    ...look,
    size: GUTTER.left,
    space: log ? 18 : 28,
    values: (plot, splits) => splits.map((value) => (value == null ? null : format(value))),
    ...(incrs ? { incrs } : {}),
    ...(log ? { filter: roundOnly, grid: { ...look.grid, filter: roundOnly }, ticks: { ...look.ticks, filter: roundOnly } } : {}),
  };
}

// Labels at 1, 10, 100, …; over few decades at 2 and 5 as well.
function roundOnly(plot, splits) {
  const { min, max } = plot.scales.y;
  const digits = max / min > 300 ? [1] : [1, 2, 5];
  return splits.map((value) => (digits.includes(Number(value.toPrecision(3)) / 10 ** Math.floor(Math.log10(value) + 1e-9)) ? value : null));
}

function cursorOf(chart) {
  const moving = (type) => type === "mousemove" || type === "mouseleave";
  return {
    y: false,
    drag: { x: true, y: false, setScale: false, dist: 5 },
    points: { show: !chart.options.series.some((one) => one.shape), size: 6 },
    sync: { key: "swelkie", scales: ["x", null], setSeries: false, filters: { pub: moving, sub: moving } },
    bind: {
      dblclick: () => () => {
        view.reset();
        return null;
      },
    },
  };
}

function clickChart(chart, plot, left, top) {
  // The end of a drag is a click as well.
  if (performance.now() - chart.zoomed < 300) return;
  if (chart.options.click?.(plot, left, top)) return;
  view.select({ time: plot.posToVal(left, "x") * 1e9 });
}

function zoomTo(chart, plot) {
  const { left, width } = plot.select;
  if (width < 5) return;
  chart.zoomed = performance.now();
  const [from, to] = [plot.posToVal(left, "x") * 1e9, plot.posToVal(left + width, "x") * 1e9];
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  if (to > from) view.setWindow(from, to);
}

function drawBehind(chart, plot) {
  const ratio = window.devicePixelRatio || 1;
  const toX = (ns) => plot.valToPos(ns / 1e9, "x", true);
  drawBands(plot.ctx, chart.around, plot.bbox, (chart.head - 2) * ratio, toX, ratio);
}

function tellCursor(chart, plot) {
  const { idx, left } = plot.cursor;
  if (idx == null || left < 0) {
    chart.keys.show(chart.shown, null);
    return;
  }
  const time = plot.posToVal(left, "x") * 1e9;
  const faults = faultsAt(chart.around.bands, time);
  chart.keys.show(chart.shown, idx, [formatTime(time), ...faults].join(" · "));
}

// The moment that is selected, such as the playing topology's.
function placeNow(chart) {
  if (!chart.plot) return;
  const { from, to } = view.window;
  const at = view.selection.time;
  const seen = at >= from && at <= to;
  chart.now.style.display = seen ? "" : "none";
  if (seen) chart.now.style.left = `${((at - from) / (to - from)) * 100}%`;
}

/// Arrows pan, plus and minus zoom, 0 shows all: for whatever has the focus.
function listenToKeys(element) {
  element.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { from, to } = view.window;
    const act = {
      ArrowLeft: () => view.pan(-0.1),
      ArrowRight: () => view.pan(0.1),
      "+": () => view.zoom(0.5, (from + to) / 2),
      "=": () => view.zoom(0.5, (from + to) / 2),
      "-": () => view.zoom(2, (from + to) / 2),
      0: () => view.reset(),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}
