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
        best = first + int(iou.argmax())
        logit = logits[image, best] if iou.max() >= POSITIVE_IOU else -abs(logits[image, cell].max())
        yield logit, boxes[best], landmarks[best], anchor, iou.max() >= POSITIVE_IOU


@pytest.mark.parametrize("anchors", [TWO_PER_CELL, THREE_PER_CELL])
def test_with_the_same_anchors_fitting_predictions_stay_as_they_are(anchors):
    outputs = predict(anchors, spread=0.3)
    result = transferred(anchors, anchors, outputs)
    np.testing.assert_allclose(result["logit"], margins(outputs), rtol=1e-6)
    for name in ("bbox_regression", "landmarks"):
        np.testing.assert_allclose(result[name], outputs[name], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("teacher", "student"),
    [
        (TWO_PER_CELL, THREE_PER_CELL),
        (THREE_PER_CELL, TWO_PER_CELL),
        (AnchorConfig(((20,), (80,), (300,))), TWO_PER_CELL),
    ],
)
def test_each_anchor_takes_the_box_of_its_cell_that_overlaps_it_most(teacher, student):
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


def test_one_class_logit_is_as_good_as_two():
    outputs = predict(TWO_PER_CELL, spread=1.0)
    one = {**outputs, "classification": tf.constant(margins(outputs)[..., None])}
    pair = (transferred(TWO_PER_CELL, THREE_PER_CELL, each) for each in (outputs, one))
    np.testing.assert_array_equal(*(result["logit"] for result in pair))
