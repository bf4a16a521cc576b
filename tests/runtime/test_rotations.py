from pathlib import Path

import numpy as np
import pytest

from ffkeras.images import read_image
from ffkeras.runtime import Face, FaceDetector
from ffkeras.runtime.rotations import merge_turned, turned, turned_back

PHOTO = Path(__file__).parents[1] / "data" / "photos" / "astronaut.jpg"


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_what_is_found_in_a_turned_picture_is_where_it_is_in_the_picture(quarters):
    picture = np.zeros((40, 60, 3), np.uint8)
    picture[5:15, 20:50] = 200
    picture[7, 30] = 9
    view = turned(picture, quarters)
    rows, columns = np.nonzero(view[..., 0])
    box = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], np.float32)
    row, column = np.argwhere(view[..., 0] == 9)[0]
    landmarks = np.full((5, 2), (column + 0.5, row + 0.5), np.float32)
    face = turned_back(Face(box, 0.5, landmarks), quarters, picture.shape[:2])
    np.testing.assert_array_equal(face.box, [20, 5, 50, 15])
    np.testing.assert_array_equal(face.landmarks, [[30.5, 7.5]] * 5)


def test_the_better_of_two_looks_stays():
    box, points = np.array([0, 0, 10, 10], np.float32), np.zeros((5, 2), np.float32)
    kept = merge_turned([Face(box, 0.5, points), Face(box + 1, 0.9, points), Face(box + 50, 0.4, points)], 0.4)
    assert [face.score for face in kept] == [0.9, 0.4]
    assert merge_turned([], 0.4) == []


@pytest.fixture(scope="module")
def detector():
    return FaceDetector("nano_b_320")


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_photograph_in_any_turn_shows_its_face_and_the_face_is_upright(detector, quarters):
    photograph = read_image(PHOTO)
    (expected,) = detector.detect(photograph)
    picture = turned(photograph, quarters)
    face = detector.detect(picture, rotations=True)[0]
    there = turned_back(expected, (4 - quarters) % 4, picture.shape[:2]) if quarters else expected
    assert np.abs(face.box - there.box).max() < 4
    upright = face.aligned(picture).astype(int)
    assert np.abs(upright - expected.aligned(photograph)).mean() < 12
