// The strip above the diagram: the whole run in small, with the window in it.
//
//   ┌────────────▁▂▅▇▅▂▁──────┬═══════════┬────┐     drag the window, its edges, or
//   └─────────────────────────┴═══════════┴────┘     a new one beside it

import { build } from "./build.js";
import { PLOT } from "./diagram-layout.js";
import { densityOf } from "./diagram-index.js";
import { color, sizedContext } from "./theme.js";

const HEIGHT = 34;
/// How near to an edge of the window the pointer takes that edge, pixels.
const EDGE = 7;

/// `{ canvas, draw(scene), forget() }`: `forget` when the messages shown or the colours changed.
export function overviewStrip(run, view) {
  const canvas = build("canvas", { class: "dg-overview", "aria-hidden": "true" });
  let width = 0;
  let counts = null;
  const inside = () => Math.max(40, width - PLOT.left - PLOT.right);
  const toX = (time) => PLOT.left + (time / run.end) * inside();
  const toTime = (x) => ((x - PLOT.left) / inside()) * run.end;
  const draw = (scene) => {
    if (scene.width !== width) counts = null;
    width = scene.width;
    counts ??= densityOf(scene.index, { from: 0, to: run.end }, scene.shown, new Int32Array(run.ends.length), 1, Math.floor(inside() / 2));
    drawStrip(canvas, { run, width, counts, toX, window: scene.view, faults: scene.faults });
  };
  brush(canvas, view, { toX, toTime, end: run.end });
  return { canvas, draw, forget: () => (counts = null) };
}

function drawStrip(canvas, { run, width, counts, toX, window, faults }) {
  const context = sizedContext(canvas, width, HEIGHT);
  const [left, right] = [PLOT.left, width - PLOT.right];
  const base = HEIGHT - 7;
  for (const fault of [...faults.lanes, ...faults.nodeFaults]) {
    context.fillStyle = color(fault.action === "cut" || fault.action === "kill" ? "--bad" : "--doubt");
    context.globalAlpha = 0.8;
    const [x, y] = [toX(fault.from), fault.on_links ? base + 1 : base + 4];
    context.fillRect(x, y, Math.max(1.5, toX(fault.to) - x), 2);
  }
  const bin = (right - left) / counts.bins;
  const bar = (n) => (base - 3) * Math.sqrt(n / Math.max(1, counts.most[0]));
  const bars = (list, name, alpha) => {
    context.fillStyle = color(name);
    context.globalAlpha = alpha;
    for (let i = 0; i < counts.bins; i++) if (list[i] > 0) context.fillRect(left + i * bin, base - bar(list[i]), Math.max(1, bin - 0.5), bar(list[i]));
  };
  bars(counts.sent, "--ink", 0.55);
  bars(counts.lost, "--bad", 1);
  context.globalAlpha = 1;
  const [x1, x2] = [toX(window.from), Math.max(toX(window.from) + 2, toX(window.to))];
  context.fillStyle = color("--paper");
  context.globalAlpha = 0.6;
  context.fillRect(left, 0, x1 - left, HEIGHT);
  context.fillRect(x2, 0, right - x2, HEIGHT);
  context.globalAlpha = 1;
  context.strokeStyle = color("--line");
  context.strokeRect(left + 0.5, 0.5, right - left - 1, HEIGHT - 1);
  context.strokeStyle = color("--accent");
  context.lineWidth = 2;
  context.strokeRect(x1, 1, x2 - x1, HEIGHT - 2);
  context.fillStyle = color("--accent");
  for (const x of [x1, x2]) context.fillRect(x - 2, HEIGHT / 2 - 6, 4, 12);
  context.font = "11px system-ui, sans-serif";
  context.fillStyle = color("--quiet");
  context.textAlign = "right";
  context.textBaseline = "middle";
  context.fillText("whole run", left - 9, HEIGHT / 2);
}

/// Dragging moves the window or one of its edges, or draws a new one.
function brush(canvas, view, { toX, toTime, end }) {
  let held = null;
  const at = (event) => toTime(event.clientX - canvas.getBoundingClientRect().left);
  const gripAt = (event) => {
    const x = event.clientX - canvas.getBoundingClientRect().left;
    const { from, to } = view.window;
    if (Math.abs(x - toX(from)) <= EDGE) return "from";
    if (Math.abs(x - toX(to)) <= EDGE) return "to";
    return x > toX(from) && x < toX(to) && to - from < end ? "all" : "new";
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    held = { grip: gripAt(event), begin: at(event), ...view.window };
    event.preventDefault();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!held) {
      canvas.style.cursor = { from: "ew-resize", to: "ew-resize", all: "grab", new: "crosshair" }[gripAt(event)];
      return;
    }
    const now = at(event);
    if (held.grip === "all") view.setWindow(held.from + now - held.begin, held.to + now - held.begin);
    else if (held.grip === "from") view.setWindow(Math.min(now, held.to - 1), held.to);
    else if (held.grip === "to") view.setWindow(held.from, Math.max(now, held.from + 1));
    else if (Math.abs(toX(now) - toX(held.begin)) > 3) view.setWindow(Math.min(now, held.begin), Math.max(now, held.begin));
  });
  const drop = () => (held = null);
  canvas.addEventListener("pointerup", drop);
  canvas.addEventListener("pointercancel", drop);
  canvas.addEventListener("dblclick", () => view.reset());
}
