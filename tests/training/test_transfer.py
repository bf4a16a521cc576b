import numpy as np
import pytest

from ffkeras.backend import tf
from ffkeras.geometry import (
    AnchorConfig,
    decode_boxes,
    decode_landmarks,
    encode_boxes,
    encode_landmarks,
    iou_matrix,
    make_anchors,
)
from ffkeras.models.config import THREE_PER_CELL, TWO_PER_CELL
from ffkeras.training.matching import POSITIVE_IOU
from ffkeras.training.transfer import make_transfer

SIZE = (64, 96)
BATCH = 2


def predict(anchors, spread, seed=0):
    """Outputs of a teacher whose boxes stray from its anchors by `spread` codes."""
    rng = np.random.default_rng(seed)
    count = len(make_anchors(anchors, SIZE))
    scales = {"classification": (2, 4.0), "bbox_regression": (4, spread), "landmarks": (10, spread)}
    return {
        name: tf.constant(rng.normal(scale=scale, size=(BATCH, count, width)), tf.float32)
        for name, (width, scale) in scales.items()
    }


def transferred(teacher, student, outputs):
    return {name: value.numpy() for name, value in make_transfer(teacher, student, SIZE)(outputs).items()}


def margins(outputs):
    return outputs["classification"].numpy()[..., 1] - outputs["classification"].numpy()[..., 0]


def reference(teacher, student, outputs, image):
    """The same cell by cell, through boxes in the image."""
    logits, codes, points = margins(outputs), outputs["bbox_regression"].numpy(), outputs["landmarks"].numpy()
    teachers, students = make_anchors(teacher, SIZE), make_anchors(student, SIZE)
    boxes, landmarks = decode_boxes(codes[image], teachers), decode_landmarks(points[image], teachers)
    corners = np.concatenate([students[:, :2] - students[:, 2:] / 2, students[:, :2] + students[:, 2:] / 2], axis=1)
    for index, anchor in enumerate(students):
        first = index // student.per_cell * teacher.per_cell
        cell = slice(first, first + teacher.per_cell)
        iou = iou_matrix(corners[index : index + 1], boxes[cell])[0]
        fits = iou >= POSITIVE_IOU
        best = first + int(np.where(fits, logits[image, cell], -np.inf).argmax())
        logit = logits[image, best] if fits.any() else -abs(logits[image, cell].max())
        yield logit, boxes[best], landmarks[best], anchor, fits.any()


@pytest.mark.parametrize("anchors", [TWO_PER_CELL, THREE_PER_CELL])
def test_with_the_same_anchors_predictions_stay_as_they_are(anchors):
    outputs = predict(anchors, spread=2.0)
    result = transferred(anchors, anchors, outputs)
    np.testing.assert_array_equal(result["logit"], margins(outputs))
    for name in ("bbox_regression", "landmarks"):
        np.testing.assert_array_equal(result[name], outputs[name])


@pytest.mark.parametrize(
    ("teacher", "student"),
    [
        (TWO_PER_CELL, THREE_PER_CELL),
        (THREE_PER_CELL, TWO_PER_CELL),
        (AnchorConfig(((20,), (80,), (300,))), TWO_PER_CELL),
    ],
)
def test_each_anchor_takes_the_most_face_like_box_of_its_cell_that_fits_it(teacher, student):
    outputs = predict(teacher, spread=2.0)
    result = transferred(teacher, student, outputs)
    for image in range(BATCH):
        expected = list(reference(teacher, student, outputs, image))
        logits, boxes, points, anchors, fits = (np.stack(column) for column in zip(*expected, strict=True))
        np.testing.assert_allclose(result["logit"][image], logits, rtol=1e-5)
        np.testing.assert_allclose(decode_boxes(result["bbox_regression"][image], anchors), boxes, atol=1e-4)
        np.testing.assert_allclose(decode_landmarks(result["landmarks"][image], anchors), points, atol=1e-4)
        np.testing.assert_allclose(result["bbox_regression"][image], encode_boxes(boxes, anchors), atol=1e-2)
        np.testing.assert_allclose(result["landmarks"][image], encode_landmarks(points, anchors), atol=1e-2)
        assert 0.1 < fits.mean() < 0.9


def test_an_anchor_that_no_box_fits_is_background_as_surely_as_its_cell_is_a_face():
    small, large = AnchorConfig(((16, 32),), (8,)), AnchorConfig(((16, 256),), (8,))
    outputs = predict(small, spread=0.1)
    logit = transferred(small, large, outputs)["logit"].reshape(BATCH, -1, 2)
    cell = margins(outputs).reshape(BATCH, -1, 2)
    np.testing.assert_allclose(logit[..., 0], cell[..., 0], rtol=1e-6)
    np.testing.assert_allclose(logit[..., 1], -np.abs(cell.max(axis=-1)), rtol=1e-6)


def test_an_anchor_that_the_teacher_takes_for_background_hides_no_face_beside_it():
    """Two boxes at one face, from an anchor that found it and one that did not and lies a little better."""
    teacher, student = AnchorConfig(((32, 48),), (8,)), AnchorConfig(((40,),), (8,))
    outputs = predict(teacher, spread=0.0)
    count = outputs["classification"].shape[1] // 2
    outputs["classification"] = tf.tile([[[0.0, 3.0], [0.0, -3.0]]], (BATCH, count, 1))
    shrunk = [0, 0, *[np.log(40 / 48) / 0.2] * 2]
    outputs["bbox_regression"] = tf.tile(tf.constant([[[0.0] * 4, shrunk]], tf.float32), (BATCH, count, 1))
    result = transferred(teacher, student, outputs)
    np.testing.assert_allclose(result["logit"], 3.0, rtol=1e-6)
    np.testing.assert_allclose(result["bbox_regression"][..., 2:], np.log(32 / 40) / 0.2, rtol=1e-5)


def test_one_class_logit_is_as_good_as_two():
    outputs = predict(TWO_PER_CELL, spread=1.0)
    one = {**outputs, "classification": tf.constant(margins(outputs)[..., None])}
    pair = (transferred(TWO_PER_CELL, THREE_PER_CELL, each) for each in (outputs, one))
    np.testing.assert_array_equal(*(result["logit"] for result in pair))
