// Following a value: which way it went, where it stopped and why, and who never got it.
//
//   c3 ──①──► n2 ──②──► n1 ──③──► n0        arrivals, in the order of time
//                         └──×  n4           messages that carried it and were dropped
//   n4: 17 never came here

import { build } from "./build.js";
import { downTimes, faultsOf } from "./diagram-layout.js";
import { drawDropMark, haloText, traceArrowHead } from "./diagram-marks.js";
import { arrowOf, traceLine } from "./diagram-messages.js";
import { countOf, endName, kindOf, reasonOf, whyDropped } from "./diagram-words.js";
import { canvasFont, color } from "./theme.js";
import { formatCount, formatTime, visible } from "./model.js";

/// The story of an element: `{ element, text, steps, drops, never, missing, from, to }`.
/// `steps` are its arrivals, in order: `{ number, row, place, at, source, again }`; `drops` rows of
/// dropped messages that carried it; `never` are ends: nodes it never came to; `missing` are those that
/// had it and did not show it in the end, as `lossOf` tells them. Pure.
export function storyOf(run, element) {
  const { arrivals, drops, elements, shown } = run.spread;
  const order = [];
  for (let i = arrivals.offset[element]; i < arrivals.offset[element + 1]; i++) order.push(i);
  order.sort((a, b) => arrivals.at[a] - arrivals.at[b] || a - b);
  const seen = new Set();
  const steps = order.map((i, n) => {
    const [place, row, parent] = [arrivals.place[i], arrivals.row[i], arrivals.parent[i]];
    const again = seen.has(place);
    seen.add(place);
    const source = row >= 0 ? run.messages.src[row] : parent >= 0 ? arrivals.place[parent] : -1;
    return { number: n + 1, row, place, at: arrivals.at[i], source, again };
  });
  const lost = Array.from(drops.row.subarray(drops.offset[element], drops.offset[element + 1]));
  lost.sort((a, b) => run.messages.sent[a] - run.messages.sent[b] || a - b);
  const nodes = run.ends.map((_, end) => end).filter((end) => run.ends[end].role === "node");
  const column = new Map((shown?.node ?? []).map((end, i) => [end, i]));
  return {
    element,
    text: visible(elements.text(element), 60),
    steps,
    drops: lost,
    never: nodes.filter((end) => !seen.has(end)),
    missing: nodes.filter((end) => seen.has(end) && column.has(end) && shown.at(element, column.get(end)) === 0).map((end) => lossOf(run, end, steps)),
    ...spanOf(run, element, steps, lost),
  };
}

/// What happened to a node after the value came to it for the last time: `{ end, since, down }`, where
/// `down` is the first time it was down after that, or null.
function lossOf(run, end, steps) {
  const since = steps.findLast((step) => step.place === end).at;
  const gaps = downTimes(run, end, faultsOf(run).nodeFaults);
  return { end, since, down: gaps.find((gap) => gap.from >= since) ?? null };
}

/// From when to when it was on its way: to the last arrival, and to the first drop towards each
/// place (a node that tries again for ever would make it endless).
function spanOf(run, element, steps, drops) {
  const { sent, ended, dest } = run.messages;
  const begin = run.spread.elements.invoked[element];
  const times = steps.flatMap(({ row, at }) => (row >= 0 ? [sent[row], at] : [at]));
  const places = new Set();
  for (const row of drops) {
    if (!places.has(dest[row])) times.push(sent[row], ended[row]);
    places.add(dest[row]);
  }
  if (begin === begin) times.push(begin);
  const known = times.filter((time) => time === time);
  return known.length > 0 ? { from: Math.min(...known), to: Math.max(...known) } : { from: 0, to: run.end };
}

/// The window that shows a story, where it was lost, and other moments if they are not too far away.
export function windowOf(run, story, moments = []) {
  let { from, to } = story;
  const far = Math.max(40 * (to - from), 0.1 * run.end);
  const begin = from;
  for (const moment of [...moments, ...story.missing.map(({ down }) => down?.from)]) {
    if (Math.abs(moment - begin) < far) [from, to] = [Math.min(from, moment), Math.max(to, moment)];
  }
  const room = Math.max(0.18 * (to - from), 5e6);
  return { from: Math.max(0, from - room), to: Math.min(run.end, to + room * 1.6) };
}

/// Draws a story in front of faded messages.
export function drawStory(context, scene) {
  const { story } = scene;
  context.lineJoin = "round";
  drawDrops(context, scene);
  for (const step of story.steps) drawStep(context, scene, step);
  for (const end of story.never) drawAbsence(context, scene, end, scene.view.from, `${story.text} never came here`);
  for (const { end, since, down } of story.missing) drawAbsence(context, scene, end, down?.from ?? since, `${story.text} came, and was not shown in the end`);
}

/// The dropped messages that carried it; of many, only some are told in words, and all are thin.
function drawDrops(context, { run, story, layout, scale }) {
  const arrows = story.drops.slice(0, MOST_DROPS).map((row) => arrowOf(run, layout, scale, row));
  const lost = arrows.filter((arrow) => arrow && arrow.x2 > scale.left - 10 && arrow.x1 < scale.right);
  const few = lost.length <= FEW_DROPS;
  context.strokeStyle = color("--bad");
  for (const arrow of lost) {
    context.lineWidth = few ? 2.4 : 1;
    context.beginPath();
    traceLine(context, arrow);
    context.stroke();
    drawDropMark(context, reasonOf(run, arrow.row), arrow.x2, arrow.y2, few ? 5.5 : 3.5);
  }
  const taken = lost.map(({ x2, y2 }) => ({ left: x2 - 9, right: x2 + 11, y: y2 }));
  for (const end of [...story.never, ...story.missing.map((one) => one.end)]) {
    const track = layout.tracks[layout.trackOf[end]];
    if (track) taken.push({ left: scale.right - ABSENCE_ROOM, right: scale.right, y: absenceY(track) });
  }
  const words = new Map();
  for (const arrow of lost) {
    const text = whyDropped(run, arrow.row);
    if ((words.get(text) ?? 0) >= FEW_DROPS) continue;
    if (tellWhy(context, scale, text, arrow, taken)) words.set(text, (words.get(text) ?? 0) + (few ? 1 : 4));
  }
}

/// Draws the numbers of arrivals, in front of everything.
export function drawStoryNumbers(context, scene) {
  for (const step of scene.story.steps) drawNumber(context, scene, step);
}

const MOST_DROPS = 1000;
const FEW_DROPS = 12;
/// Pixels on the right that a note about a track without the value may take.
const ABSENCE_ROOM = 170;

function drawStep(context, { run, layout, scale }, { row }) {
  const arrow = row >= 0 ? arrowOf(run, layout, scale, row) : null;
  if (!arrow) return;
  context.strokeStyle = context.fillStyle = color("--accent");
  context.lineWidth = 3;
  context.beginPath();
  traceLine(context, arrow);
  context.stroke();
  context.beginPath();
  traceArrowHead(context, arrow.x1, arrow.y1, arrow.x2, arrow.y2, 10);
  context.fill();
}

function drawNumber(context, { layout, scale }, { number, place, at, again }) {
  const track = layout.tracks[layout.trackOf[place]];
  const x = scale.x(at);
  if (!track || x < scale.left - 12 || x > scale.right + 12) return;
  const radius = Math.min(9, Math.max(6, track.room / 3));
  context.fillStyle = color(again ? "--paper" : "--accent");
  context.strokeStyle = color(again ? "--accent" : "--paper");
  context.lineWidth = 1.5;
  context.beginPath();
  context.arc(x, track.y, radius, 0, 2 * Math.PI);
  context.fill();
  context.stroke();
  context.fillStyle = color(again ? "--accent" : "--paper");
  context.font = canvasFont(number > 99 ? 8 : 10.5, "bold");
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(String(number), x, track.y + 0.5);
}

/// The reason on one side of a mark, if nothing stands there.
function tellWhy(context, scale, text, { x2, y2 }, taken) {
  context.font = canvasFont(11, "bold");
  const width = context.measureText(text).width;
  const isFree = (left) => left > scale.left && left + width < scale.right && !taken.some((box) => Math.abs(box.y - y2) < 14 && left < box.right && box.left < left + width);
  const left = [x2 + 14, x2 - 14 - width].find(isFree);
  if (left === undefined) return false;
  taken.push({ left, right: left + width, y: y2 });
  context.textAlign = "left";
  context.textBaseline = "middle";
  haloText(context, text, left, y2, "--bad");
  return true;
}

const absenceY = (track) => track.y + (track.room > 44 ? 22 : Math.min(13, track.room / 4));

/// A track from which a value is missing, since `from`.
function drawAbsence(context, { layout, scale }, end, from, text) {
  const track = layout.tracks[layout.trackOf[end]];
  if (!track || scale.x(from) > scale.right) return;
  context.strokeStyle = color("--bad");
  context.lineWidth = 2;
  context.setLineDash([2, 5]);
  context.beginPath();
  context.moveTo(Math.max(scale.left, scale.x(from)), track.y);
  context.lineTo(scale.right, track.y);
  context.stroke();
  context.setLineDash([]);
  context.font = canvasFont(12, "bold");
  context.textAlign = "right";
  context.textBaseline = "middle";
  haloText(context, `∅ ${text}`, scale.right - 8, absenceY(track), "--bad");
}

/// The way of a value as text: `actions` are `select(row)`, `look(time)`, `show()` and `stop()`.
export function storyPanel(run, story, actions) {
  const panel = build("section", { class: "dg-story", "aria-label": `The way of ${story.text}` });
  panel.append(
    build("h3", {}, `The way of ${story.text}`),
    build("p", { class: "dg-buttons" }, build("button", { type: "button", click: actions.show }, "show all of its way"), build("button", { type: "button", class: "dg-stop", click: actions.stop }, "stop following")),
  );
  if (!run.spread.exact) panel.append(build("p", { class: "dg-guess" }, "What messages carry is a guess here: these nodes speak a protocol of their own."));
  panel.append(acknowledged(run, story), build("ol", { class: "dg-path" }, ...story.steps.slice(0, MOST_LINES).map((step) => stepLine(run, step, actions))));
  if (story.steps.length > MOST_LINES) panel.append(build("p", {}, `and ${countOf(story.steps.length - MOST_LINES, "more arrival")}`));
  if (story.drops.length > 0) panel.append(build("h4", {}, "Where it stopped"), dropList(run, story, actions));
  if (!run.spread.drops.complete) panel.append(build("p", { class: "dg-guess" }, "More dropped messages carried it than are listed here."));
  const nodes = run.ends.filter((end) => end.role === "node").length;
  const names = (ends) => ends.map((end) => endName(run, end)).join(", ");
  if (story.never.length > 0) panel.append(build("p", { class: "dg-never" }, `∅ It never came to ${names(story.never)}.`));
  else panel.append(build("p", { class: "dg-everywhere" }, `✓ It came to all ${countOf(nodes, "node")}.`));
  if (story.missing.length > 0) panel.append(build("h4", {}, "Not shown in the end by"), build("ul", { class: "dg-drops" }, ...lossLines(run, story, actions)));
  return panel;
}

/// Nodes that had it, together where they went down together: `∅ n0, n1: down from 3.331 s (kill-1) after it came`.
function lossLines(run, story, actions) {
  const groups = new Map();
  for (const { end, down } of story.missing) {
    const key = `${down?.from} ${down?.by}`;
    if (!groups.has(key)) groups.set(key, { down, names: [] });
    groups.get(key).names.push(endName(run, end));
  }
  return Array.from(groups.values(), ({ down, names }) => {
    const who = `∅ ${names.slice(0, MOST_OF_GROUP).join(", ")}${names.length > MOST_OF_GROUP ? ` and ${formatCount(names.length - MOST_OF_GROUP)} more` : ""}`;
    if (!down) return build("li", { class: "dg-never" }, `${who}: though it came there`);
    const by = down.by === "itself" ? " (crashed)" : down.by ? ` (${visible(down.by, 60)})` : "";
    return build("li", { class: "dg-never" }, `${who}: `, build("button", { type: "button", class: "dg-link", click: () => actions.look(down.from) }, `down from ${formatTime(down.from)}`), `${by} after it came`);
  });
}

const MOST_LINES = 200;

function acknowledged(run, { element }) {
  const { invoked, acked, failed } = run.spread.elements;
  const began = Number.isNaN(invoked[element]) ? "No operation is known that brought it" : `A client gave it at ${formatTime(invoked[element])}`;
  const end = !Number.isNaN(acked[element]) ? `, it was acknowledged at ${formatTime(acked[element])}.` : failed[element] ? ", and it was refused." : ", it was never acknowledged.";
  return build("p", {}, began + end);
}

function stepLine(run, { row, place, at, source, again }, actions) {
  const from = source >= 0 ? `${endName(run, source)} → ` : "→ ";
  const text = `${from}${endName(run, place)} at ${formatTime(at)}${again ? " (again)" : ""}`;
  return build("li", {}, row >= 0 ? rowLink(row, text, actions) : text, row >= 0 ? ` ${kindOf(run, row)}` : " (its message is not among those of this page)");
}

/// Dropped messages by whom they were for and why: `× to n4, cut off by partition-1: n1 at 1.809 s, …`
function dropList(run, story, actions) {
  const { src, dest, ended } = run.messages;
  const groups = new Map();
  for (const row of story.drops) {
    const title = `to ${endName(run, dest[row])}, ${whyDropped(run, row)}:`;
    if (!groups.has(title)) groups.set(title, []);
    groups.get(title).push(row);
  }
  const lines = Array.from(groups, ([title, rows]) => {
    const links = rows.slice(0, MOST_OF_GROUP).flatMap((row) => [" ", rowLink(row, `from ${endName(run, src[row])} at ${formatTime(ended[row])}`, actions)]);
    const more = rows.length > MOST_OF_GROUP ? ` and ${formatCount(rows.length - MOST_OF_GROUP)} more` : "";
    return build("li", {}, build("b", {}, "× "), title, ...links, more);
  });
  return build("ul", { class: "dg-drops" }, ...lines.slice(0, MOST_LINES));
}

const MOST_OF_GROUP = 12;

/// A button that selects a message.
export function rowLink(row, text, actions) {
  return build("button", { type: "button", class: "dg-link", "data-row": row, click: () => actions.select(row) }, text);
}
