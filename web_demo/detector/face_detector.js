/** The face detector: a network and its record in, faces out. Knows neither the page nor the runtime. */

import { makeAnchors } from "./anchors.js";
import { decodeFaces } from "./decode.js";
import { letterbox } from "./letterbox.js";

/** Finds faces in pictures of any size; one picture at a time. */
export class FaceDetector {
  #record;
  #run;
  #anchors;
  #last = null; // what the network said about the last picture, and how that was fitted

  /**
   * @param {Object} record of the network's file, from `readRecord`.
   * @param {(input: Float32Array) => Promise<Object<string, Float32Array>>} run the network: takes [H, W, 3] BGR minus
   *   the mean, gives the outputs that `decodeFaces` takes.
   */
  constructor(record, run) {
    this.#record = record;
    this.#run = run;
    this.#anchors = makeAnchors(record.anchors, record.image_size);
  }

  /**
   * Find the faces of one picture.
   *
   * @param {{data: Uint8ClampedArray, width: number, height: number}} pixels RGBA, at least 1 x 1.
   * @param {number} scoreThreshold faces below this probability are left out, 0..1.
   * @returns {Promise<{faces: Face[], milliseconds: {letterbox: number, network: number, decode: number}}>} faces in
   *   pixels of the picture, best first, and what each step took.
   */
  async detect(pixels, scoreThreshold = this.#record.score_threshold) {
    const started = performance.now();
    const { canvas, fitted } = letterbox(pixels, this.#record.image_size, this.#record.mean);
    const input = subtractMean(canvas, this.#record.mean);
    const fittedAt = performance.now();
    this.#last = { outputs: await this.#run(input), fitted };
    const network = performance.now() - fittedAt;
    const { faces, milliseconds } = this.decodeAgain(scoreThreshold);
    return { faces, milliseconds: { letterbox: fittedAt - started, network, ...milliseconds } };
  }

  /**
   * The faces of the last picture under another threshold, without running the network again.
   *
   * @param {number} scoreThreshold faces below this probability are left out, 0..1.
   * @returns {{faces: Face[], milliseconds: {decode: number}} | null} null before the first picture.
   */
  decodeAgain(scoreThreshold) {
    if (!this.#last) return null;
    const started = performance.now();
    const { image_size: imageSize, iou_threshold: iouThreshold } = this.#record;
    const { outputs, fitted } = this.#last;
    const faces = decodeFaces(outputs, this.#anchors, imageSize, fitted, { scoreThreshold, iouThreshold });
    return { faces, milliseconds: { decode: performance.now() - started } };
  }
}

/** The network's input: `canvas - mean`, BGR. */
export function subtractMean(canvas, mean) {
  const input = new Float32Array(canvas.length);
  for (let index = 0; index < canvas.length; index += 3) {
    input[index] = canvas[index] - mean[0];
    input[index + 1] = canvas[index + 1] - mean[1];
    input[index + 2] = canvas[index + 2] - mean[2];
  }
  return input;
}
