// Pages with one part of report.html alone, over a synthetic run: what a part does with a million
// messages, or with a run that nobody can make, without the Rust side.
//
//     const path = alone({ module: "diagram.js", mount: "mountDiagram", run: { messages: 1_000_000 } });
//
// Modules cannot be loaded from disk, so they become one script, as in report.html itself.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fileWith } from "./runs.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const ASSETS = join(HERE, "../../src/report/page/assets");

const STYLES = ["style.css", "shell.css", "diagram.css"].map((name) => readFileSync(join(ASSETS, name), "utf8"));

/** The path of a new page with the part that `mount` of `module` makes. `run` are options of
 * `synthetic`, `change` is code that changes `run`. */
export function alone({ module, mount, run = {}, change = "" }) {
  const script = `${bundle([join(ASSETS, module), join(ASSETS, "time.js"), join(HERE, "synthetic.mjs")])}
const begun = performance.now();
const run = synthetic(${JSON.stringify(run)});
${change}
const made = performance.now();
view.setEnd(run.end);
window.part = ${mount}(run, document.getElementById("part"));
window.run = run;
window.view = view;
window.took = { made: made - begun, mounted: performance.now() - made };
requestAnimationFrame(() => requestAnimationFrame(() => ((window.took.shown = performance.now() - made), (document.body.dataset.ready = "true"))));`;
  const html = `<!DOCTYPE html><meta charset="utf-8"><title>${mount}</title><style>${STYLES.join("\n")}</style><body style="padding: 1rem"><table><tr data-fault="partition-1"><td>partition-1</td></tr></table><section id="part"></section><script>"use strict";\n${script.replaceAll("</script", "<\\/script")}</script>`;
  return fileWith(`${mount}.html`, html);
}

/** Modules and what they import as one script, each after what it needs. */
export function bundle(roots) {
  const done = new Set();
  const parts = [];
  const take = (path) => {
    if (done.has(path)) return;
    done.add(path);
    const text = readFileSync(path, "utf8");
    for (const [, name] of text.matchAll(/^(?:import|export) .* from "\.\/([^"]+)";$/gm)) take(join(dirname(path), name));
    parts.push(text.replace(/^(?:import .*|export \{.*)$/gm, "").replace(/^export /gm, ""));
  };
  roots.forEach(take);
  return parts.join("\n");
}
