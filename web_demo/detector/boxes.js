/** Greedy non-maximum suppression. Boxes are corners (x1, y1, x2, y2) in any one unit, float32 arithmetic. */

const round = Math.fround;

function area([x1, y1, x2, y2]) {
  return round(Math.max(round(x2 - x1), 0) * Math.max(round(y2 - y1), 0));
}

function intersection(a, b) {
  const width = round(Math.min(a[2], b[2]) - Math.max(a[0], b[0]));
  const height = round(Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
  return round(Math.max(width, 0) * Math.max(height, 0));
}

/**
 * Boxes that overlap no better one.
 *
 * @param {number[][]} boxes [N] finite corner boxes, best first.
 * @param {number} iouThreshold a box that overlaps a better one by more than this is dropped, 0..1.
 * @param {number} limit stop after this many boxes, at least one.
 * @returns {number[]} indices of the boxes that stay, best first.
 */
export function nms(boxes, iouThreshold, limit = Infinity) {
  const threshold = round(iouThreshold);
  const areas = boxes.map(area);
  const dropped = new Uint8Array(boxes.length);
  const kept = [];
  for (let best = 0; best < boxes.length; best++) {
    if (dropped[best]) continue;
    kept.push(best);
    if (kept.length === limit) break;
    for (let other = best + 1; other < boxes.length; other++) {
      if (dropped[other]) continue;
      const shared = intersection(boxes[best], boxes[other]);
      const union = round(round(areas[best] + areas[other]) - shared);
      if (shared > round(threshold * union)) dropped[other] = 1;
    }
  }
  return kept;
}
