// Text for people: what nodes wrote made safe to show, numbers with their units.

// Control characters, marks that turn the direction of writing, and what has no width:
// nothing of them may act on a screen. The same that text.rs escapes, and a little more.
const ACTING = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

/** `text` with everything escaped that could act on a screen; cut after `max` characters, with its length told. */
export function visible(text, max = 200) {
  const whole = String(text);
  const begin = whole.length > max ? whole.slice(0, max) : whole;
  const escaped = begin.replace(ACTING, (character) => `\\u{${character.codePointAt(0).toString(16)}}`);
  return whole.length > max ? `${escaped}… (${formatCount(whole.length)} characters)` : escaped;
}

/** A moment of the run: `6.307 s`. */
export function formatTime(ns) {
  return Number.isFinite(ns) ? `${(ns / 1e9).toFixed(3)} s` : "never";
}

/** A span, to three digits: `81.2 ms`, `1.40 s`, `2 min 5 s`. */
export function formatDuration(ns) {
  if (!Number.isFinite(ns)) return "–";
  const size = Math.abs(ns);
  if (size === 0) return "0 s";
  if (size < 999.5) return `${threeDigits(ns)} ns`;
  if (size < 999.5e3) return `${threeDigits(ns / 1e3)} µs`;
  if (size < 999.5e6) return `${threeDigits(ns / 1e6)} ms`;
  if (size < 119.5e9) return `${threeDigits(ns / 1e9)} s`;
  const seconds = Math.round(ns / 1e9);
  return `${Math.trunc(seconds / 60)} min ${Math.abs(seconds % 60)} s`;
}

/** A count with its thousands apart: `12,345`; what is no whole number to three digits. */
export function formatCount(number) {
  if (!Number.isFinite(number)) return "–";
  if (!Number.isInteger(number) && Math.abs(number) < 999.5) return threeDigits(number);
  return Math.round(number).toString().replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A size: `512 B`, `1.50 KiB`, `3.20 MiB`. */
export function formatBytes(bytes) {
  if (!Number.isFinite(bytes)) return "–";
  let size = bytes;
  let unit = 0;
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  while (Math.abs(size) >= 1023.5 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? formatCount(size) : threeDigits(size)} ${units[unit]}`;
}

function threeDigits(number) {
  const size = Math.abs(number);
  if (Number.isInteger(number) && size < 1000) return String(number);
  if (size < 9.995) return number.toFixed(2);
  if (size < 99.95) return number.toFixed(1);
  return number.toFixed(0);
}
