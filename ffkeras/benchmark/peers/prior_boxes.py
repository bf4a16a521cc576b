"""Slim and RFB of the "Ultra-Light-Fast" and "1MB" face detectors: SSD's prior boxes on four levels."""

import math

import numpy as np

from ffkeras.benchmark.peers.peer import Decoded, Peer, RawOutputs, without_landmarks
from ffkeras.geometry import decode_boxes, decode_landmarks

SIZES = {8: (10, 16, 24), 16: (32, 48), 32: (64, 96), 64: (128, 192, 256)}  # stride -> sides in pixels
FACE = 1  # the classes are (background, face)


class UltraLight(Peer):
    """Ultra-Light RFB and Slim: probabilities and box codes, no landmarks."""

    name = "Ultra-Light"
    mean = (127, 127, 127)
    divisor = 128
    rgb = True
    columns: tuple[int, ...] = (2, 4)

    def __init__(self, image_size: tuple[int, int]):
        super().__init__(image_size)
        self._priors = _priors(image_size)

    def output_shapes(self) -> list[tuple[int, int]]:
        """Classes, boxes, and landmarks where the kind has them."""
        return [(len(self._priors), columns) for columns in self.columns]

    def decode(self, outputs: RawOutputs, threshold: float) -> Decoded:
        """SSD's codes with variances 0.1 and 0.2."""
        count = len(self._priors)
        (classes,), (codes,) = outputs[count, 2], outputs[count, 4]
        rows = classes.reaching(threshold, FACE)
        boxes = decode_boxes(codes.to_float(rows), self._priors[rows])
        return Decoded(classes.to_float(rows, FACE), boxes, self._landmarks(outputs, rows))

    def _landmarks(self, outputs: RawOutputs, rows: np.ndarray) -> np.ndarray:
        return without_landmarks(len(rows))


class SlimWithLandmarks(UltraLight):
    """Slim of "Face-Detector-1MB-with-landmark"."""

    name = "Slim + landmarks"
    mean = (104, 117, 123)
    divisor = 1
    rgb = False
    columns = (2, 4, 10)

    def _landmarks(self, outputs: RawOutputs, rows: np.ndarray) -> np.ndarray:
        (codes,) = outputs[len(self._priors), 10]
        return decode_landmarks(codes.to_float(rows), self._priors[rows])


def _priors(image_size: tuple[int, int]) -> np.ndarray:
    """float32 [A, 4] (cx, cy, w, h), normalised; unlike ours, a level may hang over the right and bottom edge."""
    height, width = image_size
    levels = []
    for stride, sizes in SIZES.items():
        rows, columns = np.mgrid[: math.ceil(height / stride), : math.ceil(width / stride)]
        centres = (np.stack([columns, rows], axis=-1).reshape(-1, 2) + 0.5) * stride / (width, height)
        sides = np.array(sizes)[:, None] / (width, height)
        levels.append(np.concatenate([np.repeat(centres, len(sizes), axis=0), np.tile(sides, (len(centres), 1))], 1))
    return np.concatenate(levels).astype(np.float32)
