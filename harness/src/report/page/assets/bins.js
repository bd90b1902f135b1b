// Numbers for charts: bins of time, counts and quantiles in them. Pure; no page needed.
//
//   times of events, sorted once            a window, cut into bins
//   ─┬──┬─┬┬─────┬──┬──   ─► binary ─►   │ 3 │ 2 │ 0 │ 2 │   counts, sums, levels
//                            search
//
// What is asked again at each zoom (counts, sums of sizes, how many are on their way)
// comes from sorted times and prefix sums: bins × log(events), however many events.
// Quantiles have to look at the events of the window, once per window.

/// The first index in `from..to` whose value is not below `x`; `sorted` ascends.
export function lowerBound(sorted, x, from = 0, to = sorted.length) {
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (sorted[middle] < x) from = middle + 1;
    else to = middle;
  }
  return from;
}

/// The first index in `from..to` whose value is above `x`.
export function upperBound(sorted, x, from = 0, to = sorted.length) {
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (sorted[middle] <= x) from = middle + 1;
    else to = middle;
  }
  return from;
}

/// The smallest of 1, 2, 5, 10, 20, … (also below one) that is at least `x`.
export function niceAbove(x) {
  if (!(x > 0)) return 1;
  const decade = 10 ** Math.floor(Math.log10(x));
  for (const step of [1, 2, 5]) {
    if (step * decade >= x * (1 - 1e-9)) return step * decade;
  }
  return 10 * decade;
}

/// The largest of 1, 2, 5, 10, 20, … (also below one) that is at most `x`.
export function niceBelow(x) {
  const above = niceAbove(x);
  if (above <= x * (1 + 1e-9)) return above;
  return Number(above.toExponential()[0]) === 5 ? above / 2.5 : above / 2;
}

/// Bins that cover `from..to` (ns): whole multiples of a round width of at least 1 µs,
/// at most about `wanted` of them. `edge(i)` is where bin `i` begins.
export function binGrid(from, to, wanted) {
  const width = Math.max(1e3, niceAbove((to - from) / Math.max(1, wanted)));
  const first = Math.floor(from / width);
  const last = Math.max(first + 1, Math.ceil(to / width));
  return { width, start: first * width, count: last - first, edge: (i) => (first + i) * width };
}

/// The middles of bins in seconds: the x values of a chart.
export function binMiddles(grid) {
  return Float64Array.from({ length: grid.count }, (_, i) => (grid.edge(i) + grid.width / 2) / 1e9);
}

/// Events of one kind: their times in order, and what they weigh.
///
/// `rows` are the events out of `times` (NaN ones are left out); `weights` adds prefix
/// sums for `sum`.
export function tally(times, rows, weights = null) {
  let order = rows.filter((row) => !Number.isNaN(times[row]));
  let ascending = true;
  for (let i = 1; i < order.length && ascending; i++) {
    ascending = times[order[i - 1]] <= times[order[i]];
  }
  if (!ascending) order = order.sort((a, b) => times[a] - times[b]);
  const at = new Float64Array(order.length);
  const sums = weights ? new Float64Array(order.length + 1) : null;
  for (let i = 0; i < order.length; i++) {
    at[i] = times[order[i]];
    if (sums) sums[i + 1] = sums[i] + weights[order[i]];
  }
  return { at, sums };
}

/// How many events of a tally fall into each bin, per second of the bin.
export function ratePerBin(events, grid) {
  const seconds = grid.width / 1e9;
  return countPerBin(events, grid).map((count) => count / seconds);
}

/// How many events of a tally fall into each bin.
export function countPerBin(events, grid) {
  return differences(grid, (edge) => lowerBound(events.at, edge));
}

/// What the events of each bin weigh together, per second of the bin.
export function weightPerBin(events, grid) {
  const seconds = grid.width / 1e9;
  const below = (edge) => events.sums[lowerBound(events.at, edge)];
  return differences(grid, below).map((sum) => sum / seconds);
}

function differences(grid, below) {
  const out = new Float64Array(grid.count);
  let before = below(grid.edge(0));
  for (let i = 0; i < grid.count; i++) {
    const after = below(grid.edge(i + 1));
    out[i] = after - before;
    before = after;
  }
  return out;
}

/// How many of the events that begin at `begins` and end at `ends` (both sorted; what
/// never ends is missing from `ends`) are going on at the beginning of each bin.
export function levelPerBin(begins, ends, grid) {
  const out = new Float64Array(grid.count);
  for (let i = 0; i < grid.count; i++) {
    const at = grid.edge(i);
    out[i] = upperBound(begins, at) - upperBound(ends, at);
  }
  return out;
}

/// The quantile `q` (0 to 1) of ascending values in `from..to`, nearest rank: a value
/// that was measured. NaN if there is none.
export function quantileOf(sorted, q, from = 0, to = sorted.length) {
  if (to <= from) return NaN;
  return sorted[from + Math.max(0, Math.ceil(q * (to - from)) - 1)];
}

/// Quantiles of `values` per bin of their `times`; both of the same length, in any
/// order. Gives one array per quantile, with NaN for empty bins.
export function quantilesPerBin(times, values, grid, quantiles) {
  const offset = new Uint32Array(grid.count + 1);
  const binOf = new Int32Array(times.length).fill(-1);
  for (let i = 0; i < times.length; i++) {
    const bin = Math.floor((times[i] - grid.start) / grid.width);
    if (!(bin >= 0 && bin < grid.count) || Number.isNaN(values[i])) continue;
    binOf[i] = bin;
    offset[bin + 1]++;
  }
  for (let i = 0; i < grid.count; i++) offset[i + 1] += offset[i];
  const grouped = new Float64Array(offset[grid.count]);
  const next = offset.slice();
  for (let i = 0; i < times.length; i++) {
    if (binOf[i] >= 0) grouped[next[binOf[i]]++] = values[i];
  }
  const out = quantiles.map(() => new Float64Array(grid.count));
  for (let bin = 0; bin < grid.count; bin++) {
    const part = grouped.subarray(offset[bin], offset[bin + 1]).sort();
    quantiles.forEach((q, k) => (out[k][bin] = quantileOf(part, q)));
  }
  return out;
}

/// Which of the intervals `begin[i]..end[i]` contain a moment, without looking at all:
/// the latest end of each block of rows is known. `begin` ascends; an end of NaN is
/// never. Gives `at(time, limit)`: the rows, newest first, at most `limit` of them.
export function stabbing(begin, end, block = 512) {
  const blocks = Math.ceil(begin.length / block);
  const latest = new Float64Array(blocks).fill(-Infinity);
  for (let row = 0; row < begin.length; row++) {
    const until = Number.isNaN(end[row]) ? Infinity : end[row];
    const which = Math.floor(row / block);
    if (until > latest[which]) latest[which] = until;
  }
  return (time, limit = Infinity) => {
    const rows = [];
    let row = upperBound(begin, time) - 1;
    while (row >= 0 && rows.length < limit) {
      const which = Math.floor(row / block);
      if (latest[which] <= time) {
        row = which * block - 1;
        continue;
      }
      if (!(end[row] <= time)) rows.push(row);
      row--;
    }
    return rows;
  };
}

/// Thins points out for drawing: of those that fall onto the same pixel one is kept.
/// `x` and `y` are in pixels, `width` and `height` those of the picture, in squares of
/// `side` pixels; gives indices, in order.
export function oneOfEachPixel(x, y, width, height, side = 1) {
  const taken = new Uint8Array(width * height);
  const kept = [];
  for (let i = 0; i < x.length; i++) {
    const column = Math.round(x[i] / side);
    const line = Math.round(y[i] / side);
    if (!(column >= 0 && column < width && line >= 0 && line < height)) continue;
    const pixel = line * width + column;
    if (taken[pixel]) continue;
    taken[pixel] = 1;
    kept.push(i);
  }
  return kept;
}

/// Round moments (ns) to label on a time axis of `width` pixels: `{ step, at }`.
export function timeTicks(from, to, width, apart = 90) {
  const step = niceAbove(((to - from) / Math.max(1, width)) * apart);
  const at = [];
  const [first, last] = [Math.ceil(from / step), Math.floor(to / step)];
  for (let i = first; i <= last && at.length < 1000; i++) at.push(i * step);
  return { step, at };
}
