"""Overlap of boxes, and greedy non-maximum suppression. Boxes are corners (x1, y1, x2, y2) in any one unit."""

import numpy as np


def iou_matrix(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Intersection over union of every box of `a` [N, 4] with every box of `b` [M, 4]: [N, M] in 0..1."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    intersection = np.clip(high - low, 0, None).prod(axis=2)
    area_a = np.clip(a[:, 2:] - a[:, :2], 0, None).prod(axis=1)
    area_b = np.clip(b[:, 2:] - b[:, :2], 0, None).prod(axis=1)
    union = area_a[:, None] + area_b[None] - intersection
    return intersection / np.maximum(union, np.finfo(np.float32).tiny)


def nms(boxes: np.ndarray, scores: np.ndarray, iou_threshold: float) -> np.ndarray:
    """Greedy non-maximum suppression.

    Args:
        boxes: [N, 4] corners.
        scores: [N]; equal scores keep their order.
        iou_threshold: a box that overlaps a better one by more than this is dropped.

    Returns:
        int64 [K]: indices of the boxes that stay, best first.
    """
    order = np.argsort(-scores, kind="stable")
    areas = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(axis=1)
    keep = []
    while order.size:
        best, rest = order[0], order[1:]
        keep.append(best)
        low = np.maximum(boxes[best, :2], boxes[rest, :2])
        high = np.minimum(boxes[best, 2:], boxes[rest, 2:])
        intersection = np.clip(high - low, 0, None).prod(axis=1)
        union = areas[best] + areas[rest] - intersection
        order = rest[intersection <= iou_threshold * union]
    return np.array(keep, np.int64)
