/**
 * What a detector must know of a .tflite file's own structure: one metadata buffer, and the tensors at its borders.
 *
 * Field numbers are those of TFLite's schema, version 3.
 */

import { BrokenFileError, FlatBuffer } from "./flatbuffer.js";

const FILE_IDENTIFIER = "TFL3"; // bytes 4 to 8
const MODEL = { operatorCodes: 1, subgraphs: 2, buffers: 4, metadata: 6, signatures: 7 };
const METADATA = { name: 0, buffer: 1 };
const BUFFER_DATA = 0;
const SUBGRAPH = { tensors: 0, inputs: 1, outputs: 2, operators: 3 };
const TENSOR = { shape: 0, type: 1, name: 3, quantization: 4 };
const QUANTIZATION = { scales: 2, zeroPoints: 3 };
const OPERATOR = { code: 0, inputs: 1, outputs: 2 };
const CODE = { deprecated: 0, builtin: 3 }; // a code is the larger of the two
const SIGNATURE = { inputs: 0, outputs: 1, subgraph: 4 };
const TENSOR_MAP = { name: 0, tensor: 1 };
const CONCATENATION = 2;
const TYPES = { 0: "float32", 9: "int8" };
const MOST_STEPS = 8; // from an output back to where its levels are joined

/** A graph is not the one that its record speaks of; the message says in what. */
export class DisagreementError extends Error {
  name = "DisagreementError";
}

function openModel(bytes) {
  if (String.fromCharCode(...bytes.subarray(4, 8)) !== FILE_IDENTIFIER) {
    throw new BrokenFileError("the file identifier TFL3 is missing");
  }
  const file = new FlatBuffer(bytes);
  return { file, root: file.follow(0) };
}

/**
 * Where the content of the metadata entry called `name` is.
 *
 * Walks every operator code, graph and buffer on the way, which is where a cut file shows.
 *
 * @param {Uint8Array} bytes the whole file.
 * @param {string} name
 * @returns {{start: number, end: number} | null} null where there is no such entry.
 * @throws {BrokenFileError} not a TFLite file, or truncated.
 */
export function findMetadataBuffer(bytes, name) {
  const { file, root } = openModel(bytes);
  for (const slot of [MODEL.operatorCodes, MODEL.subgraphs]) {
    const tables = file.tables(root, slot);
    if (!tables.length) throw new BrokenFileError("it has no graph");
    for (const table of tables) file.field(table, 0);
  }
  const buffers = file.tables(root, MODEL.buffers);
  for (const buffer of buffers) file.vector(buffer, BUFFER_DATA, 1);
  const wanted = Array.from(new TextEncoder().encode(name)).join();
  for (const entry of file.tables(root, MODEL.metadata)) {
    if (file.content(entry, METADATA.name).join() !== wanted) continue;
    const index = readIndex(file, entry, METADATA.buffer);
    if (index >= buffers.length) throw new BrokenFileError(`metadata names buffer ${index} of ${buffers.length}`);
    const { start, length } = file.vector(buffers[index], BUFFER_DATA, 1);
    return { start, end: start + length };
  }
  return null;
}

/**
 * The tensors at the borders of a file's one graph.
 *
 * @param {Uint8Array} bytes the whole file.
 * @returns {{inputs: Border[], outputs: Border[]}} A Border is `{name, tensor, type, shape, scale, zeroPoint, levels}`:
 *   the name by which a runtime takes it, the tensor's own name, "float32", "int8" or another type's name, an array of
 *   dimensions, what int8 values are worth (a scale of 0 where there is not one of each), and the anchors of each
 *   pyramid level where the graph joins them in this output.
 * @throws {BrokenFileError} a truncated file, or a graph that names what is not there.
 * @throws {DisagreementError} several graphs, or a signature that does not name just the graph's own tensors.
 */
export function readBorders(bytes) {
  const { file, root } = openModel(bytes);
  const graphs = file.tables(root, MODEL.subgraphs);
  if (graphs.length !== 1) throw new DisagreementError(`it has ${graphs.length} graphs`);
  const graph = new Graph(file, root, graphs[0]);
  const names = new Map(); // tensor -> its name in the first signature
  for (const signature of file.tables(root, MODEL.signatures).reverse()) {
    names.clear();
    for (const [slot, tensors] of [[SIGNATURE.inputs, graph.inputs], [SIGNATURE.outputs, graph.outputs]]) {
      const entries = file.tables(signature, slot);
      const named = entries.map((entry) => readIndex(file, entry, TENSOR_MAP.tensor));
      if (readIndex(file, signature, SIGNATURE.subgraph) || sorted(named) !== sorted(tensors)) {
        throw new DisagreementError("its signature names other tensors than its graph");
      }
      const texts = entries.map((entry) => file.string(entry, TENSOR_MAP.name));
      if (new Set(texts).size < texts.length) {
        throw new DisagreementError("its signature gives several tensors one name");
      }
      texts.forEach((text, index) => names.set(named[index], text));
    }
  }
  const border = (tensor) => {
    const found = graph.border(tensor);
    return { ...found, name: names.get(tensor) ?? found.tensor };
  };
  return { inputs: graph.inputs.map(border), outputs: graph.outputs.map(border) };
}

function sorted(numbers) {
  return [...numbers].sort((a, b) => a - b).join();
}

/** One graph, as far as its borders need it. */
class Graph {
  #file;
  #tensors;
  #codes;
  #makers = new Map(); // tensor -> the first operation that gives it

  constructor(file, root, graph) {
    this.#file = file;
    this.#tensors = file.tables(graph, SUBGRAPH.tensors);
    for (const operator of file.tables(graph, SUBGRAPH.operators)) {
      for (const tensor of file.int32s(operator, OPERATOR.outputs)) {
        if (!this.#makers.has(tensor)) this.#makers.set(tensor, operator);
      }
    }
    this.#codes = file.tables(root, MODEL.operatorCodes);
    this.inputs = file.int32s(graph, SUBGRAPH.inputs);
    this.outputs = file.int32s(graph, SUBGRAPH.outputs);
  }

  border(tensor) {
    const file = this.#file;
    const table = this.#tensor(tensor);
    const typeField = file.field(table, TENSOR.type);
    const code = typeField === null ? 0 : file.int8(typeField);
    return {
      tensor: file.string(table, TENSOR.name),
      type: TYPES[code] ?? `type ${code}`,
      shape: file.int32s(table, TENSOR.shape),
      ...this.#quantization(table),
      levels: this.#levels(tensor),
    };
  }

  #tensor(tensor) {
    if (tensor < 0 || tensor >= this.#tensors.length) {
      throw new BrokenFileError(`its graph names tensor ${tensor} of ${this.#tensors.length}`);
    }
    return this.#tensors[tensor];
  }

  #quantization(table) {
    const file = this.#file;
    const field = file.field(table, TENSOR.quantization);
    if (field === null) return { scale: 0, zeroPoint: 0 };
    const quantization = file.follow(field);
    const scales = file.float32s(quantization, QUANTIZATION.scales);
    const zeroPoints = file.int64s(quantization, QUANTIZATION.zeroPoints);
    const one = scales.length === 1 && zeroPoints.length === 1;
    return one ? { scale: scales[0], zeroPoint: zeroPoints[0] } : { scale: 0, zeroPoint: 0 };
  }

  /** Rows of what is joined, where a tensor comes from a CONCATENATION by operations of one input each. */
  #levels(tensor) {
    const file = this.#file;
    for (let step = 0; step < MOST_STEPS; step++) {
      const operator = this.#makers.get(tensor);
      if (operator === undefined) return [];
      const inputs = file.int32s(operator, OPERATOR.inputs);
      if (this.#code(operator) === CONCATENATION) {
        return inputs.map((input) => file.int32s(this.#tensor(input), TENSOR.shape)[1] ?? 0);
      }
      if (inputs.length !== 1) return [];
      tensor = inputs[0];
    }
    return [];
  }

  #code(operator) {
    const file = this.#file;
    const index = readIndex(file, operator, OPERATOR.code);
    if (index >= this.#codes.length) {
      throw new BrokenFileError(`its graph names operation ${index} of ${this.#codes.length}`);
    }
    const code = this.#codes[index];
    const [older, newer] = [file.field(code, CODE.deprecated), file.field(code, CODE.builtin)];
    return Math.max(older === null ? 0 : file.int8(older), newer === null ? 0 : file.int32(newer));
  }
}

function readIndex(file, table, slot) {
  const field = file.field(table, slot);
  return field === null ? 0 : file.uint32(field);
}
