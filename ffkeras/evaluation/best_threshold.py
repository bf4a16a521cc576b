"""The score from which on a detection is best taken for a face: where precision and recall are balanced."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ffkeras.evaluation.average_precision import GroundTruth
from ffkeras.evaluation.overlap import match_to_faces


@dataclass(frozen=True)
class WorkingPoint:
    """What a detector does from one score on.

    Args:
        threshold: the score, 0..1.
        precision: share of the detections that are faces, 0..1.
        recall: share of the faces that are found, 0..1.
    """

    threshold: float
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, 0..1."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def working_points(
    detections: Mapping[str, np.ndarray], ground_truths: Mapping[str, GroundTruth]
) -> list[WorkingPoint]:
    """What a detector does from each of its scores on, the highest first; empty where it finds nothing.

    As in average precision, detections on faces that do not count are left out, and of several on one face the best
    one finds it.

    Args:
        detections: image name -> [K, 5] (x, y, w, h, score) in pixels of the source image.
        ground_truths: image name -> (boxes, keep); images that it does not name are left out.
    """
    scores, finds = [], []
    for name, truth in ground_truths.items():
        rows = detections.get(name, np.zeros((0, 5)))
        rows = rows[np.argsort(-rows[:, 4], kind="stable")]
        face = match_to_faces(rows[:, :4], truth.boxes) if len(truth.boxes) else np.full(len(rows), -1)
        kept = np.asarray(truth.keep, bool)
        on_kept = (face >= 0) & (kept[face] if len(kept) else False)
        first = np.zeros(len(rows), bool)
        hits = np.flatnonzero(on_kept)
        first[hits[np.unique(face[hits], return_index=True)[1]]] = True
        counts = (face < 0) | on_kept
        scores.append(rows[counts, 4])
        finds.append(first[counts])
    faces = sum(int(np.sum(truth.keep)) for truth in ground_truths.values())
    scores, finds = np.concatenate(scores), np.concatenate(finds)
    order = np.argsort(-scores, kind="stable")
    scores, found = scores[order], np.cumsum(finds[order])
    last = np.flatnonzero(np.append(np.diff(scores) != 0, True)) if len(scores) else []  # of equal scores
    return [WorkingPoint(float(scores[i]), float(found[i] / (i + 1)), float(found[i] / max(faces, 1))) for i in last]


def best_working_point(
    detections: Mapping[str, np.ndarray], ground_truths: Mapping[str, GroundTruth]
) -> WorkingPoint | None:
    """The working point of the highest F1; None where nothing is found. Arguments as in `working_points`."""
    return max(working_points(detections, ground_truths), key=lambda point: point.f1, default=None)
