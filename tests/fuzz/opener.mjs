// The process that is attacked: reads the models whose names it gets, and says how each ended; see readers.py.

import { existsSync, readFileSync } from "node:fs";
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

// The most megabytes that this process has taken; 0 where there is no Linux. resourceUsage begins with the memory of the
// process that started this one.
function peakMegabytes() {
  const status = "/proc/self/status";
  const found = existsSync(status) && /VmHWM:\s+(\d+) kB/.exec(readFileSync(status, "utf8"));
  return found ? Math.round(Number(found[1]) / 1024) : 0;
}

for await (const path of createInterface({ input: process.stdin })) {
  const start = performance.now();
  const outcome = outcomeOf(path);
  console.log(`${outcome} ${peakMegabytes()} ${((performance.now() - start) / 1000).toFixed(3)}`);
}
