// The timeline of operations: a bar from invocation to completion for each, a line for
// each client, windowed, so that 100,000 of them can be looked at.
//
//   full height: writes; half height: reads
//   ▆▆▆ ok     ▭✕ fail     ▨▨? info     ▭▭▭‥ pending (open to the end)

import { build, choice, whenNear } from "./build.js";
import { barsOf, isReading, lanesOf, operationLines, OPERATION_OUTCOMES, rowAt } from "./lanes.js";
import { timeTrack } from "./track.js";
import { color, seriesColor, sizedContext, onThemeChange } from "./theme.js";
import { formatCount, visible } from "./model.js";
import { GUTTER } from "./charts.js";
import { view } from "./time.js";

/// Puts the timeline of operations into `container`; nothing if the run has none of it.
export function mountOperations(run, container) {
  if (run.operations.count === 0) return;
  whenNear(container, () => showOperations(run, container));
}

function showOperations(run, container) {
  const { operations } = run;
  const lanes = lanesOf(run);
  const lineHeight = lanes.length <= 20 ? 20 : lanes.length <= 60 ? 13 : 9;
  const keyboard = { lane: 0, index: -1 };
  const track = timeTrack(run, container, {
    title: "Timeline",
    unit: `${formatCount(operations.count)}, a line for each client, by node`,
    label: "Operations over time. Arrow keys go from operation to operation and from client to client, Enter selects one and shows its moment, plus and minus zoom, 0 shows all.",
    lines: lanes.length,
    lineHeight,
    lineLabel: (i) => visible(run.ends[lanes[i].node]?.name ?? "?", 9),
    drawLine: (context, i, top, toX) => drawLane(context, run, lanes[i], { top, height: lineHeight }, toX),
    tell: (line, time, slack) => {
      const k = rowAt(lanes[line], time, slack);
      return k < 0 ? null : operationLines(run, lanes[line].rows[k]);
    },
    click: (line, time, slack) => {
      const k = rowAt(lanes[line], time, slack);
      if (k < 0) return void view.select({ time });
      Object.assign(keyboard, { lane: line, index: k });
      selectOperation(run, lanes[line].rows[k]);
    },
    key: (event) => moveByKey(event, run, lanes, keyboard, track),
  });
  track.figure.insertBefore(operationKeys(run), track.figure.querySelector(".plot"));
  const out = build("p", { class: "readout", role: "status" });
  track.figure.append(out);
  view.on("select", () => {
    const row = view.selection.operation;
    out.textContent = row >= 0 ? operationLines(run, row).join(" · ") : "";
  });
}

// Selects, and moves the window to it if it is out of sight or too thin to be seen.
function selectOperation(run, row) {
  const { operations } = run;
  const from = operations.invoked[row];
  const to = Number.isNaN(operations.completed[row]) ? from : operations.completed[row];
  view.select({ operation: row, time: from });
  const { from: left, to: right } = view.window;
  const share = (to - from) / (right - left);
  if (from >= left && to <= right && share > 0.02) return;
  const around = Math.max((to - from) * 8, 2e6);
  const middle = (from + to) / 2;
  view.setWindow(Math.max(0, middle - around), Math.min(run.end, middle + around));
}

function moveByKey(event, run, lanes, keyboard, track) {
  const { from, to } = view.window;
  const middle = (from + to) / 2;
  const lane = lanes[keyboard.lane];
  const tell = () => {
    const { rows, begin } = lanes[keyboard.lane];
    const at = begin[keyboard.index];
    if (at < view.window.from || at > view.window.to) view.pan((at - middle) / (to - from));
    track.reveal(keyboard.lane);
    track.speak(operationLines(run, rows[keyboard.index]), keyboard.lane, Math.min(Math.max(at, from), to));
    return true;
  };
  const along = (step) => {
    const start = keyboard.index < 0 ? Math.max(0, rowAt(lane, from, Infinity)) : keyboard.index + step;
    keyboard.index = Math.min(lane.rows.length - 1, Math.max(0, start));
    return tell();
  };
  const across = (step) => {
    const at = keyboard.index < 0 ? middle : lane.begin[keyboard.index];
    keyboard.lane = Math.min(lanes.length - 1, Math.max(0, keyboard.lane + step));
    keyboard.index = Math.max(0, rowAt(lanes[keyboard.lane], at, Infinity));
    return tell();
  };
  const act = {
    ArrowLeft: () => along(-1),
    ArrowRight: () => along(1),
    ArrowUp: () => across(-1),
    ArrowDown: () => across(1),
    Enter: () => keyboard.index >= 0 && (selectOperation(run, lane.rows[keyboard.index]), true),
    "+": () => (view.zoom(0.5, middle), true),
    "=": () => (view.zoom(0.5, middle), true),
    "-": () => (view.zoom(2, middle), true),
    0: () => (view.reset(), true),
  }[event.key];
  return !event.ctrlKey && !event.metaKey && !event.altKey && Boolean(act?.());
}

function drawLane(context, run, lane, { top, height }, toX) {
  const { operations } = run;
  const { from, to } = view.window;
  const width = toX(to) - toX(from);
  const bars = barsOf(run, lane, from, to, width);
  for (const bar of bars) {
    const look = {
      crowded: bars.length > width / 12,
      outcome: operations.outcome[bar.row],
      reading: isReading(operations.f[operations.fIndex[bar.row]]),
      color: seriesColor(operations.fIndex[bar.row]),
      selected: view.selection.operation === bar.row,
    };
    // Far outside there is nothing to see, and huge numbers would lose their digits.
    const left = Math.max(GUTTER.left + bar.left, GUTTER.left - 20);
    const right = Math.min(Math.max(GUTTER.left + bar.right, left + 1.5), GUTTER.left + width + 20);
    drawOperation(context, { left, right, top: top + 2, height: height - 3 }, look);
  }
}

function drawOperation(context, { left, right, top, height }, look) {
  const tall = look.reading ? Math.max(2, height * 0.5) : height;
  const box = [left, top + height - tall, right - left, tall];
  const strong = color(["", "--bad", "--doubt", "--quiet"][look.outcome] || look.color);
  context.fillStyle = strong;
  context.strokeStyle = strong;
  context.lineWidth = 1.2;
  context.setLineDash([]);
  const wide = right - left >= 4;
  if (look.outcome === 1 && !wide) box[2] = 0;
  else if (look.outcome === 0 || !wide) context.fillRect(...box);
  else context.strokeRect(box[0] + 0.6, box[1] + 0.6, Math.max(1, box[2] - 1.2), Math.max(1, box[3] - 1.2));
  if (look.outcome === 1) drawCross(context, right, top + height - tall / 2, Math.min(3.2, height / 4));
  if (look.outcome === 2) drawHatch(context, box, wide || !look.crowded ? height : 0);
  if (look.outcome === 3 && wide) {
    context.setLineDash([2, 3]);
    context.beginPath();
    context.moveTo(left, top + height - tall / 2);
    context.lineTo(right, top + height - tall / 2);
    context.stroke();
    context.setLineDash([]);
  }
  if (!look.selected) return;
  context.strokeStyle = color("--ink");
  context.lineWidth = 2;
  context.strokeRect(left - 2, top - 1, right - left + 4, height + 2);
}

function drawCross(context, x, y, r) {
  context.lineWidth = 1.6;
  context.beginPath();
  context.moveTo(x - r, y - r);
  context.lineTo(x + r, y + r);
  context.moveTo(x - r, y + r);
  context.lineTo(x + r, y - r);
  context.stroke();
}

// `lane` is how high the sign after it may be; 0 for none, where there is no room.
function drawHatch(context, [left, top, width, height], lane) {
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  context.lineWidth = 1;
  context.beginPath();
  const first = left + Math.max(0, Math.floor(-left / 4)) * 4;
  for (let x = first - height; x < left + width; x += 4) {
    context.moveTo(x, top + height);
    context.lineTo(x + height, top);
  }
  context.stroke();
  context.restore();
  if (lane === 0) return;
  context.font = `bold ${Math.min(13, lane)}px system-ui, sans-serif`;
  context.textBaseline = "middle";
  context.fillText("?", left + width + 2, top + height / 2);
}

// What the shapes mean, drawn by the very code that draws the bars.
function operationKeys(run) {
  const { operations } = run;
  const host = build("div", { class: "keys" });
  const add = (label, look) => {
    const canvas = build("canvas", { class: "sample", "aria-hidden": "true" });
    const draw = () => drawOperation(sizedContext(canvas, 34, 14), { left: 2, right: 22, top: 1, height: 12 }, look);
    draw();
    onThemeChange(draw);
    host.append(build("span", { class: "key" }, canvas, build("span", {}, label)));
  };
  operations.f.forEach((f, i) => {
    const reading = isReading(f);
    add(`${visible(f, 30)}${reading ? " (half height)" : ""}`, { outcome: 0, reading, color: seriesColor(i) });
  });
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < operations.count; i++) counts[operations.outcome[i]]++;
  const words = ["ok", "fail: did not happen", "info: nobody knows", "pending: no answer until the end"];
  for (const outcome of [1, 2, 3]) {
    if (counts[outcome] > 0) add(`${words[outcome]} (${formatCount(counts[outcome])})`, { outcome, reading: false, color: "--n0" });
  }
  host.append(...[jumpTo(run, counts)].filter(Boolean));
  return host;
}

// A list to jump to the next operation that did not go well.
function jumpTo(run, counts) {
  const kinds = [1, 2, 3].filter((outcome) => counts[outcome] > 0);
  if (kinds.length === 0) return null;
  const choices = [["", "…"], ...kinds.map((outcome) => [String(outcome), `next ${OPERATION_OUTCOMES[outcome]}`])];
  const label = choice("go to", choices, "", (value) => {
    if (value !== "") selectNext(run, Number(value));
    label.querySelector("select").value = "";
  });
  return label;
}

function selectNext(run, outcome) {
  const { operations } = run;
  for (let step = 1; step <= operations.count; step++) {
    const row = (Math.max(-1, view.selection.operation) + step) % operations.count;
    if (operations.outcome[row] === outcome) return selectOperation(run, row);
  }
}
