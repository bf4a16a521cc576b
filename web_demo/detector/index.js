/** A face detector without page, camera or runtime: the same modules run in a browser's worker and under Node. */

export { crc32, toHex } from "./crc32.js";
export { decodeFaces } from "./decode.js";
export { UserError } from "./errors.js";
export { FaceDetector, subtractMean } from "./face_detector.js";
export { Letterbox, letterbox } from "./letterbox.js";
export { makeAnchors } from "./anchors.js";
export { readRecord } from "./record.js";
