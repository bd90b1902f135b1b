// The details of one message: what it said, what became of it, what came before and after.

import { build } from "./build.js";
import { causesOf, effectsOf } from "./diagram-causes.js";
import { carriedBy, countOf, endName, faultOf, fateOf, kindOf, labelOf, reasonOf } from "./diagram-words.js";
import { rowLink } from "./follow.js";
import { prettyJson } from "./json-text.js";
import { formatBytes, formatCount, formatTime, visible } from "./model.js";

/// How much of a body is shown at first, and at most: characters.
const FIRST_CHARACTERS = 3000;
const MOST_CHARACTERS = 2_000_000;
/// How many of the values that a message carried get a button.
const MOST_VALUES = 40;

/// The panel of the message `row`. `actions` are `select(row)`, `follow(element)`, `back()`,
/// `forward()`, `close()`; `past` tells which of them make sense: `{ back, forward }`.
export function detailsPanel(run, row, actions, past) {
  const { src, dest, copy } = run.messages;
  const title = `${copy[row] ? "Copy of " : ""}${kindOf(run, row)}: ${endName(run, src[row])} → ${endName(run, dest[row])}`;
  return build(
    "section",
    { class: "dg-details", "aria-label": "The selected message" },
    build(
      "header",
      {},
      build("h3", { tabindex: -1 }, title),
      build(
        "p",
        { class: "dg-buttons" },
        build("button", { type: "button", class: "dg-back", disabled: !past.back, title: "the message before, [", click: actions.back }, "← back"),
        build("button", { type: "button", class: "dg-forward", disabled: !past.forward, title: "the next message again, ]", click: actions.forward }, "forward →"),
        build("button", { type: "button", class: "dg-close", title: "Escape", click: actions.close }, "close"),
      ),
    ),
    facts(run, row, actions),
    bodyPanel(run, row),
    build("div", { class: "dg-why" }, before(run, row, actions), after(run, row, actions)),
  );
}

function facts(run, row, actions) {
  const { sent, size, fate, id } = run.messages;
  const list = build("dl", { class: "dg-facts" });
  const fact = (name, ...what) => list.append(build("dt", {}, name), build("dd", {}, ...what));
  fact("sent", formatTime(sent[row]));
  const became = [fateOf(run, row)];
  const fault = faultOf(run, row);
  if (fault && fault !== "network") became.push(" ", faultLink(fault));
  list.append(build("dt", {}, "then"), build("dd", { class: fate[row] === 2 ? "dg-lost" : "" }, ...became));
  fact("size", formatBytes(size[row]), ` (message ${id[row]} of the journal)`);
  const values = carriedBy(run, row, MOST_VALUES + 1);
  if (values?.length > 0) fact(run.spread.exact ? "carried" : "carried (a guess)", ...valueButtons(run, row, values, actions));
  return list;
}

function valueButtons(run, row, values, actions) {
  const buttons = values.slice(0, MOST_VALUES).map((element) => {
    const text = visible(run.spread.elements.text(element), 40);
    return build("button", { type: "button", class: "dg-follow", title: `follow ${text}`, "data-element": element, click: () => actions.follow(element) }, `follow ${text}`);
  });
  if (values.length > MOST_VALUES) buttons.push(` and ${countOf(carriedBy(run, row).length - MOST_VALUES, "more value")}`);
  return buttons;
}

/// A button that leads to the row of a fault in the table above.
function faultLink(name) {
  const target = () => Array.from(document.querySelectorAll("tr[data-fault]")).find((line) => line.dataset.fault === name);
  return build("button", { type: "button", class: "dg-link dg-fault", click: () => goTo(target()) }, `→ ${visible(name, 60)}`);
}

function goTo(line) {
  if (!line) return;
  line.tabIndex = -1;
  line.scrollIntoView({ block: "center" });
  line.focus({ preventScroll: true });
}

/// The body: laid out, bounded, and said to be missing where it is.
function bodyPanel(run, row) {
  const text = build("pre", { class: "dg-body", tabindex: 0, "aria-label": "body" }, "…");
  const more = build("p", { class: "dg-more", hidden: true });
  const show = (json, limit) => {
    const { text: pretty, whole } = prettyJson(json, limit);
    // A line break of ours is none of the node's: those stand as \n in its strings.
    text.textContent = pretty.split("\n").map((line) => visible(line, MOST_CHARACTERS)).join("\n");
    more.hidden = whole;
    if (whole) return;
    const rest = limit < MOST_CHARACTERS ? build("button", { type: "button", class: "dg-all", click: () => show(json, MOST_CHARACTERS) }, "show all") : "";
    more.replaceChildren(`the first ${formatBytes(limit)} of ${formatBytes(json.length)} `, rest);
  };
  run.body(row).then(
    (json) => (json == null ? (text.textContent = "This page does not have the body of this message.") : show(json, FIRST_CHARACTERS)),
    (error) => (text.textContent = `The body cannot be read: ${visible(String(error))}`),
  );
  return build("div", { class: "dg-json" }, build("h4", {}, "Body"), text, more);
}

function before(run, row, actions) {
  const sender = endName(run, run.messages.src[row]);
  const { reply, before: earlier } = causesOf(run, row);
  const lines = [];
  if (reply >= 0) lines.push(line(run, reply, actions, "it is the reply to"));
  earlier
    .filter((one) => one !== reply)
    .forEach((one, i) => lines.push(line(run, one, actions, i === 0 ? (reply >= 0 ? `the last that ${sender} had received` : `what ${sender} had received before`) : "before that")));
  return group(`Why ${sender} may have sent it`, lines, `${sender} had received nothing before.`);
}

function after(run, row, actions) {
  const receiver = endName(run, run.messages.dest[row]);
  const { fate } = run.messages;
  if (fate[row] !== 0) return group("What it led to", [], fate[row] === 2 ? `Nothing: ${receiver} never got it (${visible(reasonOf(run, row))}).` : "Nothing: it was still on its way.");
  const { replies, sent, more } = effectsOf(run, row);
  const lines = [...replies.map((one) => line(run, one, actions, "the reply")), ...sent.map((one) => line(run, one, actions, ""))];
  if (more > 0) lines.push(build("li", {}, `and ${formatCount(more)} more`));
  return group(`What ${receiver} sent before it got anything else`, lines, `${receiver} sent nothing before the next message came to it.`);
}

function group(title, lines, nothing) {
  return build("div", {}, build("h4", {}, title), lines.length > 0 ? build("ul", {}, ...lines) : build("p", { class: "dg-nothing" }, nothing));
}

function line(run, row, actions, what) {
  const { src, dest, sent, fate } = run.messages;
  const lost = fate[row] === 2 ? ` × ${visible(reasonOf(run, row))}` : "";
  const text = `${labelOf(run, row)}: ${endName(run, src[row])} → ${endName(run, dest[row])} at ${formatTime(sent[row])}`;
  return build("li", {}, what ? `${what} ` : "", rowLink(row, text, actions), lost);
}
