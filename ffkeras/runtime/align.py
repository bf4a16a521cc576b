"""A face upright in a small square, its landmarks where networks that recognise faces expect them."""

import cv2
import numpy as np

from ffkeras.errors import UserError
from ffkeras.geometry import similarity

ALIGNED_SIZE = 112  # pixels
ARCFACE_TEMPLATE = np.array(  # of a square of 112 pixels; ArcFace (Deng et al. 2019), as insightface has it
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ]
)


def align(image: np.ndarray, landmarks: np.ndarray, size: int = ALIGNED_SIZE) -> np.ndarray:
    """Turn, scale and shift an image so that five landmarks come to ArcFace's template.

    Args:
        image: uint8 BGR [H, W, 3].
        landmarks: [5, 2] (x, y) in pixels of `image`: left eye, right eye, nose, mouth corners, as seen in the image.
        size: side of the square in pixels; the template is scaled with it.

    Returns:
        uint8 BGR [size, size, 3]; what lies outside of the image is black.

    Raises:
        UserError: `size` is below 1, or landmarks without a direction.
    """
    if size < 1:
        raise UserError(f"a face cannot be {size} pixels large; give at least 1, such as {ALIGNED_SIZE}.")
    try:
        matrix = similarity(landmarks, ARCFACE_TEMPLATE * (size / ALIGNED_SIZE))
    except ValueError as error:
        raise UserError(f"a face cannot be aligned ({error}); leave it out.") from error
    return cv2.warpAffine(image, matrix, (size, size), flags=cv2.INTER_LINEAR)
