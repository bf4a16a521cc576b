// Runs the browser's detection code under Node: a JSON list of jobs comes in, a list of answers goes out.

import { readFileSync } from "node:fs";

import * as detector from "../../web_demo/detector/index.js";

function readFloats(path) {
  const bytes = readFileSync(path);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

function readPixels({ file, width, height }) {
  return { data: new Uint8ClampedArray(readFileSync(file)), width, height };
}

const kinds = {
  checksum: ({ file }) => detector.toHex(detector.crc32(readFileSync(file))),

  record: ({ file, name }) => detector.readRecord(new Uint8Array(readFileSync(file)), name),

  anchors: ({ config, imageSize }) => Array.from(detector.makeAnchors(config, imageSize)),

  // CRC-32 of the letterboxed picture's bytes, and of the int8 input that is made of it.
  letterbox: ({ pixels, imageSize, mean }) => {
    const { canvas, fitted } = detector.letterbox(readPixels(pixels), imageSize, mean);
    const input = Int8Array.from(detector.subtractMean(canvas, mean));
    const checksums = [canvas, new Uint8Array(input.buffer)].map((bytes) => detector.toHex(detector.crc32(bytes)));
    return { canvas: checksums[0], input: checksums[1], scale: [fitted.scaleX, fitted.scaleY] };
  },

  // Faces from output tensors in files of float32.
  decode: ({ outputs, anchors, imageSize, scale, sourceSize, scoreThreshold, iouThreshold }) => {
    const tensors = Object.fromEntries(Object.entries(outputs).map(([name, file]) => [name, readFloats(file)]));
    const fitted = new detector.Letterbox(...scale, sourceSize);
    const grid = detector.makeAnchors(anchors, imageSize);
    return detector.decodeFaces(tensors, grid, imageSize, fitted, { scoreThreshold, iouThreshold });
  },
};

function answer(job) {
  try {
    return { value: kinds[job.kind](job) };
  } catch (error) {
    if (!(error instanceof detector.UserError)) throw error;
    return { error: error.message };
  }
}

const jobs = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(jobs.map(answer)));
