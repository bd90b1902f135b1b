// The network over time: messages and bytes per second, messages on their way, dropped
// ones by reason, nodes up.

import { binGrid, binMiddles, levelPerBin, ratePerBin, weightPerBin } from "./bins.js";
import { build, whenNear } from "./build.js";
import { timeChart } from "./charts.js";
import { dropTallies, flightTallies, nodesUp, stepsWithin, trafficTallies } from "./tallies.js";
import { DASHES, seriesColor } from "./theme.js";
import { formatBytes, formatCount, formatDuration, visible } from "./model.js";

/// Puts the charts of the network into `container`; nothing if the run has none of it.
export function mountNetwork(run, container) {
  if (run.messages.count === 0 && !run.lives.some((lives) => lives.length > 0)) return;
  whenNear(container, () => showNetwork(run, container));
}

function showNetwork(run, container) {
  if (run.messages.count > 0) {
    const traffic = trafficTallies(run);
    mountRates(run, container, traffic);
    mountFlight(run, container);
    mountDrops(run, container);
  } else {
    container.append(build("p", { class: "empty" }, "This page has no messages to count."));
  }
  if (run.lives.some((lives) => lives.length > 0)) mountNodesUp(run, container);
}

const linesOf = (tallies) =>
  tallies.map(({ label }, i) => ({ label: visible(label), color: seriesColor(i), dash: DASHES[i % DASHES.length] }));

/// How many bins a chart of so many pixels has: finer ones show more noise than course.
export const binsIn = (width) => Math.max(20, Math.floor(width / 8));

/// `bins of 50 ms`
export const binNote = (grid) => `bins of ${formatDuration(grid.width)}`;

/// A number per second, as short as it can be read.
export function formatRate(value) {
  if (value >= 1e6) return `${trimmed(value / 1e6)} M`;
  if (value >= 1e4) return `${trimmed(value / 1e3)} k`;
  return trimmed(value);
}

function trimmed(value) {
  return String(Number(value.toPrecision(3)));
}

function perBin(tallies, count) {
  return ({ from, to, width }) => {
    const grid = binGrid(from, to, binsIn(width));
    return { x: binMiddles(grid), columns: tallies.map(({ events }) => count(events, grid)), note: binNote(grid) };
  };
}

function mountRates(run, container, traffic) {
  const series = linesOf(traffic);
  timeChart(run, container, {
    title: "Messages sent",
    unit: "per second",
    format: formatRate,
    series,
    fill: perBin(traffic, ratePerBin),
  });
  if (traffic.every(({ events }) => events.sums[events.at.length] === 0)) return;
  timeChart(run, container, {
    title: "Bytes sent",
    unit: "bodies, per second",
    format: (value) => formatBytes(Math.round(value)),
    incrs: Array.from({ length: 50 }, (_, i) => 2 ** i),
    series,
    fill: perBin(traffic, weightPerBin),
  });
}

function mountFlight(run, container) {
  const flights = flightTallies(run);
  timeChart(run, container, {
    title: "Messages on their way",
    unit: "sent and neither delivered nor dropped",
    format: formatRate,
    series: linesOf(flights),
    fill: ({ from, to, width }) => {
      const grid = binGrid(from, to, binsIn(width));
      const x = Float64Array.from({ length: grid.count }, (_, i) => grid.edge(i) / 1e9);
      const columns = flights.map(({ begins, ends }) => levelPerBin(begins, ends, grid));
      return { x, columns, note: `seen every ${formatDuration(grid.width)}` };
    },
  });
}

function mountDrops(run, container) {
  const drops = dropTallies(run);
  if (drops.length === 0) {
    container.append(build("p", { class: "empty" }, "No message was dropped."));
    return;
  }
  const total = drops.reduce((sum, { events }) => sum + events.at.length, 0);
  timeChart(run, container, {
    title: "Messages dropped",
    unit: "per second, by reason",
    about: `${formatCount(total)} in all: ${drops.map((one) => `${formatCount(one.events.at.length)} ${visible(one.label)}`).join(", ")}.`,
    format: formatRate,
    series: linesOf(drops),
    fill: perBin(drops, ratePerBin),
  });
}

function mountNodesUp(run, container) {
  const steps = nodesUp(run);
  const most = run.lives.length;
  timeChart(run, container, {
    title: "Nodes up",
    unit: `of ${formatCount(most)}`,
    height: 70,
    format: (value) => (Number.isInteger(value) ? String(value) : ""),
    series: [{ label: "nodes up", color: "--n0", step: true }],
    yRange: () => [0, most * 1.1],
    fill: ({ from, to }) => {
      const { x, y } = stepsWithin(steps, from, to);
      return { x, columns: [y], note: "" };
    },
  });
}
