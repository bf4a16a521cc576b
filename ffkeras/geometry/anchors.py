"""Square anchors at every cell of every pyramid level (SSD, Liu et al. 2016, sec. 2.2)."""

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class AnchorConfig:
    """Where anchors sit and how large they are.

    Args:
        sizes: for each pyramid level the sides of its square anchors, in pixels of the network input; as many on
            every level.
        strides: pixels of the network input per cell, one for each level.

    Raises:
        ValueError: levels that do not agree, or a size or stride that is not a number above zero.
    """

    sizes: tuple[tuple[float, ...], ...]
    strides: tuple[int, ...] = (8, 16, 32)

    def __post_init__(self):
        if len(self.sizes) != len(self.strides):
            raise ValueError(f"{len(self.sizes)} levels of sizes for {len(self.strides)} strides")
        if not all(isinstance(level, list | tuple) for level in self.sizes):
            raise ValueError(f"anchor sizes {self.sizes} are not a list for each level")
        object.__setattr__(self, "sizes", tuple(tuple(level) for level in self.sizes))
        object.__setattr__(self, "strides", tuple(self.strides))
        if not self.sizes:
            raise ValueError("anchors with no levels")
        if len({len(level) for level in self.sizes}) > 1 or not self.sizes[0]:
            raise ValueError(f"anchor sizes {self.sizes}: every level needs as many anchors, at least one")
        if not all(type(size) in (int, float) and 0 < size < math.inf for level in self.sizes for size in level):
            raise ValueError(f"anchor sizes {self.sizes} are not all numbers above zero")
        if not all(type(stride) is int and stride > 0 for stride in self.strides):
            raise ValueError(f"anchor strides {self.strides} are not all whole numbers above zero")

    @property
    def per_cell(self) -> int:
        """Anchors per cell; the same number on every level."""
        return len(self.sizes[0])


def make_anchors(config: AnchorConfig, image_size: tuple[int, int]) -> np.ndarray:
    """All anchors of a network input, cell by cell, row-major, P3 then P4 then P5.

    Args:
        config: sizes and strides.
        image_size: (height, width) of the network input in pixels, multiples of the largest stride.

    Returns:
        float32 [A, 4]: (cx, cy, w, h), normalised to the input.

    Raises:
        ValueError: a side that is not a multiple of the largest stride.
    """
    height, width = image_size
    if height % max(config.strides) or width % max(config.strides):
        raise ValueError(f"image size {image_size} is not a multiple of {max(config.strides)}")
    levels = []
    for sizes, stride in zip(config.sizes, config.strides, strict=True):
        rows, columns = np.mgrid[: height // stride, : width // stride]
        centres = np.stack([columns, rows], axis=-1) + 0.5
        centres = centres * stride / (width, height)  # [rows, columns, 2]
        sides = np.array(sizes)[:, None] / (width, height)  # [per cell, 2]
        grid = centres.shape[:2] + (len(sizes), 2)
        cells = [np.broadcast_to(centres[:, :, None], grid), np.broadcast_to(sides, grid)]
        levels.append(np.concatenate(cells, axis=-1).reshape(-1, 4))
    return np.concatenate(levels).astype(np.float32)  # [A, 4]
