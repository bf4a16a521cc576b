"""Average precision on held-out training images, while a network is trained."""

import numpy as np

from ffkeras.data.labels import LabelledImage
from ffkeras.evaluation.average_precision import GroundTruth, average_precision
from ffkeras.evaluation.detections import IOU_THRESHOLD, SCORE_THRESHOLD, detection_rows
from ffkeras.evaluation.keras_detector import KerasFaceDetector
from ffkeras.images import read_image
from ffkeras.models import FeatherFace


class HeldOutValidation:
    """Detects the faces of held-out images and measures the average precision over all that count.

    Args:
        model: whose present weights are measured at each call.
        images: held out from training.
        image_size: (height, width) at which they are detected.
    """

    def __init__(self, model: FeatherFace, images: list[LabelledImage], image_size: tuple[int, int]):
        self.images = images
        self.detector = KerasFaceDetector(model, image_size, SCORE_THRESHOLD, IOU_THRESHOLD)
        self.truths = {str(image.path): self._truth(image) for image in images}

    @staticmethod
    def _truth(image: LabelledImage) -> GroundTruth:
        corners = image.boxes
        sizes = corners[:, 2:] - corners[:, :2]
        return GroundTruth(np.concatenate([corners[:, :2], sizes], axis=1).astype(np.float64), ~image.ignore)

    def average_precision(self) -> float:
        """Average precision, 0..1; nan where the images hold no face that counts."""
        found = {str(image.path): detection_rows(self.detector.detect(read_image(image.path))) for image in self.images}
        return average_precision(found, self.truths)
