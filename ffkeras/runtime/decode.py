"""From the three raw outputs of a network to faces in the source image, in numpy (SSD, Liu et al. 2016, sec. 2)."""

from collections.abc import Mapping

import numpy as np

from ffkeras.geometry import Letterbox, decode_boxes, decode_landmarks, nms
from ffkeras.runtime.detection import Face

FACE_CLASS = 1  # the classes are (background, face)
TOP_K = 5000  # candidates that reach suppression, and
MAX_FACES = 750  # faces that leave it: RetinaFace's evaluation on WIDER FACE (Deng et al. 2020)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities over the last axis of `logits` [..., C], safe for large values; float32 stays float32."""
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def select_candidates(scores: np.ndarray, score_threshold: float, top_k: int) -> np.ndarray:
    """Indices of the `top_k` best of `scores` [A] that reach the threshold, best first (stable)."""
    passing = np.flatnonzero(scores >= score_threshold)
    order = np.argsort(-scores[passing], kind="stable")
    return passing[order[:top_k]]


def decode_faces(
    outputs: Mapping[str, np.ndarray],
    anchors: np.ndarray,
    image_size: tuple[int, int],
    letterbox: Letterbox,
    *,
    score_threshold: float,
    iou_threshold: float,
    top_k: int = TOP_K,
    max_faces: int = MAX_FACES,
) -> list[Face]:
    """Threshold, take the best, decode only those, suppress overlaps, and go back to the source image.

    Args:
        outputs: `classification` [A, 2] probabilities, `bbox_regression` [A, 4] and `landmarks` [A, 10] codes, float32.
        anchors: float32 [A, 4] (cx, cy, w, h), normalised to the network input.
        image_size: (height, width) of the network input in pixels.
        letterbox: how the source image was fitted into the input.
        score_threshold: faces below this probability are left out, 0..1.
        iou_threshold: a face that overlaps a better one by more than this is left out, 0..1.
        top_k: candidates that take part in suppression.
        max_faces: faces returned at most.

    Returns:
        Faces, best first. Boxes are clipped to the source image; one not finite or without area there is left out.
    """
    scores = outputs["classification"][:, FACE_CLASS]
    rows = select_candidates(scores, score_threshold, top_k)
    if not rows.size:
        return []
    with np.errstate(over="ignore"):  # a wild size code overflows to infinity, and is dropped below
        boxes = decode_boxes(outputs["bbox_regression"][rows], anchors[rows])  # [K, 4]
    height, width = image_size
    points = letterbox.to_source(boxes.reshape(-1, 2, 2) * np.array([width, height], np.float32))  # [K, 2, 2]
    source_height, source_width = letterbox.source_size
    clipped = np.clip(points, 0, np.array([source_width, source_height], np.float32))
    usable = np.isfinite(points).all(axis=(1, 2)) & (clipped[:, 0] < clipped[:, 1]).all(axis=1)
    boxes, clipped, rows = boxes[usable], clipped[usable].reshape(-1, 4), rows[usable]

    kept = nms(boxes, scores[rows], iou_threshold, limit=max_faces)
    rows = rows[kept]
    codes = decode_landmarks(outputs["landmarks"][rows], anchors[rows])  # [N, 5, 2]
    landmarks = letterbox.to_source(codes * np.array([width, height], np.float32)).astype(np.float32)
    return [
        Face(box, float(score), five)
        for box, score, five in zip(clipped[kept].astype(np.float32), scores[rows], landmarks, strict=True)
    ]
