"""Which faces a detector finds at its working threshold, by how tall they are for the network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ffkeras.evaluation.average_precision import GroundTruth
from ffkeras.evaluation.overlap import match_to_faces

HEIGHT_EDGES = (0.0, 16.0, 32.0, 96.0, float("inf"))  # pixels of the network input; a band includes its lower edge
WORKING_THRESHOLD = 0.5  # the score at which `FaceDetector` reports a face by default


@dataclass(frozen=True)
class HeightBand:
    """The faces of one range of heights.

    Args:
        low, high: heights in pixels of the network input, low <= height < high.
        faces: how many there are.
        found: how many of them a detection overlaps by 0.5 or more.
    """

    low: float
    high: float
    faces: int
    found: int

    @property
    def label(self) -> str:
        """The range in words, such as "16-32 px"."""
        if self.low == 0:
            return f"< {self.high:g} px"
        return f"> {self.low:g} px" if self.high == float("inf") else f"{self.low:g}-{self.high:g} px"

    @property
    def recall(self) -> float:
        """Share of the faces that are found, 0..1; nan where there is no face."""
        return self.found / self.faces if self.faces else float("nan")


def recall_by_height(
    detections: Mapping[str, np.ndarray],
    ground_truths: Mapping[str, GroundTruth],
    scales: Mapping[str, float],
    score_threshold: float = WORKING_THRESHOLD,
    edges: Sequence[float] = HEIGHT_EDGES,
) -> list[HeightBand]:
    """Recall at one score threshold, for each band of face heights.

    Heights are taken in pixels of the network input, after the resize of the longest side: that is what the network
    sees, and what anchors are made for. A face is found where it is the best overlap, 0.5 or more, of a detection.

    Args:
        detections: image name -> [K, 5] (x, y, w, h, score) in pixels of the source image.
        ground_truths: image name -> (boxes, keep); faces not kept are not counted.
        scales: image name -> pixels of the network input per source pixel.
        score_threshold: detections below this score are left out, 0..1.
        edges: the bands' borders, rising, in pixels of the network input.
    """
    faces, found = np.zeros(len(edges) - 1, np.int64), np.zeros(len(edges) - 1, np.int64)
    for name, (boxes, keep) in ground_truths.items():
        kept = np.asarray(keep, bool)
        if not kept.any():
            continue
        hit = np.zeros(len(boxes), bool)
        rows = detections.get(name, np.zeros((0, 5)))
        matched = match_to_faces(rows[rows[:, 4] >= score_threshold, :4], boxes)
        hit[matched[matched >= 0]] = True
        heights = boxes[:, 3] * scales[name]
        faces += np.histogram(heights[kept], edges)[0]
        found += np.histogram(heights[kept & hit], edges)[0]
    return [HeightBand(*band) for band in zip(edges[:-1], edges[1:], faces.tolist(), found.tolist(), strict=True)]
