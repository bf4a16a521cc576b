"""Which anchors answer for which faces, and what these should predict."""

from collections.abc import Callable

from ffkeras.backend import tf
from ffkeras.geometry import AnchorConfig, make_anchors
from ffkeras.geometry.codes import CENTRE_VARIANCE, SIZE_VARIANCE
from ffkeras.training.loss_config import ATSS

POSITIVE_IOU = 0.35  # RetinaFace, sec. 4.2
ATSS_CELLS = 9  # of each level, those nearest to a face's centre (Zhang et al. 2020, sec. 4.1)
IGNORED_SHARE_OF_ANCHOR = 0.5  # an anchor that lies half inside an ignored region says nothing
IGNORED_SHARE_OF_BEST = 0.5  # nor does one that fits an ignored face half as well as the best anchor does
FORCED = 2.0  # above any IoU: a face's best anchor is its own whatever the overlap
SMALLEST_SIDE = 1e-6  # keeps the logarithm of an empty box finite
SMALLEST_IOU = 1e-3  # a chosen anchor is positive even where it hardly overlaps its face

FACE, BACKGROUND, IGNORED = 1, 0, -1


def make_matcher(
    config: AnchorConfig, image_size: tuple[int, int], kind: str = ATSS
) -> Callable[..., dict[str, tf.Tensor]]:
    """A TensorFlow function from one image's faces to the targets of all anchors.

    Each face takes its best anchor, and

    - `iou`: all anchors that overlap it with IoU >= 0.35 (SSD, Liu et al. 2016, sec. 2.2). A face of 128 pixels has
      five times as many as one of 16.
    - `atss`: of each level the anchors in the nine cells nearest to its centre; of these, those inside the face whose
      IoU is above the candidates' mean by their standard deviation (Zhang et al. 2020, algorithm 1). Faces of all
      sizes have about as many.

    An anchor that two faces take goes to the one that it overlaps more. Anchors at ignored faces that are not positive
    are left out of the loss.

    Args:
        config: the anchors.
        image_size: (height, width) of the network input in pixels.
        kind: `iou` or `atss`.

    Returns:
        A function of boxes float32 [N, 4] (corners) and landmarks [N, 5, 2], normalised, has_landmarks bool [N] and
        ignore bool [N], that gives `label` int32 [A] (1 face, 0 background, -1 ignored), `box` float32 [A, 4] and
        `landmarks` float32 [A, 10] as codes, and `has_landmarks` bool [A].
    """
    anchors = make_anchors(config, image_size)
    centres, sizes = (tf.constant(anchors[:, part], tf.float32) for part in (slice(2), slice(2, 4)))
    low, high = centres - sizes / 2, centres + sizes / 2
    anchor_area = sizes[:, 0] * sizes[:, 1]
    take = _make_atss(config, image_size, centres) if kind == ATSS else _take_by_iou

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
        claim = tf.where(ignore[:, None], 0.0, take(boxes, iou) + own * FORCED)
        face = tf.argmax(claim, axis=0)  # [A]
        positive = tf.reduce_max(claim, axis=0) > 0

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


def _take_by_iou(boxes, iou):
    """IoU [N, A] where it reaches the threshold, else 0."""
    return tf.where(iou >= POSITIVE_IOU, iou, 0.0)


def _make_atss(config: AnchorConfig, image_size: tuple[int, int], centres) -> Callable:
    """A function like `_take_by_iou` that takes the anchors of ATSS."""
    height, width = image_size
    counts = [(height // stride) * (width // stride) * config.per_cell for stride in config.strides]
    candidates = [min(ATSS_CELLS * config.per_cell, count) for count in counts]

    def take(boxes, iou):
        centre = (boxes[:, :2] + boxes[:, 2:]) / 2
        # In units of the input's width, so that the nearest cells are those in the picture.
        x, y = centre[:, :1] - centres[:, 0], (centre[:, 1:] - centres[:, 1]) * (height / width)
        near = []
        for distance, count in zip(tf.split(x * x + y * y, counts, axis=1), candidates, strict=True):
            farthest = -tf.math.top_k(-distance, count).values[:, -1:]
            near.append(distance <= farthest)
        near = tf.concat(near, axis=1)  # [N, A]; cells that are as far away as the ninth take part too
        weights = tf.cast(near, tf.float32)
        number = tf.reduce_sum(weights, axis=1, keepdims=True)
        mean = tf.reduce_sum(weights * iou, axis=1, keepdims=True) / number
        variance = tf.reduce_sum(weights * tf.square(iou - mean), axis=1, keepdims=True) / number
        inside = (centres[:, 0] > boxes[:, :1]) & (centres[:, 0] < boxes[:, 2:3])
        inside &= (centres[:, 1] > boxes[:, 1:2]) & (centres[:, 1] < boxes[:, 3:4])
        return tf.where(near & inside & (iou >= mean + tf.sqrt(variance)), iou + SMALLEST_IOU, 0.0)

    return take
