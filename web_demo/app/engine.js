/** The page's side of the worker: requests as promises, and a new worker where the old one is broken. */

import { UserError } from "../detector/index.js";

const WORKER = new URL("./worker.js", import.meta.url);

/** Loads a model and finds faces, in a thread of its own. Every method rejects with UserError, to be shown. */
export class Engine {
  #worker = null;
  #pending = new Map(); // id -> {resolve, reject}
  #nextId = 0;
  #model = null; // {bytes, name} of the last one that could be used, for a new worker

  /**
   * Load a model in the place of the last one, which stays in use if this one is refused.
   *
   * @param {Uint8Array} bytes of the .tflite file.
   * @param {string} name what a sentence calls it.
   * @returns {Promise<Object>} the file's record.
   */
  async load(bytes, name) {
    const record = await this.#ask("load", { bytes, name });
    this.#model = { bytes, name };
    return record;
  }

  /**
   * Find the faces of a picture.
   *
   * @param {{data: Uint8ClampedArray, width: number, height: number}} pixels RGBA.
   * @param {number} scoreThreshold 0..1
   * @returns {Promise<{faces: Face[], milliseconds: Object<string, number>}>} see `FaceDetector.detect`.
   */
  detect({ data, width, height }, scoreThreshold) {
    return this.#ask("detect", { pixels: { data, width, height }, scoreThreshold });
  }

  /** The faces of the last picture under another threshold, as from `detect`; null where this model has seen none. */
  decodeAgain(scoreThreshold) {
    return this.#ask("decodeAgain", { scoreThreshold });
  }

  async #ask(kind, request) {
    if (!this.#worker) this.#start();
    try {
      return await this.#send(kind, request);
    } catch (error) {
      if (error instanceof UserError) throw error;
      this.#discard(); // whatever else went wrong, WebAssembly's memory may be in any state
      throw new UserError(error.message);
    }
  }

  #send(kind, request) {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#worker.postMessage({ id, kind, ...request });
    });
  }

  #start() {
    this.#worker = new Worker(WORKER);
    this.#worker.onmessage = ({ data }) => this.#settle(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#discard(`The detector stopped (${event.message || "its script cannot be loaded"}); try again.`);
    };
    if (this.#model) this.#send("load", this.#model).catch(() => {}); // it was good before; the next request tells
  }

  #settle({ id, value, error }) {
    const request = this.#pending.get(id);
    this.#pending.delete(id);
    if (!error) return request?.resolve(value);
    const Kind = error.name === "UserError" ? UserError : Error;
    return request?.reject(new Kind(error.message));
  }

  #discard(sentence = "The detector stopped; try again.") {
    this.#worker?.terminate();
    this.#worker = null;
    for (const { reject } of this.#pending.values()) reject(new UserError(sentence));
    this.#pending.clear();
  }
}
