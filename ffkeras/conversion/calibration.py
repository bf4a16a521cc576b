"""Images for calibration and validation: from files, or synthetic faces where there are none."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from ffkeras.geometry import letterbox
from ffkeras.images import list_images, read_image

CROP_EVERY = 4  # one image in four is cut out of its photograph, so that large faces are calibrated too
CROP_SIDES = (0.3, 1.0)  # side of a crop, as a part of the photograph's shorter side (RetinaFace's training crops)


def split_files(
    inputs: Iterable[str | os.PathLike], calibration: int, validation: int, seed: int = 0
) -> tuple[list[Path], list[Path]]:
    """Choose files for calibration, and other ones for validation; none where calibration takes them all.

    Args:
        inputs: image files and folders, see `list_images`.
        calibration, validation: how many files at most.
        seed: of the choice.

    Raises:
        UserError: a missing input, or a folder without images.
    """
    files = list_images(inputs)
    order = np.random.default_rng(seed).permutation(len(files))
    shuffled = [files[i] for i in order]
    return shuffled[:calibration], shuffled[calibration : calibration + validation]


def calibration_canvases(
    images: Sequence[np.ndarray], image_size: tuple[int, int], mean: Sequence[float], count: int, seed: int = 0
) -> list[np.ndarray]:
    """Letterbox images as detection does; where there are fewer than `count`, crops of them make up for it.

    Args:
        images: uint8 BGR [H, W, 3] of any size, at least one.
        image_size: (height, width) of the network input in pixels.
        mean: the network's; fills what the image leaves empty.
        count: canvases to make.
        seed: of the crops.

    Returns:
        uint8 BGR [height, width, 3] each.
    """
    rng = np.random.default_rng(seed)
    canvases = []
    for i in range(count):
        image = images[i % len(images)]
        if i >= len(images) or i % CROP_EVERY == CROP_EVERY - 1:
            image = _random_crop(image, rng)
        canvases.append(letterbox(image, image_size, mean)[0])
    return canvases


def read_images(files: Iterable[Path]) -> list[np.ndarray]:
    """Read image files as uint8 BGR [H, W, 3]. Raises UserError naming the first that cannot be read."""
    return [read_image(path) for path in files]


def synthetic_images(count: int, seed: int = 0) -> list[np.ndarray]:
    """Drawn faces on drawn backgrounds, uint8 BGR [H, W, 3]."""
    from ffkeras.data.synthetic import SyntheticFaces

    return [image for image, _ in SyntheticFaces(count, seed)]


def _random_crop(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    height, width = image.shape[:2]
    side = max(1, round(min(height, width) * rng.uniform(*CROP_SIDES)))
    top, left = rng.integers(height - side + 1), rng.integers(width - side + 1)
    return image[top : top + side, left : left + side]
