"""Square anchors at every cell of every pyramid level (SSD, Liu et al. 2016, sec. 2.2)."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class AnchorConfig:
    """Where anchors sit and how large they are.

    Args:
        sizes: for each pyramid level the sides of its square anchors, in pixels of the network input.
        strides: pixels of the network input per cell, one for each level.
    """

    sizes: tuple[tuple[float, ...], ...]
    strides: tuple[int, ...] = (8, 16, 32)

    def __post_init__(self):
        if len(self.sizes) != len(self.strides):
            raise ValueError(f"{len(self.sizes)} levels of sizes for {len(self.strides)} strides")
        object.__setattr__(self, "sizes", tuple(tuple(level) for level in self.sizes))
        object.__setattr__(self, "strides", tuple(self.strides))

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
