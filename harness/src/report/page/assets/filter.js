// The filter: which messages the diagram shows.

import { build, choice } from "./build.js";
import { formatCount, visible } from "./model.js";

/// A filter that leaves everything.
export function openFilter(clients) {
  return { kinds: new Set(), ends: new Set(), element: -1, rows: null, dropped: false, clients };
}

/// What a filter leaves: a mask over all rows, or null for everything. `kinds` and `ends` are sets
/// of numbers, empty for all; `rows` are those that a search found. Pure.
export function maskOf(run, filter) {
  const { kinds, ends, element, rows, dropped, clients } = filter;
  if (kinds.size === 0 && ends.size === 0 && element < 0 && !rows && !dropped && clients !== "hidden") return null;
  const { count, kind, src, dest, fate } = run.messages;
  const mask = new Uint8Array(count);
  const isClient = Uint8Array.from(run.ends, (end) => (end.role === "client" ? 1 : 0));
  const [anyKind, anyEnd] = [kinds.size === 0, ends.size === 0];
  const kindIn = Uint8Array.from(run.kinds, (_, i) => (anyKind || kinds.has(i) ? 1 : 0));
  const endIn = Uint8Array.from(run.ends, (_, i) => (anyEnd || ends.has(i) ? 1 : 0));
  for (let row = 0; row < count; row++) {
    if (!kindIn[kind[row]] || !(endIn[src[row]] || endIn[dest[row]])) continue;
    if (dropped && fate[row] !== 2) continue;
    if (clients === "hidden" && (isClient[src[row]] || isClient[dest[row]])) continue;
    mask[row] = 1;
  }
  if (rows) keepOnly(mask, rows);
  if (element >= 0) keepOnly(mask, rowsWith(run, element));
  return mask;
}

function keepOnly(mask, rows) {
  const kept = new Uint8Array(mask.length);
  for (const row of rows) kept[row] = mask[row];
  mask.set(kept);
}

/// The rows that carried an element: all of them where that is recorded, else those that brought
/// it somewhere first or were dropped. Pure.
export function rowsWith(run, element) {
  const { carried, arrivals, drops } = run.spread;
  if (!carried) {
    const part = (list) => Array.from(list.row.subarray(list.offset[element], list.offset[element + 1]));
    return [...part(arrivals), ...part(drops)].filter((row) => row >= 0);
  }
  const rows = [];
  for (let row = 0; row < run.messages.count; row++) {
    for (let i = carried.offset[row]; i < carried.offset[row + 1]; i++) {
      if (carried.element[i] === element) {
        rows.push(row);
        break;
      }
    }
  }
  return rows;
}

/// The filter bar. `actions`: `changed(filter)`, `follow(element)`, `say(text)`.
/// Gives `{ bar, filter, focus(), count(shown, total) }`.
export function filterBar(run, filter, actions) {
  const changed = () => actions.changed(filter);
  const search = textSearch(run, filter, actions, changed);
  const count = build("output", { class: "dg-count" });
  const dropped = build("input", { type: "checkbox", change: () => ((filter.dropped = dropped.checked), changed()) });
  const parts = [
    many("types", run.kinds.map((kind) => visible(kind || "(no type)", 40)), filter.kinds, changed),
    many("nodes", run.ends.map((end) => visible(end.name, 40)), filter.ends, changed),
    valueField(run, filter, actions, changed, search),
    search.box,
    build("label", { class: "dg-check" }, dropped, "only dropped"),
    run.ends.some((end) => end.role === "client") ? choice("clients", [["each", "a track each"], ["together", "one track"], ["hidden", "hidden"]], filter.clients, (value) => ((filter.clients = value), changed())) : null,
    build("button", { type: "button", class: "dg-clear", click: () => clear() }, "clear"),
    count,
  ];
  const bar = build("form", { class: "dg-filter", role: "search", "aria-label": "Filter of messages", submit: (event) => event.preventDefault() }, ...parts);
  const clear = () => {
    bar.reset();
    filter.kinds.clear();
    filter.ends.clear();
    Object.assign(filter, { element: -1, rows: null, dropped: false });
    for (const box of bar.querySelectorAll(".dg-many")) box.dispatchEvent(new Event("renamed"));
    for (const option of bar.querySelectorAll("option")) option.selected = option.value === filter.clients;
    search.clear();
    changed();
  };
  closeWhenLeft(bar);
  return {
    bar,
    filter,
    focus: () => search.input.focus(),
    count: (shown, total) => (count.textContent = shown === total ? `${formatCount(total)} messages` : `${formatCount(shown)} of ${formatCount(total)} messages`),
  };
}

/// Menus close when somebody clicks elsewhere, or at Escape.
function closeWhenLeft(bar) {
  const closeAll = (except) => bar.querySelectorAll("details[open]").forEach((one) => one !== except && (one.open = false));
  document.addEventListener("pointerdown", (event) => closeAll(event.target.closest?.("details")));
  bar.addEventListener("keydown", (event) => {
    const open = event.key === "Escape" && event.target.closest("details[open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
    event.stopPropagation();
  });
}

/// A menu of boxes to check; none checked means all.
function many(name, labels, chosen, changed) {
  const summary = build("summary", {});
  const rename = () => {
    const names = labels.filter((_, i) => chosen.has(i));
    summary.textContent = `${name}: ${names.length === 0 ? "all" : names.length < 4 ? names.join(", ") : `${names.length} of ${labels.length}`}`;
  };
  rename();
  const boxes = labels.map((label, i) => {
    const box = build("input", { type: "checkbox", change: () => (box.checked ? chosen.add(i) : chosen.delete(i), rename(), changed()) });
    return build("label", {}, box, label);
  });
  return build("details", { class: "dg-many", renamed: rename }, summary, build("div", { class: "dg-menu", role: "group", "aria-label": name }, ...boxes));
}

/// The field for a value: shows only messages that carried it, or follows it.
function valueField(run, filter, actions, changed, search) {
  const input = build("input", { type: "text", class: "dg-value", size: 8, placeholder: "17", "aria-label": "value" });
  const find = () => {
    const text = input.value.trim();
    const element = run.spread && text !== "" ? run.spread.indexOf(text) : -1;
    if (text !== "" && run.spread && element < 0) actions.say(`no value ${visible(text, 60)} is known in this run`);
    return element;
  };
  const only = () => {
    // Where nobody knows what messages carry, the value is looked for in their text.
    if (!run.spread) return search.start(input.value.trim());
    filter.element = find();
    changed();
  };
  input.addEventListener("change", only);
  const follow = () => {
    const element = find();
    if (element < 0) return input.focus();
    actions.follow(element);
  };
  input.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
  input.addEventListener("keydown", (event) => event.key === "Enter" && only());
  const button = build("button", { type: "button", class: "dg-follow-value", click: follow }, "follow");
  return build("span", { class: "dg-field" }, build("label", {}, "value ", input), run.spread ? button : null);
}

/// The search in bodies: goes on while the page stays usable, can be cancelled.
function textSearch(run, filter, actions, changed) {
  const input = build("input", { type: "search", class: "dg-text", size: 14, placeholder: "text in bodies", "aria-label": "text in bodies", "aria-keyshortcuts": "/" });
  const progress = build("progress", { max: 1, value: 0, hidden: true });
  const cancel = build("button", { type: "button", class: "dg-cancel", hidden: true }, "cancel");
  let running = null;
  let last = "";
  const idle = () => {
    running = null;
    progress.hidden = cancel.hidden = true;
  };
  const start = async (text) => {
    running?.abort();
    last = text;
    if (text === "") {
      idle();
      filter.rows = null;
      return changed();
    }
    const mine = (running = new AbortController());
    progress.hidden = cancel.hidden = false;
    progress.value = 0;
    try {
      const rows = await run.searchBodies(text, (share) => mine === running && (progress.value = share), mine.signal);
      if (mine !== running) return;
      filter.rows = rows;
      actions.say(`${formatCount(rows.length)} messages have this text`);
      idle();
      changed();
    } catch (error) {
      if (mine !== running) return;
      idle();
      actions.say(error?.name === "AbortError" ? "the search was cancelled" : `the search failed: ${visible(String(error))}`);
    }
  };
  cancel.addEventListener("click", () => running?.abort());
  const changedText = () => input.value !== last && start(input.value);
  input.addEventListener("change", changedText);
  input.addEventListener("search", changedText);
  input.addEventListener("keydown", (event) => event.key === "Enter" && (event.preventDefault(), changedText()));
  const clear = () => {
    running?.abort();
    last = "";
    idle();
  };
  return { box: build("span", { class: "dg-field" }, input, progress, cancel), input, start, clear };
}
