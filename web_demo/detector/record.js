/** The JSON record inside a .tflite file: all that a detector must know beside the graph (docs/design.md). */

import { crc32, toHex } from "./crc32.js";
import { countAnchors, countLevels } from "./anchors.js";
import { UserError } from "./errors.js";
import { BrokenFileError } from "./flatbuffer.js";
import { DisagreementError, findMetadataBuffer, readBorders } from "./tflite_file.js";

const METADATA_NAME = "ffkeras"; // of the entry in the file's metadata vector
const FORMATS = [1, 2]; // 1 lacks `borders` and `decoded`, and its files have no checksum
const NETWORKS = ["v1", "v2_ultra", "nano_b"];
const RAW_OUTPUTS = ["bbox_regression", "classification", "landmarks"];
const DECODED_OUTPUTS = ["boxes", "landmarks", "score"];
const VARIANCES = [0.1, 0.2];
const CHECKSUM = /"crc32": "([0-9a-f]{8})"\}$/; // the record's last key
const ZEROS = new TextEncoder().encode("00000000");
const LARGEST_SIDE = 65536; // pixels, of inputs, anchors and strides: beyond all reason, and far from overflow
const LONGEST_REASON = 300; // characters of a sentence
const DEEPEST = 100; // objects and lists in each other
const KEYS = [
  ...["anchors", "channel_order", "ffkeras_version", "format", "image_size", "iou_threshold", "license", "mean", "model"],
  ...["network", "outputs", "quantization", "score_threshold", "variances"],
];
const LATER_KEYS = ["borders", "decoded"]; // since format 2
const OUTPUT_WIDTHS = { classification: [2, 1], bbox_regression: [4], landmarks: [10], score: [1], boxes: [4] };

/**
 * The record inside a .tflite file, checked against its checksum and its graph.
 *
 * @param {Uint8Array} bytes the whole file.
 * @param {string} name what the sentence of an error calls the file.
 * @returns {Object} the record's keys as they are in the file, with `borders` and `decoded` always there, and
 *   `inputName` and `outputNames` {output: name}, by which a runtime takes the tensors, and `outputSizes` {output: values}.
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
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    record = parseRecord(decoder.decode(bytes.subarray(place.start, place.end)));
  } catch (error) {
    throw new UserError(
      `${name} has an ffkeras record that cannot be used (${short(error)}); convert it with tools/convert_tflite.py.`,
    );
  }
  verifyChecksum(bytes, place, record, name);
  try {
    return { ...record, ...matchBorders(whole(name, () => readBorders(bytes)), record) };
  } catch (error) {
    if (!(error instanceof DisagreementError)) throw error;
    const reason = `${name} is not what its record says: ${short(error)}`;
    throw new UserError(`${reason}; convert it again with tools/convert_tflite.py.`);
  }
}

/** A reason on one line, of a length that can be read, whatever values of the file are in it. */
function short({ message }) {
  const text = message.replace(/\s+/g, " ");
  return text.length <= LONGEST_REASON ? text : `${text.slice(0, LONGEST_REASON)}...`;
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
  require(!isDeeper(record, DEEPEST), "it is nested too deeply");
  require(isObject(record), "it is not an object");
  const { format, network, mean, quantization } = record;
  const missing = [...KEYS, ...(format === 1 ? [] : LATER_KEYS)].filter((key) => !Object.hasOwn(record, key));
  require(!missing.length, `it lacks ${missing.sort().join(", ")}`);
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
  const { borders = quantization === "int8" ? "int8" : "float32", decoded = false } = record;
  require(["int8", "float32"].includes(borders), `borders ${borders} are not int8 or float32`);
  require(quantization === "int8" || borders === "float32", `borders in ${borders} around a network in floating point`);
  require(typeof decoded === "boolean", `decoded ${decoded} is not true or false`);
  requireOutputs(record.outputs, decoded ? DECODED_OUTPUTS : RAW_OUTPUTS);
  for (const key of ["license", "ffkeras_version"]) {
    require(typeof record[key] === "string", `${key} ${record[key]} is no text`);
  }
  require(isObject(record.model), "model is no object");
  return { ...record, borders, decoded };
}

function isObject(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

function isDeeper(value, limit) {
  if (value === null || typeof value !== "object") return false;
  return limit === 0 || Object.values(value).some((item) => isDeeper(item, limit - 1));
}

function isSide(value) {
  return Number.isInteger(value) && value > 0 && value <= LARGEST_SIDE;
}

function requireAnchors(anchors) {
  const isSize = (size) => typeof size === "number" && size > 0 && size <= LARGEST_SIDE;
  const isLevel = (level) => Array.isArray(level) && level.length && level.every(isSize);
  const sizes = anchors?.sizes;
  require(Array.isArray(sizes) && sizes.length && sizes.every(isLevel), "anchor sizes are not positive numbers");
  const strided = isListOf(anchors.strides, sizes.length, isSide);
  require(strided, "anchor strides are not a positive whole number for each level");
  require(new Set(sizes.map((level) => level.length)).size === 1, "every level needs as many anchors");
}

function requireImageSize(imageSize, stride) {
  const fits = isListOf(imageSize, 2, (side) => isSide(side) && side % stride === 0);
  require(fits, `image_size ${imageSize} is no multiple of ${stride}`);
}

function requireOutputs(outputs, names) {
  const named = isObject(outputs) && Object.keys(outputs).sort().join() === names.join();
  const areNames = named && Object.values(outputs).every((name) => typeof name === "string");
  require(areNames, `outputs do not name ${names.join(", ")}`);
}

/** The names by which a runtime takes the tensors that the record means, once they are what it says. */
function matchBorders({ inputs, outputs }, record) {
  const [height, width] = record.image_size;
  const expected = [1, height, width, 3];
  if (inputs.length !== 1 || inputs[0].shape.join() !== expected.join()) {
    const found = inputs.map(({ shape }) => listText(shape));
    throw new DisagreementError(`its inputs are ${listText(found)} where the record says ${listText(expected)}`);
  }
  requireType("input", inputs[0], record.borders);
  const named = Object.entries(record.outputs);
  if (outputs.length !== named.length) {
    throw new DisagreementError(`it has ${outputs.length} outputs where the record names ${named.length}`);
  }
  const outputNames = {};
  const outputSizes = {};
  for (const [output, tensor] of named) {
    const found = outputs.filter((border) => border.tensor === tensor);
    if (found.length !== 1) {
      throw new DisagreementError(`it has ${found.length} outputs by the name of the record's ${output}`);
    }
    requireOutput(output, found[0], record);
    outputNames[output] = found[0].name;
    outputSizes[output] = found[0].shape.reduce((product, side) => product * side);
  }
  return { inputName: inputs[0].name, outputNames, outputSizes };
}

function requireOutput(output, border, record) {
  const rows = countAnchors(record.anchors, record.image_size);
  const shapes = OUTPUT_WIDTHS[output].map((width) => [1, rows, width]);
  if (!shapes.some((shape) => shape.join() === border.shape.join())) {
    const says = `where the record says ${listText(shapes[0])}`;
    throw new DisagreementError(`its ${output} is ${listText(border.shape)} ${says}`);
  }
  requireType(output, border, record.decoded ? "float32" : record.borders);
  const counts = countLevels(record.anchors, record.image_size);
  if (border.levels.length && border.levels.join() !== counts.join() && !record.decoded) {
    const says = `where the record says ${listText(counts)}`;
    throw new DisagreementError(`the levels of its ${output} have ${listText(border.levels)} anchors ${says}`);
  }
}

function requireType(what, { type, scale, zeroPoint }, expected) {
  if (type !== expected) throw new DisagreementError(`its ${what} is ${type} where the record says ${expected}`);
  const worth = scale > 0 && scale < Infinity && zeroPoint >= -128 && zeroPoint <= 127;
  if (expected === "int8" && !worth) {
    throw new DisagreementError(`its ${what} has not one scale above zero and one zero point in -128..127`);
  }
}

function listText(values) {
  return `[${values.join(", ")}]`;
}
