"""What an adapter to another detector must say."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ffkeras.runtime.output import Output

RawOutputs = Mapping[tuple[int, int], list[Output]]  # (rows, columns) -> the outputs of that shape, in the file's order


@dataclass(frozen=True, eq=False)
class Decoded:
    """Candidates that reach a threshold, normalised to the network input.

    Args:
        scores: float32 [K], 0..1.
        boxes: float32 [K, 4] corners.
        landmarks: float32 [K, 5, 2] in our order; not a number where the detector has none.
    """

    scores: np.ndarray
    boxes: np.ndarray
    landmarks: np.ndarray


class Peer:
    """One kind of detector. Its input is `(pixel - mean) / divisor`.

    Args:
        image_size: (height, width) of the file's input in pixels.

    Attributes:
        name: of the project.
        mean: BGR.
        divisor: one for all channels.
        rgb: the file wants red first.
    """

    name: ClassVar[str]
    mean: ClassVar[tuple[float, float, float]] = (0, 0, 0)
    divisor: ClassVar[float] = 1
    rgb: ClassVar[bool] = False

    def __init__(self, image_size: tuple[int, int]):
        self.image_size = image_size

    def output_shapes(self) -> list[tuple[int, int]]:
        """(rows, columns) of every output, in rising order: how the kind is recognised."""
        raise NotImplementedError

    def decode(self, outputs: RawOutputs, threshold: float) -> Decoded:
        """The candidates that reach `threshold`."""
        raise NotImplementedError


def logit(probability: float) -> float:
    """Where a sigmoid reaches `probability`; infinite at 0 and 1."""
    with np.errstate(divide="ignore"):
        return float(np.log(probability) - np.log1p(-probability))


def without_landmarks(count: int) -> np.ndarray:
    """Landmarks [count, 5, 2] of a detector that has none: not a number."""
    return np.full((count, 5, 2), np.nan, np.float32)
