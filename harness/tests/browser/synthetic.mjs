// A run that nobody made, in the shape that the parts of report.html take (`loadRun()` of model.js):
// flooding on a ring with chords, reads by clients, a partition, a kill, loss, a few copies.
//
//     const run = synthetic({ messages: 1_000_000 });
//
// The same options give the same run. Nothing here is needed from a browser or from node, so that
// a page can import it as well.

const SECOND = 1e9;

/** Numbers in [0, 1) from a seed (mulberry32, by Tommy Ettinger; public domain). */
export function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A run of about so many messages. Times are nanoseconds. */
export function synthetic({ messages = 500, nodes = 5, seconds = 10, seed = 1, exact = true, crowd = 1 } = {}) {
  const world = new World(nodes, seconds, seed, crowd);
  world.play(messages);
  return world.run(exact);
}

const KINDS = ["broadcast", "broadcast_ok", "gossip", "read", "read_ok"];
const [BROADCAST, BROADCAST_OK, GOSSIP, READ, READ_OK] = KINDS.keys();
const REASONS = ["cut", "loss", "node-down"];
const [CUT, LOSS, DOWN] = REASONS.keys();
const FAULTS = ["partition-1", "loss-1"];

class World {
  constructor(nodes, seconds, seed, crowd) {
    this.nodes = nodes;
    this.clients = nodes * crowd;
    this.end = seconds * SECOND;
    this.random = randomFrom(seed);
    this.rows = [];
    this.elements = [];
    this.operations = [];
    const half = Math.max(1, Math.floor(nodes / 2));
    const names = (from, to) => Array.from({ length: to - from }, (_, i) => `n${from + i}`);
    this.left = half;
    this.faults = [
      fault("partition-1", "cut", 0.2, 0.4, { sides: [names(0, half), names(half, nodes)], on_links: true }),
      fault("kill-1", "kill", 0.5, 0.6, { nodes: [`n${nodes - 1}`] }),
      fault("pause-1", "pause", 0.65, 0.7, { nodes: ["n0"] }),
      fault("loss-1", "loss", 0.75, 0.85, { links: [[names(0, nodes), names(0, nodes)]], on_links: true }),
    ];
    for (const one of this.faults) {
      one.began_ns = Math.round(one.began_ns * this.end);
      one.ended_ns = Math.round(one.ended_ns * this.end);
    }
  }

  neighbours(node) {
    const all = new Set([(node + 1) % this.nodes, (node + this.nodes - 1) % this.nodes, (node + 2) % this.nodes, (node + this.nodes - 2) % this.nodes]);
    all.delete(node);
    return [...all];
  }

  client(process) {
    return this.nodes + 1 + process;
  }

  during(name, at) {
    const one = this.faults.find((fault) => fault.name === name);
    return at >= one.began_ns && at < one.ended_ns;
  }

  /** What becomes of a message between nodes: [fate, why, fault]. */
  fate(src, dest, sent, ended) {
    if (ended > this.end) return [1, 255, 65535];
    if (this.during("partition-1", sent) && (src < this.left) !== (dest < this.left)) return [2, CUT, 0];
    if (this.during("loss-1", sent) && this.random() < 0.3) return [2, LOSS, 1];
    if (dest === this.nodes - 1 && this.during("kill-1", ended)) return [2, DOWN, 65535];
    return [0, 255, 65535];
  }

  send(src, dest, kind, sent, more = {}) {
    const between = src < this.nodes && dest < this.nodes;
    const ended = sent + (between ? (5 + 30 * this.random()) * 1e6 : 2e5 + 1e5 * this.random());
    const [fate, why, fault] = between ? this.fate(src, dest, sent, ended) : ended > this.end ? [1, 255, 65535] : [0, 255, 65535];
    const row = { src, dest, kind, sent: Math.round(sent), ended: fate === 1 ? NaN : Math.round(fate === 2 && why !== DOWN ? sent + 1e6 : ended), fate, why, fault, cause: null, element: -1, copy: 0, size: 40 + Math.floor(40 * this.random()), ...more };
    this.rows.push(row);
    return row;
  }

  /** One value: a client gives it to a node, and every node tells its neighbours once. */
  flood(element, at, process) {
    const origin = process % this.nodes;
    const client = this.client(process);
    const request = this.send(client, origin, BROADCAST, at, { element });
    const story = { invoked: at, acked: NaN, failed: 0, arrivals: [], drops: [] };
    this.elements.push(story);
    if (request.fate !== 0) return;
    const reply = this.send(origin, client, BROADCAST_OK, request.ended + 1e5, { cause: request });
    story.acked = reply.ended;
    this.operation("broadcast", process, at, reply, String(element), "null");
    const has = new Set([origin]);
    story.arrivals.push({ place: origin, row: request, at: request.ended, parent: -1 });
    const waiting = [0];
    while (waiting.length > 0) {
      const from = waiting.shift();
      const { place, at: since } = story.arrivals[from];
      for (const dest of this.neighbours(place)) {
        const row = this.send(place, dest, GOSSIP, since + 1e5 + 1e5 * this.random(), { element });
        if (row.fate === 2) story.drops.push({ row, place: dest });
        if (this.random() < 0.02 && row.fate === 0) this.rows.push({ ...row, original: row, copy: 1, ended: row.ended + 2e6 });
        if (row.fate !== 0 || has.has(dest)) continue;
        has.add(dest);
        waiting.push(story.arrivals.length);
        story.arrivals.push({ place: dest, row, at: row.ended, parent: from });
      }
    }
  }

  read(at, process) {
    const [node, client] = [process % this.nodes, this.client(process)];
    const request = this.send(client, node, READ, at);
    if (request.fate !== 0) return;
    this.operation("read", process, at, this.send(node, client, READ_OK, request.ended + 1e5, { cause: request, size: 400 }), "null", "[1,2,3]");
  }

  operation(f, process, invoked, reply, input, output) {
    const lost = this.random() < 0.03;
    this.operations.push({ f, process, node: process % this.nodes, invoked, completed: reply.fate === 0 ? reply.ended : NaN, outcome: reply.fate !== 0 ? 3 : lost ? 2 : 0, input, output });
  }

  play(messages) {
    const each = 4 + this.nodes * this.neighbours(0).length;
    const count = Math.max(1, Math.round(messages / each));
    for (let element = 0; element < count; element++) {
      const at = ((element + this.random()) / count) * this.end * 0.98;
      this.flood(element, at, Math.floor(this.random() * this.clients));
      this.read(((element + this.random()) / count) * this.end * 0.98, Math.floor(this.random() * this.clients));
    }
    this.rows.sort((a, b) => a.sent - b.sent);
    this.rows.forEach((row, number) => (row.number = number));
    this.operations.sort((a, b) => a.invoked - b.invoked);
  }

  run(exact) {
    const ends = Array.from({ length: this.nodes }, (_, i) => ({ name: `n${i}`, role: "node" }));
    ends.push({ name: "lin-kv", role: "service" });
    for (let i = 0; i < this.clients; i++) ends.push({ name: `c${i + 1}`, role: "client" });
    const kill = this.faults[1];
    const whole = { from: 0, to: this.end };
    return {
      report: this.report(),
      ends,
      endOf: (name) => ends.findIndex((end) => end.name === name),
      kinds: KINDS,
      reasons: REASONS,
      faults: FAULTS,
      messages: this.messages(),
      body: async (row) => bodyOf(this.rows[row]),
      searchBodies: (text, onProgress, signal) => search(this.rows, text, onProgress, signal),
      operations: this.table(),
      spread: this.spread(exact),
      lives: ends.slice(0, this.nodes).map((_, i) => (i === this.nodes - 1 ? [{ from: 0, to: kill.began_ns }, { from: kill.ended_ns, to: this.end }] : [whole])),
      topology: this.topology(),
      leftOut: [],
      end: this.end,
    };
  }

  messages() {
    const { rows } = this;
    const table = columns(rows, { id: [Float64Array, (row) => (row.original ?? row).number], sent: [Float64Array], ended: [Float64Array], src: [Uint16Array], dest: [Uint16Array], kind: [Uint16Array], fate: [Uint8Array], why: [Uint8Array], fault: [Uint16Array], cause: [Int32Array, (row) => row.cause?.number ?? -1], size: [Uint32Array], copy: [Uint8Array] });
    return { count: rows.length, ...table };
  }

  table() {
    const f = ["broadcast", "read"];
    const list = this.operations;
    const table = columns(list, { process: [Float64Array], node: [Uint16Array], fIndex: [Uint8Array, (op) => f.indexOf(op.f)], invoked: [Float64Array], completed: [Float64Array], outcome: [Uint8Array], recovery: [Uint8Array, () => 0] });
    return { count: list.length, f, ...table, input: (i) => list[i].input, output: (i) => list[i].output, error: (i) => (list[i].outcome === 2 ? "timeout: no reply within 5 s" : null) };
  }

  spread(exact) {
    const { elements, rows } = this;
    const arrivals = elements.flatMap((one, e) => one.arrivals.map((arrival) => ({ ...arrival, e })));
    const drops = elements.flatMap((one) => one.drops);
    const offset = (key) => Uint32Array.from([0, ...elements.map(((sum) => (one) => (sum += one[key].length))(0))]);
    const start = offset("arrivals");
    const carried = rows.map((row) => row.element);
    return {
      exact,
      carriers: ["message"],
      elements: { count: elements.length, text: (i) => String(i), ...columns(elements, { invoked: [Float64Array], acked: [Float64Array], failed: [Uint8Array] }) },
      indexOf: (text) => (/^\d+$/.test(text) && Number(text) < elements.length ? Number(text) : -1),
      arrivals: { offset: start, ...columns(arrivals, { place: [Uint16Array], row: [Int32Array, (one) => one.row.number], at: [Float64Array], life: [Uint16Array, () => 0], parent: [Int32Array, (one) => (one.parent < 0 ? -1 : start[one.e] + one.parent)] }) },
      drops: { offset: offset("drops"), ...columns(drops, { row: [Int32Array, (one) => one.row.number], place: [Uint16Array] }), complete: true },
      carried: {
        offset: Uint32Array.from([0, ...carried.map(((sum) => (element) => (sum += element >= 0 ? 1 : 0))(0))]),
        element: Uint32Array.from(carried.filter((element) => element >= 0)),
      },
      shown: {
        node: Array.from({ length: this.nodes }, (_, i) => i),
        at: (element, column) => (elements[element].arrivals.some((one) => one.place === column) ? 1 : 0),
      },
    };
  }

  topology() {
    const edges = [];
    for (let a = 0; a < this.nodes; a++) for (const b of this.neighbours(a)) if (a < b) edges.push([a, b]);
    const angle = (i) => (2 * Math.PI * i) / this.nodes;
    return { edges, position: Array.from({ length: this.nodes }, (_, i) => [0.5 + 0.45 * Math.sin(angle(i)), 0.5 - 0.45 * Math.cos(angle(i))]) };
  }

  report() {
    const lost = this.elements.map((one, e) => [one, e]).filter(([one]) => one.arrivals.length > 0 && one.arrivals.length < this.nodes).slice(0, 5);
    const missing = ([one]) => Array.from({ length: this.nodes }, (_, i) => i).find((node) => !one.arrivals.some((arrival) => arrival.place === node));
    const anomalies = lost.map((pair) => ({ kind: "lost", text: `message ${pair[1]} was acknowledged, but is missing from the final read of n${missing(pair)}`, element: String(pair[1]), node: `n${missing(pair)}`, time_ns: pair[0].invoked, operations: [] }));
    const nodes = Array.from({ length: this.nodes }, (_, i) => `n${i}`);
    return {
      version: 1,
      validity: lost.length > 0 ? "invalid" : "valid",
      headline: lost.length > 0 ? `lost ×${lost.length}` : "every promise was kept",
      plan: { workload: "broadcast", target: "synthetic", mode: "sim", nodes, seed: 1 },
      anomalies,
      explanations: {},
      faults: this.faults,
      milestones: { zero_ns: 0, healed_ns: 0.85 * this.end, settled_ns: 0.9 * this.end, recovered_ns: this.end, end_ns: this.end },
      figures: {},
      run: { command: "swelkie test -w broadcast", directory: "store/broadcast/synthetic" },
    };
  }
}

function fault(name, action, from, to, scope) {
  return { name, summary: `${action} ${(scope.sides ?? [scope.nodes ?? ["between nodes"]]).map((side) => side.join(" ")).join(" | ")}`, action, began_ns: from, ended_ns: to, touched: 3, on_links: false, notes: [], ...scope };
}

/** Typed arrays out of a list of objects. */
function columns(list, wanted) {
  return Object.fromEntries(Object.entries(wanted).map(([name, [Type, of = (one) => one[name]]]) => [name, Type.from(list, of)]));
}

function bodyOf(row) {
  const more = row.element >= 0 ? { message: row.element } : row.kind === READ_OK ? { messages: [1, 2, 3] } : {};
  return JSON.stringify({ type: KINDS[row.kind], msg_id: row.number, ...more });
}

async function search(rows, text, onProgress = () => {}, signal = null) {
  const found = [];
  for (let row = 0; row < rows.length; row++) {
    if (row % 20000 === 0) {
      onProgress(row / rows.length);
      await new Promise((done) => setTimeout(done));
      if (signal?.aborted) throw new DOMException("the search was cancelled", "AbortError");
    }
    if (bodyOf(rows[row]).includes(text)) found.push(row);
  }
  onProgress(1);
  return Uint32Array.from(found);
}
