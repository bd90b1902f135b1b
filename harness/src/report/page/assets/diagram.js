// The space-time diagram: a track for each node, service and client; messages are arrows in real
// time; faults are bands. Lamport's picture of 1978, with a filter and a magnifying glass.
//
//   filter bar ─► shown rows ─┐
//   view.window ──────────────┼─► scene ─► ground, messages or density, story, margins
//   view.selection ───────────┘      └──► table, details, story as text
//
// One scene is made per frame at most; what the pointer is over is drawn on a layer of its own.

import { build, tooltip } from "./build.js";
import { detailsPanel } from "./details.js";
import { causesOf, effectsOf, neighbourOnTrack } from "./diagram-causes.js";
import { drawGround, drawLanes, drawMargins } from "./diagram-faults.js";
import { densityOf, indexMessages, rowsInWindow, shownRows } from "./diagram-index.js";
import { listenToDiagramKeys, listenToStage } from "./diagram-input.js";
import { clientsByDefault, faultsOf, laneCount, timeScale, tracksOf } from "./diagram-layout.js";
import { diagramLegend } from "./diagram-legend.js";
import { MOST_ARROWS, MOST_OPERATIONS, arrowOf, drawArrows, drawDensity, drawArrowLabels, drawOperations } from "./diagram-messages.js";
import { overviewStrip } from "./diagram-overview.js";
import { drawBrush, drawChosen, drawTime } from "./diagram-selection.js";
import { messageTable } from "./diagram-table.js";
import { faultLines, thingAt } from "./diagram-under.js";
import { countOf, endName, inWords } from "./diagram-words.js";
import { filterBar, maskOf, openFilter } from "./filter.js";
import { drawStory, drawStoryNumbers, storyOf, storyPanel, windowOf } from "./follow.js";
import { formatDuration, formatTime } from "./model.js";
import { onThemeChange, sizedContext } from "./theme.js";
import { view } from "./time.js";

/// Pixels of a bin of the density.
const BIN = 2;
/// How far back everything steps while a value is followed.
const FADED = 0.16;

/// Builds the diagram of `run` in `container`.
export function mountDiagram(run, container) {
  return new Diagram(run, container);
}

class Diagram {
  constructor(run, container) {
    this.run = run;
    this.faults = faultsOf(run);
    this.lanes = laneCount(this.faults.lanes);
    this.index = indexMessages(run.messages);
    const { invoked, completed, count } = run.operations;
    this.operations = indexMessages({ count, sent: invoked, ended: completed });
    this.filter = openFilter(clientsByDefault(run));
    this.shown = shownRows(run.messages.count);
    this.layout = tracksOf(run, this.filter.clients, this.lanes);
    this.story = null;
    this.open = false;
    this.marked = -1;
    this.past = { rows: [], at: -1 };
    this.seen = { row: -1, element: -1, node: -1 };
    this.build(container);
    this.listen();
    this.selected(view.selection.row >= 0 || view.selection.element >= 0);
    this.draw();
  }

  build(container) {
    const { run } = this;
    this.bar = filterBar(run, this.filter, { changed: () => this.filtered(), follow: (element) => this.follow(element), say: (text) => this.say(text) });
    this.base = build("canvas", { "aria-hidden": "true" });
    this.over = build("canvas", { class: "dg-over", "aria-hidden": "true" });
    this.stage = build("div", { class: "dg-stage", tabindex: 0, role: "application", "aria-roledescription": "space-time diagram", "aria-label": `Messages of ${countOf(this.layout.tracks.length, "track")} over time`, "aria-describedby": "dg-help" }, this.base, this.over);
    this.tip = tooltip(this.stage);
    this.overview = overviewStrip(run, view);
    this.legend = diagramLegend(run, this.faults);
    this.status = build("p", { class: "dg-status" });
    this.live = build("p", { class: "dg-live", "aria-live": "polite" });
    this.panel = build("div", { class: "dg-panel", hidden: true });
    this.table = messageTable(run, { select: (row) => this.choose(row, { open: true }) });
    const help = build(
      "p",
      { class: "dg-help", id: "dg-help" },
      "Wheel (after a click, or with Ctrl), pinch, + and − zoom; drag and arrow keys pan; Shift and drag zooms into a stretch; 0 shows everything. ↑ ↓ choose a track, then ← → go from message to message; Enter opens one, Escape closes it; / goes to the filter.",
    );
    const zoom = build(
      "span",
      { class: "dg-zoom", role: "group", "aria-label": "Zoom" },
      this.button("−", "zoom out", () => view.zoom(1.6)),
      this.button("+", "zoom in", () => view.zoom(1 / 1.6)),
      this.button("everything", "show the whole run", () => view.reset()),
    );
    container.classList.add("dg");
    container.replaceChildren(this.bar.bar, build("div", { class: "dg-row" }, this.status, zoom), this.overview.canvas, this.stage, this.live, this.panel, this.legend.box, help, this.table.box);
  }

  button(text, label, click) {
    return build("button", { type: "button", "aria-label": label, title: label, click }, text);
  }

  listen() {
    view.on("window", () => this.draw());
    view.on("select", () => (this.selected(), this.draw()));
    onThemeChange(() => (this.overview.forget(), this.draw()));
    new ResizeObserver(() => this.stage.clientWidth !== this.scene?.width && this.draw()).observe(this.stage);
    const timeAt = (x) => this.scene.scale.time(x);
    listenToStage(this.stage, {
      zoom: (factor, x) => view.zoom(factor, timeAt(x)),
      panBy: (pixels) => view.pan(-pixels / (this.scene.scale.right - this.scene.scale.left)),
      brush: (x1, x2, done) => this.brush(x1, x2, done),
      hover: (x, y) => this.hover(x, y),
      leave: () => this.hover(-1, -1),
      click: (x, y) => this.click(x, y),
      passed: () => this.say("Click into the diagram, or hold Ctrl, to zoom with the wheel."),
    });
    listenToDiagramKeys(this.stage, {
      zoom: (factor) => view.zoom(factor, this.focusTime()),
      pan: (share) => view.pan(share),
      fit: () => view.reset(),
      track: (step) => this.chooseTrack(step),
      step: (step) => this.step(step),
      isOnTrack: () => this.marked >= 0 || view.selection.row >= 0,
      open: () => this.openSelected(),
      back: () => this.travel(-1),
      forward: () => this.travel(1),
      escape: () => this.escape(),
      filter: () => this.bar.focus(),
    });
    this.panel.addEventListener("keydown", (event) => this.panelKey(event));
  }

  // --- what is shown -------------------------------------------------------------------------

  filtered() {
    const { run, filter } = this;
    this.shown = shownRows(run.messages.count, maskOf(run, filter));
    this.layout = tracksOf(run, filter.clients, this.lanes);
    this.marked = Math.min(this.marked, this.layout.tracks.length - 1);
    this.overview.forget();
    this.draw();
  }

  /// Makes the scene of this moment and draws it.
  draw() {
    const width = Math.max(240, this.stage.clientWidth);
    const scale = timeScale(view.window, width);
    const { rows, count } = rowsInWindow(this.index, view.window, this.shown, MOST_ARROWS);
    const { layout, run, faults, story, index, shown } = this;
    const scene = { run, width, scale, layout, faults, story, index, shown, view: view.window, selection: view.selection, marked: this.marked, fade: story ? FADED : 1, count, arrows: [], density: null };
    if (count > MOST_ARROWS) scene.density = densityOf(index, view.window, shown, layout.trackOf, layout.tracks.length, Math.floor((scale.right - scale.left) / BIN));
    else scene.arrows = rows.map((row) => arrowOf(run, layout, scale, row)).filter(Boolean);
    scene.operations = rowsInWindow(this.operations, view.window, EVERYTHING, MOST_OPERATIONS + 1).rows;
    this.scene = scene;
    this.paint(scene);
    this.overview.draw(scene);
    this.legend.draw();
    this.table.update(scene);
    this.bar.count(this.shown.total, run.messages.count);
    this.tellStatus(scene);
    this.hover(-1, -1);
  }

  paint(scene) {
    const { layout, scale, width } = scene;
    const context = sizedContext(this.base, width, layout.height);
    this.stage.style.height = `${layout.height}px`;
    drawGround(context, scene);
    context.save();
    context.beginPath();
    context.rect(scale.left, layout.top, scale.right - scale.left, layout.bottom - layout.top);
    context.clip();
    if (scene.operations.length <= MOST_OPERATIONS) drawOperations(context, scene);
    if (scene.density) drawDensity(context, scene);
    else drawArrows(context, scene);
    if (!scene.story && !scene.density) drawArrowLabels(context, scene);
    if (scene.story) drawStory(context, scene);
    this.paintSelection(context, scene);
    if (scene.story) drawStoryNumbers(context, scene);
    context.restore();
    scene.boxes = drawLanes(context, scene);
    drawMargins(context, scene);
  }

  paintSelection(context, scene) {
    const { row, time } = view.selection;
    drawTime(context, scene, time);
    if (row < 0) return;
    const { reply, before } = causesOf(this.run, row);
    const { replies, sent } = effectsOf(this.run, row);
    const cause = reply >= 0 ? reply : before[0] ?? -1;
    drawChosen(context, scene, row, { causes: cause >= 0 ? [cause] : [], effects: [...replies, ...sent] });
  }

  tellStatus({ count, density, view: { from, to } }) {
    const { run, shown } = this;
    const span = `${formatTime(from)} to ${formatTime(to)} (${formatDuration(to - from)})`;
    const many = density ? `${countOf(count, "message")} here: zoom in to see each` : countOf(count, "message");
    const hidden = shown.total < run.messages.count ? ", filtered" : "";
    const none = run.messages.count === 0 ? "No messages were recorded in this run. " : "";
    this.status.textContent = `${none}${span}: ${many}${hidden}`;
  }

  say(text) {
    this.live.textContent = text;
  }

  // --- the pointer ---------------------------------------------------------------------------

  hover(x, y) {
    const { scene } = this;
    const context = sizedContext(this.over, scene.width, scene.layout.height);
    const found = x >= 0 ? thingAt(scene, x, y) : null;
    this.stage.style.cursor = found?.arrow || found?.fault ? "pointer" : "default";
    if (found?.arrow) drawChosen(context, scene, found.arrow.row, { hover: true });
    if (found && found.lines.length > 0) this.tip.show(found.lines, x, y);
    else this.tip.hide();
  }

  click(x, y) {
    const found = thingAt(this.scene, x, y);
    this.stage.focus({ preventScroll: true });
    if (found?.arrow) return this.choose(found.arrow.row, { open: true });
    if (found?.operation !== undefined) return view.select({ operation: found.operation, node: this.run.operations.node[found.operation] });
    if (found?.fault) return this.say(faultLines(found.fault, this.run).join(", "));
    if (this.scene.density && x > this.scene.scale.left) return view.zoom(0.25, this.scene.scale.time(x));
    if (view.selection.row >= 0 || view.selection.operation >= 0) this.letGo();
  }

  brush(x1, x2, done) {
    const { scene } = this;
    const context = sizedContext(this.over, scene.width, scene.layout.height);
    const inside = (x) => Math.max(scene.scale.left, Math.min(scene.scale.right, x));
    const [left, right] = [Math.min(inside(x1), inside(x2)), Math.max(inside(x1), inside(x2))];
    if (done) {
      if (right - left > 5) view.setWindow(scene.scale.time(left), scene.scale.time(right));
      return;
    }
    drawBrush(context, scene, left, right);
  }

  // --- selection -----------------------------------------------------------------------------

  /// Selects a message, brings it into the window, and remembers where we came from.
  choose(row, { open = this.open, remember = true, sight = true } = {}) {
    if (remember && row !== this.past.rows[this.past.at]) {
      this.past.rows.length = this.past.at + 1;
      this.past.rows.push(row);
      this.past.at++;
    }
    this.open = open;
    if (sight) this.bringIntoSight(row);
    if (view.selection.row === row) this.showPanel();
    view.select({ row });
  }

  travel(step) {
    const at = this.past.at + step;
    if (at < 0 || at >= this.past.rows.length) return;
    this.past.at = at;
    this.choose(this.past.rows[at], { open: true, remember: false });
  }

  /// Moves the window, if a message is not in it; widens it, if it is longer than the window.
  bringIntoSight(row) {
    const { sent, ended } = this.run.messages;
    const { from, to } = view.window;
    const end = Number.isNaN(ended[row]) ? sent[row] : ended[row];
    if (sent[row] >= from && end <= to) return;
    const span = Math.max(to - from, (end - sent[row]) * 1.6);
    const middle = (sent[row] + end) / 2;
    view.setWindow(middle - span / 2, middle + span / 2);
  }

  /// The selection has changed, here or elsewhere in the page; `fresh` if it stood in the address,
  /// which knows the window too.
  selected(fresh = false) {
    const { row, element, node } = view.selection;
    const before = this.seen;
    this.seen = { row, element, node };
    const other = element !== before.element;
    if (other) this.story = element >= 0 && this.run.spread ? storyOf(this.run, element) : null;
    const telling = other && this.story && !fresh && !tellsStory(this.run, this.story, view.window);
    if (telling) this.showStory();
    if (row >= 0 && row !== before.row) {
      this.say(inWords(this.run, row));
      if (row !== this.past.rows[this.past.at]) this.choose(row, { open: true, sight: !telling && !fresh });
    }
    if (row < 0 && before.row >= 0) this.open = false;
    if (node >= 0 && node !== before.node) this.marked = this.layout.trackOf[node];
    this.showPanel();
  }

  showPanel() {
    const { run, story } = this;
    const { row } = view.selection;
    const parts = [];
    const select = (one) => this.choose(one, { open: true });
    if (story) parts.push(storyPanel(run, story, { select, look: (time) => this.look(time), show: () => this.showStory(), stop: () => this.stopFollowing() }));
    if (row >= 0 && this.open) {
      const past = { back: this.past.at > 0, forward: this.past.at + 1 < this.past.rows.length };
      parts.push(detailsPanel(run, row, { select, follow: (element) => this.follow(element), back: () => this.travel(-1), forward: () => this.travel(1), close: () => this.escape() }, past));
    }
    const focused = this.panel.contains(document.activeElement);
    this.panel.replaceChildren(...parts);
    this.panel.hidden = parts.length === 0;
    // What had the focus is gone: it stays near.
    if (focused) (this.panel.querySelector(".dg-details h3, .dg-story button") ?? this.stage).focus({ preventScroll: true });
  }

  openSelected() {
    if (view.selection.row < 0) return this.step(1);
    this.open = true;
    this.showPanel();
    this.panel.querySelector(".dg-details h3")?.focus({ preventScroll: true });
  }

  panelKey(event) {
    const acts = { Escape: () => this.escape(), "[": () => this.travel(-1), "]": () => this.travel(1) };
    if (event.ctrlKey || event.altKey || event.metaKey || !acts[event.key]) return;
    event.preventDefault();
    acts[event.key]();
  }

  /// Closes the innermost that is open: details, the selection, the track, what is followed.
  escape() {
    if (this.open && view.selection.row >= 0) {
      this.open = false;
      this.showPanel();
    } else if (view.selection.row >= 0) this.letGo();
    else if (this.marked >= 0) (this.marked = -1), this.draw();
    else if (this.story) this.stopFollowing();
    this.stage.focus({ preventScroll: true });
  }

  letGo() {
    view.select({ row: -1, operation: -1, node: -1, time: NaN });
  }

  // --- values --------------------------------------------------------------------------------

  follow(element) {
    view.select({ element });
    if (this.story?.element === element) this.showStory();
  }

  showStory() {
    const { row, time } = view.selection;
    const { sent, ended } = this.run.messages;
    const { from, to } = windowOf(this.run, this.story, row >= 0 ? [time, sent[row], ended[row]] : [time]);
    view.setWindow(from, to);
  }

  /// Shows a moment, and as much around it as was shown before.
  look(time) {
    const half = (view.window.to - view.window.from) / 2;
    view.setWindow(time - half, time + half);
    view.select({ time });
  }

  stopFollowing() {
    view.select({ element: -1 });
    this.stage.focus({ preventScroll: true });
  }

  // --- keys ----------------------------------------------------------------------------------

  /// Around what the keys zoom: what is selected, if it is in sight.
  focusTime() {
    const { row, time } = view.selection;
    const { from, to } = view.window;
    const at = row >= 0 ? this.run.messages.sent[row] : time;
    return at >= from && at <= to ? at : (from + to) / 2;
  }

  chooseTrack(step) {
    const { tracks } = this.layout;
    if (tracks.length === 0) return;
    this.marked = this.marked < 0 ? (step > 0 ? 0 : tracks.length - 1) : Math.max(0, Math.min(tracks.length - 1, this.marked + step));
    const track = tracks[this.marked];
    const { row } = view.selection;
    const { src, dest } = this.run.messages;
    if (row >= 0 && !track.ends.includes(src[row]) && !track.ends.includes(dest[row])) {
      // On to the message of the new track that is nearest in time.
      const near = neighbourOnTrack(this.run, track.ends, -1, this.run.messages.sent[row], 1, this.shown.mask);
      if (near >= 0) return this.choose(near);
    }
    this.say(`${track.ends.length === 1 ? endName(this.run, track.ends[0]) : track.label}: ← and → go along its messages`);
    this.draw();
  }

  /// The next or the last message on the chosen track; on the sender's, if none is chosen.
  step(step) {
    const { run, layout } = this;
    const { row } = view.selection;
    if (this.marked < 0) this.marked = row >= 0 ? Math.max(0, layout.trackOf[run.messages.src[row]]) : 0;
    const track = layout.tracks[this.marked];
    if (!track) return;
    const here = row >= 0 && (track.ends.includes(run.messages.src[row]) || track.ends.includes(run.messages.dest[row])) ? row : -1;
    const when = step > 0 ? view.window.from : view.window.to;
    const next = neighbourOnTrack(run, track.ends, here, when, step, this.shown.mask);
    if (next < 0) return this.say(step > 0 ? "no later message on this track" : "no earlier message on this track");
    this.choose(next);
  }
}

const EVERYTHING = { mask: null, before: null };

/// Whether a window shows a story as it is, and not so much else that it cannot be seen.
function tellsStory(run, story, window) {
  const wanted = windowOf(run, story);
  return window.from <= story.from && window.to >= story.to && window.to - window.from < 8 * (wanted.to - wanted.from) && story.missing.every(({ down }) => !down || down.from > wanted.to || down.from < window.to);
}
