import assert from "node:assert/strict";
import { test } from "node:test";
import { synthetic } from "./synthetic.mjs";

test("a synthetic run is the same every time, and its messages are in the order of sending", () => {
  const [one, two] = [synthetic({ messages: 3000 }), synthetic({ messages: 3000 })];
  assert.deepEqual(one.messages, two.messages);
  assert.ok(Math.abs(one.messages.count - 3000) < 600, `${one.messages.count} messages`);
  assert.ok(one.messages.sent.every((sent, row) => row === 0 || sent >= one.messages.sent[row - 1]));
});

test("every arrival of a synthetic run came by the message it names, from where it was before", () => {
  const { messages, spread } = synthetic({ messages: 3000 });
  const { arrivals } = spread;
  for (let e = 0; e < spread.elements.count; e++) {
    for (let i = arrivals.offset[e]; i < arrivals.offset[e + 1]; i++) {
      assert.equal(messages.dest[arrivals.row[i]], arrivals.place[i]);
      assert.equal(messages.ended[arrivals.row[i]], arrivals.at[i]);
      const parent = arrivals.parent[i];
      if (parent >= 0) assert.equal(messages.src[arrivals.row[i]], arrivals.place[parent]);
    }
  }
});

test("a synthetic run has messages that were cut off, lost, and found a node down", () => {
  const { messages, reasons } = synthetic({ messages: 5000 });
  const why = new Set([...messages.why].filter((one) => one !== 255).map((one) => reasons[one]));
  assert.deepEqual([...why].sort(), ["cut", "loss", "node-down"]);
});
