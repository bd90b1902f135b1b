// What the window shows as a table: for screen readers, for copying, for who prefers it.

import { build } from "./build.js";
import { rowsInWindow } from "./diagram-index.js";
import { carriedBy, countOf, endName, fateOf, kindOf } from "./diagram-words.js";
import { rowLink } from "./follow.js";
import { formatTime, visible } from "./model.js";

/// How many messages the table has at most.
const MOST_LISTED = 200;

/// `{ box, update(scene) }`; the table is made while it is open.
export function messageTable(run, actions) {
  const body = build("div", {});
  let latest = null;
  const fill = () => latest && box.open && body.replaceChildren(...tableOfMessages(run, latest, actions));
  const box = build("details", { class: "dg-table", toggle: fill }, build("summary", {}, "The messages of this window as a table"), body);
  return { box, update: (scene) => ((latest = scene), fill()) };
}

function tableOfMessages(run, { index, view, shown }, actions) {
  const { rows, count } = rowsInWindow(index, view, shown, MOST_LISTED);
  const { src, dest, sent } = run.messages;
  const heads = ["sent", "from", "to", "type", ...(run.spread?.carried ? ["value"] : []), "what became of it"];
  const lines = rows.map((row) => {
    const values = carriedBy(run, row, 4);
    const cells = [rowLink(row, formatTime(sent[row]), actions), endName(run, src[row]), endName(run, dest[row]), kindOf(run, row)];
    if (values) cells.push(values.map((element) => visible(run.spread.elements.text(element), 24)).join(" ") + (values.length === 4 ? " …" : ""));
    return build("tr", {}, ...[...cells, fateOf(run, row)].map((cell) => build("td", {}, cell)));
  });
  const caption = `${formatTime(view.from)} to ${formatTime(view.to)}: ${count > rows.length ? `the first ${rows.length} of ${countOf(count, "message")}` : countOf(count, "message")}`;
  return [build("table", {}, build("caption", {}, caption), build("thead", {}, build("tr", {}, ...heads.map((head) => build("th", { scope: "col" }, head)))), build("tbody", {}, ...lines))];
}
