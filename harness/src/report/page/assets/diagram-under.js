// What is under the pointer, and what there is to say of it. Pure: it reads the scene that was drawn.

import { arrowAt, boxAt, trackAt } from "./diagram-hit.js";
import { sideLook } from "./diagram-marks.js";
import { MOST_OPERATIONS, clientOf } from "./diagram-messages.js";
import { countOf, endName, factsOf } from "./diagram-words.js";
import { formatDuration, formatTime, visible } from "./model.js";

/// What is at a point of the scene: `{ lines }`, texts to show, and with it `fault`, `arrow`, `operation`
/// (a number) or `track`; null beside the diagram.
export function thingAt(scene, x, y) {
  const { layout, scale, run } = scene;
  const box = boxAt(scene.boxes, x, y);
  if (box) return { fault: box.fault, lines: faultLines(box.fault, run) };
  if (y < layout.top || y > layout.bottom) return null;
  const track = trackAt(layout.tracks, y);
  if (x < scale.left) return { track, lines: track >= 0 ? [namesOf(run, layout.tracks[track])] : [] };
  const arrow = arrowAt(scene.arrows, x, y);
  if (arrow) return { arrow, lines: factsOf(run, arrow.row) };
  const operation = operationAt(scene, layout.tracks[track], x, y);
  if (operation !== undefined) return { operation, lines: operationFacts(run, operation) };
  if (scene.density && track >= 0) return { lines: densityLines(scene, track, x) };
  return { track, lines: stateLines(scene, layout.tracks[track], scale.time(x)) };
}

/// A fault in words.
export function faultLines(fault, run) {
  const touched = fault.touched == null ? null : `touched ${countOf(fault.touched, fault.on_links ? "message" : "node")}`;
  return [`${visible(fault.name, 60)}: ${visible(fault.summary ?? "")}`, `${formatTime(fault.from)} to ${fault.to >= run.end ? "the end" : formatTime(fault.to)}`, touched];
}

const namesOf = (run, track) => track.ends.slice(0, 12).map((end) => endName(run, end)).join(" ");

function operationAt({ run, scale, operations }, track, x, y) {
  if (track?.role !== "client" || Math.abs(track.y - y) > 8 || operations.length > MOST_OPERATIONS) return undefined;
  const { invoked, completed } = run.operations;
  return operations.find((op) => {
    const end = Number.isNaN(completed[op]) ? run.end : completed[op];
    return x >= scale.x(invoked[op]) - 2 && x <= scale.x(end) + 2 && track.ends.includes(clientOf(run, op));
  });
}

function operationFacts(run, op) {
  const { invoked, completed, fIndex, f, outcome, process, node } = run.operations;
  const error = run.operations.error(op);
  const took = outcome[op] < 3 ? `, took ${formatDuration(completed[op] - invoked[op])}` : "";
  return [
    `process ${process[op]}: ${visible(f[fIndex[op]], 40)} ${visible(run.operations.input(op) ?? "", 60)} at ${endName(run, node[op])}`,
    `${["ok", "failed", "unknown (info)", "still pending at the end"][outcome[op]]}, invoked at ${formatTime(invoked[op])}${took}`,
    error && visible(error, 120),
  ];
}

function densityLines({ density, scale, layout, run, view: { from, to } }, track, x) {
  const bin = Math.floor(((x - scale.left) / (scale.right - scale.left)) * density.bins);
  const at = (counts) => counts[track * density.bins + bin] ?? 0;
  const width = (to - from) / density.bins;
  const [sent, got, lost] = [at(density.sent), at(density.got), at(density.lost)];
  if (sent + got + lost === 0) return [];
  const dropped = lost > 0 ? `, ${countOf(lost, "message")} to it dropped` : "";
  return [`${layout.tracks[track].label === "clients" ? "clients" : namesOf(run, layout.tracks[track])} from ${formatTime(from + bin * width)}, ${formatDuration(width)}:`, `sent ${countOf(sent, "message")}, got ${countOf(got, "message")}${dropped}`];
}

/// What is the matter with a node at a moment.
function stateLines({ faults, run }, track, time) {
  if (track?.role !== "node") return [];
  const [end] = track.ends;
  const acts = (fault) => fault.from <= time && time <= fault.to;
  const about = faults.nodeFaults.filter((fault) => acts(fault) && fault.nodes?.includes(run.ends[end].name));
  const sides = faults.sides.filter(({ fault, ends }) => acts(fault) && ends.includes(end));
  return [...about.flatMap((fault) => faultLines(fault, run)), ...sides.map(({ fault, side }) => `side ${sideLook(side).letter} of ${visible(fault.name, 60)}: ${visible(fault.summary ?? "")}`)];
}
