/** Where models come from: models/index.json, and files of the user's own. */

import { UserError } from "../detector/index.js";
import { fetchBytes } from "./fetching.js";

const FOLDER = new URL("../models/", import.meta.url);
const REPAIR = "run tools/bundle_web.py, or open a .tflite file of your own";

/**
 * The models of models/index.json.
 *
 * @returns {Promise<Model[]>} at least one. A Model is `{name, read}`: the file's name, and a function that gives its
 *   bytes.
 * @throws {UserError} no index, or one that names no models.
 */
export async function listModels() {
  const text = new TextDecoder().decode(await fetchBytes(new URL("index.json", FOLDER), REPAIR));
  try {
    const models = JSON.parse(text).models.map(({ file }) => fromServer(file));
    if (models.length) return models;
  } catch {
    // told below
  }
  throw new UserError(`models/index.json names no models; ${REPAIR}.`);
}

function fromServer(file) {
  return { name: file, read: () => fetchBytes(new URL(encodeURIComponent(file), FOLDER), REPAIR) };
}

/** A file of the user's own as a Model. */
export function fromFile(file) {
  return { name: file.name, read: () => readFile(file) };
}

async function readFile(file) {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch {
    throw new UserError(`${file.name} cannot be read, it may have been moved or changed; open it again.`);
  }
}
