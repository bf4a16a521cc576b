"""How far detected landmarks lie from labelled ones, and how that compares between detectors.

The error is the normalised mean error (NME): the mean distance of the five landmarks, divided by sqrt(w * h) of the
labelled box (Bulat & Tzimiropoulos 2017, sec. 4; RetinaFace, Deng et al. 2020, sec. 4.4).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ffkeras.data import LabelledImage, read_dataset, split_held_out
from ffkeras.errors import UserError
from ffkeras.evaluation.detections import Detector, with_progress
from ffkeras.evaluation.overlap import IOU_THRESHOLD
from ffkeras.geometry import iou_matrix
from ffkeras.images import read_image
from ffkeras.runtime.detection import Face


def landmarked_images(folder: Path, limit: int | None = None) -> list[LabelledImage]:
    """The images that training holds out and that have a face with landmarks.

    Args:
        folder: WIDER FACE or any other folder that training takes.
        limit: take this many, evenly spread.

    Raises:
        UserError: no such data, or none of the images held out has landmarks.
    """
    _, held_out = split_held_out(read_dataset([folder]))
    images = [image for image in held_out if _to_measure(image).any()]
    if not images:
        raise UserError(
            f"none of the {len(held_out)} images that training holds out of {folder} has landmarks; "
            "for WIDER FACE add retinaface_gt/train/label.txt."
        )
    if limit is None or limit >= len(images):
        return images
    return [images[index] for index in np.linspace(0, len(images) - 1, limit).round().astype(int)]


def landmark_errors(
    detector: Detector, images: Sequence[LabelledImage], bad: dict[str, str] | None = None
) -> np.ndarray:
    """Run `detector` and measure each labelled face, with a progress bar on standard error.

    Args:
        detector: finds faces in one image; all that it returns count.
        images: labelled in pixels.
        bad: takes a sentence for the path of each file that is no image, which is then left out.

    Returns:
        float64 [N], the normalised error of every face with landmarks, image by image; nan where it is not found.

    Raises:
        UserError: a file is not an image, and there is no `bad`; or none is one.
    """
    errors = []
    for image in with_progress(images, len(images)):
        try:
            picture = read_image(image.path)
        except UserError as error:
            if bad is None:
                raise
            bad[str(image.path)] = str(error)
            continue
        errors.append(face_errors(detector.detect(picture), image))
    if not errors:
        raise UserError(f"none of the {len(images)} images can be read; look at {images[0].path}.")
    return np.concatenate(errors)


def face_errors(faces: Sequence[Face], labels: LabelledImage) -> np.ndarray:
    """The normalised error of every labelled face of one image that has landmarks and is not ignored.

    A detection belongs to the labelled face that it overlaps most, where the IoU is 0.5 or more; of several for one
    face the one that overlaps it most counts.

    Returns:
        float64 [N] in the order of the labels; nan where a face is not found.
    """
    errors = np.full(len(labels.boxes), np.nan)
    if faces and len(labels.boxes):
        overlap = iou_matrix(labels.boxes, np.stack([face.box for face in faces]))  # [labels, detections]
        overlap[overlap < overlap.max(axis=0)] = 0
        best = overlap.argmax(axis=1)
        found = overlap.max(axis=1) >= IOU_THRESHOLD
        points = np.stack([face.landmarks for face in faces])[best[found]]  # [M, 5, 2]
        distances = np.linalg.norm(points - labels.landmarks[found].astype(np.float64), axis=2).mean(axis=1)
        sides = labels.boxes[found, 2:].astype(np.float64) - labels.boxes[found, :2]
        errors[found] = distances / np.sqrt(sides.prod(axis=1))
    return errors[_to_measure(labels)]


@dataclass(frozen=True, eq=False)
class LandmarkReport:
    """Landmark errors of one detector, or of several on the same faces; the first is what the others are compared with.

    Only the faces that all detectors find are compared: one that finds more of the hard faces would seem worse.

    Args:
        errors: the detector in words -> float64 [N], nan where it does not find a face.
        images: how many images the faces are in.
        score_threshold: at which the detectors ran.
    """

    errors: dict[str, np.ndarray]
    images: int
    score_threshold: float

    @property
    def shared(self) -> np.ndarray:
        """bool [N]: the faces that all detectors find."""
        return ~np.isnan(np.stack(list(self.errors.values()))).any(axis=0)

    def change(self, subject: str) -> tuple[float, float]:
        """How much larger the mean error of `subject` is than the first detector's over the shared faces.

        Returns:
            The relative change and its standard error over faces; nan where there are fewer than two shared faces.
        """
        shared = self.shared
        if shared.sum() < 2:
            return math.nan, math.nan
        first, other = next(iter(self.errors.values()))[shared], self.errors[subject][shared]
        difference = (other - first) / first.mean()
        return float(difference.mean()), float(difference.std(ddof=1) / math.sqrt(len(difference)))

    def to_text(self) -> str:
        """The table that `tools/evaluate.py --landmarks` prints."""
        faces, shared = len(next(iter(self.errors.values()))), int(self.shared.sum())
        width = max(len("file"), *map(len, self.errors))
        lines = [
            f"landmarks of {faces:,} faces on {self.images:,} images that training holds out",
            f"at score {self.score_threshold:g} and IoU {IOU_THRESHOLD:g}; "
            "NME = mean distance of five landmarks / sqrt(area of the labelled box)",
            "",
            f"{'file':<{width}}{'found':>8}{'NME':>9}",
        ]
        compared = len(self.errors) > 1
        if compared:
            lines[-1] += f"   on the {shared:,} faces that all find"
        for index, (subject, errors) in enumerate(self.errors.items()):
            line = f"{subject:<{width}}{np.count_nonzero(~np.isnan(errors)):>8,}{_figure(_mean(errors)):>9}"
            if compared:
                line += f"   {_figure(_mean(errors[self.shared]))}"
            if index:
                change, uncertainty = self.change(subject)
                line += f"  {change:+.1%} +- {uncertainty:.1%}"
            lines.append(line)
        return "\n".join(lines)

    def to_json(self) -> dict:
        """The same figures as a JSON object; null stands for a figure without faces."""
        files = {}
        for index, (subject, errors) in enumerate(self.errors.items()):
            files[subject] = {
                "found": int(np.count_nonzero(~np.isnan(errors))),
                "nme": _number(_mean(errors)),
                "nme_shared": _number(_mean(errors[self.shared])),
            }
            if index:
                change, uncertainty = self.change(subject)
                files[subject] |= {"change": _number(change), "change_standard_error": _number(uncertainty)}
        return {
            "images": self.images,
            "faces": len(next(iter(self.errors.values()))),
            "shared_faces": int(self.shared.sum()),
            "score_threshold": self.score_threshold,
            "iou_threshold": IOU_THRESHOLD,
            "normalisation": "sqrt(area of the labelled box)",
            "files": files,
        }


def _to_measure(image: LabelledImage) -> np.ndarray:
    """bool [N]: the faces whose landmarks count."""
    return image.has_landmarks & ~image.ignore


def _mean(errors: np.ndarray) -> float:
    found = errors[~np.isnan(errors)]
    return float(found.mean()) if found.size else math.nan


def _figure(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.4f}"


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 6)
