/** Reading a picture's file into a canvas and its pixels. */

import { UserError } from "../detector/index.js";

const MOST_PIXELS = 16_000_000; // what a canvas may have on every browser; larger pictures are reduced

/**
 * Decode a picture, turned upright by its EXIF orientation. Transparent parts are black.
 *
 * @param {File} file
 * @returns {Promise<{name: string, canvas: HTMLCanvasElement, pixels: ImageData, reduced: boolean}>}
 * @throws {UserError} empty, damaged, not a picture, or too large for this browser.
 */
export async function readPicture(file) {
  if (!file.size) throw new UserError(`${file.name} is empty; open another picture.`);
  const bitmap = await decode(file);
  const scale = Math.min(1, Math.sqrt(MOST_PIXELS / (bitmap.width * bitmap.height)));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.floor(bitmap.width * scale));
  canvas.height = Math.max(1, Math.floor(bitmap.height * scale));
  try {
    const context = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
    return { name: file.name, canvas, pixels, reduced: scale < 1 };
  } catch {
    throw new UserError(`${file.name} is too large for this browser's memory; open a smaller picture.`);
  } finally {
    bitmap.close();
  }
}

async function decode(file) {
  try {
    return await createImageBitmap(file, { colorSpaceConversion: "none", imageOrientation: "from-image" });
  } catch {
    throw new UserError(
      `${file.name} is not a picture that this browser can read, or damaged or too large; open a JPEG or PNG file.`,
    );
  }
}
