// Pointer, wheel, fingers and keys of the diagram, as what they mean.
//
//   wheel, pinch, + -         zoom          click, Enter    open
//   drag, arrows              pan           ↑ ↓ then ← →    a track, then along its messages
//   Shift and drag            zoom into     Escape          close, then let go
//   0, Home                   everything    /               the filter

/// Pixels that a pointer may move in a click.
const STILL = 4;

/// Connects `stage` to `act`: `zoom(factor, x)`, `panBy(pixels)`, `brush(x1, x2, done)`, `hover(x, y)`,
/// `leave()`, `click(x, y)`. A factor below one shows less time.
export function listenToStage(stage, act) {
  const fingers = new Map();
  let gesture = null;
  const place = (event) => {
    const box = stage.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const { x, y } = place(event);
    stage.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, x);
    gesture = fingers.size === 2 ? { kind: "pinch" } : { kind: event.shiftKey ? "brush" : "press", x, y, last: x };
  });
  stage.addEventListener("pointermove", (event) => {
    const { x, y } = place(event);
    if (!gesture) return act.hover(x, y);
    if (gesture.kind === "pinch") return pinch(fingers, event.pointerId, x, act);
    if (gesture.kind === "press" && Math.hypot(x - gesture.x, y - gesture.y) > STILL) gesture.kind = "pan";
    if (gesture.kind === "pan") act.panBy(x - gesture.last);
    if (gesture.kind === "brush") act.brush(gesture.x, x, false);
    gesture.last = x;
  });
  const end = (event) => {
    if (!fingers.delete(event.pointerId) || !gesture) return;
    const { x, y } = place(event);
    if (gesture.kind === "press" && event.type === "pointerup") act.click(x, y);
    if (gesture.kind === "brush") act.brush(gesture.x, x, true);
    gesture = null;
  };
  stage.addEventListener("pointerup", end);
  stage.addEventListener("pointercancel", end);
  stage.addEventListener("pointerleave", () => !gesture && act.leave());
  stage.addEventListener("dblclick", (event) => act.zoom(0.4, place(event).x));
  stage.addEventListener("wheel", (event) => wheel(event, stage, place(event).x, act), { passive: false });
}

function pinch(fingers, id, x, act) {
  const other = [...fingers].find(([one]) => one !== id)?.[1];
  const before = fingers.get(id);
  fingers.set(id, x);
  if (other === undefined) return;
  const [was, is] = [Math.max(8, Math.abs(before - other)), Math.max(8, Math.abs(x - other))];
  act.zoom(was / is, (x + other) / 2);
  act.panBy((x - before) / 2);
}

/// The wheel belongs to the page until somebody is in the diagram or holds Ctrl (as a pinch on a
/// touchpad does): a page that cannot be scrolled past is worse than a diagram that asks for a click.
function wheel(event, stage, x, act) {
  const inside = stage.contains(document.activeElement);
  const across = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
  const pixels = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
  if (!inside && !event.ctrlKey && !event.metaKey) return act.passed();
  event.preventDefault();
  if (Math.abs(across) > Math.abs(event.shiftKey ? 0 : event.deltaY)) return act.panBy(-across * pixels);
  act.zoom(Math.exp(Math.max(-250, Math.min(250, event.deltaY * pixels)) * 0.0022), x);
}

/// Connects the keys. `act`: `zoom(factor)`, `pan(share)`, `fit()`, `track(step)`, `step(step)`, `open()`,
/// `back()`, `forward()`, `escape()`, `filter()`, and `isOnTrack()`: whether a track or message is chosen.
export function listenToDiagramKeys(stage, act) {
  const keys = {
    "+": () => act.zoom(1 / 1.6),
    "=": () => act.zoom(1 / 1.6),
    "-": () => act.zoom(1.6),
    _: () => act.zoom(1.6),
    0: () => act.fit(),
    Home: () => act.fit(),
    ArrowUp: () => act.track(-1),
    ArrowDown: () => act.track(1),
    ArrowLeft: (event) => (event.shiftKey || !act.isOnTrack() ? act.pan(-0.15) : act.step(-1)),
    ArrowRight: (event) => (event.shiftKey || !act.isOnTrack() ? act.pan(0.15) : act.step(1)),
    PageUp: () => act.pan(-0.8),
    PageDown: () => act.pan(0.8),
    Enter: () => act.open(),
    " ": () => act.open(),
    "[": () => act.back(),
    "]": () => act.forward(),
    Escape: () => act.escape(),
    "/": () => act.filter(),
  };
  stage.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = keys[event.key];
    if (!key) return;
    event.preventDefault();
    key(event);
  });
}
