// Starts the page: reads the run, mounts each part, makes the evidence lead to its moment.

import { loadRun, visible, formatTime } from "./model.js";
import { view, hashOf, readHash } from "./time.js";
import { mountDiagram } from "./diagram.js";
import { mountPropagation } from "./propagation.js";
import { mountMatrix } from "./matrix.js";
import { mountOperations } from "./operations.js";
import { mountLatency } from "./latency.js";
import { mountNetwork } from "./network.js";
import { mountLinks } from "./heat.js";
import { mountTopology } from "./topology.js";
import { followContents } from "./contents.js";

// A part that fails says so in its place, and the others go on.
const PARTS = [
  ["diagram", (run, container) => mountDiagram(run, container)],
  ["propagation", (run, container) => mountPropagation(run, container)],
  ["matrix", (run, container) => mountMatrix(run, container)],
  ["operations", (run, container) => mountOperations(run, container)],
  ["latency", (run, container) => mountLatency(run, container)],
  ["network", (run, container) => mountNetwork(run, container)],
  ["links", (run, container) => mountLinks(run, container)],
  ["topology", (run, container) => mountTopology(run, container)],
];

async function start() {
  const status = document.getElementById("status");
  status.textContent = "Reading the messages…";
  let run;
  try {
    run = await loadRun();
  } catch (error) {
    status.textContent = `Diagrams and charts cannot be shown: ${visible(error.message)}. This browser may be too old (2023), or the file was cut short.`;
    console.error(error);
    return;
  }
  view.setEnd(run.end);
  followHash(run);
  connectMoments(run);
  for (const [id, mount] of PARTS) await mountPart(id, mount, run);
  followContents(document.querySelector("nav"));
  status.textContent = "";
  document.body.dataset.ready = "true";
}

async function mountPart(id, mount, run) {
  const container = document.getElementById(id);
  try {
    await mount(run, container);
  } catch (error) {
    const line = document.createElement("p");
    line.className = "failure";
    line.textContent = `This part cannot be shown: ${visible(error.message)}`;
    container.replaceChildren(line);
    console.error(error);
  }
  // Nothing to show: neither a headline nor a way to it.
  if (container.childElementCount === 0) {
    container.closest("section").hidden = true;
    document.querySelector(`nav a[href="#${id}"]`)?.remove();
  }
}

/** What a piece of evidence is about: when, which element and node, which message tells most. */
export function momentOf(run, { time, node, element }) {
  const moment = { row: -1, element, node, operation: -1, time };
  const { spread, messages } = run;
  let begin = time;
  let end = time;
  if (spread && element >= 0) {
    moment.row = tellingRow(spread, element, node);
    begin = spread.elements.invoked[element];
    const { arrivals } = spread;
    const last = arrivals.at.subarray(arrivals.offset[element], arrivals.offset[element + 1]);
    end = Math.max(begin, ...last.subarray(Math.max(0, last.length - 1000)));
  }
  if (moment.row >= 0) {
    begin = Math.min(begin, messages.sent[moment.row]);
    end = Math.max(end, messages.ended[moment.row] || messages.sent[moment.row]);
  }
  if (!Number.isFinite(moment.time)) moment.time = moment.row >= 0 ? messages.ended[moment.row] : begin;
  return { moment, begin, end };
}

// The last message that would have brought the element to the node and was dropped, else the
// one that brought it; else the last one with it that was dropped on its way to anybody, which
// is where it stopped, or the last that came anywhere.
function tellingRow({ drops, arrivals }, element, node) {
  const best = [-1, -1, -1, -1];
  for (let drop = drops.offset[element]; drop < drops.offset[element + 1]; drop += 1) {
    if (drops.row[drop] < 0) continue;
    best[2] = drops.row[drop];
    if (drops.place[drop] === node) best[0] = drops.row[drop];
  }
  for (let arrival = arrivals.offset[element]; arrival < arrivals.offset[element + 1]; arrival += 1) {
    if (arrivals.row[arrival] < 0) continue;
    best[3] = arrivals.row[arrival];
    if (arrivals.place[arrival] === node) best[1] = arrivals.row[arrival];
  }
  return best.find((row) => row >= 0) ?? -1;
}

function connectMoments(run) {
  for (const button of document.querySelectorAll("button.moment")) {
    button.addEventListener("click", () => {
      const { time, node, element } = button.dataset;
      const anomaly = button.closest("li.anomaly");
      let index = anomaly ? run.anomalyElement(Number(anomaly.dataset.index)) : -1;
      if (index < 0 && element !== undefined && run.spread) index = run.spread.indexOf(element);
      show(run, { time: time === undefined ? NaN : Number(time), node: node === undefined ? -1 : run.endOf(node), element: index });
    });
  }
}

function show(run, about) {
  const { moment, begin, end } = momentOf(run, about);
  view.clear();
  view.select(moment);
  if (Number.isFinite(begin)) {
    // With what was before and after it; a long story is shown from its beginning.
    const margin = Math.max((end - begin) * 0.15, Math.min(run.end / 20, 0.5e9));
    view.setWindow(begin - margin, end + margin);
  }
  const diagram = document.getElementById("diagram-section");
  diagram.scrollIntoView({ block: "start" });
  const focus = document.getElementById("diagram-title");
  focus.tabIndex = -1;
  focus.focus({ preventScroll: true });
  document.getElementById("status").textContent = `The diagram shows ${formatTime(view.window.from)} to ${formatTime(view.window.to)}.`;
}

// The address says what is looked at, so that a moment can be sent to somebody else.
function followHash(run) {
  const take = () => {
    const asked = readHash(location.hash);
    if (!asked) return;
    if (asked.window) view.setWindow(asked.window.from, asked.window.to);
    const { row = -1, element = -1, node = -1, operation = -1, time = NaN } = asked.selection;
    view.select({
      row: row < run.messages.count ? row : -1,
      element: run.spread && element < run.spread.elements.count ? element : -1,
      node: node < run.ends.length ? node : -1,
      operation: operation < run.operations.count ? operation : -1,
      time,
    });
  };
  const write = () => {
    const hash = hashOf(view);
    if (hash === location.hash.slice(1) || (hash === "" && !readHash(location.hash))) return;
    try {
      history.replaceState(null, "", `#${hash}`);
    } catch {
      // Browsers refuse more than so many changes a second; the next one will do.
    }
  };
  take();
  addEventListener("hashchange", take);
  view.on("window", write);
  view.on("select", write);
}

if (typeof document !== "undefined") start();
