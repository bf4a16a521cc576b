"""Labelled images as the ground truth of average precision."""

import numpy as np

from ffkeras.data.labels import LabelledImage
from ffkeras.evaluation.average_precision import GroundTruth


def ground_truth(image: LabelledImage) -> GroundTruth:
    """The faces of a labelled image; ignored ones are neither to be found nor wrong to find."""
    corners = image.boxes.astype(np.float64)
    return GroundTruth(np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1), ~image.ignore)
