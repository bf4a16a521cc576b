"""Average precision of the faces of one range of heights, band by band."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ffkeras.evaluation.average_precision import GroundTruth, average_precision
from ffkeras.evaluation.overlap import match_to_faces
from ffkeras.evaluation.recall_by_height import HEIGHT_EDGES, HeightBand


@dataclass(frozen=True)
class HeightPrecision:
    """The average precision of the faces of one range of heights.

    Args:
        label: the range in words, such as "16-32 px".
        faces: how many there are.
        ap: 0..1; nan where there is no face.
    """

    label: str
    faces: int
    ap: float


def band_labels(edges: Sequence[float] = HEIGHT_EDGES) -> list[str]:
    """The names of the bands between `edges`, as `HeightBand` has them."""
    return [HeightBand(low, high, 0, 0).label for low, high in zip(edges[:-1], edges[1:], strict=True)]


def ap_by_height(
    detections: Mapping[str, np.ndarray],
    ground_truths: Mapping[str, GroundTruth],
    scales: Mapping[str, float],
    edges: Sequence[float] = HEIGHT_EDGES,
) -> list[HeightPrecision]:
    """Average precision for each band of face heights, in pixels of the network input.

    Faces of other heights are neither to be found nor wrong to find. A detection that belongs to no face counts as
    wrong in the band of its own height alone, as in COCO's evaluation by area (Lin et al. 2014, cocoeval.py).

    Args:
        detections: image name -> [K, 5] (x, y, w, h, score) in pixels of the source image.
        ground_truths: image name -> (boxes, keep); faces not kept count in no band.
        scales: image name -> pixels of the network input per source pixel.
        edges: the bands' borders, rising, in pixels of the network input; a band includes its lower edge.
    """
    results = []
    for label, low, high in zip(band_labels(edges), edges[:-1], edges[1:], strict=True):
        found, truths = {}, {}
        for name, (boxes, keep) in ground_truths.items():
            rows, scale = detections.get(name, np.zeros((0, 5))), scales[name]
            of_a_face = np.zeros(len(rows), bool)
            if len(boxes):
                of_a_face = match_to_faces(rows[:, :4], boxes) >= 0
            found[name] = rows[of_a_face | _inside(rows[:, 3] * scale, low, high)]
            truths[name] = GroundTruth(boxes, np.asarray(keep, bool) & _inside(boxes[:, 3] * scale, low, high))
        faces = sum(int(truth.keep.sum()) for truth in truths.values())
        results.append(HeightPrecision(label, faces, average_precision(found, truths)))
    return results


def _inside(heights: np.ndarray, low: float, high: float) -> np.ndarray:
    return (heights >= low) & (heights < high)
