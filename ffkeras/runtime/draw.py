"""Drawing faces onto an image."""

from collections.abc import Iterable

import cv2
import numpy as np

from ffkeras.runtime.detection import Face

BOX_COLOUR = (80, 220, 60)  # BGR
TEXT_COLOUR = (0, 0, 0)
LANDMARK_COLOURS = (  # left eye, right eye, nose, left and right mouth corner
    (255, 120, 0),
    (255, 230, 0),
    (0, 200, 255),
    (60, 60, 255),
    (230, 80, 230),
)
PIXELS_PER_LINE = 400  # the line is one pixel thicker for so many pixels of the longer side


def draw_faces(image: np.ndarray, faces: Iterable[Face]) -> np.ndarray:
    """A copy of `image` (uint8 BGR [H, W, 3]) with each face's box, score and five landmarks."""
    drawn = image.copy()
    thickness = 1 + max(image.shape[:2]) // PIXELS_PER_LINE
    for face in faces:
        _draw_box(drawn, face, thickness)
        for point, colour in zip(face.landmarks, LANDMARK_COLOURS, strict=True):
            cv2.circle(drawn, _pixel(point), thickness + 1, colour, cv2.FILLED, cv2.LINE_AA)
    return drawn


def _draw_box(image: np.ndarray, face: Face, thickness: int) -> None:
    corner = _pixel(face.box[:2])
    cv2.rectangle(image, corner, _pixel(face.box[2:]), BOX_COLOUR, thickness)
    text = f"{face.score:.2f}"
    font, scale, stroke = cv2.FONT_HERSHEY_SIMPLEX, 0.3 + 0.1 * thickness, max(1, thickness // 2)
    (width, height), baseline = cv2.getTextSize(text, font, scale, stroke)
    left, bottom = corner[0], max(corner[1], height + baseline)  # inside the image for a box at its top
    cv2.rectangle(image, (left, bottom - height - baseline), (left + width, bottom), BOX_COLOUR, cv2.FILLED)
    cv2.putText(image, text, (left, bottom - baseline // 2 - 1), font, scale, TEXT_COLOUR, stroke, cv2.LINE_AA)


def _pixel(point: np.ndarray) -> tuple[int, int]:
    """The nearest pixel, in OpenCV's range however wild the landmark."""
    x, y = np.clip(np.round(point), -32768, 32767)
    return int(x), int(y)
