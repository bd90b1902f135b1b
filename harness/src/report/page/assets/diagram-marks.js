// Small signs of the diagram: why a message ended, and what fills a band. Each tells by its
// form what it is; colours only help.
//
//   ×|  cut off      ×  lost      ⊠  the receiver was down      ⊗  the client had gone
//   ◇  nobody has that name, or it was no request

import { color } from "./theme.js";

/// The reasons that have a form of their own, and their words in the legend.
export const DROP_MARKS = [
  ["cut", "cut off"],
  ["loss", "lost"],
  ["node-down", "receiver down"],
  ["client-gone", "client gone"],
  ["unknown-destination", "nobody there"],
];

/// How far a dropped message is drawn on its way from track to track.
export function shareOfWay(reason) {
  return { cut: 0.55, loss: 0.5, "node-down": 0.86, "client-gone": 0.86 }[reason] ?? 0.7;
}

/// Draws the mark of a reason around a point, in the present stroke style.
export function drawDropMark(context, reason, x, y, r = 4) {
  context.beginPath();
  context.moveTo(x - r, y - r);
  context.lineTo(x + r, y + r);
  context.moveTo(x - r, y + r);
  context.lineTo(x + r, y - r);
  if (reason === "cut") {
    context.moveTo(x + r + 2.5, y - r - 2);
    context.lineTo(x + r + 2.5, y + r + 2);
  } else if (reason === "node-down") {
    context.rect(x - r - 1.5, y - r - 1.5, 2 * r + 3, 2 * r + 3);
  } else if (reason === "client-gone") {
    context.moveTo(x + r + 3, y);
    context.arc(x, y, r + 3, 0, 2 * Math.PI);
  } else if (reason !== "loss") {
    context.moveTo(x, y - 2 * r);
    context.lineTo(x + 2 * r, y);
    context.lineTo(x, y + 2 * r);
    context.lineTo(x - 2 * r, y);
    context.closePath();
  }
  context.stroke();
}

/// A head of an arrow at (x, y) that comes from (fromX, fromY).
export function traceArrowHead(context, fromX, fromY, x, y, size) {
  const angle = Math.atan2(y - fromY, x - fromX);
  context.moveTo(x, y);
  context.lineTo(x - size * Math.cos(angle - 0.42), y - size * Math.sin(angle - 0.42));
  context.lineTo(x - size * Math.cos(angle + 0.42), y - size * Math.sin(angle + 0.42));
  context.closePath();
}

const fills = new Map();

/// A fill of a colour variable: `rising`, `falling`, `dots`, `level`, `upright`, `grid`.
export function bandFill(context, form, name) {
  const value = color(name);
  const key = `${form} ${value}`;
  if (!fills.has(key)) fills.set(key, context.createPattern(tile(form, value), "repeat"));
  return fills.get(key);
}

function tile(form, value) {
  const side = 8;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const pen = canvas.getContext("2d");
  pen.strokeStyle = pen.fillStyle = value;
  pen.lineWidth = 1.2;
  const line = (x1, y1, x2, y2) => (pen.moveTo(x1, y1), pen.lineTo(x2, y2));
  pen.beginPath();
  // Diagonals are drawn past the corners, so that tiles meet without a gap.
  const slant = (sign) => [-side, 0, side].forEach((shift) => (sign > 0 ? line(shift - 1, side + 1, shift + side + 1, -1) : line(shift - 1, -1, shift + side + 1, side + 1)));
  if (form === "rising") slant(1);
  else if (form === "falling") slant(-1);
  else if (form === "level") line(0, 4, side, 4);
  else if (form === "upright") line(4, 0, 4, side);
  else if (form === "grid") (line(0, 4, side, 4), line(4, 0, 4, side));
  else for (const [x, y] of [[2, 2], [6, 6]]) (pen.moveTo(x + 1, y), pen.arc(x, y, 1, 0, 2 * Math.PI), pen.fill());
  pen.stroke();
  return canvas;
}

/// How the sides of a partition are told: a letter, a colour and a form.
export function sideLook(side) {
  const forms = ["rising", "falling", "level", "upright", "grid"];
  return { letter: String.fromCharCode(65 + (side % 26)), color: `--n${[4, 0, 2, 3, 1, 5, 6, 7][side % 8]}`, form: forms[side % forms.length] };
}

/// Text with a rim of paper around it, so that it can be read across lines.
export function haloText(context, text, x, y, name) {
  context.lineJoin = "round";
  context.lineWidth = 3.5;
  context.strokeStyle = color("--paper");
  context.strokeText(text, x, y);
  context.fillStyle = color(name);
  context.fillText(text, x, y);
}
