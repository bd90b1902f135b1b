// What the page reads of itself is what the run recorded: the columns of report.html against
// messages.jsonl and history.jsonl, read here by JSON.parse.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadRun } from "../../src/report/page/assets/model.js";
import { reportOf, runOf } from "./runs.mjs";

/** The run that is embedded in a page. */
function load(path) {
  const html = readFileSync(path, "utf8");
  return loadRun((name) => {
    const begin = html.indexOf(`<script id="data-${name}"`);
    if (begin < 0) return null;
    const text = html.indexOf(">", begin) + 1;
    return html.slice(text, html.indexOf("<", text));
  });
}

const lines = (path) => readFileSync(path, "utf8").trimEnd().split("\n").map((line) => JSON.parse(line));

for (const kind of ["valid", "stormy", "guessed"]) {
  test(`every message of a run (${kind}) is in its page as it was recorded`, async () => {
    const run = await load(reportOf(kind));
    const { messages } = run;
    const records = lines(join(runOf(kind), "messages.jsonl"));
    const sent = records.filter((one) => one.event === "send" || one.event === "duplicate");
    assert.equal(messages.count, sent.length);
    const bodies = new Map();
    for (let row = 0; row < messages.count; row += 1) {
      const record = sent[row];
      if (record.event === "send") bodies.set(record.id, record);
      const origin = bodies.get(record.id);
      assert.equal(messages.id[row], record.id);
      assert.equal(messages.sent[row], record.time);
      assert.equal(messages.copy[row], record.event === "duplicate" ? 1 : 0);
      assert.equal(run.ends[messages.src[row]].name, origin.src);
      assert.equal(run.ends[messages.dest[row]].name, origin.dest);
      assert.equal(run.kinds[messages.kind[row]], origin.body.type ?? "");
      assert.equal(messages.size[row], Buffer.byteLength(await run.body(row)));
      assert.deepEqual(JSON.parse(await run.body(row)), origin.body);
      const { in_reply_to: replies } = origin.body;
      if (messages.cause[row] >= 0) {
        const request = bodies.get(messages.id[messages.cause[row]]);
        assert.deepEqual([request.src, request.dest, request.body.msg_id], [origin.dest, origin.src, replies]);
      }
    }
    checkEnds(run, records);
  });
}

/** Deliveries and drops, with their reasons and faults. */
function checkEnds(run, records) {
  const { messages } = run;
  const ends = (id, time, fate, why, fault) => `${id} ${time} ${fate} ${why ?? ""} ${fault ?? ""}`;
  const seen = [];
  let under = 0;
  for (let row = 0; row < messages.count; row += 1) {
    if (messages.fate[row] === 1) {
      assert.ok(Number.isNaN(messages.ended[row]));
      under += 1;
      continue;
    }
    const why = messages.why[row] === 255 ? null : run.reasons[messages.why[row]];
    const fault = messages.fault[row] === 65535 ? null : run.faults[messages.fault[row]];
    seen.push(ends(messages.id[row], messages.ended[row], messages.fate[row] === 0 ? "deliver" : "drop", why, fault));
  }
  const recorded = records.filter((one) => one.event === "deliver" || one.event === "drop");
  assert.equal(recorded.length + under, messages.count);
  assert.deepEqual(seen.sort(), recorded.map((one) => ends(one.id, one.time, one.event, one.why, one.fault)).sort());
}

test("every operation is in the page as it was recorded", async () => {
  const { operations, ends } = await load(reportOf("lost"));
  const records = lines(join(runOf("lost"), "history.jsonl")).filter((one) => one.process !== "nemesis");
  const invoked = records.filter((one) => one.type === "invoke");
  const completed = new Map(records.filter((one) => one.type !== "invoke").map((one) => [one.op, one]));
  assert.equal(operations.count, invoked.length);
  for (let index = 0; index < operations.count; index += 1) {
    const begin = invoked[index];
    const end = completed.get(begin.op);
    assert.equal(operations.number[index], begin.op);
    assert.equal(operations.process[index], begin.process);
    assert.equal(operations.f[operations.fIndex[index]], begin.f);
    assert.equal(ends[operations.node[index]].name, begin.node);
    assert.equal(ends[operations.client[index]].name, begin.client);
    assert.equal(operations.invoked[index], begin.time);
    assert.deepEqual(JSON.parse(operations.input(index)), begin.value);
    assert.equal(operations.recovery[index], begin.recovery ? 1 : 0);
    assert.equal(["ok", "fail", "info", undefined][operations.outcome[index]], end?.type);
    if (end) assert.equal(operations.completed[index], end.time);
    if (end?.type === "ok") assert.deepEqual(JSON.parse(operations.output(index)), end.value);
    assert.equal(operations.error(index) !== null, end?.error !== undefined);
  }
});

test("arrivals and drops of an element name the messages that carried it", async () => {
  const run = await load(reportOf("lost"));
  const { messages, spread } = run;
  assert.ok(spread.exact && spread.drops.complete && spread.carried);
  let drops = 0;
  for (let element = 0; element < spread.elements.count; element += 1) {
    const text = spread.elements.text(element);
    assert.equal(spread.indexOf(text), element);
    const carries = async (row) => {
      const carried = spread.carried.element.subarray(spread.carried.offset[row], spread.carried.offset[row + 1]);
      assert.ok(carried.includes(element));
      assert.ok((await run.body(row)).includes(text));
    };
    for (let drop = spread.drops.offset[element]; drop < spread.drops.offset[element + 1]; drop += 1) {
      assert.equal(messages.fate[spread.drops.row[drop]], 2);
      assert.equal(messages.dest[spread.drops.row[drop]], spread.drops.place[drop]);
      await carries(spread.drops.row[drop]);
      drops += 1;
    }
    const { arrivals } = spread;
    for (let arrival = arrivals.offset[element]; arrival < arrivals.offset[element + 1]; arrival += 1) {
      const row = arrivals.row[arrival];
      assert.equal(messages.dest[row], arrivals.place[arrival]);
      assert.equal(messages.ended[row], arrivals.at[arrival]);
      const parent = arrivals.parent[arrival];
      if (parent >= 0) assert.equal(arrivals.place[parent], messages.src[row]);
      await carries(row);
    }
  }
  assert.ok(drops > 0);
});

test("what was lost is what final reads do not show", async () => {
  const run = await load(reportOf("lost"));
  const lost = run.report.anomalies.map((one, index) => ({ ...one, index })).filter((one) => one.kind === "lost" && one.element);
  assert.ok(lost.length > 0);
  for (const { index, element, node } of lost) {
    const found = run.anomalyElement(index);
    assert.equal(found, run.spread.indexOf(element));
    assert.equal(run.spread.shown.at(found, run.endOf(node)), 0);
  }
});

test("a text that is looked for is found in exactly the bodies that contain it", async () => {
  const run = await load(reportOf("large"));
  const shares = [];
  const wanted = '"message":117';
  const rows = await run.searchBodies(wanted.toUpperCase(), (share) => shares.push(share));
  const expected = [];
  for (let row = 0; row < run.messages.count; row += 1) {
    if ((await run.body(row)).includes(wanted)) expected.push(row);
  }
  assert.deepEqual([...rows], expected);
  assert.ok(expected.length > 0 && shares.at(-1) === 1);
  assert.equal((await run.searchBodies("no body says this")).length, 0);
  // From the end of one body into the next: in neither.
  assert.equal((await run.searchBodies("}{")).length, 0);
  await assert.rejects(run.searchBodies("x", undefined, AbortSignal.abort()));
});

test("lives end with kills and begin with init", async () => {
  const run = await load(reportOf("killed"));
  const kills = run.report.faults.filter((fault) => fault.began_ns !== null && fault.action === "kill");
  assert.ok(kills.length > 0);
  for (const { nodes, began_ns: began } of kills) {
    for (const node of nodes) assert.ok(run.lives[run.endOf(node)].some((life) => life.to === began), `${node} ${began}`);
  }
  const inits = run.kinds.indexOf("init");
  for (const [node, lives] of run.lives.entries()) {
    const rows = [...run.messages.kind.keys()].filter((row) => run.messages.kind[row] === inits && run.messages.dest[row] === node && run.messages.fate[row] === 0);
    assert.deepEqual(lives.map((life) => life.from), rows.map((row) => run.messages.ended[row]));
  }
});
