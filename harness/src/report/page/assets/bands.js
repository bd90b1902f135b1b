// Faults as bands and milestones as lines, behind the data of every chart.
//
//    ▒▒ cut n0 | n1, n2 ▒▒▒▒▒▒▒        the head: a strip for each fault, with its name
//    ░░░░░░░░░░░░┆░░░░░░░░░░░  ┆       the body: a faint band and, for what it did to
//    ░░░░░░░░░░░░┆░░░░░░░░░░░  ┆       links or to nodes, stripes one way or the other
//              limit         recovered

import { canvasFont, color } from "./theme.js";
import { visible } from "./model.js";

/// How high a strip of the head is, and how many there are at most.
export const STRIP_HEIGHT = 14;
const MOST_STRIPS = 3;

/// The faults that took place: `{ name, action, label, title, onLinks, nodes, sides, links, from, to,
/// strip }`, times in ns, in the order of their beginning. Faults that overlap get different strips.
export function bandsOf(run) {
  const bands = (run.report.faults ?? [])
    .filter((fault) => fault.began_ns != null)
    .map((fault) => ({
      name: fault.name,
      action: fault.action ?? "",
      label: visible(fault.summary || fault.name),
      title: visible(`${fault.name}: ${fault.summary ?? ""}`),
      onLinks: Boolean(fault.on_links),
      nodes: fault.nodes ?? [],
      sides: fault.sides ?? [],
      links: fault.links ?? [],
      from: fault.began_ns,
      to: fault.ended_ns ?? run.end,
      strip: 0,
    }))
    .sort((a, b) => a.from - b.from || a.to - b.to);
  const free = [];
  for (const band of bands) {
    let strip = free.findIndex((until) => until <= band.from);
    if (strip < 0) strip = free.length;
    free[strip] = Math.max(band.to, band.from + 1);
    band.strip = strip;
  }
  return bands;
}

/// Where faults are on, and how many at once: `{ from, to, depth }` in order, without what
/// is free of them.
export function faultCover(bands) {
  const edges = bands.flatMap((band) => [[band.from, 1], [band.to, -1]]).sort((a, b) => a[0] - b[0]);
  const cover = [];
  let depth = 0;
  edges.forEach(([at, change], i) => {
    depth += change;
    const to = edges[i + 1]?.[0] ?? at;
    if (depth > 0 && to > at) cover.push({ from: at, to, depth });
  });
  return cover;
}

/// How many strips the head of a chart needs.
export function stripCount(bands) {
  return Math.min(MOST_STRIPS, bands.reduce((most, band) => Math.max(most, band.strip + 1), 0));
}

/// The moments that every chart marks: `{ at, label }`, in ns.
export function marksOf(run) {
  const { milestones = {}, plan = {} } = run.report;
  const marks = [];
  const add = (at, label) => at != null && marks.push({ at, label });
  add(milestones.healed_ns, "faults over");
  if (milestones.zero_ns != null && plan.time_limit_s > 0) {
    const limit = milestones.zero_ns + plan.time_limit_s * 1e9;
    if (limit <= run.end) add(limit, "time limit");
  }
  add(milestones.recovered_ns, "recovered");
  return marks.sort((a, b) => a.at - b.at);
}

/// The faults at a moment, in words.
export function faultsAt(bands, time) {
  return bands.filter((band) => band.from <= time && time < band.to).map((band) => band.title);
}

/// Draws what `{ bands, cover, marks }` say. `box` is `{ left, top, width, height }` of the data in the
/// pixels of `context`, `head` how high the head above it is, `toX` turns ns into pixels
/// and `ratio` says how many of the pixels are a CSS pixel.
export function drawBands(context, { bands, cover, marks }, box, head, toX, ratio = 1) {
  context.save();
  context.beginPath();
  context.rect(box.left, box.top - head, box.width, box.height + head);
  context.clip();
  context.font = canvasFont(10.5 * ratio);
  context.textBaseline = "middle";
  context.textAlign = "left";
  context.fillStyle = color("--band");
  for (const { from, to, depth } of cover) {
    // Whole pixels: neighbours must neither overlap nor leave a seam.
    const left = Math.round(toX(from));
    const wide = Math.round(toX(to)) - left;
    if (left > box.left + box.width || left + wide < box.left) continue;
    // More at once are darker, up to three.
    for (let i = 0; i < Math.min(depth, 3); i++) context.fillRect(left, box.top, wide, box.height);
  }
  for (const band of bands) {
    const left = Math.max(toX(band.from), box.left);
    const right = Math.min(Math.max(toX(band.to), left + ratio), box.left + box.width);
    if (right <= left || toX(band.from) > box.left + box.width) continue;
    drawFaultStrip(context, band, { left, right }, box.top - head + band.strip * STRIP_HEIGHT * ratio, box.top, ratio);
  }
  drawMarks(context, marks, box, toX, ratio);
  context.restore();
}

function drawFaultStrip(context, band, { left, right }, line, end, ratio) {
  const strip = STRIP_HEIGHT * ratio;
  if (line + strip > end + ratio) return;
  context.fillStyle = color("--band-head");
  context.fillRect(left, line, right - left, strip - ratio);
  drawStripes(context, { left, right, top: line, bottom: line + strip - ratio }, band.onLinks, ratio);
  const room = right - left - 8 * ratio;
  const label = shortened(context, band.label, room) || shortened(context, visible(band.action), room + 6 * ratio);
  if (!label) return;
  context.fillStyle = color("--band-head");
  context.fillRect(left + 2 * ratio, line, context.measureText(label).width + 5 * ratio, strip - ratio);
  context.fillStyle = color("--ink");
  context.fillText(label, left + 4 * ratio, line + strip / 2);
}

// Faults of links lean to the right, faults of nodes to the left.
function drawStripes(context, { left, right, top, bottom }, onLinks, ratio) {
  if (right - left < 3 * ratio) return;
  context.save();
  context.beginPath();
  context.rect(left, top, right - left, bottom - top);
  context.clip();
  context.strokeStyle = color("--band-line");
  context.lineWidth = ratio;
  context.beginPath();
  const lean = bottom - top;
  const step = 6 * ratio;
  for (let x = left - lean; x < right + lean; x += step) {
    context.moveTo(x, onLinks ? bottom : top);
    context.lineTo(x + lean, onLinks ? top : bottom);
  }
  context.stroke();
  context.restore();
}

/// As much of a text as fits into `room` pixels, with an ellipsis; nothing if that is
/// too little to be read.
export function shortened(context, text, room) {
  if (context.measureText(text).width <= room) return text;
  let [low, high] = [0, text.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (context.measureText(`${text.slice(0, middle)}…`).width <= room) low = middle;
    else high = middle - 1;
  }
  return low >= 4 ? `${text.slice(0, low)}…` : "";
}

function drawMarks(context, marks, box, toX, ratio) {
  const free = [-Infinity, -Infinity, -Infinity];
  const foot = box.top + box.height;
  context.lineWidth = ratio;
  for (const mark of marks) {
    const x = Math.round(toX(mark.at)) + 0.5;
    if (x < box.left || x > box.left + box.width) continue;
    context.strokeStyle = color("--mark");
    context.setLineDash([3 * ratio, 3 * ratio]);
    context.beginPath();
    context.moveTo(x, box.top);
    context.lineTo(x, foot);
    context.stroke();
    context.setLineDash([]);
    const width = context.measureText(mark.label).width;
    const fits = x + width + 6 * ratio < box.left + box.width;
    const left = fits ? x + 3 * ratio : x - width - 3 * ratio;
    const level = free.findIndex((until) => until <= left);
    if (level < 0) continue;
    free[level] = left + width + 6 * ratio;
    const bottom = foot - level * 13 * ratio;
    context.fillStyle = color("--paper");
    context.globalAlpha = 0.75;
    context.fillRect(left - ratio, bottom - 14 * ratio, width + 2 * ratio, 12 * ratio);
    context.globalAlpha = 1;
    context.fillStyle = color("--mark");
    context.fillText(mark.label, left, bottom - 8 * ratio);
  }
}
