// What may have caused a message, and what it may have caused. Pure.
//
//   n1 ───●───────────────────●──────►     The delivery before a sending is what the sender
//          ╲ m                ▲            knew last; what a receiver sends between one
//   n2 ─────▼──┬───┬──────────┼──▼──►      delivery and the next it may have sent for it.
//              a   b          c            Only a reply (`in_reply_to`) is certain.

import { lowerBound, upperBound } from "./bins.js";

const indexes = new WeakMap();

/// What each end got and sent, in the order of time; made when first asked for.
export function eventsOfEnds(run) {
  if (indexes.has(run)) return indexes.get(run);
  const { count, src, dest, ended, fate } = run.messages;
  const sends = grouped(run.ends.length, count, (row) => src[row]);
  const got = grouped(run.ends.length, count, (row) => (fate[row] === 0 ? dest[row] : -1));
  for (const rows of got) rows.sort((a, b) => ended[a] - ended[b] || a - b);
  const gotAt = got.map((rows) => Float64Array.from(rows, (row) => ended[row]));
  const sentAt = sends.map((rows) => Float64Array.from(rows, (row) => run.messages.sent[row]));
  const index = { sends, sentAt, got, gotAt };
  indexes.set(run, index);
  return index;
}

/// Rows by a number below `groups`; -1 leaves a row out.
function grouped(groups, count, which) {
  const sizes = new Uint32Array(groups);
  for (let row = 0; row < count; row++) if (which(row) >= 0) sizes[which(row)]++;
  const out = Array.from(sizes, (size) => new Int32Array(size));
  sizes.fill(0);
  for (let row = 0; row < count; row++) {
    const group = which(row);
    if (group >= 0) out[group][sizes[group]++] = row;
  }
  return out;
}

/// Why a message was sent: `reply` is the row it answers, or -1; `before` are the last
/// deliveries to its sender before it was sent, the nearest first.
export function causesOf(run, row, limit = 3) {
  const { src, sent, cause } = run.messages;
  const { got, gotAt } = eventsOfEnds(run);
  const end = src[row];
  const before = [];
  for (let i = upperBound(gotAt[end], sent[row]) - 1; i >= 0 && before.length < limit; i--) {
    before.push(got[end][i]);
  }
  return { reply: cause[row], before };
}

/// What a message may have led to: `replies` to it, and what else its receiver sent after it
/// was delivered and before the next delivery, at most `limit`. `more` is how many there are beyond.
export function effectsOf(run, row, limit = 12) {
  const { dest, ended, fate, cause } = run.messages;
  if (fate[row] !== 0) return { replies: [], sent: [], more: 0 };
  const { sends, sentAt, gotAt } = eventsOfEnds(run);
  const end = dest[row];
  const next = upperBound(gotAt[end], ended[row]);
  const until = next < gotAt[end].length ? gotAt[end][next] : Infinity;
  const first = lowerBound(sentAt[end], ended[row]);
  const last = lowerBound(sentAt[end], until, first);
  const replies = [];
  const others = [];
  let more = 0;
  // Replies may come late, but somewhere it has to end.
  const far = Math.min(sends[end].length, Math.max(last, first + FURTHEST_REPLY));
  for (let i = first; i < far; i++) {
    const one = sends[end][i];
    if (cause[one] === row) replies.push(one);
    else if (i < last && cause[one] < 0) others.length < limit ? others.push(one) : more++;
  }
  return { replies, sent: others, more };
}

/// How many messages after a delivery are searched for a reply to it.
const FURTHEST_REPLY = 20000;

/// The message before (`step` -1) or after (1) `row` on the track of some ends, in the order of
/// time; `when` is where to begin if there is no row. -1 at the end of the track.
export function neighbourOnTrack(run, ends, row, when, step, mask = null) {
  const { sent, ended, src } = run.messages;
  const own = new Set(ends);
  const at = row >= 0 ? (own.has(src[row]) ? sent[row] : ended[row]) : when;
  let best = -1;
  let bestAt = step * Infinity;
  const take = (one, time) => {
    const nearer = step > 0 ? time < bestAt || (time === bestAt && one < best) : time > bestAt || (time === bestAt && one > best);
    if (best < 0 || nearer) [best, bestAt] = [one, time];
  };
  const { sends, sentAt, got, gotAt } = eventsOfEnds(run);
  for (const end of own) {
    seek(sends[end], sentAt[end], { at, row, step, mask }, take);
    // A message from the track to the track is met where it was sent.
    seek(got[end], gotAt[end], { at, row, step, mask, skip: (one) => own.has(src[one]) }, take);
  }
  return best;
}

/// The next row of a list after a moment; among those of the same moment, the next number.
function seek(rows, times, { at, row, step, mask, skip = () => false }, take) {
  const after = (i) => (times[i] === at && row >= 0 ? (rows[i] - row) * step > 0 : (times[i] - at) * step >= 0 && rows[i] !== row);
  let i = step > 0 ? lowerBound(times, at) : upperBound(times, at) - 1;
  for (; i >= 0 && i < rows.length; i += step) {
    if (after(i) && !skip(rows[i]) && (!mask || mask[rows[i]])) return take(rows[i], times[i]);
  }
}
