// Reads a log the way ShiViz does, and refuses what it refuses.
//
//   node shiviz.mjs LOG      {"events": …, "hosts": […], "messages": …}
//
// No package carries ShiViz. This follows what its sources do (js/shiviz.js, js/model/
// parser.js, vectorTimestamp.js, modelGraph.js): an uploaded file's first line is the
// regular expression, its second the delimiter of executions; the rest is matched again and
// again, multi-line; clocks of a host begin at 1 and go up by 1, name no unknown host, and
// are exactly what the arrows that they imply add up to.
import { readFileSync } from 'node:fs';

const file = readFileSync(process.argv[2], 'utf8');
const [first, delimiter, ...rest] = file.split('\n');
const DEFAULT = '(?<event>.*)\\n(?<host>\\S*) (?<clock>{.*})';
if (first !== DEFAULT || delimiter !== '') throw new Error(`the head is ${first}, ${delimiter}`);

/// All events in a text.
function parse(text) {
  const events = [];
  for (const { groups } of text.trim().matchAll(new RegExp(DEFAULT, 'gm'))) {
    const clock = JSON.parse(groups.clock);
    const own = clock[groups.host];
    if (own === undefined) throw new Error(`the clock of ${groups.host} has no entry of its own`);
    for (const time of Object.values(clock)) {
      if (!Number.isInteger(time) || time < 0) throw new Error(`a clock of ${time}`);
    }
    events.push({ text: groups.event, host: groups.host, clock, own });
  }
  return events;
}

const events = parse(rest.join('\n'));
// Whoever pastes all of the file must get the same.
const pasted = parse(file);
if (JSON.stringify(pasted) !== JSON.stringify(events)) throw new Error('the head is taken for events');

const hosts = new Map();
for (const event of events) {
  if (!hosts.has(event.host)) hosts.set(event.host, []);
  hosts.get(event.host).push(event);
}
for (const [host, list] of hosts) {
  list.sort((a, b) => a.own - b.own);
  list.forEach((event, index) => {
    if (event.own !== index + 1) throw new Error(`${host} goes to ${event.own} at its event ${index + 1}: ${event.text}`);
  });
}

// Who must have been heard from: the entries that are new. Of these, those that another of
// them knew already came with it.
for (const [host, list] of hosts) {
  const known = {};
  for (const event of list) {
    known[host] = event.own;
    const candidates = [];
    for (const [other, time] of Object.entries(event.clock)) {
      if ((known[other] ?? 0) >= time) continue;
      known[other] = time;
      if (!hosts.has(other)) throw new Error(`unknown host ${other}: ${event.text}`);
      if (time > hosts.get(other).length) throw new Error(`${other} never was at ${time}: ${event.text}`);
      candidates.push(hosts.get(other)[time - 1]);
    }
    event.parents = candidates.filter((one) =>
      !candidates.some((other) => other !== one && (other.clock[one.host] ?? 0) >= one.own));
  }
}

// Every clock is what its host knew and what the arrows brought; and an arrow is a message.
let messages = 0;
for (const list of hosts.values()) {
  list.forEach((event, index) => {
    const sum = { ...(list[index - 1]?.clock ?? {}), [event.host]: event.own };
    for (const parent of event.parents) {
      for (const [host, time] of Object.entries(parent.clock)) sum[host] = Math.max(sum[host] ?? 0, time);
      const number = (text) => text.match(/ (?:sends|receives) (#\d+) /)?.[1];
      if (number(event.text) !== number(parent.text)) throw new Error(`${parent.text} is no cause of ${event.text}`);
      messages += 1;
    }
    for (const host of new Set([...Object.keys(sum), ...Object.keys(event.clock)])) {
      if (sum[host] !== event.clock[host]) throw new Error(`${host}: ${sum[host]} is expected: ${event.text}`);
    }
  });
}
console.log(JSON.stringify({ events: events.length, hosts: [...hosts.keys()].sort(), messages }));
