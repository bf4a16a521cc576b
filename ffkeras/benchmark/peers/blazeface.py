"""BlazeFace (Bazarevsky et al. 2019), as MediaPipe runs it: boxes and six points in pixels from a cell's centre."""

import numpy as np

from ffkeras.benchmark.peers.peer import Decoded, Peer, RawOutputs, logit

GRIDS = {128: ((16, 2), (8, 6)), 192: ((48, 1),)}  # input side -> (cells of a side, anchors of a cell), in rows' order
EYE, OTHER_EYE, NOSE, MOUTH = range(4)  # then the two ears; the mouth is one point, its middle
FIVE = (EYE, OTHER_EYE, NOSE, MOUTH, MOUTH)


class BlazeFace(Peer):
    """Short range (128 px) and full range (192 px)."""

    name = "BlazeFace"
    mean = (127.5, 127.5, 127.5)
    divisor = 127.5
    rgb = True

    def __init__(self, image_size: tuple[int, int]):
        super().__init__(image_size)
        self._centres = np.concatenate([_centres(*grid) for grid in GRIDS.get(image_size[0], ())] or [np.empty((0, 2))])

    def output_shapes(self) -> list[tuple[int, int]]:
        """Logits and codes: a box and six points."""
        return [(len(self._centres), 1), (len(self._centres), 16)]

    def decode(self, outputs: RawOutputs, threshold: float) -> Decoded:
        """Score sigmoid(logit); centre and points (code / side + cell's centre); size code / side."""
        count = len(self._centres)
        (logits,), (codes,) = outputs[count, 1], outputs[count, 16]
        rows = logits.reaching(logit(threshold), 0)
        scores = 1 / (1 + np.exp(-logits.to_float(rows, 0)))
        values = codes.to_float(rows).reshape(-1, 8, 2) / np.float32(self.image_size[0])  # centre, size, six points
        origin = self._centres[rows].astype(np.float32)
        centres, halves = origin + values[:, 0], values[:, 1] / 2
        boxes = np.concatenate([centres - halves, centres + halves], axis=1)
        landmarks = origin[:, None] + values[:, 2:][:, FIVE]  # [K, 5, 2]
        return Decoded(scores, boxes, landmarks)


def _centres(cells: int, per_cell: int) -> np.ndarray:
    rows, columns = np.mgrid[:cells, :cells]
    return np.repeat((np.stack([columns, rows], axis=-1).reshape(-1, 2) + 0.5) / cells, per_cell, axis=0)
