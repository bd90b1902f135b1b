// Making elements, and drawing them only when somebody looks.
//
// Text goes through `textContent` alone: what a node wrote can never become markup.

import { onPaper } from "./theme.js";

const SVG_SPACE = "http://www.w3.org/2000/svg";

/// An element with attributes and children. A function as attribute listens to the
/// event of that name; `class`, `title`, … are attributes; strings become text.
export function build(tag, attributes = {}, ...children) {
  return furnish(document.createElement(tag), attributes, children);
}

/// The same for SVG.
export function buildSvg(tag, attributes = {}, ...children) {
  return furnish(document.createElementNS(SVG_SPACE, tag), attributes, children);
}

function furnish(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

/// Calls `mount` when `container` comes near the visible part of the page (or paper does):
/// what nobody looks at costs nothing when the page opens. If it fails, one line says so.
export function whenNear(container, mount) {
  let done = false;
  const pending = build("p", { class: "pending" }, "…");
  container.append(pending);
  const watch = new IntersectionObserver((entries) => entries.some((one) => one.isIntersecting) && go(), { rootMargin: "600px" });
  const go = () => {
    if (done) return;
    done = true;
    watch.disconnect();
    pending.remove();
    try {
      mount();
    } catch (error) {
      console.error(error);
      container.append(build("p", { class: "empty" }, `This part could not be drawn: ${error.message}`));
    }
  };
  watch.observe(container);
  onPaper(go);
}

/// Calls `draw` when it is wanted and `element` is near the visible part of the page,
/// at most once per frame; a slow one is called when things have come to rest. On paper
/// everything is drawn. Gives a function that says that what is drawn is out of date.
export function lazily(element, draw) {
  const state = { near: false, stale: true, asked: 0, cost: 0 };
  const run = () => {
    state.asked = 0;
    if (!state.near || !state.stale) return;
    state.stale = false;
    const began = performance.now();
    draw();
    state.cost = performance.now() - began;
  };
  const ask = () => {
    if (!state.near || !state.stale) return;
    if (state.cost > SLOW_DRAWING_MS) {
      clearTimeout(state.rest);
      state.rest = setTimeout(run, 150);
    } else if (!state.asked) {
      state.asked = requestAnimationFrame(run);
    }
  };
  new IntersectionObserver(
    (entries) => {
      state.near = entries[entries.length - 1].isIntersecting;
      ask();
    },
    { rootMargin: "400px" },
  ).observe(element);
  watchWidth(element, () => {
    state.stale = true;
    ask();
  });
  onPaper(() => {
    state.stale = false;
    draw();
  });
  return () => {
    state.stale = true;
    ask();
  };
}

const SLOW_DRAWING_MS = 40;

function watchWidth(element, changed) {
  let before = -1;
  new ResizeObserver(() => {
    const width = element.clientWidth;
    if (before >= 0 && width !== before) changed();
    before = width;
  }).observe(element);
}

/// A row of choices of which one holds: `choices` is `[[value, label], …]`.
export function choice(label, choices, chosen, change) {
  const select = build("select", { change: () => change(select.value) });
  for (const [value, text] of choices) {
    select.append(build("option", { value, selected: value === chosen }, text));
  }
  return build("label", { class: "choice" }, label, select);
}

/// A little floating text next to the pointer, also read aloud.
export function tooltip(host) {
  const box = build("div", { class: "tip", role: "status", hidden: true });
  host.append(box);
  return {
    hide: () => (box.hidden = true),
    /// Shows lines of text near a point of the host, in CSS pixels.
    show(lines, x, y) {
      box.replaceChildren(...lines.filter(Boolean).map((line) => build("div", {}, line)));
      box.hidden = false;
      const room = host.clientWidth - box.offsetWidth - 4;
      const left = x + 14 > room ? x - box.offsetWidth - 10 : x + 14;
      box.style.left = `${Math.max(0, Math.min(left, Math.max(0, room)))}px`;
      box.style.top = `${Math.max(0, y + 14)}px`;
    },
  };
}
