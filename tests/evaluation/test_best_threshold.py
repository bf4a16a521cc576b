import numpy as np
import pytest

from ffkeras.evaluation.average_precision import GroundTruth
from ffkeras.evaluation.best_threshold import best_working_point, working_points

FACES = np.array([[10.0, 10, 20, 20], [60, 10, 20, 20], [10, 60, 20, 20]])


def truth(keep=(True, True, True)):
    return {"a": GroundTruth(FACES, np.array(keep))}


def rows(*found):
    return {"a": np.array([[*(FACES[face] if face >= 0 else (200, 200, 20, 20)), score] for face, score in found])}


def test_points_are_precision_and_recall_from_each_score_on():
    points = working_points(rows((0, 0.9), (-1, 0.8), (1, 0.7), (1, 0.6)), truth())
    assert [point.threshold for point in points] == [0.9, 0.8, 0.7, 0.6]
    assert [point.precision for point in points] == pytest.approx([1, 1 / 2, 2 / 3, 2 / 4])
    assert [point.recall for point in points] == pytest.approx([1 / 3, 1 / 3, 2 / 3, 2 / 3])


def test_the_best_point_balances_both():
    best = best_working_point(rows((0, 0.9), (1, 0.4), (2, 0.3), (-1, 0.2), (-1, 0.1)), truth())
    assert (best.threshold, best.f1) == (0.3, 1.0)


def test_equal_scores_are_one_point():
    points = working_points(rows((0, 0.5), (-1, 0.5), (1, 0.5)), truth())
    assert [(point.threshold, point.precision) for point in points] == [(0.5, pytest.approx(2 / 3))]


def test_faces_that_do_not_count_are_neither_right_nor_wrong():
    points = working_points(rows((0, 0.9), (1, 0.8)), truth((True, False, False)))
    assert [(point.precision, point.recall) for point in points] == [(1.0, 1.0)]


def test_images_without_faces_count_their_false_alarms():
    truths = {**truth(), "empty": GroundTruth(np.zeros((0, 4)), np.zeros(0, bool))}
    found = {**rows((0, 0.9)), "empty": np.array([[1.0, 2, 3, 4, 0.95]])}
    assert [point.precision for point in working_points(found, truths)] == [0.0, 0.5]


def test_nothing_found_has_no_point():
    assert best_working_point({}, truth()) is None
