// Runs to look at, one of each kind, made by the `swelkie` binary: $SWELKIE, or the newest one in
// $CARGO_TARGET_DIR or target/. Nothing is built here.
//
//     const directory = runOf("lost");         // store/broadcast/…: results.json, report.html, …
//
// Simulated ones are the same to the byte every time. They are kept in a directory of this
// process and go away with it.

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, "../../..");
const NODES = join(HERE, "../nodes");

const flood = ["-w", "broadcast", "--builtin", "flood", "--sim", "--latency", "100"];
const retry = ["-w", "broadcast", "--builtin", "flood-retry", "--sim"];

/** What makes each run, and the exit status it must have. */
export const RUNS = {
  valid: { status: 0, args: [...retry, "--latency", "50", "--time-limit", "10", "--nemesis", "partition,kill", "--nemesis-interval", "3", "--seed", "7"] },
  // A message is lost because a partition cut it off and nobody says it twice.
  lost: { status: 1, args: [...flood, "--time-limit", "10", "--nemesis", "partition", "--nemesis-interval", "3", "--seed", "1"] },
  // Messages are lost because nodes that kept them in memory were killed.
  killed: { status: 1, args: ["-w", "broadcast", "--builtin", "broken-forgets-on-kill", "--sim", "--latency", "50", "--time-limit", "10", "--nemesis", "kill", "--nemesis-interval", "2", "--seed", "1"] },
  // Too short for a single broadcast: nothing can be judged.
  unknown: { status: 2, args: [...retry, "--time-limit", "1", "--rate", "0.001", "--seed", "1"] },
  // Real processes that die of themselves.
  crashed: { status: 1, args: ["-w", "echo", "--bin", join(NODES, "bad.py"), "--time-limit", "2", "--seed", "3"], node: ["crash"] },
  // Real processes whose messages Swelkie does not know.
  guessed: { status: 0, args: ["-w", "broadcast", "--bin", join(NODES, "gossip.py"), "--time-limit", "3", "--latency", "20", "--seed", "7"] },
  // Messages were not recorded.
  silent: { status: 1, args: [...flood, "--time-limit", "10", "--nemesis", "partition", "--nemesis-interval", "3", "--seed", "1", "--no-messages"] },
  // Every kind of fault at once.
  stormy: { status: 0, args: [...retry, "--latency", "100", "--time-limit", "20", "--nemesis", "partition,one-way,hold,loss,duplicate,reorder,latency,slow,bandwidth,kill,stop,pause,restart", "--nemesis-interval", "2", "--seed", "1"] },
  // Some 100,000 messages.
  large: { status: 1, args: ["-w", "broadcast", "--builtin", "flood", "--sim", "--node-count", "25", "--topology", "total", "--latency", "20", "--time-limit", "10", "--rate", "38", "--nemesis", "partition,pause", "--nemesis-interval", "2", "--seed", "3"] },
};

/** The program under test. */
export function swelkie() {
  const targets = [process.env.CARGO_TARGET_DIR, join(ROOT, "target")].filter(Boolean);
  const built = targets.flatMap((target) => ["debug", "release"].map((profile) => join(target, profile, "swelkie")));
  const found = built.filter((path) => existsSync(path)).sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  const path = process.env.SWELKIE ?? found[0];
  if (!path) throw new Error(`no swelkie binary: expected $SWELKIE or one of ${built.join(", ")}; cargo build -p swelkie makes one`);
  return path;
}

let store = null;
const made = new Map();

/** A new directory that goes away with this process. */
export function scratch() {
  if (!store) {
    store = mkdtempSync(join(tmpdir(), "swelkie-browser-"));
    process.on("exit", () => rmSync(store, { recursive: true, force: true }));
  }
  return mkdtempSync(join(store, "run-"));
}

/** The directory of a run of this kind, made when it is first asked for. */
export function runOf(kind) {
  const { status, args, node = [] } = RUNS[kind];
  if (!made.has(kind)) made.set(kind, runWith(args, { status, node }));
  return made.get(kind);
}

/** The directory of a run with these arguments. */
export function runWith(args, { status = 0, node = [] } = {}) {
  const directory = scratch();
  const rest = node.length > 0 ? ["--", ...node] : [];
  call(["test", ...args, "-q", "--store", directory, ...rest], status);
  return realpathSync(join(directory, "latest"));
}

/** The report of a run; it is made if the run left none. */
export function reportOf(kind) {
  const directory = RUNS[kind] ? runOf(kind) : kind;
  const report = join(directory, "report.html");
  if (!existsSync(report)) call(["report", directory], 0);
  return report;
}

/** Runs swelkie, which must exit so. */
export function call(args, status) {
  const ran = spawnSync(swelkie(), args, { encoding: "utf8", maxBuffer: 1 << 28, cwd: scratch() });
  if (ran.error) throw ran.error;
  if (ran.status === status) return ran.stdout;
  throw new Error(`exit status ${ran.status}, not ${status}: ${swelkie()} ${args.join(" ")}\n${ran.stdout}\n${ran.stderr}`);
}

/** A file with this text. */
export function fileWith(name, text) {
  const path = join(scratch(), name);
  writeFileSync(path, text);
  return path;
}
