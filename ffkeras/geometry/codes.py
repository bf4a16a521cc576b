"""Box and landmark codes relative to anchors (SSD, Liu et al. 2016, eq. 2; RetinaFace for landmarks).

Boxes are corners and landmarks are points, both normalised to the network input; anchors are (cx, cy, w, h).
"""

import numpy as np

CENTRE_VARIANCE = 0.1
SIZE_VARIANCE = 0.2


def encode_boxes(boxes: np.ndarray, anchors: np.ndarray) -> np.ndarray:
    """Corner boxes [N, 4] as codes [N, 4]: centre offset / anchor size / 0.1, log size ratio / 0.2.

    A box of no width or height has no code (its logarithm is minus infinity): callers leave such boxes out.
    """
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    sizes = boxes[:, 2:] - boxes[:, :2]
    offsets = (centres - anchors[:, :2]) / anchors[:, 2:] / CENTRE_VARIANCE
    return np.concatenate([offsets, np.log(sizes / anchors[:, 2:]) / SIZE_VARIANCE], axis=1)


def decode_boxes(codes: np.ndarray, anchors: np.ndarray) -> np.ndarray:
    """Codes [N, 4] back to corner boxes [N, 4]: the inverse of `encode_boxes`."""
    centres = anchors[:, :2] + codes[:, :2] * CENTRE_VARIANCE * anchors[:, 2:]
    halves = anchors[:, 2:] * np.exp(codes[:, 2:] * SIZE_VARIANCE) / 2
    return np.concatenate([centres - halves, centres + halves], axis=1)


def encode_landmarks(points: np.ndarray, anchors: np.ndarray) -> np.ndarray:
    """Points [N, 5, 2] as codes [N, 10]: offset from the anchor centre / anchor size / 0.1."""
    offsets = (points - anchors[:, None, :2]) / anchors[:, None, 2:] / CENTRE_VARIANCE
    return offsets.reshape(len(points), 2 * points.shape[1])  # an empty array has no -1


def decode_landmarks(codes: np.ndarray, anchors: np.ndarray) -> np.ndarray:
    """Codes [N, 10] back to points [N, 5, 2]: the inverse of `encode_landmarks`."""
    offsets = codes.reshape(len(codes), codes.shape[1] // 2, 2)  # an empty array has no -1
    return anchors[:, None, :2] + offsets * CENTRE_VARIANCE * anchors[:, None, 2:]
