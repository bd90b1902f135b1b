// Messages and operations in front of the tracks: as arrows, or as a picture of their density
// where there are too many.

import { PLOT } from "./diagram-layout.js";
import { drawDropMark, haloText, shareOfWay, traceArrowHead } from "./diagram-marks.js";
import { labelOf, reasonOf } from "./diagram-words.js";
import { canvasFont, color } from "./theme.js";

/// How many arrows are drawn; beyond this it is the density.
export const MOST_ARROWS = 5000;
/// How many operations are drawn as bars.
export const MOST_OPERATIONS = 2000;
/// From how many on arrows are hairlines.
const MANY = 500;

/// The line of a message in pixels: `{ row, x1, y1, x2, y2 }`, or null if a track is hidden.
export function arrowOf(run, layout, scale, row) {
  const { src, dest, sent, ended, fate } = run.messages;
  const [from, to] = [layout.tracks[layout.trackOf[src[row]]], layout.tracks[layout.trackOf[dest[row]]]];
  if (!from || !to) return null;
  const share = fate[row] === 0 ? 1 : fate[row] === 2 ? shareOfWay(reasonOf(run, row)) : 0.5;
  const end = fate[row] === 1 ? run.end : ended[row];
  return clipped({ row, x1: scale.x(sent[row]), y1: from.y, x2: scale.x(end), y2: from.y + share * (to.y - from.y) }, scale);
}

/// Far outside, coordinates would lose their digits, and lines cost time that nobody sees: they are
/// cut there, at the same slope.
function clipped(arrow, scale) {
  const [low, high] = [scale.left - 60, scale.right + 60];
  const { x1, y1, x2, y2 } = arrow;
  const y = (x) => (x2 === x1 ? y1 : y1 + ((x - x1) / (x2 - x1)) * (y2 - y1));
  if (x1 < low) [arrow.x1, arrow.y1] = [low, y(low)];
  if (x2 > high) [arrow.x2, arrow.y2] = [high, y(high)];
  return arrow;
}

/// Which look a message has.
function lookOf(run, row) {
  const { fate, copy, cause, src, dest } = run.messages;
  if (fate[row] === 2) return copy[row] ? "lost copy" : "lost";
  if (fate[row] === 1) return "flying";
  if (copy[row]) return "copy";
  if (cause[row] >= 0) return "reply";
  return run.ends[src[row]].role === "client" || run.ends[dest[row]].role === "client" ? "request" : "message";
}

const LOOKS = {
  reply: { name: "--quiet", alpha: 0.5, dash: [], width: 1 },
  request: { name: "--quiet", alpha: 0.8, dash: [], width: 1 },
  flying: { name: "--ink", alpha: 0.5, dash: [1, 4], width: 1.2 },
  message: { name: "--ink", alpha: 0.72, dash: [], width: 1.1 },
  copy: { name: "--ink", alpha: 0.72, dash: [6, 4], width: 1.1 },
  lost: { name: "--bad", alpha: 0.95, dash: [], width: 1.3 },
  "lost copy": { name: "--bad", alpha: 0.95, dash: [6, 4], width: 1.3 },
};

/// Draws arrows. `fade` (0..1) lets them step back behind what is followed.
export function drawArrows(context, { run, scale, arrows, fade }) {
  const crowd = Math.max(0.3, Math.min(1, 700 / Math.max(1, arrows.length)));
  // Of many, those that only pass through the window step back behind those that begin or end in it.
  const passes = (arrow) => arrows.length > MANY && arrow.x1 < scale.left && arrow.x2 > scale.right;
  drawLooks(context, run, arrows.filter(passes), fade * crowd * 0.35, true);
  drawLooks(context, run, arrows.filter((arrow) => !passes(arrow)), fade * crowd, arrows.length > MANY);
}

function drawLooks(context, run, arrows, strength, many) {
  const groups = new Map(Object.keys(LOOKS).map((look) => [look, []]));
  for (const arrow of arrows) groups.get(lookOf(run, arrow.row)).push(arrow);
  for (const [look, list] of groups) {
    const { name, alpha, dash, width } = LOOKS[look];
    const lost = look.startsWith("lost");
    context.strokeStyle = context.fillStyle = color(name);
    context.globalAlpha = Math.min(1, alpha * strength * (lost ? 1.6 : 1));
    context.lineWidth = many ? 1 / (devicePixelRatio || 1) : width;
    context.setLineDash(dash);
    strokeLines(context, list, many ? 256 : 1);
    context.setLineDash([]);
    if (!lost && look !== "flying" && arrows.length <= 2000) fillHeads(context, list, many ? 4.5 : 6.5);
    if (lost) for (const { row, x2, y2 } of list) drawDropMark(context, reasonOf(run, row), x2, y2, many ? 2.5 : 4);
  }
  context.globalAlpha = 1;
}

/// Without a graphics card, Chromium draws lines of one device pixel ten times as fast as wider ones,
/// and wider ones six times as fast if each is a path of its own.
function strokeLines(context, arrows, batch) {
  for (let i = 0; i < arrows.length; i += batch) {
    context.beginPath();
    for (let j = i; j < Math.min(i + batch, arrows.length); j++) traceLine(context, arrows[j]);
    context.stroke();
  }
}

/// A line, or an arc for somebody who sends to its own track.
export function traceLine(context, { x1, y1, x2, y2 }) {
  context.moveTo(x1, y1);
  if (y1 === y2) context.quadraticCurveTo((x1 + x2) / 2, y1 - 18, Math.max(x2, x1 + 6), y2);
  else context.lineTo(x2, y2);
}

function fillHeads(context, arrows, size) {
  context.beginPath();
  for (const { x1, y1, x2, y2 } of arrows) traceArrowHead(context, x1, y1 === y2 ? y1 - 12 : y1, x2, y2, size);
  context.fill();
}

/// Writes types and values along arrows that have room for it.
export function drawArrowLabels(context, { run, arrows, scale }) {
  if (arrows.length > 120) return;
  context.font = canvasFont(10.5);
  context.textAlign = "center";
  context.textBaseline = "bottom";
  const taken = [];
  for (const arrow of arrows) {
    const { x1, y1, x2, y2, row } = arrow;
    const length = Math.hypot(x2 - x1, y2 - y1);
    const text = labelOf(run, row);
    const width = context.measureText(text).width;
    if (length < width + 26 || x2 - x1 < 24) continue;
    const [x, y] = [x1 + (x2 - x1) * 0.42, y1 + (y2 - y1) * 0.42];
    const angle = Math.atan2(y2 - y1, x2 - x1);
    const across = (width * Math.cos(angle)) / 2 + 8;
    const down = (width * Math.abs(Math.sin(angle))) / 2 + 7;
    if (x < scale.left || x > scale.right || taken.some((box) => Math.abs(box.x - x) < box.across + across && Math.abs(box.y - y) < box.down + down)) continue;
    taken.push({ x, y, across, down });
    context.save();
    context.translate(x, y);
    context.rotate(angle);
    haloText(context, text, 0, -2, run.messages.fate[row] === 2 ? "--bad" : "--ink");
    context.restore();
  }
}

/// Draws how many messages each track sent (above its line), got (below it) and did not get
/// (bars in front, with a notch on top) over time.
export function drawDensity(context, { layout, scale, density, fade }) {
  const { bins, most } = density;
  const width = (scale.right - scale.left) / bins;
  const group = (track) => (track.role === "client" ? 1 : 0);
  // Nodes are compared with nodes: who plays many clients at once would dwarf them.
  const tops = [1, 1];
  layout.tracks.forEach((track, i) => (tops[group(track)] = Math.max(tops[group(track)], most[i])));
  layout.tracks.forEach((track, i) => {
    const half = track.room * 0.46;
    // The root lets few messages be seen beside many.
    const share = (n) => Math.sqrt(n / tops[group(track)]);
    const area = (counts, sign) => {
      context.beginPath();
      context.moveTo(scale.left, track.y);
      for (let bin = 0; bin < bins; bin++) {
        const y = track.y - sign * half * share(counts[i * bins + bin]);
        context.lineTo(scale.left + bin * width, y);
        context.lineTo(scale.left + (bin + 1) * width, y);
      }
      context.lineTo(scale.right, track.y);
      context.fill();
    };
    context.fillStyle = color("--ink");
    context.globalAlpha = 0.5 * fade;
    area(density.sent, 1);
    context.fillStyle = color("--accent");
    context.globalAlpha = 0.45 * fade;
    area(density.got, -1);
    context.fillStyle = color("--bad");
    context.globalAlpha = fade;
    for (let bin = 0; bin < bins; bin++) {
      const n = density.lost[i * bins + bin];
      if (n === 0) continue;
      const x = scale.left + bin * width;
      context.fillRect(x, track.y, Math.max(1.5, width), half * share(n));
      context.fillRect(x - 1, track.y + half * share(n), Math.max(1.5, width) + 2, 1.5);
    }
  });
  context.globalAlpha = 1;
}

const OUTCOME_LOOKS = [
  { name: "--good", word: "ok" },
  { name: "--bad", word: "fail" },
  { name: "--doubt", word: "info" },
  { name: "--quiet", word: "pending" },
];

/// Draws operations as bars on the tracks of clients: ok filled, failed crossed, unknown and
/// pending ones as outlines, the latter open to the right.
export function drawOperations(context, { run, layout, scale, operations, selection, fade }) {
  const { process, invoked, completed, outcome, fIndex, f } = run.operations;
  context.font = canvasFont(10);
  context.textBaseline = "middle";
  context.textAlign = "left";
  for (const op of operations) {
    const track = layout.tracks[layout.trackOf[clientOf(run, op)]];
    if (!track) continue;
    const apart = track.ends.length > 1 ? ((process[op] % 5) - 2) * Math.min(5, track.room / 7) : 0;
    const height = track.ends.length > 1 ? 3 : Math.min(9, track.room * 0.5);
    const x = Math.max(scale.left - 10, scale.x(invoked[op]));
    const end = Number.isNaN(completed[op]) ? run.end : completed[op];
    const width = Math.max(2.5, Math.min(scale.right + 10, scale.x(end)) - x);
    const y = track.y + apart - height / 2;
    const { name } = OUTCOME_LOOKS[outcome[op]];
    context.fillStyle = context.strokeStyle = color(name);
    context.lineWidth = 1.2;
    context.globalAlpha = 0.85 * fade;
    if (outcome[op] === 0) context.fillRect(x, y, width, height);
    else context.strokeRect(x, y, width, height);
    if (outcome[op] === 1) {
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(x + width, y + height);
      context.stroke();
    }
    context.globalAlpha = fade;
    if (op === selection.operation) {
      context.strokeStyle = color("--accent");
      context.lineWidth = 2;
      context.strokeRect(x - 2.5, y - 2.5, width + 5, height + 5);
    }
    const text = f[fIndex[op]];
    if (height >= 8 && width > context.measureText(text).width + 12) {
      context.fillStyle = color(outcome[op] === 0 ? "--paper" : name);
      context.fillText(text, Math.max(x, PLOT.left) + 4, track.y + 0.5);
    }
  }
  context.globalAlpha = 1;
}

/// The end that played the client of an operation, or -1.
export function clientOf(run, op) {
  const { client, process } = run.operations;
  return client ? client[op] : run.endOf(`c${process[op] + 1}`);
}
