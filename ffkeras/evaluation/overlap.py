"""Which face a detection belongs to, as the official WIDER FACE evaluation decides it."""

import numpy as np

IOU_THRESHOLD = 0.5  # WIDER FACE (Yang et al. 2016), after PASCAL VOC


def pixel_iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Intersection over union where a box includes its last pixel, as in PASCAL VOC: width = x2 - x1 + 1.

    `ffkeras.geometry.iou_matrix` measures the same without the pixel; the official figures need it.

    Args:
        a: [K, 4] boxes (x, y, w, h) in pixels.
        b: [N, 4] boxes of the same form.

    Returns:
        float64 [K, N] in 0..1.
    """
    a_low, b_low = a[:, None, :2], b[None, :, :2]
    a_high, b_high = a_low + a[:, None, 2:4], b_low + b[None, :, 2:4]
    sides = np.minimum(a_high, b_high) - np.maximum(a_low, b_low) + 1.0  # [K, N, 2]
    intersection = np.clip(sides, 0, None).prod(axis=2)
    areas_a = (a_high - a_low + 1.0).prod(axis=2)  # [K, 1]
    areas_b = (b_high - b_low + 1.0).prod(axis=2)  # [1, N]
    return intersection / (areas_a + areas_b - intersection)


def match_to_faces(detected: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """For each detection the face that it overlaps most, where that overlap reaches 0.5.

    Several detections may have the same face: the caller decides what the second one is worth.

    Args:
        detected: [K, 4] boxes (x, y, w, h) in pixels.
        faces: [N, 4] boxes of the same form, N > 0.

    Returns:
        int64 [K]: index of the face, -1 where there is none.
    """
    overlaps = pixel_iou(detected, faces)
    best = overlaps.argmax(axis=1)
    reached = overlaps[np.arange(len(best)), best] >= IOU_THRESHOLD
    return np.where(reached, best, -1)
