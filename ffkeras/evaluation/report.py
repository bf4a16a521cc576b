"""The figures of one evaluation, on WIDER FACE or on other labelled pictures, as a table and as JSON."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from ffkeras.data.labels import LabelledImage
from ffkeras.evaluation.average_precision import PrecisionRecall, precision_recall
from ffkeras.evaluation.best_threshold import WorkingPoint, best_working_point
from ffkeras.evaluation.labelled import ground_truth
from ffkeras.evaluation.recall_by_height import WORKING_THRESHOLD, HeightBand, recall_by_height
from ffkeras.evaluation.validation_images import input_scales
from ffkeras.evaluation.widerface_ground_truth import SUBSETS, WiderFaceGroundTruth

WIDER = "WIDER FACE val"
PROTOCOL = "official WIDER FACE protocol: IoU 0.5, 1000 thresholds, single scale, longest side resized"
OWN_PROTOCOL = "IoU 0.5, 1000 thresholds, pictures without faces count, single scale, longest side resized"


@dataclass(frozen=True, eq=False)
class Report:
    """What one evaluation found.

    Args:
        subject: the model or the file of detections, in words.
        image_size: (height, width) of the network input in pixels.
        images: how many images were evaluated.
        images_in_set: how many the whole set has.
        curves: "easy", "medium", "hard" -> precision and recall.
        bands: recall by face height at the working threshold; None where the images' sizes are unknown.
        images_per_second: of the detector alone; None where the detections were read from a file.
        num_threads: that the detector ran on.
        score_threshold: of the recall by face height, 0..1.
        data: the data set, in words.
        best: the score, precision and recall where these are balanced; None where that was not looked for.
    """

    subject: str
    image_size: tuple[int, int]
    images: int
    images_in_set: int
    curves: dict[str, PrecisionRecall]
    bands: list[HeightBand] | None
    images_per_second: float | None
    num_threads: int
    score_threshold: float = WORKING_THRESHOLD
    data: str = WIDER
    best: WorkingPoint | None = None

    @property
    def protocol(self) -> str:
        """How average precision was measured."""
        return PROTOCOL if self.data == WIDER else OWN_PROTOCOL

    @property
    def title(self) -> str:
        """The subject and the network input, in one line."""
        height, width = self.image_size
        return f"{self.subject}, input {height} x {width}"

    @property
    def coverage(self) -> str:
        """How many of the images were taken, and whether the figures are the official ones."""
        if self.images == self.images_in_set:
            return f"all {self.images:,} images of {self.data}"
        return f"{self.images:,} of {self.images_in_set:,} images of {self.data}: a sample, not the official figure"

    def to_text(self) -> str:
        """The table that `ffkeras evaluate` prints."""
        lines = [self.title, self.coverage, self.protocol, "", f"{'subset':<10}{'AP':>8}{'faces':>9}"]
        for name, curve in self.curves.items():
            lines.append(f"{name:<10}{_figure(curve.average_precision):>8}{curve.faces:>9,}")
        lines.append("")
        if self.best:
            best = self.best
            balance = f"precision {best.precision:.3f}, recall {best.recall:.3f}"
            lines += [f"best F1 {best.f1:.3f} from score {best.threshold:.2f} on: {balance}", ""]
        if self.bands is None:
            lines.append("recall by face height: left out, the images are not there")
        else:
            lines.append(f"recall at score {self.score_threshold:g}, by face height in the network input")
            lines.append(f"{'height':<10}{'recall':>8}{'faces':>9}")
            lines += [f"{band.label:<10}{_figure(band.recall):>8}{band.faces:>9,}" for band in self.bands]
        if self.images_per_second is not None:
            threads = f"{self.num_threads} thread{'s' if self.num_threads > 1 else ''}"
            lines += ["", f"{self.images_per_second:.1f} images/s on {threads}: letterbox, network and decoding"]
        return "\n".join(lines)

    def to_json(self) -> dict:
        """The same figures as a JSON object; null stands for a figure without a face."""
        bands = self.bands and [
            {"height": band.label, "faces": band.faces, "found": band.found, "recall": _number(band.recall)}
            for band in self.bands
        ]
        return {
            "subject": self.subject,
            "image_size": list(self.image_size),
            "images": self.images,
            "images_in_set": self.images_in_set,
            "official": self.data == WIDER and self.images == self.images_in_set,
            "protocol": self.protocol,
            "data": self.data,
            "best_f1": self.best and {**vars(self.best), "f1": self.best.f1},
            "average_precision": {name: _number(curve.average_precision) for name, curve in self.curves.items()},
            "faces": {name: curve.faces for name, curve in self.curves.items()},
            "recall_score_threshold": self.score_threshold,
            "recall_by_height": bands,
            "images_per_second": self.images_per_second,
            "num_threads": self.num_threads if self.images_per_second is not None else None,
        }


def evaluate_widerface(
    detections: Mapping[str, np.ndarray],
    truth: WiderFaceGroundTruth,
    names: Iterable[str],
    *,
    subject: str,
    image_size: tuple[int, int],
    scales: Mapping[str, float] | None = None,
    images_per_second: float | None = None,
    num_threads: int = 1,
    score_threshold: float = WORKING_THRESHOLD,
) -> Report:
    """Evaluate detections on the images named.

    Args:
        detections: image name -> [K, 5] (x, y, w, h, score) in pixels of the source image.
        truth: the official ground truth.
        names: the images to take; only their detections and faces count.
        subject: what was evaluated, in words.
        image_size: (height, width) of the network input in pixels.
        scales: image name -> pixels of the network input per source pixel; None leaves out recall by height.
        images_per_second: the detector's speed, where it ran.
        num_threads: that it ran on.
        score_threshold: of the recall by face height, 0..1.
    """
    names = list(names)
    curves = {subset: precision_recall(detections, truth.subset(subset, names)) for subset in SUBSETS}
    bands = None if scales is None else recall_by_height(detections, truth.valid_faces(names), scales, score_threshold)
    return Report(
        subject,
        image_size,
        len(names),
        len(truth.names),
        curves,
        bands,
        images_per_second,
        num_threads,
        score_threshold,
    )


def evaluate_labelled(
    detections: Mapping[str, np.ndarray],
    images: Mapping[str, LabelledImage],
    *,
    data: str,
    subject: str,
    image_size: tuple[int, int],
    images_per_second: float | None = None,
    num_threads: int = 1,
    score_threshold: float = WORKING_THRESHOLD,
) -> Report:
    """Evaluate detections on any labelled pictures; what is found in one without faces is wrong.

    Args:
        detections: image name -> [K, 5] (x, y, w, h, score) in pixels of the source image.
        images: image name -> its faces; only these count.
        data: the data set, in words.
        subject: what was evaluated, in words.
        image_size: (height, width) of the network input in pixels.
        images_per_second: the detector's speed, where it ran.
        num_threads: that it ran on.
        score_threshold: of the recall by face height, 0..1.

    Raises:
        UserError: a picture's header cannot be read.
    """
    truths = {name: ground_truth(image) for name, image in images.items()}
    found = {name: detections.get(name, np.zeros((0, 5))) for name in images}
    curves = {"faces": precision_recall(found, truths, with_background=True)}
    scales = input_scales({name: image.path for name, image in images.items()}, image_size)
    return Report(
        subject,
        image_size,
        len(images),
        len(images),
        curves,
        recall_by_height(found, truths, scales, score_threshold),
        images_per_second,
        num_threads,
        score_threshold,
        data,
        best_working_point(found, truths),
    )


def _figure(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.4f}"


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 6)
