"""What differences between runtimes do to the faces that users see."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ffkeras.compare.faces import match_faces
from ffkeras.runtime import Face

SURE_MARGIN = 0.1  # a face this far above the threshold must not be lost: nearer ones come and go with rounding


@dataclass
class MovedFaces:
    """Faces of two runtimes over the same images, added up image by image.

    Args:
        threshold: score at which both report faces.
        faces: of the reference.
        lost, added: faces that only the reference, only the other reports.
        sure_lost, sure_added: of these, those whose score is SURE_MARGIN or more above the threshold.
        box_shifts, landmark_shifts: of each matched face the largest move of a box corner's coordinate and of a
            landmark, in pixels of the network input.
        relative_shifts: the larger of the two by the face's size, the square root of its area.
    """

    threshold: float
    faces: int = 0
    lost: int = 0
    added: int = 0
    sure_lost: int = 0
    sure_added: int = 0
    box_shifts: list[float] = field(default_factory=list)
    landmark_shifts: list[float] = field(default_factory=list)
    relative_shifts: list[float] = field(default_factory=list)

    def add(self, reference: Sequence[Face], other: Sequence[Face], scale: float) -> None:
        """Count one image.

        Args:
            reference, other: what the two found.
            scale: pixels of the network input per pixel of the image.
        """
        self.faces += len(reference)
        matches = match_faces(reference, other)
        lost = [face for i, face in enumerate(reference) if i not in matches]
        added = [face for j, face in enumerate(other) if j not in matches.values()]
        self.lost, self.added = self.lost + len(lost), self.added + len(added)
        self.sure_lost += sum(map(self._is_sure, lost))
        self.sure_added += sum(map(self._is_sure, added))
        for i, j in matches.items():
            self._compare(reference[i], other[j], scale)

    def _is_sure(self, face: Face) -> bool:
        return face.score >= self.threshold + SURE_MARGIN

    def _compare(self, face: Face, same: Face, scale: float) -> None:
        box = float(np.abs(face.box - same.box).max()) * scale
        landmark = float(np.linalg.norm(face.landmarks - same.landmarks, axis=1).max()) * scale
        size = float(np.sqrt(np.prod(face.box[2:] - face.box[:2]))) * scale
        self.box_shifts.append(box)
        self.landmark_shifts.append(landmark)
        self.relative_shifts.append(max(box, landmark) / size)


@dataclass(frozen=True)
class FaceSummary:
    """`MovedFaces` in numbers: faces, and moves in pixels of the network input (0 where no face was matched).

    Args:
        faces, lost, added, sure_lost, sure_added: as in `MovedFaces`.
        box_mean, box_largest: moves of a box, see `MovedFaces.box_shifts`.
        landmark_mean, landmark_largest: moves of a landmark.
        relative_mean: mean of the larger of the two by the size of the face.
    """

    faces: int
    lost: int
    added: int
    sure_lost: int
    sure_added: int
    box_mean: float
    box_largest: float
    landmark_mean: float
    landmark_largest: float
    relative_mean: float

    @classmethod
    def of(cls, moved: MovedFaces) -> "FaceSummary":
        """Sum up."""
        counts = moved.faces, moved.lost, moved.added, moved.sure_lost, moved.sure_added
        boxes, landmarks, relative = (
            np.array(shifts or [0.0]) for shifts in (moved.box_shifts, moved.landmark_shifts, moved.relative_shifts)
        )
        means = [boxes.mean(), boxes.max(), landmarks.mean(), landmarks.max(), relative.mean()]
        return cls(*counts, *(round(float(value), 4) for value in means))
