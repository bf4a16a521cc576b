import numpy as np
import pytest

from ffkeras.runtime import Face, draw_faces
from ffkeras.runtime.draw import BOX_COLOUR, LANDMARK_COLOURS


def face(box, points):
    return Face(np.array(box, np.float32), 0.87, np.array(points, np.float32))


POINTS = [[80, 90], [120, 90], [100, 110], [85, 130], [115, 130]]


def test_draws_the_box_and_each_landmark_in_its_own_colour():
    image = np.zeros((240, 320, 3), np.uint8)
    drawn = draw_faces(image, [face([60, 60, 140, 160], POINTS)])
    for (x, y), colour in zip(POINTS, LANDMARK_COLOURS, strict=True):
        assert tuple(drawn[y, x].tolist()) == colour
    assert tuple(drawn[110, 60].tolist()) == tuple(drawn[160, 100].tolist()) == BOX_COLOUR
    assert not image.any()


def test_lines_grow_with_the_image():
    def drawn_share(side):
        box = np.array([0.25, 0.25, 0.75, 0.75]) * side
        drawn = draw_faces(np.zeros((side, side, 3), np.uint8), [face(box, np.array(POINTS) / 200 * side)])
        return (drawn[side // 2] == BOX_COLOUR).all(axis=1).sum()

    assert drawn_share(4000) > 3 * drawn_share(400)


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 5000, 3), (7, 9, 3)])
def test_tiny_images_and_wild_landmarks_are_taken(shape):
    wild = [[-1e9, 1e9], [0, 0], [1e9, 5], [3, 3], [4, 4]]
    assert draw_faces(np.zeros(shape, np.uint8), [face([0, 0, 1, 1], wild)]).shape == shape


def test_no_face_leaves_the_picture():
    image = np.arange(300, dtype=np.uint8).reshape(10, 10, 3)
    assert np.array_equal(draw_faces(image, []), image)
