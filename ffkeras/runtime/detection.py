"""What a detector returns for one face."""

from dataclasses import dataclass

import numpy as np

from ffkeras.runtime.align import ALIGNED_SIZE, align
from ffkeras.runtime.picture import to_picture


@dataclass(frozen=True, eq=False)
class Face:
    """One detected face, in pixels of the source image.

    Args:
        box: float32 [4] corners (x1, y1, x2, y2), inside the image.
        score: probability of being a face, 0..1.
        landmarks: float32 [5, 2] (x, y): left eye, right eye, nose, left and right mouth corner, as seen in the image;
            a face that the image cuts off may have landmarks outside it.
        tile_only: found in a tile of the image, but not in the whole.
    """

    box: np.ndarray
    score: float
    landmarks: np.ndarray
    tile_only: bool = False

    def aligned(self, image: np.ndarray, size: int = ALIGNED_SIZE) -> np.ndarray:
        """This face upright by its landmarks, where ArcFace's template has them, for networks that recognise faces.

        Args:
            image: the one in which the face was found, of any kind that `FaceDetector.detect` takes.
            size: side of the square in pixels.

        Returns:
            uint8 [size, size, 3], BGR where `image` is; what lies outside of the image is black.

        Raises:
            UserError: not an image, `size` is below 1, or the landmarks have no direction.
        """
        return align(to_picture(image), self.landmarks, size)

    def to_json(self) -> dict:
        """A JSON object of `box`, `score`, `landmarks`, and `tile_only` where it is so; to a hundredth of a pixel."""
        found = {
            "box": self.box.astype(float).round(2).tolist(),
            "score": round(self.score, 4),
            "landmarks": self.landmarks.astype(float).round(2).tolist(),
        }
        return found | {"tile_only": True} if self.tile_only else found
