/** From the outputs of a network to faces in the source picture (SSD, Liu et al. 2016, sec. 2). */

import { nms } from "./boxes.js";
import { decodeBox, decodeLandmarks } from "./codes.js";

const TOP_K = 5000; // candidates that reach suppression, and
const MAX_FACES = 750; // faces that leave it: RetinaFace's evaluation on WIDER FACE (Deng et al. 2020)
const round = Math.fround;

/**
 * Threshold, take the best, decode only those, suppress overlaps, and go back to the source picture.
 *
 * @param {Object<string, Float32Array>} outputs Raw: `classification` [A, 2 or 1] probabilities with that of a face
 *   last, `bbox_regression` [A, 4] and `landmarks` [A, 10] codes. Decoded: `score` [A, 1], `boxes` [A, 4] corners and
 *   `landmarks` [A, 10] points, normalised to the network input.
 * @param {Float32Array} anchors [A, 4] (cx, cy, w, h), normalised to the network input.
 * @param {[number, number]} imageSize (height, width) of the network input in pixels.
 * @param {import("./letterbox.js").Letterbox} fitted how the picture was fitted into the input.
 * @param {{scoreThreshold: number, iouThreshold: number}} thresholds faces below this probability, and faces that
 *   overlap a better one by more than this, are left out; 0..1.
 * @returns {Face[]} best first. A Face is `{box: [x1, y1, x2, y2], score, landmarks: [[x, y] * 5]}` in pixels of the
 *   picture: left eye, right eye, nose, left and right mouth corner, as seen there. Boxes are clipped to it; one that
 *   is not finite or without area there is left out.
 */
export function decodeFaces(outputs, anchors, imageSize, fitted, { scoreThreshold, iouThreshold }) {
  const isDecoded = "boxes" in outputs;
  const candidates = [];
  for (const { row, score } of bestRows(outputs.score ?? outputs.classification, anchors.length / 4, scoreThreshold)) {
    const box = isDecoded
      ? Array.from(outputs.boxes.subarray(4 * row, 4 * row + 4))
      : decodeBox(outputs.bbox_regression, anchors, row);
    const clipped = clip(toSourcePixels(box, imageSize, fitted), fitted.sourceSize);
    if (clipped) candidates.push({ row, score, box, clipped });
  }
  const kept = nms(candidates.map(({ box }) => box), iouThreshold, MAX_FACES);
  return kept.map((index) => {
    const { row, score, clipped } = candidates[index];
    const points = isDecoded
      ? Array.from(outputs.landmarks.subarray(10 * row, 10 * row + 10))
      : decodeLandmarks(outputs.landmarks, anchors, row);
    return { box: clipped, score, landmarks: inPairs(toSourcePixels(points, imageSize, fitted)) };
  });
}

/** The TOP_K best rows whose score reaches the threshold, best first; equal scores keep their order. */
function bestRows(classes, rowCount, scoreThreshold) {
  const columns = classes.length / rowCount;
  const threshold = round(scoreThreshold);
  const rows = [];
  for (let row = 0; row < rowCount; row++) {
    const score = classes[(row + 1) * columns - 1]; // the last column: (background, face) or (face) alone
    if (score >= threshold) rows.push({ row, score });
  }
  return rows.sort((a, b) => b.score - a.score).slice(0, TOP_K);
}

function toSourcePixels(points, [height, width], fitted) {
  return fitted.toSource(points.map((value, index) => round(value * (index % 2 ? height : width))));
}

/** The part of a box inside the picture; null where there is none, or the box is not finite. */
function clip(box, [height, width]) {
  if (!box.every(Number.isFinite)) return null;
  const [x1, y1, x2, y2] = box.map((value, index) => Math.min(Math.max(value, 0), index % 2 ? height : width));
  return x1 < x2 && y1 < y2 ? [x1, y1, x2, y2] : null;
}

function inPairs(values) {
  return Array.from({ length: values.length / 2 }, (_, index) => [values[2 * index], values[2 * index + 1]]);
}
