"""From the three outputs of a network to faces in the source image, in numpy (SSD, Liu et al. 2016, sec. 2)."""

from collections.abc import Mapping

import numpy as np

from ffkeras.geometry import Letterbox, decode_boxes, decode_landmarks, nms
from ffkeras.runtime.detection import Face
from ffkeras.runtime.output import Output

FACE_COLUMN = -1  # of `classification`, which is (background, face) or (face) alone
TOP_K = 5000  # candidates that reach suppression, and
MAX_FACES = 750  # faces that leave it: RetinaFace's evaluation on WIDER FACE (Deng et al. 2020)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities over the last axis of `logits` [..., C], safe for large values; float32 stays float32."""
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def decode_faces(
    outputs: Mapping[str, np.ndarray | Output],
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
        outputs: what a network gives, float32 or as the interpreter left it. Raw: `classification` [A, 2 or 1]
            probabilities with that of a face last, `bbox_regression` [A, 4] and `landmarks` [A, 10] codes. Decoded:
            `score` [A, 1], `boxes` [A, 4] corners and `landmarks` [A, 10] points, normalised to the network input.
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
    outputs = {name: value if isinstance(value, Output) else Output(value) for name, value in outputs.items()}
    rows, scores = _candidates(outputs, score_threshold, top_k)
    if not rows.size:
        return []
    height, width = image_size
    with np.errstate(over="ignore", invalid="ignore"):  # a wild code overflows, and its box is left out below
        boxes = _boxes(outputs, anchors, rows)  # [K, 4]
        points = letterbox.to_source(boxes.reshape(-1, 2, 2) * np.array([width, height], np.float32))  # [K, 2, 2]
    source_height, source_width = letterbox.source_size
    clipped = np.clip(points, 0, np.array([source_width, source_height], np.float32))
    usable = np.isfinite(points).all(axis=(1, 2)) & (clipped[:, 0] < clipped[:, 1]).all(axis=1)
    boxes, clipped, rows, scores = boxes[usable], clipped[usable].reshape(-1, 4), rows[usable], scores[usable]

    kept = nms(boxes, scores, iou_threshold, limit=max_faces)
    landmarks = _landmarks(outputs, anchors, rows[kept])  # [N, 5, 2]
    landmarks = letterbox.to_source(landmarks * np.array([width, height], np.float32)).astype(np.float32)
    return [
        Face(box, float(score), five)
        for box, score, five in zip(clipped[kept].astype(np.float32), scores[kept], landmarks, strict=True)
    ]


def _candidates(outputs: Mapping[str, Output], score_threshold: float, top_k: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows [K] of the `top_k` best scores that reach the threshold, and these scores [K], best first (stable)."""
    classes = outputs["score"] if "score" in outputs else outputs["classification"]
    rows = classes.reaching(score_threshold, FACE_COLUMN)
    scores = classes.to_float(rows, FACE_COLUMN)
    best = np.argsort(-scores, kind="stable")[:top_k]
    return rows[best], scores[best]


def _boxes(outputs: Mapping[str, Output], anchors: np.ndarray, rows: np.ndarray) -> np.ndarray:
    if "boxes" in outputs:
        return outputs["boxes"].to_float(rows)
    return decode_boxes(outputs["bbox_regression"].to_float(rows), anchors[rows])


def _landmarks(outputs: Mapping[str, Output], anchors: np.ndarray, rows: np.ndarray) -> np.ndarray:
    values = outputs["landmarks"].to_float(rows)
    if "boxes" in outputs:  # the landmarks of such a file are decoded too
        return values.reshape(-1, 5, 2)
    return decode_landmarks(values, anchors[rows])
