"""How well two runs of one network agree: in raw numbers, and in the faces that users see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ffkeras.compare.faces import match_faces
from ffkeras.geometry import iou_matrix
from ffkeras.runtime import Face

TOP_ANCHORS = 100  # best-scoring anchors of each image: those that decide what is detected
SMALLEST_SIZE = 10  # steps of an int8 output; where the numbers are smaller, errors are taken relative to this
DETECTED = 0.5  # score from which a face is reported; the detector's default
SURE = 0.6  # a face of this score in one run should be detected by the other: room for one tenth of score


def largest_relative_error(reference: np.ndarray, other: np.ndarray) -> float:
    """The largest difference anywhere, relative to the largest number of the reference.

    Args:
        reference, other: [..., k]; where one has more columns, such as the background's, the last ones are compared.
    """
    columns = min(reference.shape[-1], other.shape[-1])
    reference, other = reference[..., -columns:], other[..., -columns:]
    return float(np.abs(other - reference).max() / np.abs(reference).max())


def top_anchor_error(
    reference: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray], output: str, step: float
) -> tuple[float, float]:
    """Squares to sum over images: of the differences on the reference's best anchors, and of the reference there.

    Args:
        reference, other: the outputs of one image, `classification` [A, 2] or [A, 1] and so on, float32.
        output: which of them to compare; of `classification` the face probability alone counts.
        step: what one step of the int8 output is worth.

    Returns:
        (mean squared difference, mean square of the reference, at least that of SMALLEST_SIZE steps).
    """
    scores = reference["classification"][:, -1]
    best = np.argsort(-scores, kind="stable")[:TOP_ANCHORS]
    columns = slice(-1, None) if output == "classification" else slice(None)
    a, b = (outputs[output][best, columns].astype(np.float64) for outputs in (reference, other))
    return float(((b - a) ** 2).mean()), max(float((a**2).mean()), (SMALLEST_SIZE * step) ** 2)


@dataclass
class FaceAgreement:
    """Faces of two runs over the same images, added up image by image.

    Args:
        sure: faces of the reference with a score of SURE or more.
        missed: of these, those that the other run does not report.
        other_sure: faces of the other run with a score of SURE or more.
        extra: of these, those that the reference does not report.
        ious, landmark_distances, score_differences: of the faces found by both; distances relative to the face's size,
            the square root of its area.
    """

    sure: int = 0
    missed: int = 0
    other_sure: int = 0
    extra: int = 0
    ious: list[float] = field(default_factory=list)
    landmark_distances: list[float] = field(default_factory=list)
    score_differences: list[float] = field(default_factory=list)

    def add(self, reference: Sequence[Face], other: Sequence[Face]) -> None:
        """Count one image's faces, both down to a score of DETECTED."""
        matches = match_faces(reference, other)
        for i, face in enumerate(reference):
            if face.score < SURE:
                continue
            self.sure += 1
            if i in matches:
                self._compare(face, other[matches[i]])
            else:
                self.missed += 1
        found = set(matches.values())
        for j, face in enumerate(other):
            if face.score >= SURE:
                self.other_sure += 1
                self.extra += j not in found

    def _compare(self, face: Face, same: Face) -> None:
        size = float(np.sqrt(np.prod(face.box[2:] - face.box[:2])))
        distances = np.linalg.norm(face.landmarks - same.landmarks, axis=1)
        self.ious.append(float(iou_matrix(face.box[None], same.box[None])[0, 0]))
        self.landmark_distances.append(float(distances.mean()) / size)
        self.score_differences.append(abs(face.score - same.score))
