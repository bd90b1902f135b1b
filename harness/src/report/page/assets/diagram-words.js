// Messages in words, for people who read, and for those who listen. Pure.

import { formatBytes, formatCount, formatDuration, formatTime, visible } from "./model.js";

/// The name of an end, safe to show.
export const endName = (run, end) => visible(run.ends[end]?.name ?? "?", 40);

/// The type of a message, safe to show.
export const kindOf = (run, row) => visible(run.kinds[run.messages.kind[row]] || "message", 40);

/// Why it was dropped, as a word: `cut`, `loss`, …; the empty text if it was not.
export const reasonOf = (run, row) => run.reasons[run.messages.why[row]] ?? "";

/// The fault that dropped it, or null.
export const faultOf = (run, row) => run.faults[run.messages.fault[row]] ?? null;

/// `cut off by partition-1`, `n4 was down`, …
export function whyDropped(run, row) {
  const fault = faultOf(run, row);
  const by = fault && fault !== "network" ? ` by ${visible(fault, 60)}` : "";
  const dest = endName(run, run.messages.dest[row]);
  switch (reasonOf(run, row)) {
    case "cut":
      return `cut off${by}`;
    case "loss":
      return `lost${by || " by the network"}`;
    case "node-down":
      return `${dest} was down`;
    case "unknown-destination":
      return `nobody is called ${dest}`;
    case "client-gone":
      return `${dest} had given up waiting`;
    case "not-a-request":
      return `${dest} answers requests only`;
    default:
      return `${visible(reasonOf(run, row) || "no reason was recorded")}${by}`;
  }
}

/// What became of a message: `delivered at 1.709 s, 100 ms later`.
export function fateOf(run, row) {
  const { fate, ended, sent } = run.messages;
  if (fate[row] === 1) return "still on its way when the run ended";
  const after = `at ${formatTime(ended[row])}, ${formatDuration(ended[row] - sent[row])} later`;
  return fate[row] === 0 ? `delivered ${after}` : `dropped ${after}: ${whyDropped(run, row)}`;
}

/// The elements a message carried, as texts, at most `limit`; null if nobody knows.
export function carriedBy(run, row, limit = Infinity) {
  const { spread } = run;
  if (!spread?.carried) return null;
  const { offset, element } = spread.carried;
  const end = Math.min(offset[row + 1], offset[row] + limit);
  return Array.from(element.subarray(offset[row], end));
}

/// The label of an arrow: its type, and the values it carried if they are few.
export function labelOf(run, row) {
  const elements = carriedBy(run, row, 4) ?? [];
  const few = elements.length > 0 && elements.length < 4;
  return few ? `${kindOf(run, row)} ${elements.map((e) => visible(run.spread.elements.text(e), 16)).join(" ")}` : kindOf(run, row);
}

/// A message in one sentence.
export const inWords = (run, row) => factsOf(run, row).join(", ");

/// A message as a few short facts.
export function factsOf(run, row) {
  const { src, dest, sent, size, copy } = run.messages;
  const elements = carriedBy(run, row, 6) ?? [];
  const names = elements.slice(0, 5).map((e) => visible(run.spread.elements.text(e), 24));
  const more = elements.length > 5 ? " and more" : "";
  return [
    `${copy[row] ? "copy of a " : ""}${kindOf(run, row)} from ${endName(run, src[row])} to ${endName(run, dest[row])}`,
    `sent at ${formatTime(sent[row])}`,
    fateOf(run, row),
    formatBytes(size[row]),
    ...(names.length > 0 ? [`carried ${names.join(", ")}${more}`] : []),
  ];
}

/// `1 message`, `12,345 messages`
export const countOf = (n, one, many = `${one}s`) => `${formatCount(n)} ${n === 1 ? one : many}`;
