"""YuNet (Wu, Peng, Yu 2023): one prior at every cell, scores as the mean of class and objectness."""

import numpy as np

from ffkeras.benchmark.peers.peer import Decoded, Peer, RawOutputs

STRIDES = (8, 16, 32)


class YuNet(Peer):
    """Twelve outputs: class, objectness, box and five landmarks, each at three strides; pixels as they are."""

    name = "YuNet"

    def output_shapes(self) -> list[tuple[int, int]]:
        """Class and objectness have one shape: which is which does not matter, they are multiplied."""
        return sorted((self._cells(stride), columns) for stride in STRIDES for columns in (1, 1, 4, 10))

    def decode(self, outputs: RawOutputs, threshold: float) -> Decoded:
        """Score sqrt(class * objectness); centre (cell + code) * stride; size exp(code) * stride."""
        levels = [self._decode_level(outputs, stride, threshold) for stride in STRIDES]
        return Decoded(*(np.concatenate(parts) for parts in zip(*levels, strict=True)))

    def _cells(self, stride: int) -> int:
        height, width = self.image_size
        return (height // stride) * (width // stride)

    def _decode_level(self, outputs: RawOutputs, stride: int, threshold: float) -> tuple[np.ndarray, ...]:
        count = self._cells(stride)
        classes, objectness = outputs[count, 1]
        rows = classes.reaching(threshold**2, 0)  # the other factor is 1 at most
        scores = np.sqrt(np.clip(classes.to_float(rows, 0), 0, 1) * np.clip(objectness.to_float(rows, 0), 0, 1))
        rows, scores = rows[scores >= threshold], scores[scores >= threshold]
        height, width = self.image_size
        cells = np.stack([rows % (width // stride), rows // (width // stride)], axis=1).astype(np.float32)  # [K, 2]
        side = np.array([stride / width, stride / height], np.float32)
        codes = outputs[count, 4][0].to_float(rows)
        centres, halves = (cells + codes[:, :2]) * side, np.exp(codes[:, 2:]) * side / 2
        boxes = np.concatenate([centres - halves, centres + halves], axis=1)
        landmarks = (cells[:, None] + outputs[count, 10][0].to_float(rows).reshape(-1, 5, 2)) * side
        return scores, boxes, landmarks
