// A canvas over time with lines of its own: axis, fault bands, zooming by dragging, and
// scrolling when there are more lines than fit. The sister of `timeChart` for what is no
// curve; its data begins and ends at the same pixels.

import { timeTicks } from "./bins.js";
import { drawBands, STRIP_HEIGHT, stripCount } from "./bands.js";
import { build, lazily, tooltip } from "./build.js";
import { GUTTER, secondsLabel, surroundings } from "./charts.js";
import { canvasFont, color, onThemeChange, sizedContext } from "./theme.js";
import { view } from "./time.js";

const AXIS_HEIGHT = 24;

/// Puts a track into `container`.
///
/// `options`: `title`, `unit`, `label` (for screen readers), `lines` (how many), `lineHeight`, `mostHeight`,
/// `lineLabel(i)`, `drawLine(context, i, top, toX)`, `tell(line, time, slack)` (lines of
/// text or null), `click(line, time, slack)`, `key(event)` (true if it was for it).
/// Gives `{ figure, redraw, reveal(line), speak(lines, line, time) }`.
export function timeTrack(run, container, options) {
  const canvas = build("canvas", { "aria-hidden": "true" });
  const spacer = build("div", { class: "spacer" });
  const scroller = build("div", { class: "track", tabindex: 0, role: "application", "aria-label": options.label }, canvas, spacer);
  const host = build("div", { class: "plot" }, scroller);
  const figure = build(
    "figure",
    { class: "chart" },
    build("figcaption", {}, build("h3", {}, options.title), build("span", { class: "unit" }, options.unit)),
    host,
  );
  container.append(figure);
  const track = { run, options, canvas, scroller, spacer, host, around: surroundings(run), tip: tooltip(host) };
  track.head = stripCount(track.around.bands) * STRIP_HEIGHT + 6;
  const redraw = lazily(host, () => drawTrack(track));
  scroller.addEventListener("scroll", redraw);
  listenToTrack(track);
  scroller.addEventListener("keydown", (event) => {
    if (options.key?.(event)) event.preventDefault();
  });
  scroller.addEventListener("blur", track.tip.hide);
  view.on("window", redraw);
  view.on("select", redraw);
  onThemeChange(redraw);
  return {
    figure,
    redraw,
    reveal: (line) => revealLine(track, line),
    speak: (lines, line, time) => {
      const y = track.head + line * options.lineHeight - scroller.scrollTop;
      track.tip.show(lines, xOf(track, time), y);
    },
  };
}

function sizes(track) {
  const { lines, lineHeight, mostHeight = 420 } = track.options;
  const all = lines * lineHeight;
  const body = document.documentElement.classList.contains("printing") ? Math.min(all, 900) : Math.min(all, mostHeight);
  const width = Math.max(200, Math.floor(track.host.clientWidth));
  return { all, body, width, inside: Math.max(50, width - GUTTER.left - GUTTER.right), height: track.head + body + AXIS_HEIGHT };
}

function xOf(track, time) {
  const { from, to } = view.window;
  return GUTTER.left + ((time - from) / (to - from)) * sizes(track).inside;
}

function timeOf(track, x) {
  const { from, to } = view.window;
  return from + ((x - GUTTER.left) / sizes(track).inside) * (to - from);
}

function drawTrack(track) {
  const { options, canvas, scroller, spacer, around, head } = track;
  const { all, body, width, inside, height } = sizes(track);
  scroller.style.height = `${height}px`;
  scroller.classList.toggle("scrolls", all > body);
  spacer.style.height = `${all - body}px`;
  const context = sizedContext(canvas, width, height);
  const toX = (time) => xOf(track, time);
  const top = track.scroller.scrollTop;
  drawAxis(context, { inside, top: head, body });
  drawBands(context, around, { left: GUTTER.left, top: head, width: inside, height: body }, head - 2, toX);
  const first = Math.floor(top / options.lineHeight);
  const last = Math.min(options.lines, Math.ceil((top + body) / options.lineHeight));
  context.save();
  context.beginPath();
  context.rect(0, head, width - GUTTER.right, body);
  context.clip();
  drawLineNames(context, track, first, last, head - top);
  context.beginPath();
  context.rect(GUTTER.left, head, inside, body);
  context.clip();
  for (let i = first; i < last; i++) options.drawLine(context, i, head - top + i * options.lineHeight, toX);
  drawNow(context, toX, head, body);
  context.restore();
}

function drawAxis(context, { inside, top, body }) {
  const { from, to } = view.window;
  const { step, at } = timeTicks(from, to, inside);
  context.font = canvasFont(11);
  context.textBaseline = "top";
  for (const time of at) {
    const x = Math.round(GUTTER.left + ((time - from) / (to - from)) * inside) + 0.5;
    context.strokeStyle = color("--grid");
    context.beginPath();
    context.moveTo(x, top);
    context.lineTo(x, top + body + 4);
    context.stroke();
    const label = secondsLabel(time / 1e9, step / 1e9);
    const half = context.measureText(label).width / 2;
    context.fillStyle = color("--quiet");
    context.textAlign = "center";
    context.fillText(label, Math.min(x, GUTTER.left + inside + GUTTER.right - half - 1), top + body + 7);
  }
  context.textAlign = "start";
}

function drawLineNames(context, { options }, first, last, origin) {
  context.font = canvasFont(11);
  context.textBaseline = "middle";
  context.textAlign = "right";
  let before = null;
  let free = -Infinity;
  for (let i = first; i < last; i++) {
    const label = options.lineLabel(i);
    const y = origin + i * options.lineHeight;
    if (label !== before) {
      context.strokeStyle = color("--grid");
      context.beginPath();
      context.moveTo(0, Math.round(y) + 0.5);
      context.lineTo(1e5, Math.round(y) + 0.5);
      context.stroke();
    }
    if (label !== before && y >= free) {
      context.fillStyle = color("--ink");
      context.fillText(label, GUTTER.left - 8, y + Math.max(options.lineHeight, 12) / 2);
      free = y + 12;
    }
    before = label;
  }
  context.textAlign = "start";
}

function drawNow(context, toX, top, height) {
  const at = view.selection.time;
  if (!(at >= view.window.from && at <= view.window.to)) return;
  context.strokeStyle = color("--accent");
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(toX(at), top);
  context.lineTo(toX(at), top + height);
  context.stroke();
}

function revealLine({ options, scroller, head }, line) {
  const [top, bottom] = [line * options.lineHeight, (line + 1) * options.lineHeight];
  const body = scroller.clientHeight - head - AXIS_HEIGHT;
  if (top < scroller.scrollTop) scroller.scrollTop = top;
  else if (bottom > scroller.scrollTop + body) scroller.scrollTop = bottom - body;
}

// Hovering tells, a click selects, dragging zooms, a double click shows all.
function listenToTrack(track) {
  const { scroller, host, options, tip } = track;
  const marked = build("div", { class: "marked", hidden: true });
  host.append(marked);
  let began = null;
  const place = (event) => {
    const box = host.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const { from, to } = view.window;
    const slack = ((to - from) / sizes(track).inside) * 5;
    const line = Math.floor((y - track.head + scroller.scrollTop) / options.lineHeight);
    return { x, y, time: timeOf(track, x), slack, line: line >= 0 && line < options.lines ? line : -1 };
  };
  scroller.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.pointerType === "touch") return;
    const at = place(event);
    if (at.x > GUTTER.left && at.x <= GUTTER.left + sizes(track).inside) began = at;
  });
  scroller.addEventListener("pointermove", (event) => {
    const at = place(event);
    if (began && Math.abs(at.x - began.x) > 5) {
      scroller.setPointerCapture(event.pointerId);
      marked.hidden = false;
      marked.style.left = `${Math.min(at.x, began.x)}px`;
      marked.style.width = `${Math.abs(at.x - began.x)}px`;
      return;
    }
    const lines = at.line >= 0 && at.x > GUTTER.left ? options.tell(at.line, at.time, at.slack) : null;
    if (lines) tip.show(lines, at.x, at.y);
    else tip.hide();
  });
  scroller.addEventListener("pointerup", (event) => {
    const at = place(event);
    const dragged = !marked.hidden;
    marked.hidden = true;
    if (dragged && began) view.setWindow(Math.min(began.time, at.time), Math.max(began.time, at.time));
    else if (at.line >= 0) options.click(at.line, at.time, at.slack);
    began = null;
  });
  scroller.addEventListener("pointerleave", () => tip.hide());
  scroller.addEventListener("pointercancel", () => {
    began = null;
    marked.hidden = true;
  });
  scroller.addEventListener("dblclick", () => view.reset());
}
