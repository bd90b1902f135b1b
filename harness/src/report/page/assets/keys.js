// The keys of a chart: what each line is, its value at the pointer, on and off.

import { build, buildSvg } from "./build.js";
import { traceShape, isOutline } from "./theme.js";

/// Puts a key for each series into `host`; `toggle(i, on)` is called when one is pressed.
/// Gives `{ show(shown, index, when) }`: the values at an index of what is shown.
export function chartKeys(host, series, format, toggle) {
  const values = series.map((one, i) => {
    const value = build("span", { class: "value" });
    const key = build(
      "button",
      {
        class: "key",
        type: "button",
        "aria-pressed": String(!one.hidden),
        title: "on or off",
        click: () => {
          const on = key.getAttribute("aria-pressed") !== "true";
          key.setAttribute("aria-pressed", String(on));
          toggle(i, on);
        },
      },
      keySample(one),
      build("span", {}, one.label),
      value,
    );
    host.append(key);
    return value;
  });
  const when = build("span", { class: "when" });
  host.append(when);
  return {
    show(shown, index, time = "") {
      when.textContent = time;
      values.forEach((value, i) => {
        const number = index == null ? null : shown.columns[i]?.[index];
        value.textContent = number == null || Number.isNaN(number) ? "" : format(number);
      });
    },
  };
}

/// A sample of how a series is drawn: its dash, or its shape.
function keySample({ color, dash = [], shape }) {
  const svg = buildSvg("svg", { class: "sample", width: 26, height: 10, "aria-hidden": "true" });
  const style = `stroke: var(${color}); fill: none; stroke-width: 2`;
  if (!shape) {
    svg.append(buildSvg("line", { x1: 0, y1: 5, x2: 26, y2: 5, style, "stroke-dasharray": dash.join(" ") }));
    return svg;
  }
  const filled = isOutline(shape) ? style : `fill: var(${color})`;
  svg.append(buildSvg("path", { d: shapePath(shape, 13, 5, 3.4), style: filled }));
  return svg;
}

// Canvas calls, written down as the path of an SVG.
function shapePath(shape, x, y, r) {
  const parts = [];
  const pen = {
    moveTo: (a, b) => parts.push(`M${a} ${b}`),
    lineTo: (a, b) => parts.push(`L${a} ${b}`),
    closePath: () => parts.push("Z"),
    rect: (a, b, w, h) => parts.push(`M${a} ${b}h${w}v${h}h${-w}Z`),
    arc: (a, b, s) => parts.push(`A${s} ${s} 0 1 1 ${a - s} ${b}A${s} ${s} 0 1 1 ${a + s} ${b}`),
  };
  traceShape(pen, shape, x, y, r);
  return parts.join("");
}
