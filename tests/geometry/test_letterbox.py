import numpy as np
import pytest

from ffkeras.geometry import Letterbox, letterbox

CANVAS = (96, 128)  # height, width
FILL = (104, 117, 123)

# Source size; the part of the canvas that the image takes, worked out by hand.
FITS = [
    ((48, 64), (96, 128)),  # the canvas's own shape, twice as large
    ((192, 256), (96, 128)),
    ((100, 400), (32, 128)),  # wide: 128 / 400
    ((400, 100), (96, 24)),  # tall: 96 / 400
    ((1, 1), (96, 96)),
    ((1, 5000), (1, 128)),  # its height would round to nothing
    ((5000, 1), (96, 1)),
]


def white(size):
    return np.full((*size, 3), 255, np.uint8)


@pytest.mark.parametrize(("size", "taken"), FITS)
def test_the_image_lies_top_left_and_the_rest_is_filled(size, taken):
    canvas, _ = letterbox(white(size), CANVAS, FILL)
    height, width = taken
    assert canvas.shape == (*CANVAS, 3)
    assert canvas.dtype == np.uint8
    assert (canvas[:height, :width] == 255).all()
    assert (canvas[height:] == FILL).all()
    assert (canvas[:, width:] == FILL).all()


@pytest.mark.parametrize(("size", "taken"), FITS)
def test_the_scale_is_what_the_image_was_resized_by(size, taken):
    _, fitted = letterbox(white(size), CANVAS, FILL)
    assert fitted == Letterbox(taken[1] / size[1], taken[0] / size[0], size)


@pytest.mark.parametrize(("size", "taken"), FITS)
def test_corners_go_back_to_the_corners_of_the_source(size, taken):
    _, fitted = letterbox(white(size), CANVAS, FILL)
    corners = np.array([[0, 0], [taken[1], 0], [0, taken[0]], [taken[1], taken[0]]], np.float32)
    expected = [[0, 0], [size[1], 0], [0, size[0]], [size[1], size[0]]]
    np.testing.assert_allclose(fitted.to_source(corners), expected, atol=0.5)


def test_a_mark_is_found_again_where_it_was():
    image = np.zeros((300, 500, 3), np.uint8)
    image[120:180, 350:450] = 255  # centre (400, 150)
    canvas, fitted = letterbox(image, CANVAS, (0, 0, 0))
    rows, columns = np.nonzero(canvas[..., 0] > 127)
    centre = fitted.to_source(np.array([columns.mean() + 0.5, rows.mean() + 0.5]))
    np.testing.assert_allclose(centre, [400, 150], atol=0.5 * 500 / 128)  # half a canvas pixel


def test_points_of_any_shape_go_back():
    fitted = Letterbox(0.5, 0.25, (400, 200))
    assert fitted.to_source(np.array([10.0, 10.0])).tolist() == [20, 40]
    assert fitted.to_source(np.full((3, 5, 2), 10.0)).shape == (3, 5, 2)
    assert fitted.to_source(np.array([-10.0, 200.0])).tolist() == [-20, 800]  # not clipped


def test_a_fill_of_fractions_is_rounded():
    canvas, _ = letterbox(white((1, 5000)), CANVAS, (103.6, 116.5, 123.4))
    assert canvas[-1, -1].tolist() == [104, 116, 123]
