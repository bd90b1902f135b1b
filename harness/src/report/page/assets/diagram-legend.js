// What the signs of the diagram mean: drawn by the same code that draws them there.

import { build } from "./build.js";
import { DROP_MARKS, bandFill, drawDropMark, sideLook, traceArrowHead } from "./diagram-marks.js";
import { visible } from "./model.js";
import { color, sizedContext } from "./theme.js";

/// `{ box, draw() }`: `draw` again when colours have changed. Only what occurs in the run is told.
export function diagramLegend(run, faults) {
  const entries = entriesOf(run, faults);
  const samples = entries.map(([, paint]) => [build("canvas", { "aria-hidden": "true" }), paint]);
  const box = build("ul", { class: "dg-legend", "aria-label": "Legend" }, ...entries.map(([text], i) => build("li", {}, samples[i][0], text)));
  const draw = () => samples.forEach(([canvas, paint]) => paint(sizedContext(canvas, 30, 14)));
  return { box, draw };
}

function entriesOf(run, faults) {
  const { fate, copy, cause } = run.messages;
  const actions = new Set((run.report.faults ?? []).map((fault) => fault.action));
  const entries = [["message", arrowSample("--ink", 0.8)]];
  if (cause.some((row) => row >= 0)) entries.push(["reply, request of a client", arrowSample("--quiet", 0.6)]);
  if (copy.includes(1)) entries.push(["copy made by a fault", arrowSample("--ink", 0.8, [5, 3])]);
  if (fate.includes(1)) entries.push(["on its way at the end", arrowSample("--ink", 0.6, [1, 3], false)]);
  const known = new Set(DROP_MARKS.map(([reason]) => reason));
  for (const reason of run.reasons) entries.push([known.has(reason) ? DROP_MARKS.find(([one]) => one === reason)[1] : visible(reason, 40), lostSample(reason)]);
  if (faults.sides.length > 0) entries.push(["partition: sides A, B, …", sidesSample]);
  if (faults.deaf.length > 0) entries.push(["does not hear some", bandSample("level", "--bad")]);
  const crashed = (run.report.anomalies ?? []).some((one) => one.kind === "crashed");
  const killed = ["kill", "stop", "restart"].some((action) => actions.has(action));
  if (killed || crashed) entries.push(["down", bandSample("rising", "--bad")]);
  if (killed) entries.push(["started again", startSample]);
  if (actions.has("pause")) entries.push(["paused", bandSample("dots", "--doubt")]);
  const outcomes = new Set(run.operations.outcome);
  [["ok", "--good"], ["failed", "--bad"], ["unknown", "--doubt"], ["pending", "--quiet"]].forEach(([word, name], i) => outcomes.has(i) && entries.push([`operation: ${word}`, operationSample(i, name)]));
  return entries;
}

const arrowSample =
  (name, alpha, dash = [], head = true) =>
  (context) => {
    context.strokeStyle = context.fillStyle = color(name);
    context.globalAlpha = alpha;
    context.lineWidth = 1.4;
    context.setLineDash(dash);
    context.beginPath();
    context.moveTo(1, 7);
    context.lineTo(27, 7);
    context.stroke();
    context.beginPath();
    if (head) traceArrowHead(context, 1, 7, 28, 7, 7);
    context.fill();
  };

const lostSample = (reason) => (context) => {
  context.strokeStyle = color("--bad");
  context.lineWidth = 1.4;
  context.beginPath();
  context.moveTo(1, 7);
  context.lineTo(15, 7);
  context.stroke();
  drawDropMark(context, reason, 18, 7, 3.2);
};

const bandSample = (form, name) => (context) => {
  context.fillStyle = bandFill(context, form, name);
  context.globalAlpha = 0.7;
  context.fillRect(1, 1, 28, 12);
  context.globalAlpha = 1;
  context.strokeStyle = color(name);
  context.strokeRect(1.5, 1.5, 27, 11);
};

function sidesSample(context) {
  for (const side of [0, 1]) {
    const look = sideLook(side);
    context.fillStyle = bandFill(context, look.form, look.color);
    context.globalAlpha = 0.7;
    context.fillRect(1 + 14 * side, 1, 13, 12);
  }
  context.globalAlpha = 1;
}

const operationSample = (outcome, name) => (context) => {
  context.fillStyle = context.strokeStyle = color(name);
  context.lineWidth = 1.2;
  if (outcome === 0) return context.fillRect(6, 4, 18, 7);
  context.strokeRect(6.5, 4.5, 18, 6);
  if (outcome !== 1) return;
  context.beginPath();
  context.moveTo(6.5, 4.5);
  context.lineTo(24.5, 10.5);
  context.stroke();
};

function startSample(context) {
  context.fillStyle = context.strokeStyle = color("--good");
  context.lineWidth = 2;
  context.beginPath();
  context.moveTo(12, 1);
  context.lineTo(12, 13);
  context.stroke();
  context.beginPath();
  context.moveTo(12, 1);
  context.lineTo(20, 5);
  context.lineTo(12, 9);
  context.fill();
}
