"""Four images in one training sample (YOLOv4, Bochkovskiy et al. 2020, sec. 3.3)."""

from collections.abc import Sequence

import numpy as np

from ffkeras.data.augment import Sample, augment
from ffkeras.data.augment_config import AugmentConfig

SPLIT = (0.3, 0.7)  # where the four meet, as a share of the sides


def mosaic(
    samples: Sequence[Sample],
    image_size: tuple[int, int],
    fill: tuple[float, float, float],
    config: AugmentConfig,
    rng: np.random.Generator,
) -> Sample:
    """Augment four samples, each into one of four rectangles that meet at a random point, and join them.

    Args:
        samples: four, for the upper left, the upper right, the lower left and the lower right rectangle.
        image_size, fill, config, rng: see `ffkeras.data.augment.augment`.

    Returns:
        A sample whose image is uint8 [height, width, 3].
    """
    height, width = image_size
    row, column = (round(side * share) for side, share in zip(image_size, rng.uniform(*SPLIT, 2), strict=True))
    canvas = np.empty((height, width, 3), np.uint8)
    parts = []
    for index, sample in enumerate(samples):
        top, bottom = (0, row) if index < 2 else (row, height)
        left, right = (0, column) if index % 2 == 0 else (column, width)
        part = augment(sample, (bottom - top, right - left), fill, config, rng)
        canvas[top:bottom, left:right] = part.image
        corner = np.array([left, top], np.float32)
        landmarks = (part.landmarks + corner) * part.has_landmarks[:, None, None]
        parts.append((part.boxes + np.tile(corner, 2), landmarks, part.has_landmarks, part.ignore))
    boxes, landmarks, has_landmarks, ignore = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Sample(canvas, boxes.astype(np.float32), landmarks.astype(np.float32), has_landmarks, ignore)
