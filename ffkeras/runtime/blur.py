"""Making faces unrecognisable: what a few averages of each leave."""

from collections.abc import Iterable

import cv2
import numpy as np

from ffkeras.runtime.detection import Face

MARGIN = 0.2  # of the box's size, added on each side: hair, ears and chin
CELLS = 5  # averages across a face; nothing else of it is left, so that no filter brings it back


def blur_faces(image: np.ndarray, faces: Iterable[Face]) -> np.ndarray:
    """A copy of `image` (uint8 BGR [H, W, 3]) where each face, a margin included, is smoothed beyond recognition."""
    blurred = image.copy()
    height, width = image.shape[:2]
    for face in faces:
        margin = MARGIN * (face.box[2:] - face.box[:2])
        left, top = np.maximum(np.floor(face.box[:2] - margin), 0).astype(int)
        right, bottom = np.minimum(np.ceil(face.box[2:] + margin), (width, height)).astype(int)
        region = blurred[top:bottom, left:right]
        cells = (min(CELLS, right - left), min(CELLS, bottom - top))
        averages = cv2.resize(region, cells, interpolation=cv2.INTER_AREA)
        region[:] = cv2.resize(averages, (right - left, bottom - top), interpolation=cv2.INTER_LINEAR)
    return blurred
