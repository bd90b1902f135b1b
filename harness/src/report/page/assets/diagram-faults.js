// Faults, lives and time behind the messages.

import { axisTicks, downTimes, PLOT } from "./diagram-layout.js";
import { bandFill, haloText, sideLook } from "./diagram-marks.js";
import { canvasFont, color } from "./theme.js";
import { endName } from "./diagram-words.js";
import { visible } from "./model.js";

/// Draws what lies behind everything: the grid of time, partitions, the tracks themselves, and
/// when nodes were down or paused. `scene` is made by diagram.js.
export function drawGround(context, scene) {
  const { layout, scale } = scene;
  context.save();
  context.beginPath();
  context.rect(scale.left, 0, scale.right - scale.left, layout.bottom);
  context.clip();
  drawTimeGrid(context, scene);
  drawSides(context, scene);
  drawDeaf(context, scene);
  drawTracks(context, scene);
  drawPauses(context, scene);
  drawDownTimes(context, scene);
  context.restore();
}

/// A box in pixels that is in sight, or null.
function inSight({ from, to }, scale) {
  const x = Math.max(scale.left - 20, scale.x(from));
  const right = Math.min(scale.right + 20, scale.x(to));
  return right < scale.left || x > scale.right ? null : { x, width: Math.max(1.5, right - x) };
}

function drawTimeGrid(context, { run, view, layout, scale }) {
  context.lineWidth = 1;
  context.strokeStyle = color("--line");
  context.globalAlpha = 0.6;
  context.beginPath();
  for (const tick of axisTicks(view, scale.right - scale.left)) {
    const x = Math.round(scale.x(tick.at)) + 0.5;
    context.moveTo(x, layout.top);
    context.lineTo(x, layout.bottom);
  }
  context.stroke();
  context.globalAlpha = 1;
  const { milestones = {} } = run.report;
  const marks = [[milestones.healed_ns, "faults over"], [milestones.recovered_ns, "recovered"]];
  context.setLineDash([2, 4]);
  context.strokeStyle = color("--quiet");
  context.font = canvasFont(10);
  let before = -Infinity;
  for (const [at, label] of marks) {
    const x = Math.round(scale.x(at)) + 0.5;
    if (at == null || !(x >= scale.left && x <= scale.right)) continue;
    context.beginPath();
    context.moveTo(x, layout.top);
    context.lineTo(x, layout.bottom);
    context.stroke();
    const width = context.measureText(label).width;
    const left = x + 4 + width > scale.right ? x - 4 - width : x + 4;
    if (left > before) {
      context.fillStyle = color("--quiet");
      context.textAlign = "left";
      context.textBaseline = "bottom";
      context.fillText(label, left, layout.bottom - 1);
      before = left + width;
    }
  }
  context.setLineDash([]);
}

/// The sides of partitions: each track in the colour and the form of its side, with its letter.
function drawSides(context, { faults, layout, scale }) {
  for (const { fault, ends, side } of faults.sides) {
    const box = inSight(fault, scale);
    if (!box) continue;
    const look = sideLook(side);
    for (const end of ends) {
      const track = layout.tracks[layout.trackOf[end]];
      if (!track || track.role === "client") continue;
      const top = track.y - track.room / 2;
      context.fillStyle = color(look.color);
      context.globalAlpha = 0.1;
      context.fillRect(box.x, top, box.width, track.room);
      context.fillStyle = bandFill(context, look.form, look.color);
      context.globalAlpha = 0.26;
      context.fillRect(box.x, top, box.width, track.room);
      context.globalAlpha = 1;
      if (box.width < 16 || track.room < 14) continue;
      context.font = canvasFont(11, "bold");
      context.textAlign = "left";
      context.textBaseline = "top";
      haloText(context, look.letter, Math.max(box.x, scale.left) + 4, top + 2, "--ink");
    }
  }
}

/// Who did not hear whom, where a cut has no sides.
function drawDeaf(context, { run, faults, layout, scale }) {
  for (const { fault, ends, to } of faults.deaf) {
    const box = inSight(fault, scale);
    if (!box) continue;
    for (const end of ends) {
      const track = layout.tracks[layout.trackOf[end]];
      if (!track || track.role === "client") continue;
      context.fillStyle = bandFill(context, "level", "--bad");
      context.globalAlpha = 0.55;
      context.fillRect(box.x, track.y - Math.min(8, track.room / 3), box.width, Math.min(7, track.room / 3));
      context.globalAlpha = 1;
      const text = `deaf to ${to.filter((name) => name !== run.ends[end].name).map((name) => visible(name, 20)).join(" ")}`;
      context.font = canvasFont(10);
      if (track.room < 30 || context.measureText(text).width > box.width - 8) continue;
      context.textAlign = "left";
      context.textBaseline = "bottom";
      haloText(context, text, Math.max(box.x, scale.left) + 4, track.y - 9, "--bad");
    }
  }
}

function drawTracks(context, { layout, scale, selection, run, faults }) {
  for (const track of layout.tracks) {
    const y = Math.round(track.y) + 0.5;
    if (track.ends.includes(selection.node)) {
      context.fillStyle = color("--accent");
      context.globalAlpha = 0.12;
      context.fillRect(scale.left, track.y - track.room / 2, scale.right - scale.left, track.room);
      context.globalAlpha = 1;
    }
    context.strokeStyle = color(track.role === "node" ? "--ink" : "--quiet");
    context.globalAlpha = track.role === "node" ? 0.75 : 0.5;
    context.lineWidth = track.role === "node" ? 1.4 : 1;
    context.setLineDash(track.role === "stranger" ? [2, 3] : []);
    context.beginPath();
    let from = scale.left;
    // The line of a node has a gap where it was down.
    for (const gap of track.role === "node" ? downTimes(run, track.ends[0], faults.nodeFaults) : []) {
      context.moveTo(from, y);
      context.lineTo(Math.max(from, scale.x(gap.from)), y);
      from = Math.max(from, scale.x(gap.to));
    }
    if (from < scale.right) {
      context.moveTo(from, y);
      context.lineTo(scale.right, y);
    }
    context.stroke();
    context.setLineDash([]);
    context.globalAlpha = 1;
  }
}

function drawPauses(context, { faults, layout, scale }) {
  for (const pause of faults.pauses) {
    const [box, track] = [inSight(pause, scale), layout.tracks[layout.trackOf[pause.end]]];
    if (!box || !track) continue;
    bandOnTrack(context, scale, track, box, { form: "dots", name: "--doubt", label: box.width > 130 ? `paused: ${visible(pause.fault.name, 40)}` : "paused" });
  }
}

function drawDownTimes(context, { run, faults, layout, scale }) {
  for (const track of layout.tracks) {
    if (track.role !== "node") continue;
    for (const gap of downTimes(run, track.ends[0], faults.nodeFaults)) {
      const box = inSight(gap, scale);
      if (!box) continue;
      const by = gap.by ? `: ${visible(gap.by, 40)}` : "";
      const label = gap.by === "itself" ? "crashed" : box.width > 130 ? `down${by}` : "down";
      bandOnTrack(context, scale, track, box, { form: "rising", name: "--bad", label });
      if (gap.to < run.end) drawStart(context, scale.x(gap.to), track);
    }
  }
}

/// A box around a track's line, filled with a form and labelled if there is room.
function bandOnTrack(context, scale, track, box, { form, name, label }) {
  const height = Math.min(track.room * 0.62, 26);
  const top = track.y - height / 2;
  context.fillStyle = color("--paper");
  context.globalAlpha = 0.7;
  context.fillRect(box.x, top, box.width, height);
  context.fillStyle = bandFill(context, form, name);
  context.globalAlpha = 0.55;
  context.fillRect(box.x, top, box.width, height);
  context.globalAlpha = 1;
  context.strokeStyle = color(name);
  context.lineWidth = 1;
  context.strokeRect(box.x, top, box.width, height);
  context.font = canvasFont(10.5, "bold");
  if (height < 13 || context.measureText(label).width > box.width - 8) return;
  context.textAlign = "left";
  context.textBaseline = "middle";
  haloText(context, label, Math.max(box.x, scale.left) + 5, track.y + 0.5, name);
}

/// A life begins: a bar and a triangle that points into it.
function drawStart(context, x, track) {
  const half = Math.min(track.room * 0.36, 15);
  context.fillStyle = context.strokeStyle = color("--good");
  context.lineWidth = 2;
  context.beginPath();
  context.moveTo(x, track.y - half);
  context.lineTo(x, track.y + half);
  context.stroke();
  context.beginPath();
  context.moveTo(x, track.y - half);
  context.lineTo(x + 7, track.y - half + 4);
  context.lineTo(x, track.y - half + 8);
  context.fill();
}

/// The lanes of link faults on top; returns the boxes, for the pointer.
export function drawLanes(context, { faults, scale }) {
  const boxes = [];
  context.save();
  context.beginPath();
  context.rect(scale.left, 0, scale.right - scale.left, PLOT.lane * PLOT.lanes);
  context.clip();
  context.font = canvasFont(11);
  context.textAlign = "left";
  context.textBaseline = "middle";
  for (const fault of faults.lanes) {
    const sight = inSight(fault, scale);
    if (!sight) continue;
    const box = { ...sight, y: fault.lane * PLOT.lane + 1, height: PLOT.lane - 3, fault };
    boxes.push(box);
    const name = fault.action === "cut" ? "--bad" : "--doubt";
    context.fillStyle = color("--paper");
    context.fillRect(box.x, box.y, box.width, box.height);
    context.fillStyle = color(name);
    context.globalAlpha = 0.16;
    context.fillRect(box.x, box.y, box.width, box.height);
    context.globalAlpha = 1;
    context.strokeStyle = color(name);
    context.lineWidth = 1;
    context.strokeRect(box.x + 0.5, box.y + 0.5, box.width - 1, box.height - 1);
    const left = Math.max(box.x, scale.left) + 5;
    const room = Math.min(box.x + box.width, scale.right) - left - 4;
    context.fillStyle = color("--ink");
    const text = fitted(context, visible(fault.summary ?? fault.name), room);
    if (text) context.fillText(text, left, box.y + box.height / 2 + 0.5);
  }
  context.restore();
  return boxes;
}

/// The beginning of a text that fits, or nothing.
export function fitted(context, text, room) {
  if (context.measureText(text).width <= room) return text;
  let length = Math.min(text.length, Math.floor(room / 4));
  while (length > 2 && context.measureText(`${text.slice(0, length)}…`).width > room) length--;
  return length > 2 ? `${text.slice(0, length)}…` : "";
}

/// The names of tracks on the left and the times below.
export function drawMargins(context, { run, view, layout, scale, width, marked }) {
  context.textBaseline = "middle";
  context.textAlign = "right";
  let free = -Infinity;
  layout.tracks.forEach((track, i) => {
    if (track.y < free) return;
    free = track.y + 12;
    const chosen = i === marked;
    context.font = canvasFont(track.role === "node" ? 12.5 : 11, track.role === "node" ? "bold" : "");
    context.fillStyle = color(chosen ? "--accent" : track.role === "node" ? "--ink" : "--quiet");
    const name = track.ends.length === 1 ? endName(run, track.ends[0]) : track.label;
    const text = fitted(context, name, PLOT.left - 16);
    context.fillText(text, PLOT.left - 9, track.y);
    if (!chosen) return;
    context.fillRect(0, track.y - Math.min(10, track.room / 2), 4, Math.min(20, track.room));
  });
  context.font = canvasFont(11);
  context.fillStyle = color("--quiet");
  context.textBaseline = "top";
  context.textAlign = "center";
  context.strokeStyle = color("--line");
  context.lineWidth = 1;
  context.strokeRect(scale.left + 0.5, layout.top + 0.5, scale.right - scale.left - 1, layout.bottom - layout.top - 1);
  for (const tick of axisTicks(view, scale.right - scale.left)) {
    const half = context.measureText(tick.label).width / 2;
    context.fillText(tick.label, Math.max(half, Math.min(width - half, scale.x(tick.at))), layout.bottom + 6);
  }
}
