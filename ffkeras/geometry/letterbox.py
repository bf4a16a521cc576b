"""Fitting an image of any size into the network input, and going back."""

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Letterbox:
    """How an image was fitted: canvas pixels = source pixels * scale, from the top left.

    Args:
        scale_x, scale_y: canvas pixels per source pixel; they differ by rounding only.
        source_size: (height, width) of the source image in pixels.
    """

    scale_x: float
    scale_y: float
    source_size: tuple[int, int]

    def to_source(self, points: np.ndarray) -> np.ndarray:
        """Points [..., 2] (x, y) in canvas pixels as source pixels, not clipped."""
        return points / np.array([self.scale_x, self.scale_y], np.float32)


def letterbox(
    image: np.ndarray, image_size: tuple[int, int], fill: tuple[float, float, float]
) -> tuple[np.ndarray, Letterbox]:
    """Resize so that the image just fits, bilinear, and fill what is left at the right and bottom.

    Args:
        image: uint8 BGR [H, W, 3].
        image_size: (height, width) of the canvas in pixels.
        fill: BGR value of the rest; the network's mean, so that it is zero after normalisation.

    Returns:
        The canvas, uint8 [height, width, 3], and the way back.
    """
    height, width = image_size
    source_height, source_width = image.shape[:2]
    scale = min(height / source_height, width / source_width)
    new_width = min(width, max(1, round(source_width * scale)))
    new_height = min(height, max(1, round(source_height * scale)))
    canvas = np.empty((height, width, 3), np.uint8)
    canvas[:new_height, :new_width] = cv2.resize(image, (new_width, new_height), interpolation=cv2.INTER_LINEAR)
    row = np.tile(np.round(fill).astype(np.uint8), (width, 1))  # whole rows: one pixel at a time takes a millisecond
    canvas[:new_height, new_width:] = row[new_width:]
    canvas[new_height:] = row
    fitted = Letterbox(new_width / source_width, new_height / source_height, (source_height, source_width))
    return canvas, fitted
