"""What a teacher predicts in a cell, told in the anchors that a student has there."""

import math
from collections.abc import Callable

import numpy as np

from ffkeras.backend import tf
from ffkeras.geometry import AnchorConfig
from ffkeras.geometry.codes import CENTRE_VARIANCE, SIZE_VARIANCE
from ffkeras.training.class_losses import face_logit
from ffkeras.training.matching import POSITIVE_IOU

BOX, LANDMARKS = 4, 10  # codes of an anchor


def make_transfer(
    teacher: AnchorConfig, student: AnchorConfig, image_size: tuple[int, int]
) -> Callable[[dict], dict[str, tf.Tensor]]:
    """A TensorFlow function from a teacher's outputs to what they say of each of the student's anchors.

    The same anchors need no telling. Otherwise the boxes and landmarks that the teacher predicts in a cell are decoded,
    and each of the student's anchors there takes, encoded for that anchor, the most face-like of the predictions whose
    boxes overlap it with IoU 0.35, as labels do. Where there is none the anchor is background, as surely as the cell's
    most face-like prediction is face or background.

    The box that overlaps most is not taken, because the box of an anchor that the teacher takes for background is one
    that it never learned. Often it lies at the face too, and hides the face of the anchor beside it.

    Args:
        teacher: anchors of the teacher.
        student: anchors of the student; of the same strides, so that both have the same cells.
        image_size: (height, width) of the network input in pixels, multiples of the largest stride.

    Returns:
        A function of outputs with class logits, as `FeatherFace.forward` gives them, that gives `logit` float32
        [B, A], how much more the anchor looks like a face than like background, and `bbox_regression` [B, A, 4] and
        `landmarks` [B, A, 10] as codes, for the A anchors of the student.
    """
    if teacher.sizes == student.sizes:
        return _as_it_is
    # Anchors of a cell share its centre: everything is in pixels from there. Small axes come first, because
    # TensorFlow is slow at broadcasting over last axes of two or three.
    teacher_sizes = tf.constant(_sizes_by_cell(teacher, image_size))  # [T, 1, N]
    student_sizes = tf.constant(_sizes_by_cell(student, image_size)[:, None])  # [S, 1, 1, N]

    def transfer(outputs):
        logits = _by_cell(face_logit(outputs["classification"])[..., None], teacher.per_cell)  # [T, 1, B, N]
        box = _by_cell(outputs["bbox_regression"], teacher.per_cell)  # [T, 4, B, N]
        points = _by_cell(outputs["landmarks"], teacher.per_cell)  # [T, 10, B, N]
        sizes = teacher_sizes[:, None]  # [T, 1, 1, N]
        centre = box[:, :2] * CENTRE_VARIANCE * sizes
        log_side = box[:, 2:] * SIZE_VARIANCE + tf.math.log(sizes)
        decoded = tf.concat([centre, log_side, points * CENTRE_VARIANCE * sizes], axis=1)  # [T, 14, B, N]
        fits = _overlaps(centre, tf.exp(log_side), student_sizes) >= POSITIVE_IOU  # [S, T, B, N]

        rank = tf.where(fits, logits[:, 0], -math.inf)
        best, highest = decoded[:1], rank[:, :1]
        for i in range(1, teacher.per_cell):
            best = tf.where(rank[:, i : i + 1] > highest, decoded[i], best)  # [S, 14, B, N]
            highest = tf.maximum(rank[:, i : i + 1], highest)  # [S, 1, B, N]
        centre, log_side, points = tf.split(best, (2, 2, LANDMARKS), axis=1)
        background = -tf.abs(tf.reduce_max(logits, axis=0))  # [1, B, N]
        codes = tf.concat(
            [
                tf.where(tf.reduce_any(fits, axis=1, keepdims=True), highest, background),
                centre / student_sizes / CENTRE_VARIANCE,
                (log_side - tf.math.log(student_sizes)) / SIZE_VARIANCE,
                points / student_sizes / CENTRE_VARIANCE,
            ],
            axis=1,
        )  # [S, 15, B, N]
        codes = tf.transpose(codes, (2, 3, 0, 1))  # [B, N, S, 15]
        codes = tf.reshape(codes, (tf.shape(codes)[0], -1, 1 + BOX + LANDMARKS))  # [B, A, 15]
        return {
            "logit": codes[..., 0],
            "bbox_regression": codes[..., 1 : 1 + BOX],
            "landmarks": codes[..., 1 + BOX :],
        }

    return transfer


def _as_it_is(outputs):
    own = {name: outputs[name] for name in ("bbox_regression", "landmarks")}
    return {"logit": face_logit(outputs["classification"]), **own}


def _sizes_by_cell(anchors: AnchorConfig, image_size: tuple[int, int]) -> np.ndarray:
    """float32 [per cell, 1, N], the sides in pixels of the anchors of all N cells."""
    height, width = image_size
    cells = [(height // stride) * (width // stride) for stride in anchors.strides]
    return np.repeat(np.array(anchors.sizes, np.float32), cells, axis=0).T[:, None]


def _by_cell(predictions, per_cell: int):
    """[B, N * per_cell, C] -> [per_cell, C, B, N]."""
    shape = (tf.shape(predictions)[0], -1, per_cell, predictions.shape[-1])
    return tf.transpose(tf.reshape(predictions, shape), (2, 3, 0, 1))


def _overlaps(centres, sides, anchor_sizes):
    """IoU [S, T, B, N] of boxes, both [T, 2, B, N], with square anchors [S, 1, 1, N]; pixels from the cell's centre."""
    low, high = centres - sides / 2, centres + sides / 2
    width, height = (
        tf.maximum(tf.minimum(high[:, i], anchor_sizes / 2) - tf.maximum(low[:, i], -anchor_sizes / 2), 0.0)
        for i in (0, 1)
    )
    intersection = width * height
    return intersection / (sides[:, 0] * sides[:, 1] + anchor_sizes**2 - intersection)
