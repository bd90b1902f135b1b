// Which messages a window of time shows, without looking at all of them. Pure.
//
//   sent ascends:   │ before the window │ in the window │ after │
//                     ▲ looked at where a block's latest end reaches into the window
//
// A message is in a window if it was sent before the window's end and ended (or is still on
// its way) after its beginning.

import { lowerBound, upperBound } from "./bins.js";

/// Rows of a block: each block knows when the last of its messages ended.
const BLOCK = 1024;

/// The index of `messages` (of a run, see model.js); made once.
export function indexMessages(messages) {
  const { count, ended } = messages;
  const reach = new Float64Array(Math.ceil(count / BLOCK)).fill(-Infinity);
  for (let row = 0; row < count; row++) {
    // NaN: on its way, for ever.
    const until = ended[row] === ended[row] ? ended[row] : Infinity;
    const block = (row / BLOCK) | 0;
    if (until > reach[block]) reach[block] = until;
  }
  return { messages, reach };
}

/// What a filter leaves: `mask[row]` is 1 for what is shown, `before[row]` how many of the
/// earlier rows are. No mask: everything.
export function shownRows(count, mask = null) {
  if (!mask) return { mask: null, before: null, total: count };
  const before = new Uint32Array(count + 1);
  for (let row = 0; row < count; row++) before[row + 1] = before[row] + mask[row];
  return { mask, before, total: before[count] };
}

/// The messages of a window: `{ rows, count }`, at most `limit` rows and the number of all.
export function rowsInWindow(index, { from, to }, shown, limit) {
  const { sent } = index.messages;
  const [first, last] = [lowerBound(sent, from), upperBound(sent, to)];
  const rows = [];
  let count = 0;
  eachEarlier(index, first, from, shown.mask, (row) => {
    if (rows.length < limit) rows.push(row);
    count++;
  });
  count += shown.before ? shown.before[last] - shown.before[first] : last - first;
  for (let row = first; row < last && rows.length < limit; row++) {
    if (!shown.mask || shown.mask[row]) rows.push(row);
  }
  return { rows, count };
}

/// Calls back for messages sent before row `first` that had not ended at `from`.
function eachEarlier({ messages, reach }, first, from, mask, callback) {
  const { ended } = messages;
  for (let block = 0; block * BLOCK < first; block++) {
    if (!(reach[block] >= from)) continue;
    const end = Math.min(first, (block + 1) * BLOCK);
    for (let row = block * BLOCK; row < end; row++) {
      if (!(ended[row] < from) && (!mask || mask[row])) callback(row);
    }
  }
}

/// How many messages each track sent, got and lost in each of `bins` parts of a window:
/// counts by `track * bins + bin`, and `most` of each track. `trackOf[end]` is the end's track, -1
/// for none.
export function densityOf(index, { from, to }, shown, trackOf, tracks, bins) {
  const { sent, ended, src, dest, fate } = index.messages;
  const size = tracks * bins;
  const density = { bins, sent: new Uint32Array(size), got: new Uint32Array(size), lost: new Uint32Array(size), most: new Uint32Array(tracks) };
  const scale = bins / Math.max(1, to - from);
  const bump = (counts, end, at) => {
    const track = trackOf[end];
    const bin = ((at - from) * scale) | 0;
    if (track < 0 || at < from || bin >= bins) return;
    const n = ++counts[track * bins + bin];
    if (n > density.most[track]) density.most[track] = n;
  };
  const arrive = (row) => {
    if (fate[row] === 0) bump(density.got, dest[row], ended[row]);
    else if (fate[row] === 2) bump(density.lost, dest[row], ended[row]);
  };
  const [first, last] = [lowerBound(sent, from), upperBound(sent, to)];
  eachEarlier(index, first, from, shown.mask, arrive);
  for (let row = first; row < last; row++) {
    if (shown.mask && !shown.mask[row]) continue;
    bump(density.sent, src[row], sent[row]);
    arrive(row);
  }
  return density;
}
