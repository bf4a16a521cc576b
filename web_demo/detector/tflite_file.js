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
const SUBGRAPH = { tensors: 0, inputs: 1, outputs: 2 };
const TENSOR = { shape: 0, type: 1, name: 3 };
const SIGNATURE = { inputs: 0, outputs: 1, subgraph: 4 };
const TENSOR_MAP = { name: 0, tensor: 1 };
const TYPES = { 0: "float32", 9: "int8" };

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
  for (const entry of file.tables(root, MODEL.metadata)) {
    if (file.string(entry, METADATA.name) !== name) continue;
    const index = readIndex(file, entry, METADATA.buffer);
    if (index >= buffers.length) throw new BrokenFileError(`metadata names buffer ${index} of ${buffers.length}`);
    const { start, length } = file.vector(buffers[index], BUFFER_DATA, 1);
    return { start, end: start + length };
  }
  return null;
}

/**
 * The tensors at a file's borders: those of its first signature, or of its first graph where it has none.
 *
 * @param {Uint8Array} bytes the whole file.
 * @returns {{inputs: Border[], outputs: Border[]}} A Border is `{name, tensor, type, shape}`: the name by which a
 *   runtime takes it, the tensor's own name, "float32", "int8" or "another type", and an array of dimensions.
 * @throws {BrokenFileError} a truncated file.
 */
export function readBorders(bytes) {
  const { file, root } = openModel(bytes);
  const graphs = file.tables(root, MODEL.subgraphs);
  const [signature] = file.tables(root, MODEL.signatures);
  const graph = graphs[signature === undefined ? 0 : readIndex(file, signature, SIGNATURE.subgraph)];
  if (graph === undefined) throw new BrokenFileError("its signature names no graph");
  const tensors = file.tables(graph, SUBGRAPH.tensors).map((table) => readTensor(file, table));
  const side = (graphSlot, signatureSlot) =>
    signature === undefined
      ? file.int32s(graph, graphSlot).map((index) => border(tensors, index))
      : file
          .tables(signature, signatureSlot)
          .map((entry) =>
            border(tensors, readIndex(file, entry, TENSOR_MAP.tensor), file.string(entry, TENSOR_MAP.name)),
          );
  return { inputs: side(SUBGRAPH.inputs, SIGNATURE.inputs), outputs: side(SUBGRAPH.outputs, SIGNATURE.outputs) };
}

function border(tensors, index, name) {
  if (!tensors[index]) throw new BrokenFileError(`its graph names tensor ${index} of ${tensors.length}`);
  return { ...tensors[index], name: name ?? tensors[index].tensor };
}

function readTensor(file, table) {
  const type = file.field(table, TENSOR.type);
  return {
    tensor: file.string(table, TENSOR.name),
    type: TYPES[type === null ? 0 : file.uint8(type)] ?? "another type",
    shape: file.int32s(table, TENSOR.shape),
  };
}

function readIndex(file, table, slot) {
  const field = file.field(table, slot);
  return field === null ? 0 : file.uint32(field);
}
