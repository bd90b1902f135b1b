// A run, as the page's parts see it: typed arrays by row, texts by index.
//
//   #data-run ── base64, inflate ──► columns ──► run
//   #data-bodies-3 ── when one of its bodies is asked for ──► text

import { bytesOfBase64, inflate, openContainer, sums } from "./columns.js";
export { visible, formatTime, formatDuration, formatCount, formatBytes } from "./text.js";

/** Where a page keeps its data: base64 by the name of its element. */
export function embedded() {
  return (name) => document.getElementById(`data-${name}`)?.textContent ?? null;
}

/** Reads the run that is embedded in this page. `read` gives base64 by name: `run`, `bodies-0`, … */
export async function loadRun(read = embedded()) {
  const data = read("run");
  if (!data) throw new Error("the page has no data in it: it was cut short");
  const file = await openContainer(bytesOfBase64(data));
  const { header } = file;
  const index = new Map(header.ends.map((end, number) => [end.name, number]));
  const messages = readMessages(file, header);
  const bodies = readBodies(file, header, messages, read);
  return {
    report: header.report,
    seed: header.seed,
    ends: header.ends,
    endOf: (name) => index.get(name) ?? -1,
    kinds: header.kinds,
    reasons: header.reasons,
    faults: header.faults,
    messages,
    body: bodies.body,
    hasBody: bodies.hasBody,
    searchBodies: bodies.search,
    operations: readOperations(file, header),
    spread: header.spread && readSpread(file, header),
    anomalyElement: (anomaly) => header.anomaly_elements[anomaly] ?? -1,
    lives: header.lives,
    topology: header.topology && readTopology(file, header),
    leftOut: header.left_out,
    end: header.end,
  };
}

// What numbers of ends fit into.
const endType = (header) => (header.ends.length > 65535 ? Uint32Array : Uint16Array);

function readMessages(file, header) {
  const End = endType(header);
  const Kind = header.kinds.length > 65535 ? Uint32Array : Uint16Array;
  const sent = file.numbers("message.sent", Float64Array);
  return {
    count: header.messages,
    id: file.numbers("message.id", Float64Array),
    sent,
    ended: endsOf(sent, file.numbers("message.took", Float64Array)),
    src: file.numbers("message.src", End),
    dest: file.numbers("message.dest", End),
    kind: file.numbers("message.kind", Kind),
    fate: file.numbers("message.fate", Uint8Array),
    why: file.numbers("message.why", Uint8Array, -1),
    fault: file.numbers("message.fault", Uint16Array, -1),
    cause: causes(file.numbers("message.cause", Int32Array)),
    size: file.numbers("message.size", Uint32Array),
    copy: file.numbers("message.copy", Uint8Array),
  };
}

// Written as one more than how long it took, 0 for what did not end.
function endsOf(begun, took) {
  for (let index = 0; index < took.length; index += 1) {
    took[index] = took[index] === 0 ? NaN : begun[index] + took[index] - 1;
  }
  return took;
}

// Written as how many rows earlier, 0 for none.
function causes(rows) {
  for (let row = 0; row < rows.length; row += 1) rows[row] = rows[row] === 0 ? -1 : row - rows[row];
  return rows;
}

// A block holds the bodies of its rows end to end. The last one that was used is kept.
function readBodies(file, header, messages, read) {
  const has = file.numbers("message.body", Uint8Array);
  const { blocks } = header;
  let latest = { number: -1, bytes: null };
  const block = (number) => {
    if (latest.number !== number) {
      const data = read(`bodies-${number}`);
      const bytes = data ? inflate(bytesOfBase64(data)) : Promise.reject(new Error("these bodies are not in the page"));
      latest = { number, bytes };
    }
    return latest.bytes;
  };
  const lastRow = (number) => (number + 1 < blocks.length ? blocks[number + 1].row : messages.count);
  return {
    hasBody: (row) => has[row] === 1,
    /** The JSON text of a message; null if it is not in the page. */
    async body(row) {
      if (has[row] !== 1) return null;
      let number = blocks.length - 1;
      while (number > 0 && blocks[number].row > row) number -= 1;
      let begin = 0;
      for (let earlier = blocks[number].row; earlier < row; earlier += 1) {
        if (has[earlier] === 1) begin += messages.size[earlier];
      }
      const bytes = await block(number);
      return new TextDecoder().decode(bytes.subarray(begin, begin + messages.size[row]));
    },
    /** The rows whose bodies contain this text, whatever its case. `onProgress` is told a share from 0 to 1. */
    async search(text, onProgress = () => {}, signal = null) {
      const rows = [];
      const needle = needleOf(text);
      for (let number = 0; number < blocks.length && text !== ""; number += 1) {
        if (signal?.aborted) throw signal.reason;
        const bytes = await inflate(bytesOfBase64(read(`bodies-${number}`) ?? ""));
        searchBlock(needle, bytes, rows, blocks[number].row, lastRow(number), has, messages.size);
        onProgress((number + 1) / blocks.length);
      }
      return Uint32Array.from(rows);
    },
  };
}

// Bytes are searched as if each were a character: a character of more bytes is then
// several, in the text that is looked for as well. Letters beyond ASCII keep their case.
function needleOf(text) {
  const ascii = /^[\x00-\x7f]*$/.test(text);
  const spell = (bytes) => {
    const characters = new TextDecoder("windows-1252").decode(bytes);
    return ascii ? characters.toLowerCase() : characters;
  };
  return { spell, text: spell(new TextEncoder().encode(text)) };
}

function searchBlock(needle, bytes, rows, first, end, has, sizes) {
  const hay = needle.spell(bytes);
  let found = hay.indexOf(needle.text);
  let begin = 0;
  for (let row = first; row < end && found !== -1; row += 1) {
    if (has[row] !== 1) continue;
    const after = begin + sizes[row];
    if (found < begin) found = hay.indexOf(needle.text, begin);
    if (found !== -1 && found + needle.text.length <= after) rows.push(row);
    // One that begins here and ends in the next body is in neither.
    if (found !== -1 && found < after) found = hay.indexOf(needle.text, Math.min(after, hay.length));
    begin = after;
  }
}

function readOperations(file, header) {
  const invoked = file.numbers("operation.invoked", Float64Array);
  const error = file.texts("operation.error");
  const End = endType(header);
  return {
    count: header.operations,
    number: file.numbers("operation.number", Float64Array),
    process: file.numbers("operation.process", Float64Array),
    node: file.numbers("operation.node", End),
    client: file.numbers("operation.client", End),
    f: header.functions,
    fIndex: file.numbers("operation.f", Uint8Array),
    invoked,
    completed: endsOf(invoked, file.numbers("operation.took", Float64Array)),
    outcome: file.numbers("operation.outcome", Uint8Array),
    recovery: file.numbers("operation.recovery", Uint8Array),
    input: file.texts("operation.input"),
    output: file.texts("operation.output"),
    error: (operation) => error(operation) || null,
  };
}

function readSpread(file, header) {
  const { exact, carriers, drops_complete: complete, carried, shown } = header.spread;
  return {
    exact,
    carriers,
    ...readElements(file),
    arrivals: readArrivals(file, endType(header)),
    drops: {
      offset: sums(file.numbers("drop.count", Uint32Array)),
      row: file.numbers("drop.row", Int32Array, -1),
      place: file.numbers("drop.place", endType(header)),
      complete,
    },
    carried: carried
      ? {
          offset: sums(file.numbers("carried.count", Uint32Array)),
          element: file.numbers("carried.element", Uint32Array),
        }
      : null,
    shown: shown ? readShown(file) : null,
  };
}

function readElements(file) {
  const invoked = file.numbers("element.invoked", Float64Array);
  const text = file.texts("element.text");
  let index = null;
  return {
    elements: {
      count: invoked.length,
      text,
      invoked,
      acked: endsOf(invoked, file.numbers("element.acked", Float64Array)),
      failed: file.numbers("element.failed", Uint8Array),
    },
    /** The element that is this JSON text, or -1. */
    indexOf(wanted) {
      index ??= new Map(Array.from(invoked, (_, element) => [text(element), element]));
      return index.get(wanted) ?? -1;
    },
  };
}

function readArrivals(file, End) {
  const offset = sums(file.numbers("arrival.count", Uint32Array));
  const parent = file.numbers("arrival.parent", Int32Array);
  for (let element = 0; element + 1 < offset.length; element += 1) {
    const begin = offset[element];
    // Written as one more than its place among the arrivals of the element.
    for (let arrival = begin; arrival < offset[element + 1]; arrival += 1) {
      parent[arrival] = parent[arrival] === 0 ? -1 : begin + parent[arrival] - 1;
    }
  }
  return {
    offset,
    place: file.numbers("arrival.place", End),
    row: file.numbers("arrival.row", Int32Array, -1),
    at: file.numbers("arrival.at", Float64Array),
    life: file.numbers("arrival.life", Uint16Array),
    parent,
  };
}

// A column for each node, in the order of nodes.
function readShown(file) {
  const counts = file.numbers("shown.count", Uint32Array);
  const elements = file.numbers("shown.element", Uint32Array);
  const sets = [];
  let at = 0;
  for (const count of counts) {
    const end = at + Math.max(0, count - 1);
    sets.push(count === 0 ? null : new Set(elements.subarray(at, end)));
    at = end;
  }
  return {
    node: sets.map((_, node) => node),
    at(element, column) {
      const set = sets[column];
      if (set === null) return 2;
      return set.has(element) ? 1 : 0;
    },
  };
}

function readTopology(file, header) {
  const to = file.numbers("edge.to", Uint32Array);
  const from = file.numbers("edge.from", Uint32Array);
  return {
    told: header.topology.told,
    edges: Array.from(from, (node, edge) => [node, to[edge]]),
    position: header.topology.position,
  };
}
