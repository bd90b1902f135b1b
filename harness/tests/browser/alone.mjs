// Pages with one part of report.html alone, over a synthetic run: what a part does with a million
// messages, or with a run that nobody can make, without the Rust side.
//
//     const path = alone({ module: "diagram.js", mount: "mountDiagram", run: { messages: 1_000_000 } });
//
// Modules cannot be loaded from disk, so they become one script, as in report.html itself.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fileWith } from "./runs.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const ASSETS = join(HERE, "../../src/report/page/assets");

/** What stands for the style sheet of the page if that is not there. */
const PLAIN = `
:root { color-scheme: light dark; --ink: #1c2328; --paper: #ffffff; --faint: #6a747c; --line: #d5dade; --good: #00795a; --bad: #c23b00; --doubt: #a36a00; --accent: #0067a8; --n0: #0072b2; --n1: #e69f00; --n2: #009e73; --n3: #cc79a7; --n4: #56b4e9; --n5: #d55e00; --n6: #b0a000; --n7: #777777; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ea; --paper: #14191d; --faint: #95a0a8; --line: #353d44; --good: #38c795; --bad: #ff8552; --doubt: #e9b44c; --accent: #62b5f2; --n0: #4aa3e0; } }
body { font: 14px/1.45 system-ui, sans-serif; background: var(--paper); color: var(--ink); margin: 1rem; }
`;

/** The path of a new page with the part that `mount` of `module` makes. `run` are options of `synthetic`. */
export function alone({ module, mount, run = {} }) {
  const styles = ["style.css", "diagram.css"].map((name) => join(ASSETS, name)).filter((path) => existsSync(path));
  const css = [PLAIN, ...styles.map((path) => readFileSync(path, "utf8"))].join("\n");
  const script = `${bundle([join(ASSETS, module), join(ASSETS, "time.js"), join(HERE, "synthetic.mjs")])}
const begun = performance.now();
const run = synthetic(${JSON.stringify(run)});
const made = performance.now();
view.setEnd(run.end);
window.part = ${mount}(run, document.getElementById("part"));
window.run = run;
window.view = view;
window.took = { made: made - begun, mounted: performance.now() - made };
requestAnimationFrame(() => requestAnimationFrame(() => ((window.took.shown = performance.now() - made), (document.body.dataset.ready = "true"))));`;
  const html = `<!DOCTYPE html><meta charset="utf-8"><title>${mount}</title><style>${css}</style><body><table><tr data-fault="partition-1"><td>partition-1</td></tr></table><section id="part"></section><script>"use strict";\n${script.replaceAll("</script", "<\\/script")}</script>`;
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
