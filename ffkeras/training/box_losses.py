"""Losses of boxes, anchor by anchor."""

import math

from ffkeras.backend import tf
from ffkeras.geometry.codes import CENTRE_VARIANCE, SIZE_VARIANCE
from ffkeras.training.loss_config import CIOU, EIOU, SMOOTH_L1

LARGEST_SIZE_CODE = 20.0  # e^4 times the anchor: keeps the exponential of a wild code finite
SMALLEST = 1e-6  # of a denominator


def smooth_l1(difference):
    """Huber loss with its knee at 1, element by element."""
    size = tf.abs(difference)
    return tf.where(size < 1.0, 0.5 * size * size, size - 0.5)


class BoxPair:
    """Predicted and labelled boxes of the same anchors, in units of these anchors, from their codes.

    Codes suffice, because IoU and all that is compared here are the same in any unit.

    Args:
        predicted, labelled: float32 [B, A, 4] codes.

    Attributes:
        iou: float32 [B, A], 0..1.
    """

    def __init__(self, predicted, labelled):
        self.predicted, self.labelled = _corners(predicted), _corners(labelled)
        (x1, y1, x2, y2), (u1, v1, u2, v2) = self.predicted, self.labelled
        width = tf.maximum(tf.minimum(x2, u2) - tf.maximum(x1, u1), 0.0)
        height = tf.maximum(tf.minimum(y2, v2) - tf.maximum(y1, v1), 0.0)
        intersection = width * height
        union = (x2 - x1) * (y2 - y1) + (u2 - u1) * (v2 - v1) - intersection
        self.iou = intersection / tf.maximum(union, SMALLEST)

    def loss(self, kind: str):
        """1 - IoU and the penalties of `diou`, `ciou` or `eiou`: float32 [B, A], zero for a perfect box."""
        (x1, y1, x2, y2), (u1, v1, u2, v2) = self.predicted, self.labelled
        outer_width = tf.square(tf.maximum(x2, u2) - tf.minimum(x1, u1))
        outer_height = tf.square(tf.maximum(y2, v2) - tf.minimum(y1, v1))
        apart = (tf.square(x1 + x2 - u1 - u2) + tf.square(y1 + y2 - v1 - v2)) / 4
        result = 1.0 - self.iou + apart / tf.maximum(outer_width + outer_height, SMALLEST)
        width, height, true_width, true_height = x2 - x1, y2 - y1, u2 - u1, v2 - v1
        if kind == CIOU:
            proportions = tf.square(tf.atan2(true_width, true_height) - tf.atan2(width, height)) * 4 / math.pi**2
            share = tf.stop_gradient(proportions / tf.maximum(1.0 - self.iou + proportions, SMALLEST))
            result += share * proportions
        elif kind == EIOU:
            result += tf.square(width - true_width) / tf.maximum(outer_width, SMALLEST)
            result += tf.square(height - true_height) / tf.maximum(outer_height, SMALLEST)
        return result


def _corners(codes):
    """Codes [B, A, 4] -> x1, y1, x2, y2 [B, A] from the anchor's centre, in units of its side."""
    # Side by side: TensorFlow is slow at a last axis of four.
    x, y, log_width, log_height = tf.unstack(codes, axis=-1)
    limit = LARGEST_SIZE_CODE
    half_width, half_height = (
        tf.exp(tf.clip_by_value(code, -limit, limit) * SIZE_VARIANCE) / 2 for code in (log_width, log_height)
    )
    x, y = x * CENTRE_VARIANCE, y * CENTRE_VARIANCE
    return x - half_width, y - half_height, x + half_width, y + half_height


def box_errors(predicted, labelled, kind: str, pair: BoxPair | None = None):
    """The loss of each anchor's box.

    Args:
        predicted, labelled: float32 [B, A, 4] codes.
        kind: see `LossConfig.box_loss`.
        pair: of these boxes, where there is one already.

    Returns:
        float32 [B, A].
    """
    if kind == SMOOTH_L1:
        return tf.reduce_sum(smooth_l1(predicted - labelled), axis=2)
    return (pair or BoxPair(predicted, labelled)).loss(kind)
