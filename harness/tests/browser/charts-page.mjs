// A page with the charts alone, about a synthetic run: as report.html puts them together, one
// script of all modules, under the same policy, without the rest of the page.
//
//     const path = chartsPage({ messages: 5000 });     // file to open
//
// In the page, `window.run` is the run and `window.view` the view of time.js.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { fileWith } from "./runs.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const ASSETS = join(HERE, "../../src/report/page/assets");

/** The modules up to those of the charts, in the order of the page's own bundle. */
const bundle = readFileSync(join(ASSETS, "../assets.rs"), "utf8");
const scripts = [...bundle.matchAll(/^ +"([a-z-]+\.js)",$/gm)].map((found) => found[1]);
const apart = ["columns.js", "model.js"];
export const CHART_MODULES = scripts.slice(0, scripts.indexOf("contents.js") + 1).filter((name) => !apart.includes(name));

const PARTS = ["propagation", "matrix", "operations", "latency", "network", "links", "topology"];

const asset = (name) => readFileSync(join(ASSETS, name), "utf8");

/** The text of modules as one script. */
export function bundled(texts) {
  const lines = texts.join("\n").split("\n");
  const own = lines.filter((line) => !line.startsWith("import ") && !line.startsWith("export {"));
  return own.map((line) => line.replace(/^export /, "")).join("\n");
}

/** Writes the page; `options` are those of `synthetic`, `change` is code that changes `run`. */
export function chartsPage(options = {}, change = "") {
  const start = `
window.run = synthetic(${JSON.stringify(options)});
window.view = view;
${change}
view.setEnd(run.end);
mountPropagation(run, document.getElementById("propagation"));
mountMatrix(run, document.getElementById("matrix"));
mountOperations(run, document.getElementById("operations"));
mountLatency(run, document.getElementById("latency"));
mountNetwork(run, document.getElementById("network"));
mountLinks(run, document.getElementById("links"));
mountTopology(run, document.getElementById("topology"));
followContents(document.querySelector("nav"));
document.body.dataset.ready = "true";`;
  const synthetic = readFileSync(join(HERE, "synthetic.mjs"), "utf8");
  const script = bundled([asset("vendor/uPlot.iife.min.js"), ...CHART_MODULES.map(asset), synthetic, start]);
  const hash = createHash("sha256").update(script).digest("base64");
  const policy = `default-src 'none'; script-src 'sha256-${hash}'; style-src 'unsafe-inline'; img-src data: blob:`;
  const sections = PARTS.map((id) => `<section class="part" id="${id}-section"><h2>${id}</h2><div class="plot" id="${id}"></div></section>`);
  const links = PARTS.map((id) => `<a href="#${id}">${id}</a>`);
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>charts</title><style>${asset("vendor/uPlot.min.css")}${asset("style.css")}</style></head>
<body class="bad"><header><h1><span class="verdict bad">✗ Invalid</span> <span class="headline">lost ×2</span></h1><nav aria-label="Parts of this page">${links.join("")}</nav></header>
<main>${sections.join("")}</main><script type="module">${script}</script></body></html>`;
  return fileWith(`charts-${createHash("sha256").update(html).digest("hex").slice(0, 8)}.html`, html);
}
