// A grid of cells on a canvas, with names at its rows (and columns) and a cursor for the
// keyboard. Columns that are narrower than a pixel are drawn together: the one who draws
// is given a range of columns.
//
//             n0   n1   n2          `draw(context, row, first, last, box)`
//        n0 │    │ 12 │  7 │        paints columns `first..last` of a row
//        n1 │ 11 │    │ 90 │

import { build, lazily, tooltip } from "./build.js";
import { shortened } from "./bands.js";
import { canvasFont, color, onThemeChange, sizedContext } from "./theme.js";

/// Where columns are: how wide one is, and which of them are on each strip of pixels.
/// `wanted` is the width of a column, 0 for all at once; `most` bounds it then.
export function gridColumns(columns, inside, wanted, most) {
  const width = wanted > 0 ? wanted : Math.min(most, inside / Math.max(1, columns));
  const shown = wanted > 0 ? Math.min(columns * width, inside) : Math.min(inside, columns * width);
  return { width, shown, all: columns * width };
}

/// The strips to draw of columns, scrolled by `left` pixels: `[first, last, x, width]`
/// with `first..last` the columns of the strip; each is at least a pixel wide.
export function gridStrips(columns, { width, shown }, left) {
  const strips = [];
  if (width >= 1) {
    const last = Math.min(columns, Math.ceil((left + shown) / width));
    for (let c = Math.floor(left / width); c < last; c++) strips.push([c, c + 1, c * width - left, width]);
    return strips;
  }
  for (let x = 0; x < shown; x++) {
    const first = Math.floor(x / width);
    const last = Math.min(columns, Math.max(first + 1, Math.floor((x + 1) / width)));
    if (first < last) strips.push([first, last, x, 1]);
  }
  return strips;
}

/// Puts a grid into `container`.
///
/// `options`: `label`, `rows()`, `columns()`, `rowHeight()`, `columnWidth()` (0: all at
/// once), `mostWidth`, `left` and `top` (room for names), `rowLabel(r)`,
/// `columnLabel(c)`, `draw` (see above), `tell(r, c)` (lines), `pick(r, c)`, `key(event,
/// cursor)` (true if it was for it).
/// Gives `{ redraw, host, moveTo(r, c) }`.
export function cellGrid(container, options) {
  const canvas = build("canvas", { "aria-hidden": "true" });
  const spacer = build("div", { class: "spacer" });
  const scroller = build("div", { class: "grid", tabindex: 0, role: "application", "aria-label": options.label }, canvas, spacer);
  const host = build("div", { class: "plot" }, scroller);
  container.append(host);
  const grid = { options, canvas, spacer, scroller, host, tip: tooltip(host), cursor: null, hover: null };
  const redraw = lazily(host, () => drawCellGrid(grid));
  grid.redraw = redraw;
  scroller.addEventListener("scroll", redraw);
  listenToGridPointer(grid);
  scroller.addEventListener("keydown", (event) => gridKey(grid, event));
  scroller.addEventListener("focus", () => grid.cursor && speakCell(grid));
  scroller.addEventListener("blur", grid.tip.hide);
  onThemeChange(redraw);
  return {
    redraw,
    host,
    moveTo(r, c) {
      grid.cursor = [r, c];
      revealCell(grid);
      redraw();
    },
  };
}

function gridLayout({ options, host, scroller }) {
  const width = Math.max(160, Math.floor(host.clientWidth));
  const inside = width - options.left - 2;
  const columns = gridColumns(options.columns(), inside, options.columnWidth(), options.mostWidth);
  const height = options.top + options.rows() * options.rowHeight() + 1;
  return { width, inside, columns, height, scrolled: Math.min(scroller.scrollLeft, Math.max(0, columns.all - inside)) };
}

function drawCellGrid(grid) {
  const { options, canvas, spacer, scroller } = grid;
  const { width, inside, columns, height, scrolled } = gridLayout(grid);
  const scrolls = columns.all > inside + 1;
  scroller.classList.toggle("scrolls", scrolls);
  spacer.style.width = scrolls ? `${options.left + columns.all + 2}px` : "0";
  const context = sizedContext(canvas, width, height);
  const rowHeight = options.rowHeight();
  drawNames(context, grid, columns, scrolled);
  context.save();
  context.beginPath();
  context.rect(options.left, options.top, columns.shown, height);
  context.clip();
  const strips = gridStrips(options.columns(), columns, scrolled);
  for (let r = 0; r < options.rows(); r++) {
    const y = options.top + r * rowHeight;
    for (const [first, last, x, w] of strips) {
      options.draw(context, r, first, last, { x: options.left + x, y, width: w, height: rowHeight });
    }
  }
  if (grid.cursor) outlineCell(context, grid, columns, scrolled);
  context.restore();
}

function drawNames(context, { options }, columns, scrolled) {
  const rowHeight = options.rowHeight();
  context.font = canvasFont(11);
  context.fillStyle = color("--ink");
  context.textBaseline = "middle";
  context.textAlign = "right";
  let free = -Infinity;
  for (let r = 0; r < options.rows(); r++) {
    const y = options.top + (r + 0.5) * rowHeight;
    if (y < free) continue;
    context.fillText(fittingName(context, options.rowLabel(r), options.left - 10), options.left - 6, y);
    free = y + 12;
  }
  context.textAlign = "left";
  if (!options.columnLabel) return;
  free = -Infinity;
  for (const [first, , x, width] of gridStrips(options.columns(), columns, scrolled)) {
    const middle = options.left + x + width / 2;
    if (middle < free || x < -width / 2) continue;
    const label = options.columnLabel(first);
    const flat = context.measureText(label).width < width - 4;
    context.save();
    context.translate(middle, options.top - 6);
    if (flat) context.textAlign = "center";
    else context.rotate(-Math.PI / 3);
    context.fillText(fittingName(context, label, (options.top - 8) / (flat ? 0.2 : 0.87)), 0, 0);
    context.restore();
    free = middle + 12;
  }
}

const fittingName = (context, name, room) => shortened(context, name, room) || name.slice(0, 3);

function outlineCell(context, { options, cursor: [r, c] }, columns, scrolled) {
  const rowHeight = options.rowHeight();
  const width = Math.max(columns.width, 3);
  const x = options.left + c * columns.width - scrolled;
  context.strokeStyle = color("--accent");
  context.lineWidth = 2.5;
  context.strokeRect(x + 1, options.top + r * rowHeight + 1, width - 2, rowHeight - 2);
}

function cellAt(grid, event) {
  const { options, host, scroller } = grid;
  const box = host.getBoundingClientRect();
  const [x, y] = [event.clientX - box.left, event.clientY - box.top];
  const { columns, scrolled } = gridLayout(grid);
  const c = Math.floor((x - options.left + scrolled) / columns.width);
  const r = Math.floor((y - options.top + scroller.scrollTop) / options.rowHeight());
  const inside = x >= options.left && r >= 0 && r < options.rows() && c >= 0 && c < options.columns();
  return { x, y, cell: inside ? [r, c] : null };
}

function listenToGridPointer(grid) {
  const { scroller, options, tip } = grid;
  scroller.addEventListener("pointermove", (event) => {
    const { x, y, cell } = cellAt(grid, event);
    if (cell) tip.show(options.tell(...cell), x, y);
    else tip.hide();
  });
  scroller.addEventListener("pointerleave", () => tip.hide());
  scroller.addEventListener("click", (event) => {
    const { cell } = cellAt(grid, event);
    if (!cell) return;
    grid.cursor = cell;
    grid.redraw();
    options.pick(...cell);
  });
}

function gridKey(grid, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const { options } = grid;
  const [rows, columns] = [options.rows(), options.columns()];
  if (rows === 0 || columns === 0) return;
  const [r, c] = grid.cursor ?? [0, 0];
  const moved = {
    ArrowLeft: [r, c - 1],
    ArrowRight: [r, c + 1],
    ArrowUp: [r - 1, c],
    ArrowDown: [r + 1, c],
    Home: [r, 0],
    End: [r, columns - 1],
    PageUp: [r, c - 20],
    PageDown: [r, c + 20],
  }[event.key];
  if (event.key === "Enter" && grid.cursor) {
    options.pick(r, c);
  } else if (moved) {
    const bound = (value, most) => Math.max(0, Math.min(most - 1, value));
    grid.cursor = grid.cursor ? [bound(moved[0], rows), bound(moved[1], columns)] : [0, 0];
    revealCell(grid);
    grid.redraw();
    speakCell(grid);
  } else if (!options.key?.(event, grid.cursor)) {
    return;
  } else if (grid.cursor) {
    speakCell(grid);
  }
  event.preventDefault();
}

function speakCell(grid) {
  const { options, cursor: [r, c] } = grid;
  const { columns, scrolled } = gridLayout(grid);
  const x = options.left + (c + 1) * columns.width - scrolled;
  grid.tip.show(options.tell(r, c), x, options.top + (r + 0.5) * options.rowHeight() - grid.scroller.scrollTop);
}

function revealCell(grid) {
  const { columns, inside, scrolled } = gridLayout(grid);
  const left = grid.cursor[1] * columns.width;
  if (left < scrolled) grid.scroller.scrollLeft = left;
  else if (left + columns.width > scrolled + inside) grid.scroller.scrollLeft = left + columns.width - inside;
}
