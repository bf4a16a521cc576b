"""Average precision by the official WIDER FACE protocol (Yang et al. 2016; the authors' `eval_tools`).

In each image detections are taken in the order of their score. One whose best overlap is a face that does not count
(not in the subset, invalid) is left out of the sums; the first one on a face that counts finds it; every other one is
a false positive. Scores of the whole set are stretched to 0..1, and counts are summed over the images at 1000
thresholds. An image that holds no face at all, not even one that does not count, is left out, as the authors do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ffkeras.evaluation.overlap import match_to_faces

THRESHOLD_COUNT = 1000  # eval_tools, `thresh_num`
THRESHOLDS = 1.0 - np.arange(1, THRESHOLD_COUNT + 1) / THRESHOLD_COUNT  # 0.999 down to 0


class GroundTruth(NamedTuple):
    """The faces of one image.

    Args:
        boxes: [N, 4] (x, y, w, h) in pixels of the source image.
        keep: bool [N]; false for faces that are neither to be found nor wrong to find.
    """

    boxes: np.ndarray
    keep: np.ndarray


@dataclass(frozen=True, eq=False)
class PrecisionRecall:
    """Precision and recall at each threshold, from the highest to the lowest.

    Args:
        precision: float64 [1000], 0 where nothing is detected yet.
        recall: float64 [1000], never falling; 0 where there is no face.
        faces: how many faces count.
    """

    precision: np.ndarray
    recall: np.ndarray
    faces: int

    @property
    def average_precision(self) -> float:
        """Area under the precision envelope over recall (PASCAL VOC 2010), 0..1; nan where no face counts."""
        if not self.faces:
            return float("nan")
        recall = np.concatenate([[0.0], self.recall, [1.0]])
        precision = np.concatenate([[0.0], self.precision, [0.0]])
        envelope = np.maximum.accumulate(precision[::-1])[::-1]
        return float(np.sum(np.diff(recall) * envelope[1:]))


def precision_recall(
    detections: Mapping[str, np.ndarray], ground_truths: Mapping[str, GroundTruth], with_background: bool = False
) -> PrecisionRecall:
    """Precision and recall over all images of `ground_truths`.

    Args:
        detections: image name -> [K, 5] (x, y, w, h, score) in pixels of the source image, in any order. An image that
            is not named has no detections; images that the ground truth does not name are left out.
        ground_truths: image name -> (boxes, keep); see `GroundTruth`.
        with_background: what is found in images without any face is wrong; the official protocol leaves them out.
    """
    found = {name: detections[name] for name in ground_truths if len(detections.get(name, ()))}
    low, high = _score_range(found.values())
    counts = np.zeros((THRESHOLD_COUNT, 2))
    for name, rows in found.items():
        truth = GroundTruth(*ground_truths[name])
        if len(truth.boxes) or with_background:
            scores = (rows[:, 4] - low) / (high - low) if high > low else np.ones(len(rows))
            counts += _count_at_thresholds(rows[:, :4], scores, truth)
    faces = sum(int(np.sum(keep)) for _, keep in ground_truths.values())
    proposals, recalled = counts.T
    return PrecisionRecall(recalled / np.maximum(proposals, 1), recalled / max(faces, 1), faces)


def average_precision(detections: Mapping[str, np.ndarray], ground_truths: Mapping[str, GroundTruth]) -> float:
    """Average precision, 0..1; nan where no face counts. Arguments as in `precision_recall`."""
    return precision_recall(detections, ground_truths).average_precision


def _score_range(detections) -> tuple[float, float]:
    """The lowest and highest score of the set; the lowest is at most 1 and the highest at least 0, as in eval_tools."""
    low, high = 1.0, 0.0
    for rows in detections:
        low, high = min(low, rows[:, 4].min()), max(high, rows[:, 4].max())
    return low, high


def _count_at_thresholds(boxes: np.ndarray, scores: np.ndarray, truth: GroundTruth) -> np.ndarray:
    """Of one image, float64 [1000, 2]: detections that count, and faces found, at each threshold."""
    order = np.argsort(-scores, kind="stable")
    scores = scores[order]
    face = match_to_faces(boxes[order], truth.boxes) if len(truth.boxes) else np.full(len(order), -1)  # [K]
    keep = np.asarray(truth.keep, bool)
    on_kept = (face >= 0) & keep[face] if len(keep) else np.zeros(len(order), bool)
    counts = (face < 0) | on_kept

    hits = np.flatnonzero(on_kept)
    _, first = np.unique(face[hits], return_index=True)
    finds = np.zeros(len(face))
    finds[hits[first]] = 1

    sums = np.zeros((len(face) + 1, 2))
    sums[1:] = np.cumsum(np.stack([counts, finds], axis=1), axis=0)
    reached = np.searchsorted(-scores, -THRESHOLDS, side="right")  # detections at or above each threshold
    return sums[reached]
