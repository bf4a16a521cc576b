"""Are these the same faces? Exactly, to the rounding of floats, or across kernels that round in their own ways."""

from collections.abc import Sequence

import numpy as np

from ffkeras.geometry import iou_matrix
from ffkeras.runtime import Face

MATCHING_IOU = 0.5  # the same face
DECODING_PIXELS = 0.01  # of the image: what float arithmetic may move between implementations in Python
DECODING_SCORE = 1e-4
NEAR_THRESHOLD = 0.05  # a face this near comes and goes with the rounding of int8 kernels
KERNEL_SHIFT = 0.15  # of a face's size, the square root of its area: what other kernels may move a box by (most: 0.11)


def match_faces(reference: Sequence[Face], other: Sequence[Face]) -> dict[int, int]:
    """Index in `reference` -> index in `other`, where each is the other's best overlap and that is MATCHING_IOU."""
    if not reference or not other:
        return {}
    overlaps = iou_matrix(_boxes(reference), _boxes(other))  # [reference, other]
    best = overlaps.argmax(axis=1)
    mutual = overlaps.argmax(axis=0)[best] == np.arange(len(reference))
    reached = overlaps[np.arange(len(reference)), best] >= MATCHING_IOU
    return {int(i): int(best[i]) for i in np.flatnonzero(mutual & reached)}


def _boxes(faces: Sequence[Face]) -> np.ndarray:
    return np.array([face.box for face in faces], np.float32).reshape(-1, 4)


def differing_faces(
    expected: Sequence[Face], found: Sequence[Face], pixels: float = DECODING_PIXELS, score: float = DECODING_SCORE
) -> str | None:
    """What tells two lists of faces apart that come from the same raw outputs, in words; None where nothing does.

    Args:
        expected, found: of one image, best first; the order counts.
        pixels: of the image, by which a coordinate of a box or a landmark may differ.
        score: by which a score may differ.
    """
    if len(expected) != len(found):
        return f"{len(found)} faces instead of {len(expected)}"
    for number, (face, other) in enumerate(zip(expected, found, strict=True)):
        moved = max(np.abs(face.box - other.box).max(), np.abs(face.landmarks - other.landmarks).max())
        if not (moved <= pixels and abs(face.score - other.score) <= score):
            scores = f"score {other.score:.4f} instead of {face.score:.4f}"
            return f"face {number} moved by {moved:.3f} pixels, {scores}"
    return None


def differing_kernels(expected: Sequence[Face], found: Sequence[Face], threshold: float) -> str | None:
    """As `differing_faces`, where other kernels ran the network; the order of faces does not count.

    Args:
        expected, found: of one image.
        threshold: the score from which both report faces.
    """
    matches = match_faces(expected, found)
    lost = [face.score for number, face in enumerate(expected) if number not in matches]
    added = [face.score for number, face in enumerate(found) if number not in matches.values()]
    for what, scores in (("lost", lost), ("added", added)):
        if max(scores, default=0.0) >= threshold + NEAR_THRESHOLD:
            return f"a face of score {max(scores):.2f} is {what}"
    for number, other in matches.items():
        face = expected[number]
        size = float(np.sqrt(np.prod(face.box[2:] - face.box[:2])))
        moved = float(np.abs(face.box - found[other].box).max())
        if moved > KERNEL_SHIFT * size:
            return f"face {number} moved by {moved:.2f} pixels, {moved / size:.0%} of its size"
    return None
