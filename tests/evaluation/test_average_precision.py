import math
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from official_reference import reference_average_precision

from ffkeras.evaluation import GroundTruth, average_precision, precision_recall

FACE = [10.0, 10.0, 20.0, 20.0]


def truth(boxes, keep=None):
    boxes = np.array(boxes, float).reshape(-1, 4)
    return GroundTruth(boxes, np.ones(len(boxes), bool) if keep is None else np.array(keep, bool))


def rows(*detections):
    return np.array(detections, float).reshape(-1, 5)


def test_perfect_detections_score_one():
    assert (
        average_precision({"a": rows([*FACE, 0.9]), "b": rows([*FACE, 0.1])}, {"a": truth(FACE), "b": truth(FACE)}) == 1
    )


def test_no_detections_score_zero():
    assert average_precision({}, {"a": truth(FACE)}) == 0


def test_second_detection_of_a_face_is_a_false_positive():
    detections = {"a": rows([*FACE, 0.9], [*FACE, 0.8], [60, 60, 20, 20, 0.1])}
    curve = precision_recall(detections, {"a": truth([FACE, [60, 60, 20, 20]])})
    assert curve.precision[-1] == pytest.approx(2 / 3)
    assert curve.recall[-1] == 1


def test_detection_of_an_ignored_face_is_neither_right_nor_wrong():
    other = [60, 60, 20, 20]
    detections = {"a": rows([*other, 0.9], [*FACE, 0.5], [*other, 0.1])}
    assert average_precision(detections, {"a": truth([FACE, other], [True, False])}) == 1


def test_false_positives_count_in_an_image_whose_faces_are_all_ignored():
    detections = {"a": rows([*FACE, 0.1]), "b": rows([90, 90, 9, 9, 0.9])}
    truths = {"a": truth(FACE), "b": truth(FACE, [False])}
    assert average_precision(detections, truths) == pytest.approx(1 / 2)


def test_image_without_any_face_is_left_out():
    detections = {"a": rows([*FACE, 0.1]), "b": rows([90, 90, 9, 9, 0.9])}
    assert average_precision(detections, {"a": truth(FACE), "b": truth([])}) == 1


def test_faces_of_an_image_without_detections_lower_the_recall():
    curve = precision_recall({"a": rows([*FACE, 0.9])}, {"a": truth(FACE), "b": truth([FACE, [60, 60, 20, 20]])})
    assert curve.faces == 3
    assert curve.recall[-1] == pytest.approx(1 / 3)


def test_boxes_include_their_last_pixel():
    # 2 wide boxes one pixel apart: (2*3)/(9+9-6) = 0.5 with the last pixel, 1/3 without it.
    assert average_precision({"a": rows([1, 0, 2, 2, 0.9])}, {"a": truth([0, 0, 2, 2])}) == 1


def test_order_of_rows_does_not_matter():
    detections = rows([*FACE, 0.2], [90, 90, 9, 9, 0.8], [60, 60, 20, 20, 0.5])
    truths = {"a": truth([FACE, [60, 60, 20, 20]])}
    assert average_precision({"a": detections}, truths) == average_precision({"a": detections[::-1]}, truths)


def test_equal_scores_are_all_taken():
    assert average_precision({"a": rows([*FACE, 0.5], [60, 60, 20, 20, 0.5])}, {"a": truth(FACE)}) == pytest.approx(0.5)


def test_no_face_that_counts_has_no_figure():
    assert math.isnan(average_precision({"a": rows([*FACE, 0.5])}, {"a": truth(FACE, [False])}))


def random_case(seed):
    """A few crowded images: jittered, repeated and invented detections, coarse scores with ties."""
    generator = np.random.default_rng(seed)
    detections, truths = {}, {}
    for index in range(generator.integers(1, 7)):
        faces = generator.integers(0, 9)
        boxes = np.concatenate([generator.integers(0, 60, (faces, 2)), generator.integers(0, 25, (faces, 2))], axis=1)
        truths[str(index)] = truth(boxes, generator.random(faces) < 0.7)
        copies = generator.integers(0, 3, faces).sum() if faces else 0
        jittered = boxes[generator.integers(0, faces, copies)] + generator.normal(0, 2, (copies, 4)) if faces else boxes
        invented = generator.uniform(0, 40, (generator.integers(0, 5), 4))
        found = np.abs(np.concatenate([jittered, invented]))
        scores = generator.integers(0, 256, len(found)) / 256 if seed % 2 else generator.random(len(found))
        detections[str(index)] = np.concatenate([found, scores[:, None]], axis=1)
    return detections, truths


def has_a_figure(detections, truths):
    scores = {row[4] for table in detections.values() for row in table}
    return len(scores) > 1 and any(keep.any() for _, keep in truths.values())


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1))
def test_agrees_with_the_protocol_written_out_step_by_step(seed):
    detections, truths = random_case(seed)
    if has_a_figure(detections, truths):
        expected = reference_average_precision({name: table.tolist() for name, table in detections.items()}, truths)
        assert average_precision(detections, truths) == pytest.approx(expected, abs=1e-9)
