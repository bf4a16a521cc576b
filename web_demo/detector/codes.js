/**
 * Box and landmark codes relative to anchors (SSD, Liu et al. 2016, eq. 2; RetinaFace for landmarks).
 *
 * Every step is rounded to float32, as numpy does it, so that thresholds and ties fall on the same side.
 */

const round = Math.fround;
const CENTRE_VARIANCE = round(0.1);
const SIZE_VARIANCE = round(0.2);

/**
 * One row of box codes as a corner box.
 *
 * @param {Float32Array} codes [A, 4]
 * @param {Float32Array} anchors [A, 4] (cx, cy, w, h)
 * @param {number} row
 * @returns {number[]} (x1, y1, x2, y2), normalised to the input; not finite where a size code overflows.
 */
export function decodeBox(codes, anchors, row) {
  const at = 4 * row;
  const corners = [0, 0, 0, 0];
  for (let axis = 0; axis < 2; axis++) {
    const size = anchors[at + 2 + axis];
    const centre = round(anchors[at + axis] + round(round(codes[at + axis] * CENTRE_VARIANCE) * size));
    const growth = round(Math.exp(round(codes[at + 2 + axis] * SIZE_VARIANCE)));
    const half = round(round(size * growth) / 2);
    corners[axis] = round(centre - half);
    corners[2 + axis] = round(centre + half);
  }
  return corners;
}

/**
 * One row of landmark codes as points.
 *
 * @param {Float32Array} codes [A, 10]
 * @param {Float32Array} anchors [A, 4] (cx, cy, w, h)
 * @param {number} row
 * @returns {number[]} ten numbers x, y, x, y ..., normalised to the input.
 */
export function decodeLandmarks(codes, anchors, row) {
  return Array.from({ length: 10 }, (_, index) => {
    const axis = index % 2;
    const offset = round(round(codes[10 * row + index] * CENTRE_VARIANCE) * anchors[4 * row + 2 + axis]);
    return round(anchors[4 * row + axis] + offset);
  });
}
