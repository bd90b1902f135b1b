// Which node had which element in the end: a matrix of nodes and elements. What is
// missing is the evidence, so a missing cell is never hidden by its neighbours.
//
//      elements by time of their invocation ─►
//   n0 ░░▒▒░░▓▓░░                ░▒▓ shown, by time of arrival (early to late)
//   n1 ░░▒▒✕✕▓▓░░                 ✕  missing, though acknowledged

import { build, choice, whenNear } from "./build.js";
import { ALLOWED, cellOfStrip, cellsOf, CELL_WORDS, columnOrder, MISSING, missingCounts, nextMissing, NO_READ, shadeBounds, shadeOf, SHOWN, UNSEEN } from "./cells.js";
import { cellGrid } from "./grid.js";
import { reachOf } from "./reach.js";
import { color, onThemeChange, sizedContext } from "./theme.js";
import { formatCount, formatDuration, formatTime, visible } from "./model.js";
import { view } from "./time.js";

/// Puts the matrix into `container`; nothing if the run has none of it.
export function mountMatrix(run, container) {
  if (!run.spread || run.spread.elements.count === 0) return;
  whenNear(container, () => showMatrix(run, container));
}

function showMatrix(run, container) {
  const state = { run, sort: "order", width: 0, cells: null };
  prepareMatrix(state);
  const figure = matrixFrame(state);
  container.append(figure);
  const { nodes } = state.cells;
  const grid = cellGrid(figure, {
    label: "Nodes by elements. Arrow keys move from cell to cell, Enter selects the element, n goes to the next missing cell, p to the one before.",
    rows: () => nodes.length,
    columns: () => state.cells.elements,
    rowHeight: () => Math.max(4, Math.min(18, Math.floor(440 / nodes.length))),
    columnWidth: () => state.width,
    mostWidth: 18,
    left: 66,
    top: 2,
    rowLabel: (r) => visible(run.ends[nodes[r]].name, 12),
    draw: (context, r, first, last, box) => drawCell(context, cellOfStrip(state.cells, state.order, r, first, last), box, state.bounds),
    tell: (r, c) => cellLines(state, r, c),
    pick: (r, c) => pickCell(state, r, c),
    key: (event, cursor) => goToMissing(state, event.key, cursor, grid),
  });
  state.redraw = grid.redraw;
  figure.querySelector(".controls").append(missingButton(state, () => goToMissing(state, "n", state.cursor, grid)));
  view.on("select", () => followSelection(state, grid));
}

function prepareMatrix(state) {
  state.cells = cellsOf(state.run, reachOf(state.run));
  state.order = columnOrder(state.cells, state.sort);
  state.bounds = shadeBounds(state.cells);
  state.missing = missingCounts(state.cells);
}

function matrixFrame(state) {
  const { cells, missing } = state;
  const unit = `${formatCount(cells.nodes.length)} nodes × ${formatCount(cells.elements)} elements`;
  const story = cells.judged
    ? missing.all > 0
      ? `${formatCount(missing.all)} ${missing.all === 1 ? "cell is" : "cells are"} missing though acknowledged`
      : "nothing that was acknowledged is missing"
    : "no final reads: told from messages alone";
  const controls = build(
    "div",
    { class: "controls" },
    choice("order", [["order", "by time"], ["missing", "missing first"]], state.sort, (sort) => {
      Object.assign(state, { sort, order: columnOrder(cells, sort) });
      state.redraw();
    }),
    choice("columns", [["0", "all at once"], ["12", "wide"], ["24", "wider"]], "0", (width) => {
      state.width = Number(width);
      state.redraw();
    }),
  );
  const head = build("figcaption", {}, build("h3", {}, "Nodes by elements, in the end"), build("span", { class: "unit" }, unit), build("span", { class: missing.all > 0 ? "note bad" : "note" }, story));
  return build("figure", { class: "chart matrix" }, head, controls, matrixKeys(state));
}

function missingButton({ missing }, go) {
  if (missing.all === 0) return "";
  return build("button", { type: "button", click: go }, "next missing cell");
}

function matrixKeys(state) {
  const host = build("div", { class: "keys" });
  const add = (label, cell) => {
    const canvas = build("canvas", { class: "sample", "aria-hidden": "true" });
    const draw = () => drawCell(sizedContext(canvas, 14, 14), cell, { x: 0, y: 0, width: 14, height: 14 }, state.bounds);
    draw();
    onThemeChange(draw);
    host.append(build("span", { class: "key" }, canvas, build("span", {}, label)));
  };
  const present = new Set(state.cells.state);
  const { bounds } = state;
  add(bounds.length ? (bounds[0] > 0 ? `arrived within ${formatDuration(bounds[0])}` : "arrived at once") : "shown", { state: SHOWN, after: 0 });
  if (bounds.length) add(`later than ${formatDuration(bounds[bounds.length - 1])}`, { state: SHOWN, after: Infinity });
  for (const word of [MISSING, ALLOWED, NO_READ, UNSEEN]) {
    if (present.has(word)) add(CELL_WORDS[word], { state: word, after: NaN });
  }
  return host;
}

function drawCell(context, { state, after }, { x, y, width, height }, bounds) {
  const gap = width >= 6 ? 1 : 0;
  const [w, h] = [width - gap, height - (height >= 8 ? 1 : 0)];
  context.fillStyle = color(state === SHOWN ? `--shade${shadeOf(bounds, after)}` : state === MISSING ? "--bad" : "--faint");
  context.fillRect(x, y, w, h);
  if (state === SHOWN) return;
  context.strokeStyle = color(state === MISSING ? "--paper" : "--quiet");
  context.lineWidth = state === MISSING ? 2 : 1;
  context.beginPath();
  if (state === MISSING || (state === ALLOWED && w >= 6)) crossIn(context, x, y, w, h);
  else if (state === NO_READ) slashIn(context, x, y, w, h);
  else if (w >= 4) context.arc(x + w / 2, y + h / 2, 1, 0, 2 * Math.PI);
  context.stroke();
}

// Where there is no room for a cross a light line goes through: without colours it tells
// missing cells from dark ones.
function crossIn(context, x, y, w, h) {
  if (w < 6 || h < 6) {
    if (h < 3) return;
    context.moveTo(x, y + h / 2);
    context.lineTo(x + w, y + h / 2);
    return;
  }
  const r = Math.min(w, h) / 2 - 2.5;
  const [cx, cy] = [x + w / 2, y + h / 2];
  context.moveTo(cx - r, cy - r);
  context.lineTo(cx + r, cy + r);
  context.moveTo(cx - r, cy + r);
  context.lineTo(cx + r, cy - r);
}

function slashIn(context, x, y, w, h) {
  context.moveTo(x + 1, y + h - 1);
  context.lineTo(x + w - 1, y + 1);
}

function cellLines(state, r, c) {
  const { run, cells, order } = state;
  const element = order[c];
  const at = r * cells.elements + element;
  const { elements } = run.spread;
  const acked = elements.acked[element];
  return [
    `${visible(elements.text(element), 60)} at ${visible(run.ends[cells.nodes[r]].name, 40)}: ${cells.judged || cells.state[at] === UNSEEN ? CELL_WORDS[cells.state[at]] : "arrived"}`,
    Number.isNaN(cells.after[at]) ? "no arrival seen in the messages" : `arrived ${formatDuration(cells.after[at])} after the invocation`,
    `invoked at ${formatTime(elements.invoked[element])}, ${Number.isNaN(acked) ? "never acknowledged" : `acknowledged at ${formatTime(acked)}`}`,
  ];
}

function pickCell(state, r, c) {
  const { run, cells, order } = state;
  const element = order[c];
  state.cursor = [r, c];
  state.mine = true;
  view.select({ element, node: cells.nodes[r], time: run.spread.elements.invoked[element] });
}

function goToMissing(state, key, cursor, grid) {
  if (key !== "n" && key !== "p") return false;
  const cell = nextMissing(state.cells, state.order, cursor, key === "n" ? 1 : -1);
  if (!cell) return false;
  grid.moveTo(...cell);
  pickCell(state, ...cell);
  return true;
}

// What is selected elsewhere is pointed out here.
function followSelection(state, grid) {
  const { element, node } = view.selection;
  if (state.mine || element < 0) {
    state.mine = false;
    return;
  }
  const column = state.order.indexOf(element);
  const row = Math.max(0, state.cells.nodes.indexOf(node));
  if (column < 0 || (state.cursor?.[0] === row && state.cursor?.[1] === column)) return;
  state.cursor = [row, column];
  grid.moveTo(row, column);
}
