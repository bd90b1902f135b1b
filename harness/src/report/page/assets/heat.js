// Messages per link within the window, as a heat map: who sends (rows) to whom (columns).
// The numbers stand in the cells where there is room, and in a table below.

import { build, choice, whenNear } from "./build.js";
import { formatRate } from "./network.js";
import { cellGrid } from "./grid.js";
import { linkMedians, linkTotals } from "./tallies.js";
import { canvasFont, color } from "./theme.js";
import { formatBytes, formatCount, formatDuration, formatTime, visible } from "./model.js";
import { view } from "./time.js";

const MOST_TABLE_ROWS = 200;

/// What can be shown of a link: its name, its value and how that reads.
export const MEASURES = {
  messages: { label: "messages", text: formatCount },
  bytes: { label: "bytes of bodies", text: formatBytes },
  dropped: { label: "dropped messages", text: formatCount },
  share: { label: "share dropped", text: (value) => `${Number((value * 100).toFixed(1))} %` },
  median: { label: "median time to delivery", text: formatDuration },
};

/// The values of a measure by link; NaN where a link has none.
export function measureOf(run, totals, measure) {
  const none = (value, link) => (totals.messages[link] === 0 ? NaN : value);
  if (measure === "median") return linkMedians(run, totals);
  if (measure === "share") return Float64Array.from(totals.messages, (count, link) => (count ? totals.dropped[link] / count : NaN));
  return Float64Array.from(totals[measure], none);
}

/// Who is on the map: nodes, services that send or are sent to, and clients as well if that
/// is asked.
export function heatEnds(run, withClients) {
  const { src, dest, count } = run.messages;
  const busy = new Uint8Array(run.ends.length);
  for (let row = 0; row < count; row++) busy[src[row]] = busy[dest[row]] = 1;
  const is = ({ role }, i) => role === "node" || (busy[i] && (withClients || role === "service"));
  return run.ends.map((_, i) => i).filter((i) => is(run.ends[i], i));
}

/// Puts the heat map of links into `container`; nothing if the run has none of it.
export function mountLinks(run, container) {
  if (run.messages.count === 0) return;
  whenNear(container, () => showLinks(run, container));
}

function showLinks(run, container) {
  const state = { run, measure: "messages", ends: heatEnds(run, false), window: null };
  const note = build("span", { class: "note" });
  const caption = build("figcaption", {}, build("h3", {}, "Messages by link"), build("span", { class: "unit" }, "from rows to columns"), note);
  const figure = build("figure", { class: "chart" }, caption, heatControls(state));
  container.append(figure);
  state.grid = cellGrid(figure, heatGrid(state));
  const table = linksTable(figure, state);
  state.changed = () => {
    state.values = null;
    note.textContent = `${formatTime(view.window.from)} to ${formatTime(view.window.to)}`;
    state.grid.redraw();
    table();
  };
  view.on("window", () => {
    state.totals = null;
    state.changed();
  });
  state.changed();
}

function heatControls(state) {
  const measures = Object.entries(MEASURES).map(([value, { label }]) => [value, label]);
  const clients = build("input", { type: "checkbox", change: () => {
    state.ends = heatEnds(state.run, clients.checked);
    state.changed();
  } });
  return build(
    "div",
    { class: "controls" },
    choice("show", measures, state.measure, (measure) => {
      state.measure = measure;
      state.changed();
    }),
    build("label", { class: "choice" }, clients, "with clients"),
  );
}

// Counted when it is first needed after the window or the measure has changed.
function heatValues(state) {
  if (state.values) return state.values;
  state.totals ??= linkTotals(state.run, view.window.from, view.window.to);
  state.values = measureOf(state.run, state.totals, state.measure);
  const all = state.run.ends.length;
  state.most = 0;
  for (const src of state.ends) {
    for (const dest of state.ends) state.most = Math.max(state.most, state.values[src * all + dest] || 0);
  }
  return state.values;
}

function heatGrid(state) {
  const { run } = state;
  const name = (i) => visible(run.ends[state.ends[i]].name, 14);
  const link = (r, c) => state.ends[r] * run.ends.length + state.ends[c];
  return {
    label: "Messages by link: senders are rows, receivers are columns. Arrow keys move from cell to cell, Enter selects the sender.",
    rows: () => state.ends.length,
    columns: () => state.ends.length,
    rowHeight: () => (state.ends.length <= 30 ? 24 : state.ends.length <= 80 ? 10 : 4),
    columnWidth: () => 0,
    mostWidth: 64,
    left: 66,
    // Names stand upright over wide columns, and lean over narrow ones.
    get top() {
      const longest = Math.max(...state.ends.map((_, i) => name(i).length));
      return state.ends.length <= 14 && longest <= 8 ? 22 : 24 + Math.min(longest, 14) * 5.5;
    },
    rowLabel: name,
    columnLabel: name,
    draw: (context, r, first, last, box) => {
      const values = heatValues(state);
      let value = NaN;
      for (let c = first; c < last; c++) if (Number.isNaN(value) || values[link(r, c)] > value) value = values[link(r, c)];
      const own = last - first === 1 && state.ends[r] === state.ends[first];
      drawHeat(context, box, { value, most: state.most, own, text: heatText(state.measure, value) });
    },
    tell: (r, c) => {
      heatValues(state);
      return linkLines(state, state.ends[r], state.ends[c]);
    },
    pick: (r) => view.select({ node: state.ends[r] }),
  };
}

// As short as it fits a cell.
function heatText(measure, value) {
  if (Number.isNaN(value)) return "";
  return measure === "messages" || measure === "dropped" ? formatRate(value).replace(" ", "") : MEASURES[measure].text(value);
}

function drawHeat(context, { x, y, width, height }, { value, most, own, text }) {
  const gap = width >= 6 ? 1 : 0;
  context.fillStyle = color("--faint");
  if (!own || !Number.isNaN(value)) context.fillRect(x, y, width - gap, height - gap);
  const share = most > 0 && value > 0 ? value / most : 0;
  const shade = share > 0 ? Math.min(4, Math.floor(Math.sqrt(share) * 5)) : -1;
  if (shade >= 0) {
    context.fillStyle = color(`--shade${shade}`);
    context.fillRect(x, y, width - gap, height - gap);
  }
  if (height < 14 || !text) return;
  context.font = canvasFont(10.5);
  if (context.measureText(text).width > width - 3) return;
  context.fillStyle = color(shade >= 0 ? `--on-shade${shade}` : "--quiet");
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(text, x + (width - gap) / 2, y + height / 2);
  context.textAlign = "start";
}

function linkLines({ run, totals }, src, dest) {
  const link = src * run.ends.length + dest;
  const name = (end) => visible(run.ends[end].name, 40);
  const count = totals.messages[link];
  const lines = [`${name(src)} → ${name(dest)}: ${formatCount(count)} ${count === 1 ? "message" : "messages"}`];
  if (count === 0) return lines;
  lines.push(`${formatBytes(totals.bytes[link])} of bodies`);
  const dropped = totals.dropped[link];
  lines.push(dropped ? `${formatCount(dropped)} dropped (${MEASURES.share.text(dropped / count)})` : "none dropped");
  return lines;
}

function linksTable(figure, state) {
  const body = build("div", { class: "scroll" });
  const details = build("details", { class: "numbers" }, build("summary", {}, "as a table"), body);
  const fill = () => details.open && body.replaceChildren(tableOfLinks(state));
  details.addEventListener("toggle", fill);
  figure.append(details);
  return fill;
}

function tableOfLinks(state) {
  const { run, ends } = state;
  const all = run.ends.length;
  const values = heatValues(state);
  const medians = linkMedians(run, state.totals);
  const links = ends.flatMap((src) => ends.map((dest) => src * all + dest)).filter((link) => state.totals.messages[link] > 0);
  links.sort((a, b) => (values[b] || 0) - (values[a] || 0));
  const head = ["from", "to", ...Object.values(MEASURES).map(({ label }) => label)];
  const rows = links.slice(0, MOST_TABLE_ROWS).map((link) => {
    const { messages, bytes, dropped } = state.totals;
    const name = (end) => visible(run.ends[end].name, 40);
    const median = Number.isNaN(medians[link]) ? "–" : formatDuration(medians[link]);
    const cells = [formatCount(messages[link]), formatBytes(bytes[link]), formatCount(dropped[link]), MEASURES.share.text(dropped[link] / messages[link]), median];
    return build("tr", {}, build("th", { scope: "row" }, name(Math.floor(link / all))), build("th", { scope: "row" }, name(link % all)), ...cells.map((text) => build("td", {}, text)));
  });
  const table = build("table", {}, build("thead", {}, build("tr", {}, ...head.map((text) => build("th", { scope: "col" }, text)))), build("tbody", {}, ...rows));
  if (links.length <= MOST_TABLE_ROWS) return table;
  return build("div", {}, table, build("p", { class: "note" }, `the first ${MOST_TABLE_ROWS} of ${links.length} links, by ${MEASURES[state.measure].label}`));
}
