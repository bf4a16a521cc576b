import math

import numpy as np

from ffkeras.evaluation import GroundTruth, recall_by_height

BOXES = np.array([[0, 0, 8, 10], [50, 0, 20, 20], [100, 0, 60, 64], [200, 0, 150, 200]], float)


def table(boxes, score=0.9):
    return np.column_stack([boxes, np.full(len(boxes), score)])


def test_faces_are_counted_in_their_bands():
    bands = recall_by_height({"a": table(BOXES[1:3])}, {"a": GroundTruth(BOXES, np.ones(4, bool))}, {"a": 1.0})
    assert [band.label for band in bands] == ["< 16 px", "16-32 px", "32-96 px", "> 96 px"]
    assert [(band.faces, band.found) for band in bands] == [(1, 0), (1, 1), (1, 1), (1, 0)]


def test_heights_are_those_of_the_network_input():
    bands = recall_by_height({}, {"a": GroundTruth(BOXES, np.ones(4, bool))}, {"a": 0.5})
    assert [band.faces for band in bands] == [2, 0, 1, 1]  # 5, 10, 32 and 100 pixels


def test_height_on_an_edge_belongs_to_the_taller_band():
    bands = recall_by_height({}, {"a": GroundTruth(np.array([[0, 0, 9, 16.0]]), np.ones(1, bool))}, {"a": 1.0})
    assert [band.faces for band in bands] == [0, 1, 0, 0]


def test_detections_below_the_working_threshold_find_nothing():
    bands = recall_by_height({"a": table(BOXES, 0.49)}, {"a": GroundTruth(BOXES, np.ones(4, bool))}, {"a": 1.0})
    assert sum(band.found for band in bands) == 0


def test_faces_not_kept_are_not_counted():
    keep = np.array([True, False, True, True])
    bands = recall_by_height({"a": table(BOXES)}, {"a": GroundTruth(BOXES, keep)}, {"a": 1.0})
    assert [band.faces for band in bands] == [1, 0, 1, 1]
    assert math.isnan(bands[1].recall)
    assert bands[0].recall == 1
