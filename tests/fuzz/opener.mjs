// The process that is attacked: reads the models whose names it gets, and says how each ended; see readers.py.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

import { FaceDetector, UserError, readRecord } from "../../web_demo/detector/index.js";

const MOST_ANCHORS_SIDE = 2048; // of an input for which a detector is made; a larger one is a matter of memory alone

function open(path) {
  const record = readRecord(new Uint8Array(readFileSync(path)), path);
  if (Math.max(...record.image_size) <= MOST_ANCHORS_SIDE) new FaceDetector(record, null);
}

function outcomeOf(path) {
  try {
    open(path);
    return "accepted";
  } catch (error) {
    const sentence = String(error.message);
    const isOne = error instanceof UserError && sentence.includes(path) && !sentence.includes("\n");
    if (isOne && sentence.length < 1000) return "refused";
    console.error(error);
    return "traceback";
  }
}

for await (const path of createInterface({ input: process.stdin })) {
  const start = performance.now();
  const outcome = outcomeOf(path);
  const megabytes = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(`${outcome} ${megabytes} ${((performance.now() - start) / 1000).toFixed(3)}`);
}
