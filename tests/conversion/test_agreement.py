import numpy as np
import pytest

from ffkeras.conversion.agreement import SMALLEST_SIZE, FaceAgreement, largest_relative_error, top_anchor_error
from ffkeras.runtime import Face


def face(x, score, size=100.0, shift=0.0):
    landmarks = np.full((5, 2), x + size / 2 + shift, np.float32)
    return Face(np.array([x, 0, x + size, size], np.float32), score, landmarks)


def test_the_same_faces_agree_entirely():
    agreement = FaceAgreement()
    faces = [face(0, 0.9), face(300, 0.7)]
    agreement.add(faces, faces)
    assert (agreement.sure, agreement.missed, agreement.extra) == (2, 0, 0)
    assert agreement.ious == pytest.approx([1, 1])
    assert agreement.landmark_distances == agreement.score_differences == [0, 0]


def test_a_sure_face_that_the_other_does_not_report_is_missed():
    agreement = FaceAgreement()
    agreement.add([face(0, 0.9), face(300, 0.7)], [face(300, 0.5)])
    agreement.add([face(0, 0.9)], [])
    assert (agreement.sure, agreement.missed, agreement.extra) == (3, 2, 0)
    assert agreement.score_differences == pytest.approx([0.2])


def test_an_unsure_face_may_be_absent_on_either_side():
    agreement = FaceAgreement()
    agreement.add([face(0, 0.55)], [face(300, 0.55)])
    assert (agreement.sure, agreement.missed, agreement.other_sure, agreement.extra) == (0, 0, 0, 0)


def test_a_sure_face_that_the_reference_does_not_report_is_extra():
    agreement = FaceAgreement()
    agreement.add([], [face(0, 0.8)])
    agreement.add([face(300, 0.5)], [face(0, 0.8), face(300, 0.8)])
    assert (agreement.other_sure, agreement.extra) == (3, 2)


def test_landmark_distances_are_relative_to_the_face():
    agreement = FaceAgreement()
    agreement.add([face(0, 0.9, size=50)], [face(0, 0.9, size=50, shift=3)])
    assert agreement.landmark_distances == pytest.approx([3 * np.sqrt(2) / 50])


def outputs(scores, boxes):
    scores = np.array(scores, np.float32)
    return {
        "classification": np.stack([1 - scores, scores], axis=1),
        "bbox_regression": np.array(boxes, np.float32)[:, None] * np.ones(4, np.float32),
    }


def test_only_the_best_anchors_count():
    scores = [0.9] * 100 + [0.1] * 50
    reference = outputs(scores, [2.0] * 150)
    other = outputs(scores, [2.0] * 100 + [50.0] * 50)
    assert top_anchor_error(reference, other, "bbox_regression", step=0.01) == (0, pytest.approx(4))


def test_numbers_of_a_few_steps_are_measured_against_the_steps():
    reference, other = outputs([0.01] * 100, [0] * 100), outputs([0.012] * 100, [0] * 100)
    difference, size = top_anchor_error(reference, other, "classification", step=1 / 256)
    assert np.sqrt(difference) == pytest.approx(0.002, abs=1e-6)
    assert np.sqrt(size) == pytest.approx(SMALLEST_SIZE / 256)


def test_the_largest_relative_error_is_by_the_largest_number():
    assert largest_relative_error(np.array([1.0, -10.0]), np.array([1.5, -10.0])) == pytest.approx(0.05)
