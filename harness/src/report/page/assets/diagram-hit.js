// What is under the pointer. Pure.

/// The nearest of `arrows` (`{ row, x1, y1, x2, y2 }`, CSS pixels) to a point, no farther than
/// `reach` pixels; null if there is none. Between two that are as near the later one in the list
/// wins, for it is drawn on top.
export function arrowAt(arrows, x, y, reach = 7) {
  let best = null;
  let nearest = reach * reach;
  for (const arrow of arrows) {
    if (Math.min(arrow.x1, arrow.x2) - reach > x || Math.max(arrow.x1, arrow.x2) + reach < x) continue;
    const distance = squareDistance(arrow, x, y);
    if (distance <= nearest) [best, nearest] = [arrow, distance];
  }
  return best;
}

function squareDistance({ x1, y1, x2, y2 }, x, y) {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const length = dx * dx + dy * dy;
  const share = length > 0 ? Math.max(0, Math.min(1, ((x - x1) * dx + (y - y1) * dy) / length)) : 0;
  return (x - x1 - share * dx) ** 2 + (y - y1 - share * dy) ** 2;
}

/// The box (`{ x, y, width, height }`) that contains a point, the last one drawn first.
export function boxAt(boxes, x, y) {
  return boxes.findLast((box) => x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height) ?? null;
}

/// The track nearest to a height, or -1 if it is farther than half the distance of tracks.
export function trackAt(tracks, y) {
  return tracks.findIndex((track) => Math.abs(track.y - y) <= track.room / 2);
}
