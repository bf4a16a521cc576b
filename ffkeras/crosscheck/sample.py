"""The images that runtimes are compared on: photographs and, for average precision, part of WIDER FACE validation."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ffkeras.evaluation import (
    SUBSETS,
    WiderFaceGroundTruth,
    average_precision,
    choose_sample,
    detection_rows,
    find_images,
    read_ground_truth,
)
from ffkeras.images import list_images, read_image
from ffkeras.runtime import Face


@dataclass(frozen=True, eq=False)
class Sample:
    """Images of WIDER FACE validation with their ground truth; without names it measures nothing.

    Args:
        names: "<event>/<name>.jpg", as in the ground truth.
        truth: None where `names` is empty.
    """

    names: tuple[str, ...] = ()
    truth: WiderFaceGroundTruth | None = field(default=None, repr=False)

    def average_precision(self, faces: Mapping[str, list[Face]]) -> dict[str, float]:
        """AP by the official protocol on this sample, for those of easy, medium and hard that have a face in it."""
        detections = {name: detection_rows(found) for name, found in faces.items()}
        found = {name: average_precision(detections, self.truth.subset(name, self.names)) for name in SUBSETS}
        return {name: round(value, 6) for name, value in found.items() if not np.isnan(value)}


def read_sample(root: str | os.PathLike, count: int) -> tuple[Sample, dict[str, np.ndarray]]:
    """`count` images of WIDER FACE validation, evenly spread, and their ground truth.

    Raises:
        UserError: the data set is not there, or an image is unreadable.
    """
    truth = read_ground_truth(Path(root) / "ground_truth")
    paths = find_images(root, truth.names)
    names = choose_sample(truth.names, paths, str(root), limit=count)
    return Sample(tuple(names), truth), {name: read_image(paths[name]) for name in names}


def read_photographs(inputs: Sequence[str | os.PathLike]) -> dict[str, np.ndarray]:
    """Image files and folders of them: path -> uint8 BGR.

    Raises:
        UserError: missing, empty or unreadable.
    """
    return {str(path): read_image(path) for path in list_images(inputs)}
