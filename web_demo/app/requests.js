/** What the page asks of the worker: to load a model, to find faces, to take another threshold to the last picture. */

import { FaceDetector, UserError, readRecord } from "../detector/index.js";
import { openNetwork } from "./network.js";

let network = null;
let detector = null;

/** Load a model in the place of the last one, which stays if this one cannot be used. Gives the model's record. */
export async function load({ bytes, name }) {
  const record = readRecord(bytes, name);
  const opened = await openNetwork(bytes, record, name);
  network?.close();
  network = opened;
  detector = new FaceDetector(record, opened.run);
  return record;
}

/** Find the faces of a picture: `{faces, milliseconds}`. */
export function detect({ pixels, scoreThreshold }) {
  return loaded().detect(pixels, scoreThreshold);
}

/** The faces of the last picture under another threshold: `{faces, milliseconds}`; null where there was none. */
export function decodeAgain({ scoreThreshold }) {
  return loaded().decodeAgain(scoreThreshold);
}

function loaded() {
  if (!detector) throw new UserError("No model is loaded; choose one, or open a .tflite file.");
  return detector;
}
