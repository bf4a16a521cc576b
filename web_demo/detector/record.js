/** The JSON record inside a .tflite file: all that a detector must know beside the graph (docs/design.md). */

import { crc32, toHex } from "./crc32.js";
import { countAnchors } from "./anchors.js";
import { UserError } from "./errors.js";
import { BrokenFileError } from "./flatbuffer.js";
import { findMetadataBuffer, readBorders } from "./tflite_file.js";

const METADATA_NAME = "ffkeras"; // of the entry in the file's metadata vector
const FORMATS = [1, 2]; // 1 lacks `borders` and `decoded`, and its files have no checksum
const NETWORKS = ["v1", "v2_ultra", "nano_b"];
const RAW_OUTPUTS = ["bbox_regression", "classification", "landmarks"];
const DECODED_OUTPUTS = ["boxes", "landmarks", "score"];
const VARIANCES = [0.1, 0.2];
const CHECKSUM = /"crc32": "([0-9a-f]{8})"\}$/; // the record's last key
const ZEROS = new TextEncoder().encode("00000000");
const OUTPUT_WIDTHS = { classification: [2, 1], bbox_regression: [4], landmarks: [10], score: [1], boxes: [4] };

/**
 * The record inside a .tflite file, checked against its checksum and its graph.
 *
 * @param {Uint8Array} bytes the whole file.
 * @param {string} name what the sentence of an error calls the file.
 * @returns {Object} the record's keys as they are in the file, with `borders` and `decoded` always there, and
 *   `inputName` and `outputNames` {output: name}, by which a runtime takes the tensors.
 * @throws {UserError} not a TFLite file, truncated, damaged, without our record, or one that cannot be run.
 */
export function readRecord(bytes, name) {
  const place = whole(name, () => findMetadataBuffer(bytes, METADATA_NAME));
  if (!place) {
    throw new UserError(
      `${name} is a TFLite file without an ffkeras record; convert the network with tools/convert_tflite.py.`,
    );
  }
  let record;
  try {
    record = parseRecord(new TextDecoder().decode(bytes.subarray(place.start, place.end)));
  } catch (error) {
    throw new UserError(
      `${name} has an ffkeras record that cannot be used (${error.message}); convert it with tools/convert_tflite.py.`,
    );
  }
  verifyChecksum(bytes, place, record, name);
  const borders = whole(name, () => readBorders(bytes));
  return { ...record, ...matchBorders(borders, record, name) };
}

/** What `read` gives; a broken file becomes a sentence about `name`. */
function whole(name, read) {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof BrokenFileError)) throw error;
    throw new UserError(
      `${name} is not a TFLite file, or is truncated (${error.message}); copy or convert it again.`,
    );
  }
}

function verifyChecksum(bytes, place, record, name) {
  const text = String.fromCharCode(...bytes.subarray(Math.max(place.start, place.end - 64), place.end));
  const found = CHECKSUM.exec(text);
  if (!found) {
    if (record.format === 1) return;
    throw new UserError(`${name} has an ffkeras record without its checksum; copy or convert it again.`);
  }
  const digits = place.end - 2 - ZEROS.length; // before the closing `"}`
  const before = crc32(bytes.subarray(0, digits));
  const checksum = crc32(bytes.subarray(digits + ZEROS.length), crc32(ZEROS, before));
  if (toHex(checksum) !== found[1]) {
    throw new UserError(
      `${name} is damaged: its bytes do not give the checksum in its ffkeras record; copy or convert it again.`,
    );
  }
}

function require(condition, reason) {
  if (!condition) throw new Error(reason);
}

function isNumber(value, low, high) {
  return typeof value === "number" && value >= low && value <= high;
}

function isListOf(value, length, test) {
  return Array.isArray(value) && value.length === length && value.every(test);
}

/** Read a record's text. Throws Error, saying what is wrong, for anything but a whole record. */
function parseRecord(text) {
  const record = JSON.parse(text);
  require(record !== null && typeof record === "object" && !Array.isArray(record), "it is not an object");
  const { format, network, mean, quantization } = record;
  require(FORMATS.includes(format), `format ${format}, where this version reads up to ${FORMATS.at(-1)}`);
  require(NETWORKS.includes(network), `network ${network} is none of ${NETWORKS.join(", ")}`);
  requireAnchors(record.anchors);
  requireImageSize(record.image_size, Math.max(...record.anchors.strides));
  require(isListOf(mean, 3, (value) => isNumber(value, 0, 255)), `mean ${mean} is not three numbers in 0..255`);
  for (const key of ["score_threshold", "iou_threshold"]) {
    require(isNumber(record[key], 0, 1), `${key} ${record[key]} is not in 0..1`);
  }
  require(record.channel_order === "BGR", `channel_order ${record.channel_order} is not BGR`);
  const known = isListOf(record.variances, 2, (value, index) => value === VARIANCES[index]);
  require(known, `variances ${record.variances} are not ${VARIANCES}`);
  require(["int8", "none"].includes(quantization), `quantization ${quantization} is not int8 or none`);
  const { borders = quantization === "int8" ? "int8" : "float32", decoded = false } = format === 1 ? {} : record;
  require(["int8", "float32"].includes(borders), `borders ${borders} are not int8 or float32`);
  require(quantization === "int8" || borders === "float32", `borders in ${borders} around a network in floating point`);
  require(typeof decoded === "boolean", `decoded ${decoded} is not true or false`);
  requireOutputs(record.outputs, decoded ? DECODED_OUTPUTS : RAW_OUTPUTS);
  return { ...record, borders, decoded };
}

function requireAnchors(anchors) {
  const isLevel = (level) => Array.isArray(level) && level.length && level.every((size) => size > 0 && size < Infinity);
  const sizes = anchors?.sizes;
  require(Array.isArray(sizes) && sizes.length && sizes.every(isLevel), "anchor sizes are not positive numbers");
  const strided = isListOf(anchors.strides, sizes.length, (stride) => Number.isInteger(stride) && stride > 0);
  require(strided, "anchor strides are not a positive whole number for each level");
  require(new Set(sizes.map((level) => level.length)).size === 1, "every level needs as many anchors");
}

function requireImageSize(imageSize, stride) {
  const fits = isListOf(imageSize, 2, (side) => Number.isInteger(side) && side > 0 && side % stride === 0);
  require(fits, `image_size ${imageSize} is no multiple of ${stride}`);
}

function requireOutputs(outputs, names) {
  const named = outputs && Object.keys(outputs).sort().join() === names.join();
  const areNames = named && Object.values(outputs).every((name) => typeof name === "string");
  require(areNames, `outputs do not name ${names.join(", ")}`);
}

/** The names by which a runtime takes the tensors that the record means. */
function matchBorders({ inputs, outputs }, record, name) {
  const disagrees = (reason) =>
    new UserError(`${name} is not what its record says: ${reason}; convert it again with tools/convert_tflite.py.`);
  const requireBorder = (border, type, shapes) => {
    if (border.type === type && shapes.some((shape) => shape.join() === border.shape.join())) return;
    const [found, expected] = [`${border.type} [${border.shape}]`, `${type} [${shapes[0]}]`];
    throw disagrees(`${border.name} is ${found} where the record says ${expected}`);
  };
  if (inputs.length !== 1) throw disagrees(`it has ${inputs.length} inputs`);
  requireBorder(inputs[0], record.borders, [[1, ...record.image_size, 3]]);
  const rows = countAnchors(record.anchors, record.image_size);
  const outputNames = {};
  for (const [output, tensor] of Object.entries(record.outputs)) {
    const border = outputs.find((candidate) => candidate.tensor === tensor);
    if (!border) throw disagrees(`it has no output ${tensor}`);
    const type = record.decoded ? "float32" : record.borders;
    requireBorder(border, type, OUTPUT_WIDTHS[output].map((width) => [1, rows, width]));
    outputNames[output] = border.name;
  }
  return { inputName: inputs[0].name, outputNames };
}
