import numpy as np
import pytest

from ffkeras.compare.faces import match_faces
from ffkeras.compare.moved_faces import MovedFaces
from ffkeras.runtime import Face


def face(x=0.0, score=0.9, shift=0.0):
    box = np.array([x, 0, x + 40, 40], np.float32) + np.float32(shift)
    return Face(box, score, np.tile(box[:2] + 10, (5, 1)))


def test_shifts_are_in_pixels_of_the_network_input():
    moved = MovedFaces(0.5)
    moved.add([face()], [face(shift=2.0)], scale=0.5)
    assert moved.box_shifts == pytest.approx([1.0])
    assert moved.landmark_shifts == pytest.approx([np.sqrt(2)])
    assert moved.relative_shifts == pytest.approx([np.sqrt(2) / 20])


def test_lost_and_added_faces_are_counted_and_the_sure_ones_apart():
    moved = MovedFaces(0.5)
    moved.add([face(), face(100, score=0.55)], [face(), face(200, score=0.7), face(300, score=0.51)], scale=1.0)
    assert (moved.faces, moved.lost, moved.added) == (2, 1, 2)
    assert (moved.sure_lost, moved.sure_added) == (0, 1)


def test_two_faces_do_not_match_the_same_one():
    assert match_faces([face(), face(5)], [face(4)]) == {1: 0}


def test_no_faces_match_nothing():
    assert match_faces([], [face()]) == match_faces([face()], []) == {}
