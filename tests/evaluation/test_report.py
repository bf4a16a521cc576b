import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from widerface_fixture import perfect_detections, write_ground_truth

from ffkeras.evaluation import evaluate_widerface, read_ground_truth


@pytest.fixture
def truth(tmp_path):
    write_ground_truth(tmp_path)
    return read_ground_truth(tmp_path)


@pytest.fixture
def detections():
    return {name: np.array(rows) for name, rows in perfect_detections().items()}


def evaluate(detections, truth, names, **others):
    return evaluate_widerface(detections, truth, names, subject="net", image_size=(320, 640), **others)


def test_perfect_detections_reach_one_in_every_subset(detections, truth):
    report = evaluate(detections, truth, truth.names, scales=dict.fromkeys(truth.names, 1.0))
    assert [curve.average_precision for curve in report.curves.values()] == [1, 1, 1]
    assert [band.recall for band in report.bands[1:]] == [1, 1, 1]


def test_whole_set_is_called_whole_and_a_sample_a_sample(detections, truth):
    assert "all 3 images" in evaluate(detections, truth, truth.names).to_text()
    sample = evaluate(detections, truth, truth.names[:2])
    assert "2 of 3 images of WIDER FACE val: a sample, not the official figure" in sample.to_text()
    assert sample.to_json()["official"] is False


def test_only_the_named_images_count(detections, truth):
    report = evaluate(detections, truth, truth.names[1:2])
    assert [curve.faces for curve in report.curves.values()] == [1, 1, 1]


def test_figures_without_a_face_are_a_dash_and_null(detections, truth):
    report = evaluate(detections, truth, ["1--Meeting/c.jpg"], scales={"1--Meeting/c.jpg": 1.0})
    assert "easy             -        0" in report.to_text()
    assert report.to_json()["average_precision"] == {"easy": None, "medium": 1.0, "hard": 1.0}
    assert json.dumps(report.to_json(), allow_nan=False)


def test_unknown_sizes_leave_out_recall_by_height(detections, truth):
    report = evaluate(detections, truth, truth.names)
    assert "left out" in report.to_text()
    assert report.to_json()["recall_by_height"] is None


def test_speed_is_told_with_its_threads(detections, truth):
    text = evaluate(detections, truth, truth.names, images_per_second=12.34, num_threads=2).to_text()
    assert "12.3 images/s on 2 threads" in text
    assert "images/s" not in evaluate(detections, truth, truth.names).to_text()
