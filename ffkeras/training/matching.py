"""Which anchors answer for which faces (SSD, Liu et al. 2016, sec. 2.2; thresholds of RetinaFace)."""

from collections.abc import Callable

import numpy as np

from ffkeras.backend import tf
from ffkeras.geometry.codes import CENTRE_VARIANCE, SIZE_VARIANCE

POSITIVE_IOU = 0.35  # RetinaFace, sec. 4.2
IGNORED_SHARE_OF_ANCHOR = 0.5  # an anchor that lies half inside an ignored region says nothing
IGNORED_SHARE_OF_BEST = 0.5  # nor does one that fits an ignored face half as well as the best anchor does
FORCED = 2.0  # above any IoU: a face's best anchor is its own whatever the overlap
SMALLEST_SIDE = 1e-6  # keeps the logarithm of an empty box finite

FACE, BACKGROUND, IGNORED = 1, 0, -1


def make_matcher(anchors: np.ndarray) -> Callable[..., dict[str, tf.Tensor]]:
    """A TensorFlow function from one image's faces to the targets of all anchors.

    An anchor is positive for the face it overlaps most if IoU >= 0.35; each face also takes its best anchor. Anchors
    at ignored faces that are not positive are left out of the loss.

    Args:
        anchors: [A, 4] (cx, cy, w, h), normalised.

    Returns:
        A function of boxes float32 [N, 4] (corners) and landmarks [N, 5, 2], normalised, has_landmarks bool [N] and
        ignore bool [N], that gives `label` int32 [A] (1 face, 0 background, -1 ignored), `box` float32 [A, 4] and
        `landmarks` float32 [A, 10] as codes, and `has_landmarks` bool [A].
    """
    centres, sizes = (tf.constant(anchors[:, part], tf.float32) for part in (slice(2), slice(2, 4)))
    low, high = centres - sizes / 2, centres + sizes / 2
    anchor_area = sizes[:, 0] * sizes[:, 1]

    def match(boxes, landmarks, has_landmarks, ignore):
        # One empty, ignored face more, so that an image without faces needs no branch.
        boxes = tf.pad(boxes, [(0, 1), (0, 0)])
        landmarks = tf.pad(landmarks, [(0, 1), (0, 0), (0, 0)])
        has_landmarks = tf.pad(has_landmarks, [(0, 1)])
        ignore = ~tf.pad(~ignore, [(0, 1)])  # `tf.vectorized_map` pads with False whatever it is told

        # Side by side: TensorFlow is slow at broadcasting over a last axis of two.
        width, height = (
            tf.maximum(tf.minimum(boxes[:, None, 2 + i], high[:, i]) - tf.maximum(boxes[:, None, i], low[:, i]), 0.0)
            for i in (0, 1)
        )
        intersection = width * height  # [N, A]
        area = tf.reduce_prod(boxes[:, 2:] - boxes[:, :2], axis=1)[:, None]
        iou = intersection / (area + anchor_area - intersection)
        best = tf.reduce_max(iou, axis=1, keepdims=True)  # [N, 1]

        own = tf.one_hot(tf.argmax(iou, axis=1), anchors.shape[0])  # [N, A]
        claim = tf.where(ignore[:, None], 0.0, iou + own * FORCED)
        face = tf.argmax(claim, axis=0)  # [A]
        positive = tf.reduce_max(claim, axis=0) >= POSITIVE_IOU

        near = (iou >= tf.minimum(POSITIVE_IOU, IGNORED_SHARE_OF_BEST * best)) & (best > 0)
        inside = intersection >= IGNORED_SHARE_OF_ANCHOR * anchor_area
        ignored = tf.reduce_any(ignore[:, None] & (near | inside), axis=0)
        label = tf.where(positive, FACE, tf.where(ignored, IGNORED, BACKGROUND))

        box, points = tf.gather(boxes, face), tf.gather(landmarks, face)  # [A, 4], [A, 5, 2]
        offset = ((box[:, :2] + box[:, 2:]) / 2 - centres) / sizes / CENTRE_VARIANCE
        ratio = tf.math.log(tf.maximum(box[:, 2:] - box[:, :2], SMALLEST_SIDE) / sizes) / SIZE_VARIANCE
        landmark_offset = (points - centres[:, None]) / sizes[:, None] / CENTRE_VARIANCE
        return {
            "label": label,
            "box": tf.concat([offset, ratio], axis=1),
            "landmarks": tf.reshape(landmark_offset, (-1, 10)),
            "has_landmarks": positive & tf.gather(has_landmarks, face),
        }

    return match
