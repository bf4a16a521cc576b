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


def nms(boxes: np.ndarray, scores: np.ndarray, iou_threshold: float, limit: int | None = None) -> np.ndarray:
    """Greedy non-maximum suppression.

    Args:
        boxes: [N, 4] corners, finite.
        scores: [N]; equal scores keep their order.
        iou_threshold: a box that overlaps a better one by more than this is dropped.
        limit: stop after this many boxes, at least one; None for all.

    Returns:
        int64 [K]: indices of the boxes that stay, best first.
    """
    order = np.argsort(-scores, kind="stable")
    x1, y1, x2, y2 = np.ascontiguousarray(boxes[order].T)  # whole columns: several times faster than rows of four
    areas = np.maximum(x2 - x1, 0) * np.maximum(y2 - y1, 0)
    alive = np.ones(len(order), bool)
    keep = []
    for best in range(len(order)):
        if not alive[best]:
            continue
        keep.append(best)
        if len(keep) == limit:
            break
        rest = slice(best + 1, None)
        widths = np.minimum(x2[best], x2[rest]) - np.maximum(x1[best], x1[rest])
        heights = np.minimum(y2[best], y2[rest]) - np.maximum(y1[best], y1[rest])
        intersection = np.maximum(widths, 0) * np.maximum(heights, 0)
        alive[rest] &= intersection <= iou_threshold * (areas[best] + areas[rest] - intersection)
    return order[keep]
