/** Running a .tflite file by LiteRT.js, in WebAssembly on one thread, which needs no special headers of the server. */

import { UserError } from "../detector/index.js";
import { Tensor, loadAndCompile, loadLiteRt, supportsFeature } from "../vendor/litert/litert.js";
import { fetchBytes } from "./fetching.js";

const LONGEST_REASON = 200; // characters
const FOLDER = new URL("../vendor/litert/", import.meta.url);
const FAST = "litert_wasm_internal"; // needs relaxed SIMD, which some browsers lack
const COMPATIBLE = "litert_wasm_compat_internal";
const REPAIR = "restore the files with tools/vendor_litert.py";
const GZIP = [0x1f, 0x8b]; // first bytes of a compressed file (RFC 1952)

let runtime = null;
let complaints = []; // what the runtime called an error since a network was opened

/**
 * Open a network and run it once, so that one that cannot run shows here, and the first picture is not slow.
 *
 * @param {Uint8Array} bytes of the .tflite file.
 * @param {Object} record from `readRecord`.
 * @param {string} name what a sentence calls the file.
 * @returns {Promise<{run: (input: Float32Array) => Promise<Object<string, Float32Array>>, close: () => void}>}
 * @throws {UserError} int8 at the borders, or a file of the runtime is missing.
 * @throws {Error} the runtime does not start, or refuses the file; it should not be used any more.
 */
export async function openNetwork(bytes, record, name) {
  if (record.borders !== "float32") {
    throw new UserError(
      `${name} takes int8, which LiteRT.js refuses; make a file for the web of it with tools/bundle_web.py.`,
    );
  }
  await ensureRuntime();
  complaints = [];
  const refuse = (error) => {
    const reason = String(error?.message ?? error).slice(0, LONGEST_REASON); // C++ throws numbers
    throw new Error(`${name} cannot be run by LiteRT.js (${reason}); convert it with tools/convert_tflite.py.`);
  };
  const model = await loadAndCompile(bytes, { accelerator: "wasm" }).catch(refuse);
  const run = (input) => runModel(model, record, input).catch(refuse);
  await run(new Float32Array(record.image_size[0] * record.image_size[1] * 3));
  return { run, close: () => model.delete() };
}

/** Start the runtime once; after a failure the next call tries again. */
async function ensureRuntime() {
  runtime ??= startRuntime();
  try {
    await runtime;
  } catch (error) {
    runtime = null;
    if (error instanceof UserError) throw error;
    throw new Error(`LiteRT.js cannot be started (${error?.message ?? error}); ${REPAIR}.`);
  }
}

async function startRuntime() {
  const name = (await supportsFeature("relaxedSimd")) ? FAST : COMPATIBLE;
  const wasmBinary = await unpack(await fetchBytes(new URL(`${name}.wasm.gz`, FOLDER), REPAIR));
  self.Module = { wasmBinary, printErr: log }; // where the loader looks for what it is to use
  await loadLiteRt(new URL(`${name}.js`, FOLDER).href);
}

/**
 * What LiteRT.js writes, most of which is no error. It gives outputs without a word even of a network that it could not
 * set up, such as one with an operation that it lacks; only these lines tell.
 */
function log(line) {
  if (!line.startsWith("ERROR: ")) {
    console.debug(line);
    return;
  }
  console.error(line);
  complaints.push(line.slice("ERROR: ".length).replace(/\.$/, ""));
}

/** The bytes inside a gzip file; some servers send it unpacked already. */
async function unpack(bytes) {
  if (!GZIP.every((value, index) => bytes[index] === value)) return bytes;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function runModel(model, record, input) {
  const tensor = new Tensor(input, [1, ...record.image_size, 3]);
  let results = {};
  try {
    results = await model.run({ [record.inputName]: tensor });
    if (complaints.length) throw new Error(complaints[0]);
    return Object.fromEntries(Object.keys(record.outputNames).map((output) => [output, read(results, record, output)]));
  } finally {
    for (const each of [tensor, ...Object.values(results)]) each.delete(); // LiteRT.js frees nothing by itself
  }
}

/** An output's values; a graph may come to others than its file says. */
function read(results, record, output) {
  const values = results[record.outputNames[output]].toTypedArray().slice();
  const expected = record.outputSizes[output];
  if (values.length === expected) return values;
  throw new Error(`its ${output} has ${values.length} values where the file says ${expected}`);
}
