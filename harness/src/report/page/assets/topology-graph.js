// The nodes as a graph in SVG: edges as thick as they had messages, nodes in the state
// they were in, messages as dots.
//
//   ● n0 ━━━▬▬━━━ ◌✕ n1        ● up (filled: has the selected value)   ◌ down ✕   ‖ paused
//    ╲                          ━ many messages   ─ few   ▬ red: share dropped   ✂ cut

import { buildSvg } from "./build.js";

/// The size of the drawing in its own units.
const SIDE = 1000;
const MARGIN = 70;

/// Makes the graph: `{ svg, setEdges, setNode, setDots }`. `names` are the nodes' names,
/// `places` where they are, `pick(node)` is called when one is chosen.
export function topologyGraph({ names, places, edges, pick }) {
  const at = places.map(([x, y]) => [MARGIN + x * (SIDE - 2 * MARGIN), MARGIN + y * (SIDE - 2 * MARGIN)]);
  const radius = Math.max(9, Math.min(34, 260 / Math.sqrt(Math.max(1, names.length))));
  const high = Math.max(...at.map(([, y]) => y)) + MARGIN;
  const low = Math.min(...at.map(([, y]) => y)) - MARGIN;
  const svg = buildSvg("svg", { class: "graph", viewBox: `0 ${low} ${SIDE} ${high - low}`, role: "group", "aria-label": "Nodes and the links between them" });
  const lines = edges.map((edge) => edgeOf(svg, edge, at));
  const dots = buildSvg("g", { class: "dots", "aria-hidden": "true" });
  svg.append(dots);
  const nodes = names.map((name, i) => nodeOf(svg, { name, at: at[i], radius, labelled: names.length <= 80, pick: () => pick(i) }));
  return {
    svg,
    /// The look of each edge: `{ share, dropped, label, cut }`, share 0 to 1 of the most.
    setEdges: (looks) => lines.forEach((line, i) => setEdge(line, looks[i])),
    /// The look of a node: `{ state, has, chosen, about }`.
    setNode: (i, look) => setNode(nodes[i], look),
    /// Messages on their way: `[{ src, dest, way, dropped }]`.
    setDots: (list) => setDots(dots, list, at, radius),
  };
}

function edgeOf(svg, { a, b, told }, at) {
  const [[x1, y1], [x2, y2]] = [at[a], at[b]];
  const line = buildSvg("line", { class: told ? "edge" : "edge untold", x1, y1, x2, y2 });
  const lost = buildSvg("line", { class: "lost" });
  const label = buildSvg("text", { class: "share", ...besideMiddle(x1, y1, x2, y2) });
  const cut = buildSvg("text", { class: "cut", x: (x1 + x2) / 2, y: (y1 + y2) / 2, "aria-hidden": "true" }, "✂");
  const title = buildSvg("title");
  const group = buildSvg("g", {}, title, line, lost, label, cut);
  svg.append(group);
  return { group, line, lost, label, title, from: [x1, y1], to: [x2, y2] };
}

// To the right of the middle of a line, or above it.
function besideMiddle(x1, y1, x2, y2) {
  const steep = Math.abs(y2 - y1) > Math.abs(x2 - x1);
  const away = (steep ? 14 : 22) / (Math.hypot(x2 - x1, y2 - y1) || 1);
  const [x, y] = [(y2 - y1) * away, (x1 - x2) * away];
  const flip = (steep ? x < 0 : y > 0) ? -1 : 1;
  const style = steep ? "text-anchor: start" : "text-anchor: middle";
  return { x: (x1 + x2) / 2 + flip * x, y: (y1 + y2) / 2 + flip * y, style };
}

// The share that was dropped is as long a part of the line, in its middle.
function setEdge({ group, line, lost, label, title, from, to }, look) {
  const width = look.share > 0 ? 1.5 + 13 * Math.sqrt(look.share) : 1;
  line.style.strokeWidth = width;
  group.classList.toggle("idle", !(look.share > 0));
  lost.style.display = look.dropped > 0 ? "" : "none";
  lost.style.strokeWidth = width + 2;
  const along = (share, axis) => from[axis] + (to[axis] - from[axis]) * share;
  for (const [end, share] of [["1", 0.5 - look.dropped / 2], ["2", 0.5 + look.dropped / 2]]) {
    lost.setAttribute(`x${end}`, along(share, 0));
    lost.setAttribute(`y${end}`, along(share, 1));
  }
  label.textContent = look.label;
  title.textContent = look.about;
}

function nodeOf(svg, { name, at: [x, y], radius, labelled, pick }) {
  const disc = buildSvg("circle", { class: "disc", r: radius });
  const sign = buildSvg("text", { class: "sign", "aria-hidden": "true", "font-size": radius * 1.1 });
  const title = buildSvg("title");
  const label = buildSvg("text", { class: "name", y: radius + 22 }, labelled ? name : "");
  const group = buildSvg(
    "g",
    {
      class: "node",
      transform: `translate(${x} ${y})`,
      tabindex: 0,
      role: "button",
      click: pick,
      keydown: (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        pick();
      },
    },
    title,
    disc,
    sign,
    label,
  );
  svg.append(group);
  return { group, sign, title, shown: "" };
}

function setNode(node, { state, has, chosen, about }) {
  const shown = `${state} ${has} ${chosen} ${about}`;
  if (shown === node.shown) return;
  node.shown = shown;
  node.group.setAttribute("class", `node ${state}${has ? " has" : ""}${chosen ? " chosen" : ""}`);
  node.group.setAttribute("aria-label", about);
  node.title.textContent = about;
  node.sign.textContent = state === "down" ? "✕" : state === "paused" ? "‖" : has ? "✓" : "";
}

function setDots(group, list, at, radius) {
  while (group.childElementCount > list.length) group.lastElementChild.remove();
  while (group.childElementCount < list.length) group.append(buildSvg("path"));
  list.forEach(({ src, dest, way, dropped }, i) => {
    const [[x1, y1], [x2, y2]] = [at[src], at[dest]];
    const length = Math.hypot(x2 - x1, y2 - y1) || 1;
    // Beside the line, so that the two ways do not run over each other.
    const [aside, along] = [7 / length, radius / length];
    const share = along + way * (1 - 2 * along);
    const x = x1 + (x2 - x1) * share - (y2 - y1) * aside;
    const y = y1 + (y2 - y1) * share + (x2 - x1) * aside;
    const dot = group.children[i];
    dot.setAttribute("class", dropped ? "dot dropped" : "dot");
    dot.setAttribute("d", dropped ? "M-7 -7L7 7M-7 7L7 -7" : "M7 0A7 7 0 1 1 -7 0A7 7 0 1 1 7 0");
    dot.setAttribute("transform", `translate(${x} ${y})`);
  });
}
