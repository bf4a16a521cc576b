"""Labelled pictures made harder: grey, as by an infrared lamp, turned, with parts of each face covered.

The faces are known, so that what a detector loses by a change can be told from what it misses anyway.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from ffkeras.data.labels import LabelledImage

COVER = (128, 128, 128)  # BGR
LAMP = 0.35  # of the longer side: distance from the middle at which an infrared lamp's light has fallen to 1 / e


@dataclass(frozen=True, eq=False)
class HardPicture:
    """A picture and its faces after a change.

    Args:
        image: uint8 BGR [H, W, 3].
        boxes: float64 [N, 4], corners in pixels.
    """

    image: np.ndarray
    boxes: np.ndarray


Variant = Callable[[np.ndarray, LabelledImage], HardPicture]


def _as_it_is(image: np.ndarray, faces: LabelledImage) -> HardPicture:
    return HardPicture(image, faces.boxes.astype(np.float64))


def _grey(image: np.ndarray, faces: LabelledImage) -> HardPicture:
    grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    return HardPicture(grey, faces.boxes.astype(np.float64))


def _infrared(image: np.ndarray, faces: LabelledImage) -> HardPicture:
    """Mostly red light, bright in the middle and dark at the edges, with noise: a night camera, roughly."""
    height, width = image.shape[:2]
    rows, columns = np.mgrid[:height, :width]
    away = np.hypot(rows - height / 2, columns - width / 2) / (LAMP * max(height, width))
    light = image.astype(np.float32) @ np.array([0.1, 0.2, 0.7], np.float32) * (0.15 + 1.1 * np.exp(-(away**2)))
    light += np.random.default_rng(0).normal(0, 6, light.shape)
    grey = np.clip(light, 0, 255).astype(np.uint8)
    return HardPicture(np.repeat(grey[..., None], 3, axis=2), faces.boxes.astype(np.float64))


def _turned(degrees: float) -> Variant:
    def turn(image: np.ndarray, faces: LabelledImage) -> HardPicture:
        """Turned to the left on a canvas that holds all of it; a box is that of the turned ellipse inside of it."""
        height, width = image.shape[:2]
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
        cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
        size = (round(width * cos + height * sin), round(width * sin + height * cos))
        matrix[:, 2] += (size[0] / 2 - width / 2, size[1] / 2 - height / 2)
        boxes = faces.boxes.astype(np.float64)
        centres = (boxes[:, :2] + boxes[:, 2:]) / 2 @ matrix[:, :2].T + matrix[:, 2]
        halves = (boxes[:, 2:] - boxes[:, :2]) / 2
        reach = np.stack([np.hypot(halves[:, 0] * cos, halves[:, 1] * sin), np.hypot(*(halves * (sin, cos)).T)], axis=1)
        view = cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR, borderValue=COVER)
        return HardPicture(view, np.concatenate([centres - reach, centres + reach], axis=1))

    return turn


def _covered(left: float, top: float, right: float, bottom: float) -> Variant:
    def cover(image: np.ndarray, faces: LabelledImage) -> HardPicture:
        """A part of every face, as shares of its box, is one grey."""
        covered = image.copy()
        for x1, y1, x2, y2 in faces.boxes.astype(np.float64):
            first = (round(x1 + left * (x2 - x1)), round(y1 + top * (y2 - y1)))
            second = (round(x1 + right * (x2 - x1)) - 1, round(y1 + bottom * (y2 - y1)) - 1)
            cv2.rectangle(covered, first, second, COVER, cv2.FILLED)
        return HardPicture(covered, faces.boxes.astype(np.float64))

    return cover


VARIANTS: dict[str, Variant] = {
    "as it is": _as_it_is,
    "grey": _grey,
    "as by an infrared lamp": _infrared,
    "turned by 15 degrees": _turned(15),
    "turned by 30 degrees": _turned(30),
    "turned by 45 degrees": _turned(45),
    "on its side": _turned(90),
    "upside down": _turned(180),
    "mouth and chin covered": _covered(0, 0.6, 1, 1),
    "eyes covered": _covered(0, 0.2, 1, 0.5),
    "one half covered": _covered(0, 0, 0.5, 1),
}
