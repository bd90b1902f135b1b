// What a chart shows, as a table: for screen readers, for copying, for those who want
// the very numbers.

import { build } from "./build.js";

const MOST_TABLE_LINES = 400;

/// Adds a closed table to `figure`; it is filled when it is opened, and again when what
/// is shown changes. `shown()` gives `{ x, columns }`.
export function numbersTable(figure, { series, format, xLabel = "time, s", xFormat = plainSeconds }, shown) {
  if (series.some((one) => one.shape)) return { refresh: () => {} };
  const body = build("div", { class: "scroll" });
  const details = build("details", { class: "numbers" }, build("summary", {}, "as a table"), body);
  const refresh = () => {
    const now = shown();
    if (details.open && now) body.replaceChildren(tableOfNumbers(now, series, format, xLabel, xFormat));
  };
  details.addEventListener("toggle", refresh);
  figure.append(details);
  return { refresh };
}

function tableOfNumbers({ x, columns }, series, format, xLabel, xFormat) {
  const head = build("tr", {}, build("th", { scope: "col" }, xLabel));
  for (const one of series) head.append(build("th", { scope: "col" }, one.label));
  const rows = build("tbody");
  const value = (number) => (number == null || Number.isNaN(number) ? "–" : format(number));
  for (let i = 0; i < Math.min(x.length, MOST_TABLE_LINES); i++) {
    rows.append(
      build("tr", {}, build("th", { scope: "row" }, xFormat(x[i])), ...columns.map((one) => build("td", {}, value(one[i])))),
    );
  }
  const table = build("table", {}, build("thead", {}, head), rows);
  if (x.length <= MOST_TABLE_LINES) return table;
  return build("div", {}, table, build("p", { class: "note" }, `the first ${MOST_TABLE_LINES} of ${x.length} rows`));
}

function plainSeconds(x) {
  return String(Number(x.toFixed(6)));
}
