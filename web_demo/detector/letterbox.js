/**
 * Fitting a picture of any size into the network input, and going back.
 *
 * The bytes equal those of OpenCV's `resize` with INTER_LINEAR on uint8: half-pixel centres, weights of 11 bits, the
 * two sums of a pixel cut to 16 bits on the way.
 */

const WEIGHT_ONE = 2048;
const CHANNELS = 3;
const SOURCE_CHANNELS = 4; // RGBA
const round = Math.fround;

/** How a picture was fitted: canvas pixels = source pixels * scale, from the top left. */
export class Letterbox {
  /**
   * @param {number} scaleX canvas pixels per source pixel; the two differ by rounding only.
   * @param {number} scaleY
   * @param {[number, number]} sourceSize (height, width) of the source picture in pixels.
   */
  constructor(scaleX, scaleY, sourceSize) {
    this.scaleX = scaleX;
    this.scaleY = scaleY;
    this.sourceSize = sourceSize;
  }

  /** Points x, y, x, y ... in canvas pixels as source pixels, not clipped. */
  toSource(points) {
    const scales = [round(this.scaleX), round(this.scaleY)];
    return points.map((value, index) => round(value / scales[index % 2]));
  }
}

/**
 * Resize so that the picture just fits, bilinear, and fill what is left at the right and bottom.
 *
 * @param {{data: Uint8Array | Uint8ClampedArray, width: number, height: number}} pixels RGBA, row by row, as a canvas
 *   gives them; alpha is not looked at.
 * @param {[number, number]} imageSize (height, width) of the network input in pixels.
 * @param {[number, number, number]} fill BGR value of the rest; the network's mean, so that it is zero afterwards.
 * @returns {{canvas: Uint8Array, fitted: Letterbox}} uint8 BGR [height, width, 3], and the way back.
 */
export function letterbox(pixels, [height, width], fill) {
  const scale = Math.min(height / pixels.height, width / pixels.width);
  const newWidth = Math.min(width, Math.max(1, roundHalfToEven(pixels.width * scale)));
  const newHeight = Math.min(height, Math.max(1, roundHalfToEven(pixels.height * scale)));
  const canvas = new Uint8Array(height * width * CHANNELS);
  fillAround(canvas, [height, width], newHeight, newWidth, fill.map(roundHalfToEven));
  resizeInto(canvas, width, pixels, newHeight, newWidth);
  const fitted = new Letterbox(newWidth / pixels.width, newHeight / pixels.height, [pixels.height, pixels.width]);
  return { canvas, fitted };
}

function fillAround(canvas, [height, width], newHeight, newWidth, [blue, green, red]) {
  for (let y = 0; y < height; y++) {
    const end = (y + 1) * width * CHANNELS;
    for (let at = (y * width + (y < newHeight ? newWidth : 0)) * CHANNELS; at < end; at += CHANNELS) {
      canvas[at] = blue;
      canvas[at + 1] = green;
      canvas[at + 2] = red;
    }
  }
}

function resizeInto(canvas, width, pixels, newHeight, newWidth) {
  const columns = makeTaps(pixels.width, newWidth, { clampsWeights: true });
  const rows = makeTaps(pixels.height, newHeight, { clampsWeights: false });
  const cache = [
    { source: -1, sums: new Int32Array(newWidth * CHANNELS) },
    { source: -1, sums: new Int32Array(newWidth * CHANNELS) },
  ];
  for (let y = 0; y < newHeight; y++) {
    const [first, second] = [rows.first[y], rows.second[y]];
    const upper = rowSums(cache, pixels, columns, first, second);
    const lower = rowSums(cache, pixels, columns, second, first);
    mixRows(canvas, y * width * CHANNELS, upper, lower, rows.firstWeight[y], rows.secondWeight[y]);
  }
}

/**
 * Which two source pixels a new pixel lies between, and their weights in 1/2048.
 *
 * OpenCV cuts columns that lie outside to one pixel of full weight; rows keep two weights, of the same row.
 */
function makeTaps(sourceLength, newLength, { clampsWeights }) {
  const scale = 1 / (newLength / sourceLength);
  const taps = {
    first: new Int32Array(newLength),
    second: new Int32Array(newLength),
    firstWeight: new Int32Array(newLength),
    secondWeight: new Int32Array(newLength),
  };
  const last = sourceLength - 1;
  for (let index = 0; index < newLength; index++) {
    const place = round((index + 0.5) * scale - 0.5);
    let whole = Math.floor(place);
    let fraction = round(place - whole);
    if (clampsWeights && (whole < 0 || whole >= last)) {
      whole = whole < 0 ? 0 : last;
      fraction = 0;
    }
    taps.first[index] = Math.min(Math.max(whole, 0), last);
    taps.second[index] = Math.min(Math.max(whole + 1, 0), last);
    taps.firstWeight[index] = roundHalfToEven(round(1 - fraction) * WEIGHT_ONE);
    taps.secondWeight[index] = roundHalfToEven(fraction * WEIGHT_ONE);
  }
  return taps;
}

/** A source row's weighted sums across, BGR, taken from the cache of two rows; the row `other` stays in it. */
function rowSums(cache, pixels, columns, source, other) {
  const cached = cache.find((entry) => entry.source === source);
  if (cached) return cached.sums;
  const entry = cache.find((candidate) => candidate.source !== other);
  entry.source = source;
  sumAcross(entry.sums, pixels.data, source * pixels.width * SOURCE_CHANNELS, columns);
  return entry.sums;
}

function sumAcross(sums, data, row, { first, second, firstWeight, secondWeight }) {
  for (let x = 0; x < first.length; x++) {
    const left = row + first[x] * SOURCE_CHANNELS;
    const right = row + second[x] * SOURCE_CHANNELS;
    const leftWeight = firstWeight[x];
    const rightWeight = secondWeight[x];
    const end = x * CHANNELS;
    sums[end] = data[left + 2] * leftWeight + data[right + 2] * rightWeight;
    sums[end + 1] = data[left + 1] * leftWeight + data[right + 1] * rightWeight;
    sums[end + 2] = data[left] * leftWeight + data[right] * rightWeight;
  }
}

function mixRows(canvas, start, upper, lower, upperWeight, lowerWeight) {
  for (let index = 0; index < upper.length; index++) {
    const sum = (((upper[index] >> 4) * upperWeight) >> 16) + (((lower[index] >> 4) * lowerWeight) >> 16);
    canvas[start + index] = (sum + 2) >> 2;
  }
}

/** As Python's `round` and OpenCV's `cvRound`: a half goes to the even neighbour. */
function roundHalfToEven(value) {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
