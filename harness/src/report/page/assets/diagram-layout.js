// Where things stand in the diagram: tracks, lanes of faults, ticks of the axis. Pure; pixels are
// CSS pixels.
//
//   ┌──────┬────────────────────────────┐ 0
//   │faults│ ▒ cut n0 | n1 n2 ▒         │     a lane for each link fault that overlaps others
//   ├──────┼────────────────────────────┤ top
//   │ n0   │ ──────╲───────────────     │     nodes, then services and strangers,
//   │ n1   │ ───────▼──────────────     │     then clients
//   ├──────┼────────────────────────────┤ bottom
//   │      │ 0 s       1 s       2 s    │
//   └──────┴────────────────────────────┘ height

/// How far the plot is from the left and right edge: as in the charts below it.
export const PLOT = { left: 66, right: 14, axis: 22, lane: 17, lanes: 7 };

/// How many clients get a track each before anybody asks.
const FEW_CLIENTS = 6;

/// `each`, `together` or `hidden`: what clients get as long as nobody has chosen.
export function clientsByDefault(run) {
  const clients = run.ends.filter((end) => end.role === "client").length;
  return clients <= FEW_CLIENTS && run.ends.length <= 16 ? "each" : "together";
}

/// The tracks: `{ tracks: [{ label, role, ends, y, room }], trackOf, top, bottom, height }`.
/// `clients` is `each`, `together` or `hidden`; `lanes` is how many lanes of faults there are.
export function tracksOf(run, clients, lanes) {
  const order = { node: 0, service: 1, stranger: 2, client: 3 };
  const ends = run.ends.map((end, number) => ({ ...end, number })).sort((a, b) => (order[a.role] ?? 2) - (order[b.role] ?? 2) || a.number - b.number);
  const tracks = [];
  const track = (label, role, these) => tracks.push({ label, role, ends: these.map((end) => end.number), y: 0, room: 0 });
  for (const end of ends) if (end.role !== "client") track(end.name, end.role, [end]);
  const number = (end) => Number(/^c(\d+)$/.exec(end.name)?.[1] ?? Infinity);
  const callers = ends.filter((end) => end.role === "client").sort((a, b) => number(a) - number(b) || a.number - b.number);
  if (clients === "each") for (const end of callers) track(end.name, "client", [end]);
  if (clients === "together" && callers.length > 0) track("clients", "client", callers);
  const trackOf = new Int32Array(run.ends.length).fill(-1);
  tracks.forEach((one, i) => one.ends.forEach((end) => (trackOf[end] = i)));
  const top = lanes * PLOT.lane + (lanes > 0 ? 6 : 0);
  const bottom = placeTracks(tracks, top);
  return { tracks, trackOf, top, bottom, height: bottom + PLOT.axis };
}

/// Gives each track its place; returns the lower edge.
function placeTracks(tracks, top) {
  const nodes = tracks.filter((track) => track.role !== "client").length;
  const callers = tracks.length - nodes;
  const room = nodes <= 1 ? 70 : clamp(Math.min(420 / nodes, 6000 / tracks.length), 1, 64);
  const roomOfNode = Math.max(room, Math.min(20, 6000 / tracks.length));
  const roomOfClient = callers === 1 ? Math.max(34, Math.min(roomOfNode, 44)) : Math.min(roomOfNode, 28);
  let y = top + 4;
  let before = null;
  for (const track of tracks) {
    track.room = track.role === "client" ? roomOfClient : roomOfNode;
    if (before && before.role !== "client" && track.role === "client") y += 10;
    y += track.room / 2;
    track.y = y;
    y += track.room / 2;
    before = track;
  }
  return y + 4;
}

const clamp = (x, low, high) => Math.max(low, Math.min(high, x));

/// From time to pixels and back, for a window and the width of the whole diagram.
export function timeScale({ from, to }, width) {
  const inside = Math.max(40, width - PLOT.left - PLOT.right);
  const perNs = inside / Math.max(1, to - from);
  return {
    left: PLOT.left,
    right: PLOT.left + inside,
    x: (time) => PLOT.left + (time - from) * perNs,
    time: (x) => from + (x - PLOT.left) / perNs,
  };
}

/// The marks of the time axis: `{ at, label }`, about one every `every` pixels.
export function axisTicks({ from, to }, inside, every = 110) {
  const wanted = ((to - from) / 1e9) * (every / Math.max(every, inside));
  const decade = 10 ** Math.floor(Math.log10(Math.max(wanted, 1e-9)));
  const step = [1, 2, 5, 10].map((n) => n * decade).find((one) => one >= wanted * 0.999) ?? 10 * decade;
  const digits = clamp(-Math.floor(Math.log10(step) + 1e-9), 0, 9);
  const ticks = [];
  for (let n = Math.ceil(from / 1e9 / step - 1e-9); n * step <= to / 1e9 + 1e-12 && ticks.length < 100; n++) {
    ticks.push({ at: n * step * 1e9, label: `${(n * step).toFixed(digits)} s` });
  }
  return ticks;
}

/// Faults as the diagram shows them:
/// `lanes` of link faults, `sides` of partitions (`{ fault, ends, side }`), `pauses` (`{ fault, end, from, to }`).
export function faultsOf(run) {
  const began = (run.report.faults ?? []).filter((fault) => fault.began_ns != null);
  const faults = began.map((fault) => ({ ...fault, from: fault.began_ns, to: fault.ended_ns ?? run.end }));
  const onLinks = faults.filter((fault) => fault.on_links).sort((a, b) => a.from - b.from || b.to - a.to);
  const endsOf = (names) => names.map((name) => run.endOf(name)).filter((end) => end >= 0);
  const [sides, deaf, pauses] = [[], [], []];
  for (const fault of faults) {
    if (fault.action === "cut") {
      (fault.sides ?? []).forEach((side, i) => sides.push({ fault, ends: endsOf(side), side: i }));
      for (const [from, to] of fault.links ?? []) deaf.push({ fault, ends: endsOf(to), to: from });
    }
    if (fault.action === "pause") for (const end of endsOf(fault.nodes ?? [])) pauses.push({ fault, end, from: fault.from, to: fault.to });
  }
  return { lanes: packLanes(onLinks), sides, deaf, pauses, nodeFaults: faults.filter((fault) => !fault.on_links) };
}

/// Faults with `lane`: none overlaps another of its lane; what does not fit goes to the last.
function packLanes(faults) {
  const free = [];
  return faults.map((fault) => {
    let lane = free.findIndex((until) => until <= fault.from);
    if (lane < 0) lane = Math.min(free.length, PLOT.lanes - 1);
    free[lane] = Math.max(free[lane] ?? 0, fault.to);
    return { ...fault, lane };
  });
}

/// How many lanes these faults need.
export function laneCount(lanes) {
  return lanes.reduce((most, fault) => Math.max(most, fault.lane + 1), 0);
}

/// When an end was down: the gaps between its lives, and after it crashed: `{ from, to, by }`, with
/// the fault that did it, or null, or `itself`.
export function downTimes(run, end, nodeFaults) {
  const lives = run.lives[end];
  if (!lives) return [];
  const { name } = run.ends[end];
  const crashes = (run.report.anomalies ?? []).filter((one) => one.kind === "crashed" && one.node === name && one.time_ns != null).map((one) => one.time_ns);
  const gaps = [];
  const gap = (from, to) => {
    if (to <= from) return;
    const by = nodeFaults.find((fault) => fault.action !== "pause" && fault.nodes?.includes(name) && fault.from <= from + SLACK && fault.to >= from);
    gaps.push({ from, to, by: by?.name ?? null });
  };
  lives.forEach((life, i) => {
    const crash = crashes.find((time) => time >= life.from && time < life.to);
    const next = lives[i + 1]?.from ?? run.end;
    if (crash === undefined) gap(life.to, next);
    else gaps.push({ from: crash, to: next, by: "itself" });
  });
  if (lives.length === 0) gap(0, run.end);
  return gaps;
}

/// A process takes a moment to die, nanoseconds.
const SLACK = 5e7;
