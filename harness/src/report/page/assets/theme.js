// What things look like on canvases: colours from the style sheet, dashes, marks.
//
// Colours are CSS variables, so that light, dark and paper are decided in one place,
// `style.css`. No series is told by its colour alone: each has a dash or a mark too.

const themeColors = new Map();
const themeListeners = [];
const paperListeners = [];
let themeIsWatched = false;

/// The present value of a CSS variable, such as `color("--bad")`.
export function color(name) {
  if (!themeColors.has(name)) {
    const value = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    themeColors.set(name, value || "#888");
  }
  return themeColors.get(name);
}

/// Calls back when colours have changed: dark or light was chosen, or paper is near.
export function onThemeChange(callback) {
  watchTheme();
  themeListeners.push(callback);
}

/// Calls back, after the colours have changed, when the page is about to be printed, and
/// has to be complete when the callback returns. What is added meanwhile is called too.
export function onPaper(callback) {
  watchTheme();
  paperListeners.push(callback);
}

function watchTheme() {
  if (themeIsWatched) return;
  themeIsWatched = true;
  const changed = () => {
    themeColors.clear();
    for (const callback of themeListeners) callback();
  };
  // On paper everything is light and as wide as the paper: see `.printing`.
  const printing = (on) => {
    document.documentElement.classList.toggle("printing", on);
    changed();
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
  addEventListener("beforeprint", () => {
    printing(true);
    for (let i = 0; i < paperListeners.length; i++) paperListeners[i]();
  });
  addEventListener("afterprint", () => printing(false));
}

/// The colour variable of the `i`th of several things.
export const seriesColor = (i) => `--n${i % 8}`;

/// Dashes of lines, in CSS pixels: one for each of several lines.
export const DASHES = [[], [7, 3], [2, 2.5], [9, 3, 2, 3], [14, 4], [5, 2, 1, 2, 1, 2], [1, 4], [4, 6]];

/// The font of text on canvases, in CSS pixels.
export const canvasFont = (size = 11, weight = "") => `${weight} ${size}px system-ui, sans-serif`;

/// Shapes of points: one for each of several kinds.
export const SHAPES = ["dot", "diamond", "square", "triangle", "plus", "ring"];

/// Adds a point of a shape to the path of `context`; `fill` and `stroke` it after.
export function traceShape(context, shape, x, y, r) {
  switch (shape) {
    case "diamond":
      context.moveTo(x, y - r * 1.3);
      context.lineTo(x + r * 1.3, y);
      context.lineTo(x, y + r * 1.3);
      context.lineTo(x - r * 1.3, y);
      context.closePath();
      break;
    case "square":
      context.rect(x - r, y - r, 2 * r, 2 * r);
      break;
    case "triangle":
      context.moveTo(x, y - r * 1.2);
      context.lineTo(x + r * 1.2, y + r);
      context.lineTo(x - r * 1.2, y + r);
      context.closePath();
      break;
    case "cross":
      context.moveTo(x - r, y - r);
      context.lineTo(x + r, y + r);
      context.moveTo(x - r, y + r);
      context.lineTo(x + r, y - r);
      break;
    case "plus":
      context.moveTo(x - r, y);
      context.lineTo(x + r, y);
      context.moveTo(x, y - r);
      context.lineTo(x, y + r);
      break;
    default:
      context.moveTo(x + r, y);
      context.arc(x, y, r, 0, 2 * Math.PI);
  }
}

/// Whether a shape is drawn by its outline.
export const isOutline = (shape) => shape === "cross" || shape === "plus" || shape === "ring";

/// Gives a canvas its size in CSS pixels and a context that draws in them.
export function sizedContext(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== across) canvas.width = across;
  if (canvas.height !== down) canvas.height = down;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}
