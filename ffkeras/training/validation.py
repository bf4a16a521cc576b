"""Average precision on held-out images, while a network is trained."""

import math

from ffkeras.data.samples import Source
from ffkeras.errors import UserError
from ffkeras.evaluation.average_precision import average_precision
from ffkeras.evaluation.detections import IOU_THRESHOLD, SCORE_THRESHOLD, detection_rows
from ffkeras.evaluation.keras_detector import KerasFaceDetector
from ffkeras.evaluation.labelled import ground_truth
from ffkeras.models.featherface import FeatherFace


class HeldOutValidation:
    """Detects the faces of held-out images and measures the average precision over all that count, set by set.

    Args:
        model: whose present weights are measured at each call.
        source: images held out from training.
        image_size: (height, width) at which they are detected.
    """

    def __init__(self, model: FeatherFace, source: Source, image_size: tuple[int, int]):
        self.source = source
        self.detector = KerasFaceDetector(model, image_size, SCORE_THRESHOLD, IOU_THRESHOLD)

    def average_precision(self) -> float:
        """The mean of the data sets' average precisions, 0..1; nan where no image holds a face that counts."""
        return mean_of_sources(self.by_source())

    def by_source(self) -> dict[str, float]:
        """The average precision of each data set, nan where its images hold no face that counts."""
        found: dict[str, dict] = {}
        truths: dict[str, dict] = {}
        for index in range(len(self.source)):
            try:
                image, labelled = self.source.load(index)
            except UserError:  # which `FileSource.bad` keeps; the others are measured
                continue
            name = str(index)
            found.setdefault(labelled.source, {})[name] = detection_rows(self.detector.detect(image))
            truths.setdefault(labelled.source, {})[name] = ground_truth(labelled)
        return {source: average_precision(found[source], truths[source]) for source in found}


def mean_of_sources(values: dict[str, float]) -> float:
    """The mean of what is a number; nan where nothing is."""
    numbers = [value for value in values.values() if not math.isnan(value)]
    return sum(numbers) / len(numbers) if numbers else math.nan
