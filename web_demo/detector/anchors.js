/** Square anchors at every cell of every pyramid level (SSD, Liu et al. 2016, sec. 2.2). */

/**
 * All anchors of a network input, cell by cell, row-major, the finest level first.
 *
 * @param {{sizes: number[][], strides: number[]}} config sides of each level's anchors and pixels per cell.
 * @param {[number, number]} imageSize (height, width) of the network input in pixels.
 * @returns {Float32Array} [A, 4]: (cx, cy, w, h), normalised to the input.
 */
export function makeAnchors(config, [height, width]) {
  const anchors = new Float32Array(4 * countAnchors(config, [height, width]));
  let end = 0;
  config.strides.forEach((stride, level) => {
    for (let row = 0; row < Math.floor(height / stride); row++) {
      for (let column = 0; column < Math.floor(width / stride); column++) {
        for (const size of config.sizes[level]) {
          anchors[end++] = ((column + 0.5) * stride) / width;
          anchors[end++] = ((row + 0.5) * stride) / height;
          anchors[end++] = size / width;
          anchors[end++] = size / height;
        }
      }
    }
  });
  return anchors;
}

/** How many anchors each level has, the finest first. */
export function countLevels(config, [height, width]) {
  const cells = (stride) => Math.floor(height / stride) * Math.floor(width / stride);
  return config.strides.map((stride, level) => config.sizes[level].length * cells(stride));
}

/** How many anchors all levels have: rows of each output. */
export function countAnchors(config, imageSize) {
  return countLevels(config, imageSize).reduce((sum, count) => sum + count, 0);
}
