import math

import numpy as np
import pytest

from ffkeras.evaluation.ap_by_height import ap_by_height, band_labels
from ffkeras.evaluation.average_precision import GroundTruth

SMALL, LARGE, NOWHERE_SMALL = (0, 0, 10, 12), (100, 100, 40, 50), (300, 300, 10, 12)


def rows(*boxes, scores):
    return np.array([[*box, score] for box, score in zip(boxes, scores, strict=True)], np.float64)


def test_each_band_counts_its_own_faces_and_false_alarms():
    truth = {"image": GroundTruth(np.array([SMALL, LARGE], np.float64), np.array([True, True]))}
    found = {"image": rows(NOWHERE_SMALL, LARGE, SMALL, scores=(0.9, 0.8, 0.1))}
    bands = {band.label: band for band in ap_by_height(found, truth, {"image": 1.0})}
    assert list(bands) == band_labels() == ["< 16 px", "16-32 px", "32-96 px", "> 96 px"]
    assert (bands["< 16 px"].faces, bands["32-96 px"].faces, bands["> 96 px"].faces) == (1, 1, 0)
    assert bands["< 16 px"].ap == pytest.approx(0.5)  # the false alarm stands before the face
    assert bands["32-96 px"].ap == pytest.approx(1.0)  # and is of another height
    assert math.isnan(bands["> 96 px"].ap)


def test_heights_are_those_in_the_network_input_and_ignored_faces_do_not_count():
    truth = {"image": GroundTruth(np.array([SMALL, LARGE], np.float64), np.array([True, False]))}
    bands = ap_by_height({}, truth, {"image": 2.0})
    assert [band.faces for band in bands] == [0, 1, 0, 0]
    assert bands[1].ap == 0.0
