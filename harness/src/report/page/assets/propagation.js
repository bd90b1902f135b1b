// How elements spread: the share of nodes that have them over time, how long it took to
// reach all and nearly all, and which were slowest. About the elements that were invoked
// within the window.

import { build, lazily, whenNear } from "./build.js";
import { GUTTER } from "./charts.js";
import { chartKeys } from "./keys.js";
import { numbersTable } from "./numbers.js";
import { cumulativeShare, elementsWithin, missedNodes, reachGrid, reachOf, shareOf, shareQuantiles, slowest, timesToShare } from "./reach.js";
import { quantileOf } from "./bins.js";
import { canvasFont, color, DASHES, onThemeChange } from "./theme.js";
import { formatCount, formatDuration, formatTime, visible } from "./model.js";
import { view } from "./time.js";

const SLOWEST = 15;

/// Puts the charts of propagation into `container`; nothing if the run has none of it.
export function mountPropagation(run, container) {
  if (!run.spread || run.spread.elements.count === 0) return;
  whenNear(container, () => showPropagation(run, container));
}

function showPropagation(run, container) {
  container.append(basisOf(run.spread));
  let reach = null;
  const state = { run, reach: () => (reach ??= reachOf(run)) };
  const pair = build("div", { class: "pair" });
  container.append(pair);
  spreadChart(state, pair, shareLook(state));
  spreadChart(state, pair, distributionLook(state));
  slowestTable(state, container);
}

function basisOf({ exact, carriers }) {
  const fields = carriers.map((one) => visible(one, 60)).join(", ");
  if (exact) return build("p", { class: "about" }, "Exact: it is known which fields of these nodes' messages carry elements.");
  const text = `A guess: elements were looked for in the fields ${fields || "(none found)"}. A value that stands there for another reason would be counted too.`;
  return build("p", { class: "about guess" }, build("strong", {}, "≈ "), text);
}

const percent = (value) => `${Number((value * 100).toFixed(1))} %`;

function shareLook(state) {
  return {
    title: "Share of nodes reached",
    unit: "after the invocation",
    yRange: () => [0, 1.04],
    // Half of the elements are above p50; nine of ten above p10: the slow tenth is below.
    series: [
      { label: "fastest 10 %", color: "--n0", dash: DASHES[2] },
      { label: "median", color: "--n0", dash: DASHES[0] },
      { label: "slowest 10 %", color: "--n0", dash: DASHES[1] },
      { label: "selected", color: "--accent", dash: DASHES[4] },
    ],
    band: [1, 3],
    fill(elements, times) {
      const reach = state.reach();
      const columns = shareQuantiles(reach, elements, times, [0.9, 0.5, 0.1]);
      const chosen = view.selection.element;
      columns.push(chosen >= 0 ? shareOf(reach, chosen, times) : times.map(() => NaN));
      return columns;
    },
    note: (elements) => `${formatCount(elements.length)} of ${formatCount(state.run.spread.elements.count)} elements (those of the window that got into a node), ${formatCount(state.reach().nodes)} nodes`,
  };
}

function distributionLook(state) {
  const to = (elements, share) => timesToShare(state.reach(), elements, share);
  return {
    title: "Time to reach nodes",
    unit: "share of elements that took at most so long",
    yRange: () => [0, 1.04],
    series: [
      { label: "all nodes", color: "--n1", dash: DASHES[0] },
      { label: "90 % of nodes", color: "--n0", dash: DASHES[1] },
    ],
    fill: (elements, times) => [1, 0.9].map((share) => cumulativeShare(to(elements, share), times)),
    note: (elements) => {
      const all = to(elements, 1);
      const sorted = all.filter((value) => !Number.isNaN(value)).sort();
      if (sorted.length === 0) return "none reached all nodes";
      const never = all.length - sorted.length;
      const quantiles = `all nodes: median ${formatDuration(quantileOf(sorted, 0.5))}, slowest ${formatDuration(quantileOf(sorted, 1))}`;
      return never > 0 ? `${quantiles}; ${formatCount(never)} never` : quantiles;
    },
  };
}

// A chart whose x axis is the time since the invocation: it does not share the window,
// it is about what the window contains.
function spreadChart({ run, reach }, container, look) {
  const note = build("span", { class: "note" });
  const keys = build("div", { class: "keys" });
  const host = build("div", { class: "plot" });
  const caption = build("figcaption", {}, build("h3", {}, look.title), build("span", { class: "unit" }, look.unit), note);
  const figure = build("figure", { class: "chart" }, caption, keys, host);
  container.append(figure);
  const chart = { plot: null, shown: null };
  const told = chartKeys(keys, look.series, percent, (i, on) => chart.plot?.setSeries(i + 1, { show: on }));
  const tableLook = { series: look.series, format: percent, xLabel: "after", xFormat: (x) => formatDuration(x * 1e9) };
  const table = numbersTable(figure, tableLook, () => chart.shown);
  const draw = () => {
    const elements = elementsWithin(run, reach(), view.window.from, view.window.to);
    note.textContent = elements.length ? look.note(elements) : "no element got into a node within this window";
    const times = reachGrid(reach(), elements);
    chart.shown = { x: times.map((ns) => ns / 1e9), columns: look.fill(elements, times) };
    drawSpread(chart, host, look, told);
    table.refresh();
  };
  const redraw = lazily(host, draw);
  view.on("window", redraw);
  view.on("select", redraw);
  onThemeChange(redraw);
}

function drawSpread(chart, host, look, told) {
  const width = Math.max(200, Math.floor(host.clientWidth));
  const columns = chart.shown.columns.map((column) => Array.from(column, (value) => (Number.isNaN(value) ? null : value)));
  const data = [chart.shown.x, ...columns];
  if (chart.plot) {
    if (chart.plot.width !== width) chart.plot.setSize({ width, height: 230 });
    chart.plot.setData(data, true);
  } else {
    chart.plot = new uPlot(spreadOptions(chart, look, width, told), data, host);
  }
}

function spreadOptions(chart, look, width, told) {
  const axis = {
    stroke: () => color("--quiet"),
    font: canvasFont(11),
    grid: { stroke: () => color("--grid"), width: 1 },
    ticks: { stroke: () => color("--grid"), width: 1, size: 4 },
  };
  const tell = (plot) => {
    const { idx, left } = plot.cursor;
    if (idx == null || left < 0) return told.show(chart.shown, null);
    told.show(chart.shown, idx, `after ${formatDuration(chart.shown.x[idx] * 1e9)}`);
  };
  return {
    width,
    height: 230,
    padding: [8, GUTTER.right, 0, 0],
    legend: { show: false },
    scales: { x: { time: false }, y: { range: look.yRange } },
    axes: [
      { ...axis, size: 30, space: 80, values: (plot, splits) => splits.map((value) => formatDuration(Math.round(value * 1e9))) },
      { ...axis, size: GUTTER.left, space: 28, values: (plot, splits) => splits.map((value) => (value > 1 ? "" : percent(value))) },
    ],
    series: [{}, ...look.series.map((one) => ({ label: one.label, stroke: () => color(one.color), width: 1.8, dash: one.dash, paths: uPlot.paths.stepped({ align: 1 }), points: { show: false } }))],
    bands: look.band ? [{ series: look.band, fill: () => color("--n0-faint") }] : [],
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
    hooks: { setCursor: [tell] },
  };
}

function slowestTable(state, container) {
  const { run } = state;
  const body = build("tbody");
  const head = ["element", "invoked at", "nodes reached", "time to 90 %", "time to all", "reached last", "never reached"];
  const table = build(
    "table",
    { class: "slowest" },
    build("caption", {}, "Slowest elements of the window, those that did not get everywhere first"),
    build("thead", {}, build("tr", {}, ...head.map((text) => build("th", { scope: "col" }, text)))),
    body,
  );
  container.append(build("div", { class: "scroll" }, table));
  const redraw = lazily(table, () => {
    const elements = elementsWithin(run, state.reach(), view.window.from, view.window.to);
    body.replaceChildren(...slowest(state.reach(), elements, SLOWEST).map((row) => slowRow(state, row)));
    markChosen();
  });
  const markChosen = () => {
    for (const row of body.children) row.classList.toggle("chosen", Number(row.dataset.number) === view.selection.element);
  };
  view.on("window", redraw);
  view.on("select", markChosen);
}

function slowRow(state, { element, reached, to90, toAll, last }) {
  const { run } = state;
  const reach = state.reach();
  const { elements } = run.spread;
  const name = (node) => visible(run.ends[node]?.name ?? "?", 40);
  const duration = (ns) => (Number.isNaN(ns) ? "never" : formatDuration(ns));
  const missed = reached < reach.nodes ? missedNodes(run, reach, element) : [];
  const names = missed.slice(0, 8).map(name).join(", ") + (missed.length > 8 ? ` and ${missed.length - 8} more` : "");
  const pick = build("button", { type: "button", class: "pick", click: () => view.select({ element, time: elements.invoked[element] }) }, visible(elements.text(element), 40));
  const bad = (text) => (reached < reach.nodes ? build("span", { class: "bad" }, text) : text);
  const cells = [pick, formatTime(elements.invoked[element]), bad(`${reached} of ${reach.nodes}`), duration(to90), duration(toAll), last < 0 ? "–" : name(last), bad(names || "–")];
  const row = build("tr", { "data-number": element }, ...cells.map((cell) => build("td", {}, cell)));
  return row;
}
