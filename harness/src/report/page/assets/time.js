// What the page looks at: one stretch of time and one selection, shared by all parts.
//
//   view.setWindow(…) ─┐                    ┌─► view.on("window", …)  every part draws anew
//   view.select(…) ────┴─► one frame later ─┴─► view.on("select", …), location.hash
//
// Times are nanoseconds since the start of the run.

const NOTHING = { row: -1, element: -1, node: -1, operation: -1, time: NaN };

// No part draws less than a microsecond.
const LEAST = 1000;

export function makeView(frame = (callback) => requestAnimationFrame(callback)) {
  const listeners = { window: new Set(), select: new Set() };
  let end = 1;
  let pending = null;

  const notify = (what) => {
    if (pending) {
      pending.add(what);
      return;
    }
    pending = new Set([what]);
    frame(() => {
      const changed = pending;
      pending = null;
      for (const what of changed) {
        for (const callback of listeners[what]) {
          // A part that fails takes none of the others with it.
          try {
            callback(self);
          } catch (error) {
            console.error(error);
          }
        }
      }
    });
  };

  const self = {
    window: { from: 0, to: 1 },
    selection: { ...NOTHING },

    /** The whole run, which there is no looking beyond. */
    setEnd(ns) {
      end = Math.max(ns, LEAST);
      self.window = { from: 0, to: end };
      notify("window");
    },
    get end() {
      return end;
    },
    /** Looks at this stretch, as far as there is one. */
    setWindow(from, to) {
      if (!(Number.isFinite(from) && Number.isFinite(to))) return;
      const span = Math.min(Math.max(Math.abs(to - from), LEAST), end);
      const begin = Math.min(Math.max(Math.min(from, to), 0), end - span);
      if (begin === self.window.from && begin + span === self.window.to) return;
      self.window = { from: begin, to: begin + span };
      notify("window");
    },
    /** Shows `factor` times as much; the moment `around` stays where it is. */
    zoom(factor, around = (self.window.from + self.window.to) / 2) {
      const { from, to } = self.window;
      const span = Math.min(Math.max((to - from) * factor, LEAST), end);
      const share = (around - from) / (to - from);
      self.setWindow(around - share * span, around + (1 - share) * span);
    },
    /** Moves on by a share of what is shown; back, if it is negative. */
    pan(share) {
      const { from, to } = self.window;
      const by = (to - from) * share;
      const begin = Math.min(Math.max(from + by, 0), end - (to - from));
      self.setWindow(begin, begin + (to - from));
    },
    reset() {
      self.setWindow(0, end);
    },
    /** Changes these fields of the selection. */
    select(change) {
      const next = { ...self.selection, ...change };
      if (Object.keys(next).every((key) => Object.is(next[key], self.selection[key]))) return;
      self.selection = next;
      notify("select");
    },
    clear() {
      self.select(NOTHING);
    },
    /** Calls back, at most once a frame, when the `window` or the selection (`select`) has changed; returns how to stop it. */
    on(what, callback) {
      listeners[what].add(callback);
      return () => listeners[what].delete(callback);
    },
  };
  return self;
}

/** The one of this page. */
export const view = makeView();

/** What the address says after `#`: `t=5.1-7.25&row=12`, times in seconds. */
export function hashOf({ window, selection, end }) {
  const parts = [];
  const seconds = (ns) => String(Math.round(ns) / 1e9);
  if (window.from > 0 || window.to < end) parts.push(`t=${seconds(window.from)}-${seconds(window.to)}`);
  for (const key of ["row", "element", "node", "operation"]) {
    if (selection[key] >= 0) parts.push(`${key}=${selection[key]}`);
  }
  if (Number.isFinite(selection.time)) parts.push(`time=${seconds(selection.time)}`);
  return parts.join("&");
}

/** `{ window, selection }` that such a text asks for, null for what it does not say; null if it is no such text. */
export function readHash(text) {
  let window = null;
  const selection = {};
  const known = /^(?:(t)=(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)|(row|element|node|operation|time)=(\d+(?:\.\d+)?))$/;
  for (const part of text.replace(/^#/, "").split("&")) {
    const match = known.exec(part);
    if (!match) return null;
    if (match[1]) window = { from: Number(match[2]) * 1e9, to: Number(match[3]) * 1e9 };
    else if (match[4] === "time") selection.time = Number(match[5]) * 1e9;
    else selection[match[4]] = Math.trunc(Number(match[5]));
  }
  return { window, selection };
}
