// JSON text laid out for reading. Pure.
//
// It is not parsed: numbers keep all their digits, repeated keys stay, and a body that is cut
// short or no JSON at all is shown as far as it goes.

/// Indents JSON text; at most about `limit` characters: `{ text, whole }`.
export function prettyJson(json, limit = Infinity) {
  const out = [];
  let length = 0;
  let depth = 0;
  let at = 0;
  const write = (text) => (out.push(text), (length += text.length));
  const line = () => write(`\n${"  ".repeat(Math.min(depth, 40))}`);
  while (at < json.length && length < limit) {
    const [token, next] = tokenAt(json, at);
    at = next;
    const empty = (token === "{" || token === "[") && /^\s*[}\]]/.exec(json.slice(at, at + 100));
    if (empty) {
      write(token + empty[0].trim());
      at += empty[0].length;
    } else if (token === "{" || token === "[") {
      const inline = token === "[" ? flatArray(json, at) : null;
      if (inline) {
        write(inline.text);
        at = inline.end;
        continue;
      }
      write(token);
      depth++;
      line();
    } else if (token === "}" || token === "]") {
      depth = Math.max(0, depth - 1);
      line();
      write(token);
    } else if (token === ",") {
      write(token);
      line();
    } else if (token === ":") {
      write(": ");
    } else {
      write(token);
    }
  }
  return { text: out.join("").slice(0, limit), whole: at >= json.length && length <= limit };
}

/// A short array of plain values stays in one line.
function flatArray(json, at) {
  const match = /^[^[\]{}"]{0,80}\]/.exec(json.slice(at, at + 82));
  if (!match) return null;
  const items = match[0].slice(0, -1).split(",").map((item) => item.trim());
  return { text: `[${items.join(", ")}]`, end: at + match[0].length };
}

/// The token that begins at or after `at`, and where the next one may begin.
function tokenAt(json, at) {
  const space = /\S/g;
  space.lastIndex = at;
  const found = space.exec(json);
  if (!found) return ["", json.length];
  const begin = found.index;
  if (json[begin] === '"') {
    const end = endOfString(json, begin);
    return [json.slice(begin, end), end];
  }
  const word = /[{}[\],:]|[^\s{}[\],:"]+/y;
  word.lastIndex = begin;
  const text = word.exec(json)?.[0] ?? json[begin];
  return [text, begin + text.length];
}

/// Where the string that begins at `begin` ends. Strings may have megabytes, too much for a pattern.
function endOfString(json, begin) {
  let end = begin;
  for (;;) {
    end = json.indexOf('"', end + 1);
    if (end < 0) return json.length;
    let slashes = 0;
    while (json[end - 1 - slashes] === "\\") slashes++;
    if (slashes % 2 === 0) return end + 1;
  }
}
