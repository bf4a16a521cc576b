import numpy as np
import pytest

from ffkeras.runtime import Face, blur_faces


def face(*box):
    return Face(np.array(box, np.float32), 1.0, np.zeros((5, 2), np.float32))


@pytest.fixture
def noise():
    return np.random.default_rng(0).integers(0, 256, (90, 120, 3), np.uint8)


def test_nothing_but_averages_is_left_of_a_face_and_all_of_the_rest(noise):
    before = noise.copy()
    blurred = blur_faces(noise, [face(40, 30, 60, 60)])
    np.testing.assert_array_equal(noise, before)
    inside = np.zeros((90, 120), bool)
    inside[24:66, 36:64] = True  # a fifth of the box more on each side
    np.testing.assert_array_equal(blurred[~inside], noise[~inside])
    assert blurred[inside].std() < noise[inside].std() / 4


@pytest.mark.parametrize("box", [(0, 0, 120, 90), (119.5, 89.5, 120, 90), (0, 40, 0.3, 40.2), (50, 0, 70, 90)])
def test_faces_at_the_border_and_of_any_size(noise, box):
    assert blur_faces(noise, [face(*box)]).shape == noise.shape
