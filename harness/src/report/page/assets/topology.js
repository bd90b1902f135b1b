// The topology, playable: which links carried how much within the window, which nodes were
// up at the moment, which had the selected value, what was on its way.

import { tally } from "./bins.js";
import { build, choice, lazily, whenNear } from "./build.js";
import { surroundings } from "./charts.js";
import { faultsAt } from "./bands.js";
import { edgeTotals, graphEdges, isCutAt, nodePlaces, nodeStateAt, playOn, SPEEDS, stepTo, wayOf } from "./playback.js";
import { reachOf } from "./reach.js";
import { linkTotals, onTheirWay } from "./tallies.js";
import { topologyGraph } from "./topology-graph.js";
import { formatCount, formatTime, visible } from "./model.js";
import { view } from "./time.js";

const MOST_DOTS = 250;
/// While it plays, the other parts follow so often (ms): each of them draws anew.
const FOLLOW_MS = 200;

/// Puts the topology into `container`; nothing if there are no two nodes.
export function mountTopology(run, container) {
  const nodes = run.ends.filter((end) => end.role === "node").length;
  if (nodes < 2) return;
  whenNear(container, () => showTopology(run, container, nodes));
}

function showTopology(run, container, nodes) {
  const edges = graphEdges(run);
  const names = run.ends.slice(0, nodes).map((end) => visible(end.name, 14));
  const graph = topologyGraph({ names, places: nodePlaces(run), edges, pick: (node) => view.select({ node }) });
  const state = { run, nodes, names, edges, graph, bands: surroundings(run).bands, time: NaN, playing: false, speed: 0, followed: 0 };
  state.line = build("p", { class: "readout" });
  const controls = playControls(state);
  const note = build("span", { class: "note" });
  state.note = note;
  const told = run.topology?.told !== false && run.topology ? "the neighbours that nodes were told" : "nodes that sent each other messages";
  const caption = build("figcaption", {}, build("h3", {}, "Graph"), build("span", { class: "unit" }, told), note);
  container.append(build("figure", { class: "chart topology" }, caption, controls, state.line, topologyKeys(), graph.svg));
  state.redrawEdges = lazily(graph.svg, () => {
    drawEdges(state);
    showMoment(state);
  });
  view.on("window", () => {
    state.weights = null;
    state.redrawEdges();
  });
  view.on("select", () => {
    if (!state.playing && Number.isFinite(view.selection.time)) state.time = view.selection.time;
    showMoment(state);
  });
}

/// The moment that is shown: the selected one, else the end of the window.
function momentShown(state) {
  return Number.isFinite(state.time) ? state.time : view.window.to;
}

function playControls(state) {
  const reduced = matchMedia("(prefers-reduced-motion: reduce)");
  const button = (label, title, click) => build("button", { type: "button", title, "aria-label": title, click }, label);
  state.play = button("▶ play", "play", () => (state.playing ? stopPlaying(state) : startPlaying(state, reduced.matches)));
  state.play.classList.add("play");
  state.slider = build("input", { type: "range", class: "moment-slider", min: 0, max: 1000, step: 1, "aria-label": "moment", input: () => {
    const { from, to } = view.window;
    stopPlaying(state);
    goToMoment(state, from + (Number(state.slider.value) / 1000) * (to - from));
  } });
  return build(
    "div",
    { class: "controls player" },
    button("◀", "the message event before", () => stepMoment(state, -1)),
    state.play,
    button("▶|", "the next message event", () => stepMoment(state, 1)),
    state.slider,
    choice("speed", SPEEDS.map(([value, label]) => [String(value), label]), "0", (value) => (state.speed = Number(value))),
  );
}

function startPlaying(state, reduced) {
  const { from, to } = view.window;
  state.playing = true;
  state.reduced = reduced;
  if (!(state.time >= from && state.time < to)) state.time = from;
  state.play.textContent = "❚❚ pause";
  state.play.setAttribute("aria-label", "pause");
  state.last = performance.now();
  requestAnimationFrame((now) => playFrame(state, now));
}

// With reduced motion the picture changes twice a second, in steps.
function playFrame(state, now) {
  if (!state.playing) return;
  const least = state.reduced ? 500 : 0;
  const elapsed = now - state.last;
  if (elapsed >= least && elapsed > 0) {
    state.last = now;
    const { time, over } = playOn(state.time, Math.min(elapsed, 1000), state.speed, view.window);
    state.time = time;
    if (now - state.followed > FOLLOW_MS || over) {
      state.followed = now;
      view.select({ time });
    }
    showMoment(state);
    if (over) stopPlaying(state);
  }
  if (state.playing) requestAnimationFrame((next) => playFrame(state, next));
}

function stopPlaying(state) {
  if (!state.playing) return;
  state.playing = false;
  state.play.textContent = "▶ play";
  state.play.setAttribute("aria-label", "play");
  view.select({ time: state.time });
}

function goToMoment(state, time) {
  state.time = time;
  view.select({ time });
  showMoment(state);
}

function stepMoment(state, step) {
  stopPlaying(state);
  const { messages } = state.run;
  state.ends ??= tally(messages.ended, Uint32Array.from({ length: messages.count }, (_, row) => row)).at;
  goToMoment(state, stepTo([messages.sent, state.ends], momentShown(state), step, view.window));
}

function drawEdges(state) {
  const { run, edges, graph } = state;
  const totals = linkTotals(run, view.window.from, view.window.to);
  state.weights = edgeTotals(edges, totals, run.ends.length);
  const most = Math.max(1, ...state.weights.map((one) => one.messages));
  graph.setEdges(state.weights.map(({ messages, dropped }, i) => edgeLook(state, edges[i], { messages, dropped, most })));
  state.note.textContent = `messages from ${formatTime(view.window.from)} to ${formatTime(view.window.to)}`;
}

function edgeLook({ names, edges }, { a, b }, { messages, dropped, most }) {
  const share = messages > 0 ? dropped / messages : 0;
  const percent = `${Math.max(1, Math.round(share * 100))} %`;
  return {
    share: messages / most,
    dropped: share,
    label: share > 0 && edges.length <= 60 ? percent : "",
    about: `${names[a]} and ${names[b]}: ${formatCount(messages)} messages${dropped ? `, ${formatCount(dropped)} dropped (${percent})` : ""}`,
  };
}

// Everything that depends on the moment. Nothing here looks at more than the messages
// that are on their way.
function showMoment(state) {
  const { run, graph, bands } = state;
  const time = momentShown(state);
  const has = nodesThatHave(state, time);
  for (let node = 0; node < state.nodes; node++) {
    const condition = nodeStateAt(run, bands, node, time);
    const carries = has?.has(node) ?? false;
    const about = `${state.names[node]}: ${condition}${has ? (carries ? ", has the selected value" : ", does not have the selected value") : ""}`;
    graph.setNode(node, { state: condition, has: carries, chosen: view.selection.node === node, about });
  }
  showCuts(state, time);
  const flying = showDots(state, time);
  const { from, to } = view.window;
  state.slider.value = String(Math.round(((time - from) / (to - from)) * 1000));
  state.slider.setAttribute("aria-valuetext", formatTime(time));
  const { element } = view.selection;
  const value = has ? `${visible(run.spread.elements.text(element), 40)} is at ${has.size} of ${state.nodes} nodes` : "";
  state.line.textContent = [formatTime(time), flying, value, ...faultsAt(bands, time)].filter(Boolean).join(" · ");
}

function nodesThatHave(state, time) {
  const { run } = state;
  const { element } = view.selection;
  if (!run.spread || element < 0 || element >= run.spread.elements.count) return null;
  state.reach ??= reachOf(run);
  const { offset, after, place } = state.reach;
  const out = new Set();
  const since = time - run.spread.elements.invoked[element];
  for (let i = offset[element]; i < offset[element + 1] && after[i] <= since; i++) out.add(place[i]);
  return out;
}

function showCuts({ bands, edges, run, graph }, time) {
  const cuts = bands.filter((band) => band.action === "cut" && band.from <= time && time < band.to);
  const groups = graph.svg.querySelectorAll(":scope > g:not(.node):not(.dots)");
  edges.forEach(({ a, b }, i) => {
    const cut = cuts.length > 0 && isCutAt(cuts, run.ends[a].name, run.ends[b].name, time);
    if (groups[i].classList.contains("severed") !== cut) groups[i].classList.toggle("severed", cut);
  });
}

function showDots({ run, nodes, graph }, time) {
  const { messages } = run;
  const rows = onTheirWay(run, time, 20_000).filter((row) => messages.src[row] < nodes && messages.dest[row] < nodes);
  const few = rows.length <= MOST_DOTS;
  graph.setDots(few ? rows.map((row) => ({ src: messages.src[row], dest: messages.dest[row], way: wayOf(messages, row, time), dropped: messages.fate[row] === 2 })) : []);
  const count = `${formatCount(rows.length)}${rows.length >= 20_000 ? " or more" : ""} ${rows.length === 1 ? "message" : "messages"} on their way`;
  return few ? count : `${count}, too many to draw`;
}

function topologyKeys() {
  const host = build("div", { class: "keys" });
  const add = (sign, text, look = "") => host.append(build("span", { class: "key" }, build("span", { class: `glyph ${look}`, "aria-hidden": "true" }, sign), build("span", {}, text)));
  add("━", "thicker: more messages within the window", "flow");
  add("━", "the share of them that was dropped", "lost");
  add("●", "message on its way, ✕ one that will be dropped");
  add("✕", "node down");
  add("‖", "node paused");
  add("✓", "node has the selected value");
  add("✂", "link cut at this moment");
  return host;
}
