"""From the three outputs of a network to faces in the source image, in numpy (SSD, Liu et al. 2016, sec. 2)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ffkeras.geometry import Letterbox, decode_boxes, decode_landmarks, nms
from ffkeras.runtime.detection import Face
from ffkeras.runtime.output import Output

FACE_COLUMN = -1  # of `classification`, which is (background, face) or (face) alone
TOP_K = 5000  # candidates that reach suppression, and
MAX_FACES = 750  # faces that leave it: RetinaFace's evaluation on WIDER FACE (Deng et al. 2020)


@dataclass(frozen=True)
class Candidates:
    """What may be a face, best first, before overlaps are suppressed.

    Args:
        boxes: float32 [K, 4], corners in the network's input, normalised.
        clipped: float [K, 4], corners in the source image, within it.
        scores: float32 [K].
        rows: int [K], of the outputs.
    """

    boxes: np.ndarray
    clipped: np.ndarray
    scores: np.ndarray
    rows: np.ndarray


class FaceDecoder:
    """From what one run of a network gave to faces, in two steps.

    Args:
        outputs: what a network gives, float32 or as the interpreter left it. Raw: `classification` [A, 2 or 1]
            probabilities with that of a face last, `bbox_regression` [A, 4] and `landmarks` [A, 10] codes. Decoded:
            `score` [A, 1], `boxes` [A, 4] corners and `landmarks` [A, 10] points, normalised to the network input.
        anchors: float32 [A, 4] (cx, cy, w, h), normalised to the network input.
        image_size: (height, width) of the network input in pixels.
        letterbox: how the source image was fitted into the input.
    """

    def __init__(
        self,
        outputs: Mapping[str, np.ndarray | Output],
        anchors: np.ndarray,
        image_size: tuple[int, int],
        letterbox: Letterbox,
    ):
        self._outputs = {name: value if isinstance(value, Output) else Output(value) for name, value in outputs.items()}
        self._anchors, self._letterbox = anchors, letterbox
        self._sides = np.array(image_size[::-1], np.float32)  # width, height

    def candidates(self, score_threshold: float, top_k: int = TOP_K) -> Candidates:
        """Threshold, take the best, and decode only those.

        Args:
            score_threshold: what is below this probability is left out, 0..1.
            top_k: candidates at most.

        Returns:
            Boxes clipped to the source image; one not finite or without area there is left out.
        """
        rows, scores = _candidates(self._outputs, score_threshold, top_k)
        with np.errstate(over="ignore", invalid="ignore"):  # a wild code overflows, and its box is left out below
            boxes = _boxes(self._outputs, self._anchors, rows)  # [K, 4]
            points = self._letterbox.to_source(boxes.reshape(-1, 2, 2) * self._sides)  # [K, 2, 2]
        height, width = self._letterbox.source_size
        clipped = np.clip(points, 0, np.array([width, height], np.float32))
        usable = np.isfinite(points).all(axis=(1, 2)) & (clipped[:, 0] < clipped[:, 1]).all(axis=1)
        return Candidates(boxes[usable], clipped[usable].reshape(-1, 4), scores[usable], rows[usable])

    def suppress(self, candidates: Candidates, iou_threshold: float, max_faces: int = MAX_FACES) -> list[Face]:
        """Leave out what overlaps a better one, and decode the landmarks of the rest.

        Args:
            candidates: of these outputs.
            iou_threshold: a face that overlaps a better one by more than this is left out, 0..1.
            max_faces: faces returned at most.

        Returns:
            Faces, best first.
        """
        if not candidates.rows.size:
            return []
        kept = nms(candidates.boxes, candidates.scores, iou_threshold, limit=max_faces)
        landmarks = _landmarks(self._outputs, self._anchors, candidates.rows[kept])  # [N, 5, 2]
        landmarks = self._letterbox.to_source(landmarks * self._sides).astype(np.float32)
        boxes, scores = candidates.clipped[kept].astype(np.float32), candidates.scores[kept]
        return [Face(box, float(score), five) for box, score, five in zip(boxes, scores, landmarks, strict=True)]


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
    """Faces in the source image, best first; see `FaceDecoder` for the arguments."""
    decoder = FaceDecoder(outputs, anchors, image_size, letterbox)
    return decoder.suppress(decoder.candidates(score_threshold, top_k), iou_threshold, max_faces)


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
