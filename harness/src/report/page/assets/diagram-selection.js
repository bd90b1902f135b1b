// The chosen message in front of all others, and what is around it.

import { drawDropMark, haloText, traceArrowHead } from "./diagram-marks.js";
import { arrowOf, traceLine } from "./diagram-messages.js";
import { labelOf, reasonOf } from "./diagram-words.js";
import { canvasFont, color } from "./theme.js";

/// Draws the message `row` thick, what may have caused it (dotted) and what it may have caused
/// (dashed) thin beside it; with `hover` it is the one under the pointer.
export function drawChosen(context, scene, row, { hover = false, causes = [], effects = [] }) {
  const { run, layout, scale } = scene;
  context.save();
  context.beginPath();
  context.rect(scale.left, layout.top, scale.right - scale.left, layout.bottom - layout.top);
  context.clip();
  for (const one of causes) drawRelated(context, scene, one, [2, 3]);
  for (const one of effects) drawRelated(context, scene, one, [7, 4]);
  const arrow = arrowOf(run, layout, scale, row);
  if (arrow) drawThick(context, scene, arrow, hover);
  context.restore();
}

function drawThick(context, { run }, arrow, hover) {
  const lost = run.messages.fate[arrow.row] === 2;
  const { x1, y1, x2, y2 } = arrow;
  context.strokeStyle = color("--paper");
  context.lineWidth = hover ? 5 : 7;
  context.beginPath();
  traceLine(context, arrow);
  context.stroke();
  context.strokeStyle = context.fillStyle = color(lost ? "--bad" : "--accent");
  context.lineWidth = hover ? 2 : 3;
  context.beginPath();
  traceLine(context, arrow);
  context.stroke();
  if (lost) drawDropMark(context, reasonOf(run, arrow.row), x2, y2, hover ? 5 : 6);
  else if (run.messages.fate[arrow.row] === 0) {
    context.beginPath();
    traceArrowHead(context, x1, y1 === y2 ? y1 - 14 : y1, x2, y2, hover ? 8 : 11);
    context.fill();
  }
  if (hover) return;
  context.beginPath();
  context.arc(x1, y1, 4.5, 0, 2 * Math.PI);
  context.fill();
  context.font = canvasFont(11.5, "bold");
  context.textAlign = "left";
  context.textBaseline = "middle";
  haloText(context, labelOf(run, arrow.row), (x1 + x2) / 2 + 9, (y1 + y2) / 2 + (y2 < y1 ? 9 : -9), lost ? "--bad" : "--accent");
}

function drawRelated(context, { run, layout, scale }, row, dash) {
  const arrow = arrowOf(run, layout, scale, row);
  if (!arrow) return;
  context.strokeStyle = context.fillStyle = color("--accent");
  context.globalAlpha = 0.85;
  context.lineWidth = 1.8;
  context.setLineDash(dash);
  context.beginPath();
  traceLine(context, arrow);
  context.stroke();
  context.setLineDash([]);
  context.beginPath();
  traceArrowHead(context, arrow.x1, arrow.y1, arrow.x2, arrow.y2, 8);
  context.fill();
  context.globalAlpha = 1;
}

/// A moment as a line from top to bottom.
export function drawTime(context, { layout, scale }, time) {
  const x = scale.x(time);
  if (!(x >= scale.left && x <= scale.right)) return;
  context.strokeStyle = color("--accent");
  context.lineWidth = 1;
  context.setLineDash([4, 3]);
  context.beginPath();
  context.moveTo(x, layout.top);
  context.lineTo(x, layout.bottom);
  context.stroke();
  context.setLineDash([]);
}

/// The stretch of time that is being chosen, in pixels.
export function drawBrush(context, { layout }, left, right) {
  context.globalAlpha = 0.18;
  context.fillStyle = color("--accent");
  context.fillRect(left, layout.top, right - left, layout.bottom - layout.top);
  context.globalAlpha = 1;
}
