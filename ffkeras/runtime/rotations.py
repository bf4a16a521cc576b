"""Faces that lie on their side or stand on their heads: the picture is looked at in all four quarter turns."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ffkeras.geometry import nms
from ffkeras.runtime.detection import Face

QUARTERS = (1, 2, 3)  # turns to the left, besides the picture as it is


def turned(picture: np.ndarray, quarters: int) -> np.ndarray:
    """A picture [H, W, 3] turned to the left by so many quarters."""
    return np.ascontiguousarray(np.rot90(picture, quarters))


def turned_back(face: Face, quarters: int, size: tuple[int, int]) -> Face:
    """A face of a turned picture where it is in the picture as it is.

    Its landmarks stay in the face's own order: the first eye is the left one as seen where the face is upright.

    Args:
        face: in pixels of the turned picture.
        quarters: turns to the left that the picture was given.
        size: (height, width) of the picture as it is.
    """
    points = np.concatenate([face.box.reshape(2, 2), face.landmarks])
    height, width = size
    for quarter in range(quarters, 0, -1):
        side = width if quarter % 2 else height  # of the picture before this turn
        points = np.stack([side - points[:, 1], points[:, 0]], axis=1)
    corners = points[:2]
    box = np.concatenate([corners.min(axis=0), corners.max(axis=0)]).astype(np.float32)
    return replace(face, box=box, landmarks=points[2:].astype(np.float32))


def merge_turned(faces: Sequence[Face], iou_threshold: float) -> list[Face]:
    """Of faces that overlap by more than this the best one, best first."""
    if not faces:
        return []
    boxes, scores = np.stack([face.box for face in faces]), np.array([face.score for face in faces])
    return [faces[at] for at in nms(boxes, scores, iou_threshold)]
