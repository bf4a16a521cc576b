"""What a detector finds in pictures that were made harder."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ffkeras.data.labels import LabelledImage
from ffkeras.evaluation.average_precision import GroundTruth, average_precision
from ffkeras.evaluation.best_threshold import working_points
from ffkeras.evaluation.detections import detection_rows
from ffkeras.evaluation.hard_faces import Variant
from ffkeras.images import read_image
from ffkeras.runtime.detector import FaceDetector


@dataclass(frozen=True)
class HardFigures:
    """What was found.

    Args:
        ap: average precision, 0..1.
        precision: share of the detections that are faces, from the working score on, 0..1.
        recall: share of the faces that are found there, 0..1.
    """

    ap: float
    precision: float
    recall: float


def measure(
    detector: FaceDetector, images: Iterable[LabelledImage], variant: Variant, threshold: float, rotations: bool = False
) -> HardFigures:
    """Detect in every picture after a change.

    Args:
        detector: with a score threshold near 0.
        images: labelled pictures.
        variant: the change, of `hard_faces.VARIANTS`.
        threshold: the score from which on users see a face, 0..1.
        rotations: as `FaceDetector.detect` takes it.
    """
    detections, truths = {}, {}
    for number, image in enumerate(images):
        hard = variant(read_image(image.path), image)
        detections[str(number)] = detection_rows(detector.detect(hard.image, rotations=rotations))
        sizes = np.concatenate([hard.boxes[:, :2], hard.boxes[:, 2:] - hard.boxes[:, :2]], axis=1)
        truths[str(number)] = GroundTruth(sizes, ~image.ignore)
    seen = [point for point in working_points(detections, truths) if point.threshold >= threshold]
    lowest = min(seen, key=lambda point: point.threshold, default=None)
    precision, recall = (lowest.precision, lowest.recall) if lowest else (float("nan"), 0.0)
    return HardFigures(average_precision(detections, truths), precision, recall)
